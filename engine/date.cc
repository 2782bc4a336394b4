#include "engine/date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

#include "engine/check.h"

namespace lumbung::engine {

// std::chrono serves here as a calendar only, for its arithmetic; its clocks are not used.

namespace {

// The years that input may name.
constexpr int kInputYearMin = 1900;
constexpr int kInputYearMax = 2999;

constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::int64_t kUsPerMinute = 60 * kUsPerSecond;
constexpr std::int64_t kUsPerHour = 60 * kUsPerMinute;
constexpr std::int64_t kUsPerDay = 24 * kUsPerHour;

constexpr std::int64_t floor_div(std::int64_t dividend, std::int64_t divisor) {
  const std::int64_t quotient = dividend / divisor;
  return dividend % divisor < 0 ? quotient - 1 : quotient;
}

constexpr std::int64_t floor_mod(std::int64_t dividend, std::int64_t divisor) {
  const std::int64_t remainder = dividend % divisor;
  return remainder < 0 ? remainder + divisor : remainder;
}

bool is_year(int year) {
  return year >= kYearMin && year <= kYearMax;
}

bool is_input_year(int year) {
  return year >= kInputYearMin && year <= kInputYearMax;
}

Month month_at(int year, int month) {
  return {year * 12 + month - 1};
}

// Takes so many digits from the front of the text.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

// "YYYY-MM" from the front of the text.
std::optional<std::pair<int, int>> take_year_month(std::string_view& text) {
  const std::optional<int> year = take_number(text, 4);
  if (!year || !is_input_year(*year) || !take_char(text, '-')) return std::nullopt;
  const std::optional<int> month = take_number(text, 2);
  if (!month || *month < 1 || *month > 12) return std::nullopt;
  return std::pair{*year, *month};
}

// "YYYY-MM-DD" from the front of the text.
std::optional<Date> take_date(std::string_view& text) {
  const std::optional<std::pair<int, int>> year_month = take_year_month(text);
  if (!year_month || !take_char(text, '-')) return std::nullopt;
  const std::optional<int> day = take_number(text, 2);
  if (!day) return std::nullopt;
  const YearMonthDay ymd{year_month->first, year_month->second, *day};
  if (!valid(ymd)) return std::nullopt;
  return date_of(ymd);
}

// "hh:mm" from the front of the text, in minutes.
std::optional<int> take_hour_minute(std::string_view& text) {
  const std::optional<int> hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take_char(text, ':')) return std::nullopt;
  const std::optional<int> minute = take_number(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  return *hour * 60 + *minute;
}

// ".f" to ".ffffff" from the front of the text, in microseconds; zero where there is none.
std::optional<int> take_fraction(std::string_view& text) {
  if (!take_char(text, '.')) return 0;
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  if (end < 1 || end > 6) return std::nullopt;
  int us = *take_number(text, end);
  for (std::size_t digits = end; digits < 6; ++digits) us *= 10;
  return us;
}

// "Z" or "+hh:mm" or "-hh:mm" from the front of the text, in minutes east of UTC. RFC 3339 takes
// "-00:00" for UTC of an unknown place, and small letters as well as capitals.
std::optional<int> take_offset(std::string_view& text) {
  if (take_char(text, 'Z') || take_char(text, 'z')) return 0;
  const bool west = take_char(text, '-');
  if (!west && !take_char(text, '+')) return std::nullopt;
  const std::optional<int> minutes = take_hour_minute(text);
  if (!minutes) return std::nullopt;
  return west ? -*minutes : *minutes;
}

void append_number(std::string& out, int value, int digits) {
  std::array<char, 10> buffer{};
  for (int i = digits; i-- > 0; value /= 10)
    buffer[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
  out.append(buffer.data(), static_cast<std::size_t>(digits));
}

void append_year_month(std::string& out, int year, int month) {
  append_number(out, year, 4);
  out += '-';
  append_number(out, month, 2);
}

void append_date(std::string& out, Date date) {
  const YearMonthDay ymd = ymd_of(date);
  append_year_month(out, ymd.year, ymd.month);
  out += '-';
  append_number(out, ymd.day, 2);
}

bool is_last_of_february(YearMonthDay ymd) {
  return ymd.month == 2 && ymd.day == days_in_month(ymd.year, 2);
}

int days_360(YearMonthDay from, YearMonthDay to) {
  return 360 * (to.year - from.year) + 30 * (to.month - from.month) + (to.day - from.day);
}

int days_30e_360(YearMonthDay from, YearMonthDay to) {
  from.day = std::min(from.day, 30);
  to.day = std::min(to.day, 30);
  return days_360(from, to);
}

// The rules apply in this order: the first makes a start that the second then sees as day 30.
int days_30_360_us(YearMonthDay from, YearMonthDay to) {
  if (is_last_of_february(from)) {
    from.day = 30;
    if (is_last_of_february(to)) to.day = 30;
  }
  from.day = std::min(from.day, 30);
  if (from.day == 30) to.day = std::min(to.day, 30);
  return days_360(from, to);
}

// Days of the stretch that lie in leap years. REQUIRES: from <= to.
int leap_year_days(Date from, Date to) {
  const int first_year = ymd_of(from).year;
  const int last_year = ymd_of(to).year;
  int days = 0;
  for (int year = first_year; year <= last_year; ++year) {
    if (!is_leap(year)) continue;
    const Date begin = std::max(from, first_day(month_at(year, 1)));
    const Date end = std::min(to, last_day(month_at(year, 12)) + 1);
    days += end - begin;
  }
  return days;
}

}  // namespace

bool is_leap(int year) {
  CHECK(is_year(year));
  return std::chrono::year{year}.is_leap();
}

int days_in_month(int year, int month) {
  CHECK(is_year(year) && month >= 1 && month <= 12);
  const std::chrono::year_month_day_last last = std::chrono::year{year} / month / std::chrono::last;
  return static_cast<int>(static_cast<unsigned>(last.day()));
}

bool valid(YearMonthDay ymd) {
  return is_year(ymd.year) && ymd.month >= 1 && ymd.month <= 12 && ymd.day >= 1 &&
         ymd.day <= days_in_month(ymd.year, ymd.month);
}

Date date_of(YearMonthDay ymd) {
  CHECK(valid(ymd));
  const std::chrono::sys_days day{std::chrono::year{ymd.year} / ymd.month / ymd.day};
  return {static_cast<std::int32_t>(day.time_since_epoch().count())};
}

YearMonthDay ymd_of(Date date) {
  CHECK(in_range(date));
  const std::chrono::year_month_day ymd{std::chrono::sys_days{std::chrono::days{date.days}}};
  return {static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day()))};
}

std::optional<Date> parse_date(std::string_view text) {
  const std::optional<Date> date = take_date(text);
  return text.empty() ? date : std::nullopt;
}

std::string format_date(Date date) {
  std::string text;
  append_date(text, date);
  return text;
}

// 1970-01-01 was a Thursday.
int weekday(Date date) {
  return static_cast<int>(floor_mod(std::int64_t{date.days} + 3, 7)) + 1;
}

Date operator+(Date date, int days) {
  Date result;
  CHECK(!__builtin_add_overflow(date.days, days, &result.days));
  return result;
}

Date operator-(Date date, int days) {
  Date result;
  CHECK(!__builtin_sub_overflow(date.days, days, &result.days));
  return result;
}

int operator-(Date a, Date b) {
  int days = 0;
  CHECK(!__builtin_sub_overflow(a.days, b.days, &days));
  return days;
}

Month month_of(Date date) {
  const YearMonthDay ymd = ymd_of(date);
  return month_at(ymd.year, ymd.month);
}

Month operator+(Month month, int months) {
  Month result;
  CHECK(!__builtin_add_overflow(month.index, months, &result.index));
  return result;
}

Date first_day(Month month) {
  return date_of({month.index / 12, month.index % 12 + 1, 1});
}

Date last_day(Month month) {
  const YearMonthDay first = ymd_of(first_day(month));
  return date_of({first.year, first.month, days_in_month(first.year, first.month)});
}

std::optional<Month> parse_month(std::string_view text) {
  const std::optional<std::pair<int, int>> year_month = take_year_month(text);
  if (!year_month || !text.empty()) return std::nullopt;
  return month_at(year_month->first, year_month->second);
}

std::string format_month(Month month) {
  const YearMonthDay first = ymd_of(first_day(month));
  std::string text;
  append_year_month(text, first.year, first.month);
  return text;
}

Date due_date(Date start_month_reference, int months, int anchor_day) {
  CHECK(anchor_day >= 1 && anchor_day <= 31);
  const Date last = last_day(month_of(start_month_reference) + months);
  return std::min(last, last + (anchor_day - ymd_of(last).day));
}

int day_count(DayCount convention, Date from, Date to) {
  if (to < from) return -day_count(convention, to, from);
  switch (convention) {
    case DayCount::kThirtyE360:
      return days_30e_360(ymd_of(from), ymd_of(to));
    case DayCount::kThirty360Us:
      return days_30_360_us(ymd_of(from), ymd_of(to));
    case DayCount::kActual365Fixed:
    case DayCount::kActual360:
    case DayCount::kActualActualIsda:
      return to - from;
  }
  check_failed("a named day count", __FILE__, __LINE__);
}

YearFraction year_fraction(DayCount convention, Date from, Date to) {
  const std::int64_t days = day_count(convention, from, to);
  switch (convention) {
    case DayCount::kThirtyE360:
    case DayCount::kThirty360Us:
    case DayCount::kActual360:
      return {days, 360};
    case DayCount::kActual365Fixed:
      return {days, 365};
    case DayCount::kActualActualIsda: {
      const std::int64_t leap_days =
          to < from ? -leap_year_days(to, from) : leap_year_days(from, to);
      return {leap_days * 365 + (days - leap_days) * 366, 365 * 366};
    }
  }
  check_failed("a named day count", __FILE__, __LINE__);
}

Holidays::Holidays(std::vector<Date> dates, std::uint8_t weekend)
    : dates_(std::move(dates)), weekend_(weekend) {
  constexpr std::uint8_t kWholeWeek = 0b1111111;
  CHECK(weekend_ < kWholeWeek);
  std::sort(dates_.begin(), dates_.end());
  dates_.erase(std::unique(dates_.begin(), dates_.end()), dates_.end());
}

bool is_business_day(const Holidays& holidays, Date date) {
  if ((holidays.weekend() >> (weekday(date) - 1) & 1) != 0) return false;
  return !std::binary_search(holidays.dates().begin(), holidays.dates().end(), date);
}

Date adjust(const Holidays& holidays, Date date, BusinessDayConvention convention) {
  const auto next_business_day = [&](int step) {
    Date day = date;
    while (!is_business_day(holidays, day)) day = day + step;
    return day;
  };
  switch (convention) {
    case BusinessDayConvention::kUnadjusted:
      return date;
    case BusinessDayConvention::kFollowing:
      return next_business_day(1);
    case BusinessDayConvention::kModifiedFollowing: {
      const Date following = next_business_day(1);
      return month_of(following) == month_of(date) ? following : next_business_day(-1);
    }
    case BusinessDayConvention::kPreceding:
      return next_business_day(-1);
  }
  check_failed("a named business day convention", __FILE__, __LINE__);
}

std::string format_timestamp(Timestamp timestamp) {
  const auto day = static_cast<std::int32_t>(floor_div(timestamp.us, kUsPerDay));
  const std::int64_t us_of_day = floor_mod(timestamp.us, kUsPerDay);
  std::string text;
  text.reserve(sizeof "YYYY-MM-DDThh:mm:ss.ffffffZ");
  append_date(text, {day});
  text += 'T';
  append_number(text, static_cast<int>(us_of_day / kUsPerHour), 2);
  text += ':';
  append_number(text, static_cast<int>(us_of_day / kUsPerMinute % 60), 2);
  text += ':';
  append_number(text, static_cast<int>(us_of_day / kUsPerSecond % 60), 2);
  text += '.';
  append_number(text, static_cast<int>(us_of_day % kUsPerSecond), 6);
  text += 'Z';
  return text;
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  const std::optional<Date> date = take_date(text);
  if (!date || !(take_char(text, 'T') || take_char(text, 't'))) return std::nullopt;
  const std::optional<int> minutes = take_hour_minute(text);
  if (!minutes || !take_char(text, ':')) return std::nullopt;
  const std::optional<int> seconds = take_number(text, 2);
  if (!seconds || *seconds > 59) return std::nullopt;
  const std::optional<int> us = take_fraction(text);
  if (!us) return std::nullopt;
  const std::optional<int> offset_minutes = take_offset(text);
  if (!offset_minutes || !text.empty()) return std::nullopt;
  return Timestamp{date->days * kUsPerDay + (*minutes - *offset_minutes) * kUsPerMinute +
                   *seconds * kUsPerSecond + *us};
}

std::optional<Zone> find_zone(std::string_view name) {
  struct KnownZone {
    std::string_view name;
    int offset_minutes;
  };
  // WIB, WITA and WIT; Indonesia keeps no summer time.
  constexpr std::array<KnownZone, 4> kZones = {
      {{"Asia/Jakarta", 7 * 60}, {"Asia/Makassar", 8 * 60}, {"Asia/Jayapura", 9 * 60}, {"UTC", 0}}};
  const auto* zone = std::find_if(kZones.begin(), kZones.end(),
                                  [name](const KnownZone& known) { return known.name == name; });
  if (zone == kZones.end()) return std::nullopt;
  return Zone{std::string(zone->name), zone->offset_minutes};
}

Date local_date(Timestamp timestamp, const Zone& zone) {
  // Day and time of day first: adding the offset to the microseconds could leave 64 bits.
  const std::int64_t local_us =
      floor_mod(timestamp.us, kUsPerDay) + zone.offset_minutes * kUsPerMinute;
  const std::int64_t day = floor_div(timestamp.us, kUsPerDay) + floor_div(local_us, kUsPerDay);
  return {static_cast<std::int32_t>(day)};
}

}  // namespace lumbung::engine
