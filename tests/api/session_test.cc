// What a request must show besides a session's cookie, and when a session is none any more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/api/browser.h"

namespace lumbung::api {
namespace {

std::string told(const http::Answer& answer) {
  return std::to_string(answer.status) + " " + code_of(answer);
}

TEST(Session, WhatChangesSomethingNeedsCookieOriginAndToken) {
  Node node;
  Browser browser = browser_of(node, "teller");
  Browser second = browser_of(node, "teller");  // set_password has ended the first one
  browser.log_in("teller-1", kPassword);
  const engine::EventNo before = node.ledger().coop(kDesa)->head.last_event;
  const auto post = [&](const std::string& fields) {
    return told(browser.post_with("/entries", entry("1101", "2101.M/17", "1.00"), fields));
  };
  const std::string cookie = browser.cookie();
  const std::string page = Browser::page();
  const std::string csrf = browser.csrf();
  EXPECT_EQ(post(page + csrf), "401 unauthenticated");
  EXPECT_EQ(post(cookie + csrf), "403 origin_refused");
  EXPECT_EQ(post(cookie + page), "403 csrf_token_invalid");
  EXPECT_EQ(post(cookie + page + second.csrf()), "403 csrf_token_invalid");
  EXPECT_EQ(post(cookie + page + "X-CSRF-Token: \r\n"), "403 csrf_token_invalid");
  EXPECT_EQ(post(cookie + page + csrf + csrf), "403 csrf_token_invalid");
  EXPECT_EQ(post(cookie + page + cookie + csrf), "401 unauthenticated");
  EXPECT_EQ(post(cookie + page + page + csrf), "403 origin_refused");
  for (const std::string foreign :
       {"Origin: https://jahat.example\r\n", "Origin: null\r\n", "Origin: https://localhost:1\r\n",
        "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: same-origin\r\nOrigin: https://jahat.example\r\n",
        "Sec-Fetch-Site: cross-site\r\nOrigin: https://localhost\r\n"}) {
    EXPECT_EQ(post(cookie + csrf + foreign), "403 origin_refused") << foreign;
  }
  EXPECT_EQ(node.ledger().coop(kDesa)->head.last_event, before);
  EXPECT_EQ(post(cookie + csrf + "Origin: https://localhost\r\n"), "201 (none)");
}

TEST(Session, ReadingNeedsAPageOfOursAndNoToken) {
  Node node;
  Browser browser = browser_of(node, "auditor");
  const auto read = [&](const std::string& fields) {
    return told(node.send(http::get(Node::below("/journal/events"), browser.cookie() + fields)));
  };
  EXPECT_EQ(read(Browser::page()), "200 (none)");
  EXPECT_EQ(read("Sec-Fetch-Site: none\r\n"), "200 (none)");
  EXPECT_EQ(read(""), "403 origin_refused");
  EXPECT_EQ(read("Sec-Fetch-Site: cross-site\r\n"), "403 origin_refused");
}

TEST(Session, ATokenThatIsShownCountsAlone) {
  Node node;
  Browser browser = browser_of(node, "auditor");
  const auto read = [&](const std::string& fields) {
    return told(node.send(http::get(Node::below("/journal/events"), browser.cookie() + fields)));
  };
  EXPECT_EQ(read(node.bearer("auditor")), "200 (none)");
  EXPECT_EQ(read(node.bearer("teller") + Browser::page()), "403 forbidden");
  EXPECT_EQ(read("Authorization: Bearer lmb_x\r\n" + Browser::page()), "401 unauthenticated");
}

TEST(Session, EndsAfterAQuarterOfAnHourWithoutARequest) {
  Node node;
  Browser browser = browser_of(node, "teller");
  node.pass_s(15 * 60 - 1);
  EXPECT_EQ(browser.get("").status, 200);
  node.pass_s(15 * 60 - 1);
  // What a foreign page sends keeps nothing alive.
  EXPECT_EQ(told(browser.post_with("/entries", "", browser.cookie())), "403 origin_refused");
  EXPECT_EQ(told(browser.post_with("/entries", "", browser.cookie() + Browser::page())),
            "403 csrf_token_invalid");
  node.pass_s(1);
  EXPECT_EQ(told(browser.get("")), "401 unauthenticated");
  EXPECT_EQ(told(browser.post("/entries", entry("1101", "2101.M/17", "1.00"))),
            "401 unauthenticated");
}

TEST(Session, EndsAfterTenHoursWhateverIsDone) {
  Node node;
  Browser browser = browser_of(node, "teller");
  for (int minutes = 10; minutes < 600; minutes += 10) {
    node.pass_s(600);
    ASSERT_EQ(browser.get("").status, 200) << minutes;
  }
  node.pass_s(599);
  EXPECT_EQ(browser.get("").status, 200);
  node.pass_s(1);
  EXPECT_EQ(told(browser.get("")), "401 unauthenticated");
}

TEST(Session, LoggingOutEndsItAndItsCookie) {
  Node node;
  Browser browser = browser_of(node, "teller");
  Browser other(node);
  other.log_in("teller-1", kPassword);
  const http::Answer out = browser.post("/logout", "");
  EXPECT_EQ(out.status, 204);
  EXPECT_EQ(out.field("Set-Cookie"),
            "__Host-sid=; Secure; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
  EXPECT_EQ(told(browser.get("")), "401 unauthenticated");
  EXPECT_EQ(told(browser.post("/logout", "")), "401 unauthenticated");
  EXPECT_EQ(other.get("").status, 200);
}

TEST(Session, ARevokedRoleIsGoneWithTheNextRequest) {
  Node node;
  Browser browser = browser_of(node, "teller");
  EXPECT_EQ(browser.post("/entries", entry("1101", "2101.M/17", "1.00")).status, 201);
  node.post("admin", "/roles/revoke", R"({"principal":"teller-1","role":"teller"})");
  EXPECT_EQ(told(browser.post("/entries", entry("1101", "2101.M/17", "1.00"))), "403 forbidden");
  EXPECT_EQ(told(browser.get("")), "403 forbidden");
  EXPECT_THAT(browser.get("/session").body, testing::HasSubstr(R"("roles":[],)"));
  node.post("admin", "/roles/grant", R"({"principal":"teller-1","role":"auditor"})");
  EXPECT_EQ(browser.get("/journal/events").status, 200);
}

TEST(Session, IsNothingInAnotherCooperative) {
  Node node;
  Browser browser = browser_of(node, "admin");
  for (const std::string_view path : {"", "/session", "/accounts/1101", "/nothing"}) {
    const auto in = [&](std::string_view coop) {
      return node.send(http::get("/v1/cooperatives/" + std::string(coop) + std::string(path),
                                 browser.cookie() + Browser::page()));
    };
    EXPECT_EQ(told(in("KOTA")), "404 not_found") << path;
    EXPECT_EQ(in("KOTA").body, in("NONE").body) << path;
  }
  for (const std::string_view path : {"/roles/grant", "/logout", "/session/password"}) {
    EXPECT_EQ(told(node.send(http::post("/v1/cooperatives/KOTA" + std::string(path), "{}",
                                        browser.all() + "Content-Type: application/json\r\n"))),
              "404 not_found")
        << path;
  }
  EXPECT_EQ(browser.get("").status, 200);
}

TEST(Session, ARestartEndsAll) {
  Node node;
  Browser browser = browser_of(node, "teller");
  node.restart();
  EXPECT_EQ(told(browser.get("")), "401 unauthenticated");
}

}  // namespace
}  // namespace lumbung::api
