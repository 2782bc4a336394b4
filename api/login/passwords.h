// Passwords: argon2id (RFC 9106) by libsodium, on one thread of its own.
//
// A hash takes 19 MiB and about 13 ms of a core, so it never runs on an io thread, and one that
// runs and eight that wait are the most that strangers can make the server spend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/login/outside.h"
#include "api/workers.h"

namespace lumbung::api::login {

/// Why a password may not be chosen.
enum class PasswordFault : std::uint8_t {
  kTooShort,    ///< fewer than kPasswordMin bytes
  kTooLong,     ///< more than kPasswordMax bytes
  kNotText,     ///< no UTF-8, or control characters in it
  kCommon,      ///< among those that are tried first
  kIsUserName,  ///< the user's name, whatever its case
};
inline constexpr std::size_t kPasswordFaults =
    static_cast<std::size_t>(PasswordFault::kIsUserName) + 1;

inline constexpr std::size_t kPasswordMin = 10;   ///< bytes of UTF-8
inline constexpr std::size_t kPasswordMax = 128;  ///< bytes of UTF-8

/// nullopt when the user of that name may have the password. There are no rules of composition:
/// they make passwords no harder to guess (NIST SP 800-63B, 5.1.1.2). The case of ASCII letters is
/// ignored where texts are compared. Any thread.
std::optional<PasswordFault> fault_of(std::string_view password, std::string_view user_name);

/// "password_too_short" and so on: the code on the wire.
std::string_view name_of(PasswordFault fault);

/// What a person is told of it, one sentence.
std::string_view sentence_of(PasswordFault fault);

/// What a hash costs. The default is OWASP's least for argon2id; lanes are one in libsodium.
struct HashCost {
  std::size_t memory_bytes = std::size_t{19} * 1024 * 1024;
  unsigned passes = 2;
};

/// Hashes and compares passwords. Any thread; callbacks run on the hashing thread and do not throw.
/// Memory that cannot be had for a hash ends the process, as anywhere else.
class Passwords {
 public:
  static constexpr std::size_t kQueueMax = 8;  ///< that wait, besides the one being hashed
  static constexpr int kRetryAfterS = 1;       ///< what a caller who found it full is told, seconds

  struct Verdict {
    bool right = false;
    /// Of a right password whose hash costs something else than is asked for today: the hash to
    /// keep from now on.
    std::optional<std::string> new_hash;
  };

  Passwords() : Passwords(HashCost{}) {}
  explicit Passwords(HashCost cost, std::size_t queue_max = kQueueMax);

  /// Gives `done` a hash, "$argon2id$v=19$m=…,t=…,p=1$salt$hash", with a salt of its own. False,
  /// and nothing taken, when the queue is full: 503 with kRetryAfterS.
  [[nodiscard]] bool hash(Secret password, std::function<void(std::string hash)> done);

  /// Compares with the hash of a user; nullopt for a user who does not exist or has no password. It
  /// is then compared with a hash that no password has, which costs the same, and is wrong. False,
  /// and nothing taken, when the queue is full. A hash of an older cost takes its own time, until
  /// its owner logs in once.
  [[nodiscard]] bool verify(Secret password, std::optional<std::string> hash,
                            std::function<void(Verdict)> done);

  /// Tries that wait: for /metrics.
  std::size_t waiting() const { return workers_.waiting(); }

 private:
  const HashCost cost_;
  const std::string nobodys_hash_;
  Workers workers_;  // last: its thread ends before what its tasks use
};

}  // namespace lumbung::api::login
