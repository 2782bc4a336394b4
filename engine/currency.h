// Currencies by their ISO 4217 codes. The exponent (how many digits the minor unit has) comes from
// ISO 4217 list one and from nowhere else: ICU and the browsers' Intl report 0 for IDR where the
// standard says 2.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lumbung::engine {

/// A currency, by its ISO 4217 numeric code (360 is IDR). Only values that `find_currency` knows
/// name a currency.
enum class Currency : std::uint16_t {};

inline constexpr Currency kIDR{360};

/// One row of the ISO 4217 table.
struct CurrencyInfo {
  std::array<char, 4> alpha;  ///< three capitals and a terminating zero
  std::uint16_t numeric;
  std::uint8_t exponent;  ///< digits of the minor unit, 0 to 4
};

/// No currency of ISO 4217 has more digits in its minor unit (CLF and UYW have four).
inline constexpr int kExponentMax = 4;

/// The row of an alphabetic code (capitals only), or nullptr. The row lives for ever. Any thread.
const CurrencyInfo* find_currency(std::string_view alpha3);

/// The row of a numeric code, or nullptr. The row lives for ever. Any thread.
const CurrencyInfo* find_currency(Currency currency);

/// The alphabetic code of a known currency. Any thread.
/// REQUIRES: find_currency(currency).
std::string_view alpha_of(Currency currency);

/// The digits of a known currency's minor unit. Any thread.
/// REQUIRES: find_currency(currency).
int exponent_of(Currency currency);

}  // namespace lumbung::engine
