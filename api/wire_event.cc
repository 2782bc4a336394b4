// Events as JSON: the one form in which they leave the journal.
#include "api/wire.h"
#include "api/wire_members.h"
#include "engine/currency.h"
#include "storage/digest.h"

namespace lumbung::api {

using engine::Int128;
using json::Writer;
using wire::amount;
using wire::date;
using wire::number;
using wire::optional_amount;
using wire::time;

namespace {

void account(Writer& out, std::string_view name, engine::AccountHandle handle,
             Directory& directory) {
  out.member(name, std::string_view(directory.account(handle).code));
}

void metadata_value(Writer& out, std::int64_t value) {
  out.value(value);
}
void metadata_value(Writer& out, engine::Date value) {
  out.value(std::string_view(engine::format_date(value)));
}
void metadata_value(Writer& out, const std::string& value) {
  out.value(std::string_view(value));
}

void entry(Writer& out, const engine::Entry& value, Directory& directory) {
  out.key("legs").begin_array();
  for (const engine::Posting& leg : value.legs) {
    const AccountName& name = directory.account(leg.account);
    out.begin_object().member("account", std::string_view(name.code));
    out.member("side", engine::name_of(leg.side));
    amount(out, "amount", leg.amount.minor, name.exponent);
    out.end_object();
  }
  out.end_array();
  if (value.value_date) date(out, "value_date", *value.value_date);
  if (value.metadata.empty()) return;
  out.key("metadata").begin_object();
  for (const engine::MetadataItem& item : value.metadata) {
    out.key(item.name);
    std::visit([&](const auto& v) { metadata_value(out, v); }, item.value);
  }
  out.end_object();
}

void bounds(Writer& out, const std::optional<engine::Amount>& floor,
            const std::optional<engine::Amount>& ceiling, int exponent) {
  const auto minor = [](const std::optional<engine::Amount>& bound) -> std::optional<Int128> {
    if (!bound) return std::nullopt;
    return bound->minor;
  };
  optional_amount(out, "floor", minor(floor), exponent);
  optional_amount(out, "ceiling", minor(ceiling), exponent);
}

void role(Writer& out, const std::string& holder, engine::Role value) {
  out.member("holder", std::string_view(holder));
  out.member("role", engine::name_of(value));
}

// --- what is particular to a kind of event ---

void body(Writer& out, const engine::EntryPosted& event, Directory& directory) {
  entry(out, event.entry, directory);
}

void body(Writer& out, const engine::EntryReversed& event, Directory& directory) {
  number(out, "reverses", event.target);
  out.key("reversed_legs").begin_array();
  for (unsigned leg = 0; leg < engine::kLegsMax; ++leg) {
    if ((event.target_legs >> leg & 1U) != 0) out.value(leg);
  }
  out.end_array();
  entry(out, event.entry, directory);
}

void body(Writer& out, const engine::HoldSettled& event, Directory& directory) {
  number(out, "hold", event.hold);
  out.member("release_rest", event.release_rest);
  entry(out, event.entry, directory);
}

void body(Writer& out, const engine::Refused& event, Directory& directory) {
  out.key("refusal").begin_object();
  wire::refusal(out, event.refusal, &directory);
  out.end_object();
}

void body(Writer& out, const engine::OpenCooperative& event, Directory&) {
  out.member("coop", event.coop.text());
  out.member("currency", engine::alpha_of(event.currency));
  out.member("zone", std::string_view(event.zone));
  date(out, "first_day", event.first_day);
  out.member("sen_allowed", event.sen_allowed);
}

void body(Writer& out, const engine::GrantRole& event, Directory&) {
  role(out, event.principal, event.role);
}

void body(Writer& out, const engine::RevokeRole& event, Directory&) {
  role(out, event.principal, event.role);
}

void body(Writer& out, const engine::OpenAccount& event, Directory& directory) {
  out.member("account", std::string_view(event.code));
  out.member("type", engine::name_of(event.type));
  out.member("normal", engine::name_of(event.normal));
  out.member("currency", engine::alpha_of(event.currency));
  if (event.control.value != 0) account(out, "control", event.control, directory);
  out.member("is_control", event.is_control);
  bounds(out, event.floor, event.ceiling, engine::exponent_of(event.currency));
}

void body(Writer& out, const engine::SetLimits& event, Directory& directory) {
  account(out, "account", event.account, directory);
  bounds(out, event.floor, event.ceiling, directory.account(event.account).exponent);
}

void body(Writer& out, const engine::PlaceHold& event, Directory& directory) {
  account(out, "account", event.account, directory);
  amount(out, "amount", event.amount.minor, directory.account(event.account).exponent);
  if (event.last_day) date(out, "last_day", *event.last_day);
}

void body(Writer& out, const engine::CloseDay& event, Directory&) {
  date(out, "date", event.date);
  date(out, "next", event.next);
}

void body(Writer& out, const engine::CloseMonth& event, Directory&) {
  out.member("month", std::string_view(engine::format_month(event.month)));
}

/// FreezeAccount, UnfreezeAccount, CloseAccount.
template <class Kind>
auto body(Writer& out, const Kind& event, Directory& directory) -> decltype(event.account, void()) {
  account(out, "account", event.account, directory);
}

/// ReleaseHold, ExpireHold.
template <class Kind>
auto body(Writer& out, const Kind& event, Directory&) -> decltype(event.hold, void()) {
  number(out, "hold", event.hold);
}

// --- the word of a kind; what was asked and what happened have the same one ---

struct Kind {
  std::string_view operator()(const engine::PostEntry&) const { return "entry"; }
  std::string_view operator()(const engine::EntryPosted&) const { return "entry"; }
  std::string_view operator()(const engine::ReverseEntry&) const { return "reversal"; }
  std::string_view operator()(const engine::EntryReversed&) const { return "reversal"; }
  std::string_view operator()(const engine::SettleHold&) const { return "hold_settled"; }
  std::string_view operator()(const engine::HoldSettled&) const { return "hold_settled"; }
  std::string_view operator()(const engine::Refused&) const { return "refused"; }
  std::string_view operator()(const engine::OpenCooperative&) const { return "book_opened"; }
  std::string_view operator()(const engine::GrantRole&) const { return "role_granted"; }
  std::string_view operator()(const engine::RevokeRole&) const { return "role_revoked"; }
  std::string_view operator()(const engine::OpenAccount&) const { return "account_opened"; }
  std::string_view operator()(const engine::SetLimits&) const { return "limits_set"; }
  std::string_view operator()(const engine::FreezeAccount&) const { return "account_frozen"; }
  std::string_view operator()(const engine::UnfreezeAccount&) const { return "account_unfrozen"; }
  std::string_view operator()(const engine::CloseAccount&) const { return "account_closed"; }
  std::string_view operator()(const engine::PlaceHold&) const { return "hold_placed"; }
  std::string_view operator()(const engine::ReleaseHold&) const { return "hold_released"; }
  std::string_view operator()(const engine::ExpireHold&) const { return "hold_expired"; }
  std::string_view operator()(const engine::CloseDay&) const { return "day_closed"; }
  std::string_view operator()(const engine::CloseMonth&) const { return "month_closed"; }
};

}  // namespace

std::string_view kind_of(const engine::CommandBody& command) {
  return std::visit(Kind{}, command);
}

std::string_view kind_of(const engine::EventBody& event) {
  return std::visit(Kind{}, event);
}

void render_event_json(Writer& out, const engine::Event& event, Directory& directory,
                       const std::vector<engine::EventNo>* reversed_by) {
  out.begin_object();
  number(out, "event", event.no);
  out.member("kind", kind_of(event.body));
  date(out, "booking_date", event.booking_date);
  time(out, "recorded_at", event.at);
  out.member("principal", std::string_view(directory.principal(event.principal)));
  if (!event.key.empty()) out.member("key", std::string_view(event.key.text()));
  if (event.batch_size > 0) out.member("batch_size", event.batch_size);
  if (event.digest) {
    out.member("digest",
               std::string_view(storage::hex(std::string_view(
                   reinterpret_cast<const char*>(event.digest->data()), event.digest->size()))));
  }
  std::visit([&](const auto& kind) { body(out, kind, directory); }, event.body);
  if (reversed_by != nullptr) {
    out.key("reversed_by").begin_array();
    for (const engine::EventNo no : *reversed_by) out.value(no.value);
    out.end_array();
  }
  out.end_object();
}

}  // namespace lumbung::api
