// The rows of `lumbung bench` that read a closed book: opening it in both ways, making its
// projections anew, and asking it in process and over HTTP. What is read is compared with the same
// entries folded by addition.
#pragma once

#include <string>

#include "api/bench_book.h"
#include "api/bench_row.h"

namespace lumbung::api::bench {

/// The book of the first row opened by its journal alone.
BenchRow measure_replay(Books& books, const std::string& name);
/// All projections of the first row's book thrown away and made anew. Afterwards balances,
/// statements, events and keys answer as before.
BenchRow measure_rebuild(Books& books, const std::string& name);
/// Ten million entries opened by their snapshot, and with every block checked. In a quick run: the
/// book of the first row.
BenchRow measure_open_snapshot(Books& books, const std::string& name);
BenchRow measure_open_verify(Books& books, const std::string& name);

/// The last 50 lines of an account with a million postings, in process and by GET over one kept
/// connection.
BenchRow measure_statement(Books& books, const std::string& name);
BenchRow measure_statement_over_http(Books& books, const std::string& name);
/// That account's balance at a random record time.
BenchRow measure_balance_at(Books& books, const std::string& name);

}  // namespace lumbung::api::bench
