// What the benchmark programs have in common: how big the input is, where it lies, and what makes a
// run a failure.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "api/bench_disk.h"
#include "api/bench_machine.h"
#include "api/bench_workload.h"

namespace lumbung::bench {

/// `--tiny`: the input is small, as in ctest.
bool tiny();

/// `full`, or a hundredth of it in a tiny run; at least 1.
inline std::uint64_t sized(std::uint64_t full) {
  return tiny() ? (full + 99) / 100 : full;
}

/// The disk the benchmarks write to: TMPDIR, or /tmp.
inline std::filesystem::path disk() {
  return std::filesystem::temp_directory_path();
}

/// The benchmark has computed something wrong: it is reported, and the program ends with 1.
void fail(benchmark::State& state, const char* what);

/// Seconds that the raw log takes for so many synced commits of so many bytes, measured now.
double raw_seconds(std::uint64_t commits, std::size_t bytes);

}  // namespace lumbung::bench
