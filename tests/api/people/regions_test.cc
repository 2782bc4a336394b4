#include "api/people/regions.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace lumbung::api::people {
namespace {

struct Counts {
  unsigned regencies = 0;
  unsigned cities = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};

// The decree's own summary table (300.2.2-2430/2025, as github.com/cahyadsn/wilayah prints it in
// its README beside the data): province, regencies, cities.
const std::map<unsigned, Counts> kSummary = {
    {11, {18, 5}}, {12, {25, 8}}, {13, {12, 7}}, {14, {10, 2}}, {15, {9, 2}}, {16, {13, 4}},
    {17, {9, 1}},  {18, {13, 2}}, {19, {6, 1}},  {21, {5, 2}},  {31, {1, 5}}, {32, {18, 9}},
    {33, {29, 6}}, {34, {4, 1}},  {35, {29, 9}}, {36, {4, 4}},  {51, {8, 1}}, {52, {8, 2}},
    {53, {21, 1}}, {61, {12, 2}}, {62, {13, 1}}, {63, {11, 2}}, {64, {7, 3}}, {65, {4, 1}},
    {71, {11, 4}}, {72, {12, 1}}, {73, {21, 3}}, {74, {15, 2}}, {75, {5, 1}}, {76, {6, 0}},
    {81, {9, 2}},  {82, {8, 2}},  {91, {8, 1}},  {92, {7, 0}},  {93, {4, 0}}, {94, {8, 0}},
    {95, {8, 0}},  {96, {5, 1}},
};

TEST(Regions, AreAsManyAsTheDecreeCounts) {
  std::map<unsigned, Counts> counted;
  for (const Region& region : regions()) {
    if (region.code < 100) {
      counted.emplace(region.code, Counts{});
    } else if (region.code % 100 < 70) {
      ++counted.at(region.code / 100U).regencies;
    } else {
      ++counted.at(region.code / 100U).cities;
    }
  }
  EXPECT_EQ(counted, kSummary);
  EXPECT_EQ(counted.size(), 38U);
  EXPECT_EQ(regions().size(), 38U + 514U);
}

TEST(Regions, ARegencyOrCityIsNamedAsOne) {
  for (const Region& region : regions()) {
    if (region.code < 100) continue;
    EXPECT_TRUE(region.name.starts_with(region.code % 100 < 70 ? "Kabupaten " : "Kota "))
        << region.code << " " << region.name;
    EXPECT_EQ(region.name.find("  "), region.name.npos);
    EXPECT_NE(region.name.back(), ' ');
  }
}

TEST(Regions, AreFoundByTheirCode) {
  struct Row {
    unsigned code;
    std::string_view name;
  };
  constexpr Row kRows[] = {
      {11, "Aceh"},
      {35, "Jawa Timur"},
      {96, "Papua Barat Daya"},
      {3307, "Kabupaten Wonosobo"},
      {3212, "Kabupaten Indramayu"},
      {3507, "Kabupaten Malang"},
      {3578, "Kota Surabaya"},
      {5202, "Kabupaten Lombok Tengah"},
      {5203, "Kabupaten Lombok Timur"},
      {5301, "Kabupaten Kupang"},
  };
  for (const Row& row : kRows) {
    const Region* region = find_region(row.code);
    ASSERT_NE(region, nullptr) << row.code;
    EXPECT_EQ(region->code, row.code);
    EXPECT_EQ(region->name, row.name);
  }
  for (const unsigned none : {0U, 1U, 10U, 54U, 99U, 100U, 1100U, 3500U, 3599U, 9999U, 110101U}) {
    EXPECT_EQ(find_region(none), nullptr) << none;
  }
}

TEST(Regions, CodesOfDividedProvincesLeadToTheSameRegency) {
  struct Row {
    unsigned code;
    unsigned now;
    std::string_view name;
  };
  // Laws 14 and 29 of 2022, 20 of 2012 and 26 of 2004.
  constexpr Row kRows[] = {
      {9101, 9301, "Kabupaten Merauke"},
      {9271, 9671, "Kota Sorong"},
      {6473, 6571, "Kota Tarakan"},
      {7321, 7602, "Kabupaten Mamuju"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(find_region(row.code), nullptr);
    const Region* now = moved_region(row.code);
    ASSERT_NE(now, nullptr) << row.code;
    EXPECT_EQ(now->code, row.now);
    EXPECT_EQ(now->name, row.name);
  }
  EXPECT_EQ(moved_region(3578), nullptr);
  EXPECT_EQ(moved_region(91), nullptr);
}

TEST(Regions, NoTwoOldCodesLeadToOne) {
  std::set<unsigned> seen;
  unsigned moved = 0;
  for (unsigned code = 0; code < 10'000; ++code) {
    if (const Region* now = moved_region(code)) {
      ++moved;
      seen.insert(now->code);
    }
  }
  EXPECT_EQ(seen.size(), moved);
  // North Kalimantan 5, West Sulawesi 5, South Papua 4, Central 8, Highland 8, Southwest 6.
  EXPECT_EQ(moved, 36U);
}

}  // namespace
}  // namespace lumbung::api::people
