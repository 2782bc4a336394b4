#include "engine/book.h"

#include <gtest/gtest.h>

#include "tests/engine/small_book.h"

namespace lumbung::engine {
namespace {

using S = SmallBook;

TEST(Book, KnowsNothingBeforeItIsOpened) {
  const Book book;
  EXPECT_FALSE(book.opened());
  EXPECT_EQ(book.last_event(), EventNo{});
  EXPECT_EQ(book.account_count(), 0U);
  EXPECT_FALSE(book.has_account({0}));
  EXPECT_FALSE(book.has_account({1}));
  EXPECT_EQ(book.find_account("1102"), AccountHandle{});
  EXPECT_TRUE(book.has_principal(kOperator));
  EXPECT_EQ(book.principal(kOperator).name, "operator");
  EXPECT_FALSE(book.has_principal({1}));
}

TEST(Book, IsWhatItsEventsSay) {
  const S small;
  const Book& book = small.book();
  EXPECT_EQ(book.coop().text(), "KOP-1");
  EXPECT_EQ(book.currency(), kIDR);
  EXPECT_EQ(book.zone(), "Asia/Jakarta");
  EXPECT_EQ(book.first_day(), S::day("2026-01-30"));
  EXPECT_EQ(book.open_day(), S::day("2026-01-30"));
  EXPECT_EQ(format_month(book.open_month()), "2026-01");
  EXPECT_EQ(book.account_count(), 8U);
  EXPECT_EQ(book.find_account("2101/SITI"), S::kSiti);
  EXPECT_EQ(book.info(S::kSiti).code, "2101/SITI");
  EXPECT_EQ(book.info(S::kSiti).type, AccountType::kLiability);
  EXPECT_EQ(book.info(S::kSiti).opened, EventNo{4});
  EXPECT_EQ(book.account(S::kSiti).control, S::kSavings);
  EXPECT_TRUE(book.account(S::kSavings).has(Account::kControl));
  EXPECT_TRUE(book.account(S::kFrozen).has(Account::kFrozen));
  EXPECT_TRUE(book.account(S::kClosed).has(Account::kClosed));
  EXPECT_EQ(book.account(S::kBudi).ceiling, 1'000'000);
  EXPECT_EQ(book.account(S::kEquity).available(), std::nullopt);
  EXPECT_EQ(book.find_principal("kasir"), PrincipalHandle{1});
  EXPECT_TRUE(book.principal({1}).holds(Role::kTeller));
  EXPECT_FALSE(book.principal({1}).holds(Role::kAdmin));
  EXPECT_EQ(book.find_principal("nobody"), std::nullopt);
}

// A debit of 100,000 to the till and a credit of 100,000 to Siti: each stands on its normal side.
TEST(Book, BalancesAreSignedByTheNormalSide) {
  S small;
  const Account& till = small.book().account(S::kTill);
  const Account& siti = small.book().account(S::kSiti);
  EXPECT_TRUE(till.posted() == 10'000'000 && siti.posted() == 10'000'000);
  small.happen(EntryPosted{S::entry(S::kDollars, S::kDollars, {5})});
  small.happen(EntryPosted{S::entry(S::kEquity, S::kTill, S::rupiah(100'000))});
  EXPECT_TRUE(small.book().account(S::kEquity).posted() == -10'000'000);
  EXPECT_TRUE(small.book().account(S::kDollars).posted() == 0);
  EXPECT_TRUE(small.book().account(S::kDollars).debits == 5);
}

TEST(Book, HoldsLiveUntilTheyEnd) {
  S small;
  const EventNo one = small.happen(PlaceHold{S::kSiti, S::rupiah(300), S::day("2026-01-30")});
  const EventNo two = small.happen(PlaceHold{S::kSiti, S::rupiah(40), {}});
  const EventNo three = small.happen(PlaceHold{S::kSiti, S::rupiah(5), {}});
  EXPECT_EQ(small.book().account(S::kSiti).held, 34'500);
  EXPECT_EQ(*small.book().find_hold(one), (Hold{S::kSiti, S::rupiah(300), S::day("2026-01-30")}));
  small.happen(
      HoldSettled{one, S::rupiah(100), false, S::entry(S::kSiti, S::kTill, S::rupiah(100))});
  EXPECT_EQ(small.book().find_hold(one)->remaining, S::rupiah(200));
  EXPECT_EQ(small.book().account(S::kSiti).held, 24'500);
  small.happen(HoldSettled{two, S::rupiah(10), true, S::entry(S::kSiti, S::kTill, S::rupiah(10))});
  EXPECT_EQ(small.book().find_hold(two), nullptr);
  EXPECT_EQ(small.book().account(S::kSiti).held, 20'500);
  small.happen(ReleaseHold{three});
  small.happen(CloseDay{S::day("2026-01-30"), S::day("2026-02-02")});
  small.happen(ExpireHold{one});
  EXPECT_TRUE(small.book().holds().empty());
  EXPECT_EQ(small.book().account(S::kSiti).held, 0);
}

TEST(Book, RemembersWhatWasReversed) {
  S small;
  const EventNo target = small.happen(EntryPosted{S::entry(S::kTill, S::kSiti, S::rupiah(9))});
  EXPECT_EQ(small.book().find_reversals(target), nullptr);
  const Entry back{
      {{S::kTill, Side::kCredit, S::rupiah(4)}, {S::kSiti, Side::kDebit, S::rupiah(4)}}, {}, {}};
  const EventNo first = small.happen(EntryReversed{target, 0b11, back});
  const EventNo second = small.happen(EntryReversed{target, 0b11, back});
  const Reversals* reversals = small.book().find_reversals(target);
  ASSERT_NE(reversals, nullptr);
  EXPECT_EQ(reversals->taken, (std::vector<std::int64_t>{800, 800}));
  EXPECT_EQ(reversals->by, (std::vector{first, second}));
}

TEST(Book, KnowsWhichEventsADayHad) {
  S small;  // events 1 to 14 on 30 January
  const EventNo last_of_first = small.happen(CloseDay{S::day("2026-01-30"), S::day("2026-02-02")});
  small.happen(CloseMonth{*parse_month("2026-01")});
  EXPECT_EQ(format_month(small.book().open_month()), "2026-02");
  const EventNo last_of_second = small.happen(CloseDay{S::day("2026-02-02"), S::day("2026-02-03")});
  const EventNo newest = small.happen(EntryPosted{S::entry(S::kTill, S::kSiti, S::rupiah(1))});
  const Book& book = small.book();
  EXPECT_EQ(book.last_event_of(S::day("2026-01-29")), EventNo{});
  EXPECT_EQ(book.last_event_of(S::day("2026-01-30")), last_of_first);
  EXPECT_EQ(book.last_event_of(S::day("2026-02-01")), last_of_first);
  EXPECT_EQ(book.last_event_of(S::day("2026-02-02")), last_of_second);
  EXPECT_EQ(book.last_event_of(S::day("2026-02-03")), newest);
  EXPECT_EQ(book.last_event_of(S::day("2030-01-01")), newest);
  for (const Event& event : small.events()) {
    EXPECT_EQ(book.booking_date_of(event.no), event.booking_date) << event.no.value;
  }
}

TEST(Book, TakesBackTheLastEntryAlone) {
  S small;
  const Book before = small.book();
  const Event event = small.next(EntryPosted{S::entry(S::kSiti, S::kTill, S::rupiah(5))});
  small.mutable_book().apply(event);
  EXPECT_FALSE(small.book() == before);
  small.mutable_book().take_back(event);
  EXPECT_EQ(small.book().last_event(), before.last_event());
  EXPECT_EQ(small.book().account(S::kSiti), before.account(S::kSiti));
  EXPECT_EQ(small.book().account(S::kTill), before.account(S::kTill));
  EXPECT_DEATH(small.mutable_book().take_back(event), "CHECK");
}

// Live posting and replay are one function of the events.
TEST(Book, ReplaysToTheSameBytes) {
  S small;
  const EventNo hold = small.happen(PlaceHold{S::kSiti, S::rupiah(300), S::day("2026-02-28")});
  small.happen(
      HoldSettled{hold, S::rupiah(100), false, S::entry(S::kSiti, S::kTill, S::rupiah(100))});
  small.happen(Refused{Refusal(RefusalCode::unbalanced)});
  small.happen(RevokeRole{"kasir", Role::kTeller});
  small.happen(UnfreezeAccount{S::kFrozen});
  const EventNo target = small.happen(EntryPosted{S::entry(S::kTill, S::kSiti, S::rupiah(9))});
  small.happen(EntryReversed{
      target,
      0b11,
      {{{S::kTill, Side::kCredit, S::rupiah(4)}, {S::kSiti, Side::kDebit, S::rupiah(4)}}, {}, {}}});
  small.happen(CloseDay{S::day("2026-01-30"), S::day("2026-02-02")});
  Book replayed;
  for (const Event& event : small.events()) replayed.apply(event);
  EXPECT_TRUE(replayed == small.book());
  EXPECT_EQ(replayed.image(), small.book().image());

  const auto back = Book::of_image(small.book().image());
  ASSERT_TRUE(back);
  EXPECT_TRUE(*back == small.book());
  EXPECT_EQ(back->image(), small.book().image());
  EXPECT_EQ(back->find_account("2101/SITI"), S::kSiti);
  EXPECT_EQ(back->find_principal("kasir"), PrincipalHandle{1});
  EXPECT_EQ(back->last_event_of(S::day("2026-01-30")), small.book().last_event());
}

TEST(Book, DiffersWhereAnythingDiffers) {
  const S small;
  const std::vector<EventBody> bodies{
      EntryPosted{S::entry(S::kTill, S::kSiti, S::rupiah(1))},
      GrantRole{"kasir", Role::kAdmin},
      GrantRole{"ketua", Role::kAdmin},
      OpenAccount{"9", AccountType::kMemo, Side::kDebit, kIDR, {}, false, {}, {}},
      SetLimits{S::kSiti, {}, {}},
      FreezeAccount{S::kSiti},
      PlaceHold{S::kSiti, S::rupiah(1), {}},
      CloseDay{S::day("2026-01-30"), S::day("2026-01-31")},
      Refused{}};
  std::vector<Book> books{small.book()};
  for (const EventBody& body : bodies) {
    books.push_back(small.book());
    books.back().apply(small.next(body));
  }
  for (std::size_t i = 0; i < books.size(); ++i) {
    for (std::size_t k = 0; k < books.size(); ++k) {
      EXPECT_EQ(books[i] == books[k], i == k) << i << ' ' << k;
      EXPECT_EQ(books[i].image() == books[k].image(), i == k) << i << ' ' << k;
    }
  }
}

TEST(Book, IsNotMadeOfOtherBytes) {
  const S small;
  const std::string image = small.book().image();
  for (std::size_t size = 0; size < image.size(); ++size) {
    EXPECT_FALSE(Book::of_image(std::string_view(image).substr(0, size))) << size;
  }
  EXPECT_FALSE(Book::of_image(image + '\0'));
  std::string other = image;
  other[0] = '\x7f';
  EXPECT_FALSE(Book::of_image(other));
}

TEST(Book, StopsAtWhatCannotHaveHappened) {
  S small;
  Book& book = small.mutable_book();
  Event gap = small.next(Refused{});
  ++gap.no.value;
  EXPECT_DEATH(book.apply(gap), "CHECK");
  Event earlier = small.next(Refused{});
  earlier.at = {0};
  EXPECT_DEATH(book.apply(earlier), "CHECK");
  EXPECT_DEATH(book.apply(small.next(EntryPosted{S::entry(S::kTill, S::kNone, {100})})), "CHECK");
  EXPECT_DEATH(book.apply(small.next(EntryPosted{S::entry(S::kTill, S::kSiti, {0})})), "CHECK");
  EXPECT_DEATH(book.apply(small.next(ReleaseHold{{1}})), "CHECK");
  EXPECT_DEATH(book.apply(small.next(RevokeRole{"nobody", Role::kAdmin})), "CHECK");
}

// The line of an account is one cache line, and equal content is equal bytes.
TEST(Account, IsOneCacheLine) {
  static_assert(sizeof(Account) == 64 && alignof(Account) == 64);
  Account account;
  account.debits = 100;
  account.credits = 30;
  account.held = 20;
  account.floor = 10;
  EXPECT_TRUE(account.posted() == 70);
  EXPECT_TRUE(account.available() == Int128{40});
  account.normal = Side::kCredit;
  EXPECT_TRUE(account.posted() == -70);
}

TEST(Names, AreReadAsTheyAreWritten) {
  for (const char* name : {"asset", "liability", "equity", "income", "expense", "memo"}) {
    EXPECT_EQ(name_of(parse_account_type(name).value()), name);
  }
  for (const char* name : {"admin", "treasurer", "teller", "approver", "auditor", "integrator"}) {
    EXPECT_EQ(name_of(parse_role(name).value()), name);
  }
  EXPECT_EQ(name_of(parse_side("debit").value()), "debit");
  EXPECT_EQ(name_of(parse_side("credit").value()), "credit");
  EXPECT_FALSE(parse_side("Debit"));
  EXPECT_FALSE(parse_role("owner"));
  EXPECT_FALSE(parse_account_type(""));
  EXPECT_EQ(opposite(Side::kDebit), Side::kCredit);
  EXPECT_EQ(opposite(Side::kCredit), Side::kDebit);
}

}  // namespace
}  // namespace lumbung::engine
