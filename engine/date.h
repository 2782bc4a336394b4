// Calendar days, months, moments, day counts and business-day conventions, by their market names.
// Pure arithmetic in the proleptic Gregorian calendar: nothing here reads a clock or a zone
// database. Any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lumbung::engine {

/// A calendar day: days since 1970-01-01.
struct Date {
  std::int32_t days = 0;

  friend auto operator<=>(const Date&, const Date&) = default;
};

/// The years that ISO 8601 and RFC 3339 write with four digits; every date and month that is taken
/// apart or written must lie in them.
inline constexpr int kYearMin = 1;
inline constexpr int kYearMax = 9999;
inline constexpr Date kDateMin{-719'162};   ///< 0001-01-01
inline constexpr Date kDateMax{2'932'896};  ///< 9999-12-31

constexpr bool in_range(Date date) {
  return kDateMin <= date && date <= kDateMax;
}

struct YearMonthDay {
  int year;
  int month;  ///< 1 to 12
  int day;    ///< 1 to 31

  friend bool operator==(const YearMonthDay&, const YearMonthDay&) = default;
};

/// REQUIRES: kYearMin <= year <= kYearMax, here and below.
bool is_leap(int year);

/// REQUIRES: 1 <= month <= 12.
int days_in_month(int year, int month);

/// Whether the three name a day of the years kYearMin to kYearMax.
bool valid(YearMonthDay ymd);

/// REQUIRES: valid(ymd).
Date date_of(YearMonthDay ymd);

/// REQUIRES: in_range(date), here and wherever a date is taken apart.
YearMonthDay ymd_of(Date date);

/// Reads exactly "YYYY-MM-DD" with a day that exists in the years 1900 to 2999; else nullopt.
std::optional<Date> parse_date(std::string_view text);

/// "YYYY-MM-DD".
std::string format_date(Date date);

/// ISO 8601 day of the week: 1 = Monday to 7 = Sunday.
int weekday(Date date);

Date operator+(Date date, int days);
Date operator-(Date date, int days);

/// Days from b to a: negative when a is earlier.
int operator-(Date a, Date b);

/// A calendar month: year × 12 + month - 1.
struct Month {
  std::int32_t index = 0;

  friend auto operator<=>(const Month&, const Month&) = default;
};

Month month_of(Date date);

/// The month so many months later, or earlier when negative.
Month operator+(Month month, int months);

Date first_day(Month month);
Date last_day(Month month);

/// Reads exactly "YYYY-MM" in the years 1900 to 2999; else nullopt.
std::optional<Month> parse_month(std::string_view text);

/// "YYYY-MM".
std::string format_month(Month month);

/// The day that falls due `months` after the month of the reference: the anchor day, or the
/// month's last day where that is earlier. The anchor is kept, never the shortened day, so that
/// 31 January goes to 28 February and then to 31 March.
/// REQUIRES: 1 <= anchor_day <= 31.
Date due_date(Date start_month_reference, int months, int anchor_day);

/// How days are counted and what a year is, by the names of the 2006 ISDA Definitions, section
/// 4.16, and of the SIFMA Standard Securities Calculation Methods for the United States rule.
enum class DayCount : std::uint8_t {
  kThirtyE360,       ///< 4.16(g) "30E/360", Eurobond basis: day 31 counts as day 30
  kThirty360Us,      ///< 30/360 US with its end-of-February rule: last days of February are day 30
  kActual365Fixed,   ///< 4.16(d) "Actual/365 (Fixed)": a year is 365 days, leap years too
  kActual360,        ///< 4.16(e) "Actual/360"
  kActualActualIsda  ///< 4.16(b) "Actual/Actual": days of leap years over 366, others over 365
};

/// An exact part of a year, not reduced; the denominator depends only on the day count.
struct YearFraction {
  std::int64_t numerator;
  std::int64_t denominator;  ///< > 0
};

/// Days from `from` to `to`, the first included and the last not, as the convention counts them.
/// When `to` is earlier: the negative of the way back.
int day_count(DayCount convention, Date from, Date to);

/// The same stretch as a part of a year. When `to` is earlier: the negative of the way back.
YearFraction year_fraction(DayCount convention, Date from, Date to);

/// Where a date goes that is no business day, by ISDA's names.
enum class BusinessDayConvention : std::uint8_t {
  kUnadjusted,
  kFollowing,          ///< the next business day
  kModifiedFollowing,  ///< the next, but the one before if the next lies in another month
  kPreceding           ///< the business day before
};

/// Weekdays that are no business days: bit (ISO weekday - 1).
inline constexpr std::uint8_t kSaturdayAndSunday = 0b1100000;

/// One version of a calendar: holidays and the weekend. Holidays change by decree during the year,
/// so the table is data that the caller passes in; the engine knows none. Immutable; any thread.
class Holidays {
 public:
  Holidays() = default;

  /// Dates in any order; repeats and holidays on a weekend are harmless.
  /// REQUIRES: some weekday is no weekend.
  explicit Holidays(std::vector<Date> dates, std::uint8_t weekend = kSaturdayAndSunday);

  /// Ascending, each once.
  const std::vector<Date>& dates() const { return dates_; }
  std::uint8_t weekend() const { return weekend_; }

 private:
  std::vector<Date> dates_;
  std::uint8_t weekend_ = kSaturdayAndSunday;
};

bool is_business_day(const Holidays& holidays, Date date);

Date adjust(const Holidays& holidays, Date date, BusinessDayConvention convention);

/// A moment: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX).
struct Timestamp {
  std::int64_t us = 0;

  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

/// RFC 3339 in UTC with six fraction digits: "2026-01-31T09:15:00.000000Z".
/// REQUIRES: a moment of the years kYearMin to kYearMax.
std::string format_timestamp(Timestamp timestamp);

/// Reads RFC 3339 of the years 1900 to 2999 with 'Z' or a numeric offset and up to six fraction
/// digits. nullopt for all else, among it a finer fraction and the leap second ":60", which this
/// count of microseconds cannot hold.
std::optional<Timestamp> parse_timestamp(std::string_view text);

/// A time zone without summer time.
struct Zone {
  std::string name;    ///< IANA name
  int offset_minutes;  ///< east of UTC
};

/// Indonesia's three zones (Asia/Jakarta +07, Asia/Makassar +08, Asia/Jayapura +09) and UTC by
/// their exact names; else nullopt.
std::optional<Zone> find_zone(std::string_view name);

/// The calendar day in the zone at that moment.
Date local_date(Timestamp timestamp, const Zone& zone);

}  // namespace lumbung::engine
