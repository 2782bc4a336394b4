#include "engine/decide.h"

#include "engine/rules.h"

namespace lumbung::engine {
namespace {

using enum RefusalCode;

Param date_param(Date date) {
  return {ParamKind::kDate, date.days};
}

/// A caller who names the booking date insists on it: only the open day books.
std::optional<Refusal> booking_date_refusal(const Book& book, const std::optional<Date>& date) {
  if (!date || *date == book.open_day()) return std::nullopt;
  if (*date > book.open_day()) return Refusal(day_not_open, date_param(*date));
  if (month_of(*date) < book.open_month()) return Refusal(month_closed, date_param(*date));
  return Refusal(day_closed, date_param(*date));
}

std::optional<Refusal> value_date_refusal(const Book& book, const Policy& policy,
                                          const std::optional<Date>& date) {
  if (!date) return std::nullopt;
  const int ahead = *date - book.open_day();
  if (ahead > policy.value_date_ahead_days || -ahead > policy.value_date_back_days) {
    return Refusal(value_date_out_of_range, date_param(*date));
  }
  return std::nullopt;
}

std::optional<Refusal> dates_refusal(const Book& book, const Policy& policy,
                                     const std::optional<Date>& booking_date,
                                     const std::optional<Date>& value_date) {
  if (auto refusal = booking_date_refusal(book, booking_date)) return refusal;
  return value_date_refusal(book, policy, value_date);
}

/// What can be said of a reversal without its target.
std::optional<Refusal> reversal_shape_refusal(const ReverseEntry& command) {
  std::size_t legs = 0;
  std::optional<Refusal> out_of_range;
  for (std::size_t i = 0; i < command.amounts.size(); ++i) {
    const Amount amount = command.amounts[i];
    if (amount.minor != 0) ++legs;
    if (!out_of_range && (amount.minor < 0 || amount.minor > kAmountMax)) {
      out_of_range =
          Refusal(amount_out_of_range, Param{ParamKind::kLeg, static_cast<std::int64_t>(i)});
    }
  }
  if (!command.amounts.empty() && legs < 2) return Refusal(too_few_legs);
  if (out_of_range) return out_of_range;
  if (!is_metadata(command.metadata)) return Refusal(metadata_invalid);
  return std::nullopt;
}

/// An entry whose value date is the day it is booked on has no value date of its own: equal facts
/// are equal bytes.
void normalise_value_date(const Book& book, Entry& entry) {
  if (entry.value_date == book.open_day()) entry.value_date.reset();
}

Result<EventBody> unless_violated(const View& view, EventBody body) {
  if (auto v = body_violation(view, body)) return v->refusal;
  return body;
}

// --- one function a command; shape and dates are asked in the order of refusal.def ---

Result<EventBody> decide_body(const View& view, const Policy& policy, const PostEntry& command) {
  const Book& book = view.book();
  if (auto v = shape_violation(command.entry)) return v->refusal;
  if (auto r = dates_refusal(book, policy, command.booking_date, command.entry.value_date))
    return *r;
  if (auto v = accounts_violation(book, command.entry)) return v->refusal;
  if (auto v = funds_violation(book, command.entry)) return v->refusal;
  EntryPosted posted{command.entry};
  normalise_value_date(book, posted.entry);
  return EventBody(std::move(posted));
}

Result<EventBody> decide_body(const View& view, const Policy& policy, const ReverseEntry& command) {
  const Book& book = view.book();
  if (auto r = reversal_shape_refusal(command)) return *r;
  if (auto r = dates_refusal(book, policy, command.booking_date, command.value_date)) return *r;
  const Refusal unknown(entry_unknown,
                        Param{ParamKind::kEvent, static_cast<std::int64_t>(command.target.value)});
  if (command.target > book.last_event()) return unknown;
  const auto target = view.event(command.target);
  const Entry* entry = target ? entry_of(target->body) : nullptr;
  if (entry == nullptr) return unknown;
  if (std::holds_alternative<EntryReversed>(target->body)) {
    return Refusal(not_reversible, unknown.params[0]);
  }
  if (!command.amounts.empty() && command.amounts.size() != entry->legs.size()) {
    return Refusal(reversal_legs_mismatch);
  }
  EntryReversed reversed{.target = command.target, .target_legs = 0, .entry = {}};
  const Reversals* before = book.find_reversals(command.target);
  for (std::size_t i = 0; i < entry->legs.size(); ++i) {
    const std::int64_t taken = before != nullptr && i < before->taken.size() ? before->taken[i] : 0;
    const std::int64_t remains = entry->legs[i].amount.minor - taken;
    const std::int64_t wanted = command.amounts.empty() ? remains : command.amounts[i].minor;
    if (wanted == 0) continue;
    reversed.target_legs |= std::uint64_t{1} << i;
    reversed.entry.legs.push_back(
        {entry->legs[i].account, opposite(entry->legs[i].side), Amount{wanted}});
  }
  if (reversed.entry.legs.empty()) return Refusal(reversal_exceeds);
  reversed.entry.value_date = command.value_date;
  reversed.entry.metadata = command.metadata;
  normalise_value_date(book, reversed.entry);
  return unless_violated(view, EventBody(std::move(reversed)));
}

Result<EventBody> decide_body(const View& view, const Policy& policy, const SettleHold& command) {
  const Book& book = view.book();
  if (auto v = shape_violation(command.entry)) return v->refusal;
  if (auto r = dates_refusal(book, policy, command.booking_date, command.entry.value_date))
    return *r;
  HoldSettled settled{.hold = command.hold,
                      .taken = {},
                      .release_rest = command.release_rest,
                      .entry = command.entry};
  if (const Hold* hold = book.find_hold(command.hold)) {
    const Int128 taken = taken_by(book, command.entry, hold->account);
    if (taken > hold->remaining.minor) {
      return Refusal(hold_exceeded,
                     Param{ParamKind::kAccount, static_cast<std::int64_t>(hold->account.value)},
                     Param{ParamKind::kAvailable, hold->remaining.minor});
    }
    settled.taken = Amount{taken > 0 ? static_cast<std::int64_t>(taken) : 0};
  }
  normalise_value_date(book, settled.entry);
  return unless_violated(view, EventBody(std::move(settled)));
}

Result<EventBody> decide_body(const View& view, const Policy& policy, const CloseDay& command) {
  if (auto v = body_violation(view, command)) return v->refusal;
  if (command.next - command.date > policy.next_day_gap_days) {
    return Refusal(next_day_invalid, date_param(command.next));
  }
  return EventBody(command);
}

/// The other kinds happen as they were asked.
template <class Kind>
Result<EventBody> decide_body(const View& view, const Policy&, const Kind& command) {
  return unless_violated(view, EventBody(command));
}

}  // namespace

Result<EventBody> decide(const View& view, const Policy& policy, const Command& command) {
  if (!view.book().has_principal(command.principal)) return Refusal(principal_unknown);
  if (view.book().opened() == std::holds_alternative<OpenCooperative>(command.body)) {
    return Refusal(view.book().opened() ? coop_exists : coop_unknown);
  }
  return std::visit([&](const auto& body) { return decide_body(view, policy, body); },
                    command.body);
}

}  // namespace lumbung::engine
