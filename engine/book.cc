#include "engine/book.h"

#include <algorithm>

#include "engine/check.h"

namespace lumbung::engine {

const Entry* entry_of(const EventBody& body) {
  if (const auto* posted = std::get_if<EntryPosted>(&body)) return &posted->entry;
  if (const auto* reversed = std::get_if<EntryReversed>(&body)) return &reversed->entry;
  if (const auto* settled = std::get_if<HoldSettled>(&body)) return &settled->entry;
  return nullptr;
}

AccountHandle Book::find_account(std::string_view code) const {
  const auto found = by_code_.find(std::string(code));
  return found == by_code_.end() ? AccountHandle{} : found->second;
}

const Hold* Book::find_hold(EventNo hold) const {
  const auto found = holds_.find(hold);
  return found == holds_.end() ? nullptr : &found->second;
}

const Reversals* Book::find_reversals(EventNo entry) const {
  const auto found = reversals_.find(entry);
  return found == reversals_.end() ? nullptr : &found->second;
}

EventNo Book::last_event_of(Date date) const {
  if (date >= open_day_) return last_event_;
  const auto after = std::upper_bound(
      closed_days_.begin(), closed_days_.end(), date,
      [](Date wanted, const auto& closed) { return wanted < closed.first; });
  return after == closed_days_.begin() ? EventNo{} : std::prev(after)->second;
}

Date Book::booking_date_of(EventNo no) const {
  const auto closed_by = std::lower_bound(
      closed_days_.begin(), closed_days_.end(), no,
      [](const auto& closed, EventNo wanted) { return closed.second < wanted; });
  return closed_by == closed_days_.end() ? open_day_ : closed_by->first;
}

std::optional<PrincipalHandle> Book::find_principal(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

void Book::apply(const Event& event) {
  CHECK(event.no.value == last_event_.value + 1);
  CHECK(event.at >= last_time_);
  std::visit([&](const auto& body) { apply_body(event, body); }, event.body);
  last_event_ = event.no;
  last_time_ = event.at;
}

void Book::take_back(const Event& event) {
  CHECK(event.no == last_event_);
  const auto* posted = std::get_if<EntryPosted>(&event.body);
  CHECK(posted != nullptr);
  for (const Posting& leg : posted->entry.legs) {
    Account& line = accounts_[leg.account.value];
    const auto amount = static_cast<Uint128>(leg.amount.minor);
    (leg.side == Side::kDebit ? line.debits : line.credits) -= amount;
  }
  --last_event_.value;
}

void Book::post(const Entry& entry) {
  for (const Posting& leg : entry.legs) {
    CHECK(has_account(leg.account));
    CHECK(leg.amount.minor > 0);
    Account& line = accounts_[leg.account.value];
    // No sum can overflow: 2^64 events of 64 legs of 10^17 stay below 2^127.
    const auto amount = static_cast<Uint128>(leg.amount.minor);
    (leg.side == Side::kDebit ? line.debits : line.credits) += amount;
  }
}

void Book::apply_body(const Event&, const EntryPosted& body) { post(body.entry); }

void Book::apply_body(const Event&, const Refused&) {}

void Book::apply_body(const Event& event, const EntryReversed& body) {
  post(body.entry);
  Reversals& reversals = reversals_[body.target];
  std::size_t next = 0;
  for (std::size_t i = 0; i < kLegsMax; ++i) {
    if ((body.target_legs >> i & 1U) == 0) continue;
    if (reversals.taken.size() <= i) reversals.taken.resize(i + 1);
    reversals.taken[i] += body.entry.legs[next++].amount.minor;
  }
  CHECK(next == body.entry.legs.size());
  reversals.by.push_back(event.no);
}

void Book::apply_body(const Event&, const OpenCooperative& body) {
  CHECK(!opened());
  coop_ = body.coop;
  currency_ = body.currency;
  zone_ = body.zone;
  sen_allowed_ = body.sen_allowed;
  first_day_ = body.first_day;
  open_day_ = body.first_day;
  open_month_ = month_of(body.first_day);
}

void Book::apply_body(const Event&, const GrantRole& body) {
  const PrincipalHandle next{static_cast<std::uint32_t>(principals_.size())};
  const auto [found, is_new] = by_name_.try_emplace(body.principal, next);
  if (is_new) principals_.push_back({body.principal, 0});
  principals_[found->second.value].roles |= 1U << static_cast<unsigned>(body.role);
}

void Book::apply_body(const Event&, const RevokeRole& body) {
  const auto principal = find_principal(body.principal);
  CHECK(principal.has_value());
  principals_[principal->value].roles &= ~(1U << static_cast<unsigned>(body.role));
}

void Book::apply_body(const Event& event, const OpenAccount& body) {
  const AccountHandle handle{static_cast<std::uint32_t>(accounts_.size())};
  CHECK(by_code_.try_emplace(body.code, handle).second);
  Account line;
  if (body.floor) line.floor = body.floor->minor;
  if (body.ceiling) line.ceiling = body.ceiling->minor;
  line.control = body.control;
  line.currency = body.currency;
  line.normal = body.normal;
  line.flags = body.is_control ? Account::kControl : std::uint8_t{0};
  accounts_.push_back(line);
  infos_.push_back({body.code, body.type, event.no});
}

void Book::apply_body(const Event&, const SetLimits& body) {
  CHECK(has_account(body.account));
  Account& line = accounts_[body.account.value];
  line.floor = body.floor ? body.floor->minor : Account::kNoFloor;
  line.ceiling = body.ceiling ? body.ceiling->minor : Account::kNoCeiling;
}

void Book::apply_body(const Event&, const FreezeAccount& body) {
  CHECK(has_account(body.account));
  accounts_[body.account.value].flags |= Account::kFrozen;
}

void Book::apply_body(const Event&, const UnfreezeAccount& body) {
  CHECK(has_account(body.account));
  accounts_[body.account.value].flags &= static_cast<std::uint8_t>(~Account::kFrozen);
}

void Book::apply_body(const Event&, const CloseAccount& body) {
  CHECK(has_account(body.account));
  accounts_[body.account.value].flags |= Account::kClosed;
}

void Book::apply_body(const Event& event, const PlaceHold& body) {
  CHECK(has_account(body.account));
  accounts_[body.account.value].held += body.amount.minor;
  holds_.emplace(event.no, Hold{body.account, body.amount, body.last_day});
}

void Book::apply_body(const Event&, const HoldSettled& body) {
  const auto found = holds_.find(body.hold);
  CHECK(found != holds_.end());
  Hold& hold = found->second;
  CHECK(body.taken <= hold.remaining);
  hold.remaining.minor -= body.taken.minor;
  accounts_[hold.account.value].held -= body.taken.minor;
  if (body.release_rest || hold.remaining.minor == 0) end_hold(body.hold);
  post(body.entry);
}

void Book::apply_body(const Event&, const ReleaseHold& body) { end_hold(body.hold); }

void Book::apply_body(const Event&, const ExpireHold& body) { end_hold(body.hold); }

void Book::apply_body(const Event& event, const CloseDay& body) {
  closed_days_.emplace_back(body.date, event.no);
  open_day_ = body.next;
}

void Book::apply_body(const Event&, const CloseMonth& body) {
  open_month_ = month_of(last_day(body.month) + 1);
}

void Book::end_hold(EventNo no) {
  const auto found = holds_.find(no);
  CHECK(found != holds_.end());
  accounts_[found->second.account.value].held -= found->second.remaining.minor;
  holds_.erase(found);
}

bool operator==(const Book& a, const Book& b) {
  return a.last_event_ == b.last_event_ && a.last_time_ == b.last_time_ && a.coop_ == b.coop_ &&
         a.currency_ == b.currency_ && a.zone_ == b.zone_ && a.sen_allowed_ == b.sen_allowed_ &&
         a.first_day_ == b.first_day_ && a.open_day_ == b.open_day_ &&
         a.open_month_ == b.open_month_ && a.closed_days_ == b.closed_days_ && a.accounts_ == b.accounts_ && a.infos_ == b.infos_ &&
         a.holds_ == b.holds_ && a.reversals_ == b.reversals_ && a.principals_ == b.principals_;
}

}  // namespace lumbung::engine
