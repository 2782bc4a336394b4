// Any bytes as a phone number. What is accepted is E.164, and is read again as the same number.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "api/people/phone.h"
#include "engine/check.h"

namespace {

using namespace lumbung::api::people;

void check(const Phone& phone, std::string_view text) {
  CHECK(phone.e164.size() >= 5 && phone.e164.size() <= 16);
  CHECK(phone.e164[0] == '+' && phone.e164[1] != '0');
  const std::string_view digits = std::string_view(phone.e164).substr(1);
  CHECK(digits.find_first_not_of("0123456789") == digits.npos);
  CHECK(phone.region.size() == 2 || phone.region == "001");
  // The last digits are those that were written.
  const auto last =
      std::find_if(text.rbegin(), text.rend(), [](char c) { return c >= '0' && c <= '9'; });
  CHECK(last != text.rend() && *last == digits.back());

  const auto again = read_phone(phone.e164);
  const auto* same = std::get_if<Phone>(&again);
  CHECK(same != nullptr && same->e164 == phone.e164 && same->region == phone.region);
  CHECK(std::ranges::count(same->warnings, PhoneWarning::kCountryAssumed) == 0);
  CHECK(std::ranges::count(same->warnings, PhoneWarning::kNotKnownAsMobile) ==
        std::ranges::count(phone.warnings, PhoneWarning::kNotKnownAsMobile));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reading = read_phone(text);
  if (const auto* phone = std::get_if<Phone>(&reading)) {
    check(*phone, text);
  } else {
    CHECK(!wording_of(std::get<PhoneRefusal>(reading)).sentence.empty());
  }
  return 0;
}
