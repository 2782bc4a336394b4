#include "storage/projections.h"

#include <algorithm>
#include <array>

#include "engine/bytes.h"
#include "engine/prefetch.h"
#include "storage/columns.h"
#include "storage/key.h"

namespace lumbung::storage {
namespace {

using namespace engine;

constexpr std::size_t kPostingsAList = 128;
// Postings on their way from memory while one is written: in the order of accounts they lie anywhere.
constexpr std::size_t kPrefetchAhead = 16;

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

std::uint64_t get_varint(ByteReader& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = in.get<std::uint8_t>();
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) return value;
  }
  in.fail();
  return 0;
}

void put_wide(ByteWriter& out, Uint128 value) {
  out.put(static_cast<std::uint64_t>(value));
  out.put(static_cast<std::uint64_t>(value >> 64));
}

Uint128 get_wide(ByteReader& in) {
  const auto low = in.get<std::uint64_t>();
  return static_cast<Uint128>(in.get<std::uint64_t>()) << 64 | low;
}

void require(const ByteReader& in) {
  if (!in.done()) throw StoreError("a row of an index cannot be read: rebuild the projections");
}

std::vector<Row> locator_rows(const CoopId& coop, const Run& run, const OpeningTotals&) {
  std::vector<Row> rows;
  rows.reserve(run.blocks().size());
  for (const Run::BlockPlace& place : run.blocks()) {
    Row row{event_key(coop, place.first_event), {}};
    ByteWriter out(row.value);
    out.put(place.block_no.value);
    out.put(place.time.us);
    rows.push_back(std::move(row));
  }
  return rows;
}

/// The run's postings by account, and of one account as they came.
struct ByAccount {
  std::vector<std::uint32_t> order;  // indices of postings
  std::vector<std::uint32_t> ends;   // by account: where its part of `order` ends
};

/// A counting sort, since accounts are dense.
ByAccount by_account(const Run& run) {
  std::uint32_t accounts = 0;
  for (const Run::Posting& p : run.postings()) accounts = std::max(accounts, p.account + 1);
  ByAccount sorted;
  std::vector<std::uint32_t>& places = sorted.ends;
  places.resize(accounts + 1);
  for (const Run::Posting& p : run.postings()) ++places[p.account + 1];
  for (std::uint32_t a = 1; a <= accounts; ++a) places[a] += places[a - 1];
  sorted.order.resize(run.postings().size());
  for (std::uint32_t i = 0; i < sorted.order.size(); ++i) {
    sorted.order[places[run.postings()[i].account]++] = i;
  }
  places.pop_back();
  return sorted;
}

std::vector<Row> posting_rows(const CoopId& coop, const Run& run, const OpeningTotals& opening) {
  const auto [order, ends] = by_account(run);
  std::vector<Row> rows;
  std::size_t i = 0;
  for (std::uint32_t account = 0; account < ends.size(); ++account) {
    OpeningTotals::Line totals = opening.of({account});
    while (i < ends[account]) {
      const std::size_t end = std::min<std::size_t>(i + kPostingsAList, ends[account]);
      const Run::Posting& first = run.postings()[order[i]];
      Row row{posting_key(coop, {account}, run.event_of(first),
                          static_cast<std::uint8_t>(first.leg)),
              {}};
      ByteWriter out(row.value);
      out.put(static_cast<std::uint8_t>(end - i));
      put_wide(out, totals.debits);
      put_wide(out, totals.credits);
      std::uint32_t last = first.offset;
      for (; i < end; ++i) {
        if (i + kPrefetchAhead < order.size()) {
          prefetch_line(&run.postings()[order[i + kPrefetchAhead]]);
        }
        const Run::Posting& p = run.postings()[order[i]];
        put_varint(row.value, p.offset - last);
        row.value.push_back(static_cast<char>(p.leg));
        put_varint(row.value, zigzag(p.amount));
        last = p.offset;
        (p.amount > 0 ? totals.debits : totals.credits) +=
            static_cast<Uint128>(p.amount > 0 ? p.amount : -p.amount);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<Row> late_rows(const CoopId& coop, const Run& run, const OpeningTotals&) {
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
  return rows;
}

std::vector<Row> key_rows(const CoopId& coop, const Run& run, const OpeningTotals&) {
  Row row{event_key(coop, run.first_event()), {}};
  ByteWriter out(row.value);
  for (const std::uint64_t print : run.keys()) out.put(print);
  return {std::move(row)};
}

constexpr std::array kProjections{
    Projection{"locator", Family::kLocator, kCoopBytes, locator_rows},
    Projection{"postings", Family::kPostings, kCoopBytes + 4, posting_rows},
    Projection{"late", Family::kLate, kCoopBytes + 4, late_rows},
    Projection{"keys", Family::kKeys, kCoopBytes, key_rows},
};

}  // namespace

void OpeningTotals::add(const Run& run) {
  for (const Run::Posting& p : run.postings()) {
    if (p.account >= lines.size()) lines.resize(p.account + p.account / 2 + 1);
    Line& line = lines[p.account];
    (p.amount > 0 ? line.debits : line.credits) +=
        static_cast<Uint128>(p.amount > 0 ? p.amount : -p.amount);
  }
}

std::span<const Projection> projections() { return kProjections; }

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
  list.before.debits = get_wide(in);
  list.before.credits = get_wide(in);
  list.lines.reserve(count);
  for (unsigned i = 0; i < count && !in.failed(); ++i) {
    event += get_varint(in);
    const auto leg = in.get<std::uint8_t>();
    list.lines.push_back({{event}, leg, unzigzag(get_varint(in))});
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
