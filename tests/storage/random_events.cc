#include "tests/storage/random_events.h"

#include <algorithm>
#include <map>

#include "engine/check.h"

namespace lumbung::tests {
namespace {

using namespace engine;

/// Any number of bytes is as likely as any other.
std::uint64_t any_width(Random& random) {
  const std::uint64_t bits = random.below(65);
  return bits == 0 ? 0 : random.next() >> (64 - bits);
}

std::string text_of(Random& random, std::string_view letters, std::size_t least, std::size_t most) {
  std::string text(least + random.below(most - least + 1), ' ');
  for (char& c : text) c = letters[random.below(letters.size())];
  return text;
}

std::string reference(Random& random) {
  return text_of(random, "AZaz09-./", 1, kReferenceMax);
}

Date any_date(Random& random) {
  return {static_cast<std::int32_t>(random.between(-719'162, 2'932'896))};
}

Amount any_amount(Random& random) {
  return {static_cast<std::int64_t>(any_width(random))};
}

AccountHandle any_account(Random& random) {
  return {static_cast<std::uint32_t>(any_width(random) >> 32 >> random.below(32))};
}

Currency any_currency(Random& random) {
  return static_cast<Currency>(random.below(1000));
}

std::optional<Amount> any_limit(Random& random) {
  if (random.one_in(2)) return std::nullopt;
  return any_amount(random);
}

Key any_key(Random& random) {
  std::array<std::uint8_t, 32> bytes;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  const std::string_view first16(reinterpret_cast<const char*>(bytes.data()), 16);
  switch (random.below(8)) {
    case 0:
      return Key::of_hash(bytes);
    case 1:
      return *Key::of_stored(Key::Form::kUlid, first16);
    case 2:
      return *Key::parse(text_of(random, "!~kK0-", 1, 64));
    default:
      return *Key::of_stored(Key::Form::kUuid, first16);
  }
}

Metadata any_metadata(Random& random) {
  std::map<std::string, decltype(MetadataItem::value)> items;
  for (std::size_t n = random.below(kMetadataMax + 1); items.size() < n;) {
    auto& value = items[text_of(random, "az09_", 1, 16)];
    switch (random.below(3)) {
      case 0:
        value = static_cast<std::int64_t>(any_width(random));
        break;
      case 1:
        value = any_date(random);
        break;
      default:
        value = reference(random);
    }
  }
  Metadata metadata;
  for (const auto& [name, value] : items) metadata.push_back({name, value});
  return metadata;
}

Entry any_entry(Random& random, Date booking_date) {
  Entry entry;
  const std::size_t legs =
      random.one_in(16) ? kLegsMax : 2 + random.below(random.one_in(2) ? 1 : 6);
  for (std::size_t i = 0; i < legs; ++i) {
    entry.legs.push_back(
        {any_account(random), static_cast<Side>(random.below(2)), any_amount(random)});
  }
  if (legs == 2 && random.one_in(2)) {  // a simple one
    entry.legs[0].side = Side::kDebit;
    entry.legs[1].side = Side::kCredit;
    entry.legs[1].amount = entry.legs[0].amount;
  }
  if (random.one_in(3)) {
    entry.value_date = any_date(random);
    if (*entry.value_date == booking_date) entry.value_date.reset();
  }
  if (random.one_in(3)) entry.metadata = any_metadata(random);
  return entry;
}

Refusal any_refusal(Random& random) {
  Refusal refusal;
  std::optional<RefusalCode> code;
  while (!code) code = refusal_of_number(static_cast<std::uint8_t>(random.next()));
  refusal.code = *code;
  const std::size_t params = random.below(refusal.params.size() + 1);
  for (std::size_t i = 0; i < params; ++i) {
    refusal.params[i] = {static_cast<ParamKind>(1 + random.below(8)),
                         static_cast<std::int64_t>(any_width(random))};
  }
  return refusal;
}

OpenAccount any_opening(Random& random) {
  return {.code = reference(random),
          .type = static_cast<AccountType>(1 + random.below(6)),
          .normal = static_cast<Side>(random.below(2)),
          .currency = any_currency(random),
          .control = any_account(random),
          .is_control = random.one_in(2),
          .floor = any_limit(random),
          .ceiling = any_limit(random)};
}

PlaceHold any_hold(Random& random) {
  PlaceHold hold{any_account(random), any_amount(random), {}};
  if (random.one_in(2)) hold.last_day = any_date(random);
  return hold;
}

EventBody any_body(Random& random, const CoopId& coop, Date booking_date) {
  const EventNo event{any_width(random)};
  switch (random.below(24)) {
    case 0:
      return Refused{any_refusal(random)};
    case 1:
      return EntryReversed{event, any_width(random), any_entry(random, booking_date)};
    case 2:
      return OpenCooperative{coop, any_currency(random), reference(random), any_date(random),
                             random.one_in(2)};
    case 3:
      return GrantRole{reference(random), static_cast<Role>(1 + random.below(6))};
    case 4:
      return RevokeRole{reference(random), static_cast<Role>(1 + random.below(6))};
    case 5:
      return any_opening(random);
    case 6:
      return SetLimits{any_account(random), any_limit(random), any_limit(random)};
    case 7:
      return FreezeAccount{any_account(random)};
    case 8:
      return UnfreezeAccount{any_account(random)};
    case 9:
      return CloseAccount{any_account(random)};
    case 10:
      return any_hold(random);
    case 11:
      return HoldSettled{event, any_amount(random), random.one_in(2),
                         any_entry(random, booking_date)};
    case 12:
      return ReleaseHold{event};
    case 13:
      return ExpireHold{event};
    case 14:
      return CloseDay{any_date(random), any_date(random)};
    case 15:
      return CloseMonth{month_of(any_date(random))};
    default:
      return EntryPosted{any_entry(random, booking_date)};
  }
}

Digest any_digest(Random& random) {
  Digest digest;
  for (auto& byte : digest) byte = static_cast<std::uint8_t>(random.next());
  return digest;
}

}  // namespace

storage::BlockHeader random_header(Random& random) {
  storage::BlockHeader header;
  header.coop = *CoopId::parse("KSP-ACAK");
  header.block_no.value = any_width(random);
  header.epoch = any_width(random);
  for (auto& byte : header.previous) byte = static_cast<std::uint8_t>(random.next());
  header.durable_block.value = any_width(random);
  return header;
}

std::vector<Event> random_events(Random& random, std::size_t count) {
  const Date booking_date = any_date(random);
  const Timestamp at{static_cast<std::int64_t>(random.next())};
  const std::uint64_t first = 1 + (random.next() >> 20);
  // Whole blocks of one sort too: those are the ones whose columns can be left out.
  const bool only_operator = random.one_in(3);
  const bool only_simple = random.one_in(4);
  std::vector<Event> events(count);
  std::size_t in_batch = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Event& event = events[i];
    event.no = {first + i};
    event.booking_date = booking_date;
    event.at = at;
    if (!only_operator) event.principal.value = static_cast<std::uint32_t>(any_width(random) >> 32);
    event.body = any_body(random, *CoopId::parse("KSP-ACAK"), booking_date);
    while (only_simple && storage::kind_of(event.body) != storage::Kind::kSimpleEntry) {
      event.body = EntryPosted{any_entry(random, booking_date)};
    }
    if (in_batch > 0) {
      --in_batch;
    } else {
      event.key = any_key(random);
      if (random.one_in(16)) {
        event.batch_size =
            static_cast<std::uint32_t>(1 + random.below(std::min<std::size_t>(count - i, 9)));
        in_batch = event.batch_size - 1;
      }
    }
    if (storage::has_digest(storage::kind_of(event.body)) || event.batch_size > 0) {
      event.digest = any_digest(random);
    }
  }
  return events;
}

storage::Block sealed(const storage::BlockHeader& header, const std::vector<Event>& events) {
  storage::BlockBuilder builder;
  for (const Event& event : events) {
    CHECK(builder.fits(event));
    builder.append(event);
  }
  return builder.seal(header);
}

storage::Block block_with_everything() {
  // The first seed whose block has all columns.
  for (std::uint64_t seed = 0;; ++seed) {
    Random random(seed);
    const auto events = random_events(random, 60);
    const storage::Block block = sealed(random_header(random), events);
    if (static_cast<unsigned char>(block.bytes[storage::kHeaderBytes]) == storage::kColumnMax) {
      return block;
    }
  }
}

}  // namespace lumbung::tests
