#include "storage/payload.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "storage/block.h"
#include "storage/digest.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;

std::string hex_of(const Digest& digest) {
  return hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

Date day(int year, int month, int of_month) {
  return date_of({year, month, of_month});
}

PostEntry plain_post() {
  PostEntry post;
  post.entry.legs = {{{1}, Side::kDebit, {100}}, {{2}, Side::kCredit, {100}}};
  return post;
}

PostEntry rich_post() {
  PostEntry post;
  post.entry.legs = {
      {{7}, Side::kDebit, {300}}, {{8}, Side::kCredit, {100}}, {{9}, Side::kCredit, {200}}};
  post.entry.value_date = day(2026, 2, 1);
  post.entry.metadata = {
      {"due", day(2026, 2, 15)}, {"n", std::int64_t{-5}}, {"ref", std::string("KW/1")}};
  post.booking_date = day(2026, 2, 2);
  return post;
}

// The canonical requests of docs/journal-format.md, put together by hand with Python's struct and
// hashed with its hashlib: the first 16 bytes.
TEST(PayloadTest, DigestsOfRequests) {
  EXPECT_EQ(hex_of(digest_of(plain_post())), "35f6bae51317c99c3f3c2e34dfeac9fd");
  EXPECT_EQ(hex_of(digest_of(rich_post())), "f16662bccb56e4aeb7b08d7e2800eeef");
  ReverseEntry part;
  part.target = {4};
  part.amounts = {{500}, {0}, {500}};
  part.value_date = day(2026, 1, 28);
  EXPECT_EQ(hex_of(digest_of(part)), "2e94692bae4803764b0fff16ae0725be");
  ReverseEntry whole;
  whole.target = {4};
  EXPECT_EQ(hex_of(digest_of(whole)), "f51ee4a9993f5e72ba8072c385956348");
  SettleHold settle;
  settle.hold = {21};
  settle.entry = plain_post().entry;
  settle.release_rest = true;
  EXPECT_EQ(hex_of(digest_of(settle)), "0a88f1f925846720861a24f3eea1875f");
  EXPECT_EQ(hex_of(digest_of(GrantRole{"kasir-1", Role::kTeller})),
            "f68e19ab0be03890d2e8cd67e42e4bd5");
  EXPECT_EQ(hex_of(digest_of(PlaceHold{{4}, {20'000}, day(2026, 1, 29)})),
            "6521d73a645e82b5e7e8feaa524a2c42");
  EXPECT_EQ(hex_of(digest_of_batch({{Key(), {}, plain_post()}, {Key(), {}, rich_post()}})),
            "ca3c98b908b2dcdfb9a23e152088f629");
}

TEST(PayloadTest, ABatchOfOneIsAnotherRequestThanItsEntry) {
  EXPECT_NE(digest_of_batch({{Key(), {}, plain_post()}}), digest_of(plain_post()));
}

TEST(PayloadTest, WhatAnEntrySaysIsComparedWithTheRequest) {
  Event event;
  event.booking_date = day(2026, 2, 2);
  event.body = EntryPosted{plain_post().entry};

  PostEntry request = plain_post();
  EXPECT_TRUE(same_request(request, event));
  request.booking_date = day(2026, 2, 2);
  EXPECT_TRUE(same_request(request, event));
  request.booking_date = day(2026, 2, 3);
  EXPECT_FALSE(same_request(request, event));
  request.booking_date.reset();
  request.entry.value_date = day(2026, 2, 2);  // stamped away: the booking date itself
  EXPECT_TRUE(same_request(request, event));
  request.entry.value_date = day(2026, 2, 1);
  EXPECT_FALSE(same_request(request, event));

  for (const auto& change : std::vector<void (*)(Entry&)>{
           [](Entry& e) { e.legs[0].amount.minor = 101; },
           [](Entry& e) { e.legs[1].account.value = 3; },
           [](Entry& e) { std::swap(e.legs[0], e.legs[1]); },
           [](Entry& e) { e.legs.push_back(e.legs[0]); },
           [](Entry& e) {
             e.metadata = {{"a", std::int64_t{0}}};
           },
       }) {
    request = plain_post();
    change(request.entry);
    EXPECT_FALSE(same_request(request, event));
  }
  EXPECT_FALSE(same_request(ReleaseHold{{1}}, event));

  // Valued on another day: a request without a value date asked for something else.
  std::get<EntryPosted>(event.body).entry.value_date = day(2026, 2, 1);
  request = plain_post();
  EXPECT_FALSE(same_request(request, event));
  request.entry.value_date = day(2026, 2, 1);
  EXPECT_TRUE(same_request(request, event));
}

TEST(PayloadTest, OtherKindsAreComparedByTheirDigest) {
  Event event;
  event.body = Refused{Refusal(RefusalCode::unbalanced)};
  event.digest = digest_of(rich_post());
  EXPECT_TRUE(same_request(rich_post(), event));
  EXPECT_FALSE(same_request(plain_post(), event));
  event.body = EntryPosted{plain_post().entry};  // the first of an atomic batch
  event.digest = digest_of_batch({{Key(), {}, plain_post()}});
  EXPECT_FALSE(same_request(plain_post(), event));
}

// The table "Kinds and payloads" of docs/journal-format.md; entries of both forms are one event.
TEST(PayloadTest, KindsHaveTheirNumbersAndNames) {
  const std::map<int, std::string_view> names{
      {1, "entry_posted"},    {2, "entry_posted"},       {3, "refused"},
      {4, "entry_reversed"},  {5, "cooperative_opened"}, {6, "role_granted"},
      {7, "role_revoked"},    {8, "account_opened"},     {9, "limits_set"},
      {10, "account_frozen"}, {11, "account_unfrozen"},  {12, "account_closed"},
      {13, "hold_placed"},    {14, "hold_settled"},      {15, "hold_released"},
      {16, "hold_expired"},   {17, "day_closed"},        {18, "month_closed"}};
  for (const auto& [number, name] : names) {
    const auto kind = static_cast<Kind>(number);
    EXPECT_EQ(name_of(kind), name);
    EXPECT_EQ(has_legs(kind), number == 2 || number == 4 || number == 14);
    EXPECT_EQ(has_payload(kind), number >= 5);
    EXPECT_EQ(has_digest(kind), number >= 3);
  }
}

TEST(PayloadTest, OnlyDebitFirstOfOneAmountIsSimple) {
  Entry entry = plain_post().entry;
  const auto kind = [&] { return kind_of(EntryPosted{entry}); };
  EXPECT_EQ(kind(), Kind::kSimpleEntry);
  std::swap(entry.legs[0], entry.legs[1]);
  EXPECT_EQ(kind(), Kind::kEntry);
  entry = plain_post().entry;
  entry.legs[1].amount.minor = 101;
  EXPECT_EQ(kind(), Kind::kEntry);
  entry = plain_post().entry;
  entry.legs[1].side = Side::kDebit;
  EXPECT_EQ(kind(), Kind::kEntry);
  entry = rich_post().entry;
  EXPECT_EQ(kind(), Kind::kEntry);
  EXPECT_EQ(kind_of(EntryReversed{{1}, 3, plain_post().entry}), Kind::kEntryReversed);
  EXPECT_EQ(kind_of(HoldSettled{{1}, {100}, false, plain_post().entry}), Kind::kHoldSettled);
}

TEST(PayloadTest, TheLargestEventFitsALeaf) {
  Event event;
  event.no = {~std::uint64_t{0}};
  event.key = *Key::parse(std::string(64, 'k'));
  event.batch_size = kBlockEventsMax;
  event.digest.emplace();
  Entry entry;
  for (std::size_t i = 0; i < kLegsMax; ++i) {
    entry.legs.push_back({{1}, static_cast<Side>(i % 2), {kAmountMax}});
  }
  entry.value_date = Date{1};
  for (char c = 'a'; c < 'a' + static_cast<char>(kMetadataMax); ++c) {
    entry.metadata.push_back({std::string(16, c), std::string(kReferenceMax, 'Z')});
  }
  event.body = EntryReversed{{1}, ~std::uint64_t{0}, entry};
  EXPECT_LT(leaf_of(*CoopId::parse("KSP"), event).size(), 2000U);
}

}  // namespace
}  // namespace lumbung::tests
