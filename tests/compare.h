// Whether two worlds say the same of a cooperative. Differences are failures of the current test.
#pragma once

#include <string>

#include "tests/random.h"
#include "tests/world.h"

namespace lumbung::tests {

/// Equal but for the digest, which only storage keeps, and for the parameters of refusals where one
/// of the two does not tell them.
bool same_event(const engine::Event& a, const engine::Event& b, bool with_parameters);

/// Everything that is now, and every event from `first` on.
void expect_same_state(const World& is, const World& should, const engine::CoopId& coop,
                       engine::EventNo first = {1});

/// The book that the world's events make.
engine::Book replay(const World& world, const engine::CoopId& coop);

/// `questions` about the past, picked at random: balances at record times and at dates on both
/// bases, movements of a day, trial balances, pages of statements.
void expect_same_past(const World& is, const World& should, const engine::CoopId& coop,
                      Random& random, int questions);

}  // namespace lumbung::tests
