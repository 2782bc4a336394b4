// Zipf's law, for benchmarks: of n things the k-th is picked in proportion to 1/k^theta.
#pragma once

#include <cstdint>
#include <vector>

namespace lumbung::api::bench {

/// Walker's alias method ("An efficient method for generating discrete random variables with
/// general distributions", ACM TOMS 3, 1977) with Vose's way of making the table: floating point in
/// the making alone, so a pick is a multiplication, a look-up and a comparison of whole numbers.
/// Immutable.
class Zipf {
 public:
  /// REQUIRES: things > 0. theta 0 is an even pick; 0.99 is usual, 1.5 steep.
  Zipf(std::uint32_t things, double theta);

  /// From 0, the most frequent, to things - 1. `random`: 64 even bits.
  std::uint32_t pick(std::uint64_t random) const {
    const auto at = static_cast<std::uint32_t>((random >> 32) * columns_.size() >> 32);
    const Column& column = columns_[at];
    return static_cast<std::uint32_t>(random) <= column.own_below ? at : column.other;
  }

 private:
  struct Column {
    std::uint32_t own_below;  // the column's own thing up to here, in 2^-32, else the other
    std::uint32_t other;
  };
  std::vector<Column> columns_;
};

}  // namespace lumbung::api::bench
