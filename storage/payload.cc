#include "storage/payload.h"

#include <algorithm>
#include <array>

#include "engine/check.h"
#include "storage/block.h"
#include "engine/bytes.h"
#include "storage/columns.h"
#include "storage/digest.h"

namespace lumbung::storage {
namespace {

using namespace engine;

constexpr std::array<std::string_view, kKindMax + 1> kKindNames{
    "",
    "entry_posted",
    "entry_posted",
    "refused",
    "entry_reversed",
    "cooperative_opened",
    "role_granted",
    "role_revoked",
    "account_opened",
    "limits_set",
    "account_frozen",
    "account_unfrozen",
    "account_closed",
    "hold_placed",
    "hold_settled",
    "hold_released",
    "hold_expired",
    "day_closed",
    "month_closed",
};

bool is_simple(const Entry& entry) {
  return entry.legs.size() == 2 && entry.legs[0].side == Side::kDebit &&
         entry.legs[1].side == Side::kCredit && entry.legs[0].amount == entry.legs[1].amount;
}

// --- pieces ---

constexpr std::uint8_t kHasFirst = 1;
constexpr std::uint8_t kHasSecond = 2;
constexpr std::uint8_t kIsControl = 4;

std::uint8_t flags_of(bool first, bool second, bool control = false) {
  return static_cast<std::uint8_t>((first ? kHasFirst : 0) | (second ? kHasSecond : 0) |
                                   (control ? kIsControl : 0));
}

void put_limits(ByteWriter& out, const std::optional<Amount>& floor,
                const std::optional<Amount>& ceiling) {
  if (floor) out.put(floor->minor);
  if (ceiling) out.put(ceiling->minor);
}

void get_limits(ByteReader& in, std::uint8_t flags, std::optional<Amount>& floor,
                std::optional<Amount>& ceiling) {
  if ((flags & kHasFirst) != 0) floor = Amount{in.get<std::int64_t>()};
  if ((flags & kHasSecond) != 0) ceiling = Amount{in.get<std::int64_t>()};
}

void put_date(ByteWriter& out, const std::optional<Date>& date) {
  out.put(static_cast<std::uint8_t>(date ? 1 : 0));
  if (date) out.put(date->days);
}

/// A date of the calendar's range: arithmetic on any other is a bug, and bytes may say anything.
Date get_day(ByteReader& in) {
  const Date date{in.get<std::int32_t>()};
  if (!in_range(date)) {
    in.fail();
    return Date{};
  }
  return date;
}

std::optional<Date> get_date(ByteReader& in) {
  if (!in.truth()) return std::nullopt;
  return get_day(in);
}

Month get_month(ByteReader& in) {
  const Month month{in.get<std::int32_t>()};
  if (month < month_of(kDateMin) || month > month_of(kDateMax)) {
    in.fail();
    return month_of(Date{});
  }
  return month;
}

/// An enumerator between the first and last of its kind, or the reader fails.
template <class Enum>
Enum get_enum(ByteReader& in, Enum first, Enum last) {
  const auto value = in.get<std::uint8_t>();
  if (value < static_cast<std::uint8_t>(first) || value > static_cast<std::uint8_t>(last)) in.fail();
  return static_cast<Enum>(value);
}

std::uint8_t get_flags(ByteReader& in, std::uint8_t allowed) {
  const auto flags = in.get<std::uint8_t>();
  if ((flags & ~allowed) != 0) in.fail();
  return flags;
}

void put_legs(ByteWriter& out, const Legs& legs) {
  out.put(static_cast<std::uint8_t>(std::min<std::size_t>(legs.size(), 255)));
  for (const Posting& leg : legs) {
    out.put(leg.account.value);
    out.put(static_cast<std::uint8_t>(leg.side));
    out.put(leg.amount.minor);
  }
}

// --- payloads, one pair a kind; kinds without one write nothing ---

void put(ByteWriter&, const EntryPosted&) {}
void put(ByteWriter&, const Refused&) {}
void put(ByteWriter&, const EntryReversed&) {}
void put(ByteWriter& out, const OpenCooperative& body) {
  out.put(static_cast<std::uint16_t>(body.currency));
  out.text(body.zone);
  out.put(body.first_day.days);
  out.put(static_cast<std::uint8_t>(body.sen_allowed));
}
template <class RoleChange>
void put_role(ByteWriter& out, const RoleChange& body) {
  out.put(static_cast<std::uint8_t>(body.role));
  out.text(body.principal);
}
void put(ByteWriter& out, const GrantRole& body) { put_role(out, body); }
void put(ByteWriter& out, const RevokeRole& body) { put_role(out, body); }
void put(ByteWriter& out, const OpenAccount& body) {
  out.text(body.code);
  out.put(static_cast<std::uint8_t>(body.type));
  out.put(static_cast<std::uint8_t>(body.normal));
  out.put(static_cast<std::uint16_t>(body.currency));
  out.put(body.control.value);
  out.put(flags_of(body.floor.has_value(), body.ceiling.has_value(), body.is_control));
  put_limits(out, body.floor, body.ceiling);
}
void put(ByteWriter& out, const SetLimits& body) {
  out.put(body.account.value);
  out.put(flags_of(body.floor.has_value(), body.ceiling.has_value()));
  put_limits(out, body.floor, body.ceiling);
}
void put(ByteWriter& out, const FreezeAccount& body) { out.put(body.account.value); }
void put(ByteWriter& out, const UnfreezeAccount& body) { out.put(body.account.value); }
void put(ByteWriter& out, const CloseAccount& body) { out.put(body.account.value); }
void put(ByteWriter& out, const PlaceHold& body) {
  out.put(body.account.value);
  out.put(body.amount.minor);
  put_date(out, body.last_day);
}
void put(ByteWriter& out, const HoldSettled& body) {
  out.put(body.hold.value);
  out.put(body.taken.minor);
  out.put(static_cast<std::uint8_t>(body.release_rest));
}
void put(ByteWriter& out, const ReleaseHold& body) { out.put(body.hold.value); }
void put(ByteWriter& out, const ExpireHold& body) { out.put(body.hold.value); }
void put(ByteWriter& out, const CloseDay& body) {
  out.put(body.date.days);
  out.put(body.next.days);
}
void put(ByteWriter& out, const CloseMonth& body) { out.put(body.month.index); }

OpenCooperative get_cooperative(ByteReader& in, const CoopId& coop) {
  OpenCooperative body;
  body.coop = coop;
  body.currency = static_cast<Currency>(in.get<std::uint16_t>());
  body.zone = std::string(in.text());
  body.first_day = get_day(in);
  body.sen_allowed = in.truth();
  return body;
}

template <class RoleChange>
RoleChange get_role(ByteReader& in) {
  RoleChange body;
  body.role = get_enum(in, Role::kAdmin, Role::kIntegrator);
  body.principal = std::string(in.text());
  return body;
}

OpenAccount get_account(ByteReader& in) {
  OpenAccount body;
  body.code = std::string(in.text());
  body.type = get_enum(in, AccountType::kAsset, AccountType::kMemo);
  body.normal = get_enum(in, Side::kDebit, Side::kCredit);
  body.currency = static_cast<Currency>(in.get<std::uint16_t>());
  body.control = AccountHandle{in.get<std::uint32_t>()};
  const auto flags = get_flags(in, kHasFirst | kHasSecond | kIsControl);
  body.is_control = (flags & kIsControl) != 0;
  get_limits(in, flags, body.floor, body.ceiling);
  return body;
}

SetLimits get_set_limits(ByteReader& in) {
  SetLimits body;
  body.account = AccountHandle{in.get<std::uint32_t>()};
  get_limits(in, get_flags(in, kHasFirst | kHasSecond), body.floor, body.ceiling);
  return body;
}

PlaceHold get_hold(ByteReader& in) {
  PlaceHold body;
  body.account = AccountHandle{in.get<std::uint32_t>()};
  body.amount = Amount{in.get<std::int64_t>()};
  body.last_day = get_date(in);
  return body;
}

HoldSettled get_settlement(ByteReader& in) {
  HoldSettled body;
  body.hold = EventNo{in.get<std::uint64_t>()};
  body.taken = Amount{in.get<std::int64_t>()};
  body.release_rest = in.truth();
  return body;
}

EventBody get_body(Kind kind, ByteReader& in, const CoopId& coop) {
  const auto account = [&in] { return AccountHandle{in.get<std::uint32_t>()}; };
  const auto event = [&in] { return EventNo{in.get<std::uint64_t>()}; };
  switch (kind) {
    case Kind::kSimpleEntry:
    case Kind::kEntry:
      return EntryPosted{};
    case Kind::kRefused:
      return Refused{};
    case Kind::kEntryReversed:
      return EntryReversed{};
    case Kind::kCoopOpened:
      return get_cooperative(in, coop);
    case Kind::kRoleGranted:
      return get_role<GrantRole>(in);
    case Kind::kRoleRevoked:
      return get_role<RevokeRole>(in);
    case Kind::kAccountOpened:
      return get_account(in);
    case Kind::kLimitsSet:
      return get_set_limits(in);
    case Kind::kAccountFrozen:
      return FreezeAccount{account()};
    case Kind::kAccountUnfrozen:
      return UnfreezeAccount{account()};
    case Kind::kAccountClosed:
      return CloseAccount{account()};
    case Kind::kHoldPlaced:
      return get_hold(in);
    case Kind::kHoldSettled:
      return get_settlement(in);
    case Kind::kHoldReleased:
      return ReleaseHold{event()};
    case Kind::kHoldExpired:
      return ExpireHold{event()};
    case Kind::kDayClosed: {
      CloseDay body;
      body.date = get_day(in);
      body.next = get_day(in);
      return body;
    }
    case Kind::kMonthClosed:
      return CloseMonth{get_month(in)};
  }
  in.fail();
  return EntryPosted{};
}

// --- canonical commands, for the digest ---

void put_entry(ByteWriter& out, const Entry& entry) {
  put_legs(out, entry.legs);
  put_date(out, entry.value_date);
  out.bytes(encode_metadata(entry.metadata));
}
void put_command(ByteWriter& out, const PostEntry& body) {
  out.put(static_cast<std::uint8_t>(Kind::kEntry));
  put_entry(out, body.entry);
  put_date(out, body.booking_date);
}
void put_command(ByteWriter& out, const ReverseEntry& body) {
  out.put(static_cast<std::uint8_t>(Kind::kEntryReversed));
  out.put(body.target.value);
  out.put(static_cast<std::uint16_t>(body.amounts.size()));
  for (const Amount amount : body.amounts) out.put(amount.minor);
  put_date(out, body.booking_date);
  put_date(out, body.value_date);
  out.bytes(encode_metadata(body.metadata));
}
void put_command(ByteWriter& out, const SettleHold& body) {
  out.put(static_cast<std::uint8_t>(Kind::kHoldSettled));
  out.put(body.hold.value);
  put_entry(out, body.entry);
  out.put(static_cast<std::uint8_t>(body.release_rest));
  put_date(out, body.booking_date);
}
/// The other commands are events word for word.
template <class Same>
void put_command(ByteWriter& out, const Same& body) {
  out.put(static_cast<std::uint8_t>(kind_of(EventBody(body))));
  put(out, body);
}

Digest first_half(const Hash& hash) {
  Digest digest;
  std::copy_n(hash.begin(), digest.size(), digest.begin());
  return digest;
}

std::string canonical(const CommandBody& body) {
  std::string bytes;
  ByteWriter out(bytes);
  std::visit([&](const auto& b) { put_command(out, b); }, body);
  return bytes;
}

}  // namespace

Kind kind_of(const EventBody& body) {
  struct {
    Kind operator()(const EntryPosted& b) const {
      return is_simple(b.entry) ? Kind::kSimpleEntry : Kind::kEntry;
    }
    Kind operator()(const Refused&) const { return Kind::kRefused; }
    Kind operator()(const EntryReversed&) const { return Kind::kEntryReversed; }
    Kind operator()(const OpenCooperative&) const { return Kind::kCoopOpened; }
    Kind operator()(const GrantRole&) const { return Kind::kRoleGranted; }
    Kind operator()(const RevokeRole&) const { return Kind::kRoleRevoked; }
    Kind operator()(const OpenAccount&) const { return Kind::kAccountOpened; }
    Kind operator()(const SetLimits&) const { return Kind::kLimitsSet; }
    Kind operator()(const FreezeAccount&) const { return Kind::kAccountFrozen; }
    Kind operator()(const UnfreezeAccount&) const { return Kind::kAccountUnfrozen; }
    Kind operator()(const CloseAccount&) const { return Kind::kAccountClosed; }
    Kind operator()(const PlaceHold&) const { return Kind::kHoldPlaced; }
    Kind operator()(const HoldSettled&) const { return Kind::kHoldSettled; }
    Kind operator()(const ReleaseHold&) const { return Kind::kHoldReleased; }
    Kind operator()(const ExpireHold&) const { return Kind::kHoldExpired; }
    Kind operator()(const CloseDay&) const { return Kind::kDayClosed; }
    Kind operator()(const CloseMonth&) const { return Kind::kMonthClosed; }
  } kind;
  return std::visit(kind, body);
}

std::string_view name_of(Kind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

std::string encode_payload(const EventBody& body) {
  std::string bytes;
  ByteWriter out(bytes);
  std::visit([&](const auto& b) { put(out, b); }, body);
  return bytes;
}

std::optional<EventBody> decode_payload(Kind kind, std::string_view bytes, const CoopId& coop) {
  ByteReader in(bytes);
  EventBody body = get_body(kind, in, coop);
  if (!in.done()) return std::nullopt;
  return body;
}

std::string encode_metadata(const Metadata& metadata) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put(static_cast<std::uint8_t>(metadata.size()));
  for (const MetadataItem& item : metadata) {
    out.text(item.name);
    out.put(static_cast<std::uint8_t>(item.value.index()));
    if (const auto* number = std::get_if<std::int64_t>(&item.value)) out.put(*number);
    if (const auto* date = std::get_if<Date>(&item.value)) out.put(date->days);
    if (const auto* reference = std::get_if<std::string>(&item.value)) out.text(*reference);
  }
  return bytes;
}

std::optional<Metadata> decode_metadata(std::string_view bytes) {
  ByteReader in(bytes);
  Metadata metadata;
  const auto count = in.get<std::uint8_t>();
  for (unsigned i = 0; i < count && !in.failed(); ++i) {
    MetadataItem item;
    item.name = std::string(in.text());
    switch (in.get<std::uint8_t>()) {
      case 0:
        item.value = in.get<std::int64_t>();
        break;
      case 1:
        item.value = get_day(in);
        break;
      case 2:
        item.value = std::string(in.text());
        break;
      default:
        in.fail();
    }
    metadata.push_back(std::move(item));
  }
  if (!in.done()) return std::nullopt;
  return metadata;
}

std::string encode_refusal(const Refusal& refusal) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put(static_cast<std::uint8_t>(refusal.code));
  for (const Param& param : refusal.params) {
    if (param.kind == ParamKind::kNone) break;
    out.put(static_cast<std::uint8_t>(param.kind));
    out.put(param.value);
  }
  return bytes;
}

std::optional<Refusal> decode_refusal(std::string_view bytes) {
  ByteReader in(bytes);
  const auto code = refusal_of_number(in.get<std::uint8_t>());
  Refusal refusal;
  for (Param& param : refusal.params) {
    if (in.failed() || in.done()) break;
    param.kind = get_enum(in, ParamKind::kAccount, ParamKind::kLimit);
    param.value = in.get<std::int64_t>();
  }
  if (!code || !in.done()) return std::nullopt;
  refusal.code = *code;
  return refusal;
}

Digest digest_of(const CommandBody& body) { return first_half(sha256(canonical(body))); }

Digest digest_of_batch(const std::vector<Command>& commands) {
  Sha256 hash;
  for (const Command& command : commands) {
    const std::string bytes = canonical(command.body);
    std::string length;
    ByteWriter(length).put(static_cast<std::uint32_t>(bytes.size()));
    hash.update(length);
    hash.update(bytes);
  }
  return first_half(hash.finish());
}

std::optional<CommandBody> request_of(const EventBody& body) {
  return std::visit(
      [](const auto& b) -> std::optional<CommandBody> {
        if constexpr (std::is_constructible_v<CommandBody, decltype(b)>) return CommandBody(b);
        return std::nullopt;
      },
      body);
}

bool same_request(const CommandBody& body, const Event& event) {
  if (event.digest) return *event.digest == digest_of(body);
  const auto* post = std::get_if<PostEntry>(&body);
  const auto* posted = std::get_if<EntryPosted>(&event.body);
  if (post == nullptr || posted == nullptr) return false;
  // A request without dates was booked and valued on the day that was open, and may be repeated on
  // another; one that names dates must name those.
  const Date value_date = posted->entry.value_date.value_or(event.booking_date);
  return post->entry.legs == posted->entry.legs &&
         post->entry.metadata == posted->entry.metadata &&
         post->booking_date.value_or(event.booking_date) == event.booking_date &&
         (post->entry.value_date ? *post->entry.value_date == value_date
                                 : !posted->entry.value_date.has_value());
}

std::string leaf_of(const CoopId& coop, const Event& event) {
  std::string bytes;
  ByteWriter out(bytes);
  const Kind kind = kind_of(event.body);
  out.put(std::uint8_t{1});  // version of the leaf
  out.bytes({coop.bytes.data(), coop.bytes.size()});
  out.put(event.no.value);
  out.put(event.booking_date.days);
  out.put(event.at.us);
  out.put(static_cast<std::uint8_t>(kind));
  const auto field = [&out](Column column, std::string_view value) {
    out.put(static_cast<std::uint8_t>(column));
    out.put(static_cast<std::uint16_t>(value.size()));
    out.bytes(value);
  };
  const auto number = [&field](Column column, auto value) {
    std::string raw;
    ByteWriter(raw).put(value);
    field(column, raw);
  };
  const Entry* entry = entry_of(event.body);
  if (entry != nullptr) {
    std::string legs;
    ByteWriter writer(legs);
    put_legs(writer, entry->legs);
    field(Column::kLegAccount, legs);
  }
  number(Column::kPrincipal, event.principal.value);
  if (!event.key.empty()) {
    std::string key(1, static_cast<char>(event.key.form()));
    key.append(event.key.bytes());
    field(Column::kKeyForm, key);
  }
  if (event.digest) {
    field(Column::kDigest,
          {reinterpret_cast<const char*>(event.digest->data()), event.digest->size()});
  }
  if (event.batch_size > 0) number(Column::kBatchSize, event.batch_size);
  if (entry != nullptr && entry->value_date) number(Column::kValueDate, entry->value_date->days);
  if (const auto* reversed = std::get_if<EntryReversed>(&event.body)) {
    number(Column::kReversalTarget, reversed->target.value);
    number(Column::kReversalLegs, reversed->target_legs);
  }
  if (entry != nullptr && !entry->metadata.empty()) {
    field(Column::kMetadata, encode_metadata(entry->metadata));
  }
  if (const auto* refused = std::get_if<Refused>(&event.body)) {
    field(Column::kRefusal, encode_refusal(refused->refusal));
  }
  if (has_payload(kind)) field(Column::kPayload, encode_payload(event.body));
  CHECK(bytes.size() <= kLeafBytesMax);
  return bytes;
}

}  // namespace lumbung::storage
