// Phone numbers as ITU-T E.164 has them, "+6281234567890", from what people write.
//
// Indonesian numbers come as 0812..., 62812... (so SNAP sends them) or +62812...; the numbers of
// migrant workers come with + or 00 and their country's code, and stay what they are. What cannot
// be a number is refused; what can, but is not known as a mobile number, is a warning, since
// numbering plans grow faster than programs.
//
// Google's libphonenumber would know more of each plan, but its Debian package demands Boost 1.74,
// which cannot stand beside the 1.81 that Beast is built with here, and Protobuf and Abseil. The
// table phone_plans.def keeps of its data what the decision needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/people/wording.h"

namespace lumbung::api::people {

/// In order of precedence.
enum class PhoneRefusal : std::uint8_t {
  kNotANumber,
  kCountryMissing,
  kCountryUnknown,
  kTooShort,
  kTooLong,
};

enum class PhoneWarning : std::uint8_t {
  kCountryAssumed,    ///< 812...: taken for Indonesian, as spreadsheets drop the leading 0
  kNotKnownAsMobile,  ///< of a length that the country has, but not with a mobile number's digits
};

const Wording& wording_of(PhoneRefusal refusal);
const Wording& wording_of(PhoneWarning warning);

/// Immutable value; personal data.
struct Phone {
  std::string e164;         ///< + and at most 15 digits
  std::string_view region;  ///< ISO 3166-1 of the country code, of the first place where it has
                            ///< several ("US" for +1); "001" where it has none
  std::vector<PhoneWarning> warnings;  ///< each at most once, in the order of the enumeration
};

/// Reads a number with blanks, dashes, dots, slashes, brackets and the invisible characters that
/// come with pasted text. "+62 (0)812" is understood.
std::variant<Phone, PhoneRefusal> read_phone(std::string_view text);

}  // namespace lumbung::api::people
