// Many threads at one ledger, over a journal in memory that can be made to wait: what is told,
// when, and what readers see meanwhile. Also run with ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "tests/compare.h"
#include "tests/fault_journal.h"
#include "tests/ledger_world.h"
#include "tests/model.h"
#include "tests/temporary_directory.h"

namespace lumbung::tests {
namespace {

using engine::AccountHandle;
using engine::AccountType;
using engine::Amount;
using engine::Command;
using engine::CoopId;
using engine::Key;
using engine::RefusalCode;
using engine::Side;
using storage::Answer;
using storage::Ledger;
using storage::Moment;

/// Commits pass while it is open, and wait while it is shut.
class Gate {
 public:
  void shut() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    opened_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    arrived_.notify_all();
    opened_.wait(lock, [&] { return open_; });
    --waiting_;
  }
  /// Until some commit stands before the gate.
  void wait_for_one() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  std::condition_variable arrived_;
  bool open_ = true;
  int waiting_ = 0;
};

class LedgerThreads : public testing::Test {
 protected:
  static constexpr std::uint32_t kAccounts = 6;

  Ledger::Options options() {
    Ledger::Options options;
    options.directory = directory_.path();
    options.create = true;
    options.run_events = 64;
    options.wrap_journal = [this](std::unique_ptr<storage::Journal>) {
      return std::make_unique<FaultJournal>(std::make_unique<MemoryJournal>(disk_),
                                            [this](std::uint64_t) {
                                              gate_.pass();
                                              return fault_.load();
                                            });
    };
    return options;
  }

  void open_book(Ledger& ledger) {
    const auto ask = [&](std::string key, engine::CommandBody body) {
      ASSERT_EQ(ledger.ask(coop_, {*Key::parse(key), {}, std::move(body)}).outcome,
                Answer::Outcome::kDone);
    };
    ask("open", engine::OpenCooperative{coop_, engine::kIDR, "Asia/Jakarta",
                                        *engine::parse_date("2026-01-05"), false});
    for (std::uint32_t i = 1; i <= kAccounts; ++i) {
      // The first may go below zero; the others have what it gave them.
      const auto floor = i == 1 ? std::optional<Amount>() : Amount{0};
      const std::string code = std::to_string(2100 + i);
      ask(code, engine::OpenAccount{code,
                                    AccountType::kLiability,
                                    Side::kCredit,
                                    engine::kIDR,
                                    {},
                                    false,
                                    floor,
                                    std::nullopt});
    }
  }

  static Command transfer(std::string_view key, std::uint32_t from, std::uint32_t to,
                          std::int64_t minor) {
    engine::PostEntry post;
    post.entry.legs = {{{from}, Side::kDebit, {minor}}, {{to}, Side::kCredit, {minor}}};
    return {*Key::parse(key), {}, std::move(post)};
  }

  TemporaryDirectory directory_;
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  Gate gate_;
  std::atomic<Fault> fault_{Fault::kNone};
  const CoopId coop_ = *CoopId::parse("KOP-1");
};

// Whoever comes first in the journal comes first in everything: the model, told the same requests
// in the journal's order, ends in the same book.
TEST_F(LedgerThreads, WritersAndReadersSeeOneHistory) {
  constexpr int kWriters = 4;
  constexpr int kRequests = 150;
  LedgerWorld world(options());
  world.set_clock({1'767'000'000'000'000});
  open_book(world.ledger());
  std::mutex mutex;
  std::map<std::string, Command> asked;
  std::atomic<bool> writing{true};
  std::atomic<int> failures{0};

  const auto write = [&](int writer) {
    Random random(static_cast<std::uint64_t>(writer));
    for (int i = 0; i < kRequests; ++i) {
      const std::string key = std::to_string(writer) + "." + std::to_string(i);
      const auto from = static_cast<std::uint32_t>(1 + random.below(kAccounts));
      const auto to = static_cast<std::uint32_t>(1 + random.below(kAccounts));
      const Command command = transfer(key, from, to, 100 * random.between(1, 500));
      {
        const std::lock_guard lock(mutex);
        asked.emplace(key, command);
      }
      const Answer answer = world.ledger().ask(coop_, command);
      // What was answered can be read.
      const auto event = world.event(coop_, answer.event);
      if (!event || !(event->key == command.key)) ++failures;
    }
  };
  const auto read = [&](std::uint64_t seed) {
    Random random(seed);
    engine::EventNo newest{};
    while (writing) {
      const auto balance = world.trial_balance(coop_, Moment::now());
      engine::Int128 sum = 0;
      for (const auto& row : balance->rows) sum += row.totals.balance(Side::kDebit);
      if (sum != 0 || balance->as_of < newest) ++failures;
      newest = balance->as_of;
      const AccountHandle account{static_cast<std::uint32_t>(1 + random.below(kAccounts))};
      const auto statement = world.statement(coop_, account, std::nullopt, 20);
      for (std::size_t i = 0; i + 1 < statement->lines.size(); ++i) {
        const auto& line = statement->lines[i];
        const engine::Int128 before = statement->lines[i + 1].balance_after;
        const engine::Int128 moved =
            line.side == Side::kCredit ? line.amount.minor : -engine::Int128{line.amount.minor};
        if (before + moved != line.balance_after) ++failures;
      }
      const auto past = world.event(coop_, {1 + random.below(newest.value)});
      if (!past || !world.totals(coop_, account, Moment::at(past->at))) ++failures;
    }
  };

  std::vector<std::thread> readers;
  for (std::uint64_t i = 0; i < 2; ++i) readers.emplace_back(read, i + 100);
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) writers.emplace_back(write, i);
  for (std::thread& thread : writers) thread.join();
  writing = false;
  for (std::thread& thread : readers) thread.join();
  EXPECT_EQ(failures, 0);

  Model model;
  model.set_clock({1'767'000'000'000'000});
  for (std::uint64_t no = 1; const auto event = world.event(coop_, {no}); ++no) {
    const auto request = asked.find(event->key.text());
    if (request != asked.end()) {
      model.ask(coop_, request->second);
      continue;
    }
    if (const auto* open = std::get_if<engine::OpenCooperative>(&event->body)) {
      model.ask(coop_, {event->key, {}, *open});
    } else {
      model.ask(coop_, {event->key, {}, std::get<engine::OpenAccount>(event->body)});
    }
  }
  expect_same_state(world, model, coop_);
  Random random(1);
  expect_same_past(world, model, coop_, random, 50);
}

TEST_F(LedgerThreads, NothingIsToldOrShownBeforeItIsDurable) {
  LedgerWorld world(options());
  open_book(world.ledger());
  const auto before = world.coop(coop_)->head;
  gate_.shut();
  std::promise<Answer> promise;
  auto answer = promise.get_future();
  world.ledger().submit(coop_, transfer("t", 1, 2, 100),
                        [&](const Answer& told) { promise.set_value(told); });
  gate_.wait_for_one();
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  EXPECT_EQ(world.coop(coop_)->head, before);
  EXPECT_EQ(world.event(coop_, {before.last_event.value + 1}), std::nullopt);
  EXPECT_TRUE(world.totals(coop_, {2}, Moment::now())->credits == 0);
  gate_.open();
  EXPECT_EQ(answer.get().outcome, Answer::Outcome::kDone);
  EXPECT_TRUE(world.totals(coop_, {2}, Moment::now())->credits == 100);
}

// A request that comes again while the first is on its way waits for the same answer.
TEST_F(LedgerThreads, TheSameRequestInFlightHappensOnce) {
  for (const Fault fault : {Fault::kNone, Fault::kLost}) {
    LedgerWorld world(options());
    if (fault == Fault::kNone) open_book(world.ledger());
    const auto before = world.coop(coop_)->head.last_event;
    gate_.shut();
    fault_ = fault;
    std::vector<std::promise<Answer>> promises(3);
    const std::string key = fault == Fault::kNone ? "once" : "never";
    for (auto& promise : promises) {
      world.ledger().submit(coop_, transfer(key, 1, 2, 700),
                            [&](const Answer& told) { promise.set_value(told); });
    }
    gate_.open();
    std::vector<Answer> answers;
    for (auto& promise : promises) answers.push_back(promise.get_future().get());
    fault_ = Fault::kNone;
    if (fault == Fault::kLost) {
      for (const Answer& answer : answers) {
        EXPECT_TRUE(answer.outcome == Answer::Outcome::kUnknown ||
                    answer.refusal.code == RefusalCode::writer_stopped);
      }
      EXPECT_EQ(world.coop(coop_)->head.last_event, before);
      continue;
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(answers[i].outcome, Answer::Outcome::kDone);
      EXPECT_EQ(answers[i].event, engine::EventNo{before.value + 1});
      EXPECT_EQ(answers[i].replayed, i > 0);
    }
    EXPECT_EQ(world.coop(coop_)->head.last_event.value, before.value + 1);
  }
}

TEST_F(LedgerThreads, AFullQueueTurnsAwayAndForgets) {
  Ledger::Options small = options();
  small.queue_max = 8;
  LedgerWorld world(std::move(small));
  open_book(world.ledger());
  const auto before = world.coop(coop_)->head.last_event;
  gate_.shut();
  std::mutex mutex;
  std::vector<Answer> answers;
  std::condition_variable told;
  constexpr std::size_t kRequests = 200;
  for (std::size_t i = 0; i < kRequests; ++i) {
    world.ledger().submit(coop_, transfer("q" + std::to_string(i), 1, 2, 100),
                          [&](const Answer& answer) {
                            const std::lock_guard lock(mutex);
                            answers.push_back(answer);
                            told.notify_all();
                          });
  }
  gate_.open();
  {
    std::unique_lock lock(mutex);
    told.wait(lock, [&] { return answers.size() == kRequests; });
  }
  std::uint64_t done = 0;
  for (const Answer& answer : answers) {
    if (answer.outcome == Answer::Outcome::kDone) {
      ++done;
      continue;
    }
    EXPECT_EQ(answer.outcome, Answer::Outcome::kRefused);
    EXPECT_EQ(answer.refusal.code, RefusalCode::queue_full);
    EXPECT_EQ(answer.event, engine::EventNo{});
  }
  EXPECT_GE(done, 8U);
  EXPECT_LT(done, kRequests);
  EXPECT_EQ(world.ledger().queue_status().turned_away, kRequests - done);
  EXPECT_EQ(world.coop(coop_)->head.last_event.value, before.value + done);
  // Later it is asked again, under its own key, as if for the first time.
  const Answer again = world.ask(coop_, transfer("q199", 1, 2, 100));
  EXPECT_EQ(again.outcome, Answer::Outcome::kDone);
  EXPECT_FALSE(again.replayed);
}

TEST_F(LedgerThreads, ClosingAnswersWhatWasAccepted) {
  constexpr int kRequests = 300;
  std::atomic<int> done{0};
  {
    LedgerWorld world(options());
    open_book(world.ledger());
    for (int i = 0; i < kRequests; ++i) {
      world.ledger().submit(coop_, transfer("c" + std::to_string(i), 1, 2, 100),
                            [&](const Answer& answer) {
                              if (answer.outcome == Answer::Outcome::kDone) ++done;
                            });
    }
  }
  EXPECT_EQ(done, kRequests);
  LedgerWorld world(options());
  EXPECT_TRUE(world.totals(coop_, {2}, Moment::now())->credits == 100 * kRequests);
}

}  // namespace
}  // namespace lumbung::tests
