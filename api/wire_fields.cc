#include "api/wire_fields.h"

#include "storage/digest.h"

namespace lumbung::api::wire {

using engine::Date;
using json::Value;

namespace {

constexpr json::FieldSpec kLegFields[] = {
    {"account", json::kRequired}, {"side", json::kRequired}, {"amount", json::kRequired}};

}  // namespace

bool read_text(Value& value, std::string& out) {
  std::string_view text;
  if (!value.string(text)) return false;
  out = text;
  return true;
}

bool read_date(Value& value, Date& out) {
  std::string_view text;
  if (!value.string(text)) return false;
  const auto date = engine::parse_date(text);
  if (!date) return value.fail("a date YYYY-MM-DD of the years 1900 to 2999 is wanted");
  out = *date;
  return true;
}

bool read_date(Value& value, std::optional<Date>& out) {
  Date date;
  if (!read_date(value, date)) return false;
  out = date;
  return true;
}

bool read_side(Value& value, engine::Side& out) {
  std::string_view text;
  if (!value.string(text)) return false;
  const auto side = engine::parse_side(text);
  if (!side) return value.fail("a side is \"debit\" or \"credit\"");
  out = *side;
  return true;
}

bool read_key(Value& value, engine::Key& out) {
  std::string_view text;
  if (!value.string(text)) return false;
  const auto key = storage::key_of(text);
  if (!key) return value.fail("a key is not empty");
  out = *key;
  return true;
}

bool read_metadata(Value& value, engine::Metadata& out) {
  const bool good = value.map(engine::kMetadataMax, [&out](std::string_view name, Value& item) {
    engine::MetadataItem read{std::string(name), std::int64_t{0}};
    if (item.type() == json::Type::kString) {
      std::string_view text;
      if (!item.string(text)) return false;
      if (const auto date = engine::parse_date(text)) {
        read.value = *date;
      } else {
        read.value = std::string(text);
      }
    } else if (!item.integer(std::get<std::int64_t>(read.value))) {
      return false;
    }
    out.push_back(std::move(read));
    return true;
  });
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return good;
}

std::string amount_form(int exponent) {
  if (exponent == 0) return "an amount of this currency is up to 15 digits";
  return "an amount of this currency is up to 15 digits, then nothing or a point and " +
         std::to_string(exponent) + " digits";
}

bool EntryReader::field(std::size_t which, Value& value, engine::Entry& entry,
                        std::optional<Date>& booking_date) {
  switch (which) {
    case kLegs:
      return value.array(0, kAnyNumber,
                         [&](std::size_t index, Value& leg) { return read_leg(index, leg); });
    case kBookingDate:
      return read_date(value, booking_date);
    case kValueDate:
      return read_date(value, entry.value_date);
    default:
      return read_metadata(value, entry.metadata);
  }
}

bool EntryReader::read_leg(std::size_t index, Value& value) {
  Leg leg{.item = item_, .index = index};
  const bool good = value.object(kLegFields, [&](std::size_t which, Value& part) {
    if (which == 0) return part.string(leg.account);
    if (which == 1) return read_side(part, leg.side);
    return part.string(leg.amount);
  });
  if (good) waiting_.push_back(leg);
  return good;
}

void EntryReader::look_up() {
  codes_.clear();
  for (const Leg& leg : waiting_) codes_.push_back(leg.account);
  directory_.find_all(codes_, refs_);
}

std::optional<engine::Posting> EntryReader::posting_of(const Leg& leg,
                                                       const std::optional<AccountRef>& ref) {
  if (!ref) {
    faults_.unknown(leg.item, pointer(leg, "account"), leg.index);
    return std::nullopt;
  }
  const auto amount = engine::parse_amount(leg.amount, ref->exponent);
  if (!amount) {
    faults_.bad(pointer(leg, "amount"), amount_form(ref->exponent));
    return std::nullopt;
  }
  return engine::Posting{ref->handle, leg.side, *amount};
}

std::string EntryReader::pointer(const Leg& leg, std::string_view name) const {
  std::string text;
  if (in_batch_) text = "/entries/" + std::to_string(leg.item);
  return text.append("/legs/").append(std::to_string(leg.index)).append("/").append(name);
}

}  // namespace lumbung::api::wire
