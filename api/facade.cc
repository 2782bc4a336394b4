#include "api/facade.h"

#include <exception>
#include <string>
#include <utility>

#include "api/browser.h"
#include "api/exchange.h"
#include "api/problem.h"
#include "api/routes.h"
#include "storage/digest.h"

namespace lumbung::api {

using http::Response;

namespace {

/// "/v1/cooperatives/{coop}/…"
bool is_of_coop(const std::vector<std::string_view>& segments) {
  return segments.size() >= 3 && segments[0] == "v1" && segments[1] == "cooperatives";
}

bool is_word_of(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

/// RFC 9110 section 8.3: the type without its parameters, its case ignored.
bool is_json(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return http::equal_ignoring_case(type, "application/json");
}

Response method_not_allowed(std::string allowed) {
  Response response = problem(Fault::kMethodNotAllowed);
  response.headers.emplace_back("Allow", std::move(allowed));
  return response;
}

/// The form of a request that its sender may make: query, body's type, idempotency key.
std::optional<Response> form_problem(const http::RequestHead& head, Admission& admission) {
  const Route& route = *admission.route;
  for (const http::Field& parameter : head.query) {
    if (!is_word_of(route.parameters, parameter.name)) {
      return problem(Fault::kInvalidParameter, "there is no such query parameter here");
    }
  }
  const auto type = head.field("Content-Type");
  if (head.framing != http::Framing::kNone && (!type || !is_json(*type)) &&
      head.content_length + (head.framing == http::Framing::kChunked ? 1 : 0) > 0) {
    return problem(Fault::kUnsupportedMediaType);
  }
  if (route.key == KeyIn::kNone) return std::nullopt;
  const std::size_t count = head.count("Idempotency-Key");
  if (count == 1) {
    const auto key = storage::key_of(*head.field("Idempotency-Key"));
    if (key) admission.key = *key;
  }
  const bool missing = admission.key.empty() && route.key == KeyIn::kHeader;
  if (count > 1 || missing) return problem(Fault::kIdempotencyKeyMissing);
  return std::nullopt;
}

}  // namespace

struct Facade::Impl {
  Impl(storage::Ledger& ledger, const Tokens& tokens, login::Users& users, Options options)
      : services(ledger, tokens, users, std::move(options)) {}

  /// By token or, when none is shown, by session.
  std::optional<Response> identify(const http::RequestHead& head, Admission& admission) const {
    std::optional<Caller> caller;
    if (const auto authorization = head.field("Authorization")) {
      const auto token =
          head.count("Authorization") == 1 ? bearer_token(*authorization) : std::nullopt;
      if (token) caller = services.tokens.authenticate(*token);
    } else if (const auto id = session_shown(head)) {
      // Before the session is looked at, so that a foreign page does not keep one alive.
      if (const auto fault = browser_fault(head, *id, services)) return problem(*fault);
      caller = services.users.authenticate(*id);
      admission.session = *id;
    }
    if (!caller) return problem(Fault::kUnauthenticated);
    admission.caller = *caller;
    return std::nullopt;
  }

  /// Whether the caller may use a route that is not public.
  std::optional<Response> power_problem(const Admission& admission) const {
    const Caller& caller = admission.caller;
    if (admission.route->access == Access::kSession) {
      if (admission.session.empty()) return problem(Fault::kSessionRequired);
      return std::nullopt;
    }
    if (!admission.session.empty() &&
        services.users.must_change_password({caller.coop, caller.principal})) {
      return problem(Fault::kPasswordChangeRequired);
    }
    if (!caller.roles.meets(admission.route->roles)) return problem(Fault::kForbidden);
    return std::nullopt;
  }

  /// Who asks for what, in the order that says least: 401 for a stranger, 404 for another
  /// cooperative, 404 and 405 for what no route is, 403 for a role that is not held, and only then
  /// anything about the request itself.
  std::optional<Response> admit(http::RequestHead& head, Admission& admission) const {
    Match found = match(head.method, head.segments);
    const bool open = found.route != nullptr && found.route->access == Access::kPublic;
    if (!open && !head.segments.empty() && head.segments[0] == "v1") {
      if (auto stranger = identify(head, admission)) return stranger;
      if (is_of_coop(head.segments) && head.segments[2] != admission.caller.coop.text()) {
        return problem(Fault::kNotFound);
      }
    }
    if (open && is_of_coop(head.segments)) {
      // An id that no cooperative can have says nothing about which there are.
      const auto coop = engine::CoopId::parse(head.segments[2]);
      if (!coop) return problem(Fault::kNotFound);
      admission.caller.coop = *coop;
    }
    if (found.allowed.empty()) return problem(Fault::kNotFound);
    if (found.route == nullptr) return method_not_allowed(std::move(found.allowed));
    admission.route = found.route;
    admission.argument = found.argument;
    if (!open) {
      if (auto powerless = power_problem(admission)) return powerless;
    }
    return form_problem(head, admission);
  }

  /// Runs the handler; whatever it throws is answered 500 and told to the operator.
  void run(const ExchangePtr& exchange) const {
    try {
      const auto& handler = exchange->route().handler;
      if (const Read* read = std::get_if<Read>(&handler)) {
        exchange->answer((*read)(*exchange));
      } else {
        std::get<Write>(handler)(exchange);
      }
    } catch (const std::exception& failure) {
      exchange->fail(failure.what());
    }
  }

  Services services;
};

Facade::Facade(storage::Ledger& ledger, const Tokens& tokens, login::Users& users, Options options)
    : impl_(std::make_unique<Impl>(ledger, tokens, users, std::move(options))) {}

// An answer of the ledger may still be on its way to an exchange whose caller has gone.
Facade::~Facade() {
  impl_->services.exchanges.wait_for_none();
}

void Facade::count_with(std::function<http::Counters()> counters) {
  impl_->services.server_counters = std::move(counters);
}

void Facade::drain() {
  impl_->services.draining = true;
}

std::optional<Response> Facade::admit(http::RequestHead& head, std::size_t& body_limit) {
  auto admission = std::make_shared<Admission>();
  auto refusal = impl_->admit(head, *admission);
  if (refusal) return refusal;
  body_limit = admission->route->body_limit;
  head.context = std::move(admission);
  return std::nullopt;
}

void Facade::handle(http::Request request, http::Reply reply) {
  const auto admission = std::static_pointer_cast<const Admission>(request.head.context);
  auto exchange =
      std::make_shared<Exchange>(impl_->services, *admission, std::move(request), std::move(reply));
  if (exchange->route().where == Where::kIo) return impl_->run(exchange);
  // A refused task is gone, and with it its share of the exchange; ours remains to answer.
  if (!impl_->services.readers.offer([this, exchange] { impl_->run(exchange); })) {
    exchange->answer(problem(Fault::kReadersBusy));
  }
}

}  // namespace lumbung::api
