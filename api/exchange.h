// Exchange: one admitted request on its way to its answer, and what the handlers have to work with.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/auth.h"
#include "api/cursor.h"
#include "api/directory.h"
#include "api/facade.h"
#include "api/http/http.h"
#include "api/json.h"
#include "api/login/users.h"
#include "api/metrics.h"
#include "api/problem.h"
#include "api/wire.h"
#include "api/workers.h"
#include "engine/command.h"
#include "storage/ledger.h"

namespace lumbung::api {

struct Route;

/// Counts what is under way, so that its owner can wait for the end of it. Any thread.
class InFlight {
 public:
  void begin() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  void wait_for_none() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t count_ = 0;  // under mutex_
};

/// What all requests share. Any thread.
struct Services {
  Services(storage::Ledger& ledger, const Tokens& tokens, login::Users& users,
           Facade::Options options);

  storage::Ledger& ledger;
  const Tokens& tokens;
  login::Users& users;
  const Facade::Options options;
  Directories directories;
  const Cursors cursors;
  Metrics metrics;
  std::function<http::Counters()> server_counters;
  std::atomic<bool> draining = false;
  InFlight exchanges;
  Workers readers;  // ends first: its tasks use the others
};

/// What admit() found out about a request; in its head until handle().
struct Admission {
  const Route* route = nullptr;
  Caller caller;              // of a route that is not public; of login: the cooperative alone
  std::string_view session;   // the id, when the caller has shown one; points into the head
  std::string_view argument;  // what {code}, {no} or {file} stands for; points into the head
  engine::Key key;            // of the Idempotency-Key header; empty: there was none
};

/// One thread at a time. Answered once, by answer(), from whatever thread has the answer.
class Exchange {
 public:
  Exchange(Services& services, Admission admission, http::Request request, http::Reply reply);
  ~Exchange() { services_.exchanges.end(); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Services& services() const { return services_; }
  storage::Ledger& ledger() const { return services_.ledger; }
  const Route& route() const { return *admission_.route; }
  const Caller& caller() const { return admission_.caller; }
  const engine::CoopId& coop() const { return admission_.caller.coop; }
  const engine::Key& key() const { return admission_.key; }
  /// Of a route for sessions: the caller's id.
  std::string_view session() const { return admission_.session; }
  std::string_view body() const { return request_.body; }
  const http::RequestHead& head() const { return request_.head; }

  /// The account code of the path, where '/' is written '~', which no code has.
  std::string code() const;
  /// The number of the path; nullopt when it is none: such a thing does not exist.
  std::optional<engine::EventNo> number() const;
  std::string_view argument() const { return admission_.argument; }
  /// "/v1/cooperatives/DESA"
  std::string base() const;

  /// Integrators share a cooperative and see each their own entries and holds only; who holds
  /// another of the route's roles sees all.
  bool may_see(const engine::Event& event) const;

  /// Codes and names of the caller's cooperative.
  Directories::Lease directory() const { return services_.directories.lend(coop()); }

  /// Who has logged in, for the log.
  void admit(const login::UserId& user);

  void answer(http::Response response);
  /// Answers 500 and tells the operator.
  void fail(std::string_view what);

 private:
  Services& services_;
  Admission admission_;
  bool is_known_ = false;  // whether the log may say who the caller is
  const http::Request request_;
  const http::Reply reply_;
  const std::chrono::steady_clock::time_point started_;
};

using ExchangePtr = std::shared_ptr<Exchange>;

/// This thread's parser.
json::Parser& parser();

http::Response json_response(int status, std::string body);
/// `render` writes one value.
template <class Render>
http::Response json_response(int status, const Render& render) {
  std::string body;
  json::Writer out(body);
  render(out);
  return json_response(status, std::move(body));
}

/// The same with a strong entity tag over the body; 304 when the caller has it.
http::Response tagged(const http::RequestHead& head, http::Response response);
/// Whether If-None-Match names the tag (RFC 9110 section 13.1.2).
bool has_tag(const http::RequestHead& head, std::string_view etag);

/// Answers what could not be decoded. True when it did.
template <class T>
bool turn_away(Exchange& exchange, const Decoded<T>& decoded) {
  if (!decoded.errors.empty()) {
    exchange.answer(malformed(decoded.errors));
  } else if (!decoded.unknown.empty()) {
    const UnknownAccount& unknown = decoded.unknown.front();
    exchange.answer(refused(refusal_of(unknown), nullptr, unknown.pointer));
  }
  return !decoded.ok();
}

/// Asks the ledger in the caller's name, and answers with the receipt. `made`: where the new thing
/// is found below the cooperative, 201; "/entries/" gets the event's number behind it; empty: 200.
void submit(ExchangePtr exchange, engine::CommandBody body, std::string made = {});

/// Whether every answer came from the journal.
void mark_replayed(http::Response& response, bool replayed);

// --- pages of a list ---

inline constexpr std::size_t kPageDefault = 50;
inline constexpr std::size_t kPageMax = 200;

/// A whole number without sign, blanks or leading zeros; nullopt for all else and outside [min,
/// max].
std::optional<std::uint64_t> parse_whole(std::string_view text, std::uint64_t min,
                                         std::uint64_t max);

/// "limit"; nullopt when it cannot be read.
std::optional<std::size_t> page_limit(const http::RequestHead& head);
/// Says in a Link header (RFC 8288) where the next page is, too.
void link_next(const Exchange& exchange, http::Response& response, std::string_view cursor);

}  // namespace lumbung::api
