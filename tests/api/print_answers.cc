// Asks a node at least once for everything that openapi.yaml describes, in good ways and bad, and
// prints each answer as a line of JSON for answers_test.py:
// {"method","path" (the template),"status","content_type","body" (of JSON only)}
#include <iostream>
#include <string>
#include <string_view>

#include "tests/api/browser.h"

namespace lumbung::api {
namespace {

const std::string kCoop = "/v1/cooperatives/{coop}";

void print(std::string_view method, std::string_view path, const http::Answer& answer) {
  const std::string type = answer.field("Content-Type");
  const bool is_json = type.find("json") != std::string::npos && !path.ends_with("openapi.json");
  std::string line;
  json::Writer out(line);
  out.begin_object().member("method", method).member("path", path);
  out.member("status", answer.status).member("content_type", std::string_view(type));
  out.member("body", std::string_view(is_json ? answer.body : "")).end_object();
  std::cout << line << '\n';
}

class Asker {
 public:
  /// `path` is the template below the cooperative, in which {code} and {no} stand for `argument`.
  void get(std::string_view role, const std::string& path, std::string_view argument = "",
           std::string_view query = "") {
    print("get", kCoop + path, node_.get(role, filled(path, argument) + std::string(query)));
  }
  void post(std::string_view role, const std::string& path, std::string_view argument,
            std::string_view body) {
    print("post", kCoop + path, node_.post(role, filled(path, argument), body));
  }
  void get_public(std::string_view path, std::string_view query = "") {
    print("get", path, node_.send(http::get(std::string(path).append(query))));
  }
  void log_in(std::string_view principal, std::string_view password, std::string_view code = "",
              std::string_view fields = kOurPage) {
    print("post", kCoop + "/login", browser_.log_in(principal, password, code, fields));
  }
  void get_own(const std::string& path) { print("get", kCoop + path, browser_.get(path)); }
  void post_own(const std::string& path, std::string_view body) {
    print("post", kCoop + path, browser_.post(path, body));
  }
  Node& node() { return node_; }

  void get_as_stranger() {
    print("get", kCoop, node_.send(http::get(Node::below(""))));
    print("get", kCoop, node_.send(http::get(Node::below(""), node_.bearer("stranger"))));
  }

 private:
  static std::string filled(std::string path, std::string_view argument) {
    const std::size_t open = path.find('{');
    if (open != std::string::npos) path.replace(open, path.find('}') + 1 - open, argument);
    return path;
  }

  Node node_{with_rfc_secret()};
  Browser browser_{node_};
};

/// Numbers of events are those after the twelve of node.h.
void ask_everything(Asker& asker) {
  for (const std::string_view path :
       {"/healthz", "/readyz", "/version", "/metrics", "/docs", "/v1/openapi.json"}) {
    asker.get_public(path);
    asker.get_public(path, "?x=1");
  }
  const std::string in = entry("1101", "2101.M/17", "100.00");
  const std::string out = entry("2101.M/17", "1101", "5000.00");
  asker.post("treasurer", "/accounts", "",
             R"({"code":"X","type":"asset","ceiling":"5.00"})");               // 13
  asker.post("treasurer", "/accounts", "", R"({"code":"X","type":"asset"})");  // 14
  asker.post("treasurer", "/accounts", "", R"({"code":7,"memo":"x"})");
  asker.post("teller", "/entries", "",
             entry("1101", "2101.M/17", "100.00",  // 15
                   R"(,"value_date":"2026-01-02","metadata":{"a":-1,"b":"x/1","c":"2026-01-01"})"));
  asker.post("teller", "/entries", "", out);  // 16: refused
  asker.post("teller", "/entries", "", entry("1101", "none", "1.00"));
  asker.post("approver", "/entries/{no}/reverse", "15", R"({"amounts":["1.00","1.00"]})");  // 17
  asker.post("teller", "/holds", "",
             R"({"account":"2101.M/17","amount":"10.00","last_day":"2026-01-31"})");  // 18
  asker.get("teller", "/holds/{no}", "18");
  asker.post("teller", "/holds/{no}/settle", "18", entry("2101.M/17", "1101", "4.00"));
  asker.post("teller", "/holds/{no}/expire", "18", "");
  asker.post("teller", "/holds/{no}/release", "18", "{}");
  asker.get("teller", "/holds/{no}", "18");
  asker.post("teller", "/holds/{no}/release", "18", "");
  const std::string keyed = R"({"key":"a",)" + in.substr(1) + R"(,{"key":"b",)" + out.substr(1) +
                            R"(,{"key":"c",)" + entry("none", "1101", "1.00").substr(1);
  asker.post("teller", "/entries/batch", "", R"({"mode":"per_item","entries":[)" + keyed + "]}");
  asker.post("teller", "/entries/batch", "", R"({"mode":"atomic","entries":[)" + in + "]}");
  asker.post("teller", "/entries/batch", "", R"({"mode":"atomic","entries":[)" + out + "]}");
  for (const std::string what : {"freeze", "unfreeze", "unfreeze"}) {
    asker.post("approver", "/accounts/{code}/" + what, "7001", "");
  }
  asker.post("admin", "/accounts/{code}/limits", "7001", R"({"floor":"-5","ceiling":null})");
  asker.post("treasurer", "/accounts/{code}/close", "7001", "");
  asker.post("treasurer", "/days", "", R"({"date":"2026-01-05","next":"2026-02-01"})");
  asker.post("treasurer", "/months", "", R"({"month":"2026-01"})");
  asker.post("admin", "/roles/grant", "", R"({"principal":"ani","role":"teller"})");
  asker.post("admin", "/roles/revoke", "", R"({"principal":"ani","role":"teller"})");
  asker.post("admin", "/roles/revoke", "", R"({"principal":"ani","role":"teller"})");

  asker.get("teller", "");
  asker.get("teller", "/days");
  for (const std::string_view query : {"", "?limit=2", "?limit=0", "?cursor=x"}) {
    asker.get("auditor", "/accounts", "", query);
    asker.get("auditor", "/accounts/{code}/postings", "2101.M~17", query);
    asker.get("auditor", "/journal/events", "", query);
    asker.get("auditor", "/journal/blocks", "", query);
  }
  for (const std::string_view query :
       {"", "?at=2026-01-05T01:00:00Z", "?date=2026-01-05&basis=value", "?date=x"}) {
    asker.get("auditor", "/accounts/{code}/balance", "2101.M~17", query);
    asker.get("auditor", "/accounts/{code}/balance", "7002", query);
    asker.get("auditor", "/trial-balance", "", query);
  }
  for (const std::string_view code : {"1101", "2101", "2101.M~17", "7001", "X", "none"}) {
    asker.get("auditor", "/accounts/{code}", code);
  }
  for (const std::string_view no : {"15", "17", "19", "999"})
    asker.get("auditor", "/entries/{no}", no);
  asker.get("auditor", "/journal/events", "", "?limit=200");
  asker.get("auditor", "/journal/blocks/{no}", "1");
  asker.get("auditor", "/journal/blocks/{no}", "999");
  asker.get("auditor", "/principals");
  asker.get("teller", "/principals");
  asker.get_as_stranger();
}

/// People at their browsers, on the day whose code RFC 6238 gives.
void ask_about_sessions(Asker& asker) {
  asker.node().set_clock("2033-05-18T03:33:20.000000Z");
  asker.node().set_password("teller-1", kPassword, login::Credentials::Chosen::kForUser);
  asker.log_in("teller-1", "salah");
  asker.log_in("teller-1", kPassword);  // too soon
  asker.node().pass_s(1);
  asker.log_in("teller-1", kPassword);
  asker.log_in("teller-1", kPassword, "", "Origin: null\r\n");
  asker.get_own("/days");
  asker.get_own("/session");
  asker.post_own("/session/password", R"({"old":"sandi-desa-2026","new":"pendek"})");
  asker.post_own("/session/password", R"({"old":"salah-sekali-1","new":"lain-sekali-2026"})");
  asker.post_own("/session/password", R"({"old":"sandi-desa-2026","new":"lain-sekali-2026"})");
  asker.node().pass_s(1);
  asker.post_own("/session/password", R"({"old":"sandi-desa-2026","new":"lain-sekali-2026"})");
  asker.post_own("/session/totp/confirm", R"({"code":"279037"})");
  asker.post_own("/session/totp/remove", R"({"password":"lain-sekali-2026"})");
  asker.post_own("/session/totp", "");
  asker.post_own("/session/totp/confirm", R"({"code":"000000"})");
  asker.post_own("/session/totp/confirm", R"({"code":"279037"})");
  asker.post_own("/session/totp", "");
  asker.log_in("teller-1", "lain-sekali-2026");
  asker.post_own("/session/totp/remove", R"({"password":"salah"})");
  asker.post_own("/session/totp/remove", R"({"password":"lain-sekali-2026"})");
  asker.node().pass_s(1);
  asker.post_own("/session/totp/remove", R"({"password":"lain-sekali-2026"})");
  asker.post_own("/session/totp/remove", R"({"password":7})");
  asker.post_own("/logout", "");
  asker.get_own("/session");
  asker.post_own("/logout", "");
}

}  // namespace
}  // namespace lumbung::api

int main() {
  lumbung::api::Asker asker;
  lumbung::api::ask_everything(asker);
  lumbung::api::ask_about_sessions(asker);
}
