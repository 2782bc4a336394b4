#include "api/login/devices.h"

#include <utility>

namespace lumbung::api::login {

Challenges::Challenges(Clock clock, RandomBytes random)
    : clock_(or_boot_clock(std::move(clock))), random_(or_random_bytes(std::move(random))) {}

std::optional<storage::Hash> Challenges::give(Purpose purpose, const engine::CoopId& coop,
                                              const DeviceId& device) {
  const std::int64_t now_us = clock_().us;
  const std::lock_guard lock(mutex_);
  std::erase_if(given_, [&](const auto& row) { return now_us - row.second.given_us >= kLifeUs; });
  std::size_t own = 0;
  auto oldest = given_.end();
  for (auto row = given_.begin(); row != given_.end(); ++row) {
    if (row->second.coop != coop || row->second.device != device) continue;
    ++own;
    if (oldest == given_.end() || row->second.given_us < oldest->second.given_us) oldest = row;
  }
  if (own >= kPerDeviceMax) given_.erase(oldest);
  if (given_.size() >= kMax) return std::nullopt;
  storage::Hash challenge;
  random_(challenge);
  given_.insert_or_assign(challenge, Given{purpose, coop, device, now_us});
  return challenge;
}

bool Challenges::accept(Purpose purpose, const engine::CoopId& coop, const DeviceId& device,
                        const DeviceKey& key, const storage::Hash& challenge,
                        std::string_view signature) {
  const std::int64_t now_us = clock_().us;
  {
    const std::lock_guard lock(mutex_);
    const auto found = given_.find(challenge);
    // Another device's stays: nobody can use up what was given to somebody else.
    if (found == given_.end() || found->second.coop != coop || found->second.device != device) {
      return false;
    }
    const Given given = found->second;
    given_.erase(found);
    if (given.purpose != purpose || now_us - given.given_us >= kLifeUs) return false;
  }
  return key.verify(signed_message(purpose, coop, device, challenge), signature);
}

void Challenges::forget(const engine::CoopId& coop, const DeviceId& device) {
  const std::lock_guard lock(mutex_);
  std::erase_if(given_, [&](const auto& row) {
    return row.second.coop == coop && row.second.device == device;
  });
}

bool approves(const engine::CoopId& coop, const DeviceId& device, const DeviceKey& key,
              const storage::Hash& proposal_digest, std::string_view signature) {
  return key.verify(signed_message(Purpose::kApprove, coop, device, proposal_digest), signature);
}

}  // namespace lumbung::api::login
