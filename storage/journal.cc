#include "storage/journal.h"

#include <map>
#include <mutex>

#include "engine/check.h"
#include "engine/bytes.h"
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
    Store::Cursor cursor = store_.cursor(Family::kJournal);
    for (cursor.seek(""); cursor.valid();) {
      const auto coop = coop_in_key(cursor.key());
      // The last block of this cooperative stands before the first possible key of the next.
      cursor.seek_for_prev(journal_key(coop, {~std::uint64_t{0}}));
      const Head head = head_of(cursor.value());
      heads_[coop] = head;
      taken.heads.emplace_back(coop, head);
      cursor.next();
    }
    return taken;
  }

  Ticket append(Blocks commit) override {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(commit));
    return ++last_ticket_;
  }

  Appended wait(Ticket ticket) override {
    std::unique_lock lock(mutex_);
    while (done_ticket_ < ticket && outcome_ == Appended::kDurable) {
      std::vector<Blocks> commits = std::move(queue_);
      queue_.clear();
      CHECK(!commits.empty());
      lock.unlock();
      const Appended outcome = write(commits);
      lock.lock();
      outcome_ = outcome;
      if (outcome == Appended::kDurable) {
        done_ticket_ += commits.size();
        for (const Blocks& commit : commits) {
          for (const auto& block : commit) heads_[block->header.coop] = head_of(*block);
        }
      }
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
    const auto found = heads_.find(coop);
    return found == heads_.end() ? Head{} : found->second;
  }

 private:
  static Head head_of(const Block& block) {
    return {block.header.block_no, block.hash, block.header.last_event()};
  }
  static Head head_of(std::string_view bytes) {
    const auto parsed = BlockView::parse(bytes, Trust::kBytes);
    const auto* view = std::get_if<BlockView>(&parsed);
    if (view == nullptr) throw JournalDamaged("the last block of a cooperative cannot be read");
    return {view->header().block_no, view->hash(), view->header().last_event()};
  }

  Appended write(const std::vector<Blocks>& commits) {
    std::map<engine::CoopId, Head> heads;
    Store::Batch batch;
    for (const Blocks& commit : commits) {
      for (const auto& block : commit) {
        const BlockHeader& header = block->header;
        if (header.epoch != epoch_) return Appended::kFenced;
        const auto [at, is_new] = heads.try_emplace(header.coop);
        if (is_new) at->second = head(header.coop);
        Head& last = at->second;
        if (header.block_no == last.block_no && block->hash == last.hash) continue;  // sent again
        if (header.block_no.value != last.block_no.value + 1 || header.previous != last.hash ||
            header.first_event.value != last.last_event.value + 1) {
          return Appended::kSequence;
        }
        batch.put(Family::kJournal, journal_key(header.coop, header.block_no), block->bytes);
        last = head_of(*block);
      }
    }
    const auto epoch = store_.get(Family::kMeta, kEpochKey);
    if (!epoch || get_ordered<std::uint64_t>(*epoch) != epoch_) return Appended::kFenced;
    try {
      store_.write(std::move(batch), /*synced=*/true);
    } catch (const StoreError&) {
      return Appended::kUnknown;  // the log may hold it or not: a restart reads which
    }
    return Appended::kDurable;
  }

  Store& store_;
  std::uint64_t epoch_ = 0;  // set by take_over, before any other call

  mutable std::mutex mutex_;  // guards what follows
  std::map<engine::CoopId, Head> heads_;
  std::vector<Blocks> queue_;
  Ticket last_ticket_ = 0;
  Ticket done_ticket_ = 0;
  Appended outcome_ = Appended::kDurable;
};

}  // namespace

std::unique_ptr<Journal> make_embedded_journal(Store& store) {
  return std::make_unique<EmbeddedJournal>(store);
}

}  // namespace lumbung::storage
