// More asked for than can be done: batches of up to 8,190 entries that never let the queue run
// empty, with an index run a block and readers all the time, over disks that fail, that are slow,
// and that are neither. Over the journal in memory also with ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <semaphore>
#include <thread>

#include "storage/audit.h"
#include "storage/recovery.h"
#include "tests/fault_journal.h"
#include "tests/storage/ledger_fixture.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Outcome = Answer::Outcome;

#ifdef __SANITIZE_THREAD__
constexpr bool kRaces = true;  // RocksDB is not instrumented: two threads writing to it look so
#else
constexpr bool kRaces = false;
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;  // many times slower, and memory is the sanitizer's
#else
constexpr bool kSanitized = false;
#endif

constexpr std::uint32_t kMembers = 8;
constexpr std::uint64_t kSetup = 2 + kMembers;  // events that open the book
constexpr std::size_t kBatchMax = kBlockEventsMax;
// Hundreds of times what a batch takes on a quiet machine.
constexpr milliseconds kStall{10'000};

enum class Carrier { kMemory, kEmbedded };

bool is_lost(const Answer& answer) {
  return answer.outcome == Outcome::kUnknown || answer.refusal.code == RefusalCode::writer_stopped;
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return resident * 4096;
}

/// A book in which entry n moves n rupiah from a member's account into cash, so that what any event
/// leaves in cash is known without adding up. Entries are asked for in order, each once.
class SaturatedTest : public ::testing::Test {
 protected:
  static constexpr AccountHandle kCash{1};
  static inline const CoopId kCoop = *CoopId::parse("KSP-PENUH");

  ~SaturatedTest() override { gate_.open(); }

  Ledger::Options options(Carrier carrier) {
    Ledger::Options options;
    options.directory = directory_.path();
    options.create = true;
    options.run_events = run_events_;
    options.queue_max = queue_max_;
    options.wrap_journal = [this, carrier](std::unique_ptr<Journal> journal) {
      if (carrier == Carrier::kMemory) journal = std::make_unique<MemoryJournal>(disk_);
      return std::make_unique<FaultJournal>(std::move(journal),
                                            [this](std::uint64_t n) { return write(n); });
    };
    return options;
  }

  /// What becomes of the n-th commit since the ledger was opened; on the publishing thread.
  Fault write(std::uint64_t n) {
    gate_.wait_until_open();
    if (sync_time_.load().count() > 0) std::this_thread::sleep_for(sync_time_.load());
    return n == fault_at_ ? fault_.load() : Fault::kNone;
  }

  void open(Carrier carrier) {
    ledger_.reset();
    ledger_ = Ledger::open(options(carrier));
  }

  void open_book(Carrier carrier) {
    open(carrier);
    std::vector<CommandBody> bodies{
        OpenCooperative{kCoop, kIDR, "Asia/Jakarta", date_of({2026, 1, 5}), false}};
    for (std::uint32_t i = 0; i <= kMembers; ++i) {
      OpenAccount account;
      account.code = i == 0 ? "1101" : "2100-M" + std::to_string(i);
      account.type = i == 0 ? AccountType::kAsset : AccountType::kLiability;
      account.normal = i == 0 ? Side::kDebit : Side::kCredit;
      account.currency = kIDR;
      bodies.push_back(account);
    }
    ASSERT_EQ(bodies.size(), kSetup);
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      const Key key = *Key::parse("setup-" + std::to_string(i));
      ASSERT_EQ(ledger_->ask(kCoop, {key, kOperator, bodies[i]}).outcome, Outcome::kDone);
    }
  }

  /// Entries first to first + count - 1.
  static std::vector<Command> entries(std::uint64_t first, std::size_t count) {
    std::vector<Command> commands;
    commands.reserve(count);
    for (std::uint64_t n = first; n < first + count; ++n) {
      const AccountHandle member{static_cast<std::uint32_t>(2 + n % kMembers)};
      const Amount amount{static_cast<std::int64_t>(100 * n)};
      PostEntry post;
      post.entry.legs = {{kCash, Side::kDebit, amount}, {member, Side::kCredit, amount}};
      commands.push_back({*Key::parse("e-" + std::to_string(n)), kOperator, std::move(post)});
    }
    return commands;
  }

  /// What is in cash when that is the last event. All of it came from entries 1, 2, 3 and so on.
  static Uint128 cash_after(EventNo last) {
    const Uint128 n = last.value > kSetup ? last.value - kSetup : 0;
    return 100 * n * (n + 1) / 2;
  }

  EventNo last_event() const { return ledger_->coop(kCoop)->head.last_event; }

  /// Asks in every way whether what can be read is the book as some event left it, and nothing
  /// behind that event. Returns that event.
  EventNo expect_one_state() const {
    const auto balance = ledger_->trial_balance(kCoop, Moment::now());
    const EventNo now = balance->as_of;
    Uint128 credits = 0;
    for (const TrialBalanceRow& row : balance->rows) credits += row.totals.credits;
    EXPECT_TRUE(balance->rows.front().totals.debits == cash_after(now)) << now.value;
    EXPECT_TRUE(credits == cash_after(now)) << now.value;
    const auto cash = ledger_->totals(kCoop, kCash, Moment::now());
    EXPECT_TRUE(cash->debits == cash_after(cash->as_of)) << cash->as_of.value;
    const auto statement = ledger_->statement(kCoop, kCash, std::nullopt, 3);
    for (const StatementLine& line : statement->lines) {
      EXPECT_TRUE(line.balance_after == static_cast<Int128>(cash_after(line.event)))
          << line.event.value;
    }
    if (statement->as_of.value > kSetup) {
      EXPECT_EQ(statement->lines.front().event, statement->as_of);
      // In the past too, and that is what the index has.
      const EventNo past{kSetup + 1 + (statement->as_of.value - kSetup) / 2};
      const auto older = ledger_->statement(kCoop, kCash, StatementPlace{past, 0}, 1);
      const EventNo before{past.value - 1};
      EXPECT_EQ(older->lines.empty(), before.value == kSetup);
      if (!older->lines.empty()) {
        EXPECT_TRUE(older->lines.front().balance_after == static_cast<Int128>(cash_after(before)));
      }
    }
    EXPECT_TRUE(ledger_->event(kCoop, now).has_value());
    return std::max({now, cash->as_of, statement->as_of});
  }

  TemporaryDirectory directory_;
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  Gate gate_;
  std::atomic<std::uint64_t> fault_at_ = ~std::uint64_t{0};
  std::atomic<Fault> fault_ = Fault::kNone;
  std::atomic<milliseconds> sync_time_{milliseconds{0}};
  std::size_t queue_max_ = 65536;
  std::uint64_t run_events_ = 64;
  std::unique_ptr<Ledger> ledger_;
};

/// Reads on a thread of its own until it goes out of scope.
class Reader {
 public:
  /// `read` returns the newest event it was shown.
  explicit Reader(std::function<EventNo()> read)
      : thread_([this, read = std::move(read)] {
          do {
            newest_ = std::max(newest_, read());
            ++times_;
          } while (!stopping_);
        }) {}
  ~Reader() { stop(); }
  /// The newest event that was ever shown.
  EventNo stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return newest_;
  }
  std::uint64_t times() const { return times_; }

 private:
  EventNo newest_{};
  std::atomic<std::uint64_t> times_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

/// Batches that were asked for and what became of them. Any thread.
class Batches {
 public:
  explicit Batches(Ledger& ledger) : ledger_(ledger) {}

  void submit(const CoopId& coop, std::vector<Command> commands) {
    std::size_t at = 0;
    {
      const std::lock_guard lock(mutex_);
      at = answers_.size();
      answers_.emplace_back();
      ++in_flight_;
    }
    ledger_.submit_batch(coop, std::move(commands), BatchMode::kPerItem,
                         [this, at](const std::vector<Answer>& answers) {
                           const std::lock_guard lock(mutex_);
                           answers_[at] = answers;
                           --in_flight_;
                           changed_.notify_all();
                         });
  }
  void wait_for_fewer_than(std::size_t in_flight) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return in_flight_ < in_flight; });
  }
  const std::vector<std::vector<Answer>>& wait_for_all() {
    wait_for_fewer_than(1);
    return answers_;
  }

 private:
  Ledger& ledger_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::size_t in_flight_ = 0;
  std::vector<std::vector<Answer>> answers_;
};

// --- a write fails while other blocks are on their way ---

struct FailedWrite {
  Carrier carrier;
  Fault fault;
  std::uint64_t at;  // 0: the commit on its way; 1: the one sealed ahead; 2: one that still waits
};

class FailedWriteTest : public SaturatedTest, public ::testing::WithParamInterface<FailedWrite> {};

TEST_P(FailedWriteTest, LosesNothingToldAndShowsNothingUntold) {
  const auto [carrier, fault, at] = GetParam();
  if (kRaces && carrier == Carrier::kEmbedded) GTEST_SKIP() << "RocksDB is not instrumented";
  open_book(carrier);
  const std::size_t most = kSanitized ? kBatchMax / 16 : kBatchMax;
  const std::vector<std::size_t> sizes{500, most, most / 3, most, most, 1};
  Batches batches(*ledger_);
  batches.submit(kCoop, entries(1, sizes[0]));
  ASSERT_EQ(batches.wait_for_all()[0].back().outcome, Outcome::kDone);
  const std::uint64_t commits = ledger_->queue_status().commits;
  const EventNo before = last_event();
  ASSERT_EQ(before.value, kSetup + sizes[0]);

  gate_.close();
  fault_ = fault;
  fault_at_ = commits + at;
  std::vector<std::uint64_t> firsts{1};  // the first entry of each batch
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    firsts.push_back(firsts.back() + sizes[i - 1]);
    batches.submit(kCoop, entries(firsts[i], sizes[i]));
    // The first two each make a commit: one waits for the disk, one is ready behind it.
    while (i <= 2 && ledger_->queue_status().waiting > 0) std::this_thread::yield();
  }
  EXPECT_EQ(expect_one_state(), before);
  Reader reader([this] { return expect_one_state(); });
  gate_.open();
  const auto answers = batches.wait_for_all();

  // What is told is a beginning of what was asked for; of the rest, nobody is told anything.
  std::size_t told = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    ASSERT_EQ(answers[i].size(), sizes[i]);
    for (std::size_t item = 0; item < sizes[i]; ++item) {
      const Answer& answer = answers[i][item];
      if (is_lost(answer)) continue;
      ASSERT_EQ(answer.outcome, Outcome::kDone);
      ASSERT_EQ(answer.event.value, kSetup + firsts[i] + item);
      ++told;
    }
  }
  const std::uint64_t all = firsts.back() + sizes.back() - 1;
  EXPECT_TRUE(is_lost(answers.back().back()));
  EXPECT_TRUE(told == sizes[0] || (at > 0 && told > sizes[0])) << told;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(is_lost(answers[i].front()), firsts[i] > told) << i;
    EXPECT_EQ(is_lost(answers[i].back()), is_lost(answers[i].front())) << i;
  }
  EXPECT_EQ(expect_one_state().value, kSetup + told);
  EXPECT_EQ(last_event().value, kSetup + told);
  EXPECT_FALSE(ledger_->event(kCoop, {kSetup + told + 1}).has_value());
  EXPECT_TRUE(ledger_->queue_status().writer_stopped);
  EXPECT_EQ(ledger_->queue_status().waiting, 0U);
  const Answer late = ledger_->ask(kCoop, entries(all + 1, 1).front());
  EXPECT_EQ(late.outcome, Outcome::kRefused);
  EXPECT_EQ(late.refusal.code, RefusalCode::writer_stopped);
  EXPECT_LE(reader.stop().value, kSetup + told);

  // Only a commit of which nobody could know is there too now, and only when it was written.
  fault_at_ = ~std::uint64_t{0};
  open(carrier);
  const std::uint64_t durable = last_event().value - kSetup;
  EXPECT_EQ(durable > told, fault == Fault::kWritten) << durable << ", told " << told;
  EXPECT_EQ(expect_one_state().value, kSetup + durable);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto again = ledger_->ask_batch(kCoop, entries(firsts[i], sizes[i]), BatchMode::kPerItem);
    for (std::size_t item = 0; item < sizes[i]; ++item) {
      ASSERT_EQ(again[item].outcome, Outcome::kDone);
      ASSERT_EQ(again[item].event.value, kSetup + firsts[i] + item);
      ASSERT_EQ(again[item].replayed, firsts[i] + item <= durable);
      if (!is_lost(answers[i][item])) {
        ASSERT_TRUE(same_but_replayed(again[item], answers[i][item]));
      }
    }
  }
  EXPECT_EQ(expect_one_state().value, kSetup + all);
  ledger_.reset();
  if (carrier == Carrier::kEmbedded) {
    for (const AuditFinding& finding : audit_directory(directory_.path(), {}).findings) {
      ADD_FAILURE() << finding.what;
    }
  }
}

std::vector<FailedWrite> failed_writes() {
  std::vector<FailedWrite> all;
  for (const Carrier carrier : {Carrier::kMemory, Carrier::kEmbedded}) {
    for (const Fault fault : {Fault::kLost, Fault::kWritten, Fault::kFenced, Fault::kSequence}) {
      for (std::uint64_t at = 0; at < 3; ++at) all.push_back({carrier, fault, at});
    }
  }
  return all;
}

std::string name_of_case(const ::testing::TestParamInfo<FailedWrite>& info) {
  static constexpr std::array kFaults{"None", "Lost", "Written", "Fenced", "OutOfSequence"};
  static constexpr std::array kPlaces{"OnItsWay", "SealedAhead", "StillWaiting"};
  return std::string(info.param.carrier == Carrier::kMemory ? "InMemory" : "Embedded") +
         kFaults[static_cast<std::size_t>(info.param.fault)] + kPlaces[info.param.at];
}

INSTANTIATE_TEST_SUITE_P(, FailedWriteTest, ::testing::ValuesIn(failed_writes()), name_of_case);

// --- the index cannot be written ---

// Where a run is put together there is suddenly a file in the way. Whatever the index was doing
// then, the writer stops, and the next start takes up where the index ended.
TEST_F(SaturatedTest, AnIndexThatFailsStopsTheWriterAndIsTakenUpAgain) {
  if (kRaces) GTEST_SKIP() << "RocksDB is not instrumented";
  const auto folder = store_directory(directory_.path()) / "ingest";
  open_book(Carrier::kEmbedded);
  std::uint64_t next = 1;
  for (int life = 0; life < 6; ++life) {
    SCOPED_TRACE("life " + std::to_string(life));
    Batches batches(*ledger_);
    std::vector<std::pair<std::uint64_t, std::size_t>> asked;
    const std::uint64_t first = next;
    std::thread breaker([&, life] {
      while (last_event().value < kSetup + first + 2'000U * static_cast<unsigned>(life)) {
        std::this_thread::yield();
      }
      std::error_code ignored;
      do {
        std::filesystem::remove_all(folder, ignored);
      } while (std::filesystem::exists(folder) || !std::ofstream(folder).good() ||
               std::filesystem::is_directory(folder));
    });
    const auto end = steady_clock::now() + kStall;
    while (!ledger_->queue_status().writer_stopped) {
      if (steady_clock::now() > end) {
        ADD_FAILURE() << "the writer goes on without an index";
        break;
      }
      const std::size_t size = 1 + next % 1'000;
      asked.emplace_back(next, size);
      batches.submit(kCoop, entries(next, size));
      next += size;
      batches.wait_for_fewer_than(3);
    }
    breaker.join();
    const auto answers = batches.wait_for_all();
    std::uint64_t told = first - 1;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (is_lost(answers[i].front())) break;
      ASSERT_EQ(answers[i].back().outcome, Outcome::kDone);
      told = asked[i].first + asked[i].second - 1;
    }
    EXPECT_EQ(expect_one_state().value, kSetup + told);
    open(Carrier::kEmbedded);
    const std::uint64_t durable = last_event().value - kSetup;
    EXPECT_GE(durable, told);
    EXPECT_EQ(expect_one_state().value, kSetup + durable);
    next = durable + 1;
    const Answer answer = ledger_->ask(kCoop, entries(next++, 1).front());
    EXPECT_EQ(answer.event.value, kSetup + durable + 1);
    EXPECT_FALSE(answer.replayed);
    ledger_.reset();
    for (const AuditFinding& finding : audit_directory(directory_.path(), {}).findings) {
      ADD_FAILURE() << finding.what;
    }
    open(Carrier::kEmbedded);
  }
}

// --- the disk is slow ---

// Three callers who never wait for an answer, at a disk that takes 50 ms a sync: what does not fit
// into the queue is turned away at once, and nothing else piles up.
TEST_F(SaturatedTest, ASlowDiskTurnsAwayAndNothingPilesUp) {
  constexpr std::size_t kCallers = 3;
  // The entries of one caller from those of the next: more than any machine makes meanwhile.
  constexpr std::uint64_t kApart = 1'000'000'000'000;
  queue_max_ = 4'000;
  open_book(Carrier::kMemory);
  sync_time_ = milliseconds{50};
  std::atomic<std::uint64_t> submitted = 0;
  std::atomic<std::uint64_t> turned_away = 0;
  std::atomic<std::uint64_t> answered = 0;
  std::atomic<std::uint64_t> done = 0;
  std::atomic<std::uint64_t> waiting_max = 0;
  const std::size_t memory_before = resident_bytes();
  const auto end = steady_clock::now() + milliseconds{kSanitized ? 1'000 : 1'500};

  const auto call = [&](std::uint64_t first) {
    for (std::size_t size = 1; steady_clock::now() < end; size = 1 + (size + 97) % 500) {
      ++submitted;
      ledger_->submit_batch(kCoop, entries(first, size), BatchMode::kPerItem,
                            [&](const std::vector<Answer>& answers) {
                              if (answers.front().outcome == Outcome::kDone) {
                                done += answers.size();
                              } else if (answers.front().refusal.code == RefusalCode::queue_full &&
                                         answers.front().event == EventNo{}) {
                                ++turned_away;
                              }
                              ++answered;  // last: who waits for it goes
                            });
      first += size;
      const std::uint64_t waiting = ledger_->queue_status().waiting;
      if (waiting > waiting_max) waiting_max = waiting;
    }
  };
  std::vector<std::thread> callers;
  for (std::uint64_t i = 0; i < kCallers; ++i) callers.emplace_back(call, 1 + i * kApart);
  for (std::thread& caller : callers) caller.join();
  const std::size_t memory_after = resident_bytes();
  while (answered < submitted) std::this_thread::sleep_for(milliseconds{1});

  const QueueStatus status = ledger_->queue_status();
  EXPECT_LE(waiting_max, queue_max_);
  EXPECT_GT(waiting_max, queue_max_ / 2);
  EXPECT_GT(turned_away, 0U);
  EXPECT_EQ(status.turned_away, turned_away);
  EXPECT_EQ(status.accepted, kSetup + submitted - turned_away);
  EXPECT_EQ(status.waiting, 0U);
  EXPECT_EQ(last_event().value, kSetup + done);  // who was turned away left no bytes
  if (!kSanitized) {
    // The queue, and before the disk a few commits of at most two blocks: some ten megabytes. All
    // that was asked for would be a hundred times as much.
    EXPECT_LT(memory_after, memory_before + (64U << 20));
  }
  // Later everybody is heard.
  sync_time_ = milliseconds{0};
  const Answer again = ledger_->ask(kCoop, entries(kCallers * kApart + 1, 1).front());
  EXPECT_EQ(again.outcome, Outcome::kDone);
}

// --- nothing is wrong at all ---

// Short; the long one is the soak of `lumbung bench --full`. The batches are atomic and so have one
// key each: of eight thousand keys the key table would rightly keep something.
TEST_F(SaturatedTest, AnswersKeepComingAndMemoryStaysWhereItIs) {
  if (kSanitized) GTEST_SKIP() << "memory and time are the sanitizer's here";
  constexpr std::size_t kBatches = 360;
  constexpr std::size_t kWarm = 120;  // by then the store's buffers have been full and flushed
  constexpr std::ptrdiff_t kInFlight = 3;
  run_events_ = 8 * kBatchMax;
  open_book(Carrier::kEmbedded);
  Reader reader([this] { return expect_one_state(); });
  std::counting_semaphore<> free(kInFlight);
  std::atomic<std::uint64_t> done = 0;
  std::size_t memory_warm = 0;
  for (std::size_t i = 0; i < kBatches; ++i) {
    ASSERT_TRUE(free.try_acquire_for(kStall));
    if (i == kWarm) memory_warm = resident_bytes();
    ledger_->submit_batch(kCoop, entries(1 + i * kBatchMax, kBatchMax), BatchMode::kAtomic,
                          [&](const std::vector<Answer>& answers) {
                            if (answers.back().outcome == Outcome::kDone) done += answers.size();
                            free.release();
                          });
  }
  for (std::ptrdiff_t i = 0; i < kInFlight; ++i) ASSERT_TRUE(free.try_acquire_for(kStall));
  const std::size_t memory_end = resident_bytes();
  EXPECT_EQ(done, kBatches * kBatchMax);
  EXPECT_GT(reader.times(), 0U);
  EXPECT_LE(reader.stop().value, kSetup + done);
  EXPECT_EQ(expect_one_state().value, kSetup + done);
  ledger_.reset();  // before the semaphore, whose last release may not have returned yet
  // The store's caches fill until they have their size. Two million entries would be 90 MiB as
  // postings and 600 MiB as commands: whoever kept those would be seen.
  EXPECT_LT(memory_end, memory_warm + (40U << 20));
}

}  // namespace
}  // namespace lumbung::tests
