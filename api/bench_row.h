// A line of the table that `lumbung bench` prints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lumbung::api::bench {

/// What does not apply is absent.
struct BenchRow {
  std::string name;
  std::uint64_t count = 0;  // entries posted, events replayed or rebuilt, or reads
  std::optional<double> rate_per_s;
  std::optional<double> p50_us;  // of a batch, a request, an opening or a read
  std::optional<double> p99_us;
  std::optional<double> p999_us;
  std::optional<double> cpu_ns_per_entry;         // of all threads of the process
  std::optional<double> bytes_per_entry;          // written to the device: log, flush, index
  std::optional<double> journal_bytes_per_entry;  // of them the blocks themselves
  std::optional<double> index_bytes_per_entry;    // of the index's files, an event in them
  std::optional<double> raw_sync_us;              // median of such a commit written raw and synced
  std::optional<double> ratio_to_raw_wal;         // rate over that of the same commits written raw
  std::optional<double> longest_stall_ms;         // in which no answer came
  std::vector<double> slice_rates_per_s;          // growth_50m: of each slice in turn
  std::optional<double> last_to_first_slice;      // growth_50m: the last of them over the first
  std::optional<double> memory_bytes_per_entry;   // resident, that came with the entries
  std::optional<double> memory_mib_at_third;      // soak: resident after a third of the time
  std::optional<double> memory_mib_at_end;        // soak
  double others_cores = 0;                        // cores that other processes kept busy meanwhile
  bool verified = false;                          // audited and found sound
  bool model_equal = false;                       // equal to the fold by addition
};

/// The run of the median rate; what holds of a row must have held of every run.
/// REQUIRES: at least one.
BenchRow median_of(std::vector<BenchRow> runs);

/// Sets the three percentiles.
void set_percentiles(BenchRow& row, const std::vector<double>& us);

}  // namespace lumbung::api::bench
