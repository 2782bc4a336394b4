#include "engine/exact.h"

#include "engine/check.h"

namespace lumbung::engine {

using boost::multiprecision::cpp_int;

std::optional<Amount> mul_div(Amount amount, const cpp_int& numerator, const cpp_int& denominator,
                              Rounding rounding) {
  CHECK(denominator != 0);
  const cpp_int product = numerator * amount.minor;
  const bool negative = (product < 0) != (denominator < 0);
  const cpp_int divisor = abs(denominator);
  cpp_int quotient;
  cpp_int remainder;
  divide_qr(cpp_int(abs(product)), divisor, quotient, remainder);
  const std::strong_ordering dropped = cpp_int(2 * remainder).compare(divisor) <=> 0;
  if (remainder != 0 && rounds_away(rounding, negative, bit_test(quotient, 0), dropped)) ++quotient;

  if (quotient > kAmountMax) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(quotient);
  return Amount{negative ? -magnitude : magnitude};
}

}  // namespace lumbung::engine
