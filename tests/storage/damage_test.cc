#include "storage/damage.h"

#include <gtest/gtest.h>

#include "storage/codec.h"
#include "tests/storage/random_events.h"

namespace lumbung::tests {
namespace {

using namespace storage;

bool is_refused(std::string_view bytes) {
  return std::holds_alternative<CodecError>(BlockView::parse(bytes, Trust::kNothing));
}

/// The byte at `offset` is changed by `delta`; it must be found, and nothing else.
void expect_found(std::string& bytes, std::size_t offset, std::uint8_t delta) {
  const auto was = static_cast<std::uint8_t>(bytes[offset]);
  bytes[offset] = static_cast<char>(was ^ delta);
  ASSERT_TRUE(is_refused(bytes)) << offset;
  const auto changed = find_changed_byte(bytes);
  ASSERT_TRUE(changed.has_value()) << offset;
  ASSERT_EQ(changed->offset, offset);
  ASSERT_EQ(changed->is, was ^ delta);
  ASSERT_EQ(changed->was, was);
  bytes[offset] = static_cast<char>(was);
}

TEST(DamageTest, EveryChangeOfOneByteIsFound) {
  Random random(5);
  std::string bytes = sealed(random_header(random), random_events(random, 3)).bytes;
  for (std::size_t offset = 0; offset < bytes.size(); ++offset) {
    for (unsigned delta = 1; delta < 256; ++delta) {
      expect_found(bytes, offset, static_cast<std::uint8_t>(delta));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(DamageTest, EveryByteOfABlockWithEveryColumn) {
  Random random(6);
  std::string bytes = block_with_everything().bytes;
  for (std::size_t offset = 0; offset < bytes.size(); ++offset) {
    expect_found(bytes, offset, static_cast<std::uint8_t>(1U << random.below(8)));
    expect_found(bytes, offset, static_cast<std::uint8_t>(1 + random.below(255)));
    if (HasFatalFailure()) return;
  }
}

TEST(DamageTest, BytesOfALargeBlock) {
  Random random(7);
  std::string bytes = sealed(random_header(random), random_events(random, 2000)).bytes;
  ASSERT_GT(bytes.size(), 100'000U);
  for (int i = 0; i < 20; ++i) {
    expect_found(bytes, random.below(bytes.size()),
                 static_cast<std::uint8_t>(1 + random.below(255)));
    if (HasFatalFailure()) return;
  }
  expect_found(bytes, 0, 1);
  expect_found(bytes, bytes.size() - 1, 128);
}

TEST(DamageTest, SeveralChangedBytesAreRefusedAndNoneIsBlamed) {
  Random random(8);
  const std::string good = block_with_everything().bytes;
  for (int i = 0; i < 500; ++i) {
    std::string bytes = good;
    const std::size_t first = random.below(bytes.size());
    std::size_t second = random.below(bytes.size());
    if (second == first) second = (first + 1) % bytes.size();
    for (const std::size_t offset : {first, second}) {
      bytes[offset] = static_cast<char>(bytes[offset] ^ static_cast<char>(1 + random.below(255)));
    }
    ASSERT_TRUE(is_refused(bytes));
    ASSERT_FALSE(find_changed_byte(bytes).has_value()) << first << " and " << second;
  }
}

TEST(DamageTest, WhatIsNoBlockHasNoChangedByte) {
  EXPECT_FALSE(find_changed_byte("").has_value());
  EXPECT_FALSE(find_changed_byte(std::string(143, '\0')).has_value());
  EXPECT_FALSE(find_changed_byte(std::string(400, '\xff')).has_value());
  EXPECT_FALSE(find_changed_byte(block_with_everything().bytes).has_value());
}

}  // namespace
}  // namespace lumbung::tests
