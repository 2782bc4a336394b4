// What a caller is told when something is wrong: RFC 9457 problem documents.
//
// {"type":"/problems/insufficient-funds","title":"Insufficient funds","status":422,"detail":"…",
//  "code":"insufficient_funds","params":{…},"errors":[{"pointer","code","detail"}…]}
//
// The code is stable and what a client acts on; the sentences may change. Nothing in a problem
// depends on the moment, so that a remembered refusal is told in the same bytes again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/directory.h"
#include "api/http/http.h"
#include "api/json.h"
#include "engine/refusal.h"

namespace lumbung::api {

namespace login {
enum class PasswordFault : std::uint8_t;
}

/// What the facade itself turns away; the core never hears of it.
enum class Fault : std::uint8_t {
  kMalformedBody,
  kInvalidParameter,
  kInvalidCursor,
  kIdempotencyKeyMissing,
  kUnauthenticated,
  kLoginFailed,
  kCodeRequired,
  kOriginRefused,
  kCsrfTokenInvalid,
  kSessionRequired,
  kPasswordChangeRequired,
  kPasswordWrong,
  kForbidden,
  kNotFound,
  kMethodNotAllowed,
  kTotpHeld,
  kTotpNotHeld,
  kTotpNotBegun,
  kUnsupportedMediaType,
  kPasswordSame,
  kCodeWrong,
  kTooManyTries,
  kReadersBusy,
  kLoginBusy,
  kOutcomeUnknown,
  kNotReady,
  kInternalError,
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::kInternalError) + 1;

/// "malformed_body" and so on.
std::string_view name_of(Fault fault);
int status_of(Fault fault);

/// 422 for a rule of the business, 409 for a state that may change, 404 for a thing that a path
/// names, 503 when the ledger cannot take the request now.
int status_of(engine::RefusalCode code);

http::Response problem(Fault fault);
http::Response problem(Fault fault, std::string_view detail);
/// 429: when to come back.
http::Response too_many_tries(std::int64_t retry_after_s);
/// 422: why a password may not be chosen.
http::Response password_refused(login::PasswordFault fault);
/// 400, with what is wrong and where.
http::Response malformed(const std::vector<json::Error>& errors);
/// `directory`: names the accounts in the parameters; nullptr where none can be meant. `pointer`:
/// where in the body the cause stands; empty: not known.
http::Response refused(const engine::Refusal& refusal, Directory* directory,
                       std::string_view pointer = {});
/// A thing that the path names is not there: the refusal's words with 404.
http::Response not_there(engine::RefusalCode code);

/// The bodies of the server's own errors, for http::Options::problem.
http::Response server_problem(int status, std::string_view code, std::string_view detail);

}  // namespace lumbung::api
