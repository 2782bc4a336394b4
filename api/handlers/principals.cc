#include "api/handlers/principals.h"

#include <utility>

namespace lumbung::api::handlers {

using http::Response;

Response list_principals(const Exchange& exchange) {
  const auto principals = exchange.ledger().principals(exchange.coop());
  return json_response(200, [&](json::Writer& out) {
    out.begin_object().key("items").begin_array();
    for (const engine::Principal& principal : principals) {
      out.begin_object().member("principal", std::string_view(principal.name));
      out.key("roles").begin_array();
      for (const std::string_view role : names_of({principal.roles})) out.value(role);
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
