// An answer as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/http/http.h"

namespace lumbung::api::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7), for seconds since 1970 UTC.
std::string http_date(std::int64_t unix_seconds);

/// What an answer's header block says that the Response does not know.
struct Circumstances {
  std::string_view date;
  std::string_view request_id;
  bool close = false;
};

/// Appends status line and header fields, with the empty line. Control characters in the fields
/// of the response become blanks: nobody can add a line.
void render_head(const Response& response, const Circumstances& circumstances, std::string& out);

/// What follows the header block in an answer to `method`; empty where HTTP wants nothing.
std::string_view body_to_send(const Response& response, Method method);

/// An RFC 9457 document without a type of its own: what a server says that was given no Problem.
Response plain_problem(int status, std::string_view code, std::string_view detail);

}  // namespace lumbung::api::http
