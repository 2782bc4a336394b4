// A personal store in a directory of its own, and looks at its bytes from outside.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/ledger.h"
#include "storage/personal_store.h"
#include "tests/temporary_directory.h"

namespace lumbung::storage {

inline const engine::CoopId kDesa = *engine::CoopId::parse("DESA-SATU");
inline const engine::CoopId kOther = *engine::CoopId::parse("DESA-DUA");
inline constexpr engine::Timestamp kNoon{1'770'000'000'000'000};

class PersonalFixture : public testing::Test {
 protected:
  static DocumentId identity(std::uint64_t person, std::uint64_t number = 1);
  static DocumentId document(std::uint64_t person, DocumentKind kind, std::uint64_t number = 1);
  static Access by_teller(std::string purpose = "counter");
  static std::string nik_of(std::uint64_t person);

  void open(std::function<void(RotationStep)> on_step = {});
  void close() { store.reset(); }
  void reopen() { close(), open(); }

  /// A person with an identity card that is found by `nik_of` and names `name`.
  void add(std::uint64_t person, std::string_view name);
  /// What a read answers, as text; the answer's name when it is not kDone.
  std::string read(const DocumentId& id);

  std::filesystem::path directory() const { return temporary.path() / "personal"; }
  std::filesystem::path database_file() const { return directory() / "personal.db"; }
  std::filesystem::path keys_file() const { return directory() / "keys"; }

  tests::TemporaryDirectory temporary;
  std::unique_ptr<PersonalStore> store;
};

/// Every byte of every file under a directory, by path.
std::map<std::string, std::string> bytes_under(const std::filesystem::path& directory);
/// The files that hold these bytes.
std::vector<std::string> files_with(const std::filesystem::path& directory, std::string_view bytes);

/// The table `secret` of a database nobody else has open, or of a copy of one.
std::map<std::int64_t, std::string> slots_in(const std::filesystem::path& database);
/// The slots that hold something of a person: the wrapped key, and the tags of the blind index.
struct PersonSlots {
  std::int64_t key_slot = 0;
  std::string key;                // the slot's bytes that count, without its first ones
  std::vector<std::string> tags;  // 32 bytes each
};
std::map<std::uint64_t, PersonSlots> person_slots_in(const std::filesystem::path& database);
/// One statement on a closed store's file.
void run_on(const std::filesystem::path& database, const std::string& sql);

std::string name_of(PersonalAnswer answer);

}  // namespace lumbung::storage
