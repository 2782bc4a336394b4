#include "api/routes.h"

#include <algorithm>
#include <array>

#include "api/exchange.h"
#include "api/handlers/accounts.h"
#include "api/handlers/book.h"
#include "api/handlers/entries.h"
#include "api/handlers/holds.h"
#include "api/handlers/journal.h"
#include "api/handlers/login.h"
#include "api/handlers/principals.h"
#include "api/handlers/process.h"

namespace lumbung::api {

using engine::Role;
using http::Method;

namespace {

using namespace handlers;

constexpr Roles kNobody;
constexpr Roles kAll = Roles::of(Role::kAdmin, Role::kTreasurer, Role::kTeller, Role::kApprover,
                                 Role::kAuditor, Role::kIntegrator);
/// Who reads what moved.
constexpr Roles kReadMoney =
    Roles::of(Role::kTreasurer, Role::kTeller, Role::kApprover, Role::kAuditor, Role::kIntegrator);
constexpr Roles kReadBook = Roles::of(Role::kTreasurer, Role::kApprover, Role::kAuditor);
constexpr Roles kReadJournal = Roles::of(Role::kAuditor);
constexpr Roles kReadPowers = Roles::of(Role::kAdmin, Role::kAuditor);
constexpr Roles kPost = Roles::of(Role::kTreasurer, Role::kTeller, Role::kIntegrator);
constexpr Roles kReverse = Roles::of(Role::kTreasurer, Role::kApprover);
constexpr Roles kOpenAccounts = Roles::of(Role::kAdmin, Role::kTreasurer);
constexpr Roles kFreeze = Roles::of(Role::kAdmin, Role::kApprover);
constexpr Roles kClosePeriods = Roles::of(Role::kTreasurer);
constexpr Roles kAdminister = Roles::of(Role::kAdmin);

constexpr Route open_to_all(std::string_view path, Read handler, Where where = Where::kIo) {
  return {Method::kGet, path, Access::kPublic, kNobody, handler, where, "", 0, KeyIn::kNone};
}

constexpr Route read(std::string_view path, Roles roles, Read handler,
                     std::string_view parameters = "") {
  return {Method::kGet, path, Access::kRoles, roles, handler, Where::kReaders,
          parameters,   0,    KeyIn::kNone};
}

constexpr Route command(std::string_view path, Roles roles, Write handler,
                        Where where = Where::kIo) {
  return {Method::kPost, path, Access::kRoles,   roles,         handler,
          where,         "",   http::kBodyLimit, KeyIn::kHeader};
}

/// Passwords and codes: no long bodies, no idempotency key.
constexpr std::size_t kLoginBodyLimit = 4 * 1024;

constexpr Route login(std::string_view path, Write handler) {
  return {Method::kPost, path, Access::kPublic, kNobody,     handler,
          Where::kIo,    "",   kLoginBodyLimit, KeyIn::kNone};
}

constexpr Route own(std::string_view path, Read handler) {
  return {Method::kGet, path, Access::kSession, kNobody, handler, Where::kIo, "", 0, KeyIn::kNone};
}

constexpr Route own(std::string_view path, Write handler) {
  return {Method::kPost, path, Access::kSession, kNobody,     handler,
          Where::kIo,    "",   kLoginBodyLimit,  KeyIn::kNone};
}

constexpr Route batch(std::string_view path, Roles roles, Write handler) {
  return {Method::kPost,   path, Access::kRoles,        roles,         handler,
          Where::kReaders, "",   http::kBatchBodyLimit, KeyIn::kEither};
}

#define COOP "/v1/cooperatives/{coop}"

constexpr std::array kRoutes{
    open_to_all("/healthz", read_health),
    open_to_all("/readyz", read_readiness, Where::kReaders),
    open_to_all("/version", read_version),
    open_to_all("/metrics", read_metrics, Where::kReaders),
    open_to_all("/docs", read_asset),
    open_to_all("/docs/{file}", read_asset),
    open_to_all("/v1/openapi.json", read_asset),

    login(COOP "/login", log_in),
    own(COOP "/logout", log_out),
    own(COOP "/session", read_session),
    own(COOP "/session/password", change_password),
    own(COOP "/session/totp", begin_totp),
    own(COOP "/session/totp/confirm", confirm_totp),
    own(COOP "/session/totp/remove", remove_totp),

    read(COOP, kAll, read_status),

    command(COOP "/accounts", kOpenAccounts, open_account),
    read(COOP "/accounts", kAll, list_accounts, "limit cursor"),
    read(COOP "/accounts/{code}", kAll, read_account),
    read(COOP "/accounts/{code}/balance", kAll, read_balance, "at date basis"),
    read(COOP "/accounts/{code}/postings", kReadMoney, list_postings, "limit cursor"),
    command(COOP "/accounts/{code}/freeze", kFreeze, freeze_account),
    command(COOP "/accounts/{code}/unfreeze", kFreeze, unfreeze_account),
    command(COOP "/accounts/{code}/close", kOpenAccounts, close_account),
    command(COOP "/accounts/{code}/limits", kAdminister, set_limits),

    command(COOP "/entries", kPost, post_entry),
    batch(COOP "/entries/batch", kPost, post_batch),
    read(COOP "/entries/{no}", kReadMoney, read_entry),
    command(COOP "/entries/{no}/reverse", kReverse, reverse_entry, Where::kReaders),

    command(COOP "/holds", kPost, place_hold),
    read(COOP "/holds/{no}", kReadMoney, read_hold),
    command(COOP "/holds/{no}/settle", kPost, settle_hold, Where::kReaders),
    command(COOP "/holds/{no}/release", kPost, release_hold, Where::kReaders),
    command(COOP "/holds/{no}/expire", kPost, expire_hold, Where::kReaders),

    read(COOP "/days", kAll, read_days),
    command(COOP "/days", kClosePeriods, close_day),
    command(COOP "/months", kClosePeriods, close_month),
    read(COOP "/trial-balance", kReadBook, read_trial_balance, "at date basis"),

    read(COOP "/journal/blocks", kReadJournal, list_blocks, "from limit cursor"),
    read(COOP "/journal/blocks/{no}", kReadJournal, read_block),
    read(COOP "/journal/events", kReadJournal, list_events, "from limit cursor"),

    read(COOP "/principals", kReadPowers, list_principals),
    command(COOP "/roles/grant", kAdminister, grant_role),
    command(COOP "/roles/revoke", kAdminister, revoke_role),
};

#undef COOP

std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

/// Whether the path is one of the template; `argument`: what its last {…} stands for.
bool matches(std::string_view path, const std::vector<std::string_view>& segments,
             std::string_view& argument) {
  for (const std::string_view segment : segments) {
    if (path.empty()) return false;
    const std::string_view wanted = take_segment(path);
    if (wanted.starts_with('{')) {
      if (segment.empty()) return false;
      argument = segment;
    } else if (segment != wanted) {
      return false;
    }
  }
  return path.empty();
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

Match match(Method method, const std::vector<std::string_view>& segments) {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  // "entries/batch" is a route of its own, so no entry is called "batch": the literal one wins by
  // standing first for its method, and a path has the methods of the first template it matches.
  Match found;
  std::string_view path;
  for (const Route& route : kRoutes) {
    std::string_view argument;
    if (!matches(route.path, segments, argument)) continue;
    if (path.empty()) path = route.path;
    if (route.path != path) continue;
    if (!found.allowed.empty()) found.allowed += ", ";
    found.allowed += http::text(route.method);
    if (route.method == Method::kGet) found.allowed += ", HEAD";
    if (route.method != wanted || found.route != nullptr) continue;
    found.route = &route;
    found.argument = argument;
  }
  return found;
}

std::string dump_routes() {
  std::vector<std::string> lines;
  for (const Route& route : kRoutes) {
    std::string line(http::text(route.method));
    line.append(" ").append(route.path).append(" ");
    switch (route.access) {
      case Access::kPublic:
        line += "-";
        break;
      case Access::kSession:
        line += "session";
        break;
      case Access::kRoles:
        line += text_of(route.roles, ",");
        break;
    }
    lines.push_back(line + "\n");
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line;
  return all;
}

}  // namespace lumbung::api
