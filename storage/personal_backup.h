// What ties a copy of the personal store to the keys that open it and to the journal it belongs to.
// The form of the manifest: docs/personal-data.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/digest.h"
#include "storage/head_file.h"
#include "storage/personal_keys.h"
#include "storage/personal_store.h"

namespace lumbung::storage {

struct BackupManifest {
  struct Key {
    engine::CoopId coop;
    KeyGeneration generation = 0;
    Hash proof{};
    friend bool operator==(const Key&, const Key&) = default;
  };

  Hash database{};  // SHA-256 of the file
  std::uint64_t database_bytes = 0;
  BackupKeys keys_are = BackupKeys::kApart;
  std::vector<Key> keys;  // all that are needed; ascending
  Heads heads;

  std::string text() const;
  /// nullopt unless `text` is, to the byte, what `text()` gives for some manifest.
  static std::optional<BackupManifest> parse(std::string_view text);
};

/// In order of precedence.
enum class PairFault : std::uint8_t {
  kNone,
  kNoManifest,       // no backup, or one that was not finished
  kManifestDamaged,  //
  kDatabaseMissing,  //
  kDatabaseOther,    // is not the file that was backed up
  kKeysMissing,      //
  kKeysOther,        // do not open this database
  kHeadsOther,       // belongs to another copy of the journal
};

std::string_view sentence_of(PairFault fault);

/// Whether a copy is whole, `keys_file` opens it, and it belongs to a journal that ends at `heads`.
/// Changes nothing. Throws StoreError when something cannot be read at all.
PairFault check_pair(const std::filesystem::path& directory, const std::filesystem::path& keys_file,
                     const Heads& heads);

}  // namespace lumbung::storage
