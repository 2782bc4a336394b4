// The decimal text of money: what is read, what is refused, what is written.
#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <cstddef>
#include <limits>
#include <random>

#include "engine/money.h"

namespace lumbung::engine {
namespace {

using boost::multiprecision::cpp_int;

constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr auto kInt128Max = static_cast<Int128>(~Uint128{0} >> 1);
constexpr Int128 kInt128Min = -kInt128Max - 1;

struct ParseCase {
  const char* text;
  int exponent;
  std::optional<std::int64_t> expected;
};

TEST(ParseAmount, TakesOneFormOnly) {
  const ParseCase cases[] = {
      {"0", 2, 0},
      {"0.00", 2, 0},
      {"10000", 2, 10'000'00},
      {"10000.00", 2, 10'000'00},
      {"007.05", 2, 7'05},
      {"1234.567", 3, 1'234'567},
      {"1234", 0, 1'234},
      {"12.3456", 4, 12'3456},
      {"999999999999999.99", 2, 99'999'999'999'999'999},
      {"999999999999999", 2, 99'999'999'999'999'900},
      {"999999999999999", 0, 999'999'999'999'999},
      {"100000000000000.000", 3, kAmountMax},
      {"100000000000000.001", 3, {}},
      {"10000000000000.0000", 4, kAmountMax},
      {"10000000000000.0001", 4, {}},
      {"999999999999999", 4, {}},
      {"999999999999999.9999", 4, {}},
      // domain.md section 10, item 6
      {"10000.0", 2, {}},
      {"10000.000", 2, {}},
      {"1e4", 2, {}},
      {"10,000.00", 2, {}},
      {"-1.00", 2, {}},
      {" 10000.00", 2, {}},
      {"1000000000000000.00", 2, {}},
      {"12345678901234567.00", 2, {}},
      // other spellings that a reader of numbers might take
      {"", 2, {}},
      {".", 2, {}},
      {".50", 2, {}},
      {"1.", 2, {}},
      {"1.", 0, {}},
      {"1.0", 0, {}},
      {"+1", 2, {}},
      {"--1", 2, {}},
      {"1.00 ", 2, {}},
      {"1.00\n", 2, {}},
      {"1.0.0", 2, {}},
      {"1..00", 3, {}},
      {"1.-5", 2, {}},
      {"1,00", 2, {}},
      {"1_000", 2, {}},
      {"1'000", 2, {}},
      {"0x10", 2, {}},
      {"1/3", 2, {}},
      {"1:3", 2, {}},
      {"NaN", 2, {}},
      {"inf", 2, {}},
      {"\uFF11", 2, {}},               // full-width digit one
      {"\u0661.\u0660\u0660", 2, {}},  // Arabic-Indic digits
  };
  for (const ParseCase& c : cases) {
    const std::optional<Amount> parsed = parse_amount(c.text, c.exponent);
    EXPECT_EQ(parsed.has_value(), c.expected.has_value()) << c.text;
    if (parsed && c.expected) {
      EXPECT_EQ(parsed->minor, *c.expected) << c.text;
    }
  }
  EXPECT_FALSE(parse_amount(std::string_view("1\0", 2), 2));
  EXPECT_FALSE(parse_amount(std::string_view("1.0\0", 4), 2));
}

TEST(ParseSigned, TakesALeadingMinusAndOneZero) {
  const ParseCase cases[] = {{"0", 2, 0},
                             {"-1", 2, -100},
                             {"-0.01", 2, -1},
                             {"-1234.50", 2, -1'234'50},
                             {"1234.50", 2, 1'234'50},
                             {"-100000000000000.000", 3, -kAmountMax},
                             {"-100000000000000.001", 3, {}},
                             {"-0", 2, {}},
                             {"-0.00", 2, {}},
                             {"-000", 0, {}},
                             {"-", 2, {}},
                             {"--1", 2, {}},
                             {"- 1", 2, {}},
                             {"-+1", 2, {}},
                             {"+1", 2, {}},
                             {"1-", 2, {}},
                             {"(1.00)", 2, {}},
                             {"\u22121", 2, {}},
                             {"", 2, {}}};
  for (const ParseCase& c : cases) {
    const std::optional<Int128> parsed = parse_signed(c.text, c.exponent);
    EXPECT_EQ(parsed.has_value(), c.expected.has_value()) << c.text;
    if (parsed && c.expected) {
      EXPECT_TRUE(*parsed == *c.expected) << c.text;
    }
  }
}

TEST(FormatAmount, WritesAlwaysTheDigitsOfTheExponent) {
  struct Case {
    Int128 minor;
    int exponent;
    const char* expected;
  };
  const Case cases[] = {
      {0, 0, "0"},
      {0, 2, "0.00"},
      {0, 4, "0.0000"},
      {5, 2, "0.05"},
      {-5, 2, "-0.05"},
      {50, 2, "0.50"},
      {-100, 2, "-1.00"},
      {-1'234'50, 2, "-1234.50"},
      {1'234, 0, "1234"},
      {-1'234, 3, "-1.234"},
      {kAmountMax, 2, "1000000000000000.00"},
      {-kAmountMax, 2, "-1000000000000000.00"},
      {kInt64Max, 0, "9223372036854775807"},
      {kInt64Min, 2, "-92233720368547758.08"},
      // 2^64 - 1, 2^64, 10^19 and its neighbour: where the digits no longer fit one word
      {Int128{~std::uint64_t{0}}, 0, "18446744073709551615"},
      {Int128{1} << 64, 0, "18446744073709551616"},
      {Int128{10'000'000'000'000'000'000U} * 2, 2, "200000000000000000.00"},
      {Int128{10'000'000'000'000'000'000U} * 2 + 7, 2, "200000000000000000.07"},
      {kInt128Max, 0, "170141183460469231731687303715884105727"},  // 2^127 - 1
      {kInt128Min, 0, "-170141183460469231731687303715884105728"},
      {kInt128Min, 2, "-1701411834604692317316873037158841057.28"},
      {kInt128Min, 4, "-17014118346046923173168730371588410.5728"}};
  for (const Case& c : cases) {
    EXPECT_EQ(format_amount(c.minor, c.exponent), c.expected);
    std::string text = "saldo ";
    append_amount(text, c.minor, c.exponent);
    EXPECT_EQ(text, std::string("saldo ") + c.expected);
  }
}

TEST(FormatAmount, WritesTheDigitsThatBoostWrites) {
  std::mt19937_64 random(20261231);
  for (int i = 0; i < 50'000; ++i) {
    const Uint128 bits = (Uint128{random()} << 64) | random();
    const Int128 value = static_cast<Int128>(bits) >> (random() % 128);
    ASSERT_EQ(format_amount(value, 0), cpp_int(value).str());
    for (int exponent = 1; exponent <= kExponentMax; ++exponent) {
      std::string digits = cpp_int(abs(cpp_int(value))).str();
      const auto fraction = static_cast<std::size_t>(exponent);
      if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
      digits.insert(digits.size() - fraction, 1, '.');
      ASSERT_EQ(format_amount(value, exponent), (value < 0 ? "-" : "") + digits);
    }
  }
}

TEST(FormatAmount, IsReadBack) {
  std::mt19937_64 random(1945);
  for (int i = 0; i < 10'000; ++i) {
    const std::int64_t minor = static_cast<std::int64_t>(random()) % kAmountMax >> (random() % 64);
    const std::optional<Int128> read = parse_signed(format_amount(minor, 2), 2);
    ASSERT_TRUE(read && *read == minor) << minor;
  }
}

TEST(MoneyTextDeathTest, StopsAtAnExponentThatNoCurrencyHas) {
  EXPECT_DEATH((void)parse_amount("1", kExponentMax + 1), "CHECK failed");
  EXPECT_DEATH((void)parse_amount("1", -1), "CHECK failed");
  EXPECT_DEATH((void)parse_signed("1", -1), "CHECK failed");
  EXPECT_DEATH((void)format_amount(1, kExponentMax + 1), "CHECK failed");
  EXPECT_DEATH((void)format_amount(1, -1), "CHECK failed");
}

}  // namespace
}  // namespace lumbung::engine
