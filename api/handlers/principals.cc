#include "api/handlers/principals.h"

#include <array>
#include <utility>

namespace lumbung::api::handlers {

using engine::Role;
using http::Response;

namespace {

constexpr std::array kRoles{Role::kAdmin,    Role::kTreasurer, Role::kTeller,
                            Role::kApprover, Role::kAuditor,   Role::kIntegrator};

}  // namespace

Response list_principals(const Exchange& exchange) {
  const auto principals = exchange.ledger().principals(exchange.coop());
  return json_response(200, [&](json::Writer& out) {
    out.begin_object().key("items").begin_array();
    for (const engine::Principal& principal : principals) {
      out.begin_object().member("principal", std::string_view(principal.name));
      out.key("roles").begin_array();
      for (const Role role : kRoles) {
        if (principal.holds(role)) out.value(engine::name_of(role));
      }
      out.end_array().end_object();
    }
    out.end_array().end_object();
  });
}

void grant_role(ExchangePtr exchange) {
  auto decoded = decode_role(parser(), exchange->body());
  if (turn_away(*exchange, decoded)) return;
  submit(std::move(exchange), std::move(decoded.value));
}

void revoke_role(ExchangePtr exchange) {
  auto decoded = decode_role(parser(), exchange->body());
  if (turn_away(*exchange, decoded)) return;
  submit(std::move(exchange),
         engine::RevokeRole{std::move(decoded.value.principal), decoded.value.role});
}

}  // namespace lumbung::api::handlers
