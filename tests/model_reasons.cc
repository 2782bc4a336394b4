#include <array>
#include <chrono>
#include <regex>

#include "tests/model.h"

namespace lumbung::tests {
namespace {

using namespace engine;  // NOLINT: every name below is a term of the engine
using enum RefusalCode;
using Coop = Model::Coop;

const cpp_int kLargest("100000000000000000");  // 10^17 minor units

bool matches(const std::string& text, const char* pattern) {
  return std::regex_match(text, std::regex(pattern));
}

bool is_reference_text(const std::string& text) {
  return matches(text, "[A-Za-z0-9./-]{1,40}");
}

bool is_valid(const Metadata& metadata) {
  std::vector<std::string> names;
  for (const MetadataItem& item : metadata) {
    if (!matches(item.name, "[a-z][a-z0-9_]{0,15}")) return false;
    const auto* text = std::get_if<std::string>(&item.value);
    if (text != nullptr && !is_reference_text(*text)) return false;
    names.push_back(item.name);
  }
  std::set<std::string> sorted(names.begin(), names.end());
  return names.size() <= 8 && std::vector(sorted.begin(), sorted.end()) == names;
}

bool in_bounds(Amount amount) {
  return amount.minor > 0 && amount.minor <= kLargest;
}

void shape(const Entry& entry, Reasons& reasons) {
  reasons.add_if(entry.legs.size() < 2, too_few_legs);
  reasons.add_if(entry.legs.size() > 64, too_many_legs);
  for (const Posting& leg : entry.legs) reasons.add_if(!in_bounds(leg.amount), amount_out_of_range);
  reasons.add_if(!is_valid(entry.metadata), metadata_invalid);
}

void dates(const Coop& coop, const std::optional<Date>& booking, const std::optional<Date>& value,
           Reasons& reasons) {
  if (booking) {
    reasons.add_if(*booking < coop.open_day, day_closed);
    reasons.add_if(month_number(*booking) < coop.open_month, month_closed);
    reasons.add_if(*booking > coop.open_day, day_not_open);
  }
  if (value) {
    reasons.add_if(value->days < coop.open_day.days - 366, value_date_out_of_range);
    reasons.add_if(value->days > coop.open_day.days + 31, value_date_out_of_range);
  }
}

/// Whether an account may be used now.
void usable(const Coop& coop, AccountHandle account, Reasons& reasons) {
  const OpenAccount* opened = coop.record.account(account);
  if (opened == nullptr) return reasons.add(account_unknown);
  reasons.add_if(opened->is_control, account_is_control);
  reasons.add_if(coop.accounts.at(account.value).closed, account_closed);
  reasons.add_if(coop.accounts.at(account.value).frozen, account_frozen);
}

void whole_rupiah(const Coop& coop, AccountHandle account, Amount amount, Reasons& reasons) {
  const OpenAccount* opened = coop.record.account(account);
  reasons.add_if(opened != nullptr && alpha_of(opened->currency) == "IDR" &&
                     !coop.opened.sen_allowed && amount.minor % 100 != 0,
                 sen_not_allowed);
}

cpp_int change_of(const Coop& coop, const Entry& entry, AccountHandle account) {
  cpp_int change = 0;
  for (const Posting& leg : entry.legs) {
    if (leg.account != account) continue;
    const bool up = leg.side == coop.record.account(account)->normal;
    change += up ? leg.amount.minor : -cpp_int(leg.amount.minor);
  }
  return change;
}

/// `freed`: of what is held on `holder`, how much the request gives back.
void money(const Coop& coop, const Entry& entry, AccountHandle holder, const cpp_int& freed,
           Reasons& reasons) {
  for (const Posting& leg : entry.legs) {
    if (coop.record.account(leg.account) == nullptr) continue;
    const ModelAccount& account = coop.accounts.at(leg.account.value);
    const cpp_int change = change_of(coop, entry, leg.account);
    const cpp_int given_back = leg.account == holder ? freed : cpp_int(0);
    const cpp_int posted_after = coop.posted(leg.account) + change;
    const cpp_int held_after = coop.held(leg.account) - given_back;
    if (account.floor && change + given_back < 0) {
      reasons.add_if(posted_after - held_after < *account.floor, insufficient_funds);
    }
    if (account.ceiling && change > 0) {
      reasons.add_if(posted_after > *account.ceiling, ceiling_exceeded);
    }
  }
}

void booking(const Coop& coop, const Entry& entry, AccountHandle holder, const cpp_int& freed,
             Reasons& reasons) {
  std::map<Currency, cpp_int> difference;
  for (const Posting& leg : entry.legs) {
    usable(coop, leg.account, reasons);
    whole_rupiah(coop, leg.account, leg.amount, reasons);
    const OpenAccount* opened = coop.record.account(leg.account);
    if (opened == nullptr) continue;
    cpp_int& of = difference[opened->currency];
    of += leg.side == Side::kDebit ? leg.amount.minor : -cpp_int(leg.amount.minor);
  }
  for (const auto& [currency, sum] : difference) reasons.add_if(sum != 0, unbalanced);
  money(coop, entry, holder, freed, reasons);
}

void limits(const std::optional<Amount>& floor, const std::optional<Amount>& ceiling,
            Reasons& reasons) {
  for (const auto& limit : {floor, ceiling}) {
    reasons.add_if(limit && abs(cpp_int(limit->minor)) > kLargest, limit_out_of_range);
  }
  reasons.add_if(floor && ceiling && floor->minor > ceiling->minor, limit_out_of_range);
}

const Entry* entry_at(const Coop& coop, EventNo no) {
  if (no.value == 0 || no > coop.record.last_event()) return nullptr;
  return entry_of(coop.record.events[no.value - 1].body);
}

/// What is left of each leg of the target.
std::vector<cpp_int> remains_of(const Coop& coop, EventNo target) {
  const Reversals reversals = coop.reversals_of(target);
  std::vector<cpp_int> remains;
  for (const Posting& leg : entry_at(coop, target)->legs) {
    const std::size_t i = remains.size();
    const std::int64_t taken = i < reversals.taken.size() ? reversals.taken[i] : 0;
    remains.push_back(cpp_int(leg.amount.minor) - taken);
  }
  return remains;
}

EntryReversed reversal_of(const Coop& coop, const ReverseEntry& command) {
  const std::vector<cpp_int> remains = remains_of(coop, command.target);
  EntryReversed reversed{.target = command.target, .target_legs = 0, .entry = {}};
  for (std::size_t i = 0; i < remains.size(); ++i) {
    const cpp_int amount = command.amounts.empty() ? remains[i] : cpp_int(command.amounts[i].minor);
    if (amount == 0) continue;
    const Posting& was = entry_at(coop, command.target)->legs[i];
    reversed.target_legs += std::uint64_t{1} << i;
    reversed.entry.legs.push_back({was.account,
                                   was.side == Side::kDebit ? Side::kCredit : Side::kDebit,
                                   Amount{static_cast<std::int64_t>(amount)}});
  }
  reversed.entry.value_date = command.value_date;
  reversed.entry.metadata = command.metadata;
  return reversed;
}

void against(const Coop& coop, const PostEntry& command, Reasons& reasons) {
  shape(command.entry, reasons);
  dates(coop, command.booking_date, command.entry.value_date, reasons);
  booking(coop, command.entry, {}, 0, reasons);
}

void against(const Coop& coop, const ReverseEntry& command, Reasons& reasons) {
  std::size_t legs = 0;
  for (const Amount amount : command.amounts) {
    if (amount.minor != 0) ++legs;
    reasons.add_if(amount.minor != 0 && !in_bounds(amount), amount_out_of_range);
  }
  reasons.add_if(!command.amounts.empty() && legs < 2, too_few_legs);
  reasons.add_if(!is_valid(command.metadata), metadata_invalid);
  dates(coop, command.booking_date, command.value_date, reasons);
  const Entry* target = entry_at(coop, command.target);
  if (target == nullptr) return reasons.add(entry_unknown);
  const EventBody& body = coop.record.events[command.target.value - 1].body;
  reasons.add_if(std::holds_alternative<EntryReversed>(body), not_reversible);
  if (!command.amounts.empty() && command.amounts.size() != target->legs.size()) {
    return reasons.add(reversal_legs_mismatch);
  }
  const std::vector<cpp_int> remains = remains_of(coop, command.target);
  bool any_remains = false;
  for (std::size_t i = 0; i < remains.size(); ++i) {
    any_remains = any_remains || remains[i] != 0;
    reasons.add_if(!command.amounts.empty() && command.amounts[i].minor > remains[i],
                   reversal_exceeds);
  }
  reasons.add_if(command.amounts.empty() && !any_remains, reversal_exceeds);
  if (!reasons.first()) {
    booking(coop, reversal_of(coop, command).entry, {}, 0, reasons);
  }
}

void against(const Coop& coop, const PlaceHold& command, Reasons& reasons) {
  reasons.add_if(!in_bounds(command.amount), amount_out_of_range);
  reasons.add_if(coop.held(command.account) + command.amount.minor > kLargest, amount_out_of_range);
  reasons.add_if(command.last_day && *command.last_day < coop.open_day, hold_expiry_invalid);
  usable(coop, command.account, reasons);
  whole_rupiah(coop, command.account, command.amount, reasons);
  if (coop.record.account(command.account) == nullptr) return;
  const auto& floor = coop.accounts.at(command.account.value).floor;
  const cpp_int free = coop.posted(command.account) - coop.held(command.account);
  reasons.add_if(floor && free - command.amount.minor < *floor, insufficient_funds);
}

/// nullptr, with the reason, when that hold is not open.
const ModelHold* open_hold(const Coop& coop, EventNo no, Reasons& reasons) {
  const auto found = coop.holds.find(no.value);
  if (found != coop.holds.end()) return &found->second;
  const bool was = no.value > 0 && no <= coop.record.last_event() &&
                   std::holds_alternative<PlaceHold>(coop.record.events[no.value - 1].body);
  reasons.add(was ? hold_ended : hold_unknown);
  return nullptr;
}

void against(const Coop& coop, const SettleHold& command, Reasons& reasons) {
  shape(command.entry, reasons);
  dates(coop, command.booking_date, command.entry.value_date, reasons);
  const ModelHold* hold = open_hold(coop, command.hold, reasons);
  if (hold == nullptr) return;
  const cpp_int taken = -change_of(coop, command.entry, hold->account);
  reasons.add_if(taken <= 0, hold_not_used);
  reasons.add_if(taken > hold->remaining, hold_exceeded);
  booking(coop, command.entry, hold->account, command.release_rest ? hold->remaining : taken,
          reasons);
}

void against(const Coop& coop, const ReleaseHold& command, Reasons& reasons) {
  open_hold(coop, command.hold, reasons);
}

void against(const Coop& coop, const ExpireHold& command, Reasons& reasons) {
  const ModelHold* hold = open_hold(coop, command.hold, reasons);
  if (hold == nullptr) return;
  reasons.add_if(!hold->last_day || *hold->last_day >= coop.open_day, hold_not_expired);
}

void against(const Coop& coop, const CloseDay& command, Reasons& reasons) {
  reasons.add_if(command.date < coop.open_day, day_closed);
  reasons.add_if(command.date > coop.open_day, day_not_open);
  const int gap = command.next.days - command.date.days;
  reasons.add_if(gap < 1 || gap > 31, next_day_invalid);
}

void against(const Coop& coop, const CloseMonth& command, Reasons& reasons) {
  const int month = command.month.index;
  reasons.add_if(month < coop.open_month, month_closed);
  reasons.add_if(month > coop.open_month || month_number(coop.open_day) <= month, month_not_over);
}

void against(const Coop& coop, const OpenCooperative& command, Reasons& reasons) {
  reasons.add_if(coop.exists(), coop_exists);
  reasons.add_if(find_currency(command.currency) == nullptr, currency_unknown);
  const std::set<std::string> zones{"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "UTC"};
  reasons.add_if(zones.count(command.zone) == 0, zone_unknown);
}

bool has_role(const Coop& coop, const std::string& name, Role role) {
  for (const auto& [principal, roles] : coop.principals) {
    if (principal == name) return roles.count(role) > 0;
  }
  return false;
}

void against(const Coop& coop, const GrantRole& command, Reasons& reasons) {
  reasons.add_if(!is_reference_text(command.principal), principal_name_invalid);
  reasons.add_if(has_role(coop, command.principal, command.role), role_held);
}

void against(const Coop& coop, const RevokeRole& command, Reasons& reasons) {
  reasons.add_if(!is_reference_text(command.principal), principal_name_invalid);
  reasons.add_if(!has_role(coop, command.principal, command.role), role_not_held);
}

void against(const Coop& coop, const OpenAccount& command, Reasons& reasons) {
  limits(command.floor, command.ceiling, reasons);
  reasons.add_if(!is_reference_text(command.code), account_code_invalid);
  for (const OpenAccount& other : coop.record.accounts) {
    reasons.add_if(other.code == command.code, account_code_taken);
  }
  if (command.control.value != 0) {
    const OpenAccount* control = coop.record.account(command.control);
    reasons.add_if(control == nullptr || !control->is_control ||
                       coop.accounts.at(command.control.value).closed ||
                       control->type != command.type || control->normal != command.normal ||
                       control->currency != command.currency,
                   control_invalid);
  }
  reasons.add_if(find_currency(command.currency) == nullptr, currency_unknown);
}

/// nullptr, with the reason, when nothing can be changed about that account.
const ModelAccount* changeable(const Coop& coop, AccountHandle account, Reasons& reasons) {
  const auto found = coop.accounts.find(account.value);
  reasons.add_if(found == coop.accounts.end(), account_unknown);
  if (found == coop.accounts.end()) return nullptr;
  reasons.add_if(found->second.closed, account_closed);
  return &found->second;
}

void against(const Coop& coop, const SetLimits& command, Reasons& reasons) {
  limits(command.floor, command.ceiling, reasons);
  changeable(coop, command.account, reasons);
}

void against(const Coop& coop, const FreezeAccount& command, Reasons& reasons) {
  const ModelAccount* account = changeable(coop, command.account, reasons);
  reasons.add_if(account != nullptr && account->frozen, account_frozen);
}

void against(const Coop& coop, const UnfreezeAccount& command, Reasons& reasons) {
  const ModelAccount* account = changeable(coop, command.account, reasons);
  reasons.add_if(account != nullptr && !account->frozen, account_not_frozen);
}

void against(const Coop& coop, const CloseAccount& command, Reasons& reasons) {
  if (changeable(coop, command.account, reasons) == nullptr) return;
  reasons.add_if(coop.posted(command.account) != 0, account_not_empty);
  reasons.add_if(coop.held(command.account) != 0, account_not_empty);
  for (std::uint32_t h = 1; h <= coop.record.accounts.size(); ++h) {
    const bool is_member = coop.record.accounts[h - 1].control == command.account;
    reasons.add_if(is_member && !coop.accounts.at(h).closed, account_not_empty);
  }
}

void keep_only_another_date(const Coop& coop, Entry& entry) {
  if (entry.value_date == coop.open_day) entry.value_date.reset();
}

}  // namespace

int month_number(Date date) {
  const std::chrono::year_month_day ymd{std::chrono::sys_days{std::chrono::days{date.days}}};
  return static_cast<int>(ymd.year()) * 12 + static_cast<int>(static_cast<unsigned>(ymd.month())) -
         1;
}

std::optional<RefusalCode> Reasons::first() const {
  for (const RefusalCode code : {
#define REFUSAL(number, code, sentence) code,
#include "engine/refusal.def"
#undef REFUSAL
       }) {
    if (codes_.count(code) > 0) return code;
  }
  return std::nullopt;
}

Reasons reasons_against(const Coop& coop, const Command& command) {
  Reasons reasons;
  reasons.add_if(command.principal.value >= coop.principals.size(), principal_unknown);
  std::visit([&](const auto& body) { against(coop, body, reasons); }, command.body);
  return reasons;
}

EventBody body_of(const Coop& coop, const CommandBody& command) {
  if (const auto* post = std::get_if<PostEntry>(&command)) {
    EntryPosted posted{post->entry};
    keep_only_another_date(coop, posted.entry);
    return posted;
  }
  if (const auto* reverse = std::get_if<ReverseEntry>(&command)) {
    EntryReversed reversed = reversal_of(coop, *reverse);
    keep_only_another_date(coop, reversed.entry);
    return reversed;
  }
  if (const auto* settle = std::get_if<SettleHold>(&command)) {
    const ModelHold& hold = coop.holds.at(settle->hold.value);
    const cpp_int taken = -change_of(coop, settle->entry, hold.account);
    HoldSettled settled{.hold = settle->hold,
                        .taken = Amount{static_cast<std::int64_t>(taken)},
                        .release_rest = settle->release_rest,
                        .entry = settle->entry};
    keep_only_another_date(coop, settled.entry);
    return settled;
  }
  // The other kinds happen exactly as they were asked.
  EventBody same;
  std::visit(
      [&](const auto& body) {
        if constexpr (std::is_constructible_v<EventBody, decltype(body)>) same = body;
      },
      command);
  return same;
}

}  // namespace lumbung::tests
