// A copy of the personal store, and what ties it to its keys and its journal.
#include "storage/personal_backup.h"

#include <atomic>
#include <thread>

#include "tests/files.h"
#include "tests/storage/personal/fixture.h"

namespace lumbung::storage {
namespace {

namespace fs = std::filesystem;

Heads heads_at(std::uint64_t block) {
  Heads heads;
  heads[kDesa] = {{block}, sha256("block"), {block * 10}};
  return heads;
}

class PersonalBackup : public PersonalFixture {
 protected:
  PersonalBackup() {
    open();
    add(1, "Siti");
    add(2, "Budi");
  }
  std::string read_in(const fs::path& directory, const fs::path& keys, std::uint64_t person) {
    close();
    store = PersonalStore::open({directory, keys, {}});
    return read(identity(person));
  }

  fs::path copy = temporary.path() / "copy";
};

TEST_F(PersonalBackup, OpensAsAStoreOfItsOwn) {
  store->backup(copy, heads_at(7), BackupKeys::kCopied);
  EXPECT_EQ(check_pair(copy, copy / "keys", heads_at(7)), PairFault::kNone);
  add(3, "after it");
  EXPECT_EQ(read_in(copy, {}, 1), "Siti");
  EXPECT_EQ(read(identity(3)), "unknown");
  EXPECT_EQ(store->find(kDesa, DocumentKind::kIdentity, nik_of(2)).size(), 1u);
}

TEST_F(PersonalBackup, KeepsItsKeysApart) {
  store->backup(copy, heads_at(7), BackupKeys::kApart);
  EXPECT_FALSE(fs::exists(copy / "keys"));
  EXPECT_EQ(check_pair(copy, copy / "keys", heads_at(7)), PairFault::kKeysMissing);
  EXPECT_EQ(check_pair(copy, keys_file(), heads_at(7)), PairFault::kNone);
  const std::string key = tests::read_file(keys_file()).substr(40, 64);
  EXPECT_TRUE(files_with(copy, key).empty());
  EXPECT_EQ(read_in(copy, keys_file(), 1), "Siti");
}

TEST_F(PersonalBackup, IsNeverMadeOverAnything) {
  fs::create_directory(copy);
  EXPECT_THROW(store->backup(copy, {}, BackupKeys::kApart), StoreError);
}

TEST_F(PersonalBackup, HalvesAndMixturesAreTold) {
  store->backup(copy, heads_at(7), BackupKeys::kCopied);
  const auto fault = [&] { return check_pair(copy, copy / "keys", heads_at(7)); };
  EXPECT_EQ(check_pair(copy, copy / "keys", heads_at(8)), PairFault::kHeadsOther);
  EXPECT_EQ(check_pair(copy, copy / "keys", {}), PairFault::kHeadsOther);

  const fs::path later = temporary.path() / "later";
  add(3, "Joko");
  store->rotate_keys(kDesa);
  store->backup(later, heads_at(7), BackupKeys::kCopied);
  EXPECT_EQ(check_pair(copy, later / "keys", heads_at(7)), PairFault::kKeysOther);
  EXPECT_EQ(check_pair(later, copy / "keys", heads_at(7)), PairFault::kKeysOther);

  const std::string database = tests::read_file(copy / "personal.db");
  tests::write_file(copy / "personal.db", tests::read_file(later / "personal.db"));
  EXPECT_EQ(fault(), PairFault::kDatabaseOther);
  tests::write_file(copy / "personal.db", database.substr(0, database.size() - 1));
  EXPECT_EQ(fault(), PairFault::kDatabaseOther);
  tests::write_file(copy / "personal.db", tests::flipped(database, database.size() / 2));
  EXPECT_EQ(fault(), PairFault::kDatabaseOther);
  tests::write_file(copy / "personal.db", database);
  EXPECT_EQ(fault(), PairFault::kNone);

  fs::rename(copy / "keys", copy / "elsewhere");
  EXPECT_EQ(fault(), PairFault::kKeysMissing);
  fs::rename(copy / "elsewhere", copy / "keys");
  fs::remove(copy / "personal.db");
  EXPECT_EQ(fault(), PairFault::kDatabaseMissing);
  const std::string manifest = tests::read_file(copy / "MANIFEST");
  tests::write_file(copy / "MANIFEST", tests::flipped(manifest, 60));
  EXPECT_EQ(fault(), PairFault::kManifestDamaged);
  fs::remove(copy / "MANIFEST");
  EXPECT_EQ(fault(), PairFault::kNoManifest);
}

// What docs/personal-data.md says of older copies, both ways.
TEST_F(PersonalBackup, StillHoldsWhoIsErasedAfterIt) {
  const fs::path with_keys = temporary.path() / "with-keys";
  store->backup(copy, {}, BackupKeys::kApart);
  store->backup(with_keys, {}, BackupKeys::kCopied);
  ASSERT_EQ(store->erase(kDesa, {1}, {kNoon, {1}, "x"}), PersonalAnswer::kDone);
  EXPECT_EQ(check_pair(copy, keys_file(), {}), PairFault::kNone) << "the live keys still open it";
  store->rotate_keys(kDesa);
  EXPECT_EQ(check_pair(copy, keys_file(), {}), PairFault::kKeysOther) << "and now no more";
  EXPECT_EQ(check_pair(with_keys, with_keys / "keys", {}), PairFault::kNone);
  EXPECT_EQ(read_in(with_keys, {}, 1), "Siti") << "its own keys do, until it is destroyed";
}

TEST_F(PersonalBackup, IsOfOneMomentWhileOthersWrite) {
  std::atomic<std::uint64_t> acknowledged = 2;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::uint64_t person = 3; !stop; ++person) {
      ASSERT_EQ(store->add_person(kDesa, {person}, kNoon), PersonalAnswer::kDone);
      ASSERT_EQ(store->put(identity(person), std::string(200'000, 'x')).answer,
                PersonalAnswer::kDone);
      acknowledged = person;
      if (person % 50 == 0) store->erase(kDesa, {person - 1}, {kNoon, {1}, "x"});
    }
  });
  while (acknowledged < 150) std::this_thread::yield();  // some 30 MB: several pieces
  const std::uint64_t before = acknowledged;
  store->backup(copy, {}, BackupKeys::kCopied);
  stop = true;
  writer.join();
  EXPECT_EQ(check_pair(copy, copy / "keys", {}), PairFault::kNone);
  close();
  store = PersonalStore::open({copy, {}, {}});
  std::uint64_t last = 0;
  store->visit(kDesa, DocumentKind::kIdentity, [&](const DocumentId& id, const Reading& reading) {
    EXPECT_EQ(reading.answer, PersonalAnswer::kDone);
    last = id.person.value;
  });
  EXPECT_GE(last, before);
}

// --- the manifest ---

// Made by hand; the sum is Python's hashlib's.
constexpr std::string_view kManifest =
    "lumbung personal backup 1\n"
    "database 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 4096\n"
    "keys apart\n"
    "key DESA-SATU 3 101112131415161718191a1b1c1d1e1f000102030405060708090a0b0c0d0e0f\n"
    "head DESA-SATU 812 90210 202122232425262728292a2b2c2d2e2f000102030405060708090a0b0c0d0e0f\n"
    "sha256 a346da1ccfe0500f03c8cb375ea889ae8820e7e97c03c679ad8eb6da3bb30426\n";

TEST(BackupManifest, IsTheTextThatTheManualShows) {
  const std::string manual = tests::read_file(LUMBUNG_DOCS_DIR "/personal-data.md");
  EXPECT_NE(manual.find(kManifest), manual.npos);
  const auto manifest = BackupManifest::parse(kManifest);
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->text(), kManifest);
  EXPECT_EQ(hex(manifest->database),
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  EXPECT_EQ(manifest->database_bytes, 4096u);
  EXPECT_EQ(manifest->keys_are, BackupKeys::kApart);
  ASSERT_EQ(manifest->keys.size(), 1u);
  EXPECT_EQ(manifest->keys[0].coop, kDesa);
  EXPECT_EQ(manifest->keys[0].generation, 3u);
  ASSERT_EQ(manifest->heads.count(kDesa), 1u);
  EXPECT_EQ(manifest->heads.at(kDesa).block_no.value, 812u);
  EXPECT_EQ(manifest->heads.at(kDesa).last_event.value, 90210u);
}

TEST(BackupManifest, NoOtherTextIsOne) {
  for (std::size_t at = 0; at < kManifest.size(); ++at) {
    for (const char mask : {'\x01', '\x20', '\x80'}) {
      EXPECT_FALSE(BackupManifest::parse(tests::flipped(std::string(kManifest), at, mask))) << at;
    }
    EXPECT_FALSE(BackupManifest::parse(kManifest.substr(0, at))) << at;
  }
  EXPECT_FALSE(BackupManifest::parse(std::string(kManifest) + "\n"));
  const auto summed = [](std::string text) { return text + "sha256 " + hex(sha256(text)) + "\n"; };
  const std::string body(kManifest.substr(0, kManifest.find("sha256")));
  EXPECT_TRUE(BackupManifest::parse(summed(body)));
  const auto with = [&](std::string_view part, std::string_view other) {
    std::string text = body;
    return summed(text.replace(text.find(part), part.size(), other));
  };
  EXPECT_FALSE(BackupManifest::parse(with("apart", "aside")));
  EXPECT_FALSE(BackupManifest::parse(with("4096", "04096")));
  EXPECT_FALSE(BackupManifest::parse(with("4096", "4096 1")));
  EXPECT_FALSE(BackupManifest::parse(with("keys apart\n", "")));
  EXPECT_FALSE(BackupManifest::parse(with("keys apart\n", "keys apart\nkeys apart\n")));
  EXPECT_FALSE(BackupManifest::parse(with("head DESA-SATU", "head desa")));
}

TEST(BackupManifest, FaultsHaveSentences) {
  for (int fault = 0; fault <= static_cast<int>(PairFault::kHeadsOther); ++fault) {
    EXPECT_FALSE(sentence_of(static_cast<PairFault>(fault)).empty());
  }
}

}  // namespace
}  // namespace lumbung::storage
