// A small book to try rules on: two rupiah accounts of members, a till, a bank in dollars, and
// accounts that are control, frozen and closed.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/decide.h"
#include "engine/rules.h"

namespace lumbung::engine {

class SmallBook : public View {
 public:
  static constexpr AccountHandle kTill{1};     // asset, floor 0
  static constexpr AccountHandle kSavings{2};  // liability, control
  static constexpr AccountHandle kSiti{3};     // of kSavings, floor 0
  static constexpr AccountHandle kBudi{4};     // of kSavings, floor 0, ceiling 10,000
  static constexpr AccountHandle kFrozen{5};   // of kSavings
  static constexpr AccountHandle kClosed{6};   // of kSavings
  static constexpr AccountHandle kDollars{7};  // asset in USD
  static constexpr AccountHandle kEquity{8};   // equity
  static constexpr AccountHandle kNone{9};     // none has this handle
  static constexpr Currency kUSD{840};

  SmallBook() : View(book_) {
    happen(
        OpenCooperative{*CoopId::parse("KOP-1"), kIDR, "Asia/Jakarta", day("2026-01-30"), false});
    open("1102", AccountType::kAsset, Side::kDebit, {}, Amount{0});
    open("2101", AccountType::kLiability, Side::kCredit, {}, std::nullopt, true);
    open("2101/SITI", AccountType::kLiability, Side::kCredit, kSavings, Amount{0});
    open("2101/BUDI", AccountType::kLiability, Side::kCredit, kSavings, Amount{0});
    open("2101/BEKU", AccountType::kLiability, Side::kCredit, kSavings);
    open("2101/TUTUP", AccountType::kLiability, Side::kCredit, kSavings);
    open("1201", AccountType::kAsset, Side::kDebit, {}, std::nullopt, false, kUSD);
    open("3301", AccountType::kEquity, Side::kCredit);
    happen(SetLimits{kBudi, Amount{0}, rupiah(10'000)});
    happen(FreezeAccount{kFrozen});
    happen(CloseAccount{kClosed});
    happen(GrantRole{"kasir", Role::kTeller});
    happen(EntryPosted{entry(kTill, kSiti, rupiah(100'000))});
  }

  static Date day(std::string_view text) { return parse_date(text).value(); }
  static Amount rupiah(std::int64_t whole) { return {whole * 100}; }
  static Entry entry(AccountHandle debit, AccountHandle credit, Amount amount) {
    return {{{debit, Side::kDebit, amount}, {credit, Side::kCredit, amount}}, std::nullopt, {}};
  }

  std::optional<Event> event(EventNo no) const override {
    if (no.value == 0 || no.value > events_.size()) return std::nullopt;
    return events_[no.value - 1];
  }
  const std::vector<Event>& events() const { return events_; }

  /// The next event with that body, stamped as a ledger would.
  Event next(EventBody body) const {
    Event event;
    event.no = {book_.last_event().value + 1};
    const auto* opens = std::get_if<OpenCooperative>(&body);
    event.booking_date = opens != nullptr ? opens->first_day : book_.open_day();
    event.at = {1'767'000'000'000'000 + static_cast<std::int64_t>(event.no.value)};
    event.key = *Key::parse(std::to_string(event.no.value));
    event.body = std::move(body);
    return event;
  }
  /// REQUIRES: no rule against it.
  EventNo happen(EventBody body) {
    Event event = next(std::move(body));
    const auto violation = event_violation(*this, event);
    EXPECT_FALSE(violation) << name_of(violation->refusal.code);
    book_.apply(event);
    events_.push_back(std::move(event));
    return book_.last_event();
  }
  Result<EventBody> decide(CommandBody body, const Policy& policy = {}) const {
    return engine::decide(*this, policy, {*Key::parse("k"), kOperator, std::move(body)});
  }
  /// The refusal's name, "done" when it happens; and it happens.
  std::string ask(CommandBody body) {
    auto decided = decide(std::move(body));
    if (!decided) return std::string(name_of(decided.refusal().code));
    happen(std::move(*decided));
    return "done";
  }
  Book& mutable_book() { return book_; }

 private:
  void open(std::string code, AccountType type, Side normal, AccountHandle control = {},
            std::optional<Amount> floor = {}, bool is_control = false, Currency currency = kIDR) {
    happen(OpenAccount{std::move(code), type, normal, currency, control, is_control, floor, {}});
  }

  Book book_;
  std::vector<Event> events_;
};

}  // namespace lumbung::engine
