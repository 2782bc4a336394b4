#include "api/people/nik.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <string>

namespace lumbung::api::people {
namespace {

using engine::Date;
using testing::ElementsAre;
using testing::IsEmpty;

Date day(std::string_view text) {
  return engine::parse_date(text).value();
}
const Date kToday = day("2026-04-30");

Nik accepted(std::string_view text, std::optional<Date> stated = std::nullopt) {
  const auto reading = read_nik(text, kToday, stated);
  const auto* nik = std::get_if<Nik>(&reading);
  if (nik == nullptr) {
    ADD_FAILURE() << text << ": " << wording_of(std::get<NikRefusal>(reading)).name;
    return {};
  }
  return *nik;
}

std::string_view refused(std::string_view text) {
  const auto reading = read_nik(text, kToday);
  const auto* refusal = std::get_if<NikRefusal>(&reading);
  return refusal == nullptr ? "accepted" : wording_of(*refusal).name;
}

// The example that descriptions of the NIK explain digit by digit: 35 Jawa Timur, 78 Surabaya, the
// first day of the second month of 03.
TEST(Nik, TellsPlaceSexAndBirth) {
  const Nik nik = accepted("3578080102030001");
  EXPECT_EQ(nik.digits, "3578080102030001");
  EXPECT_EQ(nik.province->name, "Jawa Timur");
  EXPECT_EQ(nik.regency->name, "Kota Surabaya");
  EXPECT_EQ(nik.sex, Sex::kMale);
  EXPECT_THAT(nik.births, ElementsAre(day("2003-02-01")));
  EXPECT_THAT(nik.warnings, IsEmpty());
}

TEST(Nik, AWomansDayHasFortyAdded) {
  const Nik nik = accepted("3307054107850002");
  EXPECT_EQ(nik.sex, Sex::kFemale);
  EXPECT_EQ(nik.regency->name, "Kabupaten Wonosobo");
  EXPECT_THAT(nik.births, ElementsAre(day("1985-07-01")));
}

TEST(Nik, WhatIsNoneIsRefused) {
  struct Row {
    std::string_view text;
    std::string_view refusal;
  };
  constexpr Row kRows[] = {
      {"", "nik_not_16_digits"},
      {"357808010203000", "nik_not_16_digits"},
      {"35780801020300011", "nik_not_16_digits"},
      {"357808010203000l", "nik_not_16_digits"},
      {"3578080102030001x", "nik_not_16_digits"},
      {"3,57808010203E+15", "nik_not_16_digits"},
      // A public parser takes yymmdd and so accepts it: by the rule the day is 49 for a woman.
      {"3201018901310123", "nik_day_invalid"},
      {"3578080002030001", "nik_day_invalid"},
      {"3578083202030001", "nik_day_invalid"},
      {"3578084002030001", "nik_day_invalid"},
      {"3578087202030001", "nik_day_invalid"},
      {"3578089902030001", "nik_day_invalid"},
      {"3578080100030001", "nik_month_invalid"},
      {"3578080113030001", "nik_month_invalid"},
      {"3578083104030001", "nik_date_invalid"},
      {"3578083002040001", "nik_date_invalid"},
      {"3578082902030001", "nik_date_invalid"},
      {"3578086902030001", "nik_date_invalid"},
      {"3578080102030000", "nik_serial_invalid"},
      // Of several reasons the first is told.
      {"3578083213030000", "nik_day_invalid"},
      {"3578080113030000", "nik_month_invalid"},
  };
  for (const Row& row : kRows) EXPECT_EQ(refused(row.text), row.refusal) << row.text;
}

TEST(Nik, IsReadAsPeopleGroupIt) {
  EXPECT_EQ(accepted(" 3578.0801-0203 0001 ").digits, "3578080102030001");
}

TEST(Nik, ACenturyIsChosenByWhatIsPlausible) {
  // 2026 is later than both; nobody of 1903 is still 120.
  EXPECT_THAT(accepted("3578080102030001").births, ElementsAre(day("2003-02-01")));
  // 1 January 2027 is to come.
  EXPECT_THAT(accepted("3578080101270001").births, ElementsAre(day("1927-01-01")));
  // A child or a centenarian.
  EXPECT_THAT(accepted("3578080101200001").births,
              ElementsAre(day("1920-01-01"), day("2020-01-01")));
  // Today and tomorrow.
  EXPECT_THAT(accepted("3578083004260001").births,
              ElementsAre(day("1926-04-30"), day("2026-04-30")));
  EXPECT_THAT(accepted("3578080105260001").births, ElementsAre(day("1926-05-01")));
  // 120 until the day before the 121st birthday.
  EXPECT_THAT(accepted("3578080105050001").births,
              ElementsAre(day("1905-05-01"), day("2005-05-01")));
  EXPECT_THAT(accepted("3578083004050001").births, ElementsAre(day("2005-04-30")));
  // 1900 had no 29 February, 2000 had.
  EXPECT_THAT(accepted("3578082902000001").births, ElementsAre(day("2000-02-29")));
}

TEST(Nik, AStatedBirthDecidesOrIsWarnedOf) {
  const Nik decided = accepted("3578080101200001", day("1920-01-01"));
  EXPECT_THAT(decided.births, ElementsAre(day("1920-01-01")));
  EXPECT_THAT(decided.warnings, IsEmpty());
  const Nik differs = accepted("3578080101200001", day("1920-01-02"));
  EXPECT_THAT(differs.births, ElementsAre(day("1920-01-01"), day("2020-01-01")));
  EXPECT_THAT(differs.warnings, ElementsAre(NikWarning::kBirthDateDiffers));
}

TEST(Nik, ARegionThatIsNotOrNoMoreIsWarnedOf) {
  const Nik abolished = accepted("9101010102030001");  // Merauke, when it was in Papua
  EXPECT_THAT(abolished.warnings, ElementsAre(NikWarning::kRegionAbolished));
  EXPECT_EQ(abolished.regency->name, "Kabupaten Merauke");
  EXPECT_EQ(abolished.province->name, "Papua Selatan");

  const Nik unknown = accepted("3599010102030001");
  EXPECT_THAT(unknown.warnings, ElementsAre(NikWarning::kRegionUnknown));
  EXPECT_EQ(unknown.regency, nullptr);
  EXPECT_EQ(unknown.province->name, "Jawa Timur");

  // 11 is Aceh, 0011 is nothing.
  EXPECT_EQ(accepted("0011010102030001").regency, nullptr);
  EXPECT_EQ(accepted("0011010102030001").province, nullptr);

  const Nik timor = accepted("5401010102030001", day("2003-02-02"));  // Timor Timur until 1999
  EXPECT_THAT(timor.warnings,
              ElementsAre(NikWarning::kRegionUnknown, NikWarning::kBirthDateDiffers));
  EXPECT_EQ(timor.province, nullptr);
}

/// Every day of the last 120 years, written down by printf: it must be among the births that are
/// read, and these must be just the days of this range with the same six digits.
TEST(Nik, EveryBirthComesBack) {
  const Date earliest = day("1905-05-01");
  std::map<std::string, std::vector<Date>> births;  // by ddmmyy
  const auto six_digits = [](Date date, int added) {
    const auto ymd = engine::ymd_of(date);
    char text[32];
    std::snprintf(text, sizeof text, "%02d%02d%02d", ymd.day + added, ymd.month, ymd.year % 100);
    return std::string(text);
  };
  for (Date date = earliest; date <= kToday; date = date + 1) {
    births[six_digits(date, 0)].push_back(date);
  }
  for (Date date = earliest; date <= kToday; date = date + 1) {
    const auto& expected = births.at(six_digits(date, 0));
    const Nik man = accepted("331201" + six_digits(date, 0) + "9999");
    const Nik woman = accepted("331201" + six_digits(date, 40) + "0001");
    ASSERT_EQ(man.births, expected) << engine::format_date(date);
    ASSERT_EQ(woman.births, expected) << engine::format_date(date);
    ASSERT_EQ(man.sex, Sex::kMale);
    ASSERT_EQ(woman.sex, Sex::kFemale);
  }
}

TEST(Nik, WhatIsToldHasNoDigitsOfIt) {
  for (int i = 0; i < 5; ++i) {
    const Wording& wording = wording_of(static_cast<NikRefusal>(i));
    EXPECT_FALSE(wording.name.empty());
    EXPECT_EQ(wording.sentence.find("3578"), wording.sentence.npos);
    EXPECT_LT(wording.sentence.size(), 120U);
  }
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(wording_of(static_cast<NikWarning>(i)).sentence.empty());
}

}  // namespace
}  // namespace lumbung::api::people
