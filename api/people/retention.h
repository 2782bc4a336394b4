// How long the law wants data of a person kept that the person may want erased. No other reason
// holds it: UU 27/2022, article 43, wants it gone when nothing needs it any more.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/date.h"

namespace lumbung::api::people {

/// What ties the cooperative to a person's data.
enum class Tie : std::uint8_t {
  kEntries,   // entries of the books are about the person
  kRelation,  // was a member, a customer or a borrower
};

/// A row of the table: kept until so many years after the tie has ended. Immutable, any thread.
struct Retention {
  Tie tie{};
  int years = 0;
  std::string_view law;
};

/// One row a tie, in their order.
std::span<const Retention> retentions();

/// The last day on which the law holds the data. `ended`: of kEntries the date of the last entry,
/// of kRelation the day it ended. REQUIRES: in_range(ended), and of the result as well.
engine::Date retained_until(Tie tie, engine::Date ended);

}  // namespace lumbung::api::people
