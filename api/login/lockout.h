// Lockout: how often somebody may try. It counts wrong passwords and wrong codes alike, by user and
// by address, and knows nothing of who exists: a made-up name is counted and locked like any other,
// so what a caller is told says nothing about users.
//
// A try is taken in before it is looked at (begin) and settled afterwards (end), so that a hundred
// tries sent at once are not a hundred tries for the price of one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "api/login/outside.h"

namespace lumbung::api::login {

/// Microseconds, and numbers of tries.
struct LockoutFigures {
  std::uint32_t tries;      ///< wrong ones in a row that lock
  std::int64_t backoff_us;  ///< to wait after the first wrong try, twice as long after each next
  std::int64_t lock_us;     ///< the first lock, twice as long each next time
  std::int64_t lock_max_us;
  std::int64_t forget_us;  ///< after the last wrong try or the end of its lock all is forgotten
};

/// Five is what a person needs who has two passwords in mind and a sticky key. Guessing gets 35
/// tries on the first day and five on each later one: a password that is not among the first few
/// thousand stands for years. The back-off takes the haste out of a script before it locks.
inline constexpr LockoutFigures kUserFigures{5, kSecondUs, 15 * kMinuteUs, kDayUs, kDayUs};
/// A village office, or a whole mobile network, is one address to us: twenty, no back-off between
/// different people's tries, and an hour's quiet forgives. That leaves one address some 400 tries a
/// day, spread over all users.
inline constexpr LockoutFigures kAddressFigures{20, 0, 15 * kMinuteUs, kDayUs, kHourUs};

/// Any thread. In memory only, of fixed size: each user and each address has a place by a keyed
/// hash, two may share one (and then its count), and nothing that is sent can make it forget.
/// restore() brings back what must outlive the process.
class Lockout {
 public:
  struct Who {
    engine::CoopId coop;
    std::string_view user;     ///< as sent, whether or not there is one
    std::string_view address;  ///< http::RequestHead::peer; IPv6 addresses count by their /64
  };

  enum class Outcome : std::uint8_t {
    kWrong,
    kRight,    ///< all factors: the user's wrong tries are forgotten, the address's are not
    kNotDone,  ///< right so far and more is asked for, or never looked at (queue full)
  };

  struct State {
    bool open = true;
    /// When to come back: seconds, at least 1 when not open. 429 with Retry-After, the same for
    /// every reason.
    std::int64_t retry_after_s = 0;
  };

  static constexpr std::size_t kPlaces = std::size_t{1} << 16;  ///< of users; as many of addresses

  /// `clock` is asked for differences only: since boot by default. `random`: for the hash's key.
  explicit Lockout(Clock clock = {}, RandomBytes random = {});

  /// Takes a try in. When not open, nothing was taken: the credentials are not to be looked at, and
  /// there is nothing to end.
  [[nodiscard]] State begin(const Who& who);
  /// Settles a try that was taken in; each once. The state is the next try's.
  State end(const Who& who, Outcome outcome);
  /// An administrator's word that the user may try again.
  void forget(const engine::CoopId& coop, std::string_view user);
  /// At the start: the user had so many wrong tries in a row. Whoever was locked is so again, for
  /// as long as the last lock was.
  void restore(const engine::CoopId& coop, std::string_view user, std::uint32_t wrong);
  /// Locks so far, of users and of addresses: for /metrics.
  std::uint64_t locks() const;

 private:
  struct Place {
    std::int64_t blocked_until_us = 0;
    std::int64_t changed_us = 0;  ///< the last wrong try
    std::uint32_t wrong = 0;      ///< since the last lock
    std::uint32_t under_way = 0;  ///< begun and not ended
    std::uint32_t locks = 0;      ///< so far
  };

  std::size_t place_of(std::string_view kind, std::string_view coop, std::string_view name) const;
  Place& user_place(const engine::CoopId& coop, std::string_view user);
  Place& address_place(std::string_view address);
  static State state_of(Place& place, const LockoutFigures& figures, std::int64_t now_us);
  void count_wrong(Place& place, const LockoutFigures& figures, std::int64_t now_us);

  Clock clock_;
  std::array<unsigned char, 32> key_;
  mutable std::mutex mutex_;
  std::uint64_t locks_ = 0;       // under mutex_
  std::vector<Place> users_;      // under mutex_
  std::vector<Place> addresses_;  // under mutex_
};

}  // namespace lumbung::api::login
