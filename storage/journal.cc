#include "storage/journal.h"

#include <algorithm>
#include <mutex>
#include <span>
#include <unordered_map>

#include "engine/bytes.h"
#include "engine/check.h"
#include "storage/codec.h"
#include "storage/key.h"
#include "storage/ledger.h"
#include "storage/store.h"

namespace lumbung::storage {
namespace {

using engine::get_ordered;
using engine::put_ordered;

constexpr std::string_view kEpochKey = "epoch";

std::string encode_number(std::uint64_t value) {
  std::string bytes;
  put_ordered(bytes, value);
  return bytes;
}

/// One WriteBatch and one synced write a commit. Commits that are queued when the disk becomes free
/// go into the same write.
class EmbeddedJournal final : public Journal {
 public:
  explicit EmbeddedJournal(Store& store) : store_(store) {}

  TakeOver take_over() override {
    TakeOver taken;
    if (const auto epoch = store_.get(Family::kMeta, kEpochKey)) {
      taken.epoch = get_ordered<std::uint64_t>(*epoch);
    }
    ++taken.epoch;
    Store::Batch batch;
    batch.put(Family::kMeta, kEpochKey, encode_number(taken.epoch));
    store_.write(std::move(batch), /*synced=*/true);
    epoch_ = taken.epoch;
    const std::lock_guard lock(mutex_);
    for (const auto& [coop, head] : heads_in(store_)) {
      chains_[coop] = {head, head};
      taken.heads.emplace_back(coop, head);
    }
    return taken;
  }

  Ticket append(Blocks commit) override {
    Queued queued = follow(std::move(commit));
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(queued));
    return ++last_ticket_;
  }

  Appended wait(Ticket ticket) override {
    std::unique_lock lock(mutex_);
    while (done_ticket_ < ticket && outcome_ == Appended::kDurable) {
      const std::vector<Queued> commits = std::exchange(queue_, {});
      CHECK(!commits.empty());
      lock.unlock();
      const auto refused = std::ranges::find_if(
          commits, [](const Queued& c) { return c.outcome != Appended::kDurable; });
      const std::span good(commits.begin(), refused);
      const Appended outcome = write(good);
      lock.lock();
      outcome_ = outcome;
      if (outcome != Appended::kDurable) break;
      done_ticket_ += good.size();
      for (const Queued& commit : good) {
        for (std::size_t i = 0; i < commit.blocks.size(); ++i) {
          commit.chains[i]->durable = head_of(*commit.blocks[i]);
        }
      }
      if (refused != commits.end()) outcome_ = refused->outcome;
    }
    return done_ticket_ >= ticket ? Appended::kDurable : outcome_;
  }

  void read(const engine::CoopId& coop, engine::BlockNo from,
            const std::function<bool(std::string_view)>& each) const override {
    const std::string prefix = coop_prefix(coop);
    Store::Cursor cursor = store_.cursor(Family::kJournal);
    for (cursor.seek(journal_key(coop, from)); cursor.at_prefix(prefix); cursor.next()) {
      if (!each(cursor.value())) return;
    }
  }

  Head head(const engine::CoopId& coop) const override {
    const std::lock_guard lock(mutex_);
    const auto found = chains_.find(coop);
    return found == chains_.end() ? Head{} : found->second.durable;
  }

 private:
  /// Where a cooperative's journal ends.
  struct ChainEnd {
    Head appended;  // appending thread
    Head durable;   // guarded by mutex_
  };
  /// A commit as it was appended: what is new of it, and the chain that each block goes on with.
  struct Queued {
    Blocks blocks;
    std::vector<ChainEnd*> chains;
    Appended outcome = Appended::kDurable;  // another: it must not be written
  };

  static Head head_of(const Block& block) {
    return {block.header.block_no, block.hash, block.header.last_event()};
  }

  /// Whether each block follows what was appended before it. Appending thread.
  Queued follow(Blocks commit) {
    Queued queued;
    queued.blocks.reserve(commit.size());
    queued.chains.reserve(commit.size());
    for (auto& block : commit) {
      const BlockHeader& header = block->header;
      if (header.epoch != epoch_) return {{}, {}, Appended::kFenced};
      ChainEnd& chain = chain_of(header.coop);
      const Head& last = chain.appended;
      if (header.block_no == last.block_no && block->hash == last.hash) continue;  // sent again
      if (header.block_no.value != last.block_no.value + 1 || header.previous != last.hash ||
          header.first_event.value != last.last_event.value + 1) {
        return {{}, {}, Appended::kSequence};
      }
      chain.appended = head_of(*block);
      queued.blocks.push_back(std::move(block));
      queued.chains.push_back(&chain);
    }
    return queued;
  }

  /// Only the appending thread adds chains, so it finds them without the lock; and what a map by
  /// hash holds stays where it is.
  ChainEnd& chain_of(const engine::CoopId& coop) {
    const auto found = chains_.find(coop);
    if (found != chains_.end()) return found->second;
    const std::lock_guard lock(mutex_);
    return chains_[coop];
  }

  Appended write(std::span<const Queued> commits) {
    const auto epoch = store_.get(Family::kMeta, kEpochKey);
    if (!epoch || get_ordered<std::uint64_t>(*epoch) != epoch_) return Appended::kFenced;
    Store::Batch batch;
    for (const Queued& commit : commits) {
      for (const auto& block : commit.blocks) {
        batch.put(Family::kJournal, journal_key(block->header.coop, block->header.block_no),
                  block->bytes);
      }
    }
    try {
      store_.write(std::move(batch), /*synced=*/true);
    } catch (const StoreError&) {
      return Appended::kUnknown;  // the log may hold it or not: a restart reads which
    }
    return Appended::kDurable;
  }

  Store& store_;
  std::uint64_t epoch_ = 0;  // set by take_over, before any other call

  mutable std::mutex mutex_;                             // guards what follows
  std::unordered_map<engine::CoopId, ChainEnd> chains_;  // also read by the appending thread
  std::vector<Queued> queue_;
  Ticket last_ticket_ = 0;
  Ticket done_ticket_ = 0;
  Appended outcome_ = Appended::kDurable;
};

}  // namespace

Heads heads_in(const Store& store) {
  Heads heads;
  Store::Cursor cursor = store.cursor(Family::kJournal);
  for (cursor.seek(""); cursor.valid();) {
    const auto coop = coop_in_key(cursor.key());
    // The last block of this cooperative stands before the first possible key of the next.
    cursor.seek_for_prev(journal_key(coop, {~std::uint64_t{0}}));
    const auto parsed = BlockView::parse(cursor.value(), Trust::kBytes);
    const auto* last = std::get_if<BlockView>(&parsed);
    if (last == nullptr) throw JournalDamaged("the last block of a cooperative cannot be read");
    heads[coop] = {last->header().block_no, last->hash(), last->header().last_event()};
    cursor.next();
  }
  return heads;
}

std::unique_ptr<Journal> make_embedded_journal(Store& store) {
  return std::make_unique<EmbeddedJournal>(store);
}

}  // namespace lumbung::storage
