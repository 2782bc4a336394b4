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
  using NewBooks = std::map<engine::CoopId, std::shared_ptr<PublishedBook>>;

  /// What was decided together, on its way to the disk.
  struct Commit {
    std::optional<Ticket> ticket;  // absent: nothing new to write
    Blocks blocks;
    NewBooks new_books;
    std::vector<Submission> submissions;
    bool failed = false;  // the disk failed while deciding
  };

  // deciding thread
  void write_loop();
  std::optional<std::vector<Submission>> next_submissions();
  void decide_all(Commit& commit);
  DecidingBook* deciding_book(const Submission& submission, NewBooks& new_books);
  static void decide_one(DecidingBook& book, Submission& submission);
  // publishing thread
  void publish_loop();
  void publish(Commit& commit);
  void publish_block(const Block& block);
  std::shared_ptr<PublishedBook> published_book(const engine::CoopId& coop);
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

  std::map<engine::CoopId, std::unique_ptr<DecidingBook>> deciding_;  // deciding thread
  NewBooks unopened_;  // publishing thread: made for a command that may yet be refused

  mutable std::shared_mutex published_mutex_;  // guards published_
  std::map<engine::CoopId, std::shared_ptr<PublishedBook>> published_;

  mutable std::mutex queue_mutex_;  // guards what follows
  std::condition_variable queue_filled_;
  std::deque<Submission> queue_;
  std::size_t queued_commands_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t turned_away_ = 0;
  bool closing_ = false;

  std::mutex commits_mutex_;  // guards what follows
  std::condition_variable commits_changed_;
  std::deque<Commit> commits_;  // the front one is being published
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
