// Events at random: of every kind, with every column, by no rules but those of the codec. What a
// block holds need not make sense to a bookkeeper.
#pragma once

#include <vector>

#include "engine/event.h"
#include "storage/codec.h"
#include "tests/random.h"

namespace lumbung::tests {

/// `count` events for one block, numbered from 1 + some random number.
std::vector<engine::Event> random_events(Random& random, std::size_t count);

/// A header for them, with every field that seal() does not fill in.
storage::BlockHeader random_header(Random& random);

/// The block of these events. REQUIRES: all fit.
storage::Block sealed(const storage::BlockHeader& header, const std::vector<engine::Event>& events);

/// A small block with every column and every kind.
storage::Block block_with_everything();

}  // namespace lumbung::tests
