// Journal: where blocks become durable. Asynchronous and in order, the same for the embedded store,
// a replicated one, and the FaultJournal of the tests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/block.h"
#include "storage/head_file.h"

namespace lumbung::storage {

class Store;

/// What became of an append.
enum class Appended {
  kDurable,   // synced: may be acknowledged
  kFenced,    // another writer took over: step down
  kSequence,  // does not follow the head: a bug, or another writer's block stands there
  kUnknown,   // may or may not be there: stop acknowledging; a restart reads which
};

using Ticket = std::uint64_t;
using Blocks = std::vector<std::shared_ptr<const Block>>;

class Journal {
 public:
  struct TakeOver {
    std::uint64_t epoch = 0;
    std::vector<std::pair<engine::CoopId, Head>> heads;
  };

  virtual ~Journal() = default;

  /// Raises the epoch durably and fences every earlier writer. Called once, before append.
  virtual TakeOver take_over() = 0;
  /// Queues one commit: blocks of any cooperatives, each following its head. All or none becomes
  /// durable. One appending thread.
  virtual Ticket append(Blocks commit) = 0;
  /// Blocks until the outcome of that commit, and so of all before it, is known. One waiting
  /// thread. After anything but kDurable the journal takes no more.
  virtual Appended wait(Ticket ticket) = 0;
  /// Calls `each` with the bytes of the durable blocks from block_no on, in order, until it returns
  /// false. Any thread. Throws StoreError.
  virtual void read(const engine::CoopId& coop, engine::BlockNo from,
                    const std::function<bool(std::string_view)>& each) const = 0;
  /// The last durable block; block_no 0 when there is none. Any thread.
  virtual Head head(const engine::CoopId& coop) const = 0;
};

/// Where the journal of each cooperative in a store ends. Throws JournalDamaged, StoreError.
Heads heads_in(const Store& store);

/// Over RocksDB: one WriteBatch and one synced write a commit, made by the thread that waits.
std::unique_ptr<Journal> make_embedded_journal(Store& store);

}  // namespace lumbung::storage
