// Idempotency keys: the forms they are stored in, and the text they came from.
#include <gtest/gtest.h>

#include "engine/id.h"
#include "storage/digest.h"
#include "storage/key_table.h"

namespace lumbung::tests {
namespace {

using engine::Key;
using storage::fingerprint;
using storage::hex;
using storage::key_of;

struct Sample {
  std::string_view text;
  Key::Form form;
  std::string_view stored;  // in hex
};

TEST(KeyTest, PublishedIdentifiersTakeSixteenBytes) {
  const Sample samples[] = {
      // RFC 4122, section 3; RFC 9562, sections 5.9, 5.10 and appendix A.6, in lower case.
      {"f81d4fae-7dec-11d0-a765-00a0c91e6bf6", Key::Form::kUuid,
       "f81d4fae7dec11d0a76500a0c91e6bf6"},
      {"00000000-0000-0000-0000-000000000000", Key::Form::kUuid,
       "00000000000000000000000000000000"},
      {"ffffffff-ffff-ffff-ffff-ffffffffffff", Key::Form::kUuid,
       "ffffffffffffffffffffffffffffffff"},
      {"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", Key::Form::kUuid,
       "017f22e279b07cc398c4dc0c0c07398f"},
      // github.com/ulid/spec: its example, the largest ULID; and two of the npm package ulid.
      {"01ARZ3NDEKTSV4RRFFQ69G5FAV", Key::Form::kUlid, "01563e3ab5d3d6764c61efb99302bd5b"},
      {"7ZZZZZZZZZZZZZZZZZZZZZZZZZ", Key::Form::kUlid, "ffffffffffffffffffffffffffffffff"},
      {"01BX5ZZKBKACTAV9WEVGEMMVRZ", Key::Form::kUlid, "015f4bffcd735334ada78edc1d4a6f1f"},
      {"00000000000000000000000000", Key::Form::kUlid, "00000000000000000000000000000000"},
  };
  for (const Sample& sample : samples) {
    SCOPED_TRACE(sample.text);
    const auto key = Key::parse(sample.text);
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->form(), sample.form);
    EXPECT_EQ(hex(key->bytes()), sample.stored);
    EXPECT_EQ(key->text(), sample.text);
    EXPECT_EQ(Key::of_stored(key->form(), key->bytes()), key);
  }
}

TEST(KeyTest, OtherTextsAreKeptAsTheyAre) {
  for (const std::string text : {
           "k", "!", "~", "INV-2026/01", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",  // upper case
           "f81d4fae7dec11d0a76500a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
           "f81d4fae-7dec-11d0-a765_00a0c91e6bf6", "g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
           "01arz3ndektsv4rrffq69g5fav",  // lower case
           "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",  // more than 128 bits
           "01ARZ3NDEKTSV4RRFFQ69G5FAU"   // no digit U
       }) {
    const auto key = Key::parse(text);
    ASSERT_TRUE(key.has_value()) << text;
    EXPECT_EQ(key->form(), Key::Form::kText) << text;
    EXPECT_EQ(key->bytes(), text);
    EXPECT_EQ(key->text(), text);
  }
  EXPECT_TRUE(Key::parse(std::string(64, 'k')).has_value());
}

TEST(KeyTest, WhatIsNoKeyIsStoredAsItsHash) {
  for (const std::string& text :
       {std::string(65, 'k'), std::string("a b"), std::string("\x7f"), std::string("k\xc3\xa9y"),
        std::string("\0", 1), std::string("tab\t")}) {
    EXPECT_FALSE(Key::parse(text).has_value());
    const auto key = key_of(text);
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->form(), Key::Form::kHash);
    EXPECT_EQ(hex(key->bytes()), hex(storage::sha256(text)));
    EXPECT_EQ(key->text(), hex(storage::sha256(text)));
  }
  EXPECT_FALSE(Key::parse("").has_value());
  EXPECT_FALSE(key_of("").has_value());
  EXPECT_EQ(key_of("k"), Key::parse("k"));
}

TEST(KeyTest, OnlyCanonicalStoredFormsAreRead) {
  const std::string sixteen(16, '\1');
  EXPECT_TRUE(Key::of_stored(Key::Form::kUuid, sixteen).has_value());
  EXPECT_FALSE(Key::of_stored(Key::Form::kUuid, sixteen.substr(1)).has_value());
  EXPECT_FALSE(Key::of_stored(Key::Form::kUlid, sixteen + '\1').has_value());
  EXPECT_FALSE(Key::of_stored(Key::Form::kHash, sixteen).has_value());
  EXPECT_FALSE(Key::of_stored(Key::Form::kNone, "").has_value());
  EXPECT_FALSE(Key::of_stored(static_cast<Key::Form>(5), sixteen).has_value());
  EXPECT_FALSE(Key::of_stored(Key::Form::kText, "01ARZ3NDEKTSV4RRFFQ69G5FAV").has_value());
}

TEST(KeyTest, TheSameBytesInAnotherFormAreAnotherKey) {
  const std::string bytes(16, 'k');
  const Key uuid = *Key::of_stored(Key::Form::kUuid, bytes);
  const Key ulid = *Key::of_stored(Key::Form::kUlid, bytes);
  const Key text = *Key::of_stored(Key::Form::kText, bytes);
  EXPECT_FALSE(uuid == ulid);
  EXPECT_FALSE(uuid == text);
  EXPECT_NE(fingerprint({1}, uuid), fingerprint({1}, ulid));
  EXPECT_NE(fingerprint({1}, uuid), fingerprint({1}, text));
  EXPECT_NE(fingerprint({1}, uuid), fingerprint({2}, uuid));
}

// Runs store fingerprints, so they are frozen. Computed once by a few lines of Python.
TEST(KeyTest, FingerprintsAreFrozen) {
  EXPECT_EQ(fingerprint({0}, *Key::parse("k")), 0x64706c7d94cb2d87U);
  EXPECT_EQ(fingerprint({7}, *Key::parse("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")),
            0xed9ff5d354d739caU);
  EXPECT_EQ(fingerprint({4294967295}, *Key::parse(std::string(64, '~'))), 0x554dba4211c76238U);
}

}  // namespace
}  // namespace lumbung::tests
