#include "api/handlers/process.h"

#include <system_error>

#include "api/assets.h"

namespace lumbung::api::handlers {

using http::Response;

namespace {

/// Below this part of the disk a book is about to have no room: client.md's bound.
constexpr std::uintmax_t kFreeOneIn = 20;

bool has_room(const std::filesystem::path& directory) {
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  return !error && space.available > space.capacity / kFreeOneIn;
}

Response status_response(std::string_view status) {
  return json_response(
      200, [&](json::Writer& out) { out.begin_object().member("status", status).end_object(); });
}

}  // namespace

Response read_health(const Exchange&) {
  return status_response("ok");
}

Response read_readiness(const Exchange& exchange) {
  const Services& services = exchange.services();
  if (services.draining) return problem(Fault::kNotReady, "the server is about to stop");
  if (services.ledger.queue_status().writer_stopped) {
    return problem(Fault::kNotReady, "the journal's writer has stopped");
  }
  if (!has_room(services.options.data)) {
    return problem(Fault::kNotReady, "the disk of the data directory is full but for 5 percent");
  }
  return status_response("ready");
}

Response read_version(const Exchange&) {
  return json_response(200, [](json::Writer& out) {
    out.begin_object().member("name", std::string_view("lumbung"));
    out.member("version", std::string_view(LUMBUNG_VERSION)).end_object();
  });
}

Response read_metrics(const Exchange& exchange) {
  const Services& services = exchange.services();
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = services.metrics.text(
      services.server_counters ? services.server_counters() : http::Counters{},
      services.ledger.queue_status(), services.readers.waiting(), services.users.figures());
  return response;
}

Response read_asset(const Exchange& exchange) {
  std::string path;
  for (const std::string_view segment : exchange.head().segments) path.append("/").append(segment);
  const Asset* asset = find_asset(path);
  if (asset == nullptr) return problem(Fault::kNotFound);
  Response response;
  response.content_type = asset->content_type;
  response.fixed_body = asset->body;
  if (has_tag(exchange.head(), asset->etag)) {
    response = Response{};
    response.status = 304;
  }
  response.headers = {
      {"ETag", std::string(asset->etag)},
      {"Cache-Control", "no-cache"},
      // The page's own styles stand in attributes, its icons in data URLs; no other host is asked.
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
       "data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
      {"Referrer-Policy", "no-referrer"}};
  return response;
}

}  // namespace lumbung::api::handlers
