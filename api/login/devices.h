// Challenges for registered devices: the server's word that a signature is made now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

#include "api/login/device_key.h"
#include "api/login/outside.h"
#include "storage/digest.h"

namespace lumbung::api::login {

/// Gives challenges out and takes each back once. In memory only: what was given before a restart
/// is asked for again. Any thread.
class Challenges {
 public:
  static constexpr std::int64_t kLifeUs = 60 * kSecondUs;  ///< a phone that must be unlocked first
  static constexpr std::size_t kMax = 4096;                ///< at a time, of all devices
  static constexpr std::size_t kPerDeviceMax = 4;          ///< tabs; a further one ends the oldest

  /// `clock` is asked for differences only: since boot by default.
  explicit Challenges(Clock clock = {}, RandomBytes random = {});

  /// 32 random bytes for one signature of this device for this purpose. nullopt when too many are
  /// out: 503.
  std::optional<storage::Hash> give(Purpose purpose, const engine::CoopId& coop,
                                    const DeviceId& device);

  /// Whether the signature is the device's over a challenge that was given to it for this purpose,
  /// is not older than kLifeUs and was not used. It is used now, also when the signature is wrong.
  bool accept(Purpose purpose, const engine::CoopId& coop, const DeviceId& device,
              const DeviceKey& key, const storage::Hash& challenge, std::string_view signature);

  /// A revoked device's are worth nothing any more.
  void forget(const engine::CoopId& coop, const DeviceId& device);

 private:
  struct Given {
    Purpose purpose;
    engine::CoopId coop;
    DeviceId device;
    std::int64_t given_us;
  };

  const Clock clock_;
  const RandomBytes random_;
  std::mutex mutex_;
  std::map<storage::Hash, Given> given_;  // under mutex_
};

/// Whether a device approved the proposal of this digest.
bool approves(const engine::CoopId& coop, const DeviceId& device, const DeviceKey& key,
              const storage::Hash& proposal_digest, std::string_view signature);

}  // namespace lumbung::api::login
