#include "api/login/lockout.h"

#include <arpa/inet.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "engine/check.h"

namespace lumbung::api::login {
namespace {

/// What counts as one address: of IPv6 what one subscriber gets.
std::string network_of(std::string_view address) {
  const std::string text(address);
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, text.c_str(), &parsed) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    std::array<char, INET_ADDRSTRLEN> v4{};
    ::inet_ntop(AF_INET, parsed.s6_addr + 12, v4.data(), v4.size());
    return v4.data();
  }
  return std::string(reinterpret_cast<const char*>(parsed.s6_addr), 8);
}

/// Twice as long each time, up to the longest.
std::int64_t doubled(std::int64_t first_us, std::uint32_t times, std::int64_t most_us) {
  std::int64_t us = first_us;
  for (; times > 0 && us < most_us; --times) us *= 2;
  return std::min(us, most_us);
}

}  // namespace

Lockout::Lockout(Clock clock, RandomBytes random)
    : clock_(or_boot_clock(std::move(clock))), users_(kPlaces), addresses_(kPlaces) {
  or_random_bytes(std::move(random))(key_);
}

Lockout::State Lockout::begin(const Who& who) {
  const std::int64_t now_us = clock_().us;
  const std::lock_guard lock(mutex_);
  Place& user = user_place(who.coop, who.user);
  Place& address = address_place(who.address);
  const State by_user = state_of(user, kUserFigures, now_us);
  const State by_address = state_of(address, kAddressFigures, now_us);
  if (!by_user.open || !by_address.open) {
    return {false, std::max(by_user.retry_after_s, by_address.retry_after_s)};
  }
  ++user.under_way;
  ++address.under_way;
  return {};
}

Lockout::State Lockout::end(const Who& who, Outcome outcome) {
  const std::int64_t now_us = clock_().us;
  const std::lock_guard lock(mutex_);
  Place& user = user_place(who.coop, who.user);
  Place& address = address_place(who.address);
  CHECK(user.under_way > 0 && address.under_way > 0);
  --user.under_way;
  --address.under_way;
  switch (outcome) {
    case Outcome::kWrong:
      count_wrong(user, kUserFigures, now_us);
      count_wrong(address, kAddressFigures, now_us);
      break;
    case Outcome::kRight:
      user = Place{.under_way = user.under_way};
      break;
    case Outcome::kNotDone:
      break;
  }
  const State by_user = state_of(user, kUserFigures, now_us);
  const State by_address = state_of(address, kAddressFigures, now_us);
  return {by_user.open && by_address.open,
          std::max(by_user.retry_after_s, by_address.retry_after_s)};
}

void Lockout::forget(const engine::CoopId& coop, std::string_view user) {
  const std::lock_guard lock(mutex_);
  Place& place = user_place(coop, user);
  place = Place{.under_way = place.under_way};
}

void Lockout::restore(const engine::CoopId& coop, std::string_view user, std::uint32_t wrong) {
  if (wrong == 0) return;
  const std::int64_t now_us = clock_().us;
  const std::lock_guard lock(mutex_);
  Place& place = user_place(coop, user);
  place = Place{.changed_us = now_us,
                .wrong = wrong % kUserFigures.tries,
                .under_way = place.under_way,
                .locks = wrong / kUserFigures.tries};
  if (place.locks > 0) {
    place.blocked_until_us =
        now_us + doubled(kUserFigures.lock_us, place.locks - 1, kUserFigures.lock_max_us);
  }
}

std::uint64_t Lockout::locks() const {
  const std::lock_guard lock(mutex_);
  return locks_;
}

std::size_t Lockout::place_of(std::string_view kind, std::string_view coop,
                              std::string_view name) const {
  // Each part has its length before it, so that no two texts run together.
  crypto_generichash_state state;
  crypto_generichash_init(&state, key_.data(), key_.size(), crypto_generichash_BYTES);
  for (const std::string_view part : {kind, coop, name}) {
    const std::uint64_t size = part.size();
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(&state, bytes_of(part), part.size());
  }
  std::array<unsigned char, crypto_generichash_BYTES> hash;
  crypto_generichash_final(&state, hash.data(), hash.size());
  std::size_t number = 0;
  std::memcpy(&number, hash.data(), sizeof number);
  return number % kPlaces;
}

Lockout::Place& Lockout::user_place(const engine::CoopId& coop, std::string_view user) {
  return users_[place_of("user", coop.text(), user)];
}

Lockout::Place& Lockout::address_place(std::string_view address) {
  return addresses_[place_of("address", "", network_of(address))];
}

Lockout::State Lockout::state_of(Place& place, const LockoutFigures& figures, std::int64_t now_us) {
  if (now_us >= std::max(place.changed_us, place.blocked_until_us) + figures.forget_us) {
    place = Place{.under_way = place.under_way};
  }
  std::int64_t wait_us = place.blocked_until_us - now_us;
  // As many are being looked at as could still be wrong: the next one waits for what they were.
  if (place.wrong + place.under_way >= figures.tries) wait_us = std::max(wait_us, kSecondUs);
  if (wait_us <= 0) return {};
  return {false, (wait_us + kSecondUs - 1) / kSecondUs};
}

void Lockout::count_wrong(Place& place, const LockoutFigures& figures, std::int64_t now_us) {
  place.changed_us = now_us;
  ++place.wrong;
  std::int64_t wait_us = 0;
  if (place.wrong < figures.tries) {
    wait_us = doubled(figures.backoff_us, place.wrong - 1, figures.lock_max_us);
  } else {
    wait_us = doubled(figures.lock_us, place.locks, figures.lock_max_us);
    place.wrong = 0;
    ++place.locks;
    ++locks_;
  }
  place.blocked_until_us = std::max(place.blocked_until_us, now_us + wait_us);
}

}  // namespace lumbung::api::login
