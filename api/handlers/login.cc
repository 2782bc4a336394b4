#include "api/handlers/login.h"

#include <array>
#include <span>
#include <utility>

#include "api/browser.h"

namespace lumbung::api::handlers {

using http::Response;
using json::FieldSpec;
using json::kRequired;
using login::Outcome;
using login::Secret;
using login::Told;

namespace {

/// The texts of a body that has no other fields; a field that is not there is empty. They point
/// into the parser.
template <std::size_t kFields>
Decoded<std::array<std::string_view, kFields>> decode_texts(const FieldSpec (&fields)[kFields],
                                                            std::string_view body) {
  Decoded<std::array<std::string_view, kFields>> decoded;
  decoded.errors = parser().object(body, fields, [&](std::size_t which, json::Value& value) {
    return value.string(decoded.value[which]);
  });
  return decoded;
}

/// Of a request that shows no session any more.
Response unauthenticated() {
  return problem(Fault::kUnauthenticated);
}

Response session_response(const Exchange& exchange, std::string_view id) {
  const auto facts = exchange.services().users.facts_of(id);
  if (!facts) return unauthenticated();
  return json_response(200, [&](json::Writer& out) {
    out.begin_object().member("principal", std::string_view(facts->principal));
    out.key("roles").begin_array();
    for (const std::string_view role : names_of(facts->roles)) out.value(role);
    out.end_array().member("csrf_token", facts->csrf.view());
    out.member("ends_at", std::string_view(engine::format_timestamp(facts->ends_at)));
    out.member("idle_seconds", facts->idle_s).member("totp", facts->has_totp);
    out.member("must_change_password", facts->must_change_password).end_object();
  });
}

/// The session that was opened or renewed, and its cookie.
Response new_session_response(const Exchange& exchange, const login::NewSession& session) {
  Response response = session_response(exchange, session.id.view());
  if (response.status == 200) {
    response.headers.emplace_back("Set-Cookie", login::set_cookie(session.id.view()));
  }
  return response;
}

/// What is told of a try that came to nothing. `wrong`: when it was looked at and wrong.
Response refusal_of(const Told& told, Fault wrong, Fault gone) {
  switch (told.outcome) {
    case Outcome::kWrong:
      return problem(wrong);
    case Outcome::kCodeRequired:
      return problem(Fault::kCodeRequired);
    case Outcome::kLocked:
      return too_many_tries(told.retry_after_s);
    case Outcome::kBusy:
      return problem(Fault::kLoginBusy);
    case Outcome::kGone:
      return problem(gone);
    case Outcome::kRight:
    case Outcome::kFailed:
      break;
  }
  return problem(Fault::kInternalError);
}

login::UserId user_of(const Exchange& exchange) {
  return {exchange.coop(), exchange.caller().principal};
}

/// Nobody when the session ended since the request was admitted.
std::optional<login::Insider> insider_of(const Exchange& exchange,
                                         const std::optional<login::SessionFacts>& facts) {
  if (!facts) return std::nullopt;
  return login::Insider{user_of(exchange), facts->principal,
                        address_of(exchange.head(), exchange.services()),
                        std::string(exchange.session())};
}

}  // namespace

void log_in(ExchangePtr exchange) {
  static constexpr FieldSpec kFields[] = {
      {"principal", kRequired}, {"password", kRequired}, {"code"}};
  const Services& services = exchange->services();
  // Else a foreign page could log a browser in under the name of its own choice.
  if (!is_from_our_page(exchange->head(), services)) {
    return exchange->answer(problem(Fault::kOriginRefused));
  }
  const auto decoded = decode_texts(kFields, exchange->body());
  if (turn_away(*exchange, decoded)) return;
  const auto [name, password, code] = decoded.value;
  login::Users& users = exchange->services().users;
  users.log_in(
      {exchange->coop(), std::string(name), address_of(exchange->head(), services)},
      Secret(password), std::string(code), [exchange](Told told) {
        if (told.outcome != Outcome::kRight) {
          return exchange->answer(refusal_of(told, Fault::kLoginFailed, Fault::kLoginFailed));
        }
        exchange->admit(told.user);
        exchange->answer(new_session_response(*exchange, *told.session));
      });
}

void log_out(ExchangePtr exchange) {
  auto decoded = decode_nothing(parser(), exchange->body());
  if (turn_away(*exchange, decoded)) return;
  exchange->services().users.sessions().end(exchange->session());
  Response response;
  response.status = 204;
  response.headers.emplace_back("Set-Cookie", login::clear_cookie());
  exchange->answer(std::move(response));
}

Response read_session(const Exchange& exchange) {
  return session_response(exchange, exchange.session());
}

void change_password(ExchangePtr exchange) {
  static constexpr FieldSpec kFields[] = {{"old", kRequired}, {"new", kRequired}};
  const auto decoded = decode_texts(kFields, exchange->body());
  if (turn_away(*exchange, decoded)) return;
  const auto [old, next] = decoded.value;
  login::Users& users = exchange->services().users;
  auto insider = insider_of(*exchange, users.facts_of(exchange->session()));
  if (!insider) return exchange->answer(unauthenticated());
  if (const auto fault = login::fault_of(next, insider->name)) {
    return exchange->answer(password_refused(*fault));
  }
  if (next == old) return exchange->answer(problem(Fault::kPasswordSame));
  users.change_password(std::move(*insider), Secret(old), Secret(next), [exchange](Told told) {
    if (told.outcome != Outcome::kRight) {
      return exchange->answer(refusal_of(told, Fault::kPasswordWrong, Fault::kUnauthenticated));
    }
    exchange->answer(new_session_response(*exchange, *told.session));
  });
}

void begin_totp(ExchangePtr exchange) {
  auto decoded = decode_nothing(parser(), exchange->body());
  if (turn_away(*exchange, decoded)) return;
  login::Users& users = exchange->services().users;
  const auto facts = users.facts_of(exchange->session());
  if (!facts) return exchange->answer(unauthenticated());
  const auto secret = users.begin_totp(user_of(*exchange));
  if (!secret) return exchange->answer(problem(Fault::kTotpHeld));
  const std::string issuer = "Lumbung " + std::string(exchange->coop().text());
  const Secret uri = login::otpauth_uri(issuer, facts->principal, secret->view());
  exchange->answer(json_response(200, [&](json::Writer& out) {
    out.begin_object().member("secret", std::string_view(login::base32(secret->view())));
    out.member("uri", uri.view()).end_object();
  }));
}

void confirm_totp(ExchangePtr exchange) {
  static constexpr FieldSpec kFields[] = {{"code", kRequired}};
  const auto decoded = decode_texts(kFields, exchange->body());
  if (turn_away(*exchange, decoded)) return;
  exchange->services().users.confirm_totp(
      user_of(*exchange), std::string(decoded.value[0]), [exchange](const Told& told) {
        if (told.outcome != Outcome::kRight) {
          return exchange->answer(refusal_of(told, Fault::kCodeWrong, Fault::kTotpNotBegun));
        }
        exchange->answer(session_response(*exchange, exchange->session()));
      });
}

void remove_totp(ExchangePtr exchange) {
  static constexpr FieldSpec kFields[] = {{"password", kRequired}};
  const auto decoded = decode_texts(kFields, exchange->body());
  if (turn_away(*exchange, decoded)) return;
  const std::string_view password = decoded.value[0];
  login::Users& users = exchange->services().users;
  const auto facts = users.facts_of(exchange->session());
  auto insider = insider_of(*exchange, facts);
  if (!insider) return exchange->answer(unauthenticated());
  if (!facts->has_totp) return exchange->answer(problem(Fault::kTotpNotHeld));
  users.remove_totp(std::move(*insider), Secret(password), [exchange](const Told& told) {
    if (told.outcome != Outcome::kRight) {
      return exchange->answer(refusal_of(told, Fault::kPasswordWrong, Fault::kUnauthenticated));
    }
    exchange->answer(session_response(*exchange, exchange->session()));
  });
}

}  // namespace lumbung::api::handlers
