#include "api/login/users.h"

#include <algorithm>
#include <exception>
#include <future>
#include <limits>
#include <utility>

#include "engine/check.h"

namespace lumbung::api::login {

using Chosen = Credentials::Chosen;
using Verdict = Passwords::Verdict;

/// One try, from the request to its answer. One thread at a time.
struct Users::Try {
  Visitor visitor;
  std::string code;
  std::string session_id;      ///< of who is inside
  std::optional<UserId> user;  ///< absent: there is none, or none that may enter
  std::uint64_t setting = 0;   ///< Credentials::Known's, of what is compared
  Secret next;                 ///< the password that is to be
  bool is_login = false;
  bool taken_in = false;  ///< begun with the lock-out and not ended
  OnTold told;

  Lockout::Who who() const { return {visitor.coop, visitor.name, visitor.address}; }
};

std::string_view name_of(Outcome outcome) {
  constexpr std::array<std::string_view, kOutcomes> kNames{
      "right", "wrong", "code_required", "locked", "busy", "gone", "failed"};
  return kNames[static_cast<std::size_t>(outcome)];
}

Users::Users(storage::Ledger& ledger, Secret seal_key, Options options)
    : ledger_(ledger),
      utc_(or_utc_clock(options.utc)),
      random_(or_random_bytes(options.random)),
      error_log_(std::move(options.error_log)),
      credentials_(ledger, std::move(seal_key), utc_, random_),
      lockout_(options.since_boot, random_),
      sessions_(options.sessions, options.since_boot, random_),
      keeper_(1, std::numeric_limits<std::size_t>::max()),
      passwords_(options.cost, options.hash_queue_max) {
  for (const auto& [user, known] : credentials_.all()) {
    if (const auto principal = ledger_.principal(user.coop, user.principal)) {
      lockout_.restore(user.coop, principal->name, known.wrong_tries);
    }
  }
}

// --- at the door ---

void Users::log_in(Visitor visitor, Secret password, std::string code, OnTold told) {
  auto attempt = std::make_shared<Try>();
  attempt->visitor = std::move(visitor);
  attempt->code = std::move(code);
  attempt->is_login = true;
  attempt->told = std::move(told);

  std::optional<std::string> hash;
  const engine::CoopId& coop = attempt->visitor.coop;
  const auto handle = ledger_.find_principal(coop, attempt->visitor.name);
  const auto principal = handle ? ledger_.principal(coop, *handle) : std::nullopt;
  if (principal && *handle != engine::kOperator && principal->roles != 0) {
    const UserId user{coop, *handle};
    hash = hash_of(*attempt, user);
    const auto known = credentials_.find(user);
    // Nobody waits for a letter that long, and whoever finds it later shall not come in.
    if (known && known->one_time && utc_().us - known->changed.us >= kOneTimeLifeUs) {
      hash = std::nullopt;
    }
  }
  compare(attempt, std::move(password), hash,
          [this, hash](const TryPtr& right, const Verdict& verdict) {
            later(right, [this, right, verdict, hash] { enter(right, verdict, *hash); });
          });
}

void Users::enter(const TryPtr& attempt, const Verdict& verdict, const std::string& hash) {
  const UserId user = *attempt->user;
  const auto known = credentials_.find(user);
  if (is_set_anew(*attempt)) return turn_away(attempt);
  if (known->has_totp) {
    if (attempt->code.empty()) {
      settle(*attempt, Lockout::Outcome::kNotDone);
      return tell(attempt, {.outcome = Outcome::kCodeRequired});
    }
    if (!credentials_.use_totp(user, attempt->code)) return turn_away(attempt);
  }
  auto session = sessions_.open({user, std::nullopt});
  // Who sets a password ends the sessions that are there then. If this one came after that, the
  // new password is seen here; if not, it was ended there.
  if (session && is_set_anew(*attempt)) {
    sessions_.end(session->id.view());
    return turn_away(attempt);
  }
  settle(*attempt, Lockout::Outcome::kRight);
  if (!session) return tell(attempt, {.outcome = Outcome::kBusy});
  tell(attempt, {.outcome = Outcome::kRight, .session = std::move(session), .user = user});
  afterwards([this, user, verdict, hash] {
    credentials_.clear_wrong(user);
    if (verdict.new_hash) credentials_.replace_hash(user, hash, *verdict.new_hash);
  });
}

std::optional<Caller> Users::authenticate(std::string_view session_id) {
  const auto session = sessions_.find(session_id);
  if (!session) return std::nullopt;
  const UserId& user = session->owner.user;
  Caller caller{user.coop, user.principal, {}};
  if (const auto who = ledger_.principal(user.coop, user.principal)) caller.roles = {who->roles};
  return caller;
}

bool Users::must_change_password(const UserId& user) const {
  const auto known = credentials_.find(user);
  return known && known->one_time;
}

std::optional<SessionFacts> Users::facts_of(std::string_view session_id) {
  const auto session = sessions_.find(session_id);
  if (!session) return std::nullopt;
  const UserId& user = session->owner.user;
  const auto principal = ledger_.principal(user.coop, user.principal);
  const auto known = credentials_.find(user);
  if (!principal) return std::nullopt;
  SessionFacts facts;
  facts.principal = principal->name;
  facts.roles = {principal->roles};
  facts.csrf = sessions_.csrf_of(session_id);
  facts.ends_at = {utc_().us + sessions_.left_us(*session)};
  facts.idle_s = sessions_.idle_us() / kSecondUs;
  facts.has_totp = known && known->has_totp;
  facts.must_change_password = known && known->one_time;
  return facts;
}

// --- one's own ---

void Users::change_password(Insider insider, Secret old, Secret next, OnTold told) {
  auto attempt = std::make_shared<Try>();
  attempt->visitor = {insider.user.coop, std::move(insider.name), std::move(insider.address)};
  attempt->session_id = std::move(insider.session_id);
  attempt->next = std::move(next);
  attempt->told = std::move(told);
  auto hash = hash_of(*attempt, insider.user);
  compare(attempt, std::move(old), std::move(hash), [this](const TryPtr& right, const Verdict&) {
    settle(*right, Lockout::Outcome::kRight);
    const bool taken = passwords_.hash(std::move(right->next), [this, right](std::string made) {
      later(right, [this, right, made = std::move(made)] { put_password(right, made); });
    });
    if (!taken) tell(right, {.outcome = Outcome::kBusy});
  });
}

void Users::put_password(const TryPtr& attempt, const std::string& hash) {
  const UserId user = *attempt->user;
  auto session = is_set_anew(*attempt) ? std::nullopt : sessions_.step_up(attempt->session_id);
  if (!session) return tell(attempt, {.outcome = Outcome::kGone});
  credentials_.set_password(user, hash);
  sessions_.end_others_of(user, session->id.view());
  tell(attempt, {.outcome = Outcome::kRight, .session = std::move(session), .user = user});
}

std::optional<Secret> Users::begin_totp(const UserId& user) {
  const auto known = credentials_.find(user);
  if (known && known->has_totp) return std::nullopt;
  Secret secret = new_totp_secret(random_);
  const std::int64_t now_us = utc_().us;
  const std::lock_guard lock(begun_mutex_);
  std::erase_if(begun_,
                [&](const auto& row) { return now_us - row.second.begun_us >= kTotpBeginLifeUs; });
  begun_.insert_or_assign(user, Begun{Secret(secret.view()), now_us});
  return secret;
}

void Users::confirm_totp(const UserId& user, std::string code, OnTold told) {
  auto attempt = std::make_shared<Try>();
  attempt->user = user;
  attempt->code = std::move(code);
  attempt->told = std::move(told);
  later(attempt, [this, attempt, user] {
    const engine::Timestamp now = utc_();
    std::optional<std::int64_t> step;
    Secret secret;
    {
      const std::lock_guard lock(begun_mutex_);
      const auto found = begun_.find(user);
      if (found == begun_.end() || now.us - found->second.begun_us >= kTotpBeginLifeUs) {
        return tell(attempt, {.outcome = Outcome::kGone});
      }
      step = totp_accept(found->second.secret.view(), attempt->code, now, /*last_step=*/-1);
      if (!step) return tell(attempt, {.outcome = Outcome::kWrong});
      secret = std::move(found->second.secret);
      begun_.erase(found);
    }
    credentials_.set_totp(user, secret, *step);
    tell(attempt, {.outcome = Outcome::kRight, .user = user});
  });
}

void Users::remove_totp(Insider insider, Secret password, OnTold told) {
  auto attempt = std::make_shared<Try>();
  attempt->visitor = {insider.user.coop, std::move(insider.name), std::move(insider.address)};
  attempt->told = std::move(told);
  auto hash = hash_of(*attempt, insider.user);
  compare(attempt, std::move(password), std::move(hash),
          [this](const TryPtr& right, const Verdict&) {
            settle(*right, Lockout::Outcome::kRight);
            later(right, [this, right] {
              if (is_set_anew(*right)) return tell(right, {.outcome = Outcome::kGone});
              credentials_.clear_totp(*right->user);
              credentials_.clear_wrong(*right->user);
              tell(right, {.outcome = Outcome::kRight, .user = *right->user});
            });
          });
}

// --- how a try goes ---

std::optional<std::string> Users::hash_of(Try& attempt, const UserId& user) const {
  attempt.user = user;
  const auto known = credentials_.find(user);
  if (!known) return std::nullopt;
  attempt.setting = known->setting;
  return known->password_hash;
}

bool Users::is_set_anew(const Try& attempt) const {
  const auto known = credentials_.find(*attempt.user);
  return !known || known->setting != attempt.setting;
}

void Users::compare(const TryPtr& attempt, Secret password, std::optional<std::string> hash,
                    OnRight right) {
  const Lockout::State state = lockout_.begin(attempt->who());
  if (!state.open) {
    return tell(attempt, {.outcome = Outcome::kLocked, .retry_after_s = state.retry_after_s});
  }
  attempt->taken_in = true;
  const bool taken =
      passwords_.verify(std::move(password), std::move(hash),
                        [this, attempt, right = std::move(right)](const Verdict& verdict) {
                          verdict.right ? right(attempt, verdict) : turn_away(attempt);
                        });
  if (taken) return;
  settle(*attempt, Lockout::Outcome::kNotDone);
  tell(attempt, {.outcome = Outcome::kBusy});
}

void Users::settle(Try& attempt, Lockout::Outcome outcome) {
  CHECK(std::exchange(attempt.taken_in, false));
  lockout_.end(attempt.who(), outcome);
}

void Users::turn_away(const TryPtr& attempt) {
  settle(*attempt, Lockout::Outcome::kWrong);
  tell(attempt, {.outcome = Outcome::kWrong});
  // The disk is waited for after the answer and on another thread than the one that hashes: neither
  // this answer nor the next one says whether there is such a user.
  if (!attempt->user) return;
  afterwards([this, user = *attempt->user] { credentials_.count_wrong(user); });
}

void Users::tell(const TryPtr& attempt, Told told) {
  if (attempt->is_login) ++logins_[static_cast<std::size_t>(told.outcome)];
  const OnTold on_told = std::exchange(attempt->told, nullptr);
  if (on_told) on_told(std::move(told));
}

void Users::later(const TryPtr& attempt, std::function<void()> work) {
  keeper_.push([this, attempt, work = std::move(work)] {
    try {
      work();
    } catch (const std::exception& failure) {
      if (error_log_) error_log_(failure.what());
      if (attempt->taken_in) settle(*attempt, Lockout::Outcome::kNotDone);
      tell(attempt, {.outcome = Outcome::kFailed});
    }
  });
}

void Users::afterwards(std::function<void()> work) {
  keeper_.push([this, work = std::move(work)] {
    try {
      work();
    } catch (const std::exception& failure) {
      if (error_log_) error_log_(failure.what());
    }
  });
}

// --- an administrator's ---

std::vector<UserRow> Users::list(const engine::CoopId& coop) const {
  std::vector<UserRow> rows;
  for (const engine::Principal& principal : ledger_.principals(coop)) {
    if (auto row = find(coop, principal.name)) rows.push_back(std::move(*row));
  }
  return rows;
}

std::optional<UserRow> Users::find(const engine::CoopId& coop, std::string_view name) const {
  const auto handle = ledger_.find_principal(coop, name);
  if (!handle || *handle == engine::kOperator) return std::nullopt;
  const auto principal = ledger_.principal(coop, *handle);
  if (!principal) return std::nullopt;
  const UserId user{coop, *handle};
  return UserRow{.user = user,
                 .name = principal->name,
                 .roles = {principal->roles},
                 .known = credentials_.find(user).value_or(Credentials::Known{}),
                 .totp_is_lost = credentials_.has_lost_totp(user),
                 .sessions = sessions_.count_of(user)};
}

bool Users::set_password(const UserRow& user, Secret password, Chosen chosen) {
  // The promise belongs to the callback, too: whoever waits for it may go before set_value returns.
  const auto made = std::make_shared<std::promise<std::string>>();
  if (!passwords_.hash(std::move(password),
                       [made](std::string hash) { made->set_value(std::move(hash)); })) {
    return false;
  }
  credentials_.set_password(user.user, made->get_future().get(), chosen);
  end_sessions(user);
  lockout_.forget(user.user.coop, user.name);
  return true;
}

void Users::unlock(const UserRow& user) {
  credentials_.clear_wrong(user.user);
  lockout_.forget(user.user.coop, user.name);
}

void Users::clear_totp(const UserRow& user) {
  credentials_.clear_totp(user.user);
}

std::size_t Users::end_sessions(const UserRow& user) {
  {
    const std::lock_guard lock(begun_mutex_);
    begun_.erase(user.user);
  }
  return sessions_.end_all_of(user.user);
}

std::size_t Users::lost_totps() const {
  const auto all = credentials_.all();
  return static_cast<std::size_t>(std::ranges::count_if(
      all, [this](const auto& row) { return credentials_.has_lost_totp(row.first); }));
}

Users::Figures Users::figures() const {
  Figures figures;
  for (std::size_t i = 0; i < kOutcomes; ++i) figures.logins[i] = logins_[i];
  figures.locks = lockout_.locks();
  figures.sessions = sessions_.size();
  figures.waiting = passwords_.waiting();
  return figures;
}

}  // namespace lumbung::api::login
