// Cursors: where the next page of a list begins, sealed, so that a client can neither read one as a
// promise nor make one up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/ledger.h"

namespace lumbung::api {

/// A place in a list: what the two numbers mean is the list's matter.
struct Place {
  std::uint64_t major = 0;
  std::uint32_t minor = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

/// base64url(place || first 8 bytes of HMAC-SHA-256(secret, list || place)). The list's name (its
/// cooperative, account and filter) is sealed in but not carried, so a cursor of one list is none
/// of another. Immutable: any thread.
class Cursors {
 public:
  /// The secret stands beside the journal, so that cursors outlive a restart; it is made when there
  /// is none. Throws StoreError.
  explicit Cursors(storage::Ledger& ledger);

  std::string seal(std::string_view list, const Place& place) const;
  /// nullopt for what seal() did not give for this list.
  std::optional<Place> open(std::string_view list, std::string_view cursor) const;

 private:
  static constexpr std::size_t kSecretBytes = 32;
  static constexpr std::size_t kPlaceBytes = 12;
  static constexpr std::size_t kSealBytes = 8;
  using Seal = std::array<unsigned char, kSealBytes>;

  Seal seal_of(std::string_view list, std::string_view place) const;

  std::array<unsigned char, kSecretBytes> secret_;
};

}  // namespace lumbung::api
