// What is true of every event, asked of events that no honest decide would make: the auditor must
// name the rule, the field and the reason.
#include "engine/rules.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/engine/small_book.h"

namespace lumbung::engine {
namespace {

using S = SmallBook;

std::string finding_text(const Finding& finding) {
  if (!finding) return "sound";
  return "I" + std::to_string(finding->invariant) + " " + std::string(finding->field) + " " +
         std::string(name_of(finding->refusal.code));
}

std::string verdict(const SmallBook& book, const Event& event) {
  return finding_text(event_violation(book, event));
}

std::string verdict(const SmallBook& book, EventBody body) {
  return verdict(book, book.next(std::move(body)));
}

Entry two(AccountHandle debit, AccountHandle credit, std::int64_t minor) {
  return S::entry(debit, credit, Amount{minor});
}

TEST(Rules, AnHonestEventIsSound) {
  const S book;
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, S::kSiti, 100)}), "sound");
  EXPECT_EQ(verdict(book, Refused{Refusal(RefusalCode::unbalanced)}), "sound");
}

TEST(Rules, NumbersHaveNoGap) {
  const S book;
  Event event = book.next(EntryPosted{two(S::kTill, S::kSiti, 100)});
  ++event.no.value;
  EXPECT_EQ(verdict(book, event), "I2 first_event entry_unknown");
  event.no.value -= 2;
  EXPECT_EQ(verdict(book, event), "I2 first_event entry_unknown");
}

TEST(Rules, TimeDoesNotGoBack) {
  const S book;
  Event event = book.next(EntryPosted{two(S::kTill, S::kSiti, 100)});
  event.at = book.book().last_time();
  EXPECT_EQ(verdict(book, event), "sound");
  event.at.us -= 1;
  EXPECT_EQ(verdict(book, event), "I2 stamped_time entry_unknown");
}

TEST(Rules, EventsAreBookedOnTheOpenDay) {
  const S book;
  Event event = book.next(EntryPosted{two(S::kTill, S::kSiti, 100)});
  event.booking_date = S::day("2026-01-29");
  EXPECT_EQ(verdict(book, event), "I7 business_date day_closed");
  event.booking_date = S::day("2026-01-31");
  EXPECT_EQ(verdict(book, event), "I7 business_date day_not_open");
}

TEST(Rules, SomebodyKnownAsked) {
  const S book;
  Event event = book.next(EntryPosted{two(S::kTill, S::kSiti, 100)});
  event.principal = {1};
  EXPECT_EQ(verdict(book, event), "sound");
  event.principal = {2};
  EXPECT_EQ(verdict(book, event), "I3 principal principal_unknown");
}

TEST(Rules, ABookIsOpenedOnceAndFirst) {
  const S book;
  const OpenCooperative open{*CoopId::parse("KOP-1"), kIDR, "Asia/Jakarta", S::day("2026-01-30"),
                             false};
  EXPECT_EQ(verdict(book, open), "I2 kind coop_exists");
  const Book empty;
  class NoPast : public View {
   public:
    using View::View;
    std::optional<Event> event(EventNo) const override { return std::nullopt; }
  };
  const NoPast view(empty);
  Event first;
  first.no = {1};
  first.body = Refused{};
  EXPECT_EQ(finding_text(event_violation(view, first)), "I2 kind coop_unknown");
  first.booking_date = open.first_day;
  first.body = open;
  EXPECT_EQ(finding_text(event_violation(view, first)), "sound");
  OpenCooperative other = open;
  other.currency = Currency{1};
  first.body = other;
  EXPECT_EQ(finding_text(event_violation(view, first)), "I1 payload currency_unknown");
  other = open;
  other.zone = "Europe/Amsterdam";
  first.body = other;
  EXPECT_EQ(finding_text(event_violation(view, first)), "I7 payload zone_unknown");
}

TEST(Rules, EntriesBalanceAndHaveAShape) {
  const S book;
  Entry entry = two(S::kTill, S::kSiti, 100);
  entry.legs[0].amount = {200};
  EXPECT_EQ(verdict(book, EntryPosted{entry}), "I1 amount unbalanced");
  entry.legs.pop_back();
  EXPECT_EQ(verdict(book, EntryPosted{entry}), "I1 leg_count too_few_legs");
  entry = two(S::kTill, S::kSiti, 100);
  for (int i = 0; i < 63; ++i) entry.legs.push_back(entry.legs[0]);
  EXPECT_EQ(verdict(book, EntryPosted{entry}), "I1 leg_count too_many_legs");
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, S::kSiti, 0)}),
            "I1 amount amount_out_of_range");
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, S::kSiti, kAmountMax + 1)}),
            "I1 amount amount_out_of_range");
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, S::kSiti, 101)}), "I1 amount sen_not_allowed");
  entry = two(S::kTill, S::kSiti, 100);
  entry.metadata = {{"b", std::int64_t{1}}, {"a", std::int64_t{1}}};  // not in order
  EXPECT_EQ(verdict(book, EntryPosted{entry}), "I1 metadata metadata_invalid");
  // Dollars do not balance rupiah.
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kDollars, S::kSiti, 100)}), "I1 amount unbalanced");
}

TEST(Rules, PostingsTouchOnlyAccountsThatTakeThem) {
  const S book;
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, S::kNone, 100)}), "I8 account account_unknown");
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, {0}, 100)}), "I8 account account_unknown");
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, S::kSavings, 100)}),
            "I8 account account_is_control");
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, S::kClosed, 100)}),
            "I8 account account_closed");
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, S::kFrozen, 100)}),
            "I8 account account_frozen");
}

TEST(Rules, BalancesStayWithinTheirLimits) {
  const S book;
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kSiti, S::kTill, 10'000'000)}), "sound");
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kSiti, S::kTill, 10'000'100)}),
            "I4 amount insufficient_funds");
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, S::kBudi, 1'000'000)}), "sound");
  EXPECT_EQ(verdict(book, EntryPosted{two(S::kTill, S::kBudi, 1'000'100)}),
            "I4 amount ceiling_exceeded");
}

TEST(Rules, ReversalsMirrorTheirTarget) {
  S book;
  const EventNo target = book.happen(EntryPosted{two(S::kTill, S::kSiti, 5'000)});
  const auto reversal = [&](std::uint64_t legs, Entry entry) {
    return verdict(book, EntryReversed{target, legs, std::move(entry)});
  };
  EXPECT_EQ(
      reversal(0b11,
               {{{S::kTill, Side::kCredit, {5'000}}, {S::kSiti, Side::kDebit, {5'000}}}, {}, {}}),
      "sound");
  // In another order, of another account, on the same side, of more than there was.
  EXPECT_EQ(reversal(0b11, two(S::kSiti, S::kTill, 5'000)),
            "I6 leg_account reversal_legs_mismatch");
  EXPECT_EQ(
      reversal(0b11,
               {{{S::kTill, Side::kCredit, {5'000}}, {S::kEquity, Side::kDebit, {5'000}}}, {}, {}}),
      "I6 leg_account reversal_legs_mismatch");
  EXPECT_EQ(reversal(0b11, two(S::kTill, S::kSiti, 5'000)),
            "I6 leg_account reversal_legs_mismatch");
  EXPECT_EQ(
      reversal(0b11,
               {{{S::kTill, Side::kCredit, {5'100}}, {S::kSiti, Side::kDebit, {5'100}}}, {}, {}}),
      "I6 leg_amount reversal_exceeds");
  // Legs that the target does not have, or another number of them.
  EXPECT_EQ(
      reversal(0b101,
               {{{S::kTill, Side::kCredit, {5'000}}, {S::kSiti, Side::kDebit, {5'000}}}, {}, {}}),
      "I6 payload reversal_legs_mismatch");
  EXPECT_EQ(
      reversal(0b01,
               {{{S::kTill, Side::kCredit, {5'000}}, {S::kSiti, Side::kDebit, {5'000}}}, {}, {}}),
      "I6 payload reversal_legs_mismatch");

  const auto of = [&](EventNo no) {
    return verdict(
        book, EntryReversed{
                  no,
                  0b11,
                  {{{S::kTill, Side::kCredit, {100}}, {S::kSiti, Side::kDebit, {100}}}, {}, {}}});
  };
  EXPECT_EQ(of({1}), "I6 reversal_target entry_unknown");
  EXPECT_EQ(of({0}), "I6 reversal_target entry_unknown");
  EXPECT_EQ(of({999}), "I6 reversal_target entry_unknown");
  const EventNo reversed = book.happen(EntryReversed{
      target,
      0b11,
      {{{S::kTill, Side::kCredit, {4'000}}, {S::kSiti, Side::kDebit, {4'000}}}, {}, {}}});
  EXPECT_EQ(of(reversed), "I6 reversal_target not_reversible");
  EXPECT_EQ(of(target), "sound");
  EXPECT_EQ(
      reversal(0b11,
               {{{S::kTill, Side::kCredit, {1'100}}, {S::kSiti, Side::kDebit, {1'100}}}, {}, {}}),
      "I6 leg_amount reversal_exceeds");
}

TEST(Rules, HoldsAreWhatTheySay) {
  S book;
  EXPECT_EQ(verdict(book, PlaceHold{S::kSiti, {0}, {}}), "I5 payload amount_out_of_range");
  EXPECT_EQ(verdict(book, PlaceHold{S::kSiti, {100}, S::day("2026-01-29")}),
            "I5 payload hold_expiry_invalid");
  EXPECT_EQ(verdict(book, PlaceHold{S::kSavings, {100}, {}}), "I8 account account_is_control");
  EXPECT_EQ(verdict(book, PlaceHold{S::kSiti, {10'000'100}, {}}), "I4 amount insufficient_funds");
  const EventNo hold = book.happen(PlaceHold{S::kSiti, {5'000}, S::day("2026-01-30")});
  const auto settled = [&](Amount taken, Entry entry) {
    return verdict(book, HoldSettled{hold, taken, false, std::move(entry)});
  };
  EXPECT_EQ(settled({3'000}, two(S::kSiti, S::kTill, 3'000)), "sound");
  // The event says that less was taken than its entry takes.
  EXPECT_EQ(settled({2'900}, two(S::kSiti, S::kTill, 3'000)), "I5 payload hold_not_used");
  EXPECT_EQ(settled({0}, two(S::kTill, S::kSiti, 3'000)), "I5 payload hold_not_used");
  EXPECT_EQ(settled({5'100}, two(S::kSiti, S::kTill, 5'100)), "I5 payload hold_exceeded");
  EXPECT_EQ(verdict(book, ReleaseHold{{1}}), "I5 payload hold_unknown");
  EXPECT_EQ(verdict(book, ExpireHold{hold}), "I5 payload hold_not_expired");
  book.happen(CloseDay{S::day("2026-01-30"), S::day("2026-01-31")});
  EXPECT_EQ(verdict(book, ExpireHold{hold}), "sound");
  book.happen(ReleaseHold{hold});
  EXPECT_EQ(verdict(book, ReleaseHold{hold}), "I5 payload hold_ended");
  EXPECT_EQ(verdict(book, HoldSettled{hold, {100}, false, two(S::kSiti, S::kTill, 100)}),
            "I5 payload hold_ended");
}

TEST(Rules, DaysAndMonthsCloseInTheirTurn) {
  S book;
  EXPECT_EQ(verdict(book, CloseDay{S::day("2026-01-29"), S::day("2026-01-30")}),
            "I7 payload day_closed");
  EXPECT_EQ(verdict(book, CloseDay{S::day("2026-01-31"), S::day("2026-02-01")}),
            "I7 payload day_not_open");
  EXPECT_EQ(verdict(book, CloseDay{S::day("2026-01-30"), S::day("2026-01-30")}),
            "I7 payload next_day_invalid");
  EXPECT_EQ(verdict(book, CloseMonth{*parse_month("2026-01")}), "I7 payload month_not_over");
  // How far the next day may be is policy, so an old journal may hold any gap.
  book.happen(CloseDay{S::day("2026-01-30"), S::day("2026-07-01")});
  EXPECT_EQ(verdict(book, CloseMonth{*parse_month("2025-12")}), "I7 payload month_closed");
  EXPECT_EQ(verdict(book, CloseMonth{*parse_month("2026-02")}), "I7 payload month_not_over");
  for (const char* month : {"2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"}) {
    book.happen(CloseMonth{*parse_month(month)});
  }
  EXPECT_EQ(verdict(book, CloseMonth{*parse_month("2026-07")}), "I7 payload month_not_over");
}

TEST(Rules, AccountsAreOpenedAndChangedByRule) {
  const S book;
  const OpenAccount good{
      "2101/BARU", AccountType::kLiability, Side::kCredit, kIDR, S::kSavings, false, {}, {}};
  const auto with = [&](const std::function<void(OpenAccount&)>& change) {
    OpenAccount open = good;
    change(open);
    return verdict(book, open);
  };
  EXPECT_EQ(verdict(book, good), "sound");
  EXPECT_EQ(with([](OpenAccount& a) { a.code = "a b"; }), "I8 payload account_code_invalid");
  EXPECT_EQ(with([](OpenAccount& a) { a.code = "2101"; }), "I8 payload account_code_taken");
  EXPECT_EQ(with([](OpenAccount& a) { a.control = S::kSiti; }), "I8 payload control_invalid");
  EXPECT_EQ(with([](OpenAccount& a) { a.control = S::kNone; }), "I8 payload control_invalid");
  EXPECT_EQ(with([](OpenAccount& a) { a.normal = Side::kDebit; }), "I8 payload control_invalid");
  EXPECT_EQ(with([](OpenAccount& a) { a.type = AccountType::kEquity; }),
            "I8 payload control_invalid");
  EXPECT_EQ(with([](OpenAccount& a) { a.currency = S::kUSD; }), "I8 payload control_invalid");
  EXPECT_EQ(with([](OpenAccount& a) {
              a.control = {};
              a.currency = Currency{1};
            }),
            "I1 payload currency_unknown");
  EXPECT_EQ(with([](OpenAccount& a) { a.floor = Amount{-kAmountMax - 1}; }),
            "I4 payload limit_out_of_range");
  EXPECT_EQ(with([](OpenAccount& a) { a.ceiling = Amount{kAmountMax + 1}; }),
            "I4 payload limit_out_of_range");
  EXPECT_EQ(with([](OpenAccount& a) {
              a.floor = Amount{1};
              a.ceiling = Amount{0};
            }),
            "I4 payload limit_out_of_range");
  EXPECT_EQ(verdict(book, SetLimits{S::kNone, {}, {}}), "I8 payload account_unknown");
  EXPECT_EQ(verdict(book, SetLimits{S::kClosed, {}, {}}), "I8 payload account_closed");
  EXPECT_EQ(verdict(book, FreezeAccount{S::kFrozen}), "I8 payload account_frozen");
  EXPECT_EQ(verdict(book, UnfreezeAccount{S::kSiti}), "I8 payload account_not_frozen");
  EXPECT_EQ(verdict(book, CloseAccount{S::kSiti}), "I8 payload account_not_empty");
  EXPECT_EQ(verdict(book, CloseAccount{S::kSavings}), "I8 payload account_not_empty");
  EXPECT_EQ(verdict(book, CloseAccount{S::kBudi}), "sound");
}

TEST(Rules, RolesAreGrantedAndTakenBackOnce) {
  const S book;
  EXPECT_EQ(verdict(book, GrantRole{"kasir", Role::kTeller}), "I3 payload role_held");
  EXPECT_EQ(verdict(book, GrantRole{"ibu kasir", Role::kTeller}),
            "I3 payload principal_name_invalid");
  EXPECT_EQ(verdict(book, RevokeRole{"kasir", Role::kAdmin}), "I3 payload role_not_held");
  EXPECT_EQ(verdict(book, RevokeRole{"nobody", Role::kAdmin}), "I3 payload role_not_held");
  EXPECT_EQ(verdict(book, RevokeRole{"ibu kasir", Role::kAdmin}),
            "I3 payload principal_name_invalid");
  EXPECT_EQ(verdict(book, RevokeRole{"kasir", Role::kTeller}), "sound");
}

// The short way for the commonest entry against the general rules: every pair of accounts of the small
// book, amounts on and beside each of its limits.
TEST(Rules, ASimpleEntryHoldsExactlyWhenTheGeneralRulesFindNothing) {
  const S book;
  int sound = 0;
  int broken = 0;
  for (std::uint32_t debit = 0; debit <= S::kNone.value; ++debit) {
    for (std::uint32_t credit = 0; credit <= S::kNone.value; ++credit) {
      for (const std::int64_t minor :
           {std::int64_t{-100}, std::int64_t{0}, std::int64_t{1}, std::int64_t{100},
            std::int64_t{999'900}, std::int64_t{1'000'000}, std::int64_t{1'000'100},
            std::int64_t{9'999'900}, std::int64_t{10'000'000}, std::int64_t{10'000'100}, kAmountMax,
            kAmountMax + 1}) {
        const SimpleEntry simple{{debit}, {credit}, Amount{minor}};
        const EventBody body = EntryPosted{two({debit}, {credit}, minor)};
        const bool general = !body_violation(book, body);
        const bool is_sound = general && debit != credit;  // which the general rules alone take on
        EXPECT_EQ(holds(book.book(), simple), is_sound) << debit << " " << credit << " " << minor;
        ++(is_sound ? sound : broken);
        if (!is_sound) continue;
        Book shortly = book.book();
        Book generally = book.book();
        const Event event = book.next(body);
        shortly.apply(event.no, event.at, simple);
        generally.apply(event);
        EXPECT_EQ(shortly, generally);
      }
    }
  }
  EXPECT_GT(sound, 50);
  EXPECT_GT(broken, 500);
}

TEST(Rules, AnEntryThatSaysMoreIsNotSimple) {
  const Entry plain = two(S::kTill, S::kSiti, 100);
  const auto simple = as_simple(plain);
  ASSERT_TRUE(simple);
  EXPECT_EQ(simple->debit, S::kTill);
  EXPECT_EQ(simple->credit, S::kSiti);
  EXPECT_EQ(simple->amount, Amount{100});
  Entry other = plain;
  other.value_date = S::day("2026-01-29");
  EXPECT_FALSE(as_simple(other));
  other = plain;
  other.metadata = {{"slip", std::int64_t{7}}};
  EXPECT_FALSE(as_simple(other));
  other = plain;
  std::swap(other.legs[0], other.legs[1]);
  EXPECT_FALSE(as_simple(other)) << "credit first";
  other = plain;
  other.legs[1].amount = Amount{101};
  EXPECT_FALSE(as_simple(other));
  other = plain;
  other.legs.push_back({S::kBudi, Side::kCredit, Amount{100}});
  EXPECT_FALSE(as_simple(other));
}

}  // namespace
}  // namespace lumbung::engine
