// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
// 2014): the same numbers on every machine, which the distributions of <random> do not promise.
#pragma once

#include <cstdint>

namespace lumbung::api {

/// Not for secrets. One thread.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  /// The n-th stream of a seed; streams have nothing to do with each other.
  Random(std::uint64_t seed, std::uint64_t stream) : state_(mix(seed) + mix(stream + kStep)) {}

  std::uint64_t next() { return mix(state_ += kStep); }
  /// From 0 to bound - 1; of bounds far below 2^64 as good as uniform. REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// From low to high, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  /// True so often in a hundred.
  bool percent(unsigned chance) { return below(100) < chance; }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace lumbung::api
