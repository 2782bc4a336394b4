#include "api/people/nik.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "engine/check.h"

namespace lumbung::api::people {
namespace {

using engine::Date;

constexpr std::size_t kDigits = 16;
constexpr int kFemaleDay = 40;  // added to the day of a woman's birth

/// As NikRefusal counts them.
constexpr std::array<Wording, 5> kRefusals{{
    {"nik_not_16_digits", "a NIK has 16 digits"},
    {"nik_day_invalid",
     "the seventh and eighth digits of a NIK are a day from 01 to 31, or for a woman from 41 to "
     "71"},
    {"nik_month_invalid", "the ninth and tenth digits of a NIK are a month from 01 to 12"},
    {"nik_date_invalid", "the birth date in this NIK is no day on which somebody alive was born"},
    {"nik_serial_invalid", "the last four digits of a NIK are a number from 0001 on"},
}};

/// As NikWarning counts them.
constexpr std::array<Wording, 3> kWarnings{{
    {"nik_region_unknown", "no regency or city has the code that this NIK begins with"},
    {"nik_region_abolished", "this NIK begins with a code that its regency or city has no more"},
    {"nik_birth_date_differs", "the birth date in this NIK is not the one stated"},
}};

/// The digits between blanks, dots and dashes; empty when there is anything else.
std::string digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (digits.size() == kDigits) return {};
      digits.push_back(c);
    } else if (c != ' ' && c != '.' && c != '-') {
      return {};
    }
  }
  return digits;
}

int number_at(std::string_view digits, std::size_t at, std::size_t count) {
  int number = 0;
  for (const char c : digits.substr(at, count)) number = number * 10 + (c - '0');
  return number;
}

/// Full years from a birth to a later day.
int age_at(engine::YearMonthDay birth, engine::YearMonthDay day) {
  const bool had_birthday = std::tie(birth.month, birth.day) <= std::tie(day.month, day.day);
  return day.year - birth.year - (had_birthday ? 0 : 1);
}

/// The days of this name, of all centuries, on which somebody alive today may have been born.
std::vector<Date> plausible_births(int year_of_century, int month, int day, Date today) {
  const engine::YearMonthDay now = engine::ymd_of(today);
  const int century = now.year - now.year % 100;
  std::vector<Date> births;
  for (int start = century - 200; start <= century; start += 100) {
    const engine::YearMonthDay birth{start + year_of_century, month, day};
    if (!engine::valid(birth) || engine::date_of(birth) > today) continue;
    if (age_at(birth, now) <= kAgeMax) births.push_back(engine::date_of(birth));
  }
  return births;
}

void look_up_region(Nik& nik) {
  const auto code = static_cast<unsigned>(number_at(nik.digits, 0, 4));
  if (code >= 1000) nik.regency = find_region(code);  // 0011 is not Aceh
  if (nik.regency == nullptr) {
    nik.regency = moved_region(code);
    nik.warnings.push_back(nik.regency == nullptr ? NikWarning::kRegionUnknown
                                                  : NikWarning::kRegionAbolished);
  }
  nik.province = find_region(nik.regency == nullptr ? code / 100 : nik.regency->code / 100U);
}

void compare_birth(Nik& nik, Date stated) {
  if (std::ranges::find(nik.births, stated) == nik.births.end()) {
    nik.warnings.push_back(NikWarning::kBirthDateDiffers);
  } else {
    nik.births = {stated};
  }
}

}  // namespace

const Wording& wording_of(NikRefusal refusal) {
  return kRefusals[static_cast<std::size_t>(refusal)];
}

const Wording& wording_of(NikWarning warning) {
  return kWarnings[static_cast<std::size_t>(warning)];
}

std::variant<Nik, NikRefusal> read_nik(std::string_view text, Date today,
                                       std::optional<Date> stated_birth) {
  CHECK(engine::in_range(today));
  Nik nik;
  nik.digits = digits_of(text);
  if (nik.digits.size() != kDigits) return NikRefusal::kNot16Digits;
  int day = number_at(nik.digits, 6, 2);
  nik.sex = day > kFemaleDay ? Sex::kFemale : Sex::kMale;
  if (nik.sex == Sex::kFemale) day -= kFemaleDay;
  const int month = number_at(nik.digits, 8, 2);
  if (day < 1 || day > 31) return NikRefusal::kDayInvalid;
  if (month < 1 || month > 12) return NikRefusal::kMonthInvalid;
  nik.births = plausible_births(number_at(nik.digits, 10, 2), month, day, today);
  if (nik.births.empty()) return NikRefusal::kDateInvalid;
  if (number_at(nik.digits, 12, 4) == 0) return NikRefusal::kSerialInvalid;
  look_up_region(nik);
  if (stated_birth) compare_birth(nik, *stated_birth);
  return nik;
}

}  // namespace lumbung::api::people
