// NIK, the number of a person's identity card: what the sixteen digits say, and what they cannot.
//
//     PP RR DD  province, regency and district of the first registration
//     dd mm yy  date of birth; a woman's day has 40 added to it
//     ssss      serial number from 0001 on
//
// There is no check digit, so a slip of the finger is only found when it makes an impossible date.
// The century is not in it. A NIK is given once: it keeps a region that was abolished since, and a
// date of birth that was corrected since. These are warnings; only what no office ever gave out is
// refused. No text made here contains the number, nor a part of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/people/regions.h"
#include "api/people/wording.h"
#include "engine/date.h"

namespace lumbung::api::people {

/// In order of precedence.
enum class NikRefusal : std::uint8_t {
  kNot16Digits,
  kDayInvalid,
  kMonthInvalid,
  kDateInvalid,
  kSerialInvalid,
};

enum class NikWarning : std::uint8_t {
  kRegionUnknown,
  kRegionAbolished,
  kBirthDateDiffers,
};

const Wording& wording_of(NikRefusal refusal);
const Wording& wording_of(NikWarning warning);

enum class Sex : std::uint8_t { kMale, kFemale };

/// What a NIK says. Immutable value; personal data in every field but the regions.
struct Nik {
  std::string digits;        ///< sixteen: the form to keep and to compare
  const Region* province{};  ///< nullptr: unknown
  const Region* regency{};   ///< as it is now, with its province of now; nullptr: unknown
  Sex sex{};
  std::vector<engine::Date> births;  ///< one, or two a century apart, the earlier first
  std::vector<NikWarning> warnings;  ///< each at most once, in the order of the enumeration
};

inline constexpr int kAgeMax = 120;  // in full years; the oldest person known died at 122

/// Reads a NIK as people write it: sixteen digits, with blanks, dots or dashes between them or not.
/// `today` rules out births to come and ages above kAgeMax. `stated_birth`, where given, decides
/// between two centuries, or brings kBirthDateDiffers.
/// REQUIRES: in_range(today).
std::variant<Nik, NikRefusal> read_nik(std::string_view text, engine::Date today,
                                       std::optional<engine::Date> stated_birth = std::nullopt);

}  // namespace lumbung::api::people
