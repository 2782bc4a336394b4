// Reading: every balance and statement, in memory and in the store's index alike, is what the
// events add up to.
#include <thread>

#include "tests/random.h"
#include "tests/storage/ledger_fixture.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;

constexpr std::size_t kAll = 1'000'000;

class ReadsTest : public LedgerTest {
 protected:
  ReadsTest() { open_book(); }

  /// Entries at random over some days, many of them valued on another day, in blocks of 1 to 9
  /// events: runs of 16 begin and end anywhere.
  void fill(int blocks) {
    for (int i = 0; i < blocks; ++i) {
      now_us_ = now_us_ + random_.between(0, 3) * 1'000;
      std::vector<Command> commands;
      for (std::uint64_t n = 1 + random_.below(9); n > 0; --n) {
        commands.push_back(command("f" + std::to_string(next_key_++), random_entry()));
      }
      ledger_->ask_batch(kCoop, commands, BatchMode::kPerItem);
      if (random_.one_in(8)) {
        const Date open_day = ledger_->coop(kCoop)->open_day;
        done(CloseDay{open_day, open_day + static_cast<int>(random_.between(1, 3))});
      }
    }
  }

  PostEntry random_entry() {
    PostEntry post;
    const AccountHandle credit = random_.one_of<AccountHandle>({kMember, kOther, kIncome});
    post = random_.one_in(4) ? transfer(credit, kCash, random_.between(1, 50))
                             : transfer(kCash, credit, random_.between(1, 1'000));
    if (random_.one_in(5)) {  // the same account twice in one entry
      post.entry.legs.push_back({kCash, Side::kDebit, {100}});
      post.entry.legs.push_back({kCash, Side::kCredit, {100}});
    }
    if (random_.one_in(3)) {
      post.entry.value_date =
          ledger_->coop(kCoop)->open_day + static_cast<int>(random_.between(-20, 20));
    }
    return post;
  }

  void expect_totals(const Record& record, const Moment& moment) {
    const auto balance = ledger_->trial_balance(kCoop, moment);
    ASSERT_EQ(balance->rows.size(), 5U);
    for (std::uint32_t h = 1; h <= 5; ++h) {
      const Sums should = record.sums({h}, moment);
      const auto is = ledger_->totals(kCoop, {h}, moment);
      ASSERT_EQ(cpp_int(is->debits), should.debits) << h;
      ASSERT_EQ(cpp_int(is->credits), should.credits) << h;
      EXPECT_EQ(is->as_of, record.as_of(moment));
      ASSERT_EQ(cpp_int(balance->rows[h - 1].totals.debits), should.debits) << h;
      ASSERT_EQ(cpp_int(balance->rows[h - 1].totals.credits), should.credits) << h;
    }
  }

  /// Every date and record time there was, and beyond both ends.
  void expect_every_balance() {
    const Record record = this->record();
    expect_totals(record, Moment::now());
    for (Date date = kFirstDay - 25; date <= ledger_->coop(kCoop)->open_day + 25; date = date + 1) {
      SCOPED_TRACE(format_date(date));
      for (const Basis basis : {Basis::kBooking, Basis::kValue}) {
        expect_totals(record, Moment::end_of(date, basis));
        for (const AccountHandle account : {kCash, kMembers, kMember}) {
          const Sums should = record.day_sums(account, date, basis);
          const auto is = ledger_->day_totals(kCoop, account, date, basis);
          ASSERT_EQ(cpp_int(is->debits), should.debits);
          ASSERT_EQ(cpp_int(is->credits), should.credits);
        }
      }
    }
    for (std::int64_t us = kStart_us - 1; us <= now_us_ + 1; us += 500) {
      SCOPED_TRACE(us);
      expect_totals(record, Moment::at({us}));
    }
  }

  void expect_every_page() {
    const Record record = this->record();
    for (const AccountHandle account : {kCash, kMember, kIncome}) {
      const Side normal = record.account(account)->normal;
      const Statement whole = record.lines.statement(account, normal, {}, kAll);
      for (const std::size_t limit : {std::size_t{1}, std::size_t{2}, std::size_t{7},
                                      std::size_t{16}, std::size_t{100}, kAll}) {
        std::optional<StatementPlace> before;
        std::size_t at = 0;
        for (bool more = true; more;) {
          const auto page = ledger_->statement(kCoop, account, before, limit);
          ASSERT_EQ(page->as_of, record.last_event());
          for (const StatementLine& line : page->lines) expect_line(line, whole.lines.at(at++));
          more = page->more;
          ASSERT_EQ(more, at < whole.lines.size()) << limit;
          ASSERT_TRUE(!more || page->lines.size() == limit);
          if (!page->lines.empty()) {
            before = StatementPlace{page->lines.back().event, page->lines.back().leg};
          }
        }
        ASSERT_EQ(at, whole.lines.size());
      }
      // From any place, also one that is no line of the account.
      for (std::uint64_t event = 0; event <= record.last_event().value + 1; ++event) {
        const StatementPlace place{{event}, static_cast<std::uint32_t>(event % 4)};
        const Statement should = record.lines.statement(account, normal, place, 3);
        const auto is = ledger_->statement(kCoop, account, place, 3);
        ASSERT_EQ(is->lines.size(), should.lines.size()) << event;
        ASSERT_EQ(is->more, should.more) << event;
        for (std::size_t i = 0; i < should.lines.size(); ++i) {
          expect_line(is->lines[i], should.lines[i]);
        }
      }
    }
  }

  static void expect_line(const StatementLine& is, const StatementLine& should) {
    ASSERT_EQ(is.event, should.event);
    ASSERT_EQ(is.leg, should.leg);
    ASSERT_EQ(is.side, should.side);
    ASSERT_EQ(is.amount, should.amount);
    ASSERT_TRUE(is.balance_after == should.balance_after);
    ASSERT_EQ(is.booking_date, should.booking_date);
  }

  Random random_{20'260'105};
};

TEST_F(ReadsTest, EveryBalanceIsWhatTheEventsAddUpTo) {
  fill(60);
  expect_every_balance();
  open();
  expect_every_balance();
  trust_snapshots_ = false;
  open();
  expect_every_balance();
  fill(10);
  expect_every_balance();
}

TEST_F(ReadsTest, EveryPageOfAStatementIsWhatTheEventsAddUpTo) {
  fill(70);
  expect_every_page();
  open();
  expect_every_page();
  fill(5);
  expect_every_page();
}

TEST_F(ReadsTest, AnEmptyBookHasBalancesOfZero) {
  expect_every_balance();
  expect_every_page();
}

TEST_F(ReadsTest, ListsOfManyPostingsAreReadFromTheStore) {
  // One run with 600 postings of one account: several lists of 128.
  std::vector<Command> commands;
  for (int i = 0; i < 300; ++i) {
    PostEntry post = transfer(kCash, kMember, 1 + i);
    post.entry.legs.push_back({kCash, Side::kDebit, {200}});
    post.entry.legs.push_back({kMember, Side::kCredit, {200}});
    commands.push_back(command("m" + std::to_string(i), post));
  }
  ledger_->ask_batch(kCoop, commands, BatchMode::kPerItem);
  expect_every_page();
  open();
  expect_every_page();
  expect_totals(record(), Moment::now());
}

TEST_F(ReadsTest, AControlAccountIsTheSumOfItsMembers) {
  done(transfer(kCash, kMember, 300));
  done(transfer(kCash, kOther, 200));
  done(transfer(kMember, kCash, 50));
  EXPECT_EQ(posted(kMembers), 450);
  EXPECT_EQ(posted(kMember) + posted(kOther), 450);
  const auto view = ledger_->account(kCoop, kMember);
  EXPECT_EQ(view->control_code, "2100");
  EXPECT_EQ(ledger_->account(kCoop, kMembers)->control_code, "");
  EXPECT_EQ(ledger_->totals(kCoop, kMembers, Moment::now())->credits, 50'000U);
  EXPECT_EQ(ledger_->totals(kCoop, kMembers, Moment::now())->debits, 5'000U);
  EXPECT_TRUE(ledger_->statement(kCoop, kMembers, {}, 10)->lines.empty());
}

// A withdrawal of the 7th that is valued on the 5th, by hand.
TEST_F(ReadsTest, ValueDatesCountWhereTheyAreValued) {
  done(transfer(kCash, kMember, 1'000));  // the 5th
  done(CloseDay{kFirstDay, kFirstDay + 1});
  done(transfer(kCash, kMember, 100));  // the 6th
  done(CloseDay{kFirstDay + 1, kFirstDay + 2});
  PostEntry late = transfer(kMember, kCash, 250);
  late.entry.value_date = kFirstDay;
  done(late);
  PostEntry ahead = transfer(kCash, kMember, 7);
  ahead.entry.value_date = kFirstDay + 3;
  done(ahead);
  const auto balance = [&](int days, Basis basis) {
    const auto totals = ledger_->totals(kCoop, kMember, Moment::end_of(kFirstDay + days, basis));
    return static_cast<std::int64_t>(totals->balance(Side::kCredit)) / 100;
  };
  const auto moved = [&](int days, Basis basis) {
    const auto totals = ledger_->day_totals(kCoop, kMember, kFirstDay + days, basis);
    return static_cast<std::int64_t>(totals->balance(Side::kCredit)) / 100;
  };
  EXPECT_EQ(balance(-1, Basis::kBooking), 0);
  EXPECT_EQ(balance(0, Basis::kBooking), 1'000);
  EXPECT_EQ(balance(1, Basis::kBooking), 1'100);
  EXPECT_EQ(balance(2, Basis::kBooking), 857);
  EXPECT_EQ(balance(9, Basis::kBooking), 857);
  EXPECT_EQ(balance(-1, Basis::kValue), 0);
  EXPECT_EQ(balance(0, Basis::kValue), 750);
  EXPECT_EQ(balance(1, Basis::kValue), 850);
  EXPECT_EQ(balance(2, Basis::kValue), 850);
  EXPECT_EQ(balance(3, Basis::kValue), 857);
  EXPECT_EQ(moved(0, Basis::kValue), 750);
  EXPECT_EQ(moved(2, Basis::kValue), 0);
  EXPECT_EQ(moved(2, Basis::kBooking), -243);
  EXPECT_EQ(moved(3, Basis::kValue), 7);
}

TEST_F(ReadsTest, RecordTimeIncludesItsMicrosecond) {
  now_us_ = kStart_us + 10;
  const EventNo first = done(transfer(kCash, kMember, 1));
  now_us_ = kStart_us + 20;
  const EventNo second = done(transfer(kCash, kMember, 2));
  const auto at = [&](std::int64_t us) {
    const auto totals = ledger_->totals(kCoop, kCash, Moment::at({kStart_us + us}));
    return std::pair(static_cast<std::int64_t>(totals->debits), totals->as_of);
  };
  EXPECT_EQ(at(-1), std::pair(std::int64_t{0}, EventNo{0}));
  EXPECT_EQ(at(9), std::pair(std::int64_t{0}, EventNo{6}));
  EXPECT_EQ(at(10), std::pair(std::int64_t{100}, first));
  EXPECT_EQ(at(19), std::pair(std::int64_t{100}, first));
  EXPECT_EQ(at(20), std::pair(std::int64_t{300}, second));
  EXPECT_EQ(at(1'000'000), std::pair(std::int64_t{300}, second));
}

TEST_F(ReadsTest, EventsAndBlocksAreReadFromAnyPlace) {
  fill(20);
  const Record all = record();
  for (std::uint64_t from = 1; from <= all.last_event().value + 1; ++from) {
    std::uint64_t next = from;
    ledger_->events(kCoop, {from}, [&](const Event& event) {
      EXPECT_EQ(event, all.events[next - 1]);
      return ++next < from + 20;
    });
    ASSERT_EQ(next, std::min(from + 20, all.last_event().value + 1));
    const auto one = ledger_->event(kCoop, {from});
    ASSERT_EQ(one.has_value(), from <= all.last_event().value);
    if (one) {
      ASSERT_EQ(*one, all.events[from - 1]);
    }
  }
  EXPECT_FALSE(ledger_->event(kCoop, {0}).has_value());
  std::uint64_t blocks = 0;
  ledger_->blocks(kCoop, {3}, [&](std::string_view) { return ++blocks < 4; });
  EXPECT_EQ(blocks, 4U);
  std::uint64_t last = 0;
  for (Date date = kFirstDay - 1; date <= kFirstDay + 60; date = date + 1) {
    while (last < all.events.size() && all.events[last].booking_date <= date) ++last;
    ASSERT_EQ(ledger_->last_event_of(kCoop, date), EventNo{last}) << format_date(date);
  }
}

TEST_F(ReadsTest, WhatIsNotThereIsTold) {
  const CoopId nobody = *CoopId::parse("KSP-TIADA");
  EXPECT_FALSE(ledger_->coop(nobody).has_value());
  EXPECT_FALSE(ledger_->find_account(nobody, "1101").has_value());
  EXPECT_FALSE(ledger_->find_account(kCoop, "1").has_value());
  EXPECT_FALSE(ledger_->account(nobody, kCash).has_value());
  EXPECT_TRUE(ledger_->accounts(nobody, {0}, 10).empty());
  EXPECT_EQ(ledger_->account_code(nobody, kCash), "");
  EXPECT_FALSE(ledger_->trial_balance(nobody, Moment::now()).has_value());
  EXPECT_FALSE(ledger_->event(nobody, {1}).has_value());
  EXPECT_EQ(ledger_->last_event_of(nobody, kFirstDay), EventNo{});
  EXPECT_FALSE(ledger_->hold(nobody, {1}).has_value());
  EXPECT_FALSE(ledger_->hold(kCoop, {1}).has_value());
  EXPECT_FALSE(ledger_->reversals(kCoop, {1}).has_value());
  EXPECT_FALSE(ledger_->find_principal(kCoop, "nobody").has_value());
  EXPECT_FALSE(ledger_->principal(kCoop, {1}).has_value());
  EXPECT_TRUE(ledger_->principals(nobody).empty());
  for (const AccountHandle none : {AccountHandle{0}, AccountHandle{6}}) {
    EXPECT_FALSE(ledger_->account(kCoop, none).has_value());
    EXPECT_EQ(ledger_->account_code(kCoop, none), "");
    EXPECT_FALSE(ledger_->totals(kCoop, none, Moment::now()).has_value());
    EXPECT_FALSE(ledger_->statement(kCoop, none, {}, 10).has_value());
    EXPECT_FALSE(ledger_->day_totals(kCoop, none, kFirstDay, Basis::kBooking).has_value());
  }
  EXPECT_EQ(ledger_->find_account(kCoop, "2100-M1"), kMember);
  EXPECT_EQ(ledger_->accounts(kCoop, {0}, 2).size(), 2U);
  EXPECT_EQ(ledger_->accounts(kCoop, {4}, 10).front().info.code, "4101");
  EXPECT_EQ(ledger_->principals(kCoop).front().name, "operator");
}

// While entries come in, no reader sees half of one.
TEST_F(ReadsTest, ReadersSeeWholeEventsWhileOthersArePosted) {
  done(transfer(kCash, kMember, 1'000'000));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; i < 400 && !stop; ++i) {
      std::vector<Command> commands;
      for (int k = 0; k < 5; ++k) {
        PostEntry post = k % 2 == 0 ? transfer(kCash, kOther, 10) : transfer(kMember, kCash, 3);
        if (k % 3 == 0) post.entry.value_date = kFirstDay - 2;
        commands.push_back(command("w" + std::to_string(i * 5 + k), post));
      }
      ledger_->ask_batch(kCoop, commands, BatchMode::kPerItem);
    }
    stop = true;
  });
  const std::vector<Moment> moments{Moment::now(), Moment::at({kStart_us + 1'000'000}),
                                    Moment::end_of(kFirstDay, Basis::kBooking),
                                    Moment::end_of(kFirstDay + 5, Basis::kValue),
                                    Moment::end_of(kFirstDay - 1, Basis::kValue)};
  while (!stop && !HasFailure()) {
    for (const Moment& moment : moments) {
      const auto balance = ledger_->trial_balance(kCoop, moment);
      Uint128 debits = 0;
      Uint128 credits = 0;
      for (const TrialBalanceRow& row : balance->rows) {
        if (row.is_control) continue;
        debits += row.totals.debits;
        credits += row.totals.credits;
        EXPECT_EQ(row.totals.as_of, balance->rows.front().totals.as_of);
        EXPECT_LE(row.totals.as_of, balance->as_of);
      }
      EXPECT_TRUE(debits == credits);
    }
    const auto members = ledger_->totals(kCoop, kMembers, Moment::now());
    EXPECT_TRUE(members->credits < (Uint128{1} << 100));
    for (const Basis basis : {Basis::kBooking, Basis::kValue}) {
      const auto moved = ledger_->day_totals(kCoop, kCash, kFirstDay, basis);
      EXPECT_TRUE(moved->debits < (Uint128{1} << 100));
      EXPECT_TRUE(moved->credits < (Uint128{1} << 100));
    }
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace lumbung::tests
