// How long the law holds data: UU 8/1997, article 11 counts from the end of the book year, UU
// 8/2010, article 21 from the end of the relation.
#include "api/people/retention.h"

#include <gtest/gtest.h>

namespace lumbung::api::people {
namespace {

std::string until(Tie tie, std::string_view ended) {
  return engine::format_date(retained_until(tie, *engine::parse_date(ended)));
}

TEST(Retention, OfEntriesEndsWithTheTenthYearAfterTheBookYear) {
  EXPECT_EQ(until(Tie::kEntries, "2016-01-01"), "2026-12-31");
  EXPECT_EQ(until(Tie::kEntries, "2016-12-31"), "2026-12-31");
  EXPECT_EQ(until(Tie::kEntries, "2017-01-01"), "2027-12-31");
}

TEST(Retention, OfARelationEndsTenYearsAfterIt) {
  EXPECT_EQ(until(Tie::kRelation, "2016-03-15"), "2026-03-15");
  EXPECT_EQ(until(Tie::kRelation, "2016-02-29"), "2026-02-28");
  EXPECT_EQ(until(Tie::kRelation, "2015-12-31"), "2025-12-31");
}

TEST(Retention, EachTieHasItsRow) {
  ASSERT_EQ(retentions().size(), 2u);
  for (const Retention& row : retentions()) {
    EXPECT_EQ(&row - retentions().data(), static_cast<std::ptrdiff_t>(row.tie));
    EXPECT_FALSE(row.law.empty());
  }
}

}  // namespace
}  // namespace lumbung::api::people
