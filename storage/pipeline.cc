#include "storage/pipeline.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/check.h"
#include "engine/prefetch.h"
#include "storage/head_file.h"
#include "storage/key_table.h"
#include "storage/recovery.h"
#include "storage/snapshot.h"

namespace lumbung::storage {
namespace {

using namespace engine;

// Commits on their way to the disk and back. With two the disk is kept busy while the next is
// decided; more would only make blocks smaller and answers later.
constexpr std::size_t kCommitsMax = 2;
// Commands that are worth a commit of their own behind one that is on its way. A sync takes as long
// for few as for many, and few are decided in no time: they had better wait for those still to
// come.
constexpr std::size_t kCommandsAhead = 128;
// Commands decided for one commit: what has arrived meanwhile waits for the next.
constexpr std::size_t kCommandsACommit = 2 * kBlockEventsMax;
// Full runs in memory before publishing waits for the indexing thread: memory stays bounded.
constexpr std::size_t kFullRunsMax = 2;

// Commands whose account lines and key slots are on their way from memory while one is decided; the
// commands themselves, which another core has written, are called for as long before.
constexpr std::size_t kPrefetchAhead = 8;
// Published books on their way from memory while a block is published into one.
constexpr std::size_t kBooksAhead = 2;

constexpr std::string_view kRunEventsKey = "run_events";
constexpr std::string_view kIndexFormKey = "index_form";

Timestamp system_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

Answer turned_away(RefusalCode code) {
  Answer answer;
  answer.outcome = Answer::Outcome::kRefused;
  answer.refusal = Refusal(code);
  return answer;
}

void check_directory(const Ledger::Options& options) {
  std::error_code error;
  if (options.create) std::filesystem::create_directories(options.directory, error);
  if (!std::filesystem::is_directory(options.directory, error)) {
    throw StoreError("there is no data directory " + options.directory.string());
  }
}

/// Index rows are cut at runs, so the length of runs is a property of the directory.
std::uint64_t settled_run_events(Store& store, std::uint64_t wanted) {
  if (const auto stored = store.get(Family::kMeta, kRunEventsKey)) return std::stoull(*stored);
  Store::Batch batch;
  batch.put(Family::kMeta, kRunEventsKey, std::to_string(wanted));
  store.write(std::move(batch), /*synced=*/true);
  return wanted;
}

/// What another release has derived in another form is derived again. REQUIRES: before the length
/// of runs is settled, by which a new directory is known.
void settle_index_form(Store& store) {
  if (store.get(Family::kMeta, kIndexFormKey) == kIndexForm) return;
  if (store.get(Family::kMeta, kRunEventsKey)) drop_projections(store);
  Store::Batch batch;
  batch.put(Family::kMeta, kIndexFormKey, kIndexForm);
  store.write(std::move(batch), /*synced=*/true);
}

}  // namespace

void Submission::answer() const {
  if (one) one(answers.front());
  if (batch) batch(answers);
}

void Submission::answer_all(const Answer& with) {
  answers.assign(commands.size(), with);
  answer();
}

Pipeline::Pipeline(Ledger::Options options) : options_(std::move(options)) {
  if (!options_.clock) options_.clock = system_clock;
  check_directory(options_);
  refuse_damaged_log(options_.directory);
  store_ = Store::open(store_directory(options_.directory),
                       options_.create ? Store::Mode::kCreate : Store::Mode::kExisting);
  journal_ = make_embedded_journal(*store_);
  if (options_.wrap_journal) journal_ = options_.wrap_journal(std::move(journal_));
  settle_index_form(*store_);
  run_events_ = settled_run_events(*store_, options_.run_events);
  const Journal::TakeOver taken = journal_->take_over();
  epoch_ = taken.epoch;
  check_heads(read_head_file(options_.directory), *journal_);
  for (const auto& [coop, head] : taken.heads) {
    auto recovered = recover_book(*store_, *journal_, coop, run_events_, options_.trust_snapshots);
    new_desk(coop, recovered.published).book.recover(std::move(recovered.keys));
    published_.emplace(coop, std::move(recovered.published));
  }
  writer_ = std::thread([this] { write_loop(); });
  publisher_ = std::thread([this] { publish_loop(); });
  indexer_ = std::thread([this] { index_loop(); });
}

Pipeline::~Pipeline() {
  {
    const std::lock_guard lock(queue_mutex_);
    closing_ = true;
  }
  writer_ready_.notify_all();
  writer_.join();
  {
    const std::lock_guard lock(commits_mutex_);
    writer_done_ = true;
  }
  publisher_ready_.notify_one();
  publisher_.join();
  {
    const std::lock_guard lock(index_mutex_);
    publisher_done_ = true;
  }
  index_changed_.notify_all();
  indexer_.join();
  if (!stopped_) close_cleanly();
}

void Pipeline::submit(Submission submission) {
  for (const Command& command : submission.commands) {
    CHECK(!command.key.empty() || submission.mode == BatchMode::kAtomic);
  }
  RefusalCode reason{};
  bool ready = false;
  {
    const std::lock_guard lock(queue_mutex_);
    if (stopped_ || closing_) {
      reason = RefusalCode::writer_stopped;
    } else if (queued_commands_ + submission.commands.size() > options_.queue_max &&
               queued_commands_ > 0) {
      reason = RefusalCode::queue_full;
      ++turned_away_;
    } else {
      queued_commands_ += submission.commands.size();
      ++accepted_;
      queue_.push_back(std::move(submission));
      ready = may_decide();
    }
  }
  if (ready) writer_ready_.notify_one();
  if (reason != RefusalCode{}) submission.answer_all(turned_away(reason));
}

bool Pipeline::may_decide() const {
  if (queue_.empty()) return false;
  return commits_on_way_ == 0 ||
         (commits_on_way_ < kCommitsMax && queued_commands_ >= kCommandsAhead);
}

std::shared_ptr<PublishedBook> Pipeline::find(const CoopId& coop) const {
  const std::shared_lock lock(published_mutex_);
  const auto found = published_.find(coop);
  return found == published_.end() ? nullptr : found->second;
}

std::vector<CoopId> Pipeline::coops() const {
  const std::shared_lock lock(published_mutex_);
  std::vector<CoopId> ids;
  for (const auto& [coop, book] : published_) ids.push_back(coop);
  return ids;
}

QueueStatus Pipeline::status() const {
  QueueStatus status;
  {
    const std::lock_guard lock(queue_mutex_);
    status.accepted = accepted_;
    status.turned_away = turned_away_;
    status.waiting = queued_commands_;
  }
  status.commits = commit_count_;
  status.events = event_count_;
  status.replayed = replayed_;
  status.clock_steps_back = clock_steps_back_;
  status.writer_stopped = stopped_;
  return status;
}

// --- deciding thread ---

void Pipeline::write_loop() {
  // Then the books hold what will never be written: nothing is decided on top of it.
  bool failed = false;
  while (auto submissions = next_submissions()) {
    Commit commit;
    commit.submissions = std::move(*submissions);
    try {
      if (!failed) decide_all(commit);
      if (!commit.blocks.empty()) commit.ticket = journal_->append(commit.blocks);
    } catch (const StoreError&) {
      failed = true;  // what was decided is lost with this process, unacknowledged
    }
    commit.failed = failed;
    {
      const std::lock_guard lock(commits_mutex_);
      commits_.push_back(std::move(commit));
    }
    publisher_ready_.notify_one();
  }
}

/// What has arrived; waits when it is nothing, or too little to go ahead with. nullopt when the
/// ledger closes.
std::optional<std::vector<Submission>> Pipeline::next_submissions() {
  std::unique_lock lock(queue_mutex_);
  writer_ready_.wait(lock, [&] { return may_decide() || (closing_ && queue_.empty()); });
  if (queue_.empty()) return std::nullopt;
  std::vector<Submission> taken;
  std::size_t commands = 0;
  while (!queue_.empty() &&
         (taken.empty() || commands + queue_.front().commands.size() <= kCommandsACommit)) {
    commands += queue_.front().commands.size();
    taken.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_commands_ -= commands;
  ++commits_on_way_;
  return taken;
}

/// Each book in its turn decides all that is asked of it: cooperatives have no order among them.
void Pipeline::decide_all(Commit& commit) {
  const Timestamp now = options_.clock();
  std::vector<Desk*> turns;
  for (Submission& submission : commit.submissions) {
    Desk* desk = desk_of(submission);
    if (desk == nullptr) {
      submission.answers.assign(submission.commands.size(), turned_away(RefusalCode::coop_unknown));
      continue;
    }
    if (desk->asked.empty()) turns.push_back(desk);
    desk->asked.push_back(&submission);
  }
  // The books of many cooperatives lie anywhere in memory: all that is touched first is fetched at
  // once, and not by each in its turn.
  for (const Desk* desk : turns) {
    for (const Submission* submission : desk->asked) {
      const Command& first = submission->commands.front();
      desk->book.prefetch(first, fingerprint(first.principal, first.key));
    }
  }
  for (Desk* desk : turns) {
    if (desk->book.begin(now)) ++clock_steps_back_;
    for (Submission* submission : desk->asked) decide_one(desk->book, *submission);
    desk->asked.clear();
    desk->book.take_blocks(commit.blocks);
    commit.books.resize(commit.blocks.size(), desk->book.published());
  }
}

/// A cooperative's desk, made when this is the command that opens one; nullptr otherwise.
Pipeline::Desk* Pipeline::desk_of(const Submission& submission) {
  const auto found = desks_.find(submission.coop);
  if (found != desks_.end()) return &found->second;
  const auto* opening = std::get_if<OpenCooperative>(&submission.commands.front().body);
  if (submission.commands.size() != 1 || opening == nullptr || opening->coop != submission.coop) {
    return nullptr;
  }
  return &new_desk(submission.coop, std::make_shared<PublishedBook>(*store_, *journal_,
                                                                    submission.coop, run_events_));
}

Pipeline::Desk& Pipeline::new_desk(const CoopId& coop, std::shared_ptr<PublishedBook> published) {
  Desk desk{DecidingBook(coop, std::move(published), options_.policy, epoch_, builder_), {}};
  return desks_.emplace(coop, std::move(desk)).first->second;
}

void Pipeline::decide_one(DecidingBook& book, Submission& submission) {
  if (submission.mode == BatchMode::kAtomic) {
    const Answer first = book.ask_atomic(submission.commands);
    submission.answers.assign(submission.commands.size(), first);
    if (first.outcome == Answer::Outcome::kDone) {
      for (std::size_t i = 0; i < submission.answers.size(); ++i) {
        submission.answers[i].event.value += i;
      }
    }
    return;
  }
  const std::vector<Command>& commands = submission.commands;
  submission.answers.reserve(commands.size());
  std::array<std::uint64_t, kPrefetchAhead> prints;  // of the next commands, in turn
  const auto look_ahead = [&](std::size_t i) {
    if (i >= commands.size()) return;
    const std::uint64_t print = fingerprint(commands[i].principal, commands[i].key);
    prints[i % kPrefetchAhead] = print;
    book.prefetch(commands[i], print);
  };
  for (std::size_t i = 0; i < kPrefetchAhead; ++i) look_ahead(i);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (i + 2 * kPrefetchAhead < commands.size()) {
      prefetch_object(commands[i + 2 * kPrefetchAhead]);
    }
    const std::uint64_t print = prints[i % kPrefetchAhead];
    look_ahead(i + kPrefetchAhead);
    submission.answers.push_back(book.ask(commands[i], print));
  }
}

// --- publishing thread ---

void Pipeline::publish_loop() {
  while (true) {
    Commit commit;
    {
      std::unique_lock lock(commits_mutex_);
      publisher_ready_.wait(lock, [&] { return !commits_.empty() || writer_done_; });
      if (commits_.empty()) return;
      commit = std::move(commits_.front());
      commits_.pop_front();
    }
    publish(commit);
    bool ready = false;
    {
      const std::lock_guard lock(queue_mutex_);
      --commits_on_way_;
      ready = may_decide();
    }
    if (ready) writer_ready_.notify_one();
  }
}

void Pipeline::publish(Commit& commit) {
  const bool durable = !stopped_ && !commit.failed &&
                       (!commit.ticket || journal_->wait(*commit.ticket) == Appended::kDurable);
  if (!durable) {
    stop_writing();
    for (Submission& submission : commit.submissions) submission.answer_all(Answer{});
    return;
  }
  std::uint64_t events = 0;
  for (std::size_t i = 0; i < commit.blocks.size(); ++i) {
    if (i + kBooksAhead < commit.books.size()) prefetch_object(*commit.books[i + kBooksAhead]);
    publish_block(*commit.blocks[i], commit.books[i]);
    events += commit.blocks[i]->header.count;
  }
  std::uint64_t replayed = 0;
  for (const Submission& submission : commit.submissions) {
    for (const Answer& answer : submission.answers) replayed += answer.replayed ? 1U : 0U;
  }
  // Before the answers: who reads the figures then finds his own.
  if (commit.ticket) ++commit_count_;
  event_count_ += events;
  replayed_ += replayed;
  for (const Submission& submission : commit.submissions) submission.answer();
}

void Pipeline::publish_block(const Block& block, const std::shared_ptr<PublishedBook>& book) {
  const auto parsed = BlockView::parse(block.bytes, Trust::kBytes);
  const std::size_t full_runs = book->publish(std::get<BlockView>(parsed), /*check_rules=*/false);
  if (block.header.block_no.value == 1) {
    // Only now is there such a cooperative: what was to open one might have been refused.
    const std::unique_lock lock(published_mutex_);
    published_.emplace(block.header.coop, book);
  }
  if (full_runs == 0) return;
  std::unique_lock lock(index_mutex_);
  index_wanted_ = true;
  index_changed_.notify_all();
  index_changed_.wait(lock, [&] { return book->full_runs() <= kFullRunsMax || index_stopped_; });
}

/// After a failed write nothing more is acknowledged: what is durable is read at the next start.
void Pipeline::stop_writing() {
  std::deque<Submission> waiting;
  {
    const std::lock_guard lock(queue_mutex_);
    stopped_ = true;
    waiting.swap(queue_);
    queued_commands_ = 0;
  }
  for (Submission& submission : waiting) {
    submission.answer_all(turned_away(RefusalCode::writer_stopped));
  }
}

// --- indexing thread ---

void Pipeline::index_loop() {
  try {
    while (true) {
      {
        std::unique_lock lock(index_mutex_);
        index_changed_.wait(lock, [&] { return index_wanted_ || publisher_done_; });
        if (!index_wanted_) return;
        index_wanted_ = false;
      }
      for (const CoopId& coop : coops()) index_book(*find(coop), coop);
    }
  } catch (const StoreError&) {
    // The index is derived, but a disk that fails here is not to be trusted with the journal
    // either.
    stop_writing();
    const std::lock_guard lock(index_mutex_);
    index_stopped_ = true;
    index_changed_.notify_all();
  }
}

void Pipeline::index_book(PublishedBook& book, const CoopId& coop) {
  bool any = false;
  while (book.index_one_run(*store_)) {
    any = true;
    const std::lock_guard lock(index_mutex_);
    index_changed_.notify_all();
  }
  if (any && book.wants_snapshot()) save_image(book, coop);
}

Head Pipeline::save_image(PublishedBook& book, const CoopId& coop) {
  const auto [image, head] = book.image();
  save_snapshot(*store_, coop, image, head);
  book.note_snapshot(head.last_event);
  return head;
}

void Pipeline::close_cleanly() {
  try {
    Heads heads;
    for (const auto& [coop, book] : published_) {
      heads[coop] = save_image(*book, coop);
    }
    store_->flush();
    write_head_file(options_.directory, heads);
  } catch (const StoreError&) {
    // Not a clean close then: the next start replays and checks as after a crash.
  }
}

}  // namespace lumbung::storage
