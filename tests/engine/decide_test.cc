// What decide makes of a command. Every refusal has a story in tests/scripts; here are the bodies
// of the events, the limits of policy, and what a refusal says.
#include "engine/decide.h"

#include <gtest/gtest.h>

#include "tests/engine/small_book.h"

namespace lumbung::engine {
namespace {

using enum RefusalCode;
using S = SmallBook;

Posting debit(AccountHandle account, std::int64_t whole) {
  return {account, Side::kDebit, S::rupiah(whole)};
}
Posting credit(AccountHandle account, std::int64_t whole) {
  return {account, Side::kCredit, S::rupiah(whole)};
}
Entry entry_of_legs(Legs legs) {
  return {std::move(legs), std::nullopt, {}};
}

TEST(Decide, PostsTheEntryAsAsked) {
  const S book;
  Entry entry = S::entry(S::kTill, S::kSiti, S::rupiah(5));
  entry.value_date = S::day("2026-01-02");
  entry.metadata = {{"loan", std::string("2026/17")}};
  const auto body = book.decide(PostEntry{entry, S::day("2026-01-30")});
  ASSERT_TRUE(body);
  EXPECT_EQ(std::get<EntryPosted>(*body).entry, entry);
}

// Equal facts are equal bytes: the booking date is no value date of its own.
TEST(Decide, LeavesOutAValueDateThatIsTheBookingDate) {
  S book;
  Entry entry = S::entry(S::kTill, S::kSiti, S::rupiah(5));
  entry.value_date = S::day("2026-01-30");
  const auto posted = book.decide(PostEntry{entry, {}});
  EXPECT_EQ(std::get<EntryPosted>(*posted).entry.value_date, std::nullopt);

  const EventNo hold = book.happen(PlaceHold{S::kSiti, S::rupiah(10), {}});
  entry.legs = {debit(S::kSiti, 5), credit(S::kTill, 5)};
  const auto settled = book.decide(SettleHold{hold, entry, false, {}});
  EXPECT_EQ(std::get<HoldSettled>(*settled).entry.value_date, std::nullopt);

  const EventNo target = book.happen(std::move(*posted));
  const auto reversed = book.decide(ReverseEntry{target, {}, {}, S::day("2026-01-30"), {}});
  EXPECT_EQ(std::get<EntryReversed>(*reversed).entry.value_date, std::nullopt);
}

TEST(Decide, ReversesLegByLeg) {
  S book;
  const EventNo target = book.happen(EntryPosted{
      entry_of_legs({debit(S::kTill, 90), credit(S::kSiti, 60), credit(S::kEquity, 30)})});
  auto part =
      book.decide(ReverseEntry{target, {S::rupiah(30), Amount{0}, S::rupiah(30)}, {}, {}, {}});
  ASSERT_TRUE(part);
  const auto& first = std::get<EntryReversed>(*part);
  EXPECT_EQ(first.target, target);
  EXPECT_EQ(first.target_legs, 0b101U);
  EXPECT_EQ(first.entry.legs, (Legs{credit(S::kTill, 30), debit(S::kEquity, 30)}));
  book.happen(std::move(*part));

  const auto rest = book.decide(ReverseEntry{target, {}, {}, {}, {}});
  ASSERT_TRUE(rest);
  EXPECT_EQ(std::get<EntryReversed>(*rest).target_legs, 0b011U);
  EXPECT_EQ(std::get<EntryReversed>(*rest).entry.legs,
            (Legs{credit(S::kTill, 60), debit(S::kSiti, 60)}));
}

TEST(Decide, ReversesAllSixtyFourLegs) {
  S book;
  Legs legs;
  for (int i = 0; i < 32; ++i) {
    legs.push_back(debit(S::kTill, 1));
    legs.push_back(credit(S::kSiti, 1));
  }
  const EventNo target = book.happen(EntryPosted{entry_of_legs(legs)});
  const auto body = book.decide(ReverseEntry{target, {}, {}, {}, {}});
  ASSERT_TRUE(body);
  EXPECT_EQ(std::get<EntryReversed>(*body).target_legs, ~std::uint64_t{0});
  EXPECT_EQ(std::get<EntryReversed>(*body).entry.legs.size(), 64U);
}

TEST(Decide, SettlementSaysWhatItTook) {
  S book;
  const EventNo hold = book.happen(PlaceHold{S::kSiti, S::rupiah(100), {}});
  // 70 go out and 20 come back in the same entry: 50 are taken.
  const auto body =
      book.decide(SettleHold{hold,
                             entry_of_legs({debit(S::kSiti, 70), credit(S::kTill, 70),
                                            credit(S::kSiti, 20), debit(S::kEquity, 20)}),
                             true,
                             {}});
  ASSERT_TRUE(body);
  const auto& settled = std::get<HoldSettled>(*body);
  EXPECT_EQ(settled.hold, hold);
  EXPECT_EQ(settled.taken, S::rupiah(50));
  EXPECT_TRUE(settled.release_rest);
  EXPECT_EQ(settled.entry.legs.size(), 4U);
}

// A settlement may use what is held even where nothing else is free.
TEST(Decide, SettlementIsPaidFromTheHold) {
  S book;
  const EventNo hold = book.happen(PlaceHold{S::kSiti, S::rupiah(100'000), {}});
  EXPECT_EQ(book.ask(PostEntry{S::entry(S::kSiti, S::kTill, S::rupiah(1)), {}}),
            "insufficient_funds");
  EXPECT_EQ(book.ask(SettleHold{hold, S::entry(S::kSiti, S::kTill, S::rupiah(100'000)), false, {}}),
            "done");
  EXPECT_EQ(book.book().account(S::kSiti).posted(), 0);
  EXPECT_EQ(book.book().account(S::kSiti).held, 0);
  EXPECT_EQ(book.book().find_hold(hold), nullptr);
}

// Unlike rules, policy may change: the same book under other limits.
TEST(Decide, AsksThePolicyOfToday) {
  const S book;
  const auto outcome = [&](Policy policy, CommandBody body) {
    const auto decided = book.decide(std::move(body), policy);
    return decided ? std::string("done") : std::string(name_of(decided.refusal().code));
  };
  const auto valued = [](std::string_view date) {
    Entry entry = S::entry(S::kTill, S::kSiti, S::rupiah(1));
    entry.value_date = S::day(date);
    return PostEntry{entry, {}};
  };
  Policy narrow;
  narrow.value_date_back_days = 2;
  narrow.value_date_ahead_days = 0;
  narrow.next_day_gap_days = 1;
  EXPECT_EQ(outcome(narrow, valued("2026-01-28")), "done");
  EXPECT_EQ(outcome(narrow, valued("2026-01-27")), "value_date_out_of_range");
  EXPECT_EQ(outcome(narrow, valued("2026-01-31")), "value_date_out_of_range");
  EXPECT_EQ(outcome({}, valued("2026-01-31")), "done");
  const CloseDay two_on{S::day("2026-01-30"), S::day("2026-02-01")};
  EXPECT_EQ(outcome(narrow, two_on), "next_day_invalid");
  EXPECT_EQ(outcome({}, two_on), "done");
}

Refusal refusal_of(const SmallBook& book, CommandBody body) {
  const auto decided = book.decide(std::move(body));
  EXPECT_FALSE(decided);
  return decided ? Refusal() : decided.refusal();
}

TEST(Decide, SaysWhatWasAskedAndWhatThereWas) {
  S book;
  book.happen(PlaceHold{S::kSiti, S::rupiah(30'000), {}});
  EXPECT_EQ(refusal_of(book, PostEntry{S::entry(S::kSiti, S::kTill, S::rupiah(80'000)), {}}),
            Refusal(insufficient_funds, Param{ParamKind::kAccount, 3},
                    Param{ParamKind::kAmount, 8'000'000}, Param{ParamKind::kAvailable, 7'000'000}));
  EXPECT_EQ(refusal_of(book, PlaceHold{S::kSiti, S::rupiah(70'001), {}}),
            Refusal(insufficient_funds, Param{ParamKind::kAccount, 3},
                    Param{ParamKind::kAmount, 7'000'100}, Param{ParamKind::kAvailable, 7'000'000}));
  EXPECT_EQ(refusal_of(book, PostEntry{S::entry(S::kTill, S::kBudi, S::rupiah(10'001)), {}}),
            Refusal(ceiling_exceeded, Param{ParamKind::kAccount, 4},
                    Param{ParamKind::kAmount, 1'000'100}, Param{ParamKind::kLimit, 1'000'000}));
  EXPECT_EQ(refusal_of(book, PostEntry{S::entry(S::kTill, S::kNone, S::rupiah(1)), {}}),
            Refusal(account_unknown, Param{ParamKind::kAccount, 9}, Param{ParamKind::kLeg, 1}));
}

// Whichever leg is asked first: the row that stands first in refusal.def is told, and of the same
// row the first leg.
TEST(Decide, TellsTheFirstOfSeveralReasonsOverAllLegs) {
  const S book;
  const auto code_of = [&](Legs legs) {
    return refusal_of(book, PostEntry{entry_of_legs(std::move(legs)), {}});
  };
  EXPECT_EQ(code_of({credit(S::kFrozen, 1), credit(S::kClosed, 1), credit(S::kSavings, 1),
                     debit(S::kNone, 3)}),
            Refusal(account_unknown, Param{ParamKind::kAccount, 9}, Param{ParamKind::kLeg, 3}));
  EXPECT_EQ(code_of({credit(S::kFrozen, 1), credit(S::kClosed, 1), debit(S::kSavings, 2)}),
            Refusal(account_is_control, Param{ParamKind::kAccount, 2}, Param{ParamKind::kLeg, 2}));
  EXPECT_EQ(code_of({credit(S::kFrozen, 1), debit(S::kClosed, 1), credit(S::kClosed, 1)}),
            Refusal(account_closed, Param{ParamKind::kAccount, 6}, Param{ParamKind::kLeg, 1}));
  EXPECT_EQ(code_of({credit(S::kBudi, 200'000), debit(S::kSiti, 200'000)}).code,
            insufficient_funds);
}

TEST(Decide, OfAnUnknownPrincipalIsRefused) {
  const S book;
  const auto decided = decide(book, {}, {*Key::parse("k"), {2}, FreezeAccount{S::kSiti}});
  ASSERT_FALSE(decided);
  EXPECT_EQ(decided.refusal().code, principal_unknown);
  EXPECT_TRUE(decide(book, {}, {*Key::parse("k"), {1}, FreezeAccount{S::kSiti}}));
}

TEST(Decide, WithoutABookKnowsOnlyHowToOpenOne) {
  const Book empty;
  class NoPast : public View {
   public:
    using View::View;
    std::optional<Event> event(EventNo) const override { return std::nullopt; }
  };
  const NoPast view(empty);
  const auto refused = decide(view, {}, {*Key::parse("k"), {}, FreezeAccount{{1}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.refusal().code, coop_unknown);
  const OpenCooperative open{*CoopId::parse("KOP-1"), kIDR, "UTC", S::day("2026-01-05"), false};
  EXPECT_TRUE(decide(view, {}, {*Key::parse("k"), {}, open}));
  const S book;
  const auto again = book.decide(open);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.refusal().code, coop_exists);
}

// Amounts of 64 legs and balances of many entries stay exact beyond 64 bits.
TEST(Decide, CountsBeyondSixtyFourBits) {
  S book;
  Legs legs;
  for (int i = 0; i < 32; ++i) {
    legs.push_back({S::kEquity, Side::kCredit, Amount{kAmountMax}});
    legs.push_back({S::kTill, Side::kDebit, Amount{kAmountMax}});
  }
  for (int i = 0; i < 4; ++i) book.happen(EntryPosted{entry_of_legs(legs)});
  // 128 × 10^17 > 2^63
  const Int128 expected = Int128{128} * kAmountMax;
  EXPECT_TRUE(book.book().account(S::kEquity).posted() == expected);
  EXPECT_EQ(format_amount(book.book().account(S::kEquity).posted(), 2), "128000000000000000.00");
  // What a parameter of 64 bits cannot say is said as its largest value.
  Legs back;
  for (int i = 0; i < 62; ++i) back.push_back({S::kTill, Side::kCredit, Amount{kAmountMax}});
  for (int i = 0; i < 2; ++i) back.push_back({S::kEquity, Side::kDebit, Amount{kAmountMax}});
  const auto refused = book.decide(PostEntry{entry_of_legs(back), {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.refusal().code, unbalanced);
  EXPECT_EQ(refused.refusal().param(ParamKind::kAmount), -60 * kAmountMax);
}

}  // namespace
}  // namespace lumbung::engine
