#include "engine/refusal.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <vector>

namespace lumbung::engine {
namespace {

using enum RefusalCode;

struct Row {
  unsigned number;
  const char* name;
};

// The numbers stand in journals: this list may grow, but no row of it may ever change.
constexpr Row kFrozen[] = {
    {1, "too_few_legs"},
    {2, "too_many_legs"},
    {3, "amount_out_of_range"},
    {4, "metadata_invalid"},
    {5, "limit_out_of_range"},
    {10, "principal_unknown"},
    {11, "principal_name_invalid"},
    {12, "role_not_held"},
    {13, "role_held"},
    {20, "month_closed"},
    {21, "day_closed"},
    {22, "day_not_open"},
    {23, "next_day_invalid"},
    {24, "month_not_over"},
    {25, "value_date_out_of_range"},
    {30, "entry_unknown"},
    {31, "not_reversible"},
    {32, "reversal_legs_mismatch"},
    {33, "reversal_exceeds"},
    {34, "hold_unknown"},
    {35, "hold_ended"},
    {36, "hold_not_expired"},
    {37, "hold_not_used"},
    {38, "hold_exceeded"},
    {39, "hold_expiry_invalid"},
    {50, "account_unknown"},
    {51, "account_code_invalid"},
    {52, "account_code_taken"},
    {53, "control_invalid"},
    {54, "currency_unknown"},
    {55, "account_is_control"},
    {56, "account_closed"},
    {57, "account_frozen"},
    {58, "account_not_frozen"},
    {59, "account_not_empty"},
    {60, "sen_not_allowed"},
    {61, "unbalanced"},
    {62, "zone_unknown"},
    {70, "insufficient_funds"},
    {71, "ceiling_exceeded"},
    {80, "batch_empty"},
    {90, "coop_unknown"},
    {91, "coop_exists"},
    {92, "key_reused"},
    {93, "batch_too_large"},
    {94, "queue_full"},
    {95, "writer_stopped"},
};

TEST(Refusal, NumbersAreFrozen) {
  for (const Row& row : kFrozen) {
    const auto code = refusal_of_number(static_cast<std::uint8_t>(row.number));
    ASSERT_TRUE(code) << row.name;
    EXPECT_EQ(static_cast<unsigned>(*code), row.number);
    EXPECT_EQ(name_of(*code), row.name);
  }
}

TEST(Refusal, EveryRowHasAWordAndASentence) {
  std::set<std::string_view> names;
  std::set<std::string_view> sentences;
  std::size_t rows = 0;
  for (unsigned number = 0; number < 256; ++number) {
    const auto code = refusal_of_number(static_cast<std::uint8_t>(number));
    if (!code) continue;
    ++rows;
    EXPECT_TRUE(std::regex_match(std::string(name_of(*code)), std::regex("[a-z]+(_[a-z]+)*")));
    EXPECT_FALSE(sentence_of(*code).empty());
    EXPECT_NE(sentence_of(*code).back(), '.');
    names.insert(name_of(*code));
    sentences.insert(sentence_of(*code));
  }
  EXPECT_EQ(rows, std::size(kFrozen)) << "a new row belongs into the frozen list";
  EXPECT_EQ(names.size(), rows);
  EXPECT_EQ(sentences.size(), rows);
  EXPECT_FALSE(refusal_of_number(0));
}

// The order that a caller can rely on: who, what shape, when, which entry, which account, what
// money.
TEST(Refusal, PrecedenceIsTheOrderOfTheTable) {
  const std::vector<RefusalCode> order{writer_stopped,     coop_unknown,
                                       principal_unknown,  key_reused,
                                       too_few_legs,       metadata_invalid,
                                       month_closed,       day_closed,
                                       day_not_open,       value_date_out_of_range,
                                       entry_unknown,      hold_unknown,
                                       account_unknown,    account_is_control,
                                       account_closed,     account_frozen,
                                       sen_not_allowed,    unbalanced,
                                       insufficient_funds, ceiling_exceeded};
  for (std::size_t i = 0; i < order.size(); ++i) {
    EXPECT_FALSE(precedes(order[i], order[i]));
    for (std::size_t k = i + 1; k < order.size(); ++k) {
      EXPECT_TRUE(precedes(order[i], order[k])) << name_of(order[i]) << ' ' << name_of(order[k]);
      EXPECT_FALSE(precedes(order[k], order[i]));
    }
  }
}

TEST(Refusal, SaysItsParameters) {
  const Refusal refusal(insufficient_funds, Param{ParamKind::kAccount, 7},
                        Param{ParamKind::kAvailable, -5});
  EXPECT_EQ(refusal.param(ParamKind::kAccount), 7);
  EXPECT_EQ(refusal.param(ParamKind::kAvailable), -5);
  EXPECT_EQ(refusal.param(ParamKind::kLeg), std::nullopt);
  EXPECT_EQ(refusal, refusal);
  EXPECT_NE(refusal, Refusal(insufficient_funds));
}

TEST(Result, IsAValueOrARefusal) {
  const Result<int> value(7);
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 7);
  const Result<int> refused{Refusal(unbalanced)};
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.refusal().code, unbalanced);
  EXPECT_DEATH((void)*refused, "CHECK");
  EXPECT_DEATH((void)value.refusal(), "CHECK");
}

}  // namespace
}  // namespace lumbung::engine
