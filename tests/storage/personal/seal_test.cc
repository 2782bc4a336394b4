// The right values are those of draft-irtf-cfrg-xchacha-03, A.3.1, and of RFC 4231, 4.2 and 4.3.
#include "storage/seal.h"

#include <gtest/gtest.h>

#include "tests/files.h"

namespace lumbung::storage {
namespace {

std::string from_hex(std::string_view text) {
  std::string bytes(text.size() / 2, '\0');
  EXPECT_EQ(sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                           text.data(), text.size(), nullptr, nullptr, nullptr),
            0);
  return bytes;
}

void set(SecretKey& key, std::string_view bytes) {
  ASSERT_LE(bytes.size(), key.bytes.size());
  key.bytes = {};
  std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
}

struct Draft {
  SecretKey key;
  Binding binding{from_hex("50515253c0c1c2c3c4c5c6c7")};
  std::string sealed = from_hex(
      "404142434445464748494a4b4c4d4e4f5051525354555657"
      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
      "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
      "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
      "21f9664c97637da9768812f615c68b13b52e"
      "c0875924c1c7987947deafd8780acf49");
  std::string plain =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      "sunscreen would be it.";

  Draft() {
    set(key, from_hex("808182838485868788898a8b8c8d8e8f"
                      "909192939495969798999a9b9c9d9e9f"));
  }
};

TEST(Seal, OpensTheDraftsExample) {
  const Draft draft;
  const auto plain = unseal(draft.key, draft.binding, draft.sealed);
  ASSERT_TRUE(plain);
  EXPECT_EQ(view_of(*plain), draft.plain);
}

TEST(Seal, OpensUnderNoOtherBytes) {
  const Draft draft;
  for (std::size_t at = 0; at < draft.sealed.size(); ++at) {
    for (const char mask : {'\x01', '\x80'}) {
      EXPECT_FALSE(unseal(draft.key, draft.binding, tests::flipped(draft.sealed, at, mask))) << at;
    }
  }
  for (std::size_t size = 0; size < draft.sealed.size(); ++size) {
    EXPECT_FALSE(unseal(draft.key, draft.binding, draft.sealed.substr(0, size))) << size;
  }
  EXPECT_FALSE(unseal(draft.key, draft.binding, draft.sealed + '\0'));
  EXPECT_FALSE(unseal(draft.key, Binding(""), draft.sealed));
  for (std::size_t at = 0; at < draft.key.bytes.size(); ++at) {
    SecretKey other;
    other.bytes = draft.key.bytes;
    other.bytes[at] ^= 1;
    EXPECT_FALSE(unseal(other, draft.binding, draft.sealed)) << at;
  }
}

TEST(Seal, OfTheSameBytesIsAnotherEachTime) {
  const Draft draft;
  const std::string once = seal(draft.key, draft.binding, draft.plain);
  const std::string again = seal(draft.key, draft.binding, draft.plain);
  EXPECT_EQ(once.size(), draft.plain.size() + kSealOverhead);
  EXPECT_NE(once.substr(0, 24), again.substr(0, 24));
  EXPECT_NE(once.substr(24), again.substr(24));
  EXPECT_EQ(view_of(*unseal(draft.key, draft.binding, again)), draft.plain);
  const auto nothing = unseal(draft.key, draft.binding, seal(draft.key, draft.binding, ""));
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
}

TEST(Seal, BindingIsItsFieldsInOrderLittleEndian) {
  const auto coop = *engine::CoopId::parse("AB");
  const Binding binding = Binding("label")
                              .add(coop)
                              .add(std::uint64_t{0x0102})
                              .add(std::uint8_t{3})
                              .add(std::uint32_t{4});
  EXPECT_EQ(binding.view(), std::string("label") + "AB" + std::string(14, '\0') +
                                std::string("\x02\x01\0\0\0\0\0\0\x03\x04\0\0\0", 13));
}

// HMAC pads a short key with zeros (RFC 2104, section 2), so that the RFC's keys fit into 32 bytes.
TEST(KeyedDigest, IsTheRfcs) {
  SecretKey key;
  set(key, std::string(20, '\x0b'));
  EXPECT_EQ(hex(KeyedDigest(key).add("Hi There").finish()),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  set(key, "Jefe");
  EXPECT_EQ(hex(KeyedDigest(key).add("what do ya want ").add("for nothing?").finish()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  SecretKey derived;
  derive(key, "what do ya want for nothing?", derived);
  EXPECT_EQ(hex(derived.view()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace lumbung::storage
