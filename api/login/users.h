// Users: the people of a data directory, how they prove who they are, and their sessions. Here the
// parts of this folder meet: passwords hashed on a thread of their own, codes, lock-out, sessions,
// and what is kept beside the journal. What is told does not depend on whether a name exists.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth.h"
#include "api/login/credentials.h"
#include "api/login/lockout.h"
#include "api/login/outside.h"
#include "api/login/passwords.h"
#include "api/login/sessions.h"
#include "api/workers.h"
#include "storage/ledger.h"

namespace lumbung::api::login {

/// What became of a try.
enum class Outcome : std::uint8_t {
  kRight,
  kWrong,         ///< whatever was wrong, whether or not there is such a user
  kCodeRequired,  ///< the password is right and a code is wanted, too
  kLocked,        ///< not looked at: come back after `retry_after_s`
  kBusy,          ///< the hashing queue is full, or there is no room for a session: come back soon
  kGone,          ///< the session, or what was begun in it, ended meanwhile
  kFailed,        ///< the disk failed
};
inline constexpr std::size_t kOutcomes = static_cast<std::size_t>(Outcome::kFailed) + 1;
/// "right" and so on: for /metrics.
std::string_view name_of(Outcome outcome);

struct Told {
  Outcome outcome = Outcome::kFailed;
  std::int64_t retry_after_s = 0;          ///< of kLocked
  std::optional<NewSession> session = {};  ///< of kRight, where one was opened or renewed
  UserId user = {};                        ///< of kRight
};
/// Called once, on any thread, also the caller's; does not throw.
using OnTold = std::function<void(Told)>;

/// A person at the door.
struct Visitor {
  engine::CoopId coop;
  std::string name;     ///< as sent, whether or not there is such a user
  std::string address;  ///< http::RequestHead::peer, or whom a proxy of ours speaks for
};

/// A person in a session of theirs.
struct Insider {
  UserId user;
  std::string name;
  std::string address;
  std::string session_id;
};

/// What a page may know of its session.
struct SessionFacts {
  std::string principal;
  Roles roles;
  Secret csrf;
  engine::Timestamp ends_at;  ///< UTC; earlier after idle_s without a request
  std::int64_t idle_s = 0;
  bool has_totp = false;
  bool must_change_password = false;
};

/// A user as an administrator sees them.
struct UserRow {
  UserId user;
  std::string name;
  Roles roles;
  Credentials::Known known;  ///< all absent when nothing was ever set
  bool totp_is_lost = false;
  std::size_t sessions = 0;
};

/// Any thread. Callbacks come from threads of its own; those that begin with a password wait for no
/// disk before they return. One object a process: sessions and lock-out are in memory.
class Users {
 public:
  /// How long a password that somebody else chose may be used for the first login: UTC.
  static constexpr std::int64_t kOneTimeLifeUs = 3 * kDayUs;
  /// Between begin_totp() and confirm_totp().
  static constexpr std::int64_t kTotpBeginLifeUs = 10 * kMinuteUs;

  struct Options {
    Clock utc;         ///< absent: the system's
    Clock since_boot;  ///< absent: the system's; for sessions and lock-out
    RandomBytes random;
    HashCost cost;
    std::size_t hash_queue_max = Passwords::kQueueMax;
    Sessions::Limits sessions;
    /// Takes a sentence for the operator. Absent: nobody is told.
    std::function<void(std::string_view what)> error_log;
  };

  /// `ledger` must outlive it. Whoever was locked when the last process ended is so again.
  Users(storage::Ledger& ledger, Secret seal_key) : Users(ledger, std::move(seal_key), Options{}) {}
  Users(storage::Ledger& ledger, Secret seal_key, Options options);
  Users(const Users&) = delete;
  Users& operator=(const Users&) = delete;

  // --- at the door ---

  /// Opens a session for who holds a role, has the password and, when there is a TOTP, its code.
  /// `code`: empty: none was sent.
  void log_in(Visitor visitor, Secret password, std::string code, OnTold told);
  /// Who asks; the session has been used now. nullopt: it is none.
  std::optional<Caller> authenticate(std::string_view session_id);
  bool must_change_password(const UserId& user) const;
  /// nullopt: it is none.
  std::optional<SessionFacts> facts_of(std::string_view session_id);
  Sessions& sessions() { return sessions_; }

  // --- one's own ---

  /// kRight: `next` is the password, the session has a new id, and all others of the user ended.
  /// REQUIRES: fault_of(next) is none.
  void change_password(Insider insider, Secret old, Secret next, OnTold told);
  /// A new secret, to be proved by confirm_totp(). nullopt when the user has a TOTP.
  std::optional<Secret> begin_totp(const UserId& user);
  /// kWrong: not its code of now. kGone: nothing was begun, or too long ago.
  void confirm_totp(const UserId& user, std::string code, OnTold told);
  void remove_totp(Insider insider, Secret password, OnTold told);

  // --- an administrator's; these wait for the disk ---

  /// Everybody who was ever granted a role in the cooperative, but the operator.
  std::vector<UserRow> list(const engine::CoopId& coop) const;
  std::optional<UserRow> find(const engine::CoopId& coop, std::string_view name) const;
  /// Ends the user's sessions, and what locked them. False when the hashing queue is full.
  /// REQUIRES: fault_of(password) is none.
  bool set_password(const UserRow& user, Secret password, Credentials::Chosen chosen);
  void unlock(const UserRow& user);
  void clear_totp(const UserRow& user);
  /// How many there were.
  std::size_t end_sessions(const UserRow& user);
  /// How many users must be given a new TOTP, since the key that sealed theirs is gone.
  std::size_t lost_totps() const;

  // --- figures, for /metrics ---

  struct Figures {
    std::array<std::uint64_t, kOutcomes> logins{};  ///< log_in() by Outcome
    std::uint64_t locks = 0;
    std::uint64_t sessions = 0;
    std::uint64_t waiting = 0;  ///< for the hashing thread
  };
  Figures figures() const;

 private:
  struct Try;
  using TryPtr = std::shared_ptr<Try>;
  using OnRight = std::function<void(const TryPtr&, const Passwords::Verdict&)>;
  struct Begun {
    Secret secret;
    std::int64_t begun_us;
  };

  std::optional<std::string> hash_of(Try& attempt, const UserId& user) const;
  bool is_set_anew(const Try& attempt) const;

  /// Takes the try in and compares; `right` runs on the hashing thread, and has it settled.
  void compare(const TryPtr& attempt, Secret password, std::optional<std::string> hash,
               OnRight right);
  void enter(const TryPtr& attempt, const Passwords::Verdict& verdict, const std::string& hash);
  void put_password(const TryPtr& attempt, const std::string& hash);
  void settle(Try& attempt, Lockout::Outcome outcome);
  void turn_away(const TryPtr& attempt);
  void tell(const TryPtr& attempt, Told told);
  /// On the thread that waits for the disk; a failure is told as kFailed.
  void later(const TryPtr& attempt, std::function<void()> work);
  /// The same for what nobody waits for.
  void afterwards(std::function<void()> work);

  storage::Ledger& ledger_;
  const Clock utc_;
  const RandomBytes random_;
  const std::function<void(std::string_view)> error_log_;
  Credentials credentials_;
  Lockout lockout_;
  Sessions sessions_;
  std::array<std::atomic<std::uint64_t>, kOutcomes> logins_{};
  std::mutex begun_mutex_;
  std::map<UserId, Begun> begun_;  // under begun_mutex_
  Workers keeper_;                 // waits for the disk; ends after what gives it work
  Passwords passwords_;            // last: its thread ends first
};

}  // namespace lumbung::api::login
