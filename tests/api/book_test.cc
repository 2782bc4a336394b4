// Holds, days and months, the trial balance, the journal and the powers, over HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "storage/codec.h"
#include "tests/api/node.h"

namespace lumbung::api {
namespace {

using ::testing::HasSubstr;

class BookTest : public ::testing::Test {
 protected:
  std::string told(const http::Answer& answer) {
    return std::to_string(answer.status) + " " + code_of(answer);
  }
  void deposit(std::string_view amount) {
    ASSERT_EQ(node_.post("teller", "/entries", entry("1101", "2101.M/17", amount)).status, 201);
  }
  std::string account() { return node_.get("teller", "/accounts/2101.M~17").body; }

  Node node_;
};

TEST_F(BookTest, AHoldIsPlacedSettledInPartAndReleased) {
  deposit("100.00");
  const http::Answer placed = node_.post(
      "teller", "/holds", R"({"account":"2101.M/17","amount":"60.00","last_day":"2026-01-06"})");
  EXPECT_EQ(placed.status, 201);
  EXPECT_EQ(placed.body, R"({"event":14,"kind":"hold_placed","booking_date":"2026-01-05",)"
                         R"("recorded_at":"2026-01-05T01:00:00.000000Z"})");
  EXPECT_EQ(placed.field("Location"), "/v1/cooperatives/DESA/holds/14");
  EXPECT_THAT(account(), HasSubstr(R"("posted":"100.00","held":"60.00","available":"40.00")"));
  EXPECT_EQ(told(node_.post("teller", "/entries", entry("2101.M/17", "1101", "41.00"))),
            "422 insufficient_funds");

  const http::Answer settled =
      node_.post("teller", "/holds/14/settle", entry("2101.M/17", "1101", "25.00"));
  EXPECT_EQ(settled.status, 201);
  EXPECT_EQ(settled.field("Location"), "/v1/cooperatives/DESA/entries/16");
  EXPECT_THAT(account(), HasSubstr(R"("posted":"75.00","held":"35.00","available":"40.00")"));
  EXPECT_EQ(node_.get("auditor", "/holds/14").body,
            R"({"hold":14,"account":"2101.M/17","amount":"60.00","remaining":"35.00","open":true,)"
            R"("last_day":"2026-01-06","booking_date":"2026-01-05",)"
            R"("recorded_at":"2026-01-05T01:00:00.000000Z"})");
  EXPECT_THAT(node_.get("auditor", "/entries/16").body,
              HasSubstr(R"("hold":14,"release_rest":false,"legs":[)"));

  EXPECT_EQ(told(node_.post("teller", "/holds/14/settle", entry("2101.M/17", "1101", "36.00"))),
            "422 hold_exceeded");
  EXPECT_EQ(told(node_.post("teller", "/holds/14/settle", entry("1101", "2101.M/17", "1.00"))),
            "422 hold_not_used");
  EXPECT_EQ(told(node_.post("teller", "/holds/14/expire", "")), "409 hold_not_expired");
  EXPECT_EQ(node_.post("teller", "/holds/14/release", "{}").status, 200);
  EXPECT_THAT(account(), HasSubstr(R"("posted":"75.00","held":"0.00","available":"75.00")"));
  EXPECT_THAT(node_.get("auditor", "/holds/14").body,
              HasSubstr(R"("remaining":"0.00","open":false)"));
  EXPECT_EQ(told(node_.post("teller", "/holds/14/release", "")), "409 hold_ended");
  for (const std::string_view path : {"/holds/13", "/holds/99", "/holds/x"}) {
    EXPECT_EQ(told(node_.get("auditor", path)), "404 hold_unknown");
    EXPECT_EQ(told(node_.post("teller", std::string(path) + "/release", "")), "404 hold_unknown");
    EXPECT_EQ(told(node_.post("teller", std::string(path) + "/settle", "{}")), "404 hold_unknown");
  }
}

TEST_F(BookTest, AHoldExpiresAfterItsLastDayAndASettlementMayReleaseTheRest) {
  deposit("100.00");
  node_.post("teller", "/holds",
             R"({"account":"2101.M/17","amount":"60.00","last_day":"2026-01-05"})");
  node_.post("teller", "/holds", R"({"account":"2101.M/17","amount":"30.00"})");
  EXPECT_EQ(node_
                .post("teller", "/holds/15/settle",
                      entry("2101.M/17", "1101", "10.00", R"(,"release_rest":true)"))
                .status,
            201);
  EXPECT_THAT(account(), HasSubstr(R"("posted":"90.00","held":"60.00","available":"30.00")"));
  node_.post("treasurer", "/days", R"({"date":"2026-01-05"})");
  const http::Answer expired = node_.post("teller", "/holds/14/expire", "");
  EXPECT_EQ(expired.status, 200);
  EXPECT_THAT(expired.body, HasSubstr(R"("kind":"hold_expired")"));
  EXPECT_THAT(account(), HasSubstr(R"("held":"0.00","available":"90.00")"));
}

TEST_F(BookTest, DaysAndMonthsCloseInTheirTurn) {
  EXPECT_EQ(node_.get("integrator", "/days").body,
            R"({"first_day":"2026-01-05","open_day":"2026-01-05","open_month":"2026-01"})");
  EXPECT_EQ(told(node_.post("treasurer", "/days", R"({"date":"2026-01-06"})")), "409 day_not_open");
  EXPECT_EQ(told(node_.post("treasurer", "/days", R"({"date":"2026-01-05","next":"2026-01-05"})")),
            "422 next_day_invalid");
  EXPECT_EQ(told(node_.post("treasurer", "/months", R"({"month":"2026-01"})")),
            "409 month_not_over");
  const http::Answer closed = node_.post("treasurer", "/days", R"({"date":"2026-01-05"})");
  EXPECT_EQ(closed.status, 200);
  EXPECT_THAT(closed.body, HasSubstr(R"("kind":"day_closed","booking_date":"2026-01-05")"));
  EXPECT_EQ(told(node_.post("treasurer", "/days", R"({"date":"2026-01-05"})")), "409 day_closed");
  node_.post("treasurer", "/days", R"({"date":"2026-01-06","next":"2026-02-01"})");
  EXPECT_EQ(node_.post("treasurer", "/months", R"({"month":"2026-01"})").status, 200);
  EXPECT_EQ(told(node_.post("treasurer", "/months", R"({"month":"2026-01"})")), "409 month_closed");
  EXPECT_EQ(node_.get("integrator", "/days").body,
            R"({"first_day":"2026-01-05","open_day":"2026-02-01","open_month":"2026-02"})");
}

TEST_F(BookTest, TheStatusIsThatOfTheBook) {
  EXPECT_THAT(node_.get("teller", "").body,
              ::testing::MatchesRegex(
                  R"(\{"coop":"DESA","currency":"IDR","zone":"Asia/Jakarta","sen_allowed":false,)"
                  R"("first_day":"2026-01-05","open_day":"2026-01-05","open_month":"2026-01",)"
                  R"("accounts":5,"last_event":12,"last_block":[0-9]+,"head_hash":"[0-9a-f]{64}",)"
                  R"("last_recorded_at":"2026-01-05T01:00:00.000000Z"\})"));
}

TEST_F(BookTest, TheTrialBalanceBalancesOnEitherBasis) {
  deposit("100.00");
  node_.post("teller", "/entries",
             entry("1101", "2101.M/17", "7.00", R"(,"value_date":"2026-01-02")"));
  const auto sums = [&](std::string_view query) {
    const std::string body = node_.get("auditor", "/trial-balance" + std::string(query)).body;
    return body.substr(body.find(R"("sums":)"));
  };
  const std::string tail = R"(},{"currency":"JPY","debits":"0","credits":"0"}],"as_of_event":14})";
  EXPECT_EQ(sums(""), R"("sums":[{"currency":"IDR","debits":"107.00","credits":"107.00")" + tail);
  EXPECT_THAT(sums("?date=2026-01-04&basis=value"),
              HasSubstr(R"({"currency":"IDR","debits":"7.00","credits":"7.00"})"));
  EXPECT_THAT(sums("?date=2026-01-04"),
              HasSubstr(R"({"currency":"IDR","debits":"0.00","credits":"0.00"})"));
  EXPECT_EQ(told(node_.get("auditor", "/trial-balance?date=x")), "400 invalid_parameter");
}

TEST_F(BookTest, BlocksAreServedAsTheyAreStored) {
  deposit("100.00");
  std::vector<std::string> stored;
  node_.ledger().blocks(kDesa, {1}, [&](std::string_view bytes) {
    stored.emplace_back(bytes);
    return true;
  });
  ASSERT_GT(stored.size(), 3u);
  std::string previous(64, '0');
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const std::string no = std::to_string(i + 1);
    const http::Answer block = node_.get("auditor", "/journal/blocks/" + no);
    EXPECT_EQ(block.status, 200);
    EXPECT_EQ(block.field("Content-Type"), "application/octet-stream");
    EXPECT_EQ(block.body, stored[i]);
    const http::Answer listed = node_.get("auditor", "/journal/blocks?limit=1&from=" + no);
    EXPECT_THAT(listed.body, HasSubstr(R"({"items":[{"block":)" + no +
                                       R"(,"epoch":1,"previous":")" + previous + R"(","hash":")"));
    EXPECT_THAT(listed.body, HasSubstr(R"("bytes":)" + std::to_string(stored[i].size()) + "}"));
    const std::size_t hash = listed.body.find(R"("hash":")") + 8;
    previous = listed.body.substr(hash, 64);
  }
  EXPECT_THAT(node_.get("auditor", "").body, HasSubstr(R"("head_hash":")" + previous));
  EXPECT_EQ(told(node_.get("auditor", "/journal/blocks/999")), "404 not_found");
  EXPECT_EQ(told(node_.get("auditor", "/journal/blocks/0")), "404 not_found");
}

TEST_F(BookTest, TheJournalIsReadToItsEndByCursors) {
  deposit("100.00");
  std::string path = "/journal/events?limit=5";
  std::vector<int> counts;
  std::string all;
  while (true) {
    const http::Answer page = node_.get("auditor", path);
    ASSERT_EQ(page.status, 200) << page.body;
    int count = 0;
    for (std::size_t at = 0; (at = page.body.find(R"({"event":)", at)) != std::string::npos; ++at) {
      ++count;
    }
    counts.push_back(count);
    all += page.body;
    const std::size_t cursor = page.body.find(R"("next_cursor":")");
    if (cursor == std::string::npos) break;
    const std::size_t begin = cursor + 15;
    path = "/journal/events?limit=5&cursor=" +
           page.body.substr(begin, page.body.find('"', begin) - begin);
  }
  EXPECT_THAT(counts, ::testing::ElementsAre(5, 5, 3));
  EXPECT_THAT(all, HasSubstr(R"({"event":1,"kind":"book_opened")"));
  EXPECT_THAT(all,
              HasSubstr(R"("kind":"role_granted","booking_date":"2026-01-05",)"
                        R"("recorded_at":"2026-01-05T01:00:00.000000Z","principal":"operator")"));
  // One form only: the event of the list is that of the entry.
  const std::string listed = node_.get("auditor", "/journal/events?from=13").body;
  std::string entry_alone = node_.get("auditor", "/entries/13").body;
  const std::string reversed = R"(,"reversed_by":[]})";
  ASSERT_TRUE(entry_alone.ends_with(reversed));
  entry_alone.replace(entry_alone.size() - reversed.size(), reversed.size(), "}");
  EXPECT_EQ(listed, R"({"items":[)" + entry_alone + "]}");
  EXPECT_EQ(node_.get("auditor", "/journal/events?from=14").body, R"({"items":[]})");
  for (const std::string_view query : {"?from=0", "?from=x", "?limit=0", "?from=1&cursor=x"}) {
    EXPECT_EQ(told(node_.get("auditor", "/journal/events" + std::string(query))),
              "400 invalid_parameter");
    EXPECT_EQ(told(node_.get("auditor", "/journal/blocks" + std::string(query))),
              "400 invalid_parameter");
  }
  EXPECT_EQ(told(node_.get("auditor", "/journal/events?cursor=x")), "400 invalid_cursor");
}

TEST_F(BookTest, PowersAreGrantedAndTaken) {
  const http::Answer granted =
      node_.post("admin", "/roles/grant", R"({"principal":"ani","role":"teller"})");
  EXPECT_EQ(granted.status, 200);
  EXPECT_THAT(granted.body, HasSubstr(R"("kind":"role_granted")"));
  EXPECT_EQ(told(node_.post("admin", "/roles/grant", R"({"principal":"ani","role":"teller"})")),
            "409 role_held");
  EXPECT_EQ(told(node_.post("admin", "/roles/grant", R"({"principal":"Ibu Ani","role":"teller"})")),
            "422 principal_name_invalid");
  EXPECT_EQ(told(node_.post("admin", "/roles/revoke", R"({"principal":"ani","role":"admin"})")),
            "409 role_not_held");
  node_.post("admin", "/roles/grant", R"({"principal":"ani","role":"auditor"})");
  const auto list = [&] { return node_.get("auditor", "/principals").body; };
  EXPECT_TRUE(list().starts_with(R"({"items":[{"principal":"operator","roles":[]},)"
                                 R"({"principal":"admin-1","roles":["admin"]},)"));
  EXPECT_TRUE(list().ends_with(R"(,{"principal":"ani","roles":["teller","auditor"]}]})"));
  EXPECT_EQ(node_.post("admin", "/roles/revoke", R"({"principal":"ani","role":"teller"})").status,
            200);
  EXPECT_TRUE(list().ends_with(R"(,{"principal":"ani","roles":["auditor"]}]})"));
}

}  // namespace
}  // namespace lumbung::api
