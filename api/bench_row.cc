#include "api/bench_row.h"

#include <algorithm>

#include "api/bench_machine.h"

namespace lumbung::api::bench {

BenchRow median_of(std::vector<BenchRow> runs) {
  std::ranges::sort(runs, {}, &BenchRow::rate_per_s);
  BenchRow median = runs[runs.size() / 2];
  const auto all = [&](bool BenchRow::*holds) { return std::ranges::all_of(runs, holds); };
  median.verified = all(&BenchRow::verified);
  median.model_equal = all(&BenchRow::model_equal);
  return median;
}

void set_percentiles(BenchRow& row, const std::vector<double>& us) {
  row.p50_us = percentile(us, 50);
  row.p99_us = percentile(us, 99);
  row.p999_us = percentile(us, 99.9);
}

}  // namespace lumbung::api::bench
