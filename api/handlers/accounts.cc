#include "api/handlers/accounts.h"

#include <utility>

namespace lumbung::api::handlers {

using engine::RefusalCode;
using http::Response;

namespace {

std::optional<storage::AccountView> find_view(const Exchange& exchange) {
  const auto handle = exchange.ledger().find_account(exchange.coop(), exchange.code());
  if (!handle) return std::nullopt;
  return exchange.ledger().account(exchange.coop(), *handle);
}

/// Freeze, unfreeze, close: nothing is said but the account.
template <class Command>
void submit_about_account(ExchangePtr exchange) {
  if (turn_away(*exchange, decode_nothing(parser(), exchange->body()))) return;
  const auto account = exchange->directory()->find(exchange->code());
  if (!account) return exchange->answer(not_there(RefusalCode::account_unknown));
  submit(std::move(exchange), Command{account->handle});
}

}  // namespace

void open_account(ExchangePtr exchange) {
  auto decoded = decode_account(parser(), exchange->body(), *exchange->directory());
  if (turn_away(*exchange, decoded)) return;
  std::string made = "/accounts/" + decoded.value.code;
  std::replace(made.begin() + sizeof "/accounts", made.end(), '/', '~');
  submit(std::move(exchange), std::move(decoded.value), std::move(made));
}

Response list_accounts(const Exchange& exchange) {
  const std::string list = exchange.base() + "/accounts";
  const auto limit = page_limit(exchange.head());
  if (!limit) return problem(Fault::kInvalidParameter);
  engine::AccountHandle after;
  if (const auto cursor = exchange.head().parameter("cursor")) {
    const auto place = exchange.services().cursors.open(list, *cursor);
    if (!place) return problem(Fault::kInvalidCursor);
    after.value = place->minor;
  }
  const auto accounts = exchange.ledger().accounts(exchange.coop(), after, *limit);
  std::string next;
  if (accounts.size() == *limit) {
    next = exchange.services().cursors.seal(list, {0, accounts.back().handle.value});
  }
  Response response = json_response(200, [&](json::Writer& out) {
    out.begin_object().key("items").begin_array();
    for (const storage::AccountView& view : accounts) render_account(out, view);
    out.end_array();
    if (!next.empty()) out.member("next_cursor", std::string_view(next));
    out.end_object();
  });
  link_next(exchange, response, next);
  return response;
}

Response read_account(const Exchange& exchange) {
  const auto view = find_view(exchange);
  if (!view) return not_there(RefusalCode::account_unknown);
  return tagged(exchange.head(),
                json_response(200, [&](json::Writer& out) { render_account(out, *view); }));
}

Response read_balance(const Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const auto moment =
      parse_moment(head.parameter("at"), head.parameter("date"), head.parameter("basis"));
  if (!moment) return problem(Fault::kInvalidParameter);
  const auto view = find_view(exchange);
  if (!view) return not_there(RefusalCode::account_unknown);
  storage::Totals totals{view->line.debits, view->line.credits, view->as_of};
  if (moment->kind != storage::Moment::Kind::kNow) {
    const auto then = exchange.ledger().totals(exchange.coop(), view->handle, *moment);
    if (!then) return not_there(RefusalCode::account_unknown);
    totals = *then;
  }
  return tagged(head, json_response(200, [&](json::Writer& out) {
                  render_balance(out, *view, totals, *moment);
                }));
}

Response list_postings(const Exchange& exchange) {
  const std::string list = exchange.base() + "/postings/" + exchange.code();
  const auto limit = page_limit(exchange.head());
  if (!limit) return problem(Fault::kInvalidParameter);
  std::optional<storage::StatementPlace> before;
  if (const auto cursor = exchange.head().parameter("cursor")) {
    const auto place = exchange.services().cursors.open(list, *cursor);
    if (!place) return problem(Fault::kInvalidCursor);
    before = {engine::EventNo{place->major}, place->minor};
  }
  const auto view = find_view(exchange);
  if (!view) return not_there(RefusalCode::account_unknown);
  const auto statement = exchange.ledger().statement(exchange.coop(), view->handle, before, *limit);
  if (!statement) return not_there(RefusalCode::account_unknown);
  std::string next;
  if (statement->more && !statement->lines.empty()) {
    const storage::StatementLine& oldest = statement->lines.back();
    next = exchange.services().cursors.seal(list, {oldest.event.value, oldest.leg});
  }
  Response response = json_response(
      200, [&](json::Writer& out) { render_statement(out, *view, *statement, next); });
  link_next(exchange, response, next);
  return response;
}

void freeze_account(ExchangePtr exchange) {
  submit_about_account<engine::FreezeAccount>(std::move(exchange));
}

void unfreeze_account(ExchangePtr exchange) {
  submit_about_account<engine::UnfreezeAccount>(std::move(exchange));
}

void close_account(ExchangePtr exchange) {
  submit_about_account<engine::CloseAccount>(std::move(exchange));
}

void set_limits(ExchangePtr exchange) {
  const auto account = exchange->directory()->find(exchange->code());
  if (!account) return exchange->answer(not_there(RefusalCode::account_unknown));
  auto decoded = decode_limits(parser(), exchange->body(), *account);
  if (turn_away(*exchange, decoded)) return;
  submit(std::move(exchange), decoded.value);
}

}  // namespace lumbung::api::handlers
