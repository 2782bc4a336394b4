// What is asked of a request that comes from a browser: which session it shows, from whose page it
// comes, and who is behind a proxy. The rules: docs/security.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http/http.h"
#include "api/problem.h"

namespace lumbung::api {

struct Services;

/// The id in the one Cookie field; nullopt when there is none that could be one.
std::optional<std::string_view> session_shown(const http::RequestHead& head);

/// Whether the page is one of ours, by the fields that scripts cannot set.
bool is_from_our_page(const http::RequestHead& head, const Services& services);

/// What forbids a request that shows this session id, which may be none: kOriginRefused or, of one
/// that may change something, kCsrfTokenInvalid. Does not look at the session.
std::optional<Fault> browser_fault(const http::RequestHead& head, std::string_view session,
                                   const Services& services);

/// Whose tries are counted: the peer's address or, when that is a proxy of ours, the one that the
/// proxy saw.
std::string address_of(const http::RequestHead& head, const Services& services);

}  // namespace lumbung::api
