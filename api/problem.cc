#include "api/problem.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/login/passwords.h"
#include "api/wire_members.h"

namespace lumbung::api {

using engine::RefusalCode;
using http::Response;

namespace {

struct Row {
  Fault fault;
  int status;
  std::string_view name;
  std::string_view detail;
};

constexpr std::array<Row, kFaults> kRows{{
    {Fault::kMalformedBody, 400, "malformed_body", "the body is not what this route takes"},
    {Fault::kInvalidParameter, 400, "invalid_parameter", "a query parameter cannot be read"},
    {Fault::kInvalidCursor, 400, "invalid_cursor", "this cursor was not given out by this server"},
    {Fault::kIdempotencyKeyMissing, 400, "idempotency_key_missing",
     "this request needs one Idempotency-Key header that is not empty"},
    {Fault::kUnauthenticated, 401, "unauthenticated",
     "the request needs a valid token (Authorization: Bearer lmb_...) or a session's cookie"},
    {Fault::kLoginFailed, 401, "login_failed", "name, password or code is wrong"},
    {Fault::kCodeRequired, 401, "code_required",
     "the password is right, and a code of the authenticator is needed, too"},
    {Fault::kOriginRefused, 403, "origin_refused",
     "a session is used from our own pages: Sec-Fetch-Site and Origin must say so"},
    {Fault::kCsrfTokenInvalid, 403, "csrf_token_invalid",
     "what changes something carries the session's X-CSRF-Token"},
    {Fault::kSessionRequired, 403, "session_required", "this is for people who have logged in"},
    {Fault::kPasswordChangeRequired, 403, "password_change_required",
     "the password was given by somebody else: choose your own first"},
    {Fault::kPasswordWrong, 403, "password_wrong", "this is not your password"},
    {Fault::kForbidden, 403, "forbidden", "no role that the principal holds may do this"},
    {Fault::kNotFound, 404, "not_found", "there is nothing here"},
    {Fault::kMethodNotAllowed, 405, "method_not_allowed", "this path does not take this method"},
    {Fault::kTotpHeld, 409, "totp_held", "there is an authenticator already: remove it first"},
    {Fault::kTotpNotHeld, 409, "totp_not_held", "there is no authenticator"},
    {Fault::kTotpNotBegun, 409, "totp_not_begun",
     "no authenticator was begun in the last ten minutes"},
    {Fault::kUnsupportedMediaType, 415, "unsupported_media_type",
     "the body is sent as Content-Type: application/json"},
    {Fault::kPasswordSame, 422, "password_same", "the new password is the old one"},
    {Fault::kCodeWrong, 422, "code_wrong", "this is not the authenticator's code of now"},
    {Fault::kTooManyTries, 429, "too_many_tries", "too many tries were wrong: come back later"},
    {Fault::kReadersBusy, 503, "readers_busy", "too many readers are waiting"},
    {Fault::kLoginBusy, 503, "login_busy", "too many are logging in at this moment"},
    {Fault::kOutcomeUnknown, 503, "outcome_unknown",
     "the request may or may not have been carried out: ask again with the same key"},
    {Fault::kNotReady, 503, "not_ready", "the server takes no requests at the moment"},
    {Fault::kInternalError, 500, "internal_error", "the server failed; nothing more is known"},
}};

const Row& row_of(Fault fault) {
  return kRows[static_cast<std::size_t>(fault)];
}

/// Seconds after which asking again may help; 0: no word about it. A full queue drains at once, a
/// stopped writer waits for a restart.
int retry_after_s(std::string_view code) {
  if (code == "queue_full" || code == "readers_busy" || code == "login_busy") return 1;
  if (code == "writer_stopped" || code == "outcome_unknown" || code == "not_ready") return 30;
  return 0;
}

/// Opens the document; the caller adds what is its own and closes it.
json::Writer open(std::string& body, int status, std::string_view code, std::string_view detail) {
  std::string type("/problems/");
  type.append(code);
  std::replace(type.begin(), type.end(), '_', '-');
  std::string title(code);
  std::replace(title.begin(), title.end(), '_', ' ');
  if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') {
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
  }
  json::Writer out(body);
  out.begin_object().member("type", std::string_view(type));
  out.member("title", std::string_view(title)).member("status", status);
  out.member("detail", detail).member("code", code);
  return out;
}

Response respond(int status, std::string_view code, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json; charset=utf-8";
  response.body = std::move(body);
  if (const int seconds = retry_after_s(code); seconds > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

void error_members(json::Writer& out, std::string_view pointer, std::string_view code,
                   std::string_view detail) {
  out.begin_object().member("pointer", pointer).member("code", code).member("detail", detail);
  out.end_object();
}

Response refused_with(int status, const engine::Refusal& refusal, Directory* directory,
                      std::string_view pointer) {
  const std::string_view code = engine::name_of(refusal.code);
  const std::string_view detail = engine::sentence_of(refusal.code);
  std::string body;
  json::Writer out = open(body, status, code, detail);
  wire::refusal_params(out, refusal, directory);
  if (!pointer.empty()) {
    out.key("errors").begin_array();
    error_members(out, pointer, code, detail);
    out.end_array();
  }
  out.end_object();
  return respond(status, code, std::move(body));
}

}  // namespace

std::string_view name_of(Fault fault) {
  return row_of(fault).name;
}

int status_of(Fault fault) {
  return row_of(fault).status;
}

int status_of(RefusalCode code) {
  switch (code) {
    case RefusalCode::coop_unknown:
    case RefusalCode::entry_unknown:
    case RefusalCode::hold_unknown:
      return 404;
    case RefusalCode::queue_full:
    case RefusalCode::writer_stopped:
      return 503;
    case RefusalCode::coop_exists:
    case RefusalCode::role_held:
    case RefusalCode::role_not_held:
    case RefusalCode::month_closed:
    case RefusalCode::day_closed:
    case RefusalCode::day_not_open:
    case RefusalCode::month_not_over:
    case RefusalCode::hold_ended:
    case RefusalCode::hold_not_expired:
    case RefusalCode::account_code_taken:
    case RefusalCode::account_closed:
    case RefusalCode::account_frozen:
    case RefusalCode::account_not_frozen:
    case RefusalCode::account_not_empty:
      return 409;
    case RefusalCode::key_reused:
    case RefusalCode::batch_too_large:
    case RefusalCode::batch_empty:
    case RefusalCode::principal_unknown:
    case RefusalCode::principal_name_invalid:
    case RefusalCode::too_few_legs:
    case RefusalCode::too_many_legs:
    case RefusalCode::amount_out_of_range:
    case RefusalCode::metadata_invalid:
    case RefusalCode::limit_out_of_range:
    case RefusalCode::next_day_invalid:
    case RefusalCode::value_date_out_of_range:
    case RefusalCode::not_reversible:
    case RefusalCode::reversal_legs_mismatch:
    case RefusalCode::reversal_exceeds:
    case RefusalCode::hold_not_used:
    case RefusalCode::hold_exceeded:
    case RefusalCode::hold_expiry_invalid:
    case RefusalCode::account_unknown:
    case RefusalCode::account_code_invalid:
    case RefusalCode::control_invalid:
    case RefusalCode::currency_unknown:
    case RefusalCode::zone_unknown:
    case RefusalCode::account_is_control:
    case RefusalCode::sen_not_allowed:
    case RefusalCode::unbalanced:
    case RefusalCode::insufficient_funds:
    case RefusalCode::ceiling_exceeded:
      return 422;
  }
  return 500;  // no such code: a Refusal is made of the table's rows only
}

Response problem(Fault fault) {
  return problem(fault, row_of(fault).detail);
}

Response problem(Fault fault, std::string_view detail) {
  return server_problem(row_of(fault).status, row_of(fault).name, detail);
}

Response too_many_tries(std::int64_t retry_after_s) {
  Response response = problem(Fault::kTooManyTries);
  response.headers.emplace_back("Retry-After", std::to_string(retry_after_s));
  return response;
}

Response password_refused(login::PasswordFault fault) {
  return server_problem(422, login::name_of(fault), login::sentence_of(fault));
}

Response malformed(const std::vector<json::Error>& errors) {
  const Row& row = row_of(Fault::kMalformedBody);
  std::string body;
  json::Writer out = open(body, row.status, row.name, row.detail);
  out.key("errors").begin_array();
  for (const json::Error& error : errors) {
    error_members(out, error.pointer, json::name(error.code), error.detail);
  }
  out.end_array().end_object();
  return respond(row.status, row.name, std::move(body));
}

Response refused(const engine::Refusal& refusal, Directory* directory, std::string_view pointer) {
  return refused_with(status_of(refusal.code), refusal, directory, pointer);
}

Response not_there(RefusalCode code) {
  return refused_with(404, engine::Refusal(code), nullptr, {});
}

Response server_problem(int status, std::string_view code, std::string_view detail) {
  std::string body;
  open(body, status, code, detail).end_object();
  return respond(status, code, std::move(body));
}

}  // namespace lumbung::api
