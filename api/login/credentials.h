// Credentials: what the server keeps of its users' proofs, beside the journal, as tokens are: the
// hash of a password, the sealed secret of a TOTP, its last step, wrong tries. None of it is truth
// about money, so none of it is journalled, and it can be deleted. Keys hold a cooperative's id and
// a principal's number, values hold no name.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/login/outside.h"
#include "api/login/totp.h"
#include "storage/ledger.h"

namespace lumbung::api::login {

/// All of a data directory's, in memory, and on the disk when a call that changes one returns: such
/// calls wait for the disk, so they do not run on an io thread. Any thread. One object a process.
/// Throws StoreError.
class Credentials {
 public:
  static constexpr std::size_t kSealKeyBytes = 32;

  /// What is known of a user; never the TOTP's secret.
  struct Known {
    std::optional<std::string> password_hash;  ///< absent: none was set
    bool one_time = false;                     ///< the password must be changed at the next login
    bool has_totp = false;
    std::uint32_t wrong_tries = 0;  ///< since the last login: for Lockout::restore, and to be told
    engine::Timestamp changed;      ///< when password or TOTP were last set
    /// Another one each time a password is set, 0 at the start: tells whether it still is the one
    /// that was compared. A hash made anew does not change it.
    std::uint64_t setting = 0;
  };

  /// Who chose a password.
  enum class Chosen : std::uint8_t {
    kByUser,
    kForUser,  ///< by somebody else, or by chance: works once, for choosing another one
  };

  /// Reads what there is. `ledger` must outlive it. `seal_key`: kSealKeyBytes that do not lie in
  /// the data directory's store; with another key than before, TOTPs are none any more and their
  /// users are refused. `clock`: UTC.
  Credentials(storage::Ledger& ledger, Secret seal_key, Clock clock = {}, RandomBytes random = {});
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  /// nullopt for a user without any. Reads memory only.
  std::optional<Known> find(const UserId& user) const;
  /// Every user who has some.
  std::vector<std::pair<UserId, Known>> all() const;

  /// Whether the user's TOTP was sealed under another key than the one that is there: no code is
  /// right until the TOTP is cleared.
  bool has_lost_totp(const UserId& user) const;

  /// A hash of class Passwords. Forgets the wrong tries.
  void set_password(const UserId& user, std::string_view hash, Chosen chosen = Chosen::kByUser);
  /// The same password, hashed anew (Passwords::Verdict::new_hash): only if the user's hash is
  /// still `old_hash`, so that a change made meanwhile stays.
  void replace_hash(const UserId& user, std::string_view old_hash, std::string_view hash);
  /// Of kTotpSecretBytes, proved by a code first (totp_accept), whose step is `used_step`.
  void set_totp(const UserId& user, const Secret& secret, std::int64_t used_step);
  void clear_totp(const UserId& user);
  /// Whether it is a code of now that was not used, nor any later one. It is used, durably, when
  /// this returns true: of two who send the same code, one is told true.
  bool use_totp(const UserId& user, std::string_view code);

  /// One more wrong try; nothing for a user without credentials. After the answer was sent: it
  /// waits for the disk, which made-up names do not.
  void count_wrong(const UserId& user);
  void clear_wrong(const UserId& user);

  /// All of a user's. The store's files hold the deleted bytes until they are compacted: a hash,
  /// and a secret under the seal.
  void forget(const UserId& user);

 private:
  struct Record {
    std::optional<std::string> password_hash;
    bool one_time = false;
    std::string sealed_totp;  ///< nonce || ciphertext || tag; empty: none
    std::int64_t last_step = 0;
    std::uint32_t wrong_tries = 0;
    engine::Timestamp changed;
    std::uint64_t setting = 0;  ///< not kept
  };
  using Records = std::map<UserId, Record>;

  static std::string encode(const Record& record);
  static std::optional<Record> decode(std::string_view text);
  static Known known_of(const Record& record);
  std::string seal(const UserId& user, std::string_view secret) const;
  std::optional<Secret> unseal(const UserId& user, std::string_view sealed) const;
  /// Of the user, or an empty one. Stays true while writing_ is held.
  Record record_of(const UserId& user) const;
  /// To the disk, then into memory. REQUIRES: writing_ is held.
  void write(const UserId& user, Record record);

  storage::Ledger& ledger_;
  const Secret seal_key_;
  const Clock clock_;
  const RandomBytes random_;
  std::mutex writing_;          ///< held across the disk; taken before mutex_
  std::uint64_t settings_ = 0;  // under writing_
  mutable std::shared_mutex mutex_;
  Records records_;  // under mutex_
};

}  // namespace lumbung::api::login
