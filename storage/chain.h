// Chain: whether a block follows the one before. Used live by nobody, by recovery and audit always.
#pragma once

#include <optional>
#include <string>

#include "storage/codec.h"

namespace lumbung::storage {

struct ChainBreak {
  std::string_view field;  // of the header
  std::string what;
};

/// Walks one cooperative's blocks in order. Not thread-safe.
class Chain {
 public:
  explicit Chain(engine::CoopId coop) : coop_(coop) {}
  /// Starts behind a block that was checked before.
  Chain(engine::CoopId coop, Head head) : coop_(coop), head_(head) {}

  /// nullopt, and the head moves on, when the block follows; otherwise why it does not.
  std::optional<ChainBreak> follow(const BlockView& block);
  const Head& head() const { return head_; }

 private:
  engine::CoopId coop_;
  Head head_;
  std::uint64_t epoch_ = 0;
  engine::Timestamp time_{};
  engine::BlockNo durable_{};
};

}  // namespace lumbung::storage
