#include <cstdio>
#include <cstring>

#include "bench/bench.h"

namespace lumbung::bench {
namespace {

bool is_tiny = false;
bool has_failed = false;

}  // namespace

bool tiny() {
  return is_tiny;
}

void fail(benchmark::State& state, const char* what) {
  has_failed = true;
  state.SkipWithError(what);
}

double raw_seconds(std::uint64_t commits, std::size_t bytes) {
  api::bench::RawWal raw(disk());
  return api::bench::sum_of(raw.write(commits, bytes));
}

}  // namespace lumbung::bench

int main(int argc, char** argv) {
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--tiny") == 0) {
      lumbung::bench::is_tiny = true;
    } else {
      argv[kept++] = argv[i];
    }
  }
  benchmark::Initialize(&kept, argv);
  if (benchmark::ReportUnrecognizedArguments(kept, argv)) return 64;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return lumbung::bench::has_failed ? 1 : 0;
}
