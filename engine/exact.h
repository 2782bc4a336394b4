// Arithmetic that leaves 128 bits, exact by Boost.Multiprecision. Apart from money.h because few
// need it and its header is heavy.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <optional>

#include "engine/money.h"

namespace lumbung::engine {

/// amount × numerator / denominator, exact and then rounded once; nullopt when the result leaves
/// ±kAmountMax. For factors such as (1 + r/12)^360 that leave 64 bits; any thread.
/// REQUIRES: denominator != 0.
std::optional<Amount> mul_div(Amount amount, const boost::multiprecision::cpp_int& numerator,
                              const boost::multiprecision::cpp_int& denominator, Rounding rounding);

}  // namespace lumbung::engine
