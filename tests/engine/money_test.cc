#include "engine/money.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstddef>
#include <limits>
#include <numeric>
#include <random>

#include "engine/exact.h"

namespace lumbung::engine {
namespace {

using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;

constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr auto kInt128Max = static_cast<Int128>(~Uint128{0} >> 1);
constexpr Int128 kInt128Min = -kInt128Max - 1;

constexpr std::array kRoundings = {Rounding::kHalfUp, Rounding::kHalfEven, Rounding::kHalfDown,
                                   Rounding::kDown,   Rounding::kUp,       Rounding::kFloor,
                                   Rounding::kCeiling};

std::vector<std::int64_t> minors(const std::vector<Amount>& amounts) {
  std::vector<std::int64_t> result(amounts.size());
  std::transform(amounts.begin(), amounts.end(), result.begin(), [](Amount a) { return a.minor; });
  return result;
}

// The rules again, from their definitions over exact fractions and without our remainder logic.
cpp_int floor_of(const cpp_rational& value) {
  const cpp_int cut = numerator(value) / denominator(value);
  return cpp_rational(cut) > value ? cut - 1 : cut;
}

cpp_int rounded_by_definition(const cpp_rational& value, Rounding rounding) {
  const cpp_rational half(1, 2);
  const auto ceiling_of = [](const cpp_rational& v) { return cpp_int(-floor_of(-v)); };
  const bool negative = value < 0;
  const cpp_rational magnitude = abs(value);
  const auto signed_of = [&](const cpp_int& units) { return negative ? cpp_int(-units) : units; };
  switch (rounding) {
    case Rounding::kHalfUp:
      return signed_of(floor_of(magnitude + half));
    case Rounding::kHalfDown:
      return signed_of(ceiling_of(magnitude - half));
    case Rounding::kHalfEven: {
      const cpp_int up = floor_of(magnitude + half);
      const cpp_int down = ceiling_of(magnitude - half);
      return signed_of(up % 2 == 0 ? up : down);
    }
    case Rounding::kDown:
      return signed_of(floor_of(magnitude));
    case Rounding::kUp:
      return signed_of(ceiling_of(magnitude));
    case Rounding::kFloor:
      return floor_of(value);
    case Rounding::kCeiling:
      return ceiling_of(value);
  }
  return 0;
}

// Integers of every size: a uniform choice of bits would hardly ever give a small one.
template <typename Random>
std::int64_t any_int64(Random& random) {
  return static_cast<std::int64_t>(random()) >> (random() % 64);
}

TEST(Amount, IsInRangeUpToAQuadrillionRupiah) {
  EXPECT_EQ(kAmountMax, 100'000'000'000'000'000);
  EXPECT_TRUE(in_range(Amount{kAmountMax}));
  EXPECT_TRUE(in_range(Amount{-kAmountMax}));
  EXPECT_FALSE(in_range(Amount{kAmountMax + 1}));
  EXPECT_FALSE(in_range(Amount{-kAmountMax - 1}));
  EXPECT_FALSE(in_range(Amount{kInt64Max}));
  EXPECT_FALSE(in_range(Amount{kInt64Min}));
  EXPECT_LT(Amount{-1}, Amount{});
}

TEST(CheckedAmount, StopsAtTheBoundAndLeavesTheResultAlone) {
  struct Case {
    std::int64_t a, b;
    bool add_fits, subtract_fits;
  };
  const Case cases[] = {{2, 3, true, true},
                        {kAmountMax, 0, true, true},
                        {kAmountMax - 1, 1, true, true},
                        {kAmountMax, 1, false, true},
                        {-kAmountMax, 1, true, false},
                        {-kAmountMax, -1, false, true},
                        {kAmountMax, -kAmountMax, true, false},
                        {kAmountMax, kAmountMax, false, true},
                        {kInt64Max, kInt64Max, false, true},
                        {kInt64Min, kInt64Min, false, true},
                        {kInt64Min, kInt64Max, true, false},
                        {0, kInt64Min, false, false}};
  for (const Case& c : cases) {
    Amount out{42};
    EXPECT_EQ(checked_add(Amount{c.a}, Amount{c.b}, out), c.add_fits) << c.a << " + " << c.b;
    EXPECT_EQ(out.minor, c.add_fits ? c.a + c.b : 42);
    out = Amount{42};
    EXPECT_EQ(checked_sub(Amount{c.a}, Amount{c.b}, out), c.subtract_fits) << c.a << " - " << c.b;
    EXPECT_EQ(out.minor, c.subtract_fits ? c.a - c.b : 42);
  }
}

TEST(CheckedInt128, StopsAt128BitsAndLeavesTheResultAlone) {
  Int128 out = 42;
  EXPECT_FALSE(checked_add(kInt128Max, Int128{1}, out));
  EXPECT_FALSE(checked_add(kInt128Min, Int128{-1}, out));
  EXPECT_FALSE(checked_sub(kInt128Min, Int128{1}, out));
  EXPECT_FALSE(checked_sub(Int128{0}, kInt128Min, out));
  EXPECT_TRUE(out == 42);
  EXPECT_TRUE(checked_add(kInt128Max, kInt128Min, out));
  EXPECT_TRUE(out == -1);
  EXPECT_TRUE(checked_sub(Int128{-1}, kInt128Min, out));
  EXPECT_TRUE(out == kInt128Max);
}

// The summary table in the documentation of java.math.RoundingMode (Java SE 17), tenths as
// printed there; its HALF_UP is LibreOffice's ROUND.
TEST(Rounding, AgreesWithTheTableOfJava) {
  struct Case {
    std::int64_t tenths;
    std::array<std::int64_t, kRoundings.size()> expected;  // in the order of kRoundings
  };
  const Case cases[] = {
      // half up, half even, half down, down, up, floor, ceiling
      {55, {6, 6, 5, 5, 6, 5, 6}},         {25, {3, 2, 2, 2, 3, 2, 3}},
      {16, {2, 2, 2, 1, 2, 1, 2}},         {11, {1, 1, 1, 1, 2, 1, 2}},
      {10, {1, 1, 1, 1, 1, 1, 1}},         {-10, {-1, -1, -1, -1, -1, -1, -1}},
      {-11, {-1, -1, -1, -1, -2, -2, -1}}, {-16, {-2, -2, -2, -1, -2, -2, -1}},
      {-25, {-3, -2, -2, -2, -3, -3, -2}}, {-55, {-6, -6, -5, -5, -6, -6, -5}},
  };
  for (const Case& c : cases)
    for (std::size_t i = 0; i < kRoundings.size(); ++i) {
      EXPECT_EQ(mul_div(Amount{c.tenths}, 1, 10, kRoundings[i]), Amount{c.expected[i]})
          << c.tenths << " tenths, rule " << i;
      EXPECT_EQ(mul_div(Amount{c.tenths}, -1, -10, kRoundings[i]), Amount{c.expected[i]});
      EXPECT_EQ(mul_div(Amount{-c.tenths}, 1, -10, kRoundings[i]), Amount{c.expected[i]});
      EXPECT_EQ(mul_div(Amount{c.tenths}, cpp_int(1), cpp_int(10), kRoundings[i]),
                Amount{c.expected[i]});
      EXPECT_EQ(mul_div(Amount{c.tenths}, cpp_int(-1), cpp_int(-10), kRoundings[i]),
                Amount{c.expected[i]});
    }
}

// Between zero and one the sign is all that is left of the value.
TEST(Rounding, KnowsTheSignOfWhatItCutsToZero) {
  EXPECT_EQ(mul_div(Amount{-1}, 1, 10, Rounding::kFloor), Amount{-1});
  EXPECT_EQ(mul_div(Amount{-1}, 1, 10, Rounding::kCeiling), Amount{0});
  EXPECT_EQ(mul_div(Amount{-1}, 1, 10, Rounding::kUp), Amount{-1});
  EXPECT_EQ(mul_div(Amount{1}, 1, 10, Rounding::kFloor), Amount{0});
  EXPECT_EQ(mul_div(Amount{1}, 1, 10, Rounding::kCeiling), Amount{1});
  EXPECT_EQ(mul_div(Amount{-1}, 1, 2, Rounding::kHalfUp), Amount{-1});
  EXPECT_EQ(mul_div(Amount{-1}, 1, 2, Rounding::kHalfEven), Amount{0});
}

TEST(MulDiv, EqualsTheExactFractionRoundedByDefinition) {
  std::mt19937_64 random(20260131);
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t amount = any_int64(random);
    const std::int64_t numerator = any_int64(random);
    std::int64_t denominator = any_int64(random);
    if (denominator == 0) denominator = 360;
    const cpp_rational exact(cpp_int(amount) * numerator, denominator);
    for (const Rounding rounding : kRoundings) {
      const cpp_int expected = rounded_by_definition(exact, rounding);
      const std::optional<Amount> narrow =
          mul_div(Amount{amount}, numerator, denominator, rounding);
      ASSERT_EQ(narrow.has_value(), abs(expected) <= kAmountMax)
          << amount << " * " << numerator << " / " << denominator;
      if (narrow) {
        ASSERT_EQ(cpp_int(narrow->minor), expected);
      }
      ASSERT_EQ(mul_div(Amount{amount}, cpp_int(numerator), cpp_int(denominator), rounding),
                narrow);
    }
  }
}

TEST(MulDiv, IsRefusedOnlyBeyondTheBoundAfterRounding) {
  // 10^17 + 1/2 is in range or not by the rule alone.
  const Amount half_above{2 * kAmountMax + 1};
  EXPECT_EQ(mul_div(half_above, 1, 2, Rounding::kHalfDown), Amount{kAmountMax});
  EXPECT_EQ(mul_div(half_above, 1, 2, Rounding::kHalfEven), Amount{kAmountMax});
  EXPECT_EQ(mul_div(half_above, 1, 2, Rounding::kHalfUp), std::nullopt);
  EXPECT_EQ(mul_div(half_above, -1, 2, Rounding::kCeiling), Amount{-kAmountMax});
  EXPECT_EQ(mul_div(half_above, -1, 2, Rounding::kFloor), std::nullopt);
  EXPECT_EQ(mul_div(half_above, cpp_int(-1), cpp_int(2), Rounding::kFloor), std::nullopt);
  EXPECT_EQ(mul_div(half_above, cpp_int(1), cpp_int(2), Rounding::kHalfDown), Amount{kAmountMax});
  // The largest factors there are: (-2^63)^2 / 2^63 and the like.
  EXPECT_EQ(mul_div(Amount{kInt64Min}, kInt64Min, kInt64Min, Rounding::kDown), std::nullopt);
  EXPECT_EQ(mul_div(Amount{kInt64Min}, kInt64Min, 1, Rounding::kDown), std::nullopt);
  EXPECT_EQ(mul_div(Amount{1}, kInt64Min, kInt64Min, Rounding::kDown), Amount{1});
  EXPECT_EQ(mul_div(Amount{kInt64Max}, 1, kInt64Min, Rounding::kHalfUp), Amount{-1});
  EXPECT_EQ(mul_div(Amount{kInt64Max}, 1, kInt64Min, Rounding::kDown), Amount{0});
}

TEST(RoundDiv, UsesAll128Bits) {
  EXPECT_EQ(round_div(kInt128Min, -1, Rounding::kDown), std::nullopt);
  EXPECT_TRUE(round_div(kInt128Min, 1, Rounding::kDown) == kInt128Min);
  EXPECT_TRUE(round_div(kInt128Max, 1, Rounding::kDown) == kInt128Max);
  EXPECT_TRUE(round_div(kInt128Min, kInt128Min, Rounding::kDown) == Int128{1});
  EXPECT_TRUE(round_div(kInt128Max, kInt128Min, Rounding::kHalfEven) == Int128{-1});
  EXPECT_TRUE(round_div(kInt128Max, 2, Rounding::kHalfUp) == (Int128{1} << 126));
  std::mt19937_64 random(20260228);
  const auto any_int128 = [&random] {
    const Uint128 bits = (Uint128{random()} << 64) | random();
    return static_cast<Int128>(bits) >> (random() % 128);
  };
  for (int i = 0; i < 5'000; ++i) {
    const Int128 numerator = any_int128();
    Int128 denominator = any_int128();
    if (denominator == 0) denominator = 365 * 366;
    for (const Rounding rounding : kRoundings) {
      const std::optional<Int128> result = round_div(numerator, denominator, rounding);
      ASSERT_TRUE(result);
      ASSERT_EQ(
          cpp_int(*result),
          rounded_by_definition(cpp_rational(cpp_int(numerator), cpp_int(denominator)), rounding));
    }
  }
}

// An annuity is P r (1+r)^n / ((1+r)^n - 1); its factors leave 128 bits.
std::optional<Amount> annuity(Amount principal, int rate_numerator, int rate_denominator, int n) {
  const cpp_int grown = pow(cpp_int(rate_denominator + rate_numerator), static_cast<unsigned>(n));
  const cpp_int base = pow(cpp_int(rate_denominator), static_cast<unsigned>(n));
  return mul_div(principal, rate_numerator * grown, rate_denominator * (grown - base),
                 Rounding::kHalfUp);
}

TEST(MulDivExact, ComputesPublishedAnnuities) {
  // domain.md 9.3: 18 % a year, 12 months, exactly 916,799.92906 rupiah.
  EXPECT_EQ(annuity(Amount{10'000'000'00}, 18, 1200, 12), Amount{916'799'93});
  EXPECT_EQ(annuity(Amount{10'000'000}, 18, 1200, 12), Amount{916'800});
  // A bank's published annuity of 200,000,000 at 18.1 % over 120 months (oracles.md).
  EXPECT_EQ(annuity(Amount{200'000'000'00}, 181, 12000, 120), Amount{3'616'589'78});
  // LibreOffice: PMT(7%/12;6;-100) = 17.0085937322638.
  EXPECT_EQ(annuity(Amount{100'000'000'000'000}, 7, 1200, 6), Amount{17'008'593'732'264});
}

// domain.md 9.6, raw interest rounded to whole rupiah: day sums at 6 % a year over 365 days.
TEST(MulDiv, ComputesSavingsInterestOfApril2026) {
  EXPECT_EQ(mul_div(Amount{40'500'000}, 6, 36'500, Rounding::kHalfUp), Amount{6'658});
  EXPECT_EQ(mul_div(Amount{1'810'000'000}, 6, 36'500, Rounding::kHalfUp), Amount{297'534});
  EXPECT_EQ(mul_div(Amount{1'460'000'010}, 6, 36'500, Rounding::kHalfUp), Amount{240'000});
}

TEST(Split, SharesOutTheShuOfTheWorkedExample) {
  // domain.md 9.5: the eight funds in per mille, then two of them over the members.
  const std::vector<std::uint64_t> per_mille = {300, 200, 300, 50, 50, 50, 25, 25};
  EXPECT_EQ(minors(split(Amount{48'765'432}, per_mille)),
            (std::vector<std::int64_t>{14'629'630, 9'753'086, 14'629'630, 2'438'272, 2'438'271,
                                       2'438'271, 1'219'136, 1'219'136}));
  const std::vector<std::uint64_t> capital = {2'450'000, 1'975'000, 3'100'000, 875'000, 1'333'333};
  EXPECT_EQ(minors(split(Amount{9'753'086}, capital)),
            (std::vector<std::int64_t>{2'454'972, 1'979'008, 3'106'291, 876'776, 1'336'039}));
  const std::vector<std::uint64_t> interest = {1'200'000, 350'000, 0, 2'765'432, 987'654};
  EXPECT_EQ(minors(split(Amount{14'629'630}, interest)),
            (std::vector<std::int64_t>{3'310'442, 965'545, 0, 7'629'001, 2'724'642}));
}

// Hamilton's own: 120 seats over the census of 1790, as in the bill that Washington vetoed in 1792.
// CT DE GA KY MD MA NH NJ NY NC PA RI SC VT VA.
TEST(Split, ApportionsTheHouseAsHamiltonDid) {
  const std::vector<std::uint64_t> people = {236'841, 55'540,  70'835,  68'705,  278'514,
                                             475'327, 141'822, 179'570, 331'589, 353'523,
                                             432'879, 68'446,  206'236, 85'533,  630'560};
  EXPECT_EQ(minors(split(Amount{120}, people)),
            (std::vector<std::int64_t>{8, 2, 2, 2, 9, 16, 5, 6, 11, 12, 14, 2, 7, 3, 21}));
}

TEST(Split, GivesTiesToTheLowerIndex) {
  using Weights = std::vector<std::uint64_t>;
  using Shares = std::vector<std::int64_t>;
  EXPECT_EQ(minors(split(Amount{100}, Weights{1, 1, 1})), (Shares{34, 33, 33}));
  EXPECT_EQ(minors(split(Amount{-100}, Weights{1, 1, 1})), (Shares{-34, -33, -33}));
  EXPECT_EQ(minors(split(Amount{2}, Weights{0, 5, 5, 5})), (Shares{0, 1, 1, 0}));
  EXPECT_EQ(minors(split(Amount{0}, Weights{3, 4})), (Shares{0, 0}));
  EXPECT_EQ(minors(split(Amount{7}, Weights{9})), (Shares{7}));
  EXPECT_EQ(minors(split(Amount{1}, Weights{0, 0, 1})), (Shares{0, 0, 1}));
}

TEST(Split, HoldsAtTheEdgesOf64Bits) {
  constexpr std::uint64_t kWeightMax = std::numeric_limits<std::uint64_t>::max();
  const std::vector<std::uint64_t> heavy = {kWeightMax, kWeightMax, kWeightMax};
  EXPECT_EQ(minors(split(Amount{kInt64Max}, heavy)),
            (std::vector<std::int64_t>{3'074'457'345'618'258'603, 3'074'457'345'618'258'602,
                                       3'074'457'345'618'258'602}));
  EXPECT_EQ(minors(split(Amount{kInt64Min}, std::vector<std::uint64_t>{kWeightMax})),
            (std::vector<std::int64_t>{kInt64Min}));
}

TEST(Split, EqualsTheDefinitionOverExactFractions) {
  std::mt19937_64 random(20260430);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::uint64_t> weights(1 + random() % 12);
    // Few distinct weights in one half of the rounds, so that remainders tie.
    for (std::uint64_t& weight : weights)
      weight = round % 2 == 0 ? random() % 4 : random() >> (random() % 64);
    if (std::all_of(weights.begin(), weights.end(), [](auto weight) { return weight == 0; }))
      weights.back() = 1;
    const std::int64_t total = any_int64(random);

    const cpp_int units = abs(cpp_int(total));
    const cpp_int weight_sum = std::accumulate(weights.begin(), weights.end(), cpp_int(0));
    std::vector<cpp_int> expected(weights.size());
    std::vector<cpp_rational> remainders(weights.size());
    std::vector<std::size_t> order(weights.size());
    cpp_int left_over = units;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const cpp_rational exact(units * weights[i], weight_sum);
      expected[i] = floor_of(exact);
      remainders[i] = exact - expected[i];
      left_over -= expected[i];
      order[i] = i;
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    for (std::size_t i = 0; left_over > 0; ++i, --left_over) ++expected[order[i]];

    const std::vector<Amount> shares = split(Amount{total}, weights);
    ASSERT_EQ(shares.size(), weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i)
      ASSERT_EQ(cpp_int(shares[i].minor), total < 0 ? cpp_int(-expected[i]) : expected[i]);
  }
}

TEST(MoneyDeathTest, StopsAtAMistakeOfTheCaller) {
  EXPECT_DEATH((void)mul_div(Amount{1}, 1, 0, Rounding::kDown), "CHECK failed");
  EXPECT_DEATH((void)mul_div(Amount{1}, cpp_int(1), cpp_int(0), Rounding::kDown), "CHECK failed");
  EXPECT_DEATH((void)round_div(1, 0, Rounding::kDown), "CHECK failed");
  EXPECT_DEATH((void)split(Amount{1}, {}), "CHECK failed");
  EXPECT_DEATH((void)split(Amount{1}, std::array<std::uint64_t, 2>{0, 0}), "CHECK failed");
}

}  // namespace
}  // namespace lumbung::engine
