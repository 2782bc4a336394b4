#include "api/bench_zipf.h"

#include <cmath>
#include <limits>

namespace lumbung::api::bench {

Zipf::Zipf(std::uint32_t things, double theta) : columns_(things) {
  std::vector<double> share(things);  // of what a column holds: 1 is the mean
  double sum = 0;
  for (std::uint32_t k = 0; k < things; ++k) sum += share[k] = std::pow(k + 1.0, -theta);
  std::vector<std::uint32_t> poor;  // below the mean: their columns have room
  std::vector<std::uint32_t> rich;
  for (std::uint32_t k = 0; k < things; ++k) {
    share[k] *= things / sum;
    (share[k] < 1 ? poor : rich).push_back(k);
  }
  constexpr auto kWhole = std::numeric_limits<std::uint32_t>::max();
  // Whoever is left over at the end fills its column but for rounding.
  for (std::uint32_t k = 0; k < things; ++k) columns_[k] = {kWhole, k};
  while (!poor.empty() && !rich.empty()) {
    const std::uint32_t low = poor.back();
    const std::uint32_t high = rich.back();
    poor.pop_back();
    columns_[low] = {static_cast<std::uint32_t>(share[low] * kWhole), high};
    share[high] -= 1 - share[low];
    if (share[high] >= 1) continue;
    rich.pop_back();
    poor.push_back(high);
  }
}

}  // namespace lumbung::api::bench
