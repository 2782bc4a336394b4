#include "storage/personal_keys.h"

#include <sys/stat.h>

#include <set>

#include "storage/durable_file.h"
#include "tests/files.h"
#include "tests/storage/personal/fixture.h"

namespace lumbung::storage {
namespace {

namespace fs = std::filesystem;

// Made by hand; the sums are Python's hashlib's, what is derived its hmac module's.
constexpr std::string_view kEmpty =
    "lumbung personal keys 1\n"
    "sha256 d0d9ebd6506b25f5e5845d4348d0cf6773460138ccfbf16a06fe9e8f9e7de3d6\n";
constexpr std::string_view kOneKey =
    "lumbung personal keys 1\n"
    "key DESA-SATU 3 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
    "sha256 cac83b03f39238c04f2f6380010a577df0c944ece4123790c8f1409eb5177f55\n";

std::string text_of(const KeyRing& ring) {
  return std::string(view_of(ring.text()));
}

TEST(KeyRing, IsTheTextThatTheManualShows) {
  const std::string manual = tests::read_file(LUMBUNG_DOCS_DIR "/personal-data.md");
  EXPECT_NE(manual.find(kOneKey), manual.npos);
  EXPECT_EQ(text_of({}), kEmpty);
  const auto ring = KeyRing::parse(kOneKey);
  ASSERT_TRUE(ring);
  EXPECT_EQ(text_of(*ring), kOneKey);
  EXPECT_EQ(ring->generations(kDesa), std::vector<KeyGeneration>{3});
  const CoopKey* key = ring->find(kDesa, 3);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(hex(key->key.view()),
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  EXPECT_EQ(hex(key->wrap.view()),
            "5c0781336cc847b31ec1add8e7e5e55cf0000443a485d7fa43ead5a201dabf43");
  EXPECT_EQ(hex(key->lookup.view()),
            "69ea2540d9e046ea0b768f401d590dd251779a695a77b973b5a3e5e7a1bb503d");
  EXPECT_EQ(hex(key->proof), "8f02cade4ddb9c4e0fc6461c1db585b40890dde36f9415fb7f108c9acc041e6b");
  EXPECT_EQ(ring->find(kDesa, 2), nullptr);
  EXPECT_EQ(ring->find(kOther, 3), nullptr);
}

TEST(KeyRing, NoOtherTextIsOne) {
  for (std::size_t at = 0; at < kOneKey.size(); ++at) {
    for (const char mask : {'\x01', '\x20', '\x80'}) {
      EXPECT_FALSE(KeyRing::parse(tests::flipped(std::string(kOneKey), at, mask))) << at;
    }
    EXPECT_FALSE(KeyRing::parse(kOneKey.substr(0, at))) << at;
  }
  EXPECT_FALSE(KeyRing::parse(std::string(kOneKey) + "\n"));
}

TEST(KeyRing, RightlySummedTextMustStillBeCanonical) {
  const std::string first = "lumbung personal keys 1\n";
  const std::string key = " 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
  const std::string capital = " 000102030405060708090A0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
  const auto summed = [](const std::string& text) {
    return text + "sha256 " + hex(sha256(text)) + "\n";
  };
  EXPECT_TRUE(KeyRing::parse(summed(first + "key AA 1" + key + "key AA 2" + key)));
  EXPECT_FALSE(KeyRing::parse(summed(first + "key AA 2" + key + "key AA 1" + key)));
  EXPECT_FALSE(KeyRing::parse(summed(first + "key AA 1" + key + "key AA 1" + key)));
  EXPECT_FALSE(KeyRing::parse(summed(first + "key AA 0" + key)));
  EXPECT_FALSE(KeyRing::parse(summed(first + "key AA 01" + key)));
  EXPECT_FALSE(KeyRing::parse(summed(first + "key AA 4294967296" + key)));
  EXPECT_FALSE(KeyRing::parse(summed(first + "key a 1" + key)));
  EXPECT_FALSE(KeyRing::parse(summed(first + "key AA 1" + capital)));
  EXPECT_FALSE(KeyRing::parse(summed(first + "key AA  1" + key)));
  EXPECT_FALSE(KeyRing::parse(summed(first + "lock AA 1" + key)));
  EXPECT_FALSE(KeyRing::parse(summed("lumbung personal keys 2\n")));
}

TEST(KeyRing, AddsRandomKeysInTurn) {
  KeyRing ring;
  EXPECT_EQ(ring.add(kDesa), 1u);
  EXPECT_EQ(ring.add(kDesa), 2u);
  EXPECT_EQ(ring.add(kOther), 1u);
  std::set<std::string> keys;
  for (const auto& [coop, generation] : {std::pair(kDesa, 1u), {kDesa, 2u}, {kOther, 1u}}) {
    const CoopKey* key = ring.find(coop, generation);
    for (const auto bytes :
         {key->key.view(), key->wrap.view(), key->lookup.view(), storage::view_of(key->proof)}) {
      keys.insert(std::string(bytes));
    }
  }
  EXPECT_EQ(keys.size(), 12u);
  ring.drop(kDesa, 1);
  EXPECT_EQ(ring.generations(kDesa), std::vector<KeyGeneration>{2});
  EXPECT_EQ(ring.coops(), (std::vector{kOther, kDesa}));
  EXPECT_EQ(text_of(*KeyRing::parse(text_of(ring))), text_of(ring));
}

class KeyFile : public testing::Test {
 protected:
  tests::TemporaryDirectory temporary;
  fs::path path = temporary.path() / "keys";
};

TEST_F(KeyFile, IsForItsOwnerAlone) {
  EXPECT_FALSE(load_keys(path));
  KeyRing ring;
  ring.add(kDesa);
  create_keys(path, ring);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_EQ(text_of(*load_keys(path)), text_of(ring));
  for (const mode_t mode : {0640u, 0604u, 0620u, 0660u}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_THROW(load_keys(path), StoreError) << mode;
  }
}

TEST_F(KeyFile, IsNeverCreatedOverAnother) {
  KeyRing ring;
  ring.add(kDesa);
  create_keys(path, ring);
  EXPECT_THROW(create_keys(path, {}), StoreError);
  EXPECT_EQ(text_of(*load_keys(path)), text_of(ring));
}

TEST_F(KeyFile, ThatWasReplacedIsOverwritten) {
  KeyRing ring;
  ring.add(kDesa);
  create_keys(path, ring);
  const fs::path same_file = temporary.path() / "another-name";
  fs::create_hard_link(path, same_file);
  const std::string before = tests::read_file(same_file);
  ring.add(kDesa);
  save_keys(path, ring);
  EXPECT_EQ(text_of(*load_keys(path)), text_of(ring));
  EXPECT_EQ(tests::read_file(same_file), std::string(before.size(), '\0'));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(KeyFile, LeftUnfinishedIsDiscardedOverwritten) {
  const fs::path unfinished = temporary.path() / "keys.new";
  tests::write_file(unfinished, kOneKey.substr(0, 60));
  discard_unfinished(path);
  EXPECT_FALSE(fs::exists(unfinished));
  // The two names of a file that was finished: only one of them goes.
  create_keys(path, *KeyRing::parse(kOneKey));
  fs::create_hard_link(path, unfinished);
  discard_unfinished(path);
  EXPECT_FALSE(fs::exists(unfinished));
  EXPECT_EQ(tests::read_file(path), kOneKey);
}

}  // namespace
}  // namespace lumbung::storage
