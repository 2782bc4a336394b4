// Accounts over HTTP: their list, their balance at any moment, their statement page by page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/api/node.h"

namespace lumbung::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The values of a member of the objects in a list, in order.
std::vector<std::string> values(const std::string& body, const std::string& name) {
  std::vector<std::string> found;
  const std::string before = "\"" + name + "\":";
  for (std::size_t at = body.find(before); at != std::string::npos; at = body.find(before, at)) {
    at += before.size();
    const std::size_t end =
        body[at] == '"' ? body.find('"', at + 1) + 1 : body.find_first_of(",}", at);
    found.push_back(body.substr(at, end - at));
  }
  return found;
}

std::string value(const std::string& body, const std::string& name) {
  const auto found = values(body, name);
  return found.empty() ? "(none)" : found.front();
}

std::string unquoted(const std::string& text) {
  return text.substr(1, text.size() - 2);
}

class AccountsTest : public ::testing::Test {
 protected:
  void deposit(std::string_view amount, std::string_view more = "") {
    ASSERT_EQ(node_.post("teller", "/entries", entry("1101", "2101.M/17", amount, more)).status,
              201);
  }
  std::string posted(std::string_view query, std::string_view account = "2101.M~17") {
    const http::Answer answer =
        node_.get("auditor", "/accounts/" + std::string(account) + "/balance" + std::string(query));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return value(answer.body, "posted");
  }

  Node node_;
};

TEST_F(AccountsTest, AnAccountIsOpenedAndFoundByItsCode) {
  const http::Answer opened = node_.post(
      "treasurer", "/accounts",
      R"({"code":"2101.M/18","type":"liability","control":"2101","floor":"0.00"})", "open-18");
  EXPECT_EQ(opened.status, 201);
  EXPECT_EQ(opened.body, R"({"event":13,"kind":"account_opened","booking_date":"2026-01-05",)"
                         R"("recorded_at":"2026-01-05T01:00:00.000000Z"})");
  EXPECT_EQ(opened.field("Location"), "/v1/cooperatives/DESA/accounts/2101.M~18");
  EXPECT_EQ(node_.send(http::get(opened.field("Location"), node_.bearer("teller"))).body,
            R"({"account":"2101.M/18","handle":6,"type":"liability","normal":"credit",)"
            R"("currency":"IDR","control":"2101","is_control":false,"frozen":false,"closed":false,)"
            R"("floor":"0.00","ceiling":null,"opened_by":13,"posted":"0.00","held":"0.00",)"
            R"("available":"0.00","as_of_event":13})");
  const auto code = [&](std::string_view body) {
    const http::Answer answer = node_.post("treasurer", "/accounts", body);
    return std::to_string(answer.status) + " " + code_of(answer);
  };
  EXPECT_EQ(code(R"({"code":"1101","type":"asset"})"), "409 account_code_taken");
  EXPECT_EQ(code(R"({"code":"Ibu Ani","type":"asset"})"), "422 account_code_invalid");
  EXPECT_EQ(code(R"({"code":"9","type":"asset","control":"2101"})"), "422 control_invalid");
  EXPECT_EQ(code(R"({"code":"9","type":"asset","floor":"5.00","ceiling":"1.00"})"),
            "422 limit_out_of_range");
  EXPECT_EQ(code(R"({"code":"9","type":"asset","control":"none"})"), "422 account_unknown");
}

TEST_F(AccountsTest, WhatIsNoAccountIsNotFound) {
  for (const std::string_view path :
       {"/accounts/9999", "/accounts/9999/balance", "/accounts/9999/postings"}) {
    const http::Answer answer = node_.get("teller", path);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(code_of(answer), "account_unknown");
  }
  for (const std::string_view path : {"/accounts/9999/freeze", "/accounts/9999/unfreeze",
                                      "/accounts/9999/close", "/accounts/9999/limits"}) {
    const std::string_view role = path.ends_with("close") ? "treasurer" : "admin";
    const http::Answer answer = node_.post(role, path, R"({})");
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(code_of(answer), "account_unknown");
  }
}

TEST_F(AccountsTest, TheListComesPageByPage) {
  std::vector<std::string> codes;
  std::string path = "/accounts?limit=2";
  int pages = 0;
  while (true) {
    const http::Answer page = node_.get("admin", path);
    ASSERT_EQ(page.status, 200) << page.body;
    ++pages;
    for (const std::string& code : values(page.body, "account")) codes.push_back(code);
    const std::string next = value(page.body, "next_cursor");
    if (next == "(none)") {
      EXPECT_EQ(page.field("Link"), "(none)");
      break;
    }
    path = "/accounts?limit=2&cursor=" + unquoted(next);
    EXPECT_EQ(page.field("Link"), "</v1/cooperatives/DESA/accounts?cursor=" + unquoted(next) +
                                      "&limit=2>; rel=\"next\"");
  }
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(codes, ElementsAre("\"1101\"", "\"2101\"", "\"2101.M/17\"", "\"7001\"", "\"7002\""));
}

TEST_F(AccountsTest, AFrozenAccountThawsAndAnEmptyOneCloses) {
  const auto code = [&](std::string_view role, std::string_view what) {
    const http::Answer answer = node_.post(role, "/accounts/2101.M~17/" + std::string(what), "{}");
    return answer.status == 200 ? value(answer.body, "kind") : code_of(answer);
  };
  EXPECT_EQ(code("approver", "unfreeze"), "account_not_frozen");
  EXPECT_EQ(code("approver", "freeze"), "\"account_frozen\"");
  EXPECT_EQ(code("approver", "freeze"), "account_frozen");
  EXPECT_EQ(value(node_.get("teller", "/accounts/2101.M~17").body, "frozen"), "true");
  EXPECT_EQ(code("admin", "unfreeze"), "\"account_unfrozen\"");
  deposit("10.00");
  EXPECT_EQ(code("treasurer", "close"), "account_not_empty");
  node_.post("treasurer",
             "/entries/" + std::to_string(node_.ledger().coop(kDesa)->head.last_event.value - 1) +
                 "/reverse",
             "");
  EXPECT_EQ(code("treasurer", "close"), "\"account_closed\"");
  EXPECT_EQ(value(node_.get("teller", "/accounts/2101.M~17").body, "closed"), "true");
}

TEST_F(AccountsTest, LimitsAreSetAndTakenAway) {
  const http::Answer set = node_.post("admin", "/accounts/2101.M~17/limits",
                                      R"({"floor":"-100.00","ceiling":"5000.00"})");
  EXPECT_EQ(set.status, 200);
  EXPECT_EQ(value(set.body, "kind"), "\"limits_set\"");
  const std::string body = node_.get("admin", "/accounts/2101.M~17").body;
  EXPECT_EQ(value(body, "floor"), "\"-100.00\"");
  EXPECT_EQ(value(body, "ceiling"), "\"5000.00\"");
  EXPECT_EQ(value(body, "available"), "\"100.00\"");
  node_.post("admin", "/accounts/2101.M~17/limits", R"({"floor":null,"ceiling":null})");
  EXPECT_EQ(value(node_.get("admin", "/accounts/2101.M~17").body, "available"), "null");
}

TEST_F(AccountsTest, ABalanceIsKnownAtEveryMoment) {
  node_.set_clock("2026-01-05T02:00:00Z");
  deposit("100.00");
  node_.set_clock("2026-01-05T03:00:00.000001Z");
  deposit("20.00", R"(,"value_date":"2026-01-03")");
  node_.post("treasurer", "/days", R"({"date":"2026-01-05"})");
  node_.set_clock("2026-01-06T02:00:00Z");
  deposit("3.00", R"(,"value_date":"2026-01-05")");
  deposit("4.00", R"(,"value_date":"2026-01-07")");

  EXPECT_EQ(posted(""), "\"127.00\"");
  EXPECT_EQ(posted("", "2101"), "\"127.00\"") << "the control account is the sum of its members";
  EXPECT_EQ(posted("?at=2026-01-05T01:59:59Z"), "\"0.00\"");
  EXPECT_EQ(posted("?at=2026-01-05T02:00:00Z"), "\"100.00\"");
  EXPECT_EQ(posted("?at=2026-01-05T03:00:00Z"), "\"100.00\"");
  EXPECT_EQ(posted("?at=2026-01-05T10:00:00.000001%2B07:00"), "\"120.00\"");
  EXPECT_EQ(posted("?date=2026-01-04"), "\"0.00\"");
  EXPECT_EQ(posted("?date=2026-01-05&basis=booking"), "\"120.00\"");
  EXPECT_EQ(posted("?date=2026-01-06"), "\"127.00\"");
  EXPECT_EQ(posted("?date=2026-01-02&basis=value"), "\"0.00\"");
  EXPECT_EQ(posted("?date=2026-01-03&basis=value"), "\"20.00\"");
  EXPECT_EQ(posted("?date=2026-01-05&basis=value"), "\"123.00\"");
  EXPECT_EQ(posted("?date=2026-01-06&basis=value"), "\"123.00\"");
  EXPECT_EQ(posted("?date=2026-01-07&basis=value"), "\"127.00\"");

  for (const std::string_view query :
       {"?at=2026-01-05", "?date=yesterday", "?basis=value", "?date=2026-01-05&basis=record",
        "?date=2026-01-05&at=2026-01-05T01:00:00Z", "?at=2026-01-05T01:00:00", "?on=2026-01-05"}) {
    const http::Answer answer = node_.get("auditor", "/accounts/1101/balance" + std::string(query));
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(code_of(answer), "invalid_parameter") << query;
  }
}

TEST_F(AccountsTest, ABalanceHasATagThatChangesWithIt) {
  for (const std::string path : {"/accounts/2101.M~17", "/accounts/2101.M~17/balance"}) {
    const std::string etag = node_.get("teller", path).field("ETag");
    const auto status = [&] {
      return node_.get("teller", path, "If-None-Match: " + etag + "\r\n").status;
    };
    EXPECT_EQ(status(), 304);
    deposit("1.00");
    EXPECT_EQ(status(), 200);
  }
}

TEST_F(AccountsTest, TheStatementRunsFromTheNewestBack) {
  for (const char* amount : {"1.00", "2.00", "4.00", "8.00", "16.00"}) deposit(amount);
  node_.post("teller", "/entries", entry("2101.M/17", "1101", "11.00"));
  std::vector<std::string> amounts, balances, sides;
  std::string path = "/accounts/2101.M~17/postings?limit=4";
  for (int page_no = 0; page_no < 2; ++page_no) {
    const http::Answer page = node_.get("teller", path);
    ASSERT_EQ(page.status, 200) << page.body;
    for (const std::string& v : values(page.body, "amount")) amounts.push_back(unquoted(v));
    for (const std::string& v : values(page.body, "posted_after")) balances.push_back(unquoted(v));
    for (const std::string& v : values(page.body, "side")) sides.push_back(unquoted(v));
    if (page_no == 0) {
      // What comes later does not move the pages.
      deposit("32.00");
      path += "&cursor=" + unquoted(value(page.body, "next_cursor"));
    } else {
      EXPECT_EQ(value(page.body, "next_cursor"), "(none)");
    }
  }
  EXPECT_THAT(amounts, ElementsAre("11.00", "16.00", "8.00", "4.00", "2.00", "1.00"));
  EXPECT_THAT(balances, ElementsAre("20.00", "31.00", "15.00", "7.00", "3.00", "1.00"));
  EXPECT_THAT(sides, ElementsAre("debit", "credit", "credit", "credit", "credit", "credit"));
}

TEST_F(AccountsTest, ACursorIsOfItsListAndOfThisServer) {
  for (int i = 0; i < 3; ++i) deposit("1.00");
  const std::string list = "/accounts/2101.M~17/postings";
  const std::string cursor =
      unquoted(value(node_.get("teller", list + "?limit=1").body, "next_cursor"));
  const auto told = [&](const std::string& path) {
    const http::Answer answer = node_.get("teller", path);
    return answer.status == 200 ? std::string("200") : code_of(answer);
  };
  EXPECT_EQ(told(list + "?cursor=" + cursor), "200");
  EXPECT_EQ(told("/accounts/1101/postings?cursor=" + cursor), "invalid_cursor");
  EXPECT_EQ(told("/accounts?cursor=" + cursor), "invalid_cursor");
  EXPECT_EQ(told(list + "?cursor="), "invalid_cursor");
  EXPECT_EQ(told(list + "?cursor=" + cursor + "A"), "invalid_cursor");
  EXPECT_EQ(told(list + "?cursor=" + cursor.substr(1)), "invalid_cursor");
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string changed = cursor;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(told(list + "?cursor=" + changed), "invalid_cursor") << i;
  }
  node_.restart();
  EXPECT_EQ(told(list + "?cursor=" + cursor), "200");

  for (const char* limit : {"0", "201", "-1", "x", "", "1.0", "18446744073709551617"}) {
    EXPECT_EQ(told(list + "?limit=" + limit), "invalid_parameter") << limit;
    EXPECT_EQ(told("/accounts?limit=" + std::string(limit)), "invalid_parameter") << limit;
  }
  EXPECT_EQ(told(list + "?limit=200"), "200");
}

}  // namespace
}  // namespace lumbung::api
