#include "storage/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/storage/random_events.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;

BlockView checked(std::string_view bytes) {
  auto parsed = BlockView::parse(bytes, Trust::kNothing);
  if (const auto* error = std::get_if<CodecError>(&parsed)) {
    ADD_FAILURE() << error->column << " at " << error->offset << ": " << error->what;
  }
  return std::get<BlockView>(parsed);
}

std::vector<Event> events_of(const BlockView& view) {
  std::vector<Event> events;
  BlockView::Rows rows(view);
  // One event is read into again and again: nothing of a row may stay for the next.
  Event event;
  while (rows.next(event)) events.push_back(event);
  EXPECT_FALSE(rows.error().has_value()) << rows.error()->what;
  return events;
}

TEST(CodecTest, WhatGoesInComesOut) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto events = random_events(random, 1 + random.below(150));
    BlockHeader header = random_header(random);
    const Block block = sealed(header, events);
    header.first_event = events.front().no;
    header.count = static_cast<std::uint32_t>(events.size());
    header.business_date = events.front().booking_date;
    header.stamped_time = events.front().at;
    EXPECT_EQ(block.header, header);

    const BlockView view = checked(block.bytes);
    EXPECT_EQ(view.header(), header);
    EXPECT_EQ(view.hash(), block.hash);
    ASSERT_EQ(events_of(view), events);
    // Without checking, the same is read.
    const auto believed = BlockView::parse(block.bytes, Trust::kBytes);
    ASSERT_EQ(events_of(std::get<BlockView>(believed)), events);
    // Encoded again it is the same block.
    ASSERT_EQ(sealed(view.header(), events).bytes, block.bytes);
  }
}

/// The simple entry of an event that says nothing else, as the short way writes it.
std::optional<SimpleEntry> simple_of(const Event& event) {
  const auto* posted = std::get_if<EntryPosted>(&event.body);
  if (posted == nullptr || event.batch_size > 0) return std::nullopt;
  return as_simple(posted->entry);
}

TEST(CodecTest, TheShortWayWritesTheSameBytes) {
  int shortly = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto events = random_events(random, 1 + random.below(150));
    BlockBuilder builder;
    BlockBuilder general;
    for (const Event& event : events) {
      general.append(event);
      const auto simple = simple_of(event);
      if (simple) {
        EXPECT_TRUE(builder.fits_simple(event.key));
        builder.append(BlockBuilder::SimpleRow{event.no, event.booking_date, event.at,
                                               event.principal, event.key, *simple});
        ++shortly;
      } else {
        builder.append(event);
      }
    }
    const std::size_t bound = builder.bound();  // closer than the general way's, which counts legs
    EXPECT_LE(bound, general.bound());
    const BlockHeader header = random_header(random);
    const Block block = builder.seal(header);
    EXPECT_EQ(block.bytes, general.seal(header).bytes);
    EXPECT_LE(block.bytes.size(), bound);
  }
  EXPECT_GT(shortly, 100);
}

TEST(CodecTest, TheShortWayReadsTheSameRows) {
  int shortly = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto events = random_events(random, 1 + random.below(150));
    const Block block = sealed(random_header(random), events);
    const BlockView view = checked(block.bytes);
    BlockView::Rows rows(view);
    BlockView::Rows::Simple row;
    Event event;
    for (const Event& expected : events) {
      const auto simple = simple_of(expected);
      const bool is_short = simple && expected.key.form() == Key::Form::kUuid;
      ASSERT_EQ(rows.peek(row), is_short);
      if (!is_short) {
        ASSERT_TRUE(rows.next(event));
        ASSERT_EQ(event, expected);
        continue;
      }
      EXPECT_EQ(row.principal, expected.principal);
      EXPECT_EQ(row.uuid, expected.key.bytes());
      EXPECT_EQ(row.entry.debit, simple->debit);
      EXPECT_EQ(row.entry.credit, simple->credit);
      EXPECT_EQ(row.entry.amount, simple->amount);
      rows.pass_simple();
      ++shortly;
    }
    EXPECT_EQ(rows.row(), events.size());
    EXPECT_FALSE(rows.peek(row)) << "behind the last row";
  }
  EXPECT_GT(shortly, 100);
}

TEST(CodecTest, AnyRowIsReadAlone) {
  Random random(1);
  for (int i = 0; i < 50; ++i) {
    const auto events = random_events(random, 1 + random.below(60));
    const Block block = sealed(random_header(random), events);
    const BlockView view = checked(block.bytes);
    for (std::uint32_t row = 0; row < events.size(); ++row) {
      ASSERT_EQ(view.event(row), events[row]) << row;
      ASSERT_EQ(view.kind(row), kind_of(events[row].body));
    }
    BlockView::Rows rows(view);
    const auto from = static_cast<std::uint32_t>(random.below(events.size()));
    rows.skip_to(from);
    Event event;
    for (std::size_t row = from; row < events.size(); ++row) {
      ASSERT_TRUE(rows.next(event));
      ASSERT_EQ(event, events[row]);
    }
    EXPECT_FALSE(rows.next(event));
  }
}

TEST(CodecTest, ABuilderStartsAnewAfterSealing) {
  Random random(2);
  BlockBuilder builder;
  for (int i = 0; i < 20; ++i) {
    const BlockHeader header = random_header(random);
    const auto events = random_events(random, 1 + random.below(20));
    EXPECT_TRUE(builder.empty());
    for (const Event& event : events) builder.append(event);
    EXPECT_EQ(builder.count(), events.size());
    EXPECT_EQ(builder.first_event(), events.front().no);
    ASSERT_EQ(builder.seal(header).bytes, sealed(header, events).bytes);
  }
}

TEST(CodecTest, ASealedBlockIsNeverAboveItsBound) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    const auto events = random_events(random, 1 + random.below(seed % 10 == 0 ? 200 : 4));
    BlockBuilder builder;
    for (const Event& event : events) builder.append(event);
    const std::size_t bound = builder.bound();
    ASSERT_GE(bound, builder.seal(random_header(random)).bytes.size()) << seed;
  }
}

TEST(CodecTest, ABlockEndsAtItsLargestCountOrSize) {
  Random random(3);
  Event event;
  event.at = {1};
  Entry entry;
  entry.legs = {{{1}, Side::kDebit, {100}}, {{2}, Side::kCredit, {100}}};
  event.body = EntryPosted{entry};
  BlockBuilder builder;
  for (event.no = {1}; builder.fits(event); ++event.no.value) {
    event.key = Key::of_hash(std::array<std::uint8_t, 32>{});
    builder.append(event);
  }
  EXPECT_EQ(builder.count(), 8190U);
  EXPECT_LE(builder.seal(random_header(random)).bytes.size(), kBlockBytesMax);

  // Entries of 64 legs fill it before: of each byte that the bound counts some are used.
  for (std::size_t i = 2; i < kLegsMax; ++i) {
    entry.legs.push_back({{0xffffffff}, Side::kCredit, {kAmountMax - static_cast<int>(i)}});
  }
  event.body = EntryPosted{entry};
  for (event.no = {1}; builder.fits(event); ++event.no.value) builder.append(event);
  EXPECT_LT(builder.count(), 8190U);
  const Block block = builder.seal(random_header(random));
  EXPECT_LE(block.bytes.size(), kBlockBytesMax);
  EXPECT_GT(block.bytes.size(), kBlockBytesMax / 10 * 9);
  checked(block.bytes);
}

TEST(CodecTest, ABatchIsBoundedBeforeItIsDecided) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    std::vector<Command> commands;
    std::vector<Event> events;
    while (commands.size() < 1 + seed % 40) {
      auto event = random_events(random, 1).front();
      const auto* posted = std::get_if<EntryPosted>(&event.body);
      if (posted == nullptr) continue;
      commands.push_back({event.key, event.principal, PostEntry{posted->entry, {}}});
      event.no = {1 + events.size()};
      event.booking_date = Date{20'000};
      event.at = {7};
      event.batch_size = 0;
      event.digest.reset();
      if (!events.empty()) event.key = Key();
      events.push_back(event);
    }
    events.front().batch_size = static_cast<std::uint32_t>(events.size());
    events.front().digest.emplace();
    EXPECT_TRUE(BlockBuilder().fits_batch(commands));
    ASSERT_GE(BlockBuilder::bound_of_batch(commands),
              sealed(random_header(random), events).bytes.size())
        << seed;
  }
}

TEST(CodecTest, ABatchThatDoesNotFitIsToldApart) {
  Command command;
  PostEntry post;
  for (std::size_t i = 0; i < kLegsMax; ++i) {
    post.entry.legs.push_back({{1}, static_cast<Side>(i % 2), {1}});
  }
  command.body = post;
  EXPECT_TRUE(BlockBuilder().fits_batch(std::vector<Command>(1000, command)));
  EXPECT_FALSE(BlockBuilder().fits_batch(std::vector<Command>(1300, command)));
  post.entry.legs.resize(2);
  command.body = post;
  EXPECT_TRUE(BlockBuilder().fits_batch(std::vector<Command>(8190, command)));
  EXPECT_FALSE(BlockBuilder().fits_batch(std::vector<Command>(8191, command)));
}

TEST(CodecTest, ABlockHasItsWholeLength) {
  const Block block = block_with_everything();
  for (std::size_t size = 0; size < block.bytes.size(); ++size) {
    const std::string cut = block.bytes.substr(0, size);
    ASSERT_TRUE(std::holds_alternative<CodecError>(BlockView::parse(cut, Trust::kNothing))) << size;
    ASSERT_TRUE(std::holds_alternative<CodecError>(BlockView::parse(cut, Trust::kBytes))) << size;
  }
  const auto longer = BlockView::parse(block.bytes + '\0', Trust::kNothing);
  EXPECT_TRUE(std::holds_alternative<CodecError>(longer));
}

TEST(CodecTest, BlocksThatFollowEachOtherAreToldApart) {
  const Block block = block_with_everything();
  EXPECT_EQ(block_length(block.bytes), block.bytes.size());
  EXPECT_EQ(block_length(block.bytes + block.bytes), block.bytes.size());
  EXPECT_EQ(block_length(std::string_view(block.bytes).substr(0, 108)), block.bytes.size());
  EXPECT_EQ(block_length(std::string_view(block.bytes).substr(0, 107)), std::nullopt);
  EXPECT_EQ(block_length(std::string_view(block.bytes).substr(1)), std::nullopt);
  EXPECT_EQ(block_length(""), std::nullopt);
}

// The table "Block" of docs/journal-format.md: where each field ends.
struct FieldEnd {
  std::size_t end;
  std::string_view name;
};
constexpr FieldEnd kFields[] = {{4, "magic"},           {6, "version"},        {7, "codec"},
                                {8, "hash_algorithm"},  {24, "cooperative"},   {32, "block_no"},
                                {40, "epoch"},          {72, "previous"},      {80, "first_event"},
                                {84, "count"},          {88, "business_date"}, {96, "stamped_time"},
                                {104, "durable_block"}, {108, "length"}};
// The table "Columns", from id 1.
constexpr std::string_view kColumns[] = {
    "kind",     "debit",      "credit",     "amount",     "leg_count",       "leg_account",
    "leg_side", "leg_amount", "principal",  "key_form",   "key16",           "key_text",
    "key_hash", "digest",     "batch_size", "value_date", "reversal_target", "reversal_legs",
    "metadata", "refusal",    "payload"};

TEST(CodecTest, EveryPlaceHasItsName) {
  const std::string bytes = block_with_everything().bytes;
  std::size_t at = 0;
  const auto expect_to = [&](std::size_t end, const std::string& name) {
    for (; at < end; ++at) ASSERT_EQ(place_name(bytes, at), name) << at;
  };
  for (const FieldEnd& field : kFields) expect_to(field.end, "header." + std::string(field.name));
  expect_to(108 + 1 + 21 * 5, "directory");
  for (std::size_t i = 0; i < std::size(kColumns); ++i) {
    std::uint32_t length = 0;
    std::memcpy(&length, &bytes[108 + 1 + i * 5 + 1], 4);
    expect_to(at + length, std::string(kColumns[i]));
  }
  EXPECT_EQ(at, bytes.size() - 36);
  expect_to(at + 32, "hash");
  expect_to(at + 4, "checksum");
}

TEST(CodecTest, PlacesOfOddBlocksHaveNames) {
  EXPECT_EQ(place_name("", 0), "header.magic");
  EXPECT_EQ(place_name("LMBG", 200), "checksum");
  // A column of a later version is named by its number.
  std::string bytes = block_with_everything().bytes;
  bytes[109] = 25;
  EXPECT_EQ(place_name(bytes, 108 + 1 + 21 * 5), "column 25");
}

}  // namespace
}  // namespace lumbung::tests
