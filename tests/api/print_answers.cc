// Asks a node at least once for everything that openapi.yaml describes, in good ways and bad, and
// prints each answer as a line of JSON for answers_test.py:
// {"method","path" (the template),"status","content_type","body" (of JSON only)}
#include <iostream>
#include <string>
#include <string_view>

#include "tests/api/node.h"

namespace lumbung::api {
namespace {

constexpr std::string_view kCoop = "/v1/cooperatives/{coop}";

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
    print("get", std::string(kCoop) + path,
          node_.get(role, filled(path, argument) + std::string(query)));
  }
  void post(std::string_view role, const std::string& path, std::string_view argument,
            std::string_view body) {
    print("post", std::string(kCoop) + path, node_.post(role, filled(path, argument), body));
  }
  void get_public(std::string_view path, std::string_view query = "") {
    print("get", path, node_.send(http::get(std::string(path).append(query))));
  }
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

  Node node_;
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

}  // namespace
}  // namespace lumbung::api

int main() {
  lumbung::api::Asker asker;
  lumbung::api::ask_everything(asker);
}
