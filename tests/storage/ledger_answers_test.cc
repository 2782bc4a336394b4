// What a caller is told: when, in which order, and the same again for ever.
#include <gmock/gmock.h>

#include <future>

#include "storage/codec.h"
#include "tests/storage/ledger_fixture.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;
using enum Answer::Outcome;

/// Answers as they come in.
class Inbox {
 public:
  Answered take() {
    return [this](const Answer& answer) {
      const std::lock_guard lock(mutex_);
      answers_.push_back(answer);
      changed_.notify_all();
    };
  }
  std::vector<Answer> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return answers_.size() >= count; });
    return answers_;
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return answers_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Answer> answers_;
};

/// A ledger whose disk waits. The book has 6 events, each a commit of its own.
class WaitingLedgerTest : public LedgerTest {
 protected:
  WaitingLedgerTest() {
    open_book();
    gate_.close();
  }
  ~WaitingLedgerTest() override {
    gate_.open();
    close();  // before the inbox
  }
  void submit(const std::string& key, CommandBody body) {
    ledger_->submit(kCoop, command(key, std::move(body)), inbox_.take());
  }
  Inbox inbox_;
};

TEST_F(WaitingLedgerTest, NothingIsSeenOrAnsweredBeforeItIsDurable) {
  const auto status = ledger_->coop(kCoop);
  submit("deposit", transfer(kCash, kMember, 1'000));
  gate_.wait_for(7);  // decided, sealed and on its way to the disk
  EXPECT_EQ(inbox_.size(), 0U);
  EXPECT_EQ(ledger_->coop(kCoop)->head, status->head);
  EXPECT_EQ(posted(kCash), 0);
  EXPECT_EQ(ledger_->totals(kCoop, kCash, Moment::now())->debits, 0U);
  EXPECT_TRUE(ledger_->statement(kCoop, kCash, {}, 10)->lines.empty());
  EXPECT_FALSE(ledger_->event(kCoop, {7}).has_value());
  EXPECT_EQ(record().last_event(), EventNo{6});
  ledger_->blocks(kCoop, {7}, [](std::string_view) {
    ADD_FAILURE() << "a block that is not durable";
    return true;
  });
  EXPECT_EQ(ledger_->trial_balance(kCoop, Moment::now())->as_of, EventNo{6});

  gate_.open();
  const Answer answer = inbox_.wait_for(1).front();
  EXPECT_EQ(answer.outcome, kDone);
  EXPECT_EQ(answer.event, EventNo{7});
  EXPECT_EQ(posted(kCash), 1'000);
  EXPECT_TRUE(ledger_->event(kCoop, {7}).has_value());
}

TEST_F(WaitingLedgerTest, ANewCooperativeIsSeenWhenItIsDurable) {
  const CoopId coop = *CoopId::parse("KSP-BARU");
  ledger_->submit(coop, command("open", OpenCooperative{coop, kIDR, "UTC", kFirstDay, false}),
                  inbox_.take());
  gate_.wait_for(7);
  EXPECT_FALSE(ledger_->coop(coop).has_value());
  EXPECT_THAT(ledger_->coops(), testing::ElementsAre(kCoop));
  gate_.open();
  inbox_.wait_for(1);
  EXPECT_TRUE(ledger_->coop(coop).has_value());
}

TEST_F(WaitingLedgerTest, AnswersComeInTheOrderOfTheQueueAndAreSeenByThen) {
  std::vector<std::uint64_t> told;
  std::vector<bool> seen;
  const auto all = std::make_shared<std::promise<void>>();
  for (int i = 0; i < 50; ++i) {
    ledger_->submit(kCoop, command("k" + std::to_string(i), transfer(kCash, kMember, 1 + i)),
                    [&, all](const Answer& answer) {
                      // Answers come on one thread, and the promise orders them before what
                      // follows.
                      told.push_back(answer.event.value);
                      // A caller who reads at once finds what was done for him.
                      seen.push_back(ledger_->event(kCoop, answer.event).has_value() &&
                                     ledger_->coop(kCoop)->head.last_event >= answer.event);
                      if (told.size() == 50) all->set_value();
                    });
  }
  gate_.open();
  all->get_future().wait();
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], 7 + i);
  EXPECT_THAT(seen, testing::Each(true));
}

TEST_F(WaitingLedgerTest, ADuplicateInFlightWaitsForTheFirst) {
  submit("once", transfer(kCash, kMember, 1'000));
  gate_.wait_for(7);
  std::promise<std::vector<Answer>> promise;
  auto later = promise.get_future();
  std::vector<Command> commands{command("once", transfer(kCash, kMember, 1'000)),
                                command("once", transfer(kCash, kMember, 2'000))};
  // So many that they are decided while the first is still on its way.
  for (int i = 0; i < 200; ++i) {
    commands.push_back(command("after" + std::to_string(i), transfer(kCash, kMember, 5)));
  }
  ledger_->submit_batch(kCoop, std::move(commands), BatchMode::kPerItem,
                        [&](const std::vector<Answer>& answers) { promise.set_value(answers); });
  gate_.wait_for(8);  // decided, and waiting
  EXPECT_EQ(inbox_.size(), 0U);
  EXPECT_EQ(later.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  gate_.open();
  const Answer first = inbox_.wait_for(1).front();
  EXPECT_EQ(first.outcome, kDone);
  EXPECT_FALSE(first.replayed);
  const auto answers = later.get();
  EXPECT_TRUE(answers[0].replayed);
  EXPECT_TRUE(same_but_replayed(answers[0], first));
  EXPECT_EQ(answers[1].refusal.code, RefusalCode::key_reused);
  EXPECT_EQ(answers[2].event, EventNo{8});
  EXPECT_EQ(posted(kCash), 2'000);
}

TEST_F(WaitingLedgerTest, AFullQueueTurnsAwayAndLeavesNoBytes) {
  close();
  queue_max_ = 3;
  open();
  gate_.close();
  submit("a", transfer(kCash, kMember, 1));
  gate_.wait_for(7);  // on its way to the disk
  for (const std::string key : {"b", "c", "d"}) submit(key, transfer(kCash, kMember, 1));
  EXPECT_EQ(inbox_.size(), 0U);
  EXPECT_EQ(ledger_->queue_status().waiting, 3U);

  const Answer turned_away = ask("f", transfer(kCash, kMember, 1));  // told at once
  EXPECT_EQ(turned_away.outcome, kRefused);
  EXPECT_EQ(turned_away.refusal.code, RefusalCode::queue_full);
  EXPECT_EQ(turned_away.event, EventNo{});
  for (const Answer& answer : ledger_->ask_batch(
           kCoop,
           {command("f", transfer(kCash, kMember, 1)), command("g", transfer(kCash, kMember, 1))},
           BatchMode::kPerItem)) {
    EXPECT_EQ(answer.refusal.code, RefusalCode::queue_full);
  }
  EXPECT_EQ(ledger_->queue_status().turned_away, 2U);
  gate_.open();
  for (const Answer& answer : inbox_.wait_for(4)) EXPECT_EQ(answer.outcome, kDone);
  const Answer again = ask("f", transfer(kCash, kMember, 1));
  EXPECT_EQ(again.outcome, kDone);
  EXPECT_FALSE(again.replayed);
  EXPECT_EQ(again.event, EventNo{11});
  EXPECT_EQ(ledger_->queue_status().waiting, 0U);
}

TEST_F(WaitingLedgerTest, WhatComesDuringASyncGoesIntoOneCommit) {
  submit("first", transfer(kCash, kMember, 1));
  gate_.wait_for(7);  // on its way to the disk
  const std::uint64_t commits = ledger_->queue_status().commits;
  for (int i = 0; i < 64; ++i) submit("k" + std::to_string(i), transfer(kCash, kMember, 1));
  EXPECT_EQ(ledger_->queue_status().waiting, 64U);  // and not in 64 blocks
  gate_.open();
  inbox_.wait_for(65);
  EXPECT_EQ(ledger_->queue_status().commits, commits + 2);
  std::vector<std::uint32_t> counts;
  ledger_->blocks(kCoop, {7}, [&](std::string_view bytes) {
    counts.push_back(std::get<BlockView>(BlockView::parse(bytes, Trust::kNothing)).header().count);
    return true;
  });
  EXPECT_THAT(counts, testing::ElementsAre(1U, 64U));
}

TEST_F(WaitingLedgerTest, ABatchLongerThanTheQueueIsTakenByAnIdleLedger) {
  close();
  queue_max_ = 3;
  gate_.open();
  open();
  std::vector<Command> commands;
  for (int i = 0; i < 10; ++i) {
    commands.push_back(command("k" + std::to_string(i), transfer(kCash, kMember, 1)));
  }
  for (const Answer& answer : ledger_->ask_batch(kCoop, commands, BatchMode::kPerItem)) {
    EXPECT_EQ(answer.outcome, kDone);
  }
}

TEST_F(WaitingLedgerTest, AnAtomicBatchStandsInOneBlock) {
  close();
  queue_max_ = 20'000;
  open();
  submit("first", transfer(kCash, kMember, 1));
  gate_.wait_for(7);
  // Decided ahead: enough for a commit of its own.
  std::vector<Command> ahead;
  for (int i = 0; i < 200; ++i) {
    ahead.push_back(command("ahead" + std::to_string(i), transfer(kCash, kMember, 1)));
  }
  ledger_->submit_batch(kCoop, std::move(ahead), BatchMode::kPerItem,
                        [](const std::vector<Answer>&) {});
  gate_.wait_for(8);
  // Decided together, once the disk moves: 5,000 and 5,000 are more than one block takes.
  std::promise<void> both;
  std::atomic<int> left = 2;
  for (const BatchMode mode : {BatchMode::kPerItem, BatchMode::kAtomic}) {
    std::vector<Command> commands;
    for (int i = 0; i < 5'000; ++i) {
      commands.push_back(
          command((mode == BatchMode::kAtomic ? "atomic" : "item") + std::to_string(i),
                  transfer(kCash, kMember, 1)));
    }
    ledger_->submit_batch(kCoop, commands, mode, [&](const std::vector<Answer>& answers) {
      EXPECT_EQ(answers.back().outcome, kDone);
      if (--left == 0) both.set_value();
    });
  }
  gate_.open();
  both.get_future().wait();
  std::vector<BlockHeader> headers;
  ledger_->blocks(kCoop, {9}, [&](std::string_view bytes) {
    headers.push_back(std::get<BlockView>(BlockView::parse(bytes, Trust::kNothing)).header());
    return true;
  });
  ASSERT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers[0].count, 5'000U);
  EXPECT_EQ(headers[1].count, 5'000U);
  EXPECT_EQ(ledger_->event(kCoop, headers[1].first_event)->batch_size, 5'000U);
}

TEST_F(LedgerTest, RecordTimeNeverGoesBack) {
  open_book();
  EXPECT_EQ(ledger_->coop(kCoop)->last_time.us, kStart_us);
  now_us_ = kStart_us + 5;
  EXPECT_EQ(ask("a", transfer(kCash, kMember, 1)).at.us, kStart_us + 5);
  EXPECT_EQ(ledger_->queue_status().clock_steps_back, 0U);
  now_us_ = kStart_us - 1'000'000;
  EXPECT_EQ(ask("b", transfer(kCash, kMember, 1)).at.us, kStart_us + 5);
  EXPECT_EQ(ledger_->queue_status().clock_steps_back, 1U);
  open();
  EXPECT_EQ(ask("c", transfer(kCash, kMember, 1)).at.us, kStart_us + 5);
  now_us_ = kStart_us + 6;
  EXPECT_EQ(ask("d", transfer(kCash, kMember, 1)).at.us, kStart_us + 6);
}

class KnownRequestsTest : public LedgerTest {
 protected:
  /// One request of each kind, and some that are refused; each under its own key.
  std::vector<Command> requests() {
    PostEntry dated = transfer(kCash, kMember, 70);
    dated.booking_date = kFirstDay;
    dated.entry.value_date = kFirstDay - 3;
    dated.entry.metadata = {{"receipt", std::string("KW-1")}};
    PostEntry valued_today = transfer(kCash, kMember, 71);
    valued_today.entry.value_date = kFirstDay;
    SettleHold settle;
    settle.hold = {15};
    settle.entry = transfer(kMember, kCash, 50).entry;
    SettleHold too_much = settle;
    too_much.entry = transfer(kMember, kCash, 51).entry;
    OpenAccount memo;
    memo.code = "9101";
    memo.type = AccountType::kMemo;
    memo.currency = kIDR;
    const std::vector<CommandBody> bodies{
        transfer(kCash, kMember, 1'000),  // event 7
        dated,
        valued_today,
        memo,  // account 6
        GrantRole{"kasir", Role::kTeller},
        RevokeRole{"kasir", Role::kTeller},
        SetLimits{{6}, Amount{0}, Amount{100}},
        ReverseEntry{{8}, {}, {}, {}, {}},
        PlaceHold{kMember, {10'000}, {}},  // event 15
        settle,
        too_much,                              // refused
        PlaceHold{kMember, {100}, kFirstDay},  // event 18
        ReleaseHold{{18}},
        FreezeAccount{{6}},
        UnfreezeAccount{{6}},
        CloseAccount{{6}},
        transfer(kMember, kCash, 10'000),      // refused
        transfer({99}, kCash, 1),              // refused
        PlaceHold{kMember, {100}, kFirstDay},  // event 25
        CloseDay{kFirstDay, date_of({2026, 2, 2})},
        ExpireHold{{25}},
        CloseMonth{month_of(kFirstDay)},
        transfer(kCash, kMember, 3),
    };
    std::vector<Command> commands;
    for (const CommandBody& body : bodies) {
      commands.push_back(command("r" + std::to_string(commands.size()), body));
    }
    return commands;
  }

  void expect_same_answers(Ledger& ledger, const std::vector<Answer>& first) {
    const auto commands = requests();
    const EventNo last = ledger.coop(kCoop)->head.last_event;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      SCOPED_TRACE(i);
      const Answer again = ledger.ask(kCoop, commands[i]);
      EXPECT_TRUE(again.replayed);
      EXPECT_TRUE(same_but_replayed(again, first[i]));
    }
    EXPECT_EQ(ledger.coop(kCoop)->head.last_event, last);
    EXPECT_EQ(ledger.queue_status().replayed, commands.size());
  }
};

TEST_F(KnownRequestsTest, AreAnsweredTheSameForEver) {
  open_book();
  std::vector<Answer> first;
  for (const Command& command : requests()) {
    now_us_ = now_us_ + 1'000;
    first.push_back(ledger_->ask(kCoop, command));
    EXPECT_FALSE(first.back().replayed);
  }
  std::string outcomes;
  for (const Answer& answer : first) outcomes += answer.outcome == kDone ? '+' : '-';
  EXPECT_EQ(outcomes, "++++++++++-+++++--+++++");
  EXPECT_EQ(first[10].refusal.code, RefusalCode::hold_exceeded);
  EXPECT_EQ(first[10].event, EventNo{17});  // a refusal is an event: it is remembered
  EXPECT_EQ(first[16].refusal.code, RefusalCode::insufficient_funds);
  EXPECT_EQ(first[17].refusal.code, RefusalCode::account_unknown);

  expect_same_answers(*ledger_, first);
  crash();
  open();
  expect_same_answers(*ledger_, first);
  open();
  expect_same_answers(*ledger_, first);
  trust_snapshots_ = false;
  open();
  expect_same_answers(*ledger_, first);
  close();
  Ledger::rebuild(data());
  open();
  expect_same_answers(*ledger_, first);
}

TEST_F(LedgerTest, AKeyNamesOneRequest) {
  open_book();
  const std::uint64_t before = events() + 2;
  ask("k", transfer(kCash, kMember, 100));
  ask("refused", transfer(kMember, kCash, 101));
  const auto reused = [&](const Answer& answer) {
    EXPECT_EQ(answer.outcome, kRefused);
    EXPECT_EQ(answer.refusal.code, RefusalCode::key_reused);
    EXPECT_EQ(answer.event, EventNo{});
    EXPECT_EQ(events(), before);
  };
  for (const std::string key : {"k", "refused"}) {
    reused(ask(key, transfer(kCash, kMember, 99)));
    reused(ask(key, transfer(kMember, kCash, 100)));
    reused(ask(key, transfer(kCash, kOther, 100)));
    reused(ask(key, PlaceHold{kMember, {100}, {}}));
    PostEntry other_day = transfer(kCash, kMember, 100);
    other_day.booking_date = kFirstDay + 1;
    reused(ask(key, other_day));
    PostEntry with_metadata = transfer(kCash, kMember, 100);
    with_metadata.entry.metadata = {{"a", std::int64_t{1}}};
    reused(ask(key, with_metadata));
    for (const Answer& answer : ledger_->ask_batch(
             kCoop, {command(key, transfer(kCash, kMember, 100))}, BatchMode::kAtomic)) {
      reused(answer);
    }
  }
  // The refused request stays refused, though the money is there now.
  done(transfer(kCash, kMember, 1'000));
  const Answer still = ask("refused", transfer(kMember, kCash, 101));
  EXPECT_TRUE(still.replayed);
  EXPECT_EQ(still.refusal.code, RefusalCode::insufficient_funds);
}

TEST_F(LedgerTest, AKeyBelongsToItsPrincipal) {
  open_book();
  done(GrantRole{"kasir", Role::kTeller});
  const PrincipalHandle teller = *ledger_->find_principal(kCoop, "kasir");
  const Answer mine = ask("k", transfer(kCash, kMember, 100));
  const Answer theirs = ask("k", transfer(kCash, kMember, 200), teller);
  EXPECT_EQ(theirs.outcome, kDone);
  EXPECT_NE(mine.event, theirs.event);
  EXPECT_TRUE(same_but_replayed(ask("k", transfer(kCash, kMember, 100)), mine));
  EXPECT_TRUE(same_but_replayed(ask("k", transfer(kCash, kMember, 200), teller), theirs));
  // Nobody who was never granted a role leaves a byte.
  const std::uint64_t before = events();
  EXPECT_EQ(ask("k", transfer(kCash, kMember, 1), {9}).refusal.code,
            RefusalCode::principal_unknown);
  EXPECT_EQ(events(), before);
}

TEST_F(LedgerTest, ARefusedAtomicBatchLeavesItsRefusalAlone) {
  open_book();
  done(transfer(kCash, kMember, 100));
  const auto image = [&] {
    return std::tuple(posted(kCash), posted(kMember), posted(kOther), posted(kMembers));
  };
  const auto before = image();
  const std::uint64_t events_before = events();
  // The second item may use what the first brings; the third asks for more than there is.
  const std::vector<Command> commands{command("batch", transfer(kCash, kOther, 50)),
                                      command("batch", transfer(kOther, kCash, 30)),
                                      command("batch", transfer(kOther, kCash, 21))};
  const auto answers = ledger_->ask_batch(kCoop, commands, BatchMode::kAtomic);
  ASSERT_EQ(answers.size(), 3U);
  for (const Answer& answer : answers) {
    EXPECT_EQ(answer.outcome, kRefused);
    EXPECT_EQ(answer.event, EventNo{events_before + 1});
    EXPECT_EQ(answer.refusal.code, RefusalCode::insufficient_funds);
    EXPECT_EQ(answer.refusal.param(ParamKind::kItem), 2);
    EXPECT_EQ(answer.refusal.param(ParamKind::kAvailable), 2'000);
  }
  EXPECT_EQ(image(), before);
  EXPECT_EQ(events(), events_before + 1);
  for (int i = 0; i < 2; ++i) {
    const auto again = ledger_->ask_batch(kCoop, commands, BatchMode::kAtomic);
    EXPECT_TRUE(again[0].replayed);
    EXPECT_TRUE(same_but_replayed(again[2], answers[2]));
    open();
  }
  EXPECT_EQ(image(), before);
}

TEST_F(LedgerTest, AnAtomicBatchHappensWhole) {
  open_book();
  const std::uint64_t before = events();
  const std::vector<Command> commands{command("batch", transfer(kCash, kOther, 50)),
                                      command("batch", transfer(kOther, kCash, 30)),
                                      command("batch", transfer(kOther, kCash, 20))};
  const auto answers = ledger_->ask_batch(kCoop, commands, BatchMode::kAtomic);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].outcome, kDone);
    EXPECT_EQ(answers[i].event, EventNo{before + 1 + i});
  }
  EXPECT_EQ(posted(kOther), 0);
  EXPECT_EQ(ledger_->event(kCoop, {before + 1})->batch_size, 3U);
  EXPECT_TRUE(ledger_->event(kCoop, {before + 2})->key.empty());
  open();
  const auto again = ledger_->ask_batch(kCoop, commands, BatchMode::kAtomic);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_TRUE(again[i].replayed);
    EXPECT_TRUE(same_but_replayed(again[i], answers[i]));
  }
  // One item less, another order, or an item alone is another request.
  for (const auto& other : {std::vector{commands[0], commands[1]},
                            std::vector{commands[1], commands[0], commands[2]}}) {
    EXPECT_EQ(ledger_->ask_batch(kCoop, other, BatchMode::kAtomic)[0].refusal.code,
              RefusalCode::key_reused);
  }
  EXPECT_EQ(ask("batch", transfer(kCash, kOther, 50)).refusal.code, RefusalCode::key_reused);
  EXPECT_EQ(events(), before + 3);
}

TEST_F(LedgerTest, ABatchThatFitsNoBlockLeavesNoBytes) {
  open_book();
  const std::uint64_t before = events();
  const auto atomic = [&](std::size_t count, std::size_t legs) {
    PostEntry post;
    for (std::size_t i = 0; i < legs; ++i) {
      post.entry.legs.push_back({i % 2 == 0 ? kCash : kMember, static_cast<Side>(i % 2), {100}});
    }
    std::vector<Command> commands(count, command("batch", post));
    return ledger_->ask_batch(kCoop, std::move(commands), BatchMode::kAtomic);
  };
  for (const auto& answers : {atomic(8'191, 2), atomic(1'300, 64)}) {
    for (const Answer& answer : answers) {
      ASSERT_EQ(answer.refusal.code, RefusalCode::batch_too_large);
      ASSERT_EQ(answer.event, EventNo{});
    }
  }
  EXPECT_EQ(events(), before);
  EXPECT_EQ(atomic(8'190, 2).back().event, EventNo{before + 8'190});
  EXPECT_EQ(ledger_->coop(kCoop)->head.block_no, BlockNo{7});
}

TEST_F(LedgerTest, ItemsOfABatchAreAnsweredOneByOne) {
  open_book();
  const std::uint64_t commits = ledger_->queue_status().commits;
  const auto answers = ledger_->ask_batch(
      kCoop,
      {command("a", transfer(kCash, kMember, 10)), command("b", transfer(kMember, kCash, 11)),
       command("a", transfer(kCash, kMember, 10)), command("c", transfer(kMember, kCash, 10))},
      BatchMode::kPerItem);
  EXPECT_EQ(answers[0].outcome, kDone);
  EXPECT_EQ(answers[1].refusal.code, RefusalCode::insufficient_funds);
  EXPECT_TRUE(answers[2].replayed);
  EXPECT_TRUE(same_but_replayed(answers[2], answers[0]));
  EXPECT_EQ(answers[3].outcome, kDone);
  EXPECT_EQ(answers[3].event.value, answers[0].event.value + 2);
  EXPECT_EQ(ledger_->queue_status().commits, commits + 1);
  EXPECT_TRUE(ledger_->ask_batch(kCoop, {}, BatchMode::kPerItem).empty());
}

TEST_F(LedgerTest, WhatIsAskedOfNoCooperativeLeavesNoBytes) {
  open_book();
  const CoopId nobody = *CoopId::parse("KSP-TIADA");
  EXPECT_EQ(ledger_->ask(nobody, command("k", transfer(kCash, kMember, 1))).refusal.code,
            RefusalCode::coop_unknown);
  EXPECT_EQ(
      ledger_->ask(kCoop, command("again", OpenCooperative{kCoop, kIDR, "UTC", kFirstDay, false}))
          .refusal.code,
      RefusalCode::coop_exists);
  // A book that was refused can be opened later, under another or the same key.
  EXPECT_EQ(
      ledger_->ask(nobody, command("k", OpenCooperative{nobody, kIDR, "Mars", kFirstDay, false}))
          .refusal.code,
      RefusalCode::zone_unknown);
  EXPECT_EQ(ledger_->ask(nobody, command("k", transfer(kCash, kMember, 1))).refusal.code,
            RefusalCode::coop_unknown);
  EXPECT_FALSE(ledger_->coop(nobody).has_value());
  EXPECT_EQ(
      ledger_->ask(nobody, command("k", OpenCooperative{nobody, kIDR, "UTC", kFirstDay, false}))
          .event,
      EventNo{1});
  EXPECT_EQ(events(), 6U);
}

}  // namespace
}  // namespace lumbung::tests
