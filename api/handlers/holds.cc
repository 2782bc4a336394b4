#include "api/handlers/holds.h"

#include <utility>

namespace lumbung::api::handlers {

using engine::RefusalCode;
using http::Response;

namespace {

/// The event that placed the hold of the path; nullopt when there is none that the caller may see.
std::optional<engine::Event> find_hold(const Exchange& exchange) {
  const auto number = exchange.number();
  auto event = number ? exchange.ledger().event(exchange.coop(), *number) : std::nullopt;
  if (!event || !std::holds_alternative<engine::PlaceHold>(event->body) ||
      !exchange.may_see(*event)) {
    return std::nullopt;
  }
  return event;
}

template <class Command>
void submit_about_hold(ExchangePtr exchange) {
  const auto placed = find_hold(*exchange);
  if (!placed) return exchange->answer(not_there(RefusalCode::hold_unknown));
  if (turn_away(*exchange, decode_nothing(parser(), exchange->body()))) return;
  submit(std::move(exchange), Command{placed->no});
}

}  // namespace

void place_hold(ExchangePtr exchange) {
  auto decoded = decode_hold(parser(), exchange->body(), *exchange->directory());
  if (turn_away(*exchange, decoded)) return;
  submit(std::move(exchange), decoded.value, "/holds/");
}

Response read_hold(const Exchange& exchange) {
  const auto placed = find_hold(exchange);
  if (!placed) return not_there(RefusalCode::hold_unknown);
  const auto open = exchange.ledger().hold(exchange.coop(), placed->no);
  return json_response(200, [&](json::Writer& out) {
    render_hold(out, *placed, open ? &*open : nullptr, *exchange.directory());
  });
}

void settle_hold(ExchangePtr exchange) {
  const auto placed = find_hold(*exchange);
  if (!placed) return exchange->answer(not_there(RefusalCode::hold_unknown));
  auto decoded = decode_settlement(parser(), exchange->body(), *exchange->directory(), placed->no);
  if (turn_away(*exchange, decoded)) return;
  submit(std::move(exchange), std::move(decoded.value), "/entries/");
}

void release_hold(ExchangePtr exchange) {
  submit_about_hold<engine::ReleaseHold>(std::move(exchange));
}

void expire_hold(ExchangePtr exchange) {
  submit_about_hold<engine::ExpireHold>(std::move(exchange));
}

}  // namespace lumbung::api::handlers
