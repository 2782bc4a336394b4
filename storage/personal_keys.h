// The keys of the cooperatives, under which the keys of persons are wrapped, and the file that
// holds them. The form of the file: docs/personal-data.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/id.h"
#include "storage/digest.h"
#include "storage/wiped.h"

namespace lumbung::storage {

/// From 1 on; each rotation makes the next one.
using KeyGeneration = std::uint32_t;

/// One generation of a cooperative's key and what follows from it.
struct CoopKey {
  SecretKey key;
  SecretKey wrap;    // seals the keys of persons
  SecretKey lookup;  // makes the tags of the blind index
  Hash proof{};      // tells one key from another and says nothing about it
};

/// All keys of a node. They lie in guarded pages that are locked into memory where the system
/// allows it (sodium_malloc). Moves only; threads must take turns.
class KeyRing {
 public:
  /// nullopt unless `text` is, to the byte, what `text()` gives for some ring.
  static std::optional<KeyRing> parse(std::string_view text);
  WipedBytes text() const;

  /// nullptr when there is no such key. Valid until it is dropped.
  const CoopKey* find(const engine::CoopId& coop, KeyGeneration generation) const;
  /// Ascending; one as a rule, two while keys are rotated, none for an unknown cooperative.
  std::vector<KeyGeneration> generations(const engine::CoopId& coop) const;
  std::vector<engine::CoopId> coops() const;
  bool empty() const { return keys_.empty(); }

  /// A new random key, newer than all others of the cooperative.
  KeyGeneration add(const engine::CoopId& coop);
  void drop(const engine::CoopId& coop, KeyGeneration generation);

 private:
  struct Free {
    void operator()(CoopKey* key) const;
  };
  using Guarded = std::unique_ptr<CoopKey, Free>;

  static Guarded make_room();
  void keep(const engine::CoopId& coop, KeyGeneration generation, Guarded key);

  std::map<std::pair<engine::CoopId, KeyGeneration>, Guarded> keys_;
};

/// nullopt when there is no file. Throws StoreError when it is no key file, or when others than its
/// owner may read it.
std::optional<KeyRing> load_keys(const std::filesystem::path& path);
/// Makes the file, mode 0600, on the disk when it returns. Throws StoreError, also when it exists.
void create_keys(const std::filesystem::path& path, const KeyRing& ring);
/// Puts the ring in the place of the one in the file, which is overwritten. Throws StoreError.
void save_keys(const std::filesystem::path& path, const KeyRing& ring);

}  // namespace lumbung::storage
