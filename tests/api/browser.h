// A browser for tests of the API: logs in at a node of node.h, keeps its cookie and CSRF token, and
// sends what a page of ours would.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "tests/api/node.h"

namespace lumbung::api {

inline constexpr std::string_view kPassword = "sandi-desa-2026";
inline constexpr std::string_view kOurPage = "Sec-Fetch-Site: same-origin\r\n";

inline std::string login_body(std::string_view principal, std::string_view password,
                              std::string_view code = "") {
  std::string body;
  json::Writer out(body);
  out.begin_object().member("principal", principal).member("password", password);
  if (!code.empty()) out.member("code", code);
  out.end_object();
  return body;
}

class Browser {
 public:
  explicit Browser(Node& node, std::string_view coop = "DESA")
      : node_(&node), base_("/v1/cooperatives/" + std::string(coop)) {}

  /// Keeps the session when one was opened.
  http::Answer log_in(std::string_view principal, std::string_view password,
                      std::string_view code = "", std::string_view fields = kOurPage) {
    return keep(send("POST", "/login", login_body(principal, password, code), std::string(fields)));
  }
  http::Answer get(std::string_view path) { return send("GET", path, "", cookie_ + page()); }
  http::Answer post(std::string_view path, std::string_view body) {
    return keep(post_with(path, body, all()));
  }
  /// With these fields alone.
  http::Answer post_with(std::string_view path, std::string_view body, const std::string& fields) {
    return send("POST", path, body,
                fields + "Idempotency-Key: b-" + std::to_string(++posts_) + "\r\n");
  }
  /// Of one who logged in.
  std::string cookie() const { return cookie_; }
  std::string csrf() const { return csrf_; }
  static std::string page() { return std::string(kOurPage); }
  std::string all() const { return cookie_ + page() + csrf_; }

 private:
  http::Answer send(std::string_view method, std::string_view path, std::string_view body,
                    const std::string& fields) {
    const std::string target = base_ + std::string(path);
    if (method == "GET") return node_->send(http::get(target, fields));
    return node_->send(http::post(target, body, fields + "Content-Type: application/json\r\n"));
  }
  http::Answer keep(http::Answer answer) {
    const std::string set = answer.field("Set-Cookie");
    if (answer.status == 200 && set != "(none)") {
      cookie_ = "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
      csrf_ = "X-CSRF-Token: " + text_in(answer, "csrf_token") + "\r\n";
    }
    return answer;
  }

  Node* node_;
  std::string base_;
  std::string cookie_, csrf_;
  int posts_ = 0;
};

/// A node whose secrets of authenticators are that of RFC 6238, appendix B.
inline Node::Options with_rfc_secret() {
  Node::Options options;
  options.random = [](std::span<unsigned char> out) {
    constexpr std::string_view kSecret = "12345678901234567890";
    login::or_random_bytes({})(out);
    if (out.size() == kSecret.size()) std::copy(kSecret.begin(), kSecret.end(), out.begin());
  };
  return options;
}

/// One who is in.
inline Browser browser_of(Node& node, std::string_view role) {
  const std::string name = std::string(role) + "-1";
  node.set_password(name, kPassword);
  Browser browser(node);
  const http::Answer answer = browser.log_in(name, kPassword);
  CHECK(answer.status == 200);
  return browser;
}

}  // namespace lumbung::api
