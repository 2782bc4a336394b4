// The rows of `lumbung bench` that post, in process and over HTTP. Each run ends with the directory
// closed, audited, opened again and compared with the fold by addition.
#pragma once

#include <string>

#include "api/bench_book.h"
#include "api/bench_row.h"

namespace lumbung::api::bench {

/// Posts the work of that name; the median of several runs.
BenchRow measure_posting(Books& books, const std::string& name);
/// Any other work, under the name "custom".
BenchRow measure_custom(Books& books, const Work& work);
/// Five slices one behind the other into one book: the rate of the last, and its ratio to the
/// first.
BenchRow measure_growth(Books& books, const std::string& name);
/// Ten minutes without a pause: the longest stall, and memory after a third and at the end.
BenchRow measure_soak(Books& books, const std::string& name);

/// The book that a row leaves behind, for those that read it.
Book post_book(const Books& books, const Work& work);

}  // namespace lumbung::api::bench
