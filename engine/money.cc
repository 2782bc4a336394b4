#include "engine/money.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <limits>
#include <numeric>

#include "engine/check.h"

namespace lumbung::engine {
namespace {

constexpr std::array<std::uint64_t, kExponentMax + 1> kPowersOfTen = {1, 10, 100, 1'000, 10'000};

// More whole digits than this are more than kAmountMax in IDR.
constexpr std::size_t kWholeDigitsMax = 15;

constexpr Uint128 magnitude_of(Int128 value) {
  return value < 0 ? Uint128{0} - static_cast<Uint128>(value) : static_cast<Uint128>(value);
}

bool checked(Int128 value, Amount& out) {
  if (value < -kAmountMax || value > kAmountMax) return false;
  out.minor = static_cast<std::int64_t>(value);
  return true;
}

// Appends decimal digits to a value that the caller keeps below 10^19.
bool read_digits(std::string_view digits, std::uint64_t& value) {
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

std::optional<std::int64_t> parse_magnitude(std::string_view text, int exponent) {
  CHECK(exponent >= 0 && exponent <= kExponentMax);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (whole.empty() || whole.size() > kWholeDigitsMax) return std::nullopt;

  std::uint64_t value = 0;
  if (!read_digits(whole, value)) return std::nullopt;
  if (point == std::string_view::npos) {
    value *= kPowersOfTen[static_cast<std::size_t>(exponent)];
  } else {
    const std::string_view fraction = text.substr(point + 1);
    if (exponent == 0 || fraction.size() != static_cast<std::size_t>(exponent)) return std::nullopt;
    if (!read_digits(fraction, value)) return std::nullopt;
  }
  if (value > static_cast<std::uint64_t>(kAmountMax)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// Writes the digits so that they end before `end`, with leading zeros up to `width`, and returns
// where they begin.
char* write_digits(char* end, std::uint64_t value, std::ptrdiff_t width) {
  char* begin = end;
  while (value >= 10) {
    begin -= 2;
    std::memcpy(begin, &kDigitPairs[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value > 0) *--begin = static_cast<char>('0' + value);
  while (end - begin < width) *--begin = '0';
  return begin;
}

}  // namespace

bool checked_add(Amount a, Amount b, Amount& out) {
  return checked(Int128{a.minor} + b.minor, out);
}

bool checked_sub(Amount a, Amount b, Amount& out) {
  return checked(Int128{a.minor} - b.minor, out);
}

bool rounds_away(Rounding rounding, bool negative, bool odd, std::strong_ordering dropped) {
  switch (rounding) {
    case Rounding::kHalfUp:
      return dropped >= 0;
    case Rounding::kHalfEven:
      return dropped > 0 || (dropped == 0 && odd);
    case Rounding::kHalfDown:
      return dropped > 0;
    case Rounding::kDown:
      return false;
    case Rounding::kUp:
      return true;
    case Rounding::kFloor:
      return negative;
    case Rounding::kCeiling:
      return !negative;
  }
  check_failed("a named rounding rule", __FILE__, __LINE__);
}

std::optional<Int128> round_div(Int128 numerator, Int128 denominator, Rounding rounding) {
  CHECK(denominator != 0);
  const bool negative = (numerator < 0) != (denominator < 0);
  const Uint128 dividend = magnitude_of(numerator);
  const Uint128 divisor = magnitude_of(denominator);
  Uint128 quotient = dividend / divisor;
  const Uint128 remainder = dividend % divisor;
  // remainder < divisor, so the difference is the distance to the next unit; doubling the
  // remainder instead could leave 128 bits.
  if (remainder != 0 &&
      rounds_away(rounding, negative, quotient % 2 != 0, remainder <=> divisor - remainder))
    ++quotient;

  constexpr Uint128 kPositiveMax = ~Uint128{0} >> 1;
  if (!negative && quotient > kPositiveMax) return std::nullopt;
  return static_cast<Int128>(negative ? Uint128{0} - quotient : quotient);
}

std::optional<Amount> mul_div(Amount amount, std::int64_t numerator, std::int64_t denominator,
                              Rounding rounding) {
  // Two 64-bit factors make at most 127 bits, so neither the product nor its quotient overflows.
  const std::optional<Int128> rounded =
      round_div(Int128{amount.minor} * numerator, denominator, rounding);
  Amount result;
  if (!rounded || !checked(*rounded, result)) return std::nullopt;
  return result;
}

std::vector<Amount> split(Amount total, std::span<const std::uint64_t> weights) {
  const Uint128 weight_sum = std::accumulate(weights.begin(), weights.end(), Uint128{0});
  CHECK(weight_sum > 0);
  const bool negative = total.minor < 0;
  const Uint128 units = magnitude_of(total.minor);

  std::vector<std::uint64_t> shares(weights.size());
  std::vector<Uint128> remainders(weights.size());
  Uint128 left_over = units;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Uint128 product = units * weights[i];  // at most 2^63 × 2^64
    shares[i] = static_cast<std::uint64_t>(product / weight_sum);
    remainders[i] = product % weight_sum;
    left_over -= shares[i];
  }

  // left_over is the sum of the remainders over weight_sum, so fewer units than remainders above
  // zero: none goes to a weight of zero, and no index gets two.
  std::vector<std::size_t> by_claim(weights.size());
  std::iota(by_claim.begin(), by_claim.end(), std::size_t{0});
  const auto winners_end = by_claim.begin() + static_cast<std::ptrdiff_t>(left_over);
  std::nth_element(by_claim.begin(), winners_end, by_claim.end(),
                   [&](std::size_t a, std::size_t b) {
                     return remainders[a] != remainders[b] ? remainders[a] > remainders[b] : a < b;
                   });
  std::for_each(by_claim.begin(), winners_end, [&](std::size_t i) { ++shares[i]; });

  std::vector<Amount> result(weights.size());
  std::transform(shares.begin(), shares.end(), result.begin(), [negative](std::uint64_t share) {
    return Amount{static_cast<std::int64_t>(negative ? 0 - share : share)};
  });
  return result;
}

std::optional<Amount> parse_amount(std::string_view text, int exponent) {
  const std::optional<std::int64_t> magnitude = parse_magnitude(text, exponent);
  if (!magnitude) return std::nullopt;
  return Amount{*magnitude};
}

std::optional<Int128> parse_signed(std::string_view text, int exponent) {
  const bool negative = text.starts_with('-');
  const std::optional<std::int64_t> magnitude =
      parse_magnitude(text.substr(negative ? 1 : 0), exponent);
  if (!magnitude || (negative && *magnitude == 0)) return std::nullopt;
  return negative ? -*magnitude : *magnitude;
}

void append_amount(std::string& out, Int128 minor, int exponent) {
  CHECK(exponent >= 0 && exponent <= kExponentMax);
  // 2^127 has 39 digits; sign and point make 41.
  char buffer[41];
  char* const end = buffer + sizeof buffer;
  char* begin = end;

  constexpr int kChunkDigits = 19;
  constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000U;  // 10^19
  Uint128 magnitude = magnitude_of(minor);
  if (magnitude > std::numeric_limits<std::uint64_t>::max()) {
    begin = write_digits(begin, static_cast<std::uint64_t>(magnitude % kChunk), kChunkDigits);
    magnitude /= kChunk;  // at most 2^127 / 10^19 < 2^64
  }
  begin = write_digits(begin, static_cast<std::uint64_t>(magnitude), 1);
  while (end - begin <= exponent) *--begin = '0';

  if (exponent > 0) {
    std::copy(begin, end - exponent, begin - 1);
    --begin;
    *(end - exponent - 1) = '.';
  }
  if (minor < 0) *--begin = '-';
  out.append(begin, end);
}

std::string format_amount(Int128 minor, int exponent) {
  std::string text;
  append_amount(text, minor, exponent);
  return text;
}

}  // namespace lumbung::engine
