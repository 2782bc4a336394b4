// Block: a sealed batch of events of one cooperative, the unit that is written, hashed, synced, sent
// and proved. The bytes are docs/journal-format.md. Immutable once sealed: a retry sends the same ones.
#pragma once

#include <cstdint>
#include <string>

#include "engine/date.h"
#include "engine/id.h"
#include "storage/digest.h"

namespace lumbung::storage {

inline constexpr std::size_t kBlockBytesMax = 1 << 20;
inline constexpr std::uint32_t kBlockEventsMax = 8190;
inline constexpr std::size_t kLeafBytesMax = 65535;

struct BlockHeader {
  engine::CoopId coop;
  engine::BlockNo block_no{};
  std::uint64_t epoch = 0;        // which take-over of the journal wrote it; never falls along a chain
  Hash previous{};                // hash of the block before; zeros in block 1
  engine::EventNo first_event{};
  std::uint32_t count = 0;        // events, at least 1
  engine::Date business_date;     // the open day of all its events
  engine::Timestamp stamped_time; // record time of all its events
  engine::BlockNo durable_block{};  // the highest block its writer knew durable when sealing it
  engine::EventNo last_event() const { return {first_event.value + count - 1}; }
  friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};

struct Block {
  BlockHeader header;
  Hash hash{};
  std::string bytes;
};

/// Where a cooperative's journal ends. block_no 0: it has none.
struct Head {
  engine::BlockNo block_no{};
  Hash hash{};
  engine::EventNo last_event{};
  friend bool operator==(const Head&, const Head&) = default;
};

}  // namespace lumbung::storage
