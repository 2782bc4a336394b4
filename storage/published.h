// PublishedBook: what readers see of one cooperative, never ahead of the disk. The publishing
// thread advances it by whole blocks before their requests are answered; the indexing thread takes
// its full runs into the store. Every const function may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "engine/book.h"
#include "storage/codec.h"
#include "storage/journal.h"
#include "storage/ledger.h"
#include "storage/projections.h"
#include "storage/run.h"
#include "storage/store.h"

namespace lumbung::storage {

class PublishedBook {
 public:
  /// Where the book starts from: empty, or what a snapshot and the index say.
  struct Start {
    engine::Book book;
    Head head;                // of the last block in `book`
    engine::EventNo indexed;  // up to here the store's index answers
  };

  PublishedBook(const Store& store, const Journal& journal, engine::CoopId coop,
                std::uint64_t run_events);

  // --- publishing thread (and recovery, before there are readers) ---

  /// Takes over a start; publish() must then be given every block after `indexed`.
  void start_from(Start start);
  /// Applies a durable block to the book and puts it into the run in memory, each unless it has it
  /// already. With `check_rules` a broken rule is JournalDamaged; without, a bug. How many runs are
  /// full now.
  std::size_t publish(const BlockView& block, bool check_rules);
  /// After recovery: the index's totals are the book's less what the run in memory has.
  void settle_opening_totals();

  // --- indexing thread ---

  /// Sorts the oldest full run into the store; false when none is full.
  bool index_one_run(Store& store);
  /// Whether an image is worth its bytes: each has all accounts, each spares the next opening the
  /// events behind the one before.
  bool wants_snapshot() const;
  void note_snapshot(engine::EventNo last_event) { saved_ = last_event; }
  /// The book's image and the head it stands for.
  std::pair<std::string, Head> image() const;
  engine::EventNo indexed() const;
  std::size_t full_runs() const;
  /// The fingerprints of the keys of what the index does not have yet, with the first event.
  std::pair<engine::EventNo, std::vector<std::uint64_t>> recent_keys() const;

  // --- readers ---

  /// The last block that was published, without waiting for the lock.
  engine::BlockNo durable_block() const { return {durable_block_.load(std::memory_order_acquire)}; }
  /// Calls `read(book, head)` under the reader's lock.
  template <class Read>
  auto with_book(const Read& read) const {
    const std::shared_lock lock(mutex_);
    return read(static_cast<const engine::Book&>(book_), static_cast<const Head&>(head_));
  }
  /// Counts nothing behind event `newest`: accounts asked with the same one are seen together,
  /// however much is posted meanwhile. nullopt: no such account.
  std::optional<Totals> totals(engine::AccountHandle account, const Moment& moment,
                               engine::EventNo newest) const;
  Totals totals_at(engine::AccountHandle account, engine::EventNo at) const;
  std::optional<Statement> statement(engine::AccountHandle account,
                                     std::optional<StatementPlace> before, std::size_t limit) const;
  std::optional<engine::Event> event(engine::EventNo no) const;
  void events(engine::EventNo from, const std::function<bool(const engine::Event&)>& each) const;
  /// The last event recorded at or before that time; 0 when there is none.
  engine::EventNo last_event_at(engine::Timestamp time) const;
  /// The block that holds the event; nullopt when there is none yet.
  std::optional<engine::BlockNo> block_of(engine::EventNo no) const;

 private:
  void rotate_if_full();
  void set_opening_totals();
  void add_recent_lines(engine::AccountHandle account, const std::optional<StatementPlace>& before,
                        std::size_t limit, Statement& statement) const;
  void add_stored_lines(engine::AccountHandle account, engine::Side normal, engine::EventNo indexed,
                        const std::optional<StatementPlace>& before, std::size_t limit,
                        Statement& statement) const;
  OpeningTotals::Line stored_totals(engine::AccountHandle account, engine::EventNo at) const;
  /// Sum over late postings that a value-date balance at `date` counts otherwise than booking does.
  void add_late(engine::AccountHandle account, engine::Date date, engine::EventNo stored,
                const std::vector<Run::Late>& recent, Totals& totals) const;

  const Store& store_;
  const Journal& journal_;
  const engine::CoopId coop_;
  const std::uint64_t run_events_;
  std::atomic<std::uint64_t> durable_block_{0};  // that of head_

  mutable std::shared_mutex mutex_;  // guards what follows
  engine::Book book_;
  Head head_;
  std::deque<std::shared_ptr<Run>> runs_;  // oldest first; all but the last are full
  engine::EventNo indexed_{};              // the store's index has the events up to here
  OpeningTotals opening_;                  // totals at indexed_
  bool opening_known_ = false;

  engine::EventNo saved_{};  // last event of the newest snapshot; indexing thread only
};

}  // namespace lumbung::storage
