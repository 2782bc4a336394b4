// THE table of routes: {method, path, who may, how it is served}. Deny by default: what is not here
// does not exist, and a route without roles is one that says so. A test holds it against
// openapi.yaml, another one tries every route with every role.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/auth.h"
#include "api/http/http.h"

namespace lumbung::api {

class Exchange;

/// Who may ask.
enum class Access : std::uint8_t {
  kPublic,   // anybody
  kSession,  // who has logged in, whatever roles they hold: their own session and password
  kRoles,    // who holds one of the route's roles
};

/// Where the idempotency key of a command stands.
enum class KeyIn : std::uint8_t {
  kNone,    // no command of the ledger
  kHeader,  // Idempotency-Key, required
  kEither,  // of an atomic batch in the header, of any other in its items
};

/// On which thread a handler runs.
enum class Where : std::uint8_t {
  kIo,       // memory only, microseconds
  kReaders,  // may wait for the disk or take a while
};

using Read = http::Response (*)(const Exchange&);
using Write = void (*)(std::shared_ptr<Exchange>);

struct Route {
  http::Method method;
  std::string_view
      path;  // a template: "{coop}" is the caller's cooperative, another one an argument
  Access access;
  Roles roles;
  std::variant<Read, Write> handler;
  Where where;
  std::string_view parameters;  // names of query parameters, blanks between; all others are refused
  std::size_t body_limit;       // bytes; 0: takes no body
  KeyIn key;
};

std::span<const Route> routes();

/// What a path names.
struct Match {
  const Route* route = nullptr;  // of the method; HEAD is served as GET
  std::string_view argument;  // what the template's last {…} stands for; points into the segments
  std::string allowed;        // the methods that the path has, "GET, POST"; empty: no such path
};
Match match(http::Method method, const std::vector<std::string_view>& segments);

/// One line a route: "POST /v1/cooperatives/{coop}/entries treasurer,teller,integrator", those
/// of one's own session with "session", public ones with "-"; sorted.
std::string dump_routes();

}  // namespace lumbung::api
