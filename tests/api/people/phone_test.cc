#include "api/people/phone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

namespace lumbung::api::people {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Phone accepted(std::string_view text) {
  const auto reading = read_phone(text);
  const auto* phone = std::get_if<Phone>(&reading);
  if (phone == nullptr) {
    ADD_FAILURE() << text << ": " << wording_of(std::get<PhoneRefusal>(reading)).name;
    return {};
  }
  return *phone;
}

std::string_view refused(std::string_view text) {
  const auto reading = read_phone(text);
  const auto* refusal = std::get_if<PhoneRefusal>(&reading);
  return refusal == nullptr ? "accepted" : wording_of(*refusal).name;
}

TEST(Phone, OfIndonesiaIsReadInEveryForm) {
  for (const std::string_view text : {
           "081234567890",
           "6281234567890",  // as SNAP sends it
           "+6281234567890", "0812-3456-7890", "0812 3456 7890", "(0812) 3456.7890",
           "+62 812-3456-7890", "+62 (0)812 3456 7890", "+62 0812 3456 7890", "006281234567890",
           "0812\u00a03456\u20117890",
           "\u202a+62 812\u20103456\u20107890\u202c",  // as address books hand it over
       }) {
    const Phone phone = accepted(text);
    EXPECT_EQ(phone.e164, "+6281234567890") << text;
    EXPECT_EQ(phone.region, "ID");
    EXPECT_THAT(phone.warnings, IsEmpty()) << text;
  }
}

TEST(Phone, WithoutItsFirstZeroIsTakenForIndonesianWithAWarning) {
  const Phone phone = accepted("81234567890");
  EXPECT_EQ(phone.e164, "+6281234567890");
  EXPECT_THAT(phone.warnings, ElementsAre(PhoneWarning::kCountryAssumed));
}

// 9 to 12 digits that begin with 8 are a mobile number.
TEST(Phone, OfIndonesiaHasNineToTwelveDigits) {
  EXPECT_THAT(accepted("0812345678").warnings, IsEmpty());
  EXPECT_THAT(accepted("0812345678901").warnings, IsEmpty());
  EXPECT_THAT(accepted("081234567").warnings, ElementsAre(PhoneWarning::kNotKnownAsMobile));
  EXPECT_EQ(refused("0812345"), "phone_too_short");
  EXPECT_EQ(refused("081234567890123"), "phone_too_long");
  // Jakarta, and a leading digit that no operator has.
  EXPECT_THAT(accepted("021-5290 1234").warnings, ElementsAre(PhoneWarning::kNotKnownAsMobile));
  EXPECT_EQ(accepted("021-5290 1234").e164, "+622152901234");
  EXPECT_THAT(accepted("084123456789").warnings, ElementsAre(PhoneWarning::kNotKnownAsMobile));
}

TEST(Phone, OfMigrantWorkersStaysForeign) {
  struct Row {
    std::string_view text;
    std::string_view e164;
    std::string_view region;
  };
  constexpr Row kRows[] = {
      {"+60 12-345 6789", "+60123456789", "MY"},   {"+60 (0)12-345 6789", "+60123456789", "MY"},
      {"0060123456789", "+60123456789", "MY"},     {"+65 8123 4567", "+6581234567", "SG"},
      {"+852 5123 4567", "+85251234567", "HK"},    {"+853 6612 3456", "+85366123456", "MO"},
      {"+886 912 345 678", "+886912345678", "TW"}, {"+886 0912 345 678", "+886912345678", "TW"},
      {"+82 10-2000-0000", "+821020000000", "KR"}, {"+81 90-1234-5678", "+819012345678", "JP"},
      {"+966 51 234 5678", "+966512345678", "SA"}, {"+971 50 123 4567", "+971501234567", "AE"},
      {"+974 3312 3456", "+97433123456", "QA"},    {"+965 500 12345", "+96550012345", "KW"},
      {"+673 712 3456", "+6737123456", "BN"},      {"+962 7 9012 3456", "+962790123456", "JO"},
      {"+39 312 345 6789", "+393123456789", "IT"},
  };
  for (const Row& row : kRows) {
    const Phone phone = accepted(row.text);
    EXPECT_EQ(phone.e164, row.e164);
    EXPECT_EQ(phone.region, row.region);
    EXPECT_THAT(phone.warnings, IsEmpty()) << row.text;
  }
  // "(0)" is only left out behind the country's code.
  EXPECT_EQ(accepted("+60 123(0)45678").e164, "+60123045678");
  // Italy's fixed lines begin with a 0 that belongs to them.
  EXPECT_EQ(accepted("+39 06 1234 5678").e164, "+390612345678");
}

// Google's examples of mobile numbers, one a region that has any.
TEST(Phone, EveryRegionsMobileNumberIsKnown) {
  std::ifstream file(LUMBUNG_TEST_DATA_DIR "/phone_examples.csv");
  ASSERT_TRUE(file.good());
  std::set<std::string> regions;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const auto first = line.find(',');
    const auto second = line.find(',', first + 1);
    const std::string code = line.substr(first + 1, second - first - 1);
    const std::string national = line.substr(second + 1);
    const Phone phone = accepted("+" + code + " " + national);
    EXPECT_EQ(phone.e164, "+" + code + national) << line;
    EXPECT_THAT(phone.warnings, IsEmpty()) << line;
    regions.insert(line.substr(0, first));
  }
  EXPECT_EQ(regions.size(), 244U);
}

TEST(Phone, WhatCannotBeOneIsRefused) {
  struct Row {
    std::string_view text;
    std::string_view refusal;
  };
  constexpr Row kRows[] = {
      {"", "phone_not_a_number"},
      {"-", "phone_not_a_number"},
      {"+", "phone_not_a_number"},
      {"tidak ada", "phone_not_a_number"},
      {"0812345678 WA", "phone_not_a_number"},
      {"0812+345678", "phone_not_a_number"},
      {"++62812345678", "phone_not_a_number"},
      {"0812345678\xff", "phone_not_a_number"},
      {"60123456789", "phone_country_missing"},
      {"12345678", "phone_country_missing"},
      // ITU-T's list of assigned codes (E.164, 2016 and later) has these as spare.
      {"+210 12345678", "phone_country_unknown"},
      {"+299999", "phone_too_short"},   // Greenland
      {"+383 44 123 456", "accepted"},  // Kosovo, assigned in 2016
      {"+384 12345678", "phone_country_unknown"},
      {"+899 12345678", "phone_country_unknown"},
      {"+999 12345678", "phone_country_unknown"},
      {"+0812345678", "phone_country_unknown"},
      {"00", "phone_country_unknown"},
      {"0", "phone_too_short"},
      {"+62", "phone_too_short"},
      {"+65 812", "phone_too_short"},
      {"+1 201 555 01234", "phone_too_long"},
      {"+62 8123456789012345678901234567890", "phone_too_long"},
  };
  for (const Row& row : kRows) EXPECT_EQ(refused(row.text), row.refusal) << row.text;
}

TEST(Phone, EveryWordingIsThere) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(wording_of(static_cast<PhoneRefusal>(i)).name.starts_with("phone_"));
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(wording_of(static_cast<PhoneWarning>(i)).name.starts_with("phone_"));
  }
}

}  // namespace
}  // namespace lumbung::api::people
