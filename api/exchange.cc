#include "api/exchange.h"

#include <charconv>
#include <limits>

#include "api/routes.h"
#include "storage/digest.h"

namespace lumbung::api {

using http::Response;
using storage::Answer;

namespace {

constexpr std::size_t kTagChars = 32;  // of a SHA-256 in hex: 128 bits tell any two bodies apart

std::vector<RouteLabel> labels() {
  std::vector<RouteLabel> all;
  for (const Route& route : routes()) {
    all.push_back({std::string(http::text(route.method)), std::string(route.path)});
  }
  return all;
}

/// Receipt or problem of one command. On the publishing thread.
Response answer_of(const Exchange& exchange, const Answer& answer, std::string_view kind,
                   const std::string& made) {
  if (answer.outcome == Answer::Outcome::kUnknown) return problem(Fault::kOutcomeUnknown);
  if (answer.outcome == Answer::Outcome::kRefused) {
    Response response = refused(answer.refusal, &*exchange.directory());
    mark_replayed(response, answer.replayed);
    return response;
  }
  Response response = json_response(made.empty() ? 200 : 201,
                                    [&](json::Writer& out) { render_receipt(out, answer, kind); });
  if (!made.empty()) {
    std::string location = exchange.base() + made;
    if (location.ends_with('/')) location += std::to_string(answer.event.value);
    response.headers.emplace_back("Location", std::move(location));
  }
  mark_replayed(response, answer.replayed);
  return response;
}

}  // namespace

Services::Services(storage::Ledger& ledger_in, const Tokens& tokens_in, login::Users& users_in,
                   Facade::Options options_in)
    : ledger(ledger_in),
      tokens(tokens_in),
      users(users_in),
      options(std::move(options_in)),
      directories(ledger_in),
      cursors(ledger_in),
      metrics(labels()),
      readers(options.reader_threads, options.reader_queue_max) {}

Exchange::Exchange(Services& services, Admission admission, http::Request request,
                   http::Reply reply)
    : services_(services),
      admission_(std::move(admission)),
      request_(std::move(request)),
      reply_(std::move(reply)),
      started_(std::chrono::steady_clock::now()) {
  is_known_ = route().access != Access::kPublic;
  services_.exchanges.begin();
}

std::string Exchange::code() const {
  std::string code(admission_.argument);
  std::replace(code.begin(), code.end(), '~', '/');
  return code;
}

std::optional<engine::EventNo> Exchange::number() const {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto number = parse_whole(admission_.argument, 1, kMax);
  if (!number) return std::nullopt;
  return engine::EventNo{*number};
}

std::string Exchange::base() const {
  return std::string("/v1/cooperatives/").append(coop().text());
}

bool Exchange::may_see(const engine::Event& event) const {
  constexpr Roles kPartner = Roles::of(engine::Role::kIntegrator);
  return caller().roles.meets({route().roles.bits & ~kPartner.bits}) ||
         event.principal == caller().principal;
}

void Exchange::admit(const login::UserId& user) {
  admission_.caller.principal = user.principal;
  is_known_ = true;
}

void Exchange::fail(std::string_view what) {
  if (services_.options.error_log) {
    services_.options.error_log(std::string(route().path).append(": ").append(what));
  }
  answer(problem(Fault::kInternalError));
}

void Exchange::answer(Response response) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started_;
  services_.metrics.observe(static_cast<std::size_t>(admission_.route - routes().data()),
                            response.status, took.count());
  if (services_.options.access_log) {
    std::string line;
    json::Writer out(line);
    out.begin_object().member("request", std::string_view(head().request_id));
    out.member("peer", std::string_view(head().peer));
    out.member("method", http::text(head().method)).member("route", route().path);
    if (is_known_) {
      out.member("coop", coop().text()).member("principal", caller().principal.value);
    }
    out.member("status", response.status);
    out.member("us", std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    out.end_object();
    services_.options.access_log(line);
  }
  reply_(std::move(response));
}

json::Parser& parser() {
  thread_local json::Parser mine;
  return mine;
}

Response json_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "application/json; charset=utf-8";
  response.body = std::move(body);
  return response;
}

bool has_tag(const http::RequestHead& head, std::string_view etag) {
  for (const http::Field& field : head.fields) {
    if (!http::equal_ignoring_case(field.name, "If-None-Match")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view tag = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (tag.starts_with(' ') || tag.starts_with('\t')) tag.remove_prefix(1);
      while (tag.ends_with(' ') || tag.ends_with('\t')) tag.remove_suffix(1);
      if (tag.starts_with("W/")) tag.remove_prefix(2);  // the comparison is the weak one
      if (tag == etag || tag == "*") return true;
    }
  }
  return false;
}

Response tagged(const http::RequestHead& head, Response response) {
  const std::string hash = storage::hex(storage::sha256(response.body));
  std::string etag = '"' + hash.substr(0, kTagChars) + '"';
  if (has_tag(head, etag)) {
    response = Response{};
    response.status = 304;
  }
  response.headers.emplace_back("ETag", std::move(etag));
  return response;
}

void submit(ExchangePtr exchange, engine::CommandBody body, std::string made) {
  const std::string_view kind = kind_of(body);
  engine::Command command{exchange->key(), exchange->caller().principal, std::move(body)};
  storage::Ledger& ledger = exchange->ledger();
  const engine::CoopId coop = exchange->coop();
  ledger.submit(
      coop, std::move(command),
      [exchange = std::move(exchange), kind, made = std::move(made)](const Answer& answer) {
        exchange->answer(answer_of(*exchange, answer, kind, made));
      });
}

void mark_replayed(Response& response, bool replayed) {
  if (replayed) response.headers.emplace_back("Idempotency-Replayed", "true");
}

std::optional<std::uint64_t> parse_whole(std::string_view text, std::uint64_t min,
                                         std::uint64_t max) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped != end || (text.size() > 1 && text[0] == '0')) {
    return std::nullopt;
  }
  if (number < min || number > max) return std::nullopt;
  return number;
}

std::optional<std::size_t> page_limit(const http::RequestHead& head) {
  const auto text = head.parameter("limit");
  if (!text) return kPageDefault;
  return parse_whole(*text, 1, kPageMax);
}

void link_next(const Exchange& exchange, Response& response, std::string_view cursor) {
  if (cursor.empty()) return;
  std::string path(exchange.head().target.substr(0, exchange.head().target.find('?')));
  std::string link = "<" + path + "?cursor=" + std::string(cursor);
  if (const auto limit = exchange.head().parameter("limit")) link.append("&limit=").append(*limit);
  response.headers.emplace_back("Link", link + ">; rel=\"next\"");
}

}  // namespace lumbung::api
