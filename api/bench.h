// `lumbung bench`: the whole path measured, in process and over HTTP, each row of it checked.
//
// A row that posts ends with an audit of the closed directory, and its balances are compared with
// the same entries folded by addition alone: a figure of a wrong book is no figure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/bench_machine.h"
#include "api/json.h"

namespace lumbung::api::bench {

struct BenchOptions {
  std::filesystem::path parent;   // directories of the measurements are made here, and removed
  bool quick = false;             // smaller books, each row once instead of the median of five
  std::vector<std::string> rows;  // only these; empty: all
  double scale = 1;               // of every number of entries and accounts; for tests
};

/// One line of the table. What does not apply is absent.
struct BenchRow {
  std::string name;
  std::uint64_t count = 0;  // entries posted or replayed, or reads
  std::optional<double> rate_per_s;
  std::optional<double> p50_us;  // of a batch, a request, an opening or a read
  std::optional<double> p99_us;
  std::optional<double> cpu_ns_per_entry;         // of all threads of the process
  std::optional<double> bytes_per_entry;          // written to the device: log, flush, index
  std::optional<double> journal_bytes_per_entry;  // of them the blocks themselves
  std::optional<double> ratio_to_raw_wal;         // rate over that of the same commits written raw
  double others_cores = 0;                        // cores that other processes kept busy meanwhile
  bool verified = false;                          // audited and found sound
  bool model_equal = false;                       // equal to the fold by addition
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
