#include "engine/date.h"

#include <gtest/gtest.h>

#include <limits>

namespace lumbung::engine {
namespace {

Date day(std::string_view text) {
  return parse_date(text).value();
}

Timestamp moment(std::string_view text) {
  return parse_timestamp(text).value();
}

// Days since the epoch and ISO weekday from python3, a date d a row:
//   (d - datetime.date(1970, 1, 1)).days, d.isoweekday()
TEST(Date, AgreesWithPythonsCalendar) {
  struct Case {
    YearMonthDay ymd;
    std::int32_t days;
    int weekday;
  };
  const Case cases[] = {
      {{1, 1, 1}, -719162, 1},     {{1, 12, 31}, -718798, 1},    {{4, 2, 29}, -718008, 7},
      {{1582, 10, 4}, -141438, 1}, {{1582, 10, 15}, -141427, 5}, {{1600, 2, 29}, -135081, 2},
      {{1899, 12, 31}, -25568, 7}, {{1900, 2, 28}, -25509, 3},   {{1900, 3, 1}, -25508, 4},
      {{1945, 8, 17}, -8903, 5},   {{1969, 12, 31}, -1, 3},      {{1970, 1, 1}, 0, 4},
      {{1999, 12, 31}, 10956, 5},  {{2000, 2, 29}, 11016, 2},    {{2024, 2, 29}, 19782, 4},
      {{2026, 1, 31}, 20484, 6},   {{2028, 2, 29}, 21243, 2},    {{2038, 1, 19}, 24855, 2},
      {{2100, 2, 28}, 47540, 7},   {{2100, 3, 1}, 47541, 1},     {{2400, 2, 29}, 157113, 2},
      {{2999, 12, 31}, 376199, 2}, {{9999, 12, 31}, 2932896, 5}, {{1368, 12, 5}, -219537, 1},
      {{3669, 11, 2}, 620853, 6},  {{5771, 9, 12}, 1388541, 4},  {{5878, 7, 30}, 1427578, 2},
      {{7433, 3, 5}, 1995383, 2},  {{9876, 11, 30}, 2887941, 4}, {{1179, 8, 24}, -288672, 5},
      {{2565, 2, 11}, 217361, 1},  {{6903, 1, 3}, 1801743, 3},   {{7137, 11, 20}, 1887531, 6}};
  for (const Case& c : cases) {
    EXPECT_EQ(date_of(c.ymd), Date{c.days}) << c.ymd.year;
    EXPECT_EQ(ymd_of(Date{c.days}), c.ymd) << c.days;
    EXPECT_EQ(weekday(Date{c.days}), c.weekday) << c.days;
  }
}

// Walks every day of the range with the rule as Pope Gregory's bull gives it: each fourth year is
// leap, of the centuries only each fourth.
TEST(Date, NamesEveryDayOfTheRangeInOrder) {
  const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  Date date = kDateMin;
  int weekday_expected = 1;
  for (int year = 1; year <= 9999; ++year) {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    ASSERT_EQ(is_leap(year), leap) << year;
    for (int month = 1; month <= 12; ++month) {
      const int length = lengths[month - 1] + (leap && month == 2 ? 1 : 0);
      ASSERT_EQ(days_in_month(year, month), length) << year << '-' << month;
      for (int d = 1; d <= length; ++d, date = date + 1) {
        const YearMonthDay ymd{year, month, d};
        ASSERT_EQ(ymd_of(date), ymd) << date.days;
        ASSERT_EQ(date_of(ymd), date) << date.days;
        ASSERT_EQ(weekday(date), weekday_expected) << date.days;
        weekday_expected = weekday_expected % 7 + 1;
      }
    }
  }
  EXPECT_EQ(date, kDateMax + 1);
}

TEST(Date, KnowsWhatIsNoDay) {
  for (const YearMonthDay ymd : {YearMonthDay{0, 1, 1},
                                 {10000, 1, 1},
                                 {-1, 1, 1},
                                 {2026, 0, 1},
                                 {2026, 13, 1},
                                 {2026, 1, 0},
                                 {2026, 1, 32},
                                 {2026, 4, 31},
                                 {2026, 2, 29},
                                 {1900, 2, 29},
                                 {2100, 2, 29},
                                 {2028, 2, 30}})
    EXPECT_FALSE(valid(ymd)) << ymd.year << '-' << ymd.month << '-' << ymd.day;
  for (const YearMonthDay ymd :
       {YearMonthDay{1, 1, 1}, {9999, 12, 31}, {2028, 2, 29}, {2000, 2, 29}})
    EXPECT_TRUE(valid(ymd)) << ymd.year << '-' << ymd.month << '-' << ymd.day;
  EXPECT_TRUE(in_range(kDateMin) && in_range(kDateMax));
  EXPECT_FALSE(in_range(kDateMin - 1) || in_range(kDateMax + 1));
}

TEST(Date, AddsAndSubtractsDays) {
  EXPECT_EQ(day("2026-02-28") + 1, day("2026-03-01"));
  EXPECT_EQ(day("2028-02-28") + 1, day("2028-02-29"));
  EXPECT_EQ(day("2026-03-01") - 1, day("2026-02-28"));
  EXPECT_EQ(day("2026-03-01") + -60, day("2025-12-31"));
  EXPECT_EQ(day("2027-01-01") - day("2026-01-01"), 365);
  EXPECT_EQ(day("2026-01-01") - day("2027-01-01"), -365);
  EXPECT_LT(day("2026-01-31"), day("2026-02-01"));
}

TEST(ParseDate, TakesOneFormOnly) {
  for (const char* text : {"1900-01-01", "2026-01-31", "2028-02-29", "2999-12-31", "1970-01-01"})
    EXPECT_EQ(format_date(day(text)), text);
  for (const char* text : {"",
                           "2026",
                           "2026-01",
                           "2026-1-31",
                           "26-01-31",
                           "2026-01-1",
                           "20260131",
                           "2026/01/31",
                           "2026-01-31 ",
                           " 2026-01-31",
                           "2026-01-31T",
                           "+2026-01-31",
                           "-2026-01-31",
                           "2026--1-31",
                           "2026-01--1",
                           "2026-00-10",
                           "2026-13-10",
                           "2026-01-00",
                           "2026-01-32",
                           "2026-02-29",
                           "2100-02-29",
                           "1899-12-31",
                           "3000-01-01",
                           "0000-00-00",
                           "31-01-2026",
                           "2026-01-3x"})
    EXPECT_FALSE(parse_date(text)) << text;
  EXPECT_FALSE(parse_date(std::string_view("2026-01-31\0", 11)));
  EXPECT_EQ(format_date(kDateMin), "0001-01-01");
  EXPECT_EQ(format_date(kDateMax), "9999-12-31");
}

TEST(Month, GoesFromDaysAndBack) {
  EXPECT_EQ(month_of(day("2026-01-31")), (Month{2026 * 12}));
  EXPECT_EQ(month_of(day("2026-12-01")), (Month{2026 * 12 + 11}));
  EXPECT_EQ(first_day(month_of(day("2028-02-29"))), day("2028-02-01"));
  EXPECT_EQ(last_day(month_of(day("2028-02-01"))), day("2028-02-29"));
  EXPECT_EQ(last_day(month_of(day("2026-12-31"))), day("2026-12-31"));
  EXPECT_EQ(month_of(day("2026-12-31")) + 1, month_of(day("2027-01-01")));
  EXPECT_EQ(month_of(day("2026-01-01")) + -13, month_of(day("2024-12-31")));
  EXPECT_EQ(first_day(month_of(kDateMin)), kDateMin);
  EXPECT_EQ(last_day(month_of(kDateMax)), kDateMax);
}

TEST(ParseMonth, TakesOneFormOnly) {
  for (const char* text : {"1900-01", "2026-09", "2026-10", "2999-12"})
    EXPECT_EQ(format_month(parse_month(text).value()), text);
  EXPECT_EQ(parse_month("2026-12"), month_of(day("2026-12-31")));
  for (const char* text : {"", "2026", "2026-", "2026-1", "2026-00", "2026-13", "2026-01-01",
                           "202601", "2026-01 ", "1899-12", "3000-01", "2026/01"})
    EXPECT_FALSE(parse_month(text)) << text;
}

// domain.md 9.1 and section 10, item 8; the leap year by the calendar.
TEST(DueDate, KeepsItsAnchorDay) {
  const Date disbursed = day("2026-01-31");
  const char* anchor_31[] = {"2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31",
                             "2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30",
                             "2026-10-31", "2026-11-30", "2026-12-31", "2027-01-31"};
  int months = 0;
  for (const char* due : anchor_31) EXPECT_EQ(format_date(due_date(disbursed, ++months, 31)), due);

  struct Case {
    const char* reference;
    int months;
    int anchor_day;
    const char* expected;
  };
  const Case cases[] = {{"2028-01-31", 1, 31, "2028-02-29"},  {"2028-01-31", 1, 30, "2028-02-29"},
                        {"2028-01-31", 1, 29, "2028-02-29"},  {"2028-01-31", 1, 28, "2028-02-28"},
                        {"2026-01-30", 1, 30, "2026-02-28"},  {"2026-01-30", 2, 30, "2026-03-30"},
                        {"2026-01-30", 25, 30, "2028-02-29"}, {"2026-02-28", 0, 31, "2026-02-28"},
                        {"2026-02-28", 1, 31, "2026-03-31"},  {"2026-05-05", 0, 1, "2026-05-01"},
                        {"2026-05-31", 7, 15, "2026-12-15"},  {"2026-03-31", -1, 31, "2026-02-28"},
                        {"2026-01-10", -13, 31, "2024-12-31"}};
  for (const Case& c : cases)
    EXPECT_EQ(format_date(due_date(day(c.reference), c.months, c.anchor_day)), c.expected)
        << c.reference << " + " << c.months << " on " << c.anchor_day;
}

struct TimeCase {
  const char* text;
  std::int64_t us;
  const char* in_utc;
};

// The examples of RFC 3339 section 5.8, then edges. Microseconds and UTC from python3:
//   (d - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)
constexpr TimeCase kTimes[] = {
    {"1985-04-12T23:20:50.52Z", 482196050520000, "1985-04-12T23:20:50.520000Z"},
    {"1996-12-19T16:39:57-08:00", 851042397000000, "1996-12-20T00:39:57.000000Z"},
    {"1937-01-01T12:00:27.87+00:20", -1041337172130000, "1937-01-01T11:40:27.870000Z"},
    {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000Z"},
    {"2026-01-31T09:15:00+07:00", 1769825700000000, "2026-01-31T02:15:00.000000Z"},
    {"2026-01-31T02:15:00-00:00", 1769825700000000, "2026-01-31T02:15:00.000000Z"},
    {"2026-01-31t02:15:00.000z", 1769825700000000, "2026-01-31T02:15:00.000000Z"},
    {"2026-12-31T23:59:59.999999Z", 1798761599999999, "2026-12-31T23:59:59.999999Z"},
    {"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"},
    {"2000-02-29T12:34:56.000001Z", 951827696000001, "2000-02-29T12:34:56.000001Z"},
    {"1900-01-01T00:00:00+23:59", -2209075140000000, "1899-12-31T00:01:00.000000Z"},
    {"2999-12-31T23:59:59.999999-23:59", 32503766339999999, "3000-01-01T23:58:59.999999Z"}};

TEST(Timestamp, IsReadAndWrittenAsRfc3339) {
  for (const TimeCase& c : kTimes) {
    EXPECT_EQ(parse_timestamp(c.text), Timestamp{c.us}) << c.text;
    EXPECT_EQ(format_timestamp(Timestamp{c.us}), c.in_utc);
  }
  // datetime.min and datetime.max of python3
  EXPECT_EQ(format_timestamp(Timestamp{-62135596800000000}), "0001-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_timestamp(Timestamp{253402300799999999}), "9999-12-31T23:59:59.999999Z");
}

TEST(Timestamp, IsReadFromNothingElse) {
  for (const char* text : {"",
                           "2026-01-31",
                           "2026-01-31T09:15:00",
                           "2026-01-31 09:15:00Z",
                           "2026-01-31T09:15Z",
                           "2026-01-31T9:15:00Z",
                           "2026-01-31T09:15:00+7:00",
                           "2026-01-31T09:15:00+0700",
                           "2026-01-31T09:15:00+07",
                           "2026-01-31T09:15:00+24:00",
                           "2026-01-31T09:15:00+07:60",
                           "2026-01-31T09:15:00 +07:00",
                           "2026-01-31T09:15:00ZZ",
                           "2026-01-31T09:15:00.Z",
                           "2026-01-31T09:15:00,5Z",
                           "2026-01-31T09:15:00.1234567Z",
                           "2026-01-31T09:15:00.-12345Z",
                           "2026-01-31T24:00:00Z",
                           "2026-01-31T09:60:00Z",
                           "1990-12-31T23:59:60Z",
                           "2026-02-29T09:15:00Z",
                           "1899-12-31T23:59:59Z",
                           "3000-01-01T00:00:00Z",
                           "20260131T091500Z",
                           "2026-01-31T09:15:00 Z"})
    EXPECT_FALSE(parse_timestamp(text)) << text;
}

// domain.md section 8: WIB +07, WITA +08, WIT +09; section 10, item 2: 16:59:59Z and 17:00:00Z.
TEST(Zone, TurnsTheDayAtItsOwnMidnight) {
  struct Case {
    const char* zone;
    const char* last_moment;
    const char* first_moment;
  };
  const Case cases[] = {{"Asia/Jakarta", "2026-02-28T16:59:59.999999Z", "2026-02-28T17:00:00Z"},
                        {"Asia/Makassar", "2026-02-28T15:59:59.999999Z", "2026-02-28T16:00:00Z"},
                        {"Asia/Jayapura", "2026-02-28T14:59:59.999999Z", "2026-02-28T15:00:00Z"},
                        {"UTC", "2026-02-28T23:59:59.999999Z", "2026-03-01T00:00:00Z"}};
  for (const Case& c : cases) {
    const std::optional<Zone> zone = find_zone(c.zone);
    ASSERT_TRUE(zone) << c.zone;
    EXPECT_EQ(zone->name, c.zone);
    EXPECT_EQ(local_date(moment(c.last_moment), *zone), day("2026-02-28")) << c.zone;
    EXPECT_EQ(local_date(moment(c.first_moment), *zone), day("2026-03-01")) << c.zone;
  }
  const Zone jakarta = find_zone("Asia/Jakarta").value();
  EXPECT_EQ(local_date(moment("1969-12-31T16:59:59.999999Z"), jakarta), Date{-1});
  EXPECT_EQ(local_date(moment("1969-12-31T17:00:00Z"), jakarta), Date{0});
  for (const char* name : {"", "asia/jakarta", "WIB", "Asia/Singapore", "GMT", "UTC ", "+07:00"})
    EXPECT_FALSE(find_zone(name)) << name;
}

// 2^63 microseconds are 106,751,991 days and 14,454.775807 seconds.
TEST(Zone, HoldsAtTheEdgesOf64Bits) {
  const Zone jayapura = find_zone("Asia/Jayapura").value();
  const Timestamp last{std::numeric_limits<std::int64_t>::max()};
  const Timestamp first{std::numeric_limits<std::int64_t>::min()};
  EXPECT_EQ(local_date(last, jayapura), Date{106'751'991});
  EXPECT_EQ(local_date(first, jayapura), Date{-106'751'992 + 1});
  EXPECT_EQ(local_date(first, find_zone("UTC").value()), Date{-106'751'992});
}

TEST(DateDeathTest, StopsAtAMistakeOfTheCaller) {
  constexpr int kIntMax = std::numeric_limits<int>::max();
  EXPECT_DEATH((void)date_of({2026, 2, 29}), "CHECK failed");
  EXPECT_DEATH((void)ymd_of(kDateMax + 1), "CHECK failed");
  EXPECT_DEATH((void)format_date(kDateMin - 1), "CHECK failed");
  EXPECT_DEATH((void)days_in_month(2026, 0), "CHECK failed");
  EXPECT_DEATH((void)days_in_month(2026, 13), "CHECK failed");
  EXPECT_DEATH((void)is_leap(0), "CHECK failed");
  EXPECT_DEATH((void)(Date{kIntMax} + 1), "CHECK failed");
  EXPECT_DEATH((void)(Date{-2} - kIntMax), "CHECK failed");
  EXPECT_DEATH((void)(Date{kIntMax} - Date{-1}), "CHECK failed");
  EXPECT_DEATH((void)(Month{kIntMax} + 1), "CHECK failed");
  EXPECT_DEATH((void)first_day(Month{11}), "CHECK failed");
  EXPECT_DEATH((void)due_date(Date{0}, 1, 0), "CHECK failed");
  EXPECT_DEATH((void)due_date(Date{0}, 1, 32), "CHECK failed");
  EXPECT_DEATH((void)format_timestamp(Timestamp{253402300800000000}), "CHECK failed");
}

}  // namespace
}  // namespace lumbung::engine
