#include "storage/columns.h"

#include <gtest/gtest.h>

#include "storage/digest.h"
#include "tests/random.h"

namespace lumbung::tests {
namespace {

using namespace storage;

std::string packed(const std::vector<std::uint64_t>& values) {
  std::string out;
  append_packed(out, values);
  return out;
}

/// As a block does, with bytes behind the column.
std::string with_trailer(std::string bytes) {
  return bytes + std::string(36, '\xaa');
}

// Zigzag is the mapping of Protocol Buffers' sint64: its documented values.
TEST(ColumnsTest, Zigzag) {
  EXPECT_EQ(zigzag(0), 0U);
  EXPECT_EQ(zigzag(-1), 1U);
  EXPECT_EQ(zigzag(1), 2U);
  EXPECT_EQ(zigzag(-2), 3U);
  EXPECT_EQ(zigzag(0x7fffffff), 0xfffffffeU);
  EXPECT_EQ(zigzag(-0x80000000LL), 0xffffffffU);
  EXPECT_EQ(zigzag(INT64_MAX), ~std::uint64_t{1});
  EXPECT_EQ(zigzag(INT64_MIN), ~std::uint64_t{0});
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{123'456}, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(unzigzag(zigzag(value)), value);
  }
}

TEST(ColumnsTest, Widths) {
  EXPECT_EQ(width_of(0), 0U);
  for (unsigned bytes = 1; bytes <= 8; ++bytes) {
    EXPECT_EQ(width_of(std::uint64_t{1} << (8 * (bytes - 1))), bytes);
    EXPECT_EQ(width_of(~std::uint64_t{0} >> (64 - 8 * bytes)), bytes);
  }
}

// Written out by hand from docs/journal-format.md.
TEST(ColumnsTest, PackedBytes) {
  EXPECT_EQ(hex(packed({7})),
            "0700000000000000"
            "00");
  EXPECT_EQ(hex(packed({7, 7, 7})),
            "0700000000000000"
            "00");
  EXPECT_EQ(hex(packed({9, 7, 8})),
            "0700000000000000"
            "01"
            "020001");
  EXPECT_EQ(hex(packed({256, 0})),
            "0000000000000000"
            "02"
            "00010000");
  EXPECT_EQ(hex(packed({~std::uint64_t{0}, 0})),
            "0000000000000000"
            "08"
            "ffffffffffffffff"
            "0000000000000000");
  EXPECT_EQ(hex(packed({~std::uint64_t{0}, ~std::uint64_t{0} - 1})),
            "feffffffffffffff"
            "01"
            "0100");
}

TEST(ColumnsTest, PackedNumbersComeBack) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    std::vector<std::uint64_t> values(1 + random.below(40));
    const auto shift = static_cast<unsigned>(random.below(64));
    const std::uint64_t base = random.next() >> random.below(64);
    for (auto& value : values) value = base + (random.next() >> shift);
    const std::string bytes = with_trailer(packed(values));
    std::string_view rest = bytes;
    const auto packed_again = Packed::take(rest, values.size());
    ASSERT_TRUE(packed_again.has_value());
    EXPECT_EQ(rest.size(), 36U);
    EXPECT_TRUE(packed_again->canonical());
    ASSERT_EQ(packed_again->size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ((*packed_again)[i], values[i]);
  }
}

TEST(ColumnsTest, ShortRunsAreNotTaken) {
  const std::string bytes = with_trailer(packed({9, 7, 8}));
  for (std::size_t size = 0; size < 12; ++size) {
    std::string_view rest = std::string_view(bytes).substr(0, size);
    EXPECT_FALSE(Packed::take(rest, 3).has_value()) << size;
    EXPECT_EQ(rest.size(), size);
  }
  std::string wide = bytes;
  wide[8] = 9;
  std::string_view rest = wide;
  EXPECT_FALSE(Packed::take(rest, 1).has_value());
}

TEST(ColumnsTest, TextsAreTakenWhole) {
  const std::string bytes = with_trailer(packed({3, 0, 2}) + "abcde");
  std::string_view rest = bytes;
  const auto texts = PackedTexts::take(rest, 3);
  ASSERT_TRUE(texts.has_value());
  EXPECT_EQ(rest.size(), 36U);
  EXPECT_EQ(texts->text(0, 0), "abc");
  EXPECT_EQ(texts->text(1, 3), "");
  EXPECT_EQ(texts->text(2, 3), "de");
  std::string_view cut = std::string_view(bytes).substr(0, bytes.size() - 37);
  EXPECT_FALSE(PackedTexts::take(cut, 3).has_value());
  // Lengths whose sum wraps around.
  const std::string huge = with_trailer(packed({~std::uint64_t{0}, 2}) + "a");
  std::string_view wrapped = huge;
  EXPECT_FALSE(PackedTexts::take(wrapped, 2).has_value());
}

TEST(ColumnsTest, Bitmaps) {
  const std::string bytes("\x05\x80\x01", 3);
  std::string_view rest = bytes;
  const auto bitmap = Bitmap::take(rest, 17);
  ASSERT_TRUE(bitmap.has_value());
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(bitmap->count(), 4U);
  EXPECT_TRUE(bitmap->canonical());
  for (std::size_t i = 0; i < 17; ++i) {
    EXPECT_EQ((*bitmap)[i], i == 0 || i == 2 || i == 15 || i == 16) << i;
  }
  std::string_view short_one = std::string_view(bytes).substr(0, 2);
  EXPECT_FALSE(Bitmap::take(short_one, 17).has_value());
  std::string_view tail = bytes;
  EXPECT_TRUE(Bitmap::take(tail, 24)->canonical());
  std::string_view beyond("\x10", 1);
  EXPECT_FALSE(Bitmap::take(beyond, 4)->canonical());
  std::string_view none("\0", 1);
  EXPECT_FALSE(Bitmap::take(none, 8)->canonical());
}

}  // namespace
}  // namespace lumbung::tests
