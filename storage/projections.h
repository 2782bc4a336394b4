// Projections: what is derived from the journal and kept in the store. THE table: a new index is
// one row and one function, and `lumbung rebuild` knows it.
//
// A projection turns a full run into sorted rows, a pure function of the journal, so that a rebuild
// makes the same bytes. What is not in a full run yet is read from the run in memory.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/money.h"
#include "storage/ledger.h"
#include "storage/run.h"
#include "storage/store.h"

namespace lumbung::storage {

/// All-time debits and credits of every account before a run, by handle.
struct OpeningTotals {
  struct Line {
    engine::Uint128 debits = 0;
    engine::Uint128 credits = 0;
  };
  std::vector<Line> lines;

  Line of(engine::AccountHandle account) const {
    return account.value < lines.size() ? lines[account.value] : Line{};
  }
  /// Moves them past the run.
  void add(const Run& run);
};

struct Projection {
  std::string_view name;
  Family family;
  std::size_t event_at;  // where in its keys the event number stands
  void (*write)(const engine::CoopId& coop, const Run& run, const OpeningTotals& opening,
                const Store::PutRow& put);

  /// All rows at once, for those who compare them.
  std::vector<Row> rows(const engine::CoopId& coop, const Run& run,
                        const OpeningTotals& opening) const;
};

std::span<const Projection> projections();

/// Number of the form in which rows are written. Another one in the store means that they are
/// dropped and made anew when it is opened.
inline constexpr std::string_view kIndexForm = "2";

/// Drops every row of every projection and every snapshot.
void drop_projections(Store& store);

// --- reading rows back ---

struct BlockPlaceRow {
  engine::BlockNo block_no;
  engine::Timestamp time;
};
BlockPlaceRow read_locator(std::string_view value);

/// A covering posting list: up to 128 postings of one account with the totals before them.
struct PostingList {
  struct Line {
    engine::EventNo event;
    std::uint8_t leg;
    std::int64_t amount;  // debits above zero
  };
  OpeningTotals::Line before;
  std::vector<Line> lines;
};
/// Throws StoreError when the bytes are none of ours.
PostingList read_posting_list(std::string_view key, std::string_view value);

struct LateRow {
  std::int64_t amount;
  engine::Date booking_date;
  engine::Date value_date;
};
LateRow read_late(std::string_view value);

std::vector<std::uint64_t> read_fingerprints(std::string_view value);

}  // namespace lumbung::storage
