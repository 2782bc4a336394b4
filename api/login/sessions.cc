#include "api/login/sessions.h"

#include <sodium.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace lumbung::api::login {
namespace {

constexpr std::size_t kIdBytes = 32;
constexpr std::size_t kIdChars = 43;  // of base64url
constexpr std::string_view kCookieName = "__Host-sid";
constexpr std::string_view kCookieRules = "; Secure; HttpOnly; SameSite=Strict; Path=/";
constexpr std::string_view kCsrfContext = "lumbung.csrf.v1";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

Sessions::Sessions(Limits limits, Clock clock, RandomBytes random)
    : limits_(limits),
      clock_(or_boot_clock(std::move(clock))),
      random_(or_random_bytes(std::move(random))) {
  random_(csrf_key_);
}

std::optional<NewSession> Sessions::open(const SessionOwner& owner) {
  const engine::Timestamp now = clock_();
  const std::lock_guard lock(mutex_);
  make_room(owner.user, now.us);
  if (sessions_.size() >= limits_.sessions_max) return std::nullopt;
  return keep({{owner, now, std::nullopt}, now.us});
}

std::optional<Session> Sessions::find(std::string_view id) {
  // What is looked up and compared is the hash: how long that takes says nothing about the id.
  const storage::Hash hash = storage::sha256(id);
  const std::lock_guard lock(mutex_);
  // Asked under the lock, so that `used_us` never goes back.
  const std::int64_t now_us = clock_().us;
  const auto found = sessions_.find(hash);
  if (found == sessions_.end()) return std::nullopt;
  if (has_ended(found->second, now_us)) {
    sessions_.erase(found);
    return std::nullopt;
  }
  found->second.used_us = now_us;
  return found->second.session;
}

std::optional<NewSession> Sessions::step_up(std::string_view id) {
  const storage::Hash hash = storage::sha256(id);
  const std::lock_guard lock(mutex_);
  const engine::Timestamp now = clock_();
  const auto found = sessions_.find(hash);
  if (found == sessions_.end() || has_ended(found->second, now.us)) return std::nullopt;
  Kept kept = found->second;
  sessions_.erase(found);
  kept.session.stepped_up = now;
  kept.used_us = now.us;
  return keep(std::move(kept));
}

bool Sessions::csrf_matches(std::string_view id, std::string_view token) const {
  const Secret wanted = csrf_of(storage::sha256(id));
  return token.size() == wanted.view().size() &&
         sodium_memcmp(token.data(), wanted.view().data(), token.size()) == 0;
}

Secret Sessions::csrf_of(std::string_view id) const {
  return csrf_of(storage::sha256(id));
}

std::int64_t Sessions::left_us(const Session& session) const {
  return session.opened.us + limits_.absolute_us - clock_().us;
}

std::size_t Sessions::end(std::string_view id) {
  const storage::Hash hash = storage::sha256(id);
  const std::lock_guard lock(mutex_);
  return sessions_.erase(hash);
}

std::size_t Sessions::end_all_of(const UserId& user) {
  return end_where([&](const auto& row) { return row.second.session.owner.user == user; });
}

std::size_t Sessions::end_others_of(const UserId& user, std::string_view kept_id) {
  const storage::Hash kept = storage::sha256(kept_id);
  return end_where(
      [&](const auto& row) { return row.second.session.owner.user == user && row.first != kept; });
}

std::size_t Sessions::end_all_of(const engine::CoopId& coop, const DeviceId& device) {
  return end_where([&](const auto& row) {
    const SessionOwner& owner = row.second.session.owner;
    return owner.user.coop == coop && owner.device == device;
  });
}

std::size_t Sessions::size() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

std::size_t Sessions::count_of(const UserId& user) const {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_us = clock_().us;
  return static_cast<std::size_t>(std::ranges::count_if(sessions_, [&](const auto& row) {
    return row.second.session.owner.user == user && !has_ended(row.second, now_us);
  }));
}

bool Sessions::has_ended(const Kept& kept, std::int64_t now_us) const {
  return now_us - kept.used_us >= limits_.idle_us ||
         now_us - kept.session.opened.us >= limits_.absolute_us;
}

Secret Sessions::csrf_of(const storage::Hash& hash) const {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, csrf_key_.data(), csrf_key_.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(kCsrfContext), kCsrfContext.size());
  crypto_auth_hmacsha256_update(&state, hash.data(), hash.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac;
  crypto_auth_hmacsha256_final(&state, mac.data());
  return Secret(base64url(view_of(mac)));
}

NewSession Sessions::keep(Kept kept) {
  std::array<unsigned char, kIdBytes> bytes;
  random_(bytes);
  NewSession made;
  made.id = Secret(base64url(view_of(bytes)));
  sodium_memzero(bytes.data(), bytes.size());
  const storage::Hash hash = storage::sha256(made.id.view());
  made.csrf = csrf_of(hash);
  sessions_.insert_or_assign(hash, std::move(kept));
  return made;
}

void Sessions::make_room(const UserId& user, std::int64_t now_us) {
  std::erase_if(sessions_, [&](const auto& row) { return has_ended(row.second, now_us); });
  std::size_t own = 0;
  auto longest_idle = sessions_.end();
  for (auto row = sessions_.begin(); row != sessions_.end(); ++row) {
    if (row->second.session.owner.user != user) continue;
    ++own;
    if (longest_idle == sessions_.end() || row->second.used_us < longest_idle->second.used_us) {
      longest_idle = row;
    }
  }
  if (own >= limits_.per_user_max) sessions_.erase(longest_idle);
}

template <class Predicate>
std::size_t Sessions::end_where(const Predicate& matches) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(sessions_, matches);
}

std::string set_cookie(std::string_view id) {
  return std::string(kCookieName).append("=").append(id).append(kCookieRules);
}

std::string clear_cookie() {
  return std::string(kCookieName).append("=").append(kCookieRules).append("; Max-Age=0");
}

std::optional<std::string_view> session_id_of(std::string_view cookie_field) {
  constexpr std::string_view kId =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::optional<std::string_view> id;
  while (!cookie_field.empty()) {
    const std::size_t end = std::min(cookie_field.find(';'), cookie_field.size());
    const std::string_view pair = trimmed(cookie_field.substr(0, end));
    cookie_field.remove_prefix(std::min(end + 1, cookie_field.size()));
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos || pair.substr(0, equals) != kCookieName) continue;
    const std::string_view value = pair.substr(equals + 1);
    // Two are a sign that somebody else could set one: which is right cannot be told.
    if (id || value.size() != kIdChars || value.find_first_not_of(kId) != value.npos) {
      return std::nullopt;
    }
    id = value;
  }
  return id;
}

bool is_same_origin(std::optional<std::string_view> sec_fetch_site,
                    std::optional<std::string_view> origin,
                    std::span<const std::string_view> our_origins) {
  if (!sec_fetch_site && !origin) return false;
  if (sec_fetch_site && *sec_fetch_site != "same-origin" && *sec_fetch_site != "none") {
    return false;
  }
  return !origin || std::find(our_origins.begin(), our_origins.end(), *origin) != our_origins.end();
}

}  // namespace lumbung::api::login
