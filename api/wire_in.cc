// Bodies to commands, one function a body.
#include <algorithm>
#include <utility>

#include "api/wire.h"
#include "api/wire_fields.h"
#include "engine/currency.h"

namespace lumbung::api {

using engine::Amount;
using engine::Date;
using engine::Side;
using json::FieldSpec;
using json::kRequired;
using json::Value;
using wire::amount_form;
using wire::EntryReader;
using wire::Faults;
using wire::finish;
using wire::kAnyNumber;
using wire::kFirstOther;
using wire::read_date;
using wire::read_key;
using wire::read_metadata;
using wire::read_side;
using wire::read_text;

namespace {

/// A typical entry's bytes, to make room for a batch at once.
constexpr std::size_t kEntryBytesTypical = 128;

constexpr FieldSpec kEntryFields[] = {
    {"legs", kRequired}, {"booking_date"}, {"value_date"}, {"metadata"}};
constexpr FieldSpec kItemFields[] = {
    {"legs", kRequired}, {"booking_date"}, {"value_date"}, {"metadata"}, {"key", kRequired}};
/// Whether a key must stand here is known only with the batch's mode.
constexpr FieldSpec kBatchItemFields[] = {
    {"legs", kRequired}, {"booking_date"}, {"value_date"}, {"metadata"}, {"key"}};
constexpr FieldSpec kSettlementFields[] = {
    {"legs", kRequired}, {"booking_date"}, {"value_date"}, {"metadata"}, {"release_rest"}};

/// A floor or ceiling: a signed amount or null.
bool read_bound(Value& value, std::optional<std::string>& out) {
  if (value.is_null()) return value.null();
  std::string text;
  if (!read_text(value, text)) return false;
  out = std::move(text);
  return true;
}

std::optional<Amount> parse_bound(const std::optional<std::string>& text, int exponent,
                                  std::string_view pointer, Faults& faults) {
  if (!text) return std::nullopt;
  const auto minor = engine::parse_signed(*text, exponent);
  if (minor && *minor >= -engine::kAmountMax && *minor <= engine::kAmountMax) {
    return Amount{static_cast<std::int64_t>(*minor)};
  }
  faults.bad(std::string(pointer), amount_form(exponent) + ", with a minus sign if below zero");
  return std::nullopt;
}

Side usual_side(engine::AccountType type) {
  switch (type) {
    case engine::AccountType::kAsset:
    case engine::AccountType::kExpense:
    case engine::AccountType::kMemo:
      return Side::kDebit;
    case engine::AccountType::kLiability:
    case engine::AccountType::kEquity:
    case engine::AccountType::kIncome:
      break;
  }
  return Side::kCredit;
}

}  // namespace

engine::Refusal refusal_of(const UnknownAccount& unknown) {
  engine::Refusal refusal(engine::RefusalCode::account_unknown);
  if (unknown.leg) {
    refusal.params[0] = {engine::ParamKind::kLeg, static_cast<std::int64_t>(*unknown.leg)};
  }
  return refusal;
}

Decoded<engine::PostEntry> decode_entry(json::Parser& parser, std::string_view body,
                                        Directory& directory) {
  Decoded<engine::PostEntry> decoded;
  engine::PostEntry& post = decoded.value;
  EntryReader entry(directory, Faults(decoded.errors, decoded.unknown));
  auto walked = parser.object(body, kEntryFields, [&](std::size_t which, Value& value) {
    return entry.field(which, value, post.entry, post.booking_date);
  });
  entry.settle([&](std::size_t) -> engine::Legs& { return post.entry.legs; });
  finish(decoded, std::move(walked));
  return decoded;
}

Decoded<engine::Command> decode_item(json::Parser& parser, std::string_view body,
                                     Directory& directory, engine::PrincipalHandle principal) {
  Decoded<engine::Command> decoded;
  decoded.value.principal = principal;
  auto& post = decoded.value.body.emplace<engine::PostEntry>();
  EntryReader entry(directory, Faults(decoded.errors, decoded.unknown));
  auto walked = parser.object(body, kItemFields, [&](std::size_t which, Value& value) {
    if (which == kFirstOther) return read_key(value, decoded.value.key);
    return entry.field(which, value, post.entry, post.booking_date);
  });
  entry.settle([&](std::size_t) -> engine::Legs& { return post.entry.legs; });
  finish(decoded, std::move(walked));
  return decoded;
}

Decoded<Batch> decode_batch(json::Parser& parser, std::string_view body, Directory& directory,
                            engine::PrincipalHandle principal) {
  static constexpr FieldSpec kFields[] = {{"mode", kRequired}, {"entries", kRequired}};
  Decoded<Batch> decoded;
  Batch& batch = decoded.value;
  batch.commands.reserve(std::min(body.size() / kEntryBytesTypical, kBatchEntriesMax));
  Faults faults(decoded.errors, decoded.unknown);
  EntryReader entry(directory, faults);
  const auto legs_of = [&](std::size_t item) -> engine::Legs& {
    return std::get<engine::PostEntry>(batch.commands[item].body).entry.legs;
  };
  const auto read_item = [&](std::size_t index, Value& item) {
    if (index >= kBatchEntriesMax) {
      batch.too_large = true;
      return item.skip();
    }
    if (entry.is_full()) entry.settle(legs_of);
    engine::Command& command = batch.commands.emplace_back();
    command.principal = principal;
    auto& post = std::get<engine::PostEntry>(command.body);
    entry.start_item(index);
    return item.object(kBatchItemFields, [&](std::size_t which, Value& value) {
      if (which == kFirstOther) return read_key(value, command.key);
      return entry.field(which, value, post.entry, post.booking_date);
    });
  };
  const auto read_mode = [&](Value& value) {
    std::string_view text;
    if (!value.string(text)) return false;
    if (text != "per_item" && text != "atomic") {
      return value.fail("the mode is \"per_item\" or \"atomic\"");
    }
    batch.mode = text == "atomic" ? storage::BatchMode::kAtomic : storage::BatchMode::kPerItem;
    return true;
  };
  auto walked = parser.object(body, kFields, [&](std::size_t which, Value& value) {
    return which == 0 ? read_mode(value) : value.array(0, kAnyNumber, read_item);
  });
  entry.settle(legs_of);
  const bool keyed = batch.mode == storage::BatchMode::kPerItem;
  for (std::size_t i = 0; walked.empty() && i < batch.commands.size(); ++i) {
    if (batch.commands[i].key.empty() != keyed) continue;
    faults.bad(
        "/entries/" + std::to_string(i) + "/key",
        keyed ? "each item has a key of its own" : "an atomic batch has one key, in the header",
        keyed ? json::Code::kMissingField : json::Code::kUnknownField);
  }
  finish(decoded, std::move(walked));
  return decoded;
}

Decoded<engine::OpenAccount> decode_account(json::Parser& parser, std::string_view body,
                                            Directory& directory) {
  enum : std::size_t { kCode, kType, kNormal, kCurrency, kControl, kIsControl, kFloor };
  static constexpr FieldSpec kFields[] = {{"code", kRequired}, {"type", kRequired}, {"normal"},
                                          {"currency"},        {"control"},         {"is_control"},
                                          {"floor"},           {"ceiling"}};
  Decoded<engine::OpenAccount> decoded;
  engine::OpenAccount& open = decoded.value;
  open.currency = directory.currency();
  std::optional<Side> normal;
  std::optional<std::string> control;
  std::optional<std::string> floor;
  std::optional<std::string> ceiling;
  auto walked = parser.object(body, kFields, [&](std::size_t which, Value& value) {
    std::string_view text;
    switch (which) {
      case kNormal:
        return read_side(value, normal.emplace());
      case kControl:
        return read_text(value, control.emplace());
      case kIsControl:
        return value.boolean(open.is_control);
      case kFloor:
        return read_bound(value, floor);
      case kCode:
        return read_text(value, open.code);
      case kType: {
        if (!value.string(text)) return false;
        const auto type = engine::parse_account_type(text);
        if (!type) {
          return value.fail("a type is asset, liability, equity, income, expense or memo");
        }
        open.type = *type;
        return true;
      }
      case kCurrency: {
        if (!value.string(text)) return false;
        const auto* info = engine::find_currency(text);
        if (info == nullptr) {
          return value.fail(
              std::string(engine::sentence_of(engine::RefusalCode::currency_unknown)));
        }
        open.currency = engine::Currency{info->numeric};
        return true;
      }
      default:
        return read_bound(value, ceiling);
    }
  });
  if (walked.empty()) {
    Faults faults(decoded.errors, decoded.unknown);
    const int exponent = engine::exponent_of(open.currency);
    open.normal = normal ? *normal : usual_side(open.type);
    open.floor = parse_bound(floor, exponent, "/floor", faults);
    open.ceiling = parse_bound(ceiling, exponent, "/ceiling", faults);
    if (control) {
      const auto ref = directory.find(*control);
      if (ref) {
        open.control = ref->handle;
      } else {
        faults.unknown(0, "/control");
      }
    }
  }
  finish(decoded, std::move(walked));
  return decoded;
}

Decoded<engine::SetLimits> decode_limits(json::Parser& parser, std::string_view body,
                                         const AccountRef& account) {
  static constexpr FieldSpec kFields[] = {{"floor", kRequired}, {"ceiling", kRequired}};
  Decoded<engine::SetLimits> decoded;
  decoded.value.account = account.handle;
  std::optional<std::string> floor;
  std::optional<std::string> ceiling;
  auto walked = parser.object(body, kFields, [&](std::size_t which, Value& value) {
    return read_bound(value, which == 0 ? floor : ceiling);
  });
  Faults faults(decoded.errors, decoded.unknown);
  decoded.value.floor = parse_bound(floor, account.exponent, "/floor", faults);
  decoded.value.ceiling = parse_bound(ceiling, account.exponent, "/ceiling", faults);
  finish(decoded, std::move(walked));
  return decoded;
}

Decoded<engine::ReverseEntry> decode_reversal(json::Parser& parser, std::string_view body,
                                              Directory& directory, engine::EventNo number,
                                              const engine::Entry& target) {
  static constexpr FieldSpec kFields[] = {
      {"amounts"}, {"booking_date"}, {"value_date"}, {"metadata"}};
  Decoded<engine::ReverseEntry> decoded;
  engine::ReverseEntry& reverse = decoded.value;
  reverse.target = number;
  // Of a leg that the entry does not have only the count matters, and the core refuses that.
  const auto exponent_of_leg = [&](std::size_t leg) -> int {
    if (leg >= target.legs.size()) return engine::exponent_of(directory.currency());
    return directory.account(target.legs[leg].account).exponent;
  };
  const auto read_amount = [&](std::size_t leg, Value& value) {
    std::string_view text;
    if (!value.string(text)) return false;
    const int exponent = exponent_of_leg(leg);
    const auto amount = engine::parse_amount(text, exponent);
    if (!amount) return value.fail(amount_form(exponent));
    reverse.amounts.push_back(*amount);
    return true;
  };
  const auto read_field = [&](std::size_t which, Value& value) {
    if (which == 0) return value.array(1, kAnyNumber, read_amount);
    if (which == 1) return read_date(value, reverse.booking_date);
    if (which == 2) return read_date(value, reverse.value_date);
    return read_metadata(value, reverse.metadata);
  };
  if (!body.empty()) finish(decoded, parser.object(body, kFields, read_field));
  return decoded;
}

Decoded<engine::PlaceHold> decode_hold(json::Parser& parser, std::string_view body,
                                       Directory& directory) {
  static constexpr FieldSpec kFields[] = {
      {"account", kRequired}, {"amount", kRequired}, {"last_day"}};
  Decoded<engine::PlaceHold> decoded;
  std::string account;
  std::string amount;
  auto walked = parser.object(body, kFields, [&](std::size_t which, Value& value) {
    if (which == 0) return read_text(value, account);
    if (which == 1) return read_text(value, amount);
    return read_date(value, decoded.value.last_day);
  });
  if (walked.empty()) {
    Faults faults(decoded.errors, decoded.unknown);
    if (const auto ref = directory.find(account)) {
      decoded.value.account = ref->handle;
      const auto parsed = engine::parse_amount(amount, ref->exponent);
      if (parsed) {
        decoded.value.amount = *parsed;
      } else {
        faults.bad("/amount", amount_form(ref->exponent));
      }
    } else {
      faults.unknown(0, "/account");
    }
  }
  finish(decoded, std::move(walked));
  return decoded;
}

Decoded<engine::SettleHold> decode_settlement(json::Parser& parser, std::string_view body,
                                              Directory& directory, engine::EventNo hold) {
  Decoded<engine::SettleHold> decoded;
  engine::SettleHold& settle = decoded.value;
  settle.hold = hold;
  EntryReader entry(directory, Faults(decoded.errors, decoded.unknown));
  auto walked = parser.object(body, kSettlementFields, [&](std::size_t which, Value& value) {
    if (which == kFirstOther) return value.boolean(settle.release_rest);
    return entry.field(which, value, settle.entry, settle.booking_date);
  });
  entry.settle([&](std::size_t) -> engine::Legs& { return settle.entry.legs; });
  finish(decoded, std::move(walked));
  return decoded;
}

Decoded<engine::CloseDay> decode_day(json::Parser& parser, std::string_view body) {
  static constexpr FieldSpec kFields[] = {{"date", kRequired}, {"next"}};
  Decoded<engine::CloseDay> decoded;
  std::optional<Date> next;
  finish(decoded, parser.object(body, kFields, [&](std::size_t which, Value& value) {
    return which == 0 ? read_date(value, decoded.value.date) : read_date(value, next);
  }));
  decoded.value.next = next ? *next : decoded.value.date + 1;
  return decoded;
}

Decoded<engine::CloseMonth> decode_month(json::Parser& parser, std::string_view body) {
  static constexpr FieldSpec kFields[] = {{"month", kRequired}};
  Decoded<engine::CloseMonth> decoded;
  finish(decoded, parser.object(body, kFields, [&](std::size_t, Value& value) {
    std::string_view text;
    if (!value.string(text)) return false;
    const auto month = engine::parse_month(text);
    if (!month) return value.fail("a month YYYY-MM of the years 1900 to 2999 is wanted");
    decoded.value.month = *month;
    return true;
  }));
  return decoded;
}

Decoded<engine::GrantRole> decode_role(json::Parser& parser, std::string_view body) {
  static constexpr FieldSpec kFields[] = {{"principal", kRequired}, {"role", kRequired}};
  Decoded<engine::GrantRole> decoded;
  finish(decoded, parser.object(body, kFields, [&](std::size_t which, Value& value) {
    if (which == 0) return read_text(value, decoded.value.principal);
    std::string_view text;
    if (!value.string(text)) return false;
    const auto role = engine::parse_role(text);
    if (!role) {
      return value.fail("a role is admin, treasurer, teller, approver, auditor or integrator");
    }
    decoded.value.role = *role;
    return true;
  }));
  return decoded;
}

Decoded<std::monostate> decode_nothing(json::Parser& parser, std::string_view body) {
  Decoded<std::monostate> decoded;
  if (!body.empty()) {
    finish(decoded, parser.object(body, {}, [](std::size_t, Value&) { return true; }));
  }
  return decoded;
}

}  // namespace lumbung::api
