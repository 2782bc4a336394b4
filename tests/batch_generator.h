// Random batches of up to 8,190 commands for one cooperative of many accounts: what keeps the
// pipeline full. Unlike CommandGenerator it does not look at the model, which would take too long
// for so many.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/command_generator.h"
#include "tests/random.h"

namespace lumbung::tests {

class BatchGenerator {
 public:
  explicit BatchGenerator(std::uint64_t seed) : random_(seed) {}

  static engine::CoopId coop();
  /// Opens the cooperative, then its accounts.
  static std::vector<Request> opening();

  /// Entries, some of them refused, holds, reversals, and keys that come again. The first of a
  /// burst is as long as a block. `last`: the last event there is, for what refers to older ones.
  Request next(bool is_first, engine::EventNo last);

 private:
  engine::Command command(engine::EventNo last);
  engine::CommandBody body(engine::EventNo last);
  engine::Entry entry();
  engine::AccountHandle vault();
  engine::AccountHandle member();
  engine::Amount amount();

  Random random_;
  std::uint64_t keys_ = 0;
  std::vector<engine::Command> seen_;  // some, to be asked again
};

}  // namespace lumbung::tests
