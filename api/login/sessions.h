// Sessions of browsers, and what a browser's request must show besides its cookie.
//
// A session id is 32 random bytes; only its SHA-256 is kept. Sessions are in memory alone: a
// restart logs everybody out. That costs a login on the day of an update, and in return no copy of
// the data directory, no backup and no crash can bring a session back that had been ended, and no
// request waits for a disk to move a deadline.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/login/device_key.h"
#include "api/login/outside.h"
#include "storage/digest.h"

namespace lumbung::api::login {

/// Whose a session is, for all of its life.
struct SessionOwner {
  UserId user;
  std::optional<DeviceId> device;  ///< absent: from a browser that is not registered
};

struct Session {
  SessionOwner owner;
  engine::Timestamp opened;                     ///< by the sessions' clock; kept at step-up
  std::optional<engine::Timestamp> stepped_up;  ///< when the user last proved themself again
};

/// What a browser is given; nobody else has it.
struct NewSession {
  Secret id;    ///< for set_cookie()
  Secret csrf;  ///< for the page, which sends it as X-CSRF-Token
};

/// Any thread. Times are taken from a clock of differences (since boot by default).
class Sessions {
 public:
  struct Limits {
    std::int64_t idle_us = 15 * kMinuteUs;    ///< without a request
    std::int64_t absolute_us = 10 * kHourUs;  ///< after login: a working day
    std::size_t sessions_max = 10'000;        ///< of all users: 3 MB
    std::size_t per_user_max = 8;             ///< a further login ends the one longest idle
  };

  Sessions() : Sessions(Limits{}) {}
  explicit Sessions(Limits limits, Clock clock = {}, RandomBytes random = {});
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  /// At login, after all factors. nullopt when there is room for no more: 503.
  std::optional<NewSession> open(const SessionOwner& owner);
  /// The live session of an id; it has been used now. What the owner may do is asked elsewhere, at
  /// each request.
  std::optional<Session> find(std::string_view id);
  /// After the user proved themself again: a new id, and the old one is none from now on. nullopt
  /// when the old one is none.
  std::optional<NewSession> step_up(std::string_view id);
  /// Whether `token` is the X-CSRF-Token of this session id. In constant time.
  bool csrf_matches(std::string_view id, std::string_view token) const;
  /// The X-CSRF-Token of this session id, for a page that was loaded anew.
  Secret csrf_of(std::string_view id) const;
  /// Until the absolute end.
  std::int64_t left_us(const Session& session) const;
  std::int64_t idle_us() const { return limits_.idle_us; }

  // Each is effective when it returns: no find() that begins afterwards sees the session. They give
  // how many ended.
  std::size_t end(std::string_view id);
  std::size_t end_all_of(const UserId& user);
  std::size_t end_others_of(const UserId& user, std::string_view kept_id);
  std::size_t end_all_of(const engine::CoopId& coop, const DeviceId& device);

  /// Live ones, and those that ended by time and were not met since.
  std::size_t size() const;
  std::size_t count_of(const UserId& user) const;

 private:
  struct Kept {
    Session session;
    std::int64_t used_us;
  };
  /// A SHA-256 is as random as a hash can be.
  struct FirstBytes {
    std::size_t operator()(const storage::Hash& hash) const noexcept {
      std::size_t value;
      std::memcpy(&value, hash.data(), sizeof value);
      return value;
    }
  };

  bool has_ended(const Kept& kept, std::int64_t now_us) const;
  Secret csrf_of(const storage::Hash& hash) const;
  NewSession keep(Kept kept);
  void make_room(const UserId& user, std::int64_t now_us);
  template <class Predicate>
  std::size_t end_where(const Predicate& matches);

  const Limits limits_;
  const Clock clock_;
  const RandomBytes random_;
  std::array<unsigned char, 32> csrf_key_;  // of this process
  mutable std::mutex mutex_;
  std::unordered_map<storage::Hash, Kept, FirstBytes> sessions_;  // under mutex_
};

// --- the cookie ---

/// "__Host-sid=ID; Secure; HttpOnly; SameSite=Strict; Path=/": for Set-Cookie. Without an age, so
/// that it goes with the browser's session.
std::string set_cookie(std::string_view id);
/// The same, ended: for the answer to a logout.
std::string clear_cookie();
/// The session id in a Cookie field (RFC 6265, section 4.2.1); nullopt when there is none, more
/// than one, or one that is no 43 characters of base64url.
std::optional<std::string_view> session_id_of(std::string_view cookie_field);

// --- who made the browser send it ---

/// Whether a request that carries the cookie may do what is asked, by the fields that scripts
/// cannot set. Sec-Fetch-Site must be same-origin, or none (typed by the user); Origin must be one
/// of ours, "https://host" with port unless 443; both are checked when both are there, and at least
/// one must be: browsers send one with everything but a plain GET. For methods that change
/// something and for reading what is not public.
bool is_same_origin(std::optional<std::string_view> sec_fetch_site,
                    std::optional<std::string_view> origin,
                    std::span<const std::string_view> our_origins);

}  // namespace lumbung::api::login
