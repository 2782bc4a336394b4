#include "api/handlers/book.h"

#include <utility>

namespace lumbung::api::handlers {

using engine::RefusalCode;
using http::Response;

Response read_status(const Exchange& exchange) {
  const auto status = exchange.ledger().coop(exchange.coop());
  if (!status) return not_there(RefusalCode::coop_unknown);
  return json_response(200, [&](json::Writer& out) { render_status(out, *status); });
}

Response read_days(const Exchange& exchange) {
  const auto status = exchange.ledger().coop(exchange.coop());
  if (!status) return not_there(RefusalCode::coop_unknown);
  return json_response(200, [&](json::Writer& out) {
    out.begin_object();
    out.member("first_day", std::string_view(engine::format_date(status->first_day)));
    out.member("open_day", std::string_view(engine::format_date(status->open_day)));
    out.member("open_month", std::string_view(engine::format_month(status->open_month)));
    out.end_object();
  });
}

void close_day(ExchangePtr exchange) {
  const auto decoded = decode_day(parser(), exchange->body());
  if (turn_away(*exchange, decoded)) return;
  submit(std::move(exchange), decoded.value);
}

void close_month(ExchangePtr exchange) {
  const auto decoded = decode_month(parser(), exchange->body());
  if (turn_away(*exchange, decoded)) return;
  submit(std::move(exchange), decoded.value);
}

Response read_trial_balance(const Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const auto moment =
      parse_moment(head.parameter("at"), head.parameter("date"), head.parameter("basis"));
  if (!moment) return problem(Fault::kInvalidParameter);
  const auto balance = exchange.ledger().trial_balance(exchange.coop(), *moment);
  if (!balance) return not_there(RefusalCode::coop_unknown);
  return json_response(200,
                       [&](json::Writer& out) { render_trial_balance(out, *balance, *moment); });
}

}  // namespace lumbung::api::handlers
