// Pipeline: the three threads of a ledger and the queue before them.
//
//   queue -> deciding thread: key known? decide, apply, seal -> publishing thread: durable,
//   publish, answer -> indexing thread: full runs into the store, snapshots
//
// An answer leaves only behind its commit's sync; readers see only what was published.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "storage/deciding.h"
#include "storage/ledger.h"
#include "storage/published.h"
#include "storage/store.h"

namespace lumbung::storage {

/// One request in the queue: a single command, or a batch.
struct Submission {
  engine::CoopId coop;
  std::vector<engine::Command> commands;
  BatchMode mode = BatchMode::kPerItem;
  Answered one;         // of a single command
  BatchAnswered batch;  // of a batch
  std::vector<Answer> answers;

  void answer() const;
  void answer_all(const Answer& with);
};

class Pipeline {
 public:
  /// Recovers the books and starts the threads. Throws JournalDamaged, StoreError, StoreBusy.
  explicit Pipeline(Ledger::Options options);
  /// Answers what was accepted; then snapshots, HEAD, and the store is closed.
  ~Pipeline();

  void submit(Submission submission);

  /// nullptr when no such cooperative is durable.
  std::shared_ptr<PublishedBook> find(const engine::CoopId& coop) const;
  std::vector<engine::CoopId> coops() const;
  QueueStatus status() const;
  Store& store() { return *store_; }
  const Journal& journal() const { return *journal_; }

 private:
  /// A cooperative's book and what is asked of it in the commit that is being decided.
  struct Desk {
    DecidingBook book;
    std::vector<Submission*> asked;
  };

  /// What was decided together, on its way to the disk.
  struct Commit {
    std::optional<Ticket> ticket;  // absent: nothing new to write
    Blocks blocks;
    std::vector<std::shared_ptr<PublishedBook>> books;  // where each of `blocks` is published
    std::vector<Submission> submissions;
    bool failed = false;  // the disk failed while this or an earlier one was decided
  };

  /// Whether what waits is to be decided now. REQUIRES: queue_mutex_ is held.
  bool may_decide() const;

  // deciding thread
  void write_loop();
  std::optional<std::vector<Submission>> next_submissions();
  void decide_all(Commit& commit);
  Desk* desk_of(const Submission& submission);
  Desk& new_desk(const engine::CoopId& coop, std::shared_ptr<PublishedBook> published);
  static void decide_one(DecidingBook& book, Submission& submission);
  // publishing thread
  void publish_loop();
  void publish(Commit& commit);
  void publish_block(const Block& block, const std::shared_ptr<PublishedBook>& book);
  void stop_writing();
  // indexing thread
  void index_loop();
  void index_book(PublishedBook& book, const engine::CoopId& coop);

  Head save_image(PublishedBook& book, const engine::CoopId& coop);
  void close_cleanly();

  Ledger::Options options_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Journal> journal_;
  std::uint64_t run_events_ = 0;
  std::uint64_t epoch_ = 0;

  // deciding thread
  std::unordered_map<engine::CoopId, Desk> desks_;
  BlockBuilder builder_;  // of the book whose turn it is

  mutable std::shared_mutex published_mutex_;  // guards published_
  std::map<engine::CoopId, std::shared_ptr<PublishedBook>> published_;

  mutable std::mutex queue_mutex_;  // guards what follows
  std::condition_variable writer_ready_;
  std::deque<Submission> queue_;
  std::size_t queued_commands_ = 0;
  std::size_t commits_on_way_ = 0;  // taken from the queue and not answered yet
  std::uint64_t accepted_ = 0;
  std::uint64_t turned_away_ = 0;
  bool closing_ = false;

  std::mutex commits_mutex_;  // guards what follows
  std::condition_variable publisher_ready_;
  std::deque<Commit> commits_;
  bool writer_done_ = false;

  std::mutex index_mutex_;  // guards what follows
  std::condition_variable index_changed_;
  bool index_wanted_ = false;
  bool index_stopped_ = false;
  bool publisher_done_ = false;

  std::atomic<bool> stopped_{false};  // a write failed: nothing more is acknowledged
  std::atomic<std::uint64_t> commit_count_{0};
  std::atomic<std::uint64_t> event_count_{0};
  std::atomic<std::uint64_t> replayed_{0};
  std::atomic<std::uint64_t> clock_steps_back_{0};

  std::thread writer_;
  std::thread publisher_;
  std::thread indexer_;
};

}  // namespace lumbung::storage
