#include "storage/projections.h"

#include <algorithm>
#include <array>
#include <bit>

#include "engine/bytes.h"
#include "engine/check.h"
#include "storage/columns.h"
#include "storage/key.h"

namespace lumbung::storage {
namespace {

using namespace engine;

constexpr std::size_t kPostingsAList = 128;

/// `Number`: std::uint64_t or Uint128.
template <class Number>
Number get_varint(ByteReader& in) {
  Number value = 0;
  for (unsigned shift = 0; shift < 8 * sizeof(Number); shift += 7) {
    const auto byte = in.get<std::uint8_t>();
    value |= static_cast<Number>(byte & 0x7fU) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  in.fail();
  return 0;
}

void require(const ByteReader& in) {
  if (!in.done()) throw StoreError("a row of an index cannot be read: rebuild the projections");
}

void write_locator(const CoopId& coop, const Run& run, const OpeningTotals&,
                   const Store::PutRow& put) {
  std::string value;
  for (const Run::BlockPlace& place : run.blocks()) {
    value.clear();
    ByteWriter out(value);
    out.put(place.block_no.value);
    out.put(place.time.us);
    put(event_key(coop, place.first_event), value);
  }
}

/// A posting as the sort moves it: no more bytes than the list needs.
struct Sorted {
  std::int64_t amount;  // debits above zero
  std::uint32_t place;  // offset of the event in the run << kLegBits | leg
  std::uint32_t account;
};

constexpr unsigned kLegBits = 6;
static_assert(kLegsMax <= 1U << kLegBits);
// Digits a pass sorts by: as many streams as stay in the processor's nearest caches.
constexpr unsigned kDigitBits = 11;

/// The run's postings by account, and of one account as they came. A radix sort, from the lowest
/// digit on: accounts are dense, and each pass writes to few places at once where one pass over all
/// accounts would miss the cache at every posting.
std::vector<Sorted> by_account(const Run& run) {
  CHECK(run.event_count() < 1U << (32 - kLegBits));
  std::uint32_t highest = 0;
  std::vector<Sorted> from;
  from.reserve(run.postings().size());
  for (const Run::Posting& p : run.postings()) {
    from.push_back({p.amount, p.offset << kLegBits | p.leg, p.account});
    highest = std::max(highest, p.account);
  }
  const auto bits = static_cast<unsigned>(std::bit_width(highest));
  const unsigned passes = (bits + kDigitBits - 1) / kDigitBits;
  if (passes == 0) return from;
  const unsigned width = (bits + passes - 1) / passes;
  const std::uint32_t mask = (1U << width) - 1;
  std::vector<Sorted> to(from.size());
  std::vector<std::uint32_t> places(std::size_t{mask} + 2);
  for (unsigned shift = 0; shift < passes * width; shift += width) {
    std::fill(places.begin(), places.end(), 0);
    for (const Sorted& p : from) ++places[(p.account >> shift & mask) + 1];
    for (std::size_t digit = 1; digit < places.size(); ++digit) places[digit] += places[digit - 1];
    for (const Sorted& p : from) to[places[p.account >> shift & mask]++] = p;
    std::swap(from, to);
  }
  return from;
}

// A list: the number of its lines in a byte, the account's totals before them as varints; a line: a
// varint of how many events behind the line before, and in its lowest bits the leg, or kLegEscape
// and the leg in a byte of its own; a varint of the amount, debits above zero, zigzag.
constexpr unsigned kShortLegBits = 2;
constexpr std::uint32_t kLegEscape = (1U << kShortLegBits) - 1;

/// One covering list, put together where it can have no more bytes than the buffer.
class ListWriter {
 public:
  /// `count` lines, at most kPostingsAList, follow the totals before them.
  void begin(std::size_t count, const OpeningTotals::Line& before) {
    end_ = buffer_.data();
    put(static_cast<std::uint8_t>(count));
    put_varint(before.debits);
    put_varint(before.credits);
  }
  void add(std::uint32_t events_since, std::uint32_t leg, std::int64_t amount) {
    const std::uint32_t short_leg = std::min(leg, kLegEscape);
    put_varint(std::uint64_t{events_since} << kShortLegBits | short_leg);
    if (short_leg == kLegEscape) put(static_cast<std::uint8_t>(leg));
    put_varint(zigzag(amount));
  }
  std::string_view bytes() const {
    return {buffer_.data(), static_cast<std::size_t>(end_ - buffer_.data())};
  }

 private:
  void put(std::uint8_t byte) { *end_++ = static_cast<char>(byte); }
  template <class Number>
  void put_varint(Number value) {
    for (; value >= 0x80; value >>= 7) *end_++ = static_cast<char>(value | 0x80);
    *end_++ = static_cast<char>(value);
  }

  // Count, two totals of 128 bits; a line: an offset of 32 bits and 2 of the leg, a leg, an amount
  // of 64.
  std::array<char, 1 + 2 * 19 + kPostingsAList*(5 + 1 + 10)> buffer_;
  char* end_ = buffer_.data();
};

void add_signed(OpeningTotals::Line& totals, std::int64_t amount) {
  (amount > 0 ? totals.debits : totals.credits) +=
      static_cast<Uint128>(amount > 0 ? amount : -amount);
}

void write_postings(const CoopId& coop, const Run& run, const OpeningTotals& opening,
                    const Store::PutRow& put) {
  const std::vector<Sorted> sorted = by_account(run);
  ListWriter list;
  for (std::size_t i = 0; i < sorted.size();) {
    const std::uint32_t account = sorted[i].account;
    OpeningTotals::Line totals = opening.of({account});
    std::size_t last = i;  // behind the account's last
    while (last < sorted.size() && sorted[last].account == account) ++last;
    while (i < last) {
      const std::size_t end = std::min(i + kPostingsAList, last);
      const std::uint32_t first = sorted[i].place;
      list.begin(end - i, totals);
      for (std::uint32_t before = first; i < end; ++i) {
        const Sorted& p = sorted[i];
        list.add((p.place >> kLegBits) - (before >> kLegBits), p.place & ((1U << kLegBits) - 1),
                 p.amount);
        before = p.place;
        add_signed(totals, p.amount);
      }
      put(posting_key(coop, {account}, {run.first_event().value + (first >> kLegBits)},
                      static_cast<std::uint8_t>(first & ((1U << kLegBits) - 1))),
          list.bytes());
    }
  }
}

void write_late(const CoopId& coop, const Run& run, const OpeningTotals&,
                const Store::PutRow& put) {
  std::vector<Row> rows;
  for (const Run::Late& late : run.late()) {
    Row row{posting_key(coop, late.account, late.event, late.leg), {}};
    ByteWriter out(row.value);
    out.put(late.amount);
    out.put(late.booking_date.days);
    out.put(late.value_date.days);
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
  for (const Row& row : rows) put(row.key, row.value);
}

void write_keys(const CoopId& coop, const Run& run, const OpeningTotals&,
                const Store::PutRow& put) {
  std::string value;
  value.reserve(run.keys().size() * sizeof(std::uint64_t));
  ByteWriter out(value);
  for (const std::uint64_t print : run.keys()) out.put(print);
  put(event_key(coop, run.first_event()), value);
}

constexpr std::array kProjections{
    Projection{"locator", Family::kLocator, kCoopBytes, write_locator},
    Projection{"postings", Family::kPostings, kCoopBytes + 4, write_postings},
    Projection{"late", Family::kLate, kCoopBytes + 4, write_late},
    Projection{"keys", Family::kKeys, kCoopBytes, write_keys},
};

}  // namespace

void OpeningTotals::add(const Run& run) {
  for (const Run::Posting& p : run.postings()) {
    if (p.account >= lines.size()) lines.resize(p.account + p.account / 2 + 1);
    add_signed(lines[p.account], p.amount);
  }
}

std::vector<Row> Projection::rows(const CoopId& coop, const Run& run,
                                  const OpeningTotals& opening) const {
  std::vector<Row> rows;
  write(coop, run, opening, [&](std::string_view key, std::string_view value) {
    rows.push_back({std::string(key), std::string(value)});
  });
  return rows;
}

std::span<const Projection> projections() {
  return kProjections;
}

void drop_projections(Store& store) {
  // First what says how far the others go: after a crash in between all are made anew.
  store.clear(Family::kSnapshot);
  for (const Projection& projection : kProjections) store.clear(projection.family);
}

BlockPlaceRow read_locator(std::string_view value) {
  ByteReader in(value);
  BlockPlaceRow row;
  row.block_no.value = in.get<std::uint64_t>();
  row.time.us = in.get<std::int64_t>();
  require(in);
  return row;
}

PostingList read_posting_list(std::string_view key, std::string_view value) {
  PostingList list;
  if (key.size() != kCoopBytes + 13) throw StoreError("a posting list has a key of another kind");
  std::uint64_t event = get_ordered<std::uint64_t>(key.substr(kCoopBytes + 4));
  ByteReader in(value);
  const auto count = in.get<std::uint8_t>();
  list.before.debits = get_varint<Uint128>(in);
  list.before.credits = get_varint<Uint128>(in);
  list.lines.reserve(count);
  for (unsigned i = 0; i < count && !in.failed(); ++i) {
    const auto place = get_varint<std::uint64_t>(in);
    event += place >> kShortLegBits;
    auto leg = static_cast<std::uint8_t>(place & kLegEscape);
    if (leg == kLegEscape) leg = in.get<std::uint8_t>();
    list.lines.push_back({{event}, leg, unzigzag(get_varint<std::uint64_t>(in))});
  }
  require(in);
  return list;
}

LateRow read_late(std::string_view value) {
  ByteReader in(value);
  LateRow row{};
  row.amount = in.get<std::int64_t>();
  row.booking_date.days = in.get<std::int32_t>();
  row.value_date.days = in.get<std::int32_t>();
  require(in);
  return row;
}

std::vector<std::uint64_t> read_fingerprints(std::string_view value) {
  ByteReader in(value);
  std::vector<std::uint64_t> prints;
  prints.reserve(value.size() / 8);
  while (!in.failed() && !in.done()) prints.push_back(in.get<std::uint64_t>());
  require(in);
  return prints;
}

}  // namespace lumbung::storage
