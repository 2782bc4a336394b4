// Entries over HTTP: posted once whatever happens to the answer, refused without a trace or with
// one that is remembered, many at a time, taken back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/api/node.h"

namespace lumbung::api {
namespace {

using ::testing::HasSubstr;

/// Of the event that stands 13th: the first after what a Node begins with.
constexpr std::string_view kFirstReceipt =
    R"({"event":13,"kind":"entry","booking_date":"2026-01-05",)"
    R"("recorded_at":"2026-01-05T01:00:00.000000Z"})";

std::string deposit(std::string_view amount) {
  return entry("1101", "2101.M/17", amount);
}
std::string withdrawal(std::string_view amount) {
  return entry("2101.M/17", "1101", amount);
}

class EntriesTest : public ::testing::Test {
 protected:
  http::Answer post(std::string_view body, std::string_view key = "") {
    return node_.post("teller", "/entries", body, key);
  }
  std::uint64_t last_event() { return node_.ledger().coop(kDesa)->head.last_event.value; }
  std::string balance() {
    const std::string body = node_.get("teller", "/accounts/2101.M~17/balance").body;
    const std::size_t at = body.find(R"("posted":")") + 10;
    return body.substr(at, body.find('"', at) - at);
  }
  /// Told that code, and no event more than before.
  void expect_no_trace(const http::Answer& answer, int status, std::string_view code) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(code_of(answer), code) << answer.body;
    EXPECT_EQ(last_event(), events_);
  }
  /// Told that code, and remembered as one event that moves nothing.
  void expect_remembered(const http::Answer& answer, int status, std::string_view code) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(code_of(answer), code) << answer.body;
    EXPECT_EQ(last_event(), ++events_);
  }

  Node node_;
  std::uint64_t events_ = last_event();
};

TEST_F(EntriesTest, AnEntryIsPostedAndFound) {
  const http::Answer posted = post(deposit("150000.00"), "slip-1");
  EXPECT_EQ(posted.status, 201);
  EXPECT_EQ(posted.body, kFirstReceipt);
  EXPECT_EQ(posted.field("Content-Type"), "application/json; charset=utf-8");
  EXPECT_EQ(posted.field("Location"), "/v1/cooperatives/DESA/entries/13");
  EXPECT_EQ(posted.field("Idempotency-Replayed"), "(none)");
  const http::Answer read =
      node_.send(http::get(posted.field("Location"), node_.bearer("auditor")));
  EXPECT_EQ(read.body,
            R"({"event":13,"kind":"entry","booking_date":"2026-01-05",)"
            R"("recorded_at":"2026-01-05T01:00:00.000000Z","principal":"teller-1","key":"slip-1",)"
            R"("legs":[{"account":"1101","side":"debit","amount":"150000.00"},)"
            R"({"account":"2101.M/17","side":"credit","amount":"150000.00"}],"reversed_by":[]})");
}

TEST_F(EntriesTest, AReplayIsTheFirstAnswerAgain) {
  const http::Answer first = post(deposit("150000.00"), "slip-1");
  node_.set_clock("2026-01-06T01:00:00Z");
  for (int round = 0; round < 2; ++round) {
    // Another spelling of the same request.
    const http::Answer again =
        post(R"({ "legs" : [{"side":"debit","amount":"150000","account":"1101"},)"
             R"({"amount":"150000.00","account":"2101.M\/17","side":"credit"}]})",
             "slip-1");
    EXPECT_EQ(again.status, first.status);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.field("Location"), first.field("Location"));
    EXPECT_EQ(again.field("Content-Type"), first.field("Content-Type"));
    EXPECT_EQ(again.field("Idempotency-Replayed"), "true");
    node_.restart();
  }
  EXPECT_EQ(balance(), "150000.00");
}

TEST_F(EntriesTest, AKeyNamesOneRequestOfOnePrincipal) {
  post(deposit("150000.00"), "slip-1");
  events_ = last_event();
  expect_no_trace(post(deposit("150000.02"), "slip-1"), 422, "key_reused");
  expect_no_trace(
      node_.post("teller", "/holds", R"({"account":"2101.M/17","amount":"1.00"})", "slip-1"), 422,
      "key_reused");
  EXPECT_EQ(node_.post("treasurer", "/entries", deposit("1.00"), "slip-1").status, 201);
}

TEST_F(EntriesTest, ARefusalOfTheCoreIsRememberedUnderItsKey) {
  post(deposit("100000.00"));
  events_ = last_event();
  const http::Answer first = post(withdrawal("100001.00"), "w-1");
  expect_remembered(first, 422, "insufficient_funds");
  EXPECT_EQ(first.body,
            R"({"type":"/problems/insufficient-funds","title":"Insufficient funds","status":422,)"
            R"("detail":"the available balance would fall below the account's floor",)"
            R"("code":"insufficient_funds","params":{"account":"2101.M/17",)"
            R"("amount":"100001.00","available":"100000.00"}})");
  EXPECT_EQ(first.field("Idempotency-Replayed"), "(none)");
  // More money changes nothing under this key.
  post(deposit("500000.00"));
  const http::Answer again = post(withdrawal("100001.00"), "w-1");
  EXPECT_EQ(again.status, first.status);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.field("Idempotency-Replayed"), "true");
  EXPECT_EQ(post(withdrawal("100001.00"), "w-2").status, 201);
}

TEST_F(EntriesTest, WhatIsMalformedLeavesNoBytesAndItsKeyFree) {
  const std::string one = R"({"account":"1101","side":"debit","amount":"1.00"})";
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("{}"),
        "{\"legs\":[" + one + "],\"note\":\"for Ani\"}", "{\"legs\":[" + one + "],\"legs\":[]}",
        deposit("1.0"), deposit("-1.00"), deposit("1000000000000000.00"),
        "{\"legs\":[" + one + "],\"metadata\":{\"a\":\"\xFF\"}}",
        deposit("1.00") + deposit("1.00")}) {
    expect_no_trace(post(body, "slip-1"), 400, "malformed_body");
  }
  const http::Answer unknown = post(entry("1101", "2101.M/18", "1.00"), "slip-1");
  expect_no_trace(unknown, 422, "account_unknown");
  EXPECT_THAT(unknown.body, HasSubstr(R"("pointer":"/legs/1/account")"));
  EXPECT_EQ(post(deposit("1.00"), "slip-1").body, kFirstReceipt);
}

TEST_F(EntriesTest, EveryRuleOfTheCoreIsToldByItsCode) {
  const auto legs = [](int count) {
    std::string all;
    for (int i = 0; i < count; ++i) {
      all += std::string(i == 0 ? "" : ",") + R"({"account":"1101","side":")" +
             (i % 2 == 0 ? "debit" : "credit") + R"(","amount":"1.00"})";
    }
    return R"({"legs":[)" + all + "]}";
  };
  expect_remembered(post(legs(1)), 422, "too_few_legs");
  expect_remembered(post(legs(0)), 422, "too_few_legs");
  expect_remembered(post(legs(65)), 422, "too_many_legs");
  expect_remembered(post(deposit("0.00")), 422, "amount_out_of_range");
  expect_remembered(post(entry("1101", "2101.M/17", "1.00", R"(,"metadata":{"Name":1})")), 422,
                    "metadata_invalid");
  expect_remembered(post(entry("1101", "2101.M/17", "1.00", R"(,"metadata":{"a":"Ibu Ani"})")), 422,
                    "metadata_invalid");
  expect_remembered(post(entry("1101", "2101.M/17", "1.00", R"(,"booking_date":"2026-01-04")")),
                    409, "day_closed");
  expect_remembered(post(entry("1101", "2101.M/17", "1.00", R"(,"booking_date":"2026-01-06")")),
                    409, "day_not_open");
  expect_remembered(post(entry("1101", "2101.M/17", "1.00", R"(,"value_date":"2020-01-01")")), 422,
                    "value_date_out_of_range");
  expect_remembered(post(entry("1101", "2101", "1.00")), 422, "account_is_control");
  expect_remembered(post(deposit("1.50")), 422, "sen_not_allowed");
  const http::Answer unbalanced = post(R"({"legs":[{"account":"7001","side":"debit","amount":"5"},)"
                                       R"({"account":"7002","side":"credit","amount":"3"}]})");
  expect_remembered(unbalanced, 422, "unbalanced");
  EXPECT_THAT(unbalanced.body, HasSubstr(R"("amount":"2")"));  // yen have no digits after the point
  expect_remembered(post(entry("1101", "7001", "1")), 422, "unbalanced");  // two currencies
  expect_remembered(post(withdrawal("1.00")), 422, "insufficient_funds");
  node_.post("admin", "/accounts/2101.M~17/limits", R"({"floor":"0.00","ceiling":"50.00"})");
  node_.post("approver", "/accounts/7001/freeze", "");
  events_ = last_event();
  expect_remembered(post(deposit("51.00")), 422, "ceiling_exceeded");
  expect_remembered(post(entry("7001", "7002", "1")), 409, "account_frozen");
  node_.post("approver", "/accounts/7001/unfreeze", "{}");
  node_.post("treasurer", "/accounts/7001/close", "{}");
  events_ = last_event();
  expect_remembered(post(entry("7001", "7002", "1")), 409, "account_closed");
  EXPECT_EQ(balance(), "0.00");
}

TEST_F(EntriesTest, AClosedDayAndMonthTakeNothing) {
  node_.post("treasurer", "/days", R"({"date":"2026-01-05","next":"2026-02-02"})");
  node_.post("treasurer", "/months", R"({"month":"2026-01"})");
  events_ = last_event();
  expect_remembered(post(entry("1101", "2101.M/17", "1.00", R"(,"booking_date":"2026-01-05")")),
                    409, "month_closed");
  EXPECT_THAT(post(deposit("1.00")).body, HasSubstr(R"("booking_date":"2026-02-02")"));
}

TEST_F(EntriesTest, AnEntryIsTakenBackWholeOrInPart) {
  post(deposit("100.00"));
  const http::Answer part =
      node_.post("approver", "/entries/13/reverse", R"({"amounts":["30.00","30.00"]})", "r-1");
  EXPECT_EQ(part.status, 201);
  EXPECT_EQ(part.body, R"({"event":14,"kind":"reversal","booking_date":"2026-01-05",)"
                       R"("recorded_at":"2026-01-05T01:00:00.000000Z"})");
  EXPECT_EQ(balance(), "70.00");
  EXPECT_EQ(node_.post("treasurer", "/entries/13/reverse", "").status, 201);
  EXPECT_EQ(balance(), "0.00");
  EXPECT_THAT(node_.get("teller", "/entries/13").body, HasSubstr(R"("reversed_by":[14,15]})"));
  EXPECT_THAT(node_.get("teller", "/entries/14").body,
              HasSubstr(R"("reverses":13,"reversed_legs":[0,1],"legs":[)"
                        R"({"account":"1101","side":"credit","amount":"30.00"},)"
                        R"({"account":"2101.M/17","side":"debit","amount":"30.00"}])"));
  events_ = last_event();
  expect_remembered(node_.post("approver", "/entries/13/reverse", "{}"), 422, "reversal_exceeds");
  expect_remembered(node_.post("approver", "/entries/14/reverse", ""), 422, "not_reversible");
  expect_remembered(
      node_.post("approver", "/entries/13/reverse", R"({"amounts":["1.00","1.00","1.00"]})"), 422,
      "reversal_legs_mismatch");
  expect_no_trace(node_.post("approver", "/entries/1/reverse", ""), 404, "entry_unknown");
  expect_no_trace(node_.post("approver", "/entries/999/reverse", ""), 404, "entry_unknown");
  expect_no_trace(node_.post("approver", "/entries/x/reverse", ""), 404, "entry_unknown");
  expect_no_trace(node_.post("approver", "/entries/13/reverse",
                             R"({"amounts":["1"]})"
                             "x"),
                  400, "malformed_body");
  const http::Answer again =
      node_.post("approver", "/entries/13/reverse", R"({"amounts":["30.00","30.00"]})", "r-1");
  EXPECT_EQ(again.body, part.body);
  EXPECT_EQ(again.field("Idempotency-Replayed"), "true");
}

TEST_F(EntriesTest, AnEntryIsReadOnceWhileItStaysTheSame) {
  post(deposit("100.00"));
  const http::Answer read = node_.get("teller", "/entries/13");
  const std::string etag = read.field("ETag");
  EXPECT_THAT(etag, ::testing::MatchesRegex("\"[0-9a-f]{32}\""));
  const auto status = [&](const std::string& tags) {
    return node_.get("teller", "/entries/13", "If-None-Match: " + tags + "\r\n").status;
  };
  EXPECT_EQ(status(etag), 304);
  EXPECT_EQ(status("\"a\", W/" + etag + " , \"b\""), 304);
  EXPECT_EQ(status("*"), 304);
  EXPECT_EQ(status("\"a\""), 200);
  EXPECT_EQ(status(etag.substr(1, 32)), 200);
  node_.post("approver", "/entries/13/reverse", "");
  EXPECT_EQ(status(etag), 200) << "what reverses it belongs to it";
}

TEST_F(EntriesTest, WhatIsNoEntryIsNotFound) {
  for (const std::string_view path :
       {"/entries/1", "/entries/12", "/entries/99", "/entries/0", "/entries/013", "/entries/-1",
        "/entries/+13", "/entries/x", "/entries/18446744073709551629",
        "/entries/9223372036854775808"}) {
    expect_no_trace(node_.get("auditor", path), 404, "entry_unknown");
  }
}

TEST_F(EntriesTest, AnIntegratorSeesItsOwnEntriesAndHolds) {
  post(deposit("100.00"));
  node_.post("integrator", "/entries", deposit("5.00"));
  node_.post("teller", "/holds", R"({"account":"2101.M/17","amount":"1.00"})");
  node_.post("integrator", "/holds", R"({"account":"2101.M/17","amount":"1.00"})");
  EXPECT_EQ(node_.get("integrator", "/entries/13").status, 404);
  EXPECT_EQ(node_.get("integrator", "/entries/14").status, 200);
  EXPECT_EQ(node_.get("integrator", "/holds/15").status, 404);
  EXPECT_EQ(node_.get("integrator", "/holds/16").status, 200);
  EXPECT_EQ(node_.post("integrator", "/holds/15/release", "").status, 404);
  EXPECT_EQ(node_.post("integrator", "/holds/16/release", "").status, 200);
  EXPECT_EQ(node_.get("teller", "/entries/14").status, 200);
}

}  // namespace
}  // namespace lumbung::api
