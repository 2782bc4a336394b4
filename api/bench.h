// `lumbung bench`: the whole path measured, in process and over HTTP, each row of it checked.
//
// A row that posts ends with an audit of the closed directory, and its balances are compared with
// the same entries folded by addition alone: a figure of a wrong book is no figure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/bench_book.h"
#include "api/bench_machine.h"
#include "api/bench_row.h"
#include "api/json.h"

namespace lumbung::api::bench {

struct BenchOptions {
  BookOptions books;
  std::vector<std::string> rows;  // only these; empty: all but those that only --full has
  bool full = false;              // with the long rows
  std::optional<Work> custom;     // given: the row "custom" of this work, and no other
};

struct BenchReport {
  Machine machine;
  double sync_4k_us = 0;    // median of synced commits of 4 KiB, in the same minutes
  double sync_256k_us = 0;  // and of 256 KiB
  std::vector<BenchRow> rows;
  /// Whether every row is what it claims to be.
  bool sound() const;
};

/// The names of all rows, in order.
std::vector<std::string> bench_row_names();

/// Measures. `begins` is told the name of each row. Throws StoreError and std::system_error.
BenchReport run_bench(const BenchOptions& options,
                      const std::function<void(std::string_view name)>& begins);

/// {"machine": {…}, "rows": [{"name", "rate_per_s", …}]}; what is absent is null.
void render_bench(json::Writer& out, const BenchReport& report);

}  // namespace lumbung::api::bench
