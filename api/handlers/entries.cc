#include "api/handlers/entries.h"

#include <algorithm>
#include <utility>

namespace lumbung::api::handlers {

using engine::RefusalCode;
using http::Response;
using storage::Answer;
using Answers = std::vector<Answer>;

namespace {

bool is_overload(const Answer& answer) {
  return answer.outcome == Answer::Outcome::kRefused &&
         (answer.refusal.code == RefusalCode::queue_full ||
          answer.refusal.code == RefusalCode::writer_stopped);
}

bool all_replayed(const Answers& answers) {
  return std::all_of(answers.begin(), answers.end(), [](const Answer& a) { return a.replayed; });
}

Response items_response(const Exchange& exchange, int status, const Answers& answers) {
  Response response = json_response(
      status, [&](json::Writer& out) { render_batch(out, answers, *exchange.directory()); });
  mark_replayed(response, all_replayed(answers));
  return response;
}

/// All or none: the answers are alike.
Response atomic_response(const Exchange& exchange, const Answers& answers) {
  const Answer& first = answers.front();
  if (first.outcome == Answer::Outcome::kUnknown) return problem(Fault::kOutcomeUnknown);
  if (first.outcome == Answer::Outcome::kDone) return items_response(exchange, 201, answers);
  Response response = refused(first.refusal, &*exchange.directory());
  mark_replayed(response, first.replayed);
  return response;
}

Response per_item_response(const Exchange& exchange, const Answers& answers) {
  // When nothing got in, the caller hears what a single request would have heard.
  const auto unknown = [](const Answer& a) { return a.outcome == Answer::Outcome::kUnknown; };
  if (std::all_of(answers.begin(), answers.end(), unknown)) {
    return problem(Fault::kOutcomeUnknown);
  }
  if (std::all_of(answers.begin(), answers.end(), is_overload)) {
    return refused(answers.front().refusal, nullptr);
  }
  return items_response(exchange, 200, answers);
}

// Answers are rendered by a reading thread: thousands of them would hold up the publishing one.

void submit_atomic(ExchangePtr exchange, Batch batch) {
  batch.commands.front().key = exchange->key();
  storage::Ledger& ledger = exchange->ledger();
  const engine::CoopId coop = exchange->coop();
  ledger.submit_batch(coop, std::move(batch.commands), storage::BatchMode::kAtomic,
                      [exchange = std::move(exchange)](Answers answers) {
                        exchange->services().readers.push([exchange, answers = std::move(answers)] {
                          exchange->answer(atomic_response(*exchange, answers));
                        });
                      });
}

/// Takes what is about accounts that are not there out of a batch.
void drop_unknown(std::vector<engine::Command>& commands,
                  const std::vector<UnknownAccount>& unknown) {
  auto next = unknown.begin();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (next != unknown.end() && next->item == i) {
      ++next;
    } else if (kept++ != i) {
      commands[kept - 1] = std::move(commands[i]);
    }
  }
  commands.resize(kept);
}

/// The ledger's answers and, each in its item's place, what was to be said without asking it.
Answers with_unknown(Answers given, const std::vector<UnknownAccount>& unknown) {
  if (unknown.empty()) return given;
  Answers all;
  all.reserve(given.size() + unknown.size());
  auto next = given.begin();
  for (const UnknownAccount& item : unknown) {
    const auto known = static_cast<std::ptrdiff_t>(item.item - all.size());
    all.insert(all.end(), next, next + known);
    next += known;
    Answer& answer = all.emplace_back();
    answer.outcome = Answer::Outcome::kRefused;
    answer.refusal = refusal_of(item);
  }
  all.insert(all.end(), next, given.end());
  return all;
}

/// Items about accounts that are not there are answered here, the others by the ledger, and all in
/// the order in which they came.
void submit_per_item(ExchangePtr exchange, Batch batch, std::vector<UnknownAccount> unknown) {
  if (!unknown.empty()) drop_unknown(batch.commands, unknown);
  if (batch.commands.empty()) {
    return exchange->answer(per_item_response(*exchange, with_unknown({}, unknown)));
  }
  storage::Ledger& ledger = exchange->ledger();
  const engine::CoopId coop = exchange->coop();
  ledger.submit_batch(
      coop, std::move(batch.commands), storage::BatchMode::kPerItem,
      [exchange = std::move(exchange), unknown = std::move(unknown)](Answers given) {
        exchange->services().readers.push([exchange, unknown, given = std::move(given)]() mutable {
          const Answers answers = with_unknown(std::move(given), unknown);
          exchange->answer(per_item_response(*exchange, answers));
        });
      });
}

}  // namespace

void post_entry(ExchangePtr exchange) {
  auto decoded = decode_entry(parser(), exchange->body(), *exchange->directory());
  if (turn_away(*exchange, decoded)) return;
  submit(std::move(exchange), std::move(decoded.value), "/entries/");
}

void post_batch(ExchangePtr exchange) {
  auto decoded = decode_batch(parser(), exchange->body(), *exchange->directory(),
                              exchange->caller().principal);
  if (!decoded.errors.empty()) return exchange->answer(malformed(decoded.errors));
  Batch& batch = decoded.value;
  const auto refuse = [&](RefusalCode code) {
    exchange->answer(refused(engine::Refusal(code), nullptr));
  };
  if (batch.too_large) return refuse(RefusalCode::batch_too_large);
  if (batch.commands.empty()) return refuse(RefusalCode::batch_empty);
  if (batch.mode == storage::BatchMode::kPerItem) {
    return submit_per_item(std::move(exchange), std::move(batch), std::move(decoded.unknown));
  }
  if (exchange->key().empty()) return exchange->answer(problem(Fault::kIdempotencyKeyMissing));
  if (turn_away(*exchange, decoded)) return;
  submit_atomic(std::move(exchange), std::move(batch));
}

Response read_entry(const Exchange& exchange) {
  const auto number = exchange.number();
  const auto event = number ? exchange.ledger().event(exchange.coop(), *number) : std::nullopt;
  if (!event || engine::entry_of(event->body) == nullptr || !exchange.may_see(*event)) {
    return not_there(RefusalCode::entry_unknown);
  }
  const auto reversals = exchange.ledger().reversals(exchange.coop(), *number);
  const std::vector<engine::EventNo> none;
  return tagged(exchange.head(), json_response(200, [&](json::Writer& out) {
                  render_event_json(out, *event, *exchange.directory(),
                                    reversals ? &reversals->by : &none);
                }));
}

void reverse_entry(ExchangePtr exchange) {
  const auto number = exchange->number();
  const auto event = number ? exchange->ledger().event(exchange->coop(), *number) : std::nullopt;
  const engine::Entry* entry = event ? engine::entry_of(event->body) : nullptr;
  if (entry == nullptr) return exchange->answer(not_there(RefusalCode::entry_unknown));
  auto decoded =
      decode_reversal(parser(), exchange->body(), *exchange->directory(), *number, *entry);
  if (turn_away(*exchange, decoded)) return;
  submit(std::move(exchange), std::move(decoded.value), "/entries/");
}

}  // namespace lumbung::api::handlers
