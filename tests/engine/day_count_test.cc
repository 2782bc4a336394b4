// Day counts and business days, the part of date.h that markets define.
#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>

#include "engine/date.h"

namespace lumbung::engine {
namespace {

Date day(std::string_view text) {
  return parse_date(text).value();
}

struct DaysCase {
  const char* from;
  const char* to;
  int thirty_e_360;
  int thirty_360_us;
};

// ISDA, "30/360 day count conventions" (2008-12-22), examples 1 to 3 for 30E/360, as QuantLib
// keeps them in test-suite/daycounters.cpp beside the same dates for 30/360 US
// (testThirty360_EurobondBasis, testThirty360_USA).
constexpr DaysCase kIsdaExamples[] = {
    {"2006-08-20", "2007-02-20", 180, 180}, {"2007-02-20", "2007-08-20", 180, 180},
    {"2007-08-20", "2008-02-20", 180, 180}, {"2008-02-20", "2008-08-20", 180, 180},
    {"2008-08-20", "2009-02-20", 180, 180}, {"2009-02-20", "2009-08-20", 180, 180},
    {"2006-08-31", "2007-02-28", 178, 178}, {"2007-02-28", "2007-08-31", 182, 180},
    {"2007-08-31", "2008-02-29", 179, 179}, {"2008-02-29", "2008-08-31", 181, 180},
    {"2008-08-31", "2009-02-28", 178, 178}, {"2009-02-28", "2009-08-31", 182, 180},
    {"2006-01-31", "2006-02-28", 28, 28},   {"2006-01-30", "2006-02-28", 28, 28},
    {"2006-02-28", "2006-03-03", 5, 3},     {"2006-02-14", "2006-02-28", 14, 14},
    {"2006-09-30", "2006-10-31", 30, 30},   {"2006-10-31", "2006-11-28", 28, 28},
    {"2007-08-31", "2008-02-28", 178, 178}, {"2008-02-28", "2008-08-28", 180, 180},
    {"2008-02-28", "2008-08-30", 182, 182}, {"2008-02-28", "2008-08-31", 182, 183},
    {"2007-02-26", "2008-02-28", 362, 362}, {"2007-02-26", "2008-02-29", 363, 363},
    {"2008-02-29", "2009-02-28", 359, 360}, {"2008-02-28", "2008-03-30", 32, 32},
    {"2008-02-28", "2008-03-31", 32, 33}};

TEST(DayCount, AgreesWithTheExamplesOfIsda) {
  for (const DaysCase& c : kIsdaExamples) {
    const Date from = day(c.from);
    const Date to = day(c.to);
    EXPECT_EQ(day_count(DayCount::kThirtyE360, from, to), c.thirty_e_360) << c.from << ' ' << c.to;
    EXPECT_EQ(day_count(DayCount::kThirty360Us, from, to), c.thirty_360_us)
        << c.from << ' ' << c.to;
  }
}

struct CalcCase {
  const char* from;
  const char* to;
  int basis_0, basis_4, basis_2, basis_3;  // days of 30/360 US, 30E/360, act/360, act/365
};

// LibreOffice Calc 7.4.7: YEARFRAC(from; to; basis), times 360, or 365 for basis 3. Left out are
// the stretches from the last of February to a day 31, where Calc does not apply SIFMA's rules in
// their order and counts one day more than SIFMA and QuantLib (tested above).
constexpr CalcCase kCalcYearFractions[] = {{"2011-12-28", "2012-02-28", 60, 60, 62, 62},
                                           {"2011-12-28", "2012-02-29", 61, 61, 63, 63},
                                           {"2011-12-28", "2012-03-01", 63, 63, 64, 64},
                                           {"2011-12-28", "2016-02-29", 1501, 1501, 1524, 1524},
                                           {"2011-12-28", "2012-03-31", 93, 92, 94, 94},
                                           {"2011-12-29", "2012-02-28", 59, 59, 61, 61},
                                           {"2011-12-30", "2012-02-29", 59, 59, 61, 61},
                                           {"2011-12-30", "2012-03-31", 90, 90, 92, 92},
                                           {"2011-12-31", "2012-02-28", 58, 58, 59, 59},
                                           {"2011-12-31", "2012-02-29", 59, 59, 60, 60},
                                           {"2011-12-31", "2012-03-31", 90, 90, 91, 91},
                                           {"2012-02-28", "2012-03-28", 30, 30, 29, 29},
                                           {"2012-02-28", "2012-03-31", 33, 32, 32, 32},
                                           {"2012-02-29", "2012-03-29", 29, 30, 29, 29},
                                           {"2012-02-29", "2012-03-30", 30, 31, 30, 30},
                                           {"2012-02-29", "2012-09-01", 181, 182, 185, 185},
                                           {"2012-02-29", "2013-02-28", 360, 359, 365, 365},
                                           {"2012-02-29", "2016-02-29", 1440, 1440, 1461, 1461},
                                           {"2011-02-28", "2012-02-28", 358, 360, 365, 365},
                                           {"2011-02-28", "2012-02-29", 360, 361, 366, 366},
                                           {"2026-01-31", "2026-02-28", 28, 28, 28, 28},
                                           {"2026-03-31", "2026-04-30", 30, 30, 30, 30},
                                           {"2026-01-15", "2027-01-15", 360, 360, 365, 365},
                                           {"2026-01-30", "2026-03-31", 60, 60, 60, 60},
                                           {"2027-12-31", "2028-12-31", 360, 360, 366, 366},
                                           {"2024-01-01", "2025-01-01", 360, 360, 366, 366},
                                           {"2000-01-01", "2000-12-31", 360, 359, 365, 365},
                                           {"1900-02-28", "1900-03-01", 1, 3, 1, 1},
                                           {"1999-12-31", "2000-01-01", 1, 1, 1, 1}};

TEST(DayCount, AgreesWithCalcsYearfrac) {
  for (const CalcCase& c : kCalcYearFractions) {
    const Date from = day(c.from);
    const Date to = day(c.to);
    const auto expect = [&](DayCount convention, int days, int year) {
      EXPECT_EQ(day_count(convention, from, to), days) << c.from << ' ' << c.to;
      const YearFraction fraction = year_fraction(convention, from, to);
      EXPECT_EQ(fraction.numerator, days) << c.from << ' ' << c.to;
      EXPECT_EQ(fraction.denominator, year);
    };
    expect(DayCount::kThirty360Us, c.basis_0, 360);
    expect(DayCount::kThirtyE360, c.basis_4, 360);
    expect(DayCount::kActual360, c.basis_2, 360);
    expect(DayCount::kActual365Fixed, c.basis_3, 365);
    EXPECT_EQ(day_count(DayCount::kActualActualIsda, from, to), c.basis_2);
  }
}

// ISDA, "EMU and market conventions: recent developments" (1998), examples with the decimals that
// QuantLib publishes in testActualActual, and its tolerance of 10^-10 (one of them is off by 4 in
// the last digit).
TEST(ActualActual, AgreesWithTheExamplesOfIsda) {
  struct Case {
    const char* from;
    const char* to;
    std::int64_t millionths_of_a_millionth;
  };
  const Case cases[] = {{"2003-11-01", "2004-05-01", 497'724'380'567},
                        {"1999-02-01", "1999-07-01", 410'958'904'110},
                        {"1999-07-01", "2000-07-01", 1'001'377'348'600},
                        {"2002-08-15", "2003-07-15", 915'068'493'151},
                        {"2003-07-15", "2004-01-15", 504'004'790'778},
                        {"1999-07-30", "2000-01-30", 503'892'506'924},
                        {"2000-01-30", "2000-06-30", 415'300'546'448}};
  for (const Case& c : cases) {
    const YearFraction fraction =
        year_fraction(DayCount::kActualActualIsda, day(c.from), day(c.to));
    const std::int64_t computed = fraction.numerator * 1'000'000'000'000 / fraction.denominator;
    EXPECT_LE(std::abs(computed - c.millionths_of_a_millionth), 100) << c.from << ' ' << c.to;
  }
}

// OpenGamma Strata, DayCountTest, rows of ACT_ACT_ISDA: days in leap years, in other years, and
// whole years between.
TEST(ActualActual, KeepsTheFractionExact) {
  struct Case {
    const char* from;
    const char* to;
    std::int64_t leap_days, other_days, whole_years;
  };
  const Case cases[] = {
      {"2011-12-28", "2012-02-28", 58, 4, 0}, {"2011-12-28", "2012-02-29", 59, 4, 0},
      {"2011-12-28", "2012-03-01", 60, 4, 0}, {"2011-12-28", "2016-02-28", 58, 4, 4},
      {"2011-12-28", "2016-02-29", 59, 4, 4}, {"2011-12-28", "2016-03-01", 60, 4, 4},
      {"2012-02-29", "2012-03-29", 29, 0, 0}, {"2012-02-29", "2012-03-28", 28, 0, 0},
      {"2012-03-01", "2012-03-28", 27, 0, 0}};
  for (const Case& c : cases) {
    const YearFraction fraction =
        year_fraction(DayCount::kActualActualIsda, day(c.from), day(c.to));
    EXPECT_EQ(fraction.denominator, 365 * 366);
    EXPECT_EQ(fraction.numerator,
              c.leap_days * 365 + c.other_days * 366 + c.whole_years * 365 * 366)
        << c.from << ' ' << c.to;
  }
  // 9999 whole years but for the last day, which lies in a year of 365.
  EXPECT_EQ(year_fraction(DayCount::kActualActualIsda, kDateMin, kDateMax).numerator,
            std::int64_t{9999} * 365 * 366 - 366);
}

TEST(DayCount, IsNegativeOnTheWayBackAndZeroOnTheSpot) {
  for (const DayCount convention :
       {DayCount::kThirtyE360, DayCount::kThirty360Us, DayCount::kActual365Fixed,
        DayCount::kActual360, DayCount::kActualActualIsda}) {
    for (const DaysCase& c : kIsdaExamples) {
      const Date from = day(c.from);
      const Date to = day(c.to);
      const YearFraction there = year_fraction(convention, from, to);
      const YearFraction back = year_fraction(convention, to, from);
      EXPECT_EQ(day_count(convention, to, from), -day_count(convention, from, to));
      EXPECT_EQ(back.numerator, -there.numerator);
      EXPECT_EQ(back.denominator, there.denominator);
      EXPECT_EQ(day_count(convention, from, from), 0);
      EXPECT_EQ(year_fraction(convention, to, to).numerator, 0);
    }
  }
}

// domain.md section 8: the 17 national holidays and 8 days of joint leave of 2026, as decreed.
Holidays holidays_2026() {
  std::vector<Date> dates;
  for (const char* text : {"2026-01-01", "2026-01-16", "2026-02-17", "2026-03-19", "2026-03-21",
                           "2026-03-22", "2026-04-03", "2026-04-05", "2026-05-01", "2026-05-14",
                           "2026-05-27", "2026-05-31", "2026-06-01", "2026-06-16", "2026-08-17",
                           "2026-08-25", "2026-12-25", "2026-02-16", "2026-03-18", "2026-03-20",
                           "2026-03-23", "2026-03-24", "2026-05-15", "2026-05-28", "2026-12-24"})
    dates.push_back(day(text));
  return Holidays(std::move(dates));
}

// LibreOffice Calc 7.4.7, NETWORKDAYS(d; d; holidays) = 1 for every day of 2026.
TEST(BusinessDay, AgreesWithCalcsNetworkdays) {
  const char* months[] = {".#..#####..####...#####..#####.", ".#####..#####....###..#####.",
                          ".#####..#####..##.......###..##", "##...#####..#####..#####..####",
                          "...#####..###....#####..##..#..", ".####..#####..#.###..#####..##",
                          "###..#####..#####..#####..#####", "..#####..#####...####..#.###..#",
                          "####..#####..#####..#####..###",  "##..#####..#####..#####..#####.",
                          ".#####..#####..#####..#####..#",  "####..#####..#####..###....####"};
  const Holidays holidays = holidays_2026();
  Date date = day("2026-01-01");
  for (const std::string_view month : months)
    for (const char mark : month) {
      EXPECT_EQ(is_business_day(holidays, date), mark == '#') << format_date(date);
      date = date + 1;
    }
  EXPECT_EQ(date, day("2027-01-01"));
}

// LibreOffice Calc 7.4.7, every holiday of 2026 and every day whose month ends before the next
// business day: WORKDAY(d-1; 1; holidays); that one, or the last if the month differs;
// WORKDAY(d+1; -1; holidays).
TEST(BusinessDay, AgreesWithCalcsWorkday) {
  struct Case {
    const char* date;
    const char* following;
    const char* modified_following;
    const char* preceding;
  };
  const Case cases[] = {{"2026-01-01", "2026-01-02", "2026-01-02", "2025-12-31"},
                        {"2026-01-16", "2026-01-19", "2026-01-19", "2026-01-15"},
                        {"2026-01-31", "2026-02-02", "2026-01-30", "2026-01-30"},
                        {"2026-02-16", "2026-02-18", "2026-02-18", "2026-02-13"},
                        {"2026-02-17", "2026-02-18", "2026-02-18", "2026-02-13"},
                        {"2026-02-28", "2026-03-02", "2026-02-27", "2026-02-27"},
                        {"2026-03-18", "2026-03-25", "2026-03-25", "2026-03-17"},
                        {"2026-03-19", "2026-03-25", "2026-03-25", "2026-03-17"},
                        {"2026-03-20", "2026-03-25", "2026-03-25", "2026-03-17"},
                        {"2026-03-21", "2026-03-25", "2026-03-25", "2026-03-17"},
                        {"2026-03-22", "2026-03-25", "2026-03-25", "2026-03-17"},
                        {"2026-03-23", "2026-03-25", "2026-03-25", "2026-03-17"},
                        {"2026-03-24", "2026-03-25", "2026-03-25", "2026-03-17"},
                        {"2026-04-03", "2026-04-06", "2026-04-06", "2026-04-02"},
                        {"2026-04-05", "2026-04-06", "2026-04-06", "2026-04-02"},
                        {"2026-05-01", "2026-05-04", "2026-05-04", "2026-04-30"},
                        {"2026-05-14", "2026-05-18", "2026-05-18", "2026-05-13"},
                        {"2026-05-15", "2026-05-18", "2026-05-18", "2026-05-13"},
                        {"2026-05-27", "2026-05-29", "2026-05-29", "2026-05-26"},
                        {"2026-05-28", "2026-05-29", "2026-05-29", "2026-05-26"},
                        {"2026-05-30", "2026-06-02", "2026-05-29", "2026-05-29"},
                        {"2026-05-31", "2026-06-02", "2026-05-29", "2026-05-29"},
                        {"2026-06-01", "2026-06-02", "2026-06-02", "2026-05-29"},
                        {"2026-06-16", "2026-06-17", "2026-06-17", "2026-06-15"},
                        {"2026-08-17", "2026-08-18", "2026-08-18", "2026-08-14"},
                        {"2026-08-25", "2026-08-26", "2026-08-26", "2026-08-24"},
                        {"2026-10-31", "2026-11-02", "2026-10-30", "2026-10-30"},
                        {"2026-12-24", "2026-12-28", "2026-12-28", "2026-12-23"},
                        {"2026-12-25", "2026-12-28", "2026-12-28", "2026-12-23"}};
  const Holidays holidays = holidays_2026();
  for (const Case& c : cases) {
    const auto adjusted = [&](BusinessDayConvention convention) {
      return format_date(adjust(holidays, day(c.date), convention));
    };
    EXPECT_EQ(adjusted(BusinessDayConvention::kUnadjusted), c.date);
    EXPECT_EQ(adjusted(BusinessDayConvention::kFollowing), c.following) << c.date;
    EXPECT_EQ(adjusted(BusinessDayConvention::kModifiedFollowing), c.modified_following) << c.date;
    EXPECT_EQ(adjusted(BusinessDayConvention::kPreceding), c.preceding) << c.date;
  }
}

TEST(BusinessDay, StaysWhereItIs) {
  for (const BusinessDayConvention convention :
       {BusinessDayConvention::kUnadjusted, BusinessDayConvention::kFollowing,
        BusinessDayConvention::kModifiedFollowing, BusinessDayConvention::kPreceding})
    EXPECT_EQ(adjust(holidays_2026(), day("2026-03-25"), convention), day("2026-03-25"));
}

TEST(Holidays, AreSortedOnceEachAndKnowTheirWeekend) {
  const Date monday = day("2026-03-02");
  const Holidays twice({monday + 1, monday, monday + 1});
  EXPECT_EQ(twice.dates(), (std::vector<Date>{monday, monday + 1}));
  EXPECT_FALSE(is_business_day(twice, monday));
  EXPECT_TRUE(is_business_day(twice, monday + 2));

  const Holidays six_day_week({}, 0b1000000);  // Sunday alone
  EXPECT_TRUE(is_business_day(six_day_week, monday + 5));
  EXPECT_FALSE(is_business_day(six_day_week, monday + 6));
  const Holidays no_weekend({}, 0);
  EXPECT_TRUE(is_business_day(no_weekend, monday + 6));
  EXPECT_FALSE(is_business_day(Holidays(), monday + 5));
}

TEST(HolidaysDeathTest, StopsAtAWeekWithoutABusinessDay) {
  EXPECT_DEATH(Holidays({}, 0b1111111), "CHECK failed");
  EXPECT_DEATH(Holidays({}, 0xFF), "CHECK failed");
}

}  // namespace
}  // namespace lumbung::engine
