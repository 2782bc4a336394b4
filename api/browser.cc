#include "api/browser.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "api/exchange.h"
#include "api/login/sessions.h"

namespace lumbung::api {

namespace {

/// Where browsers take plain HTTP for a secure context (W3C Secure Contexts, section 3.1).
bool is_loopback(std::string_view host) {
  constexpr std::array<std::string_view, 3> kLoopback{"localhost", "127.0.0.1", "[::1]"};
  return std::ranges::find(kLoopback, host) != kLoopback.end();
}

/// The one value of a field; nullopt when it is not there or there several times.
std::optional<std::string_view> only_field(const http::RequestHead& head, std::string_view name) {
  return head.count(name) == 1 ? head.field(name) : std::nullopt;
}

}  // namespace

std::optional<std::string_view> session_shown(const http::RequestHead& head) {
  const auto cookies = only_field(head, "Cookie");
  return cookies ? login::session_id_of(*cookies) : std::nullopt;
}

bool is_from_our_page(const http::RequestHead& head, const Services& services) {
  // Several would be judged by one and meant by another.
  if (head.count("Sec-Fetch-Site") > 1 || head.count("Origin") > 1) return false;
  std::vector<std::string> ours = services.options.origins;
  if (const auto host = head.field("Host"); host && ours.empty()) {
    // A page of another host that makes its name point here has another cookie jar, too.
    ours.push_back("https://" + std::string(*host));
    if (is_loopback(head.host)) ours.push_back("http://" + std::string(*host));
  }
  const std::vector<std::string_view> views(ours.begin(), ours.end());
  return login::is_same_origin(head.field("Sec-Fetch-Site"), head.field("Origin"), views);
}

std::optional<Fault> browser_fault(const http::RequestHead& head, std::string_view session,
                                   const Services& services) {
  if (!is_from_our_page(head, services)) return Fault::kOriginRefused;
  if (head.method == http::Method::kGet || head.method == http::Method::kHead) return std::nullopt;
  const auto token = only_field(head, "X-CSRF-Token");
  if (!token || !services.users.sessions().csrf_matches(session, *token)) {
    return Fault::kCsrfTokenInvalid;
  }
  return std::nullopt;
}

std::string address_of(const http::RequestHead& head, const Services& services) {
  const auto& proxies = services.options.proxies;
  const auto forwarded = only_field(head, "X-Forwarded-For");
  if (!forwarded || std::ranges::find(proxies, head.peer) == proxies.end()) return head.peer;
  // The last is the proxy's own; those before it are whatever its caller wrote.
  std::string_view last = forwarded->substr(forwarded->rfind(',') + 1);
  last.remove_prefix(std::min(last.find_first_not_of(" \t"), last.size()));
  return std::string(last.empty() ? std::string_view(head.peer) : last);
}

}  // namespace lumbung::api
