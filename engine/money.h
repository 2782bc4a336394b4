// Money as whole minor units: bounds, checked sums, one rounding by a named rule, splits that add
// up, and the decimal text of an amount. No floating point anywhere. Everything here is a pure
// function of its arguments: any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/currency.h"

namespace lumbung::engine {

/// Balances and totals, in minor units. 16 bytes, so that an account fits a cache line.
__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

/// One sum of money, in minor units of a currency that is named elsewhere (sen for IDR).
struct Amount {
  std::int64_t minor = 0;

  friend auto operator<=>(const Amount&, const Amount&) = default;
};

/// Every amount of an entry, a product term or a limit lies within ± this many minor units: a
/// quadrillion rupiah.
inline constexpr std::int64_t kAmountMax = 100'000'000'000'000'000;

/// Whether the amount lies within ±kAmountMax.
constexpr bool in_range(Amount amount) {
  return amount.minor >= -kAmountMax && amount.minor <= kAmountMax;
}

/// `out` = a ± b and true; or false, with `out` untouched, when the result leaves ±kAmountMax.
[[nodiscard]] bool checked_add(Amount a, Amount b, Amount& out);
[[nodiscard]] bool checked_sub(Amount a, Amount b, Amount& out);

/// `out` = a ± b and true; or false, with `out` untouched, when the result leaves 128 bits.
[[nodiscard]] inline bool checked_add(Int128 a, Int128 b, Int128& out) {
  Int128 sum;
  if (__builtin_add_overflow(a, b, &sum)) return false;
  out = sum;
  return true;
}
[[nodiscard]] inline bool checked_sub(Int128 a, Int128 b, Int128& out) {
  Int128 difference;
  if (__builtin_sub_overflow(a, b, &difference)) return false;
  out = difference;
  return true;
}

/// What becomes of a value between two whole minor units. "Half" is the exact middle; the three
/// half rules go to the nearer unit otherwise.
enum class Rounding : std::uint8_t {
  kHalfUp,    ///< half away from zero: 2.5 → 3, -2.5 → -3 (LibreOffice ROUND, java HALF_UP)
  kHalfEven,  ///< half to the even unit: 2.5 → 2, 3.5 → 4 (IEEE 754 roundTiesToEven)
  kHalfDown,  ///< half toward zero: 2.5 → 2, -2.5 → -2
  kDown,      ///< toward zero: 2.9 → 2, -2.9 → -2 (LibreOffice ROUNDDOWN)
  kUp,        ///< away from zero: 2.1 → 3, -2.1 → -3 (LibreOffice ROUNDUP)
  kFloor,     ///< toward minus infinity: -2.1 → -3
  kCeiling,   ///< toward plus infinity: -2.9 → -2
};

/// The rule itself, for a quotient that was cut toward zero and is not exact: whether it moves one
/// unit away from zero. `odd` and `negative` describe the cut quotient (negative also when it was
/// cut to zero from below); `dropped` is how the part cut off compares with half a unit.
bool rounds_away(Rounding rounding, bool negative, bool odd, std::strong_ordering dropped);

/// numerator / denominator, exact and then rounded once; nullopt when the result leaves 128 bits,
/// which only the smallest Int128 over -1 does.
/// REQUIRES: denominator != 0.
std::optional<Int128> round_div(Int128 numerator, Int128 denominator, Rounding rounding);

/// amount × numerator / denominator, exact and then rounded once; nullopt when the result leaves
/// ±kAmountMax. Factors beyond 64 bits: engine/exact.h.
/// REQUIRES: denominator != 0.
std::optional<Amount> mul_div(Amount amount, std::int64_t numerator, std::int64_t denominator,
                              Rounding rounding);

/// Shares of `total` in proportion to the weights, by the largest remainder (Hamilton's method):
/// each gets the whole units of its exact share, and the units left over go one each to the
/// largest remainders, ties to the lower index. The shares sum to exactly `total`, each is less
/// than one unit from its exact share, and a negative total gives the mirror image.
/// REQUIRES: some weight > 0.
std::vector<Amount> split(Amount total, std::span<const std::uint64_t> weights);

/// Reads `^\d{1,15}(\.\d{E})?$` with E = exponent (none but the whole digits when E is 0):
/// no sign, blank, exponent or thousands mark. nullopt for all else, and beyond kAmountMax.
/// REQUIRES: 0 <= exponent <= kExponentMax.
std::optional<Amount> parse_amount(std::string_view text, int exponent);

/// As `parse_amount` with an optional leading '-', for balances and limits. "-0" in any form is
/// nullopt: zero has one spelling.
std::optional<Int128> parse_signed(std::string_view text, int exponent);

/// Decimal text with always `exponent` digits after the point, no thousands mark: "-1234.50".
/// REQUIRES: 0 <= exponent <= kExponentMax.
std::string format_amount(Int128 minor, int exponent);

/// Appends what `format_amount` returns; allocates only if `out` must grow.
void append_amount(std::string& out, Int128 minor, int exponent);

}  // namespace lumbung::engine
