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

// Commits sealed ahead of the one that is being synced. One is enough to keep the disk busy while
// the next is decided; more would only make blocks smaller and answers later.
constexpr std::size_t kCommitsAhead = 1;
// Commands decided for one commit: what has arrived meanwhile waits for the next.
constexpr std::size_t kCommandsACommit = 2 * kBlockEventsMax;
// Full runs in memory before publishing waits for the indexing thread: memory stays bounded.
constexpr std::size_t kFullRunsMax = 2;

// Commands whose account lines and key slots are on their way from memory while one is decided; the
// commands themselves, which another core has written, are called for as long before.
constexpr std::size_t kPrefetchAhead = 8;

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

/// What another release has derived in another form is derived again.
void settle_index_form(Store& store) {
  if (store.get(Family::kMeta, kIndexFormKey) == kIndexForm) return;
  drop_projections(store);
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
    auto deciding =
        std::make_unique<DecidingBook>(coop, recovered.published, options_.policy, epoch_);
    deciding->recover(std::move(recovered.keys));
    published_.emplace(coop, recovered.published);
    deciding_.emplace(coop, std::move(deciding));
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
  queue_filled_.notify_all();
  writer_.join();
  {
    const std::lock_guard lock(commits_mutex_);
    writer_done_ = true;
  }
  commits_changed_.notify_all();
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
    }
  }
  if (reason == RefusalCode{}) {
    queue_filled_.notify_one();
  } else {
    submission.answer_all(turned_away(reason));
  }
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
  while (auto submissions = next_submissions()) {
    Commit commit;
    commit.submissions = std::move(*submissions);
    try {
      decide_all(commit);
      if (!commit.blocks.empty()) commit.ticket = journal_->append(commit.blocks);
    } catch (const StoreError&) {
      commit.failed = true;  // what was decided is lost with this process, unacknowledged
    }
    std::unique_lock lock(commits_mutex_);
    commits_.push_back(std::move(commit));
    commits_changed_.notify_all();
    commits_changed_.wait(lock, [&] { return commits_.size() <= kCommitsAhead; });
  }
}

/// What has arrived; waits when nothing has. nullopt when the ledger closes.
std::optional<std::vector<Submission>> Pipeline::next_submissions() {
  std::unique_lock lock(queue_mutex_);
  queue_filled_.wait(lock, [&] { return !queue_.empty() || closing_; });
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
  return taken;
}

void Pipeline::decide_all(Commit& commit) {
  const Timestamp now = options_.clock();
  std::vector<DecidingBook*> touched;
  for (Submission& submission : commit.submissions) {
    DecidingBook* book = deciding_book(submission, commit.new_books);
    if (book == nullptr) {
      submission.answers.assign(submission.commands.size(), turned_away(RefusalCode::coop_unknown));
      continue;
    }
    if (std::find(touched.begin(), touched.end(), book) == touched.end()) {
      touched.push_back(book);
      if (book->begin(now)) ++clock_steps_back_;
    }
    decide_one(*book, submission);
  }
  for (DecidingBook* book : touched) {
    Blocks sealed = book->take_blocks();
    std::move(sealed.begin(), sealed.end(), std::back_inserter(commit.blocks));
  }
}

/// A cooperative's book, made when this is the command that opens one; nullptr otherwise.
DecidingBook* Pipeline::deciding_book(const Submission& submission, NewBooks& new_books) {
  const auto found = deciding_.find(submission.coop);
  if (found != deciding_.end()) return found->second.get();
  const auto* opening = std::get_if<OpenCooperative>(&submission.commands.front().body);
  if (submission.commands.size() != 1 || opening == nullptr || opening->coop != submission.coop) {
    return nullptr;
  }
  auto published =
      std::make_shared<PublishedBook>(*store_, *journal_, submission.coop, run_events_);
  new_books.emplace(submission.coop, published);
  auto book = std::make_unique<DecidingBook>(submission.coop, std::move(published), options_.policy,
                                             epoch_);
  return deciding_.emplace(submission.coop, std::move(book)).first->second.get();
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
    Commit* commit = nullptr;
    {
      std::unique_lock lock(commits_mutex_);
      commits_changed_.wait(lock, [&] { return !commits_.empty() || writer_done_; });
      if (commits_.empty()) return;
      commit = &commits_.front();  // stays in the queue: it counts as ahead until it is answered
    }
    publish(*commit);
    {
      const std::lock_guard lock(commits_mutex_);
      commits_.pop_front();
    }
    commits_changed_.notify_all();
  }
}

void Pipeline::publish(Commit& commit) {
  unopened_.merge(commit.new_books);
  const bool durable = !stopped_ && !commit.failed &&
                       (!commit.ticket || journal_->wait(*commit.ticket) == Appended::kDurable);
  if (!durable) {
    stop_writing();
    for (Submission& submission : commit.submissions) submission.answer_all(Answer{});
    return;
  }
  for (const auto& block : commit.blocks) publish_block(*block);
  if (commit.ticket)
    ++commit_count_;  // before the answers: who reads the figures then finds his own
  for (const Submission& submission : commit.submissions) {
    for (const Answer& answer : submission.answers) replayed_ += answer.replayed ? 1U : 0U;
    submission.answer();
  }
}

void Pipeline::publish_block(const Block& block) {
  const auto parsed = BlockView::parse(block.bytes, Trust::kBytes);
  const auto book = published_book(block.header.coop);
  book->publish(std::get<BlockView>(parsed), /*check_rules=*/false);
  event_count_ += block.header.count;
  if (book->full_runs() == 0) return;
  std::unique_lock lock(index_mutex_);
  index_wanted_ = true;
  index_changed_.notify_all();
  index_changed_.wait(lock, [&] { return book->full_runs() <= kFullRunsMax || index_stopped_; });
}

/// The published book of a block's cooperative; a new cooperative becomes visible here.
std::shared_ptr<PublishedBook> Pipeline::published_book(const CoopId& coop) {
  if (auto book = find(coop)) return book;
  const auto opened = unopened_.extract(coop);
  CHECK(!opened.empty());
  const std::unique_lock lock(published_mutex_);
  return published_.emplace(coop, opened.mapped()).first->second;
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
