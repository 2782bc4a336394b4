#include "api/people/retention.h"

#include <array>

namespace lumbung::api::people {
namespace {

// The law on money laundering asks for at least five years; the cooperative keeps what belongs to a
// member as long as the books that are about the member.
constexpr std::array kRetentions{
    Retention{Tie::kEntries, 10, "UU 8/1997, article 11: from the end of the book year"},
    Retention{Tie::kRelation, 10, "UU 8/2010, article 21: from the end of the relation"},
};

}  // namespace

std::span<const Retention> retentions() {
  return kRetentions;
}

engine::Date retained_until(Tie tie, engine::Date ended) {
  const Retention& row = kRetentions[static_cast<std::size_t>(tie)];
  engine::YearMonthDay end = engine::ymd_of(ended);
  if (tie == Tie::kEntries) {  // a cooperative's book year is the calendar's
    end.month = 12;
    end.day = 31;
  }
  end.year += row.years;
  if (!engine::valid(end)) end.day = 28;  // 29 February
  return engine::date_of(end);
}

}  // namespace lumbung::api::people
