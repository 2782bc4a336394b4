#include "engine/id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace lumbung::engine {
namespace {

std::string hex_of(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

TEST(CoopId, TakesTwoToSixteenCapitalsDigitsAndDashes) {
  for (const char* text : {"KOP-1", "X9", "--", "ABCDEFGHIJKLMNOP", "0123456789-ABCDE"}) {
    const auto id = CoopId::parse(text);
    ASSERT_TRUE(id) << text;
    EXPECT_EQ(id->text(), text);
  }
  for (const char* text : {"", "K", "kop-1", "KOP 1", "KOP_1", "KOP.1", "KOP/1",
                           "ABCDEFGHIJKLMNOPQ", "KOP-É", "KOP\n1"}) {
    EXPECT_FALSE(CoopId::parse(text)) << text;
  }
  EXPECT_FALSE(CoopId::parse(std::string_view("KO\0P", 4)));
}

// Zero-padded, so that the order of keys is the order of ids and no id is the prefix of another.
TEST(CoopId, IsPaddedWithZeros) {
  const auto id = *CoopId::parse("KOP");
  EXPECT_EQ(std::string_view(id.bytes.data(), 16),
            std::string_view("KOP\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
  EXPECT_LT(*CoopId::parse("KOP"), *CoopId::parse("KOP-1"));
  EXPECT_LT(*CoopId::parse("KOP-1"), *CoopId::parse("KOP-2"));
  EXPECT_NE(*CoopId::parse("KOP"), *CoopId::parse("KOP-"));
}

TEST(Reference, IsAShortWordOfLettersDigitsDashesPointsAndSlashes) {
  for (const char* text : {"a", "2101/SITI", "PJ-2026.17", "..", "-", "Z"}) {
    EXPECT_TRUE(is_reference(text)) << text;
  }
  EXPECT_TRUE(is_reference(std::string(40, 'x')));
  EXPECT_FALSE(is_reference(std::string(41, 'x')));
  for (const char* text : {"", "a b", "a_b", "a@b", "é", "a\n", "a:b", "a,b", "a+b"}) {
    EXPECT_FALSE(is_reference(text)) << text;
  }
}

// RFC 9562, appendix A, and the ULID specification's own example; the bytes of the latter by hand:
// each character is five bits.
TEST(Key, PacksWhatHasSixteenBytes) {
  const auto uuid = *Key::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(uuid.form(), Key::Form::kUuid);
  EXPECT_EQ(hex_of(uuid.bytes()), "017f22e279b07cc398c4dc0c0c07398f");
  EXPECT_EQ(uuid.text(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");

  const auto ulid = *Key::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  EXPECT_EQ(ulid.form(), Key::Form::kUlid);
  EXPECT_EQ(hex_of(ulid.bytes()), "01563e3ab5d3d6764c61efb99302bd5b");
  EXPECT_EQ(ulid.text(), "01ARZ3NDEKTSV4RRFFQ69G5FAV");

  const auto largest = *Key::parse("7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(largest.form(), Key::Form::kUlid);
  EXPECT_EQ(hex_of(largest.bytes()), std::string(32, 'f'));
  EXPECT_EQ(largest.text(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

// Anything that would not come back as it was written stays text.
TEST(Key, KeepsEverythingElseAsItIs) {
  for (const std::string text : {
           "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",  // capitals
           "017f22e279b07cc398c4dc0c0c07398f",      // no dashes
           "017f22e2-79b0-7cc3-98c4dc0c0c07398f-",  // a dash elsewhere
           "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",  // no digit
           "01arz3ndektsv4rrffq69g5fav",            // small letters
           "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",            // above 128 bits
           "01ARZ3NDEKTSV4RRFFQ69G5FAI",            // Crockford's base 32 has no I, L, O, U
           "01ARZ3NDEKTSV4RRFFQ69G5FAU",
           "k1",
           "!",
           "~",
           "a=b;c",
           "{\"key\":1}",
       }) {
    const auto key = Key::parse(text);
    ASSERT_TRUE(key) << text;
    EXPECT_EQ(key->form(), Key::Form::kText) << text;
    EXPECT_EQ(key->bytes(), text);
    EXPECT_EQ(key->text(), text);
  }
  EXPECT_TRUE(Key::parse(std::string(64, 'x')));
  EXPECT_FALSE(Key::parse(std::string(65, 'x')));
  for (const char* text : {"", " ", "a b", "a\t", "\x7f", "é"})
    EXPECT_FALSE(Key::parse(text)) << text;
  EXPECT_FALSE(Key::parse(std::string_view("a\0b", 3)));
}

TEST(Key, OfAHashIsReadInHex) {
  std::array<std::uint8_t, 32> hash{};
  hash[0] = 0x0a;
  hash[31] = 0xff;
  const Key key = Key::of_hash(hash);
  EXPECT_EQ(key.form(), Key::Form::kHash);
  EXPECT_EQ(key.bytes().size(), 32U);
  EXPECT_EQ(key.text(), "0a" + std::string(60, '0') + "ff");
  // The same text as a caller's own key is another key.
  EXPECT_FALSE(key == *Key::parse(key.text()));
}

TEST(Key, ComesBackFromItsStoredBytes) {
  for (const char* text :
       {"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "k1"}) {
    const Key key = *Key::parse(text);
    const auto back = Key::of_stored(key.form(), key.bytes());
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(*back, key);
  }
  EXPECT_FALSE(Key::of_stored(Key::Form::kUuid, "short"));
  EXPECT_FALSE(Key::of_stored(Key::Form::kUlid, std::string(17, 'x')));
  EXPECT_FALSE(Key::of_stored(Key::Form::kHash, std::string(31, 'x')));
  EXPECT_FALSE(Key::of_stored(Key::Form::kNone, ""));
  EXPECT_FALSE(Key::of_stored(Key::Form::kText, ""));
  EXPECT_FALSE(Key::of_stored(Key::Form::kText, "a b"));
  // Equal keys are equal bytes: a UUID written out as text was not written by us.
  EXPECT_FALSE(Key::of_stored(Key::Form::kText, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
  EXPECT_FALSE(Key::of_stored(Key::Form::kText, "01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  EXPECT_FALSE(Key::of_stored(static_cast<Key::Form>(9), "k1"));
}

TEST(Key, DiffersByFormAndBytes) {
  EXPECT_TRUE(Key().empty());
  EXPECT_FALSE(Key::parse("k")->empty());
  EXPECT_EQ(*Key::parse("k"), *Key::parse("k"));
  EXPECT_FALSE(*Key::parse("k") == *Key::parse("kk"));
  EXPECT_FALSE(*Key::parse("k") == *Key::parse("K"));
  const auto uuid = *Key::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  const auto as_ulid = Key::of_stored(Key::Form::kUlid, uuid.bytes());
  ASSERT_TRUE(as_ulid);
  EXPECT_FALSE(uuid == *as_ulid);
}

TEST(Id, OfOneKindIsOrdered) {
  EXPECT_LT(EventNo{1}, EventNo{2});
  EXPECT_EQ(AccountHandle{7}, AccountHandle{7});
  static_assert(!std::is_same_v<EventNo, BlockNo>);
  EXPECT_EQ(std::hash<EventNo>{}(EventNo{5}), std::hash<EventNo>{}(EventNo{5}));
  EXPECT_EQ(std::hash<CoopId>{}(*CoopId::parse("KOP-1")),
            std::hash<CoopId>{}(*CoopId::parse("KOP-1")));
}

}  // namespace
}  // namespace lumbung::engine
