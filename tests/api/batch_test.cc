// Many entries in one request: each for itself, or all or none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/api/node.h"

namespace lumbung::api {
namespace {

using ::testing::HasSubstr;

std::string keyed(std::string_view key, const std::string& entry) {
  return R"({"key":")" + std::string(key) + "\"," + entry.substr(1);
}

std::string done(int event) {
  return R"({"outcome":"done","event":)" + std::to_string(event) +
         R"(,"booking_date":"2026-01-05","recorded_at":"2026-01-05T01:00:00.000000Z"})";
}

class BatchTest : public ::testing::Test {
 protected:
  http::Answer per_item(const std::string& entries) {
    return node_.post("teller", "/entries/batch",
                      R"({"mode":"per_item","entries":[)" + entries + "]}");
  }
  http::Answer atomic(const std::string& entries, std::string_view key) {
    return node_.post("teller", "/entries/batch",
                      R"({"mode":"atomic","entries":[)" + entries + "]}", key);
  }
  std::uint64_t last_event() { return node_.ledger().coop(kDesa)->head.last_event.value; }

  const std::string in_ = entry("1101", "2101.M/17", "100.00");
  const std::string out_ = entry("2101.M/17", "1101", "70.00");
  Node node_;
};

TEST_F(BatchTest, EachItemIsAnsweredForItself) {
  const std::string refused =
      R"({"outcome":"refused","code":"insufficient_funds",)"
      R"("detail":"the available balance would fall below the account's floor",)"
      R"("params":{"account":"2101.M/17","amount":"70.00","available":"30.00"}})";
  const std::string items = keyed("a", in_) + "," + keyed("b", out_) + "," + keyed("c", out_) +
                            "," + keyed("d", entry("1101", "none", "1.00")) + "," + keyed("e", in_);
  const http::Answer first = per_item(items);
  EXPECT_EQ(first.status, 200);
  const std::size_t unknown = first.body.find(R"({"outcome":"refused","code":"account_unknown")");
  ASSERT_NE(unknown, std::string::npos) << first.body;
  EXPECT_EQ(first.body.substr(0, unknown),
            R"({"items":[)" + done(13) + "," + done(14) + "," + refused + ",");
  EXPECT_THAT(first.body, HasSubstr(R"("params":{"leg":1}},)" + done(16) + "]}"));
  EXPECT_EQ(first.field("Idempotency-Replayed"), "(none)");
  EXPECT_EQ(last_event(), 16u);

  // The refused item is remembered, the unknown account is not.
  const http::Answer again = per_item(items);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(last_event(), 16u);
}

TEST_F(BatchTest, OnlyAWhollyRepeatedBatchIsMarked) {
  const http::Answer first = per_item(keyed("a", in_) + "," + keyed("b", in_));
  const http::Answer again = per_item(keyed("a", in_) + "," + keyed("b", in_));
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.field("Idempotency-Replayed"), "true");
  const http::Answer partly = per_item(keyed("a", in_) + "," + keyed("c", in_));
  EXPECT_EQ(partly.body, R"({"items":[)" + done(13) + "," + done(15) + "]}");
  EXPECT_EQ(partly.field("Idempotency-Replayed"), "(none)");
}

TEST_F(BatchTest, AKeyThatNamesAnotherRequestIsRefusedInItsPlace) {
  const http::Answer answer = per_item(keyed("a", in_) + "," + keyed("a", in_) + "," +
                                       keyed("a", out_) + "," + keyed("b", out_));
  EXPECT_THAT(answer.body, HasSubstr(R"({"items":[)" + done(13) + "," + done(13) +
                                     R"(,{"outcome":"refused","code":"key_reused")"));
  EXPECT_THAT(answer.body, HasSubstr(done(14) + "]}"));
  EXPECT_EQ(last_event(), 14u);
}

TEST_F(BatchTest, AllOrNone) {
  const http::Answer posted = atomic(in_ + "," + out_, "batch-1");
  EXPECT_EQ(posted.status, 201);
  EXPECT_EQ(posted.body, R"({"items":[)" + done(13) + "," + done(14) + "]}");
  EXPECT_EQ(posted.field("Idempotency-Replayed"), "(none)");
  const http::Answer again = atomic(in_ + "," + out_, "batch-1");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, posted.body);
  EXPECT_EQ(again.field("Idempotency-Replayed"), "true");
  EXPECT_EQ(code_of(atomic(in_, "batch-1")), "key_reused");

  const http::Answer refused = atomic(in_ + "," + out_ + "," + out_ + "," + out_, "batch-2");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(code_of(refused), "insufficient_funds");
  EXPECT_THAT(refused.body, HasSubstr(R"("item":)"));
  EXPECT_THAT(node_.get("teller", "/accounts/2101.M~17/balance").body,
              HasSubstr(R"("posted":"30.00")"));
  EXPECT_EQ(atomic(in_ + "," + out_ + "," + out_ + "," + out_, "batch-2").body, refused.body);
}

TEST_F(BatchTest, WhatIsWrongWithTheWholeLeavesNoBytes) {
  const std::uint64_t before = last_event();
  const auto told = [&](const http::Answer& answer) {
    EXPECT_EQ(last_event(), before);
    return std::to_string(answer.status) + " " + code_of(answer);
  };
  EXPECT_EQ(told(per_item("")), "422 batch_empty");
  EXPECT_EQ(told(atomic("", "k")), "422 batch_empty");
  EXPECT_EQ(told(per_item(in_)), "400 malformed_body");
  EXPECT_EQ(told(atomic(keyed("a", in_), "k")), "400 malformed_body");
  EXPECT_EQ(told(per_item(keyed("a", in_) + "," + keyed("b", "{\"legs\":1}"))),
            "400 malformed_body");
  EXPECT_EQ(told(atomic(in_ + "," + entry("1101", "none", "1.00"), "k")), "422 account_unknown");
  EXPECT_EQ(told(node_.send(http::post(
                Node::below("/entries/batch"), R"({"mode":"atomic","entries":[)" + in_ + "]}",
                node_.bearer("teller") + "Content-Type: application/json\r\n"))),
            "400 idempotency_key_missing");
  std::string many = in_;
  for (int i = 1; i < 8191; ++i) many += "," + in_;
  EXPECT_EQ(told(atomic(many, "k")), "422 batch_too_large");
}

TEST_F(BatchTest, AFullBatchGoesInOneRequestWithoutAKeyInTheHeader) {
  std::string items;
  for (int i = 0; i < 8190; ++i) {
    items += (i == 0 ? "" : ",") + keyed("full-" + std::to_string(i), in_);
  }
  const http::Answer answer = node_.send(
      http::post(Node::below("/entries/batch"), R"({"mode":"per_item","entries":[)" + items + "]}",
                 node_.bearer("teller") + "Content-Type: application/json\r\n"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body.starts_with(R"({"items":[)" + done(13) + ","));
  EXPECT_TRUE(answer.body.ends_with("," + done(13 + 8189) + "]}"));
  EXPECT_THAT(node_.get("teller", "/accounts/2101.M~17/balance").body,
              HasSubstr(R"("posted":"819000.00")"));
}

TEST_F(BatchTest, AnUnknownAccountIsAnsweredInItsItemsPlace) {
  // Which of five items are about accounts that are not there, each way there is.
  for (unsigned unknown = 0; unknown < 32; ++unknown) {
    const auto first = static_cast<int>(last_event()) + 1;
    std::string items;
    std::string answers;
    int event = first;
    for (unsigned i = 0; i < 5; ++i) {
      const bool is_unknown = (unknown >> i & 1U) != 0;
      const std::string key = std::to_string(unknown) + "-" + std::to_string(i);
      items += (i == 0 ? "" : ",") + keyed(key, is_unknown ? entry("1101", "none", "1.00") : in_);
      answers += (i == 0 ? "" : ",") + (is_unknown ? std::string("unknown") : done(event++));
    }
    std::string body = per_item(items).body;
    const std::string refused =
        R"({"outcome":"refused","code":"account_unknown","detail":")" +
        std::string(engine::sentence_of(engine::RefusalCode::account_unknown)) +
        R"(","params":{"leg":1}})";
    for (std::size_t at = 0; (at = body.find(refused, at)) != std::string::npos;) {
      body.replace(at, refused.size(), "unknown");
    }
    EXPECT_EQ(body, R"({"items":[)" + answers + "]}");
    EXPECT_EQ(static_cast<int>(last_event()), event - 1);
  }
}

TEST_F(BatchTest, ItemsThatAreAllAboutUnknownAccountsAskTheLedgerNothing) {
  const http::Answer answer = per_item(keyed("a", entry("x", "1101", "1.00")));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"({"items":[{"outcome":"refused","code":"account_unknown")"));
}

}  // namespace
}  // namespace lumbung::api
