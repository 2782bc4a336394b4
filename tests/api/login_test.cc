// Logging in over HTTP: what the right ones get, what all others are told, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "tests/api/browser.h"

namespace lumbung::api {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using Chosen = login::Credentials::Chosen;

constexpr std::string_view kOther = "lain-sekali-2026";

std::string told(const http::Answer& answer) {
  return std::to_string(answer.status) + " " + code_of(answer);
}

/// All of an answer but what names the moment and the request.
std::string all_of(http::Answer answer) {
  answer.fields.erase("Date");
  answer.fields.erase("X-Request-Id");
  std::string text = std::to_string(answer.status) + "\n";
  for (const auto& [name, value] : answer.fields) text += name + ": " + value + "\n";
  return text + answer.body;
}

TEST(LogIn, ThePasswordOpensASessionThatDoesWhatTheRolesMay) {
  Node node;
  node.set_password("teller-1", kPassword);
  Browser browser(node);
  const http::Answer answer = browser.log_in("teller-1", kPassword);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.field("Set-Cookie"),
              MatchesRegex("__Host-sid=[-A-Za-z0-9_]{43}; Secure; HttpOnly; SameSite=Strict; "
                           "Path=/"));
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
  // Ten hours after 01:00; a quarter of an hour.
  EXPECT_THAT(answer.body,
              MatchesRegex(R"(\{"principal":"teller-1","roles":\["teller"\],"csrf_token":)"
                           R"("[-A-Za-z0-9_]{43}","ends_at":"2026-01-05T11:00:00.000000Z",)"
                           R"("idle_seconds":900,"totp":false,"must_change_password":false\})"));
  EXPECT_EQ(browser.get("/accounts/1101").status, 200);
  EXPECT_EQ(browser.post("/entries", entry("1101", "2101.M/17", "1.00")).status, 201);
  EXPECT_EQ(told(browser.get("/principals")), "403 forbidden");
  // A page that is loaded anew finds its session.
  const http::Answer again = browser.get("/session");
  EXPECT_EQ(again.body, answer.body);
  EXPECT_EQ(again.field("Set-Cookie"), "(none)");
  // The entry is the principal's own, as with a token.
  EXPECT_EQ(node.ledger().event(kDesa, {13})->principal,
            *node.ledger().find_principal(kDesa, "teller-1"));
}

TEST(LogIn, WhoeverIsNotLetInIsToldTheSame) {
  Node node;
  node.set_password("teller-1", kPassword);
  node.set_password("auditor-1", kPassword);
  node.post("admin", "/roles/revoke", R"({"principal":"auditor-1","role":"auditor"})");
  node.set_password("approver-1", kPassword, Chosen::kForUser);
  const std::string wrong = all_of(Browser(node).log_in("teller-1", kOther));
  EXPECT_THAT(wrong, HasSubstr("401\n"));
  EXPECT_THAT(wrong, HasSubstr(R"("code":"login_failed")"));
  EXPECT_THAT(wrong, Not(HasSubstr("Set-Cookie")));
  EXPECT_EQ(all_of(Browser(node).log_in("nobody-1", kPassword)), wrong);
  EXPECT_EQ(all_of(Browser(node).log_in("", kPassword)), wrong);
  EXPECT_EQ(all_of(Browser(node).log_in("operator", kPassword)), wrong);
  EXPECT_EQ(all_of(Browser(node).log_in("treasurer-1", kPassword)), wrong) << "none was set";
  EXPECT_EQ(all_of(Browser(node).log_in("auditor-1", kPassword)), wrong) << "holds no role";
  EXPECT_EQ(all_of(Browser(node, "KOTA").log_in("teller-1", kPassword)), wrong);
  EXPECT_EQ(all_of(Browser(node, "NONE").log_in("teller-1", kPassword)), wrong);
  EXPECT_EQ(all_of(Browser(node).log_in("admin-1", "")), wrong);
  EXPECT_EQ(all_of(Browser(node).log_in("integrator-1", std::string(3000, 'x'))), wrong);
  node.pass_s(3 * 24 * 3600);
  EXPECT_EQ(all_of(Browser(node).log_in("approver-1", kPassword)), wrong)
      << "was given too long ago";
  EXPECT_EQ(told(Browser(node, "no-coop").log_in("teller-1", kPassword)), "404 not_found");
}

TEST(LogIn, FiveWrongTriesLockANameWhetherOrNotThereIsOne) {
  Node node;
  node.set_password("teller-1", kPassword);
  // docs/security.md: one second and twice as long each time, then fifteen minutes.
  for (const std::string_view name : {"teller-1", "nobody-1"}) {
    SCOPED_TRACE(name);
    Browser browser(node);
    for (const int wait_s : {1, 2, 4, 8, 900}) {
      EXPECT_EQ(told(browser.log_in(name, kOther)), "401 login_failed");
      const http::Answer locked = browser.log_in(name, kPassword);
      EXPECT_EQ(told(locked), "429 too_many_tries");
      EXPECT_EQ(locked.field("Retry-After"), std::to_string(wait_s));
      node.pass_s(wait_s - 1);
      EXPECT_EQ(browser.log_in(name, kPassword).field("Retry-After"), "1");
      node.pass_s(1);
    }
  }
  EXPECT_EQ(Browser(node).log_in("teller-1", kPassword).status, 200);
  EXPECT_THAT(node.send(http::get("/metrics")).body,
              testing::AllOf(HasSubstr("\nlumbung_login_locks_total 2\n"),
                             HasSubstr("\nlumbung_logins_total{outcome=\"wrong\"} 10\n"),
                             HasSubstr("\nlumbung_logins_total{outcome=\"locked\"} 20\n"),
                             HasSubstr("\nlumbung_logins_total{outcome=\"right\"} 1\n"),
                             HasSubstr("\nlumbung_sessions_open 1\n"), Not(HasSubstr("teller-1"))));
}

TEST(LogIn, ARestartLiftsNoLockAndAnAdministratorDoes) {
  Node node;
  node.set_password("teller-1", kPassword);
  for (const int wait_s : {1, 2, 4, 8, 0}) {
    Browser(node).log_in("teller-1", kOther);
    node.pass_s(wait_s);
  }
  node.restart();
  EXPECT_EQ(Browser(node).log_in("teller-1", kPassword).field("Retry-After"), "900");
  node.users().unlock(*node.users().find(kDesa, "teller-1"));
  EXPECT_EQ(Browser(node).log_in("teller-1", kPassword).status, 200);
  node.restart();
  EXPECT_EQ(Browser(node).log_in("teller-1", kPassword).status, 200);
}

TEST(LogIn, TwentyWrongTriesLockAnAddressAndAProxysWordIsTaken) {
  Node::Options options;
  options.proxies = {"127.0.0.1"};
  Node node(std::move(options));
  node.set_password("teller-1", kPassword);
  const auto from = [](std::string_view chain) {
    return Browser::page() + "X-Forwarded-For: " + std::string(chain) + "\r\n";
  };
  for (int i = 0; i < 20; ++i) {
    // What the caller wrote before is not believed.
    const std::string chain = "203.0.113." + std::to_string(i) + ", 192.0.2.1";
    EXPECT_EQ(told(Browser(node).log_in("u-" + std::to_string(i), kOther, "", from(chain))),
              "401 login_failed");
  }
  EXPECT_EQ(told(Browser(node).log_in("teller-1", kPassword, "", from("192.0.2.1"))),
            "429 too_many_tries");
  EXPECT_EQ(Browser(node).log_in("teller-1", kPassword, "", from("192.0.2.2")).status, 200);
}

TEST(LogIn, WithoutAProxyWhatACallerSaysOfItsAddressIsNothing) {
  Node node;
  for (int i = 0; i < 20; ++i) {
    Browser(node).log_in(
        "u-" + std::to_string(i), kOther, "",
        Browser::page() + "X-Forwarded-For: 192.0.2." + std::to_string(i) + "\r\n");
  }
  EXPECT_EQ(told(Browser(node).log_in("u", kOther, "",
                                      Browser::page() + "X-Forwarded-For: 192.0.2.99\r\n")),
            "429 too_many_tries");
}

TEST(LogIn, AFullQueueIsSaidSoAndCountsForNothing) {
  Node::Options options;
  options.hash_queue_max = 0;
  Node node(std::move(options));
  for (int i = 0; i < 10; ++i) {
    const http::Answer busy = Browser(node).log_in("teller-1", kPassword);
    EXPECT_EQ(told(busy), "503 login_busy");
    EXPECT_EQ(busy.field("Retry-After"), "1");
  }
}

TEST(LogIn, IsAskedFromOurPagesInJson) {
  Node node;
  node.set_password("teller-1", kPassword);
  const auto ask = [&](const std::string& fields, const std::string& body) {
    return told(node.send(http::post(Node::below("/login"), body, fields)));
  };
  const std::string body = login_body("teller-1", kPassword);
  const std::string typed = "Content-Type: application/json\r\n";
  EXPECT_EQ(ask(typed, body), "403 origin_refused");
  EXPECT_EQ(ask(typed + "Origin: https://jahat.example\r\n", body), "403 origin_refused");
  EXPECT_EQ(ask(typed + "Sec-Fetch-Site: cross-site\r\n", body), "403 origin_refused");
  EXPECT_EQ(ask("Content-Type: text/plain\r\n" + Browser::page(), body),
            "415 unsupported_media_type");
  EXPECT_EQ(ask(typed + Browser::page(), "{}"), "400 malformed_body");
  EXPECT_EQ(ask(typed + Browser::page(), R"({"principal":"teller-1","password":7})"),
            "400 malformed_body");
  EXPECT_EQ(ask(typed + Browser::page(), login_body("teller-1", std::string(4096, 'x'))),
            "413 body_too_large");
  EXPECT_EQ(ask(typed + "Origin: https://localhost\r\n", body), "200 (none)");
  EXPECT_EQ(ask(typed + "Origin: http://localhost\r\n", body), "200 (none)");
}

TEST(LogIn, OriginsThatWereNamedAreTheOnlyOnes) {
  Node::Options options;
  options.origins = {"https://kantor.example", "https://dua.example:8443"};
  Node node(std::move(options));
  node.set_password("teller-1", kPassword);
  const auto status = [&](std::string_view origin) {
    return node
        .send(
            http::post(Node::below("/login"), login_body("teller-1", kPassword),
                       "Content-Type: application/json\r\nOrigin: " + std::string(origin) + "\r\n"))
        .status;
  };
  EXPECT_EQ(status("https://kantor.example"), 200);
  EXPECT_EQ(status("https://dua.example:8443"), 200);
  EXPECT_EQ(status("https://dua.example"), 403);
  EXPECT_EQ(status("http://kantor.example"), 403);
  EXPECT_EQ(status("https://localhost"), 403);
}

// --- the second factor ---

TEST(Totp, IsBegunProvedAskedForAndRemoved) {
  Node node(with_rfc_secret());
  Browser browser = browser_of(node, "teller");
  EXPECT_EQ(told(browser.post("/session/totp/confirm", R"({"code":"279037"})")),
            "409 totp_not_begun");
  const http::Answer begun = browser.post("/session/totp", "");
  // Base32 of the secret as in RFC 4648; the URI as authenticators read it.
  EXPECT_EQ(text_in(begun, "secret"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  EXPECT_EQ(text_in(begun, "uri"),
            "otpauth://totp/Lumbung%20DESA:teller-1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&"
            "issuer=Lumbung%20DESA&algorithm=SHA1&digits=6&period=30");
  node.pass_s(599);
  EXPECT_EQ(told(browser.post("/session/totp/confirm", R"({"code":"279037"})")), "422 code_wrong");
  node.pass_s(1);
  EXPECT_EQ(told(browser.post("/session/totp/confirm", R"({"code":"279037"})")),
            "409 totp_not_begun");

  node.set_clock("2033-05-18T03:33:20.000000Z");  // 2000000000: 69279037
  browser = browser_of(node, "teller");
  ASSERT_EQ(browser.post("/session/totp", "").status, 200);
  const http::Answer confirmed = browser.post("/session/totp/confirm", R"({"code":"279037"})");
  EXPECT_THAT(confirmed.body, HasSubstr(R"("totp":true)"));
  EXPECT_EQ(told(browser.post("/session/totp", "")), "409 totp_held");

  EXPECT_EQ(told(Browser(node).log_in("teller-1", kPassword)), "401 code_required");
  EXPECT_EQ(told(Browser(node).log_in("teller-1", kOther)), "401 login_failed");
  node.pass_s(1);
  // The code that proved it is used.
  EXPECT_EQ(told(Browser(node).log_in("teller-1", kPassword, "279037")), "401 login_failed");

  node.set_clock("2603-10-11T11:33:20.000000Z");  // 20000000000: 65353130
  EXPECT_EQ(told(Browser(node).log_in("teller-1", kOther, "353130")), "401 login_failed");
  node.pass_s(1);
  EXPECT_EQ(Browser(node).log_in("teller-1", kPassword, "353130").status, 200);
  EXPECT_EQ(told(Browser(node).log_in("teller-1", kPassword, "353130")), "401 login_failed");
  // It stays used, and the secret known, after a restart.
  node.restart();
  EXPECT_EQ(told(Browser(node).log_in("teller-1", kPassword, "353130")), "401 login_failed");
}

TEST(Totp, APasswordTakesItAway) {
  Node node(with_rfc_secret());
  node.set_clock("2033-05-18T03:33:20.000000Z");
  Browser browser = browser_of(node, "teller");
  EXPECT_EQ(told(browser.post("/session/totp/remove", R"({"password":"sandi-desa-2026"})")),
            "409 totp_not_held");
  browser.post("/session/totp", "");
  browser.post("/session/totp/confirm", R"({"code":"279037"})");
  EXPECT_EQ(told(browser.post("/session/totp/remove", R"({"password":"lain-sekali-2026"})")),
            "403 password_wrong");
  EXPECT_EQ(told(browser.post("/session/totp/remove", R"({"password":"sandi-desa-2026"})")),
            "429 too_many_tries");
  node.pass_s(1);
  const http::Answer removed =
      browser.post("/session/totp/remove", R"({"password":"sandi-desa-2026"})");
  EXPECT_THAT(removed.body, HasSubstr(R"("totp":false)"));
  EXPECT_EQ(Browser(node).log_in("teller-1", kPassword).status, 200);
}

TEST(Totp, OneThatWasSealedUnderAnotherKeyLetsNobodyIn) {
  Node node(with_rfc_secret());
  node.set_clock("2033-05-18T03:33:20.000000Z");
  Browser browser = browser_of(node, "teller");
  browser.post("/session/totp", "");
  browser.post("/session/totp/confirm", R"({"code":"279037"})");
  const auto key = node.directory() / "data" / "login.key";
  EXPECT_EQ(std::filesystem::status(key).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::remove(key);
  node.restart();
  node.set_clock("2603-10-11T11:33:20.000000Z");
  EXPECT_EQ(node.users().lost_totps(), 1u);
  EXPECT_EQ(told(Browser(node).log_in("teller-1", kPassword, "353130")), "401 login_failed");
  node.pass_s(1);
  node.users().clear_totp(*node.users().find(kDesa, "teller-1"));
  EXPECT_EQ(Browser(node).log_in("teller-1", kPassword).status, 200);
}

// --- passwords ---

TEST(Password, AnothersIsChangedFirstAndWorksOnce) {
  Node node;
  node.set_password("teller-1", kPassword, Chosen::kForUser);
  Browser browser(node);
  EXPECT_THAT(browser.log_in("teller-1", kPassword).body,
              HasSubstr(R"("must_change_password":true)"));
  EXPECT_EQ(told(browser.get("")), "403 password_change_required");
  EXPECT_EQ(told(browser.post("/entries", entry("1101", "2101.M/17", "1.00"))),
            "403 password_change_required");
  EXPECT_EQ(browser.get("/session").status, 200);
  const std::string same = R"({"old":"sandi-desa-2026","new":"sandi-desa-2026"})";
  EXPECT_EQ(told(browser.post("/session/password", same)), "422 password_same");
  EXPECT_THAT(
      browser.post("/session/password", R"({"old":"sandi-desa-2026","new":"lain-sekali-2026"})")
          .body,
      HasSubstr(R"("must_change_password":false)"));
  EXPECT_EQ(browser.get("").status, 200);
  EXPECT_EQ(told(Browser(node).log_in("teller-1", kPassword)), "401 login_failed");
  node.pass_s(1);
  EXPECT_EQ(Browser(node).log_in("teller-1", kOther).status, 200);
}

TEST(Password, AChangeEndsAllOtherSessionsAndRenewsThisOne) {
  Node node;
  Browser other = browser_of(node, "teller");
  Browser own(node);
  own.log_in("teller-1", kPassword);
  Browser colleague = browser_of(node, "auditor");
  const std::string before = own.all();
  EXPECT_EQ(
      own.post("/session/password", R"({"old":"sandi-desa-2026","new":"lain-sekali-2026"})").status,
      200);
  EXPECT_NE(own.all(), before);
  EXPECT_EQ(own.get("").status, 200);
  EXPECT_EQ(own.post("/entries", entry("1101", "2101.M/17", "1.00")).status, 201);
  EXPECT_EQ(told(own.post_with("/entries", entry("1101", "2101.M/17", "1.00"), before)),
            "401 unauthenticated");
  EXPECT_EQ(told(other.get("")), "401 unauthenticated");
  EXPECT_EQ(colleague.get("").status, 200);
}

TEST(Password, AWrongOldOneCountsAndABadNewOneIsRefused) {
  Node node;
  Browser browser = browser_of(node, "teller");
  const auto change = [&](std::string_view old, std::string_view next) {
    return told(browser.post("/session/password", R"({"old":")" + std::string(old) +
                                                      R"(","new":")" + std::string(next) + "\"}"));
  };
  EXPECT_EQ(change(kPassword, "pendek"), "422 password_too_short");
  EXPECT_EQ(change(kPassword, std::string(129, 'x')), "422 password_too_long");
  EXPECT_EQ(change(kPassword, "password123"), "422 password_common");
  for (const int wait_s : {1, 2, 4, 8, 0}) {
    EXPECT_EQ(change("salah-sekali-26", kOther), "403 password_wrong");
    node.pass_s(wait_s);
  }
  EXPECT_EQ(change(kPassword, kOther), "429 too_many_tries");
  EXPECT_EQ(told(Browser(node).log_in("teller-1", kPassword)), "429 too_many_tries");
  EXPECT_EQ(browser.get("").status, 200) << "the session itself goes on";
}

TEST(Password, OneThatAnAdministratorSetsEndsAllSessionsAndLocks) {
  Node node;
  Browser browser = browser_of(node, "teller");
  EXPECT_EQ(told(Browser(node).log_in("teller-1", kOther)), "401 login_failed");
  node.set_password("teller-1", kOther);
  EXPECT_EQ(told(browser.get("")), "401 unauthenticated");
  EXPECT_EQ(Browser(node).log_in("teller-1", kOther).status, 200);
}

// --- logs ---

TEST(LogIn, TheLogSaysWhoCameInByNumberAndNothingElse) {
  std::mutex mutex;
  std::string log;
  Node::Options options = with_rfc_secret();
  options.access_log = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    log.append(line).append("\n");
  };
  Node node(std::move(options));
  node.set_clock("2033-05-18T03:33:20.000000Z");
  Browser browser = browser_of(node, "teller");
  Browser(node).log_in("teller-1", kOther);
  node.pass_s(1);
  browser.post("/session/totp", "");
  browser.post("/session/totp/confirm", R"({"code":"279037"})");
  browser.post("/session/password", R"({"old":"sandi-desa-2026","new":"lain-sekali-2026"})");
  const std::string cookie = browser.cookie();
  const std::string csrf = browser.csrf();
  browser.post("/logout", "");
  const std::lock_guard lock(mutex);
  const std::uint32_t number = node.ledger().find_principal(kDesa, "teller-1")->value;
  EXPECT_THAT(log, HasSubstr(R"("route":"/v1/cooperatives/{coop}/login","coop":"DESA",)"
                             R"("principal":)" +
                             std::to_string(number) + R"(,"status":200)"));
  EXPECT_THAT(log, HasSubstr(R"("route":"/v1/cooperatives/{coop}/login","status":401)"));
  for (const std::string_view secret :
       {std::string_view("teller-1"), kPassword, kOther, std::string_view("279037"),
        std::string_view("GEZDGNBV"), std::string_view(cookie).substr(19, 43),
        std::string_view(csrf).substr(14, 43)}) {
    EXPECT_THAT(log, Not(HasSubstr(std::string(secret))));
  }
}

}  // namespace
}  // namespace lumbung::api
