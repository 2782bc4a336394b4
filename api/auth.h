// Who asks: bearer tokens, and the roles that the journal grants.
//
// A token is "lmb_" and 43 characters of base64url: 32 random bytes. The ledger keeps only its
// SHA-256, beside the journal, so a copied data directory holds no way in. A token names a
// principal of one cooperative and carries no power of its own: roles are read from the published
// book at each request, so a revoked role is gone with the next one.
#pragma once

#include <array>
#include <cstring>
#include <functional>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/command.h"
#include "engine/date.h"
#include "engine/id.h"
#include "engine/refusal.h"
#include "storage/digest.h"
#include "storage/ledger.h"

namespace lumbung::api {

/// A set of roles: bit n is Role n, as engine::Principal has them.
struct Roles {
  std::uint32_t bits = 0;

  template <class... R>
  static constexpr Roles of(R... roles) {
    return {((std::uint32_t{1} << static_cast<unsigned>(roles)) | ... | 0U)};
  }
  constexpr bool has(engine::Role role) const {
    return (bits >> static_cast<unsigned>(role) & 1U) != 0;
  }
  constexpr bool meets(Roles other) const { return (bits & other.bits) != 0; }
};

/// In the order in which lists have them.
inline constexpr std::array kAllRoles{engine::Role::kAdmin,   engine::Role::kTreasurer,
                                      engine::Role::kTeller,  engine::Role::kApprover,
                                      engine::Role::kAuditor, engine::Role::kIntegrator};
/// "admin" and so on, in that order.
std::vector<std::string_view> names_of(Roles roles);
/// The same as one text.
std::string text_of(Roles roles, std::string_view between);

/// What is known of a token; never the token itself.
struct TokenInfo {
  std::string id;  // lower-case hex of the token's SHA-256: what it is revoked by
  engine::CoopId coop;
  std::string principal;
  engine::Timestamp created;
  std::optional<engine::Timestamp> expires;  // absent: never
  std::string label;                         // the admin's word for it: at most 64 ASCII characters
};

struct NewToken {
  std::string secret;  // shown once, to be kept by its holder
  TokenInfo info;
};

/// Who a request comes from.
struct Caller {
  engine::CoopId coop;
  engine::PrincipalHandle principal;
  Roles roles;  // held now; empty when all were revoked
};

/// The tokens of a data directory, all of them in memory: a request with a made-up token costs no
/// look at the disk. Any thread. One object a process, since what another one changes is not seen.
class Tokens {
 public:
  /// Reads what there is. `ledger` must outlive it; `clock`: UTC, absent: the system's.
  explicit Tokens(storage::Ledger& ledger, std::function<engine::Timestamp()> clock = {});
  Tokens(const Tokens&) = delete;
  Tokens& operator=(const Tokens&) = delete;

  /// A token for a principal that was granted a role. What a label cannot hold becomes '?' or is
  /// cut off. Refused: coop_unknown, principal_unknown
  /// (also for the operator, who speaks on the machine only). Durable when it returns. Throws
  /// StoreError.
  engine::Result<NewToken> create(const engine::CoopId& coop, std::string_view principal,
                                  std::string_view label,
                                  std::optional<engine::Timestamp> expires = std::nullopt);
  /// False when the cooperative has no token of this id. Effective when it returns.
  bool revoke(const engine::CoopId& coop, std::string_view id);
  /// In order of creation.
  std::vector<TokenInfo> list(const engine::CoopId& coop) const;
  /// nullopt for anything but a live token. Reads memory only.
  std::optional<Caller> authenticate(std::string_view token) const;

 private:
  /// A SHA-256 is as random as a hash can be.
  struct FirstBytes {
    std::size_t operator()(const storage::Hash& hash) const noexcept {
      std::size_t value;
      std::memcpy(&value, hash.data(), sizeof value);
      return value;
    }
  };

  storage::Ledger& ledger_;
  std::function<engine::Timestamp()> clock_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<storage::Hash, TokenInfo, FirstBytes> tokens_;  // under mutex_
};

/// The token of "Authorization: Bearer …" (RFC 6750, section 2.1; the scheme's case is ignored);
/// nullopt for any other form.
std::optional<std::string_view> bearer_token(std::string_view authorization);

}  // namespace lumbung::api
