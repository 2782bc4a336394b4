#include "engine/rules.h"

#include <algorithm>
#include <bit>

namespace lumbung::engine {
namespace {

using enum RefusalCode;

std::int64_t number_of(AccountHandle h) {
  return static_cast<std::int64_t>(h.value);
}

/// A parameter is 64 bits; a balance beyond says only that it is beyond.
std::int64_t clamp(Int128 value) {
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();
  if (value < kLow) return kLow;
  if (value > kHigh) return kHigh;
  return static_cast<std::int64_t>(value);
}

bool is_metadata_name(std::string_view name) {
  if (name.empty() || name.size() > 16 || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_amount(Amount amount) {
  return amount.minor > 0 && amount.minor <= kAmountMax;
}

/// Of what is wrong in several legs the first in the order of refusal.def is told; of equals the
/// earlier leg.
void keep_first(Finding& first, const Finding& next) {
  if (next && (!first || precedes(next->refusal.code, first->refusal.code))) first = next;
}

/// What an account may do now; `leg` names the posting that wants it.
Finding usable_violation(const Book& book, AccountHandle h, std::int64_t leg) {
  const Param account{ParamKind::kAccount, number_of(h)};
  const Param at{ParamKind::kLeg, leg};
  if (!book.has_account(h)) return Violation{8, "account", Refusal(account_unknown, account, at)};
  const Account& line = book.account(h);
  if (line.flags == 0) return std::nullopt;
  if (line.has(Account::kControl)) {
    return Violation{8, "account", Refusal(account_is_control, account, at)};
  }
  if (line.has(Account::kClosed)) {
    return Violation{8, "account", Refusal(account_closed, account, at)};
  }
  if (line.has(Account::kFrozen)) {
    return Violation{8, "account", Refusal(account_frozen, account, at)};
  }
  return std::nullopt;
}

/// Rupiah have two digits of sen by ISO 4217, but nobody pays with them.
bool has_sen(const Book& book, const Account& line, Amount amount) {
  return line.currency == kIDR && !book.sen_allowed() && amount.minor % 100 != 0;
}

Int128 signed_on(Side normal, const Posting& leg) {
  return leg.side == normal ? Int128{leg.amount.minor} : -Int128{leg.amount.minor};
}

/// Sum of debits minus credits of the legs in one currency.
Int128 imbalance(const Book& book, const Entry& entry, Currency currency) {
  Int128 sum = 0;
  for (const Posting& leg : entry.legs) {
    if (book.account(leg.account).currency == currency) sum += signed_on(Side::kDebit, leg);
  }
  return sum;
}

/// Whether the posted balance, changed by so much, stays inside the limit on the side it moves to.
bool within_limits(const Account& line, Int128 change) {
  if (change < 0) {
    return line.floor == Account::kNoFloor || line.posted() - line.held - line.floor + change >= 0;
  }
  return change == 0 || line.ceiling == Account::kNoCeiling ||
         line.posted() + change <= line.ceiling;
}

/// Floor and ceiling of one account when its posted or held balance changes by `change`. Only the
/// side that is moved towards is asked, so that an account that is outside its limits already can
/// be brought back inside.
Finding limits_violation(const Book& book, AccountHandle h, Int128 change) {
  const Account& line = book.account(h);
  if (within_limits(line, change)) return std::nullopt;
  if (change < 0) {
    return Violation{
        4, "amount",
        Refusal(insufficient_funds, Param{ParamKind::kAccount, number_of(h)},
                Param{ParamKind::kAmount, clamp(-change)},
                Param{ParamKind::kAvailable, clamp(line.posted() - line.held - line.floor)})};
  }
  return Violation{
      4, "amount",
      Refusal(ceiling_exceeded, Param{ParamKind::kAccount, number_of(h)},
              Param{ParamKind::kAmount, clamp(change)}, Param{ParamKind::kLimit, line.ceiling})};
}

Finding at(int invariant, std::string_view field, RefusalCode code) {
  return Violation{invariant, field, Refusal(code)};
}

Finding at_account(int invariant, std::string_view field, RefusalCode code, AccountHandle h) {
  return Violation{invariant, field, Refusal(code, Param{ParamKind::kAccount, number_of(h)})};
}

bool are_limits(const std::optional<Amount>& floor, const std::optional<Amount>& ceiling) {
  const auto within = [](const std::optional<Amount>& a) {
    return !a || (a->minor >= -kAmountMax && a->minor <= kAmountMax);
  };
  return within(floor) && within(ceiling) && (!floor || !ceiling || *floor <= *ceiling);
}

// --- one function a kind, as in decide.cc ---

Finding violation(const View& view, const EntryPosted& body) {
  if (auto v = shape_violation(body.entry)) return v;
  if (auto v = accounts_violation(view.book(), body.entry)) return v;
  return funds_violation(view.book(), body.entry);
}

Finding violation(const View&, const Refused&) {
  return std::nullopt;
}

Finding violation(const View& view, const EntryReversed& body) {
  if (auto v = shape_violation(body.entry)) return v;
  const Refusal unknown(entry_unknown,
                        Param{ParamKind::kEvent, static_cast<std::int64_t>(body.target.value)});
  if (body.target > view.book().last_event()) return Violation{6, "reversal_target", unknown};
  const auto target = view.event(body.target);
  const Entry* reversed = target ? entry_of(target->body) : nullptr;
  if (reversed == nullptr) return Violation{6, "reversal_target", unknown};
  if (std::holds_alternative<EntryReversed>(target->body)) {
    return Violation{6, "reversal_target", Refusal(not_reversible, unknown.params[0])};
  }
  if (static_cast<std::size_t>(std::popcount(body.target_legs)) != body.entry.legs.size() ||
      (reversed->legs.size() < 64 && body.target_legs >> reversed->legs.size() != 0)) {
    return Violation{6, "payload", Refusal(reversal_legs_mismatch)};
  }
  const Reversals* before = view.book().find_reversals(body.target);
  std::size_t next = 0;
  for (std::size_t i = 0; i < reversed->legs.size(); ++i) {
    if ((body.target_legs >> i & 1U) == 0) continue;
    const Posting& was = reversed->legs[i];
    const Posting& now = body.entry.legs[next++];
    const std::int64_t taken = before != nullptr && i < before->taken.size() ? before->taken[i] : 0;
    if (now.account != was.account || now.side != opposite(was.side)) {
      return Violation{6, "leg_account", Refusal(reversal_legs_mismatch)};
    }
    if (now.amount.minor > was.amount.minor - taken) {
      return Violation{
          6, "leg_amount",
          Refusal(reversal_exceeds, Param{ParamKind::kLeg, static_cast<std::int64_t>(i)},
                  Param{ParamKind::kAccount, number_of(was.account)},
                  Param{ParamKind::kAvailable, was.amount.minor - taken})};
    }
  }
  if (auto v = accounts_violation(view.book(), body.entry)) return v;
  return funds_violation(view.book(), body.entry);
}

Finding violation(const View& view, const OpenCooperative& body) {
  if (view.book().opened()) return at(2, "payload", coop_exists);
  if (find_currency(body.currency) == nullptr) return at(1, "payload", currency_unknown);
  if (!find_zone(body.zone)) return at(7, "payload", zone_unknown);
  return std::nullopt;
}

Finding violation(const View& view, const GrantRole& body) {
  if (!is_reference(body.principal)) return at(3, "payload", principal_name_invalid);
  const auto known = view.book().find_principal(body.principal);
  if (known && view.book().principal(*known).holds(body.role)) return at(3, "payload", role_held);
  return std::nullopt;
}

Finding violation(const View& view, const RevokeRole& body) {
  if (!is_reference(body.principal)) return at(3, "payload", principal_name_invalid);
  const auto known = view.book().find_principal(body.principal);
  if (!known || !view.book().principal(*known).holds(body.role)) {
    return at(3, "payload", role_not_held);
  }
  return std::nullopt;
}

Finding violation(const View& view, const OpenAccount& body) {
  const Book& book = view.book();
  if (!are_limits(body.floor, body.ceiling)) return at(4, "payload", limit_out_of_range);
  if (!is_reference(body.code)) return at(8, "payload", account_code_invalid);
  if (book.find_account(body.code).value != 0) return at(8, "payload", account_code_taken);
  if (body.control.value != 0) {
    if (!book.has_account(body.control)) return at(8, "payload", control_invalid);
    const Account& control = book.account(body.control);
    if (!control.has(Account::kControl) || control.has(Account::kClosed) ||
        control.normal != body.normal || control.currency != body.currency ||
        book.info(body.control).type != body.type) {
      return at_account(8, "payload", control_invalid, body.control);
    }
  }
  if (find_currency(body.currency) == nullptr) return at(1, "payload", currency_unknown);
  return std::nullopt;
}

Finding known_account(const Book& book, AccountHandle h) {
  if (!book.has_account(h)) return at_account(8, "payload", account_unknown, h);
  if (book.account(h).has(Account::kClosed)) return at_account(8, "payload", account_closed, h);
  return std::nullopt;
}

Finding violation(const View& view, const SetLimits& body) {
  if (!are_limits(body.floor, body.ceiling)) return at(4, "payload", limit_out_of_range);
  return known_account(view.book(), body.account);
}

Finding violation(const View& view, const FreezeAccount& body) {
  if (auto v = known_account(view.book(), body.account)) return v;
  if (view.book().account(body.account).has(Account::kFrozen)) {
    return at_account(8, "payload", account_frozen, body.account);
  }
  return std::nullopt;
}

Finding violation(const View& view, const UnfreezeAccount& body) {
  if (auto v = known_account(view.book(), body.account)) return v;
  if (!view.book().account(body.account).has(Account::kFrozen)) {
    return at_account(8, "payload", account_not_frozen, body.account);
  }
  return std::nullopt;
}

Finding violation(const View& view, const CloseAccount& body) {
  const Book& book = view.book();
  if (auto v = known_account(book, body.account)) return v;
  const Account& line = book.account(body.account);
  bool empty = line.posted() == 0 && line.held == 0;
  if (line.has(Account::kControl)) {
    for (std::uint32_t h = 1; h <= book.account_count() && empty; ++h) {
      const Account& member = book.account(AccountHandle{h});
      empty = member.control != body.account || member.has(Account::kClosed);
    }
  }
  if (!empty) return at_account(8, "payload", account_not_empty, body.account);
  return std::nullopt;
}

Finding violation(const View& view, const PlaceHold& body) {
  const Book& book = view.book();
  if (!is_amount(body.amount)) return at(5, "payload", amount_out_of_range);
  // `held` is 64 bits wide: what one account reserves is bounded as one amount is.
  if (book.has_account(body.account) &&
      body.amount.minor > kAmountMax - book.account(body.account).held) {
    return at(5, "payload", amount_out_of_range);
  }
  if (body.last_day && *body.last_day < book.open_day())
    return at(5, "payload", hold_expiry_invalid);
  if (auto v = usable_violation(book, body.account, 0)) return v;
  const Account& line = book.account(body.account);
  if (has_sen(book, line, body.amount)) return at(1, "payload", sen_not_allowed);
  return limits_violation(book, body.account, -Int128{body.amount.minor});
}

/// The open hold of that number, or why there is none.
Finding open_hold(const View& view, EventNo no, const Hold*& hold) {
  hold = view.book().find_hold(no);
  if (hold != nullptr) return std::nullopt;
  const Param number{ParamKind::kEvent, static_cast<std::int64_t>(no.value)};
  std::optional<Event> event;
  if (no <= view.book().last_event()) event = view.event(no);
  const bool ended = event && std::holds_alternative<PlaceHold>(event->body);
  return Violation{5, "payload", Refusal(ended ? hold_ended : hold_unknown, number)};
}

Finding violation(const View& view, const HoldSettled& body) {
  const Book& book = view.book();
  if (auto v = shape_violation(body.entry)) return v;
  const Hold* hold = nullptr;
  if (auto v = open_hold(view, body.hold, hold)) return v;
  const Int128 taken = taken_by(book, body.entry, hold->account);
  if (taken <= 0 || taken != body.taken.minor) return at(5, "payload", hold_not_used);
  if (taken > hold->remaining.minor) {
    return Violation{5, "payload",
                     Refusal(hold_exceeded, Param{ParamKind::kAccount, number_of(hold->account)},
                             Param{ParamKind::kAvailable, hold->remaining.minor})};
  }
  if (auto v = accounts_violation(book, body.entry)) return v;
  return funds_violation(book, body.entry, hold->account);
}

Finding violation(const View& view, const ReleaseHold& body) {
  const Hold* hold = nullptr;
  return open_hold(view, body.hold, hold);
}

Finding violation(const View& view, const ExpireHold& body) {
  const Hold* hold = nullptr;
  if (auto v = open_hold(view, body.hold, hold)) return v;
  if (!hold->last_day || *hold->last_day >= view.book().open_day()) {
    return at(5, "payload", hold_not_expired);
  }
  return std::nullopt;
}

Finding violation(const View& view, const CloseDay& body) {
  const Book& book = view.book();
  if (body.date < book.open_day()) return at(7, "payload", day_closed);
  if (body.date > book.open_day()) return at(7, "payload", day_not_open);
  if (body.next <= body.date) return at(7, "payload", next_day_invalid);
  return std::nullopt;
}

Finding violation(const View& view, const CloseMonth& body) {
  const Book& book = view.book();
  if (body.month < book.open_month()) return at(7, "payload", month_closed);
  if (body.month > book.open_month() || last_day(body.month) >= book.open_day()) {
    return at(7, "payload", month_not_over);
  }
  return std::nullopt;
}

}  // namespace

bool is_metadata(const Metadata& metadata) {
  if (metadata.size() > kMetadataMax) return false;
  for (std::size_t i = 0; i < metadata.size(); ++i) {
    if (!is_metadata_name(metadata[i].name)) return false;
    if (i > 0 && metadata[i - 1].name >= metadata[i].name) return false;
    const auto* text = std::get_if<std::string>(&metadata[i].value);
    if (text != nullptr && !is_reference(*text)) return false;
  }
  return true;
}

Finding shape_violation(const Entry& entry) {
  if (entry.legs.size() < 2) return at(1, "leg_count", too_few_legs);
  if (entry.legs.size() > kLegsMax) return at(1, "leg_count", too_many_legs);
  for (std::size_t i = 0; i < entry.legs.size(); ++i) {
    if (!is_amount(entry.legs[i].amount)) {
      return Violation{
          1, "amount",
          Refusal(amount_out_of_range, Param{ParamKind::kLeg, static_cast<std::int64_t>(i)})};
    }
  }
  if (!entry.metadata.empty() && !is_metadata(entry.metadata)) {
    return at(1, "metadata", metadata_invalid);
  }
  return std::nullopt;
}

Finding accounts_violation(const Book& book, const Entry& entry) {
  Finding first = std::nullopt;  // `Finding first;` would clear its hundred bytes, twice an entry
  std::int64_t i = 0;
  for (const Posting& leg : entry.legs) keep_first(first, usable_violation(book, leg.account, i++));
  if (first) return first;
  i = 0;
  for (const Posting& leg : entry.legs) {
    if (has_sen(book, book.account(leg.account), leg.amount)) {
      return Violation{1, "amount", Refusal(sen_not_allowed, Param{ParamKind::kLeg, i})};
    }
    ++i;
  }
  for (const Posting& leg : entry.legs) {
    // One look is enough where the entry has one currency; the first imbalance answers.
    const Int128 sum = imbalance(book, entry, book.account(leg.account).currency);
    if (sum != 0) {
      return Violation{1, "amount",
                       Refusal(unbalanced, Param{ParamKind::kAmount, clamp(sum)},
                               Param{ParamKind::kAccount, number_of(leg.account)})};
    }
  }
  return std::nullopt;
}

bool holds(const Book& book, const SimpleEntry& entry) {
  // One account on both sides moves nothing in the end, which is for the general rules to say.
  if (!is_amount(entry.amount) || entry.debit == entry.credit) return false;
  if (!book.has_account(entry.debit) || !book.has_account(entry.credit)) return false;
  const Account& debit = book.account(entry.debit);
  const Account& credit = book.account(entry.credit);
  if ((debit.flags | credit.flags) != 0 || debit.currency != credit.currency) return false;
  if (has_sen(book, debit, entry.amount)) return false;
  const Int128 amount{entry.amount.minor};
  return within_limits(debit, debit.normal == Side::kDebit ? amount : -amount) &&
         within_limits(credit, credit.normal == Side::kCredit ? amount : -amount);
}

Int128 taken_by(const Book& book, const Entry& entry, AccountHandle account) {
  if (!book.has_account(account)) return 0;
  Int128 taken = 0;
  for (const Posting& leg : entry.legs) {
    if (leg.account == account) taken -= signed_on(book.account(account).normal, leg);
  }
  return taken;
}

Finding funds_violation(const Book& book, const Entry& entry, AccountHandle held) {
  Finding first = std::nullopt;
  for (std::size_t i = 0; i < entry.legs.size(); ++i) {
    const AccountHandle h = entry.legs[i].account;
    const auto same = [h](const Posting& leg) { return leg.account == h; };
    const auto begin = entry.legs.begin();
    if (std::any_of(begin, begin + static_cast<std::ptrdiff_t>(i), same)) continue;
    if (h == held) continue;
    keep_first(first, limits_violation(book, h, -taken_by(book, entry, h)));
  }
  return first;
}

Finding body_violation(const View& view, const EventBody& body) {
  return std::visit([&](const auto& kind) { return violation(view, kind); }, body);
}

Finding event_violation(const View& view, const Event& event) {
  const Book& book = view.book();
  if (event.no.value != book.last_event().value + 1) return at(2, "first_event", entry_unknown);
  if (event.at < book.last_time()) return at(2, "stamped_time", entry_unknown);
  const bool opens = std::holds_alternative<OpenCooperative>(event.body);
  if (opens != !book.opened()) return at(2, "kind", opens ? coop_exists : coop_unknown);
  if (!opens && event.booking_date != book.open_day()) {
    return at(7, "business_date", event.booking_date < book.open_day() ? day_closed : day_not_open);
  }
  if (!book.has_principal(event.principal)) return at(3, "principal", principal_unknown);
  return body_violation(view, event.body);
}

}  // namespace lumbung::engine
