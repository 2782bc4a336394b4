#include "api/bench.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "api/bench_posting.h"
#include "api/bench_reading.h"

namespace lumbung::api::bench {
namespace {

struct NamedRow {
  std::string_view name;
  BenchRow (*measure)(Books& books, const std::string& name);
  bool is_long = false;  // only with --full, or when it is asked for by name
};

constexpr std::array kRows{
    NamedRow{"inproc_8190_100k", measure_posting},
    NamedRow{"inproc_8190_1m", measure_posting},
    NamedRow{"inproc_hot", measure_posting},
    NamedRow{"inproc_1024", measure_posting},
    NamedRow{"inproc_64", measure_posting},
    NamedRow{"http_batch_8190", measure_posting},
    NamedRow{"http_single_64c", measure_posting},
    NamedRow{"coops_400_64", measure_posting},
    NamedRow{"replay", measure_replay},
    NamedRow{"rebuild", measure_rebuild},
    NamedRow{"open_snapshot", measure_open_snapshot},
    NamedRow{"open_verify", measure_open_verify},
    NamedRow{"statement_50_of_1m", measure_statement},
    NamedRow{"statement_50_of_1m_http", measure_statement_over_http},
    NamedRow{"balance_at", measure_balance_at},
    NamedRow{"growth_50m", measure_growth, /*is_long=*/true},
    NamedRow{"soak", measure_soak, /*is_long=*/true},
};

bool is_wanted(const NamedRow& row, const BenchOptions& options) {
  if (options.rows.empty()) return !row.is_long || options.full;
  return std::ranges::find(options.rows, row.name) != options.rows.end();
}

/// Median of some synced commits, now.
double sync_us(const BookOptions& options, std::size_t bytes) {
  constexpr std::uint64_t kCommits = 200;
  RawWal raw(options.parent);
  return percentile(raw.write(kCommits, bytes), 50) * 1e6;
}

/// Three digits behind the point are more than any of these figures deserves.
std::string text_of(double number) {
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(), text.size(), "%.3f", number);
  return {text.data(), static_cast<std::size_t>(size)};
}

void render(json::Writer& out, std::string_view name, const std::optional<double>& number) {
  out.key(name);
  if (number) {
    out.raw(text_of(*number));
  } else {
    out.null();
  }
}

void render(json::Writer& out, const BenchRow& row) {
  out.begin_object().member("name", row.name).member("count", row.count);
  render(out, "rate_per_s", row.rate_per_s);
  render(out, "p50_us", row.p50_us);
  render(out, "p99_us", row.p99_us);
  render(out, "p999_us", row.p999_us);
  render(out, "cpu_ns_per_entry", row.cpu_ns_per_entry);
  render(out, "bytes_per_entry", row.bytes_per_entry);
  render(out, "journal_bytes_per_entry", row.journal_bytes_per_entry);
  render(out, "index_bytes_per_entry", row.index_bytes_per_entry);
  render(out, "raw_sync_us", row.raw_sync_us);
  render(out, "ratio_to_raw_wal", row.ratio_to_raw_wal);
  render(out, "longest_stall_ms", row.longest_stall_ms);
  out.key("slice_rates_per_s").begin_array();
  for (const double rate : row.slice_rates_per_s) out.raw(text_of(rate));
  out.end_array();
  render(out, "last_to_first_slice", row.last_to_first_slice);
  render(out, "memory_bytes_per_entry", row.memory_bytes_per_entry);
  render(out, "memory_mib_at_third", row.memory_mib_at_third);
  render(out, "memory_mib_at_end", row.memory_mib_at_end);
  render(out, "others_cores", row.others_cores);
  out.member("verified", row.verified).member("model_equal", row.model_equal).end_object();
}

}  // namespace

bool BenchReport::sound() const {
  return std::ranges::all_of(rows,
                             [](const BenchRow& row) { return row.verified && row.model_equal; });
}

std::vector<std::string> bench_row_names() {
  std::vector<std::string> names;
  for (const NamedRow& row : kRows) names.emplace_back(row.name);
  return names;
}

BenchReport run_bench(const BenchOptions& options,
                      const std::function<void(std::string_view name)>& begins) {
  BenchReport report;
  report.machine = machine_of(options.books.parent);
  report.sync_4k_us = sync_us(options.books, 4 << 10);
  report.sync_256k_us = sync_us(options.books, 256 << 10);
  Books books(options.books);
  if (options.custom) {
    begins("custom");
    report.rows.push_back(measure_custom(books, *options.custom));
    return report;
  }
  for (const NamedRow& row : kRows) {
    if (!is_wanted(row, options)) continue;
    begins(row.name);
    report.rows.push_back(row.measure(books, std::string(row.name)));
  }
  return report;
}

void render_bench(json::Writer& out, const BenchReport& report) {
  const Machine& machine = report.machine;
  out.begin_object().key("machine").begin_object();
  out.member("cpu", machine.cpu)
      .member("cores", machine.cores)
      .member("memory_mib", machine.memory_mib)
      .member("kernel", machine.kernel)
      .member("file_system", machine.file_system)
      .member("compiler", machine.compiler);
  render(out, "sync_4k_us", report.sync_4k_us);
  render(out, "sync_256k_us", report.sync_256k_us);
  out.end_object().key("rows").begin_array();
  for (const BenchRow& row : report.rows) render(out, row);
  out.end_array().end_object();
}

}  // namespace lumbung::api::bench
