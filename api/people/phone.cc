#include "api/people/phone.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <span>

namespace lumbung::api::people {
namespace {

/// As PhoneRefusal counts them.
constexpr std::array<Wording, 5> kRefusals{{
    {"phone_not_a_number", "a phone number has digits, with blanks or dashes, and + only in front"},
    {"phone_country_missing", "a number from abroad begins with + and the code of its country"},
    {"phone_country_unknown", "no country has the code that this phone number begins with"},
    {"phone_too_short", "this phone number is too short for its country"},
    {"phone_too_long", "this phone number is too long for its country"},
}};

/// As PhoneWarning counts them.
constexpr std::array<Wording, 2> kWarnings{{
    {"phone_country_assumed", "this phone number has no country: it was taken for Indonesian"},
    {"phone_not_known_as_mobile", "this is not known as a mobile number: it may get no messages"},
}};

struct Plan {
  std::uint16_t code;
  std::string_view region;
  std::uint8_t min;  // digits of a national number
  std::uint8_t max;
  bool trunk;               // a 0 is dialled before it within the country
  std::uint8_t mobile_min;  // digits of a mobile number
  std::uint8_t mobile_max;
  std::string_view mobile;  // first digits, with blanks between
};

constexpr Plan kPlans[] = {
#define PLAN(code, region, min, max, trunk, mobile_min, mobile_max, mobile) \
  {code, region, min, max, trunk, mobile_min, mobile_max, mobile},
#include "api/people/phone_plans.def"
#undef PLAN
};
static_assert(std::ranges::is_sorted(kPlans, std::less{}, &Plan::code));

constexpr std::string_view kIndonesia = "62";
constexpr std::size_t kWrittenMax = 20;  // with 00 and a trunk 0; more is not worth a reading
constexpr std::size_t kCodeDigitsMax = 3;

/// What may stand between digits: beside ASCII the blanks, dashes and marks of Unicode that
/// address books and chat programs put there.
constexpr std::string_view kBetween[] = {
    " ",      "-", ".", "/", "(", ")", "\t",
    "\u00a0",  // no-break space
    "\u200b",  // zero width space
    "\u200e",  // left-to-right mark
    "\u2010",  // hyphen
    "\u2011",  // non-breaking hyphen
    "\u2012",  // figure dash
    "\u2013",  // en dash
    "\u202a",  // left-to-right embedding
    "\u202c",  // pop directional formatting
    "\u202d",  // left-to-right override
    "\u202f",  // narrow no-break space
    "\u2060",  // word joiner
    "\u2066",  // left-to-right isolate
    "\u2069",  // pop directional isolate
    "\ufeff",  // byte order mark
};

struct Written {
  bool plus = false;
  std::string digits;
};

/// nullopt when there is anything but digits, what may stand between them and one + in front.
std::optional<Written> read_written(std::string_view text) {
  Written written;
  while (!text.empty()) {
    const char c = text.front();
    if (c >= '0' && c <= '9') {
      written.digits.push_back(c);
      text.remove_prefix(1);
    } else if (c == '+' && !written.plus && written.digits.empty()) {
      written.plus = true;
      text.remove_prefix(1);
    } else if (written.plus && text.starts_with("(0)") && !written.digits.empty() &&
               written.digits.size() <= kCodeDigitsMax) {
      text.remove_prefix(3);  // behind the country's code: dialled within the country alone
    } else {
      const auto* between = std::ranges::find_if(
          kBetween, [&](std::string_view mark) { return text.starts_with(mark); });
      if (between == std::end(kBetween)) return std::nullopt;
      text.remove_prefix(between->size());
    }
  }
  if (written.digits.empty()) return std::nullopt;
  return written;
}

/// No code of E.164 begins with 0 or with another, so the one that fits is the one.
const Plan* plan_of(std::string_view digits) {
  if (digits.starts_with('0')) return nullptr;
  unsigned code = 0;
  for (const char c : digits.substr(0, kCodeDigitsMax)) {
    code = code * 10 + static_cast<unsigned>(c - '0');
    const auto* plan = std::ranges::lower_bound(kPlans, code, std::less{}, &Plan::code);
    if (plan != std::end(kPlans) && plan->code == code) return plan;
  }
  return nullptr;
}

bool is_mobile(const Plan& plan, std::string_view national) {
  if (national.size() < plan.mobile_min || national.size() > plan.mobile_max) return false;
  for (std::string_view rest = plan.mobile; !rest.empty();) {
    const std::string_view first = rest.substr(0, rest.find(' '));
    if (national.starts_with(first)) return true;
    rest.remove_prefix(std::min(rest.size(), first.size() + 1));
  }
  return false;
}

/// `digits`: country code and national number.
std::variant<Phone, PhoneRefusal> read_international(std::string_view digits) {
  const Plan* plan = plan_of(digits);
  if (plan == nullptr) return PhoneRefusal::kCountryUnknown;
  const std::string code = std::to_string(plan->code);
  std::string_view national = digits.substr(code.size());
  // Where a 0 may be dialled in front, no number of people begins with a single one.
  if (plan->trunk && national.starts_with('0') && !national.starts_with("00")) {
    national.remove_prefix(1);
  }
  if (national.size() < plan->min) return PhoneRefusal::kTooShort;
  if (national.size() > plan->max) return PhoneRefusal::kTooLong;
  Phone phone;
  phone.e164 = '+' + code;
  phone.e164 += national;
  phone.region = plan->region;
  if (!is_mobile(*plan, national)) phone.warnings.push_back(PhoneWarning::kNotKnownAsMobile);
  return phone;
}

std::variant<Phone, PhoneRefusal> read_indonesian(std::string_view national) {
  return read_international(std::string(kIndonesia).append(national));
}

}  // namespace

const Wording& wording_of(PhoneRefusal refusal) {
  return kRefusals[static_cast<std::size_t>(refusal)];
}

const Wording& wording_of(PhoneWarning warning) {
  return kWarnings[static_cast<std::size_t>(warning)];
}

std::variant<Phone, PhoneRefusal> read_phone(std::string_view text) {
  const std::optional<Written> written = read_written(text);
  if (!written) return PhoneRefusal::kNotANumber;
  const std::string_view digits = written->digits;
  if (digits.size() > kWrittenMax) return PhoneRefusal::kTooLong;
  if (written->plus) return read_international(digits);
  if (digits.starts_with("00")) return read_international(digits.substr(2));
  if (digits.starts_with('0')) return read_indonesian(digits.substr(1));
  if (digits.starts_with(kIndonesia)) return read_international(digits);
  if (!digits.starts_with('8')) return PhoneRefusal::kCountryMissing;
  auto reading = read_indonesian(digits);
  if (auto* phone = std::get_if<Phone>(&reading)) {
    phone->warnings.insert(phone->warnings.begin(), PhoneWarning::kCountryAssumed);
  }
  return reading;
}

}  // namespace lumbung::api::people
