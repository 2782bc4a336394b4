#include "api/http/render.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "api/json.h"

namespace lumbung::api::http {

namespace {

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
}

std::string_view body_of(const Response& response) {
  return response.fixed_body.empty() ? std::string_view(response.body) : response.fixed_body;
}

/// RFC 9110 sections 15.3.5 and 15.4.5.
bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

std::string http_date(std::int64_t unix_seconds) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = unix_seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                                 utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return {text, static_cast<std::size_t>(size)};
}

void render_head(const Response& response, const Circumstances& circumstances, std::string& out) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(response.status));
  out.append(" ").append(reason_phrase(response.status)).append("\r\n");
  append_field(out, "Date", circumstances.date);
  append_field(out, "X-Request-Id", circumstances.request_id);
  out += "X-Content-Type-Options: nosniff\r\n";
  bool has_cache_control = false;
  for (const auto& [name, value] : response.headers) {
    append_clean(out, name);
    out += ": ";
    append_clean(out, value);
    out += "\r\n";
    has_cache_control |= equal_ignoring_case(name, "Cache-Control");
  }
  if (!has_cache_control) out += "Cache-Control: no-store\r\n";
  if (!response.content_type.empty()) {
    out += "Content-Type: ";
    append_clean(out, response.content_type);
    out += "\r\n";
  }
  if (may_have_body(response.status)) {
    out += "Content-Length: ";
    append_number(out, body_of(response).size());
    out += "\r\n";
  }
  if (circumstances.close) out += "Connection: close\r\n";
  out += "\r\n";
}

std::string_view body_to_send(const Response& response, Method method) {
  return method == Method::kHead || !may_have_body(response.status) ? std::string_view()
                                                                    : body_of(response);
}

Response plain_problem(int status, std::string_view code, std::string_view detail) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  json::Writer(response.body)
      .begin_object()
      .member("type", "about:blank")
      .member("title", reason_phrase(status))
      .member("status", status)
      .member("detail", detail)
      .member("code", code)
      .end_object();
  return response;
}

}  // namespace lumbung::api::http
