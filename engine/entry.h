// The entry (jurnal): the only thing that moves money. Two to 64 postings that balance per
// currency.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/account.h"
#include "engine/date.h"
#include "engine/id.h"
#include "engine/money.h"

namespace lumbung::engine {

inline constexpr std::size_t kLegsMax = 64;
inline constexpr std::size_t kMetadataMax = 8;

/// One line of an entry. amount > 0.
struct Posting {
  AccountHandle account;
  Side side = Side::kDebit;
  Amount amount;
  friend bool operator==(const Posting&, const Posting&) = default;
};

using Legs = boost::container::small_vector<Posting, 2>;

/// `name`: [a-z][a-z0-9_]{0,15}. The value is an integer, a date, or a reference (a code is a short
/// reference). There is no free text: it could name a person (design decision 12).
struct MetadataItem {
  std::string name;
  std::variant<std::int64_t, Date, std::string> value;
  friend bool operator==(const MetadataItem&, const MetadataItem&) = default;
};

/// Sorted by name, each name once, at most 8.
using Metadata = std::vector<MetadataItem>;

struct Entry {
  Legs legs;
  std::optional<Date> value_date;  // absent: the booking date
  Metadata metadata;
  friend bool operator==(const Entry&, const Entry&) = default;
};

/// The commonest entry by far: one debit and one credit of one amount, and nothing else said. The
/// core decides, applies and reads it without building the entry; what happens is the same.
struct SimpleEntry {
  AccountHandle debit;
  AccountHandle credit;
  Amount amount;
};

/// nullopt: it says more than that.
inline std::optional<SimpleEntry> as_simple(const Entry& entry) {
  if (entry.legs.size() != 2 || entry.value_date || !entry.metadata.empty()) return std::nullopt;
  const Posting& first = entry.legs[0];
  const Posting& second = entry.legs[1];
  if (first.side != Side::kDebit || second.side != Side::kCredit) return std::nullopt;
  if (first.amount != second.amount) return std::nullopt;
  return SimpleEntry{first.account, second.account, first.amount};
}

}  // namespace lumbung::engine
