// Runs in memory, and the rows that a full run becomes.
#include "storage/projections.h"

#include <gtest/gtest.h>

#include <array>

#include "storage/key.h"
#include "storage/key_table.h"
#include "tests/random.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;

const CoopId kCoop = *CoopId::parse("KSP");

const Projection& projection(std::string_view name) {
  for (const Projection& p : projections()) {
    if (p.name == name) return p;
  }
  throw std::out_of_range(std::string(name));
}

std::vector<Row> rows_of(std::string_view name, const Run& run, const OpeningTotals& opening = {}) {
  return projection(name).rows(kCoop, run, opening);
}

Event entry_event(std::uint64_t no, std::initializer_list<Posting> legs) {
  Event event;
  event.no = {no};
  event.booking_date = Date{20'000};
  event.at = {static_cast<std::int64_t>(no)};
  event.key = *Key::parse("k" + std::to_string(no));
  event.body = EntryPosted{{Legs(legs), {}, {}}};
  return event;
}

Event transfer(std::uint64_t no, std::uint32_t debit, std::uint32_t credit, std::int64_t minor) {
  return entry_event(no, {{{debit}, Side::kDebit, {minor}}, {{credit}, Side::kCredit, {minor}}});
}

void begin_block(Run& run, std::uint64_t first_event, std::uint64_t block_no, std::int64_t us) {
  BlockHeader header;
  header.first_event = {first_event};
  header.block_no = {block_no};
  header.stamped_time = {us};
  run.begin_block(header);
}

TEST(RunTest, AnEmptyRunEndsBeforeItBegins) {
  const storage::Run run(EventNo{17});
  EXPECT_EQ(run.event_count(), 0U);
  EXPECT_EQ(run.last_event(), EventNo{16});
  EXPECT_EQ(run.newest({1}), nullptr);
  for (const Projection& p : projections()) {
    EXPECT_EQ(p.rows(kCoop, run, {}).size(), p.name == "keys" ? 1U : 0U) << p.name;
  }
}

TEST(RunTest, PostingsOfAnAccountAreChainedFromTheNewest) {
  storage::Run run(EventNo{17});
  begin_block(run, 17, 5, 1);
  run.add(transfer(17, 1, 2, 100));
  run.add(entry_event(
      18, {{{2}, Side::kDebit, {30}}, {{3}, Side::kCredit, {10}}, {{2}, Side::kCredit, {20}}}));
  Event freeze;
  freeze.no = {19};
  freeze.body = FreezeAccount{{1}};
  run.add(freeze);
  EXPECT_EQ(run.event_count(), 3U);
  EXPECT_EQ(run.last_event(), EventNo{19});
  std::vector<std::tuple<std::uint64_t, std::uint32_t, std::int64_t>> chain;
  for (const auto* p = run.newest({2}); p != nullptr; p = run.before(*p)) {
    chain.emplace_back(run.event_of(*p).value, p->leg, p->amount);
  }
  EXPECT_EQ(chain, (decltype(chain){{18, 2, -20}, {18, 0, 30}, {17, 1, -100}}));
  EXPECT_EQ(run.newest({4}), nullptr);
  EXPECT_EQ(run.newest({1'000'000}), nullptr);
  ASSERT_EQ(run.keys().size(), 3U);
  EXPECT_EQ(run.keys()[0], fingerprint({0}, *Key::parse("k17")));
  EXPECT_EQ(run.keys()[2], 0U);  // no key
}

TEST(ProjectionsTest, EachHasAFamilyAndANameOfItsOwn) {
  std::map<std::string_view, Family> names;
  for (const Projection& p : projections()) EXPECT_TRUE(names.emplace(p.name, p.family).second);
  EXPECT_EQ(names, (std::map<std::string_view, Family>{{"keys", Family::kKeys},
                                                       {"late", Family::kLate},
                                                       {"locator", Family::kLocator},
                                                       {"postings", Family::kPostings}}));
}

TEST(ProjectionsTest, TheLocatorHasARowABlock) {
  storage::Run run(EventNo{1});
  begin_block(run, 1, 1, 1'000);
  run.add(transfer(1, 1, 2, 1));
  begin_block(run, 2, 2, 2'000);
  run.add(transfer(2, 1, 2, 1));
  const auto rows = rows_of("locator", run);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].key, event_key(kCoop, {2}));
  EXPECT_EQ(read_locator(rows[1].value).block_no, BlockNo{2});
  EXPECT_EQ(read_locator(rows[1].value).time.us, 2'000);
  EXPECT_THROW(read_locator(rows[1].value.substr(1)), StoreError);
  EXPECT_THROW(read_locator(rows[1].value + '\0'), StoreError);
}

/// Reads all lists back, in the order of their keys, which must be the order of the rows.
std::vector<std::pair<std::uint32_t, PostingList>> lists_of(const std::vector<Row>& rows) {
  std::vector<std::pair<std::uint32_t, PostingList>> lists;
  EXPECT_TRUE(std::ranges::is_sorted(rows, {}, &Row::key));
  for (const Row& row : rows) {
    lists.emplace_back(get_ordered<std::uint32_t>(std::string_view(row.key).substr(16)),
                       read_posting_list(row.key, row.value));
  }
  return lists;
}

TEST(ProjectionsTest, PostingListsHaveWhatCameBefore) {
  OpeningTotals opening;
  opening.lines.resize(2);
  constexpr Uint128 kWide = (Uint128{1} << 90) + 7;
  opening.lines[1] = {kWide, 5};
  storage::Run run(EventNo{100});
  begin_block(run, 100, 1, 1);
  for (std::uint64_t no = 100; no < 400; ++no) {
    run.add(transfer(no, 1, no % 3 == 0 ? 2 : 3, static_cast<std::int64_t>(no)));
  }
  const auto lists = lists_of(rows_of("postings", run, opening));
  // Account 1 has 300 postings: lists of 128, 128 and 44; account 2 100; account 3 200.
  std::vector<std::pair<std::uint32_t, std::size_t>> sizes;
  for (const auto& [account, list] : lists) sizes.emplace_back(account, list.lines.size());
  EXPECT_EQ(sizes, (decltype(sizes){{1, 128}, {1, 128}, {1, 44}, {2, 100}, {3, 128}, {3, 72}}));
  std::map<std::uint32_t, OpeningTotals::Line> totals{{1, opening.lines[1]}};
  for (const auto& [account, list] : lists) {
    OpeningTotals::Line& before = totals[account];
    EXPECT_TRUE(list.before.debits == before.debits);
    EXPECT_TRUE(list.before.credits == before.credits);
    for (const PostingList::Line& line : list.lines) {
      const auto amount = static_cast<std::int64_t>(line.event.value);
      EXPECT_EQ(line.amount, account == 1 ? amount : -amount);
      EXPECT_EQ(line.leg, account == 1 ? 0 : 1);
      (account == 1 ? before.debits : before.credits) += static_cast<Uint128>(amount);
    }
  }
  opening.add(run);
  for (const auto& [account, line] : totals) {
    EXPECT_TRUE(opening.of({account}).debits == line.debits);
    EXPECT_TRUE(opening.of({account}).credits == line.credits);
  }
  EXPECT_TRUE(opening.of({77'777}).debits == 0);
}

TEST(ProjectionsTest, PostingsOfEverySizeComeBack) {
  Random random(11);
  storage::Run run(EventNo{1'000'000'000'000});
  std::vector<PostingList::Line> should;
  begin_block(run, run.first_event().value, 1, 1);
  for (std::uint64_t no = run.first_event().value; should.size() < 100;) {
    const std::int64_t amount =
        1 + static_cast<std::int64_t>(random.next() % kAmountMax >> random.below(56));
    const bool is_debit = random.one_in(2);
    run.add(is_debit ? transfer(no, 7, 8, amount) : transfer(no, 8, 7, amount));
    should.push_back(
        {{no}, static_cast<std::uint8_t>(is_debit ? 0 : 1), is_debit ? amount : -amount});
    for (std::uint64_t skipped = random.below(random.one_in(9) ? 300 : 2); skipped > 0; --skipped) {
      run.add(transfer(++no, 1, 2, 1));
    }
    ++no;
  }
  for (const auto& [account, list] : lists_of(rows_of("postings", run))) {
    if (account != 7) continue;
    ASSERT_EQ(list.lines.size(), should.size());
    for (std::size_t i = 0; i < should.size(); ++i) {
      EXPECT_EQ(list.lines[i].event, should[i].event);
      EXPECT_EQ(list.lines[i].leg, should[i].leg);
      EXPECT_EQ(list.lines[i].amount, should[i].amount);
    }
  }
}

/// A busy account among others, entries of up to 64 legs, and now and then a long gap.
TEST(RunTest, WhatABusyAccountMovedIsWhatItsPostingsAddUpTo) {
  struct Expected {
    EventNo event;
    std::uint32_t leg;
    std::int64_t amount;
  };
  constexpr std::uint32_t kAccounts = 3;
  Random random(12);
  storage::Run run(EventNo{50});
  std::array<std::vector<Expected>, kAccounts + 1> all;
  std::uint64_t no = run.first_event().value;
  begin_block(run, no, 1, 1);
  for (; all[1].size() < 2'000; ++no) {
    Legs legs;
    const std::uint64_t count = random.one_in(40) ? 64 : 2;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto account = static_cast<std::uint32_t>(random.one_in(9) ? 2 + random.below(2) : 1);
      const Side side = random.one_in(2) ? Side::kDebit : Side::kCredit;
      const auto amount = static_cast<std::int64_t>(1 + random.below(kAmountMax));
      legs.push_back({{account}, side, {amount}});
      all[account].push_back(
          {{no}, static_cast<std::uint32_t>(i), side == Side::kDebit ? amount : -amount});
    }
    Event event;
    event.no = {no};
    event.body = EntryPosted{{legs, {}, {}}};
    run.add(event);
  }
  for (std::uint32_t account = 1; account <= kAccounts; ++account) {
    ASSERT_FALSE(all[account].empty());
    for (std::uint64_t at = 48; at <= no; at += 1 + random.below(5)) {
      storage::Run::Moved moved;
      std::size_t count = 0;
      for (const Expected& posting : all[account]) {
        if (posting.event.value > at) break;
        moved.add(posting.amount);
        ++count;
      }
      const auto told = run.moved_through({account}, {at});
      EXPECT_TRUE(told.debits == moved.debits && told.credits == moved.credits) << at;
      // From what is near, all up to that event are met, and few others before.
      auto [p, through] = run.near({account}, {at});
      std::size_t others = 0;
      for (; p != nullptr && run.event_of(*p).value > at; p = run.before(*p), ++others) {
        storage::Run::Moved last;
        last.add(p->amount);
        through = through - last;
      }
      EXPECT_LE(others, 256U);
      EXPECT_TRUE(through.debits == moved.debits && through.credits == moved.credits) << at;
      for (; p != nullptr; p = run.before(*p)) {
        ASSERT_GT(count, 0U);
        const Expected& posting = all[account][--count];
        EXPECT_EQ(run.event_of(*p), posting.event);
        EXPECT_EQ(p->leg, posting.leg);
        EXPECT_EQ(p->amount, posting.amount);
      }
      EXPECT_EQ(count, 0U);
    }
  }
  // And as lists.
  std::array<std::size_t, kAccounts + 1> read{};
  for (const auto& [account, list] : lists_of(rows_of("postings", run))) {
    for (const PostingList::Line& line : list.lines) {
      const Expected& posting = all[account].at(read[account]++);
      EXPECT_EQ(line.event, posting.event);
      EXPECT_EQ(line.leg, posting.leg);
      EXPECT_EQ(line.amount, posting.amount);
    }
  }
  for (std::uint32_t account = 1; account <= kAccounts; ++account) {
    EXPECT_EQ(read[account], all[account].size());
  }
}

TEST(ProjectionsTest, RowsThatAreCutShortAreNotBelieved) {
  storage::Run run(EventNo{1});
  begin_block(run, 1, 1, 1);
  run.add(transfer(1, 1, 2, kAmountMax));
  run.add(transfer(2, 1, 2, 1));
  const Row row = rows_of("postings", run).front();
  for (std::size_t size = 0; size < row.value.size(); ++size) {
    EXPECT_THROW(read_posting_list(row.key, row.value.substr(0, size)), StoreError) << size;
  }
  EXPECT_THROW(read_posting_list(row.key, row.value + 'x'), StoreError);
  EXPECT_THROW(read_posting_list(row.key.substr(1), row.value), StoreError);
  // A number of ten bytes that never ends.
  EXPECT_THROW(read_posting_list(row.key, row.value.substr(0, 3) + std::string(12, '\xff')),
               StoreError);
  EXPECT_THROW(read_fingerprints("1234567"), StoreError);
  EXPECT_THROW(read_late(""), StoreError);
}

TEST(ProjectionsTest, LateRowsAreThoseValuedOnAnotherDay) {
  storage::Run run(EventNo{1});
  begin_block(run, 1, 1, 1);
  run.add(transfer(1, 1, 2, 100));
  Event late = transfer(2, 9, 2, 300);
  std::get<EntryPosted>(late.body).entry.value_date = Date{19'990};
  run.add(late);
  const auto rows = rows_of("late", run);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].key, posting_key(kCoop, {2}, {2}, 1));  // in the order of accounts
  EXPECT_EQ(rows[1].key, posting_key(kCoop, {9}, {2}, 0));
  const LateRow row = read_late(rows[0].value);
  EXPECT_EQ(row.amount, -300);
  EXPECT_EQ(row.booking_date, Date{20'000});
  EXPECT_EQ(row.value_date, Date{19'990});
  EXPECT_EQ(read_late(rows[1].value).amount, 300);
}

TEST(ProjectionsTest, KeysAreOneRowARun) {
  storage::Run run(EventNo{33});
  begin_block(run, 33, 1, 1);
  run.add(transfer(33, 1, 2, 1));
  Event keyless = transfer(34, 1, 2, 1);
  keyless.key = Key();
  run.add(keyless);
  const auto rows = rows_of("keys", run);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].key, event_key(kCoop, {33}));
  EXPECT_EQ(read_fingerprints(rows[0].value),
            (std::vector<std::uint64_t>{fingerprint({0}, *Key::parse("k33")), 0}));
}

// Keys sort as the numbers in them do, cooperative first.
TEST(ProjectionsTest, KeysOfRowsAreInTheOrderOfTheirNumbers) {
  Random random(3);
  const CoopId coops[] = {*CoopId::parse("AA"), *CoopId::parse("AA-"), *CoopId::parse("AB")};
  const auto numbers = [&] {
    return std::tuple(random.below(3), random.next() >> random.below(64),
                      random.next() >> random.below(64), random.below(64));
  };
  const auto key = [&](const auto& n) {
    return posting_key(coops[std::get<0>(n)], {static_cast<std::uint32_t>(std::get<1>(n))},
                       {std::get<2>(n)}, static_cast<std::uint8_t>(std::get<3>(n)));
  };
  for (int i = 0; i < 10'000; ++i) {
    auto a = numbers();
    auto b = numbers();
    std::get<1>(a) &= 0xffffffff;
    std::get<1>(b) &= 0xffffffff;
    if (random.one_in(2)) std::get<0>(b) = std::get<0>(a);
    if (random.one_in(2)) std::get<1>(b) = std::get<1>(a);
    EXPECT_EQ(key(a) < key(b), a < b);
  }
  EXPECT_EQ(coop_in_key(journal_key(coops[1], {5})), coops[1]);
}

}  // namespace
}  // namespace lumbung::tests
