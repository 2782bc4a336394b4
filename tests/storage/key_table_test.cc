#include "storage/key_table.h"

#include <gtest/gtest.h>

#include <set>
#include <unordered_map>

#include "tests/random.h"

namespace lumbung::tests {
namespace {

using engine::EventNo;
using storage::KeyTable;

/// What is kept beside the table: the whole fingerprint of each event.
class Beside {
 public:
  void insert(std::uint64_t print, EventNo no) {
    table_.insert(print, no);
    prints_[no.value] = print;
    events_.emplace(print, no);
  }
  /// As the ledger asks: each candidate is compared in full.
  std::optional<EventNo> find(std::uint64_t print) const {
    return table_.find(print, [&](EventNo no) { return prints_.at(no.value) == print; });
  }
  std::optional<EventNo> expected(std::uint64_t print) const {
    const auto found = events_.find(print);
    if (found == events_.end()) return std::nullopt;
    return found->second;
  }
  const KeyTable& table() const { return table_; }

 private:
  KeyTable table_;
  std::unordered_map<std::uint64_t, std::uint64_t> prints_;
  std::unordered_map<std::uint64_t, EventNo> events_;
};

TEST(KeyTableTest, AgreesWithAnUnorderedMap) {
  Random random(1);
  Beside beside;
  std::vector<std::uint64_t> known;
  for (std::uint64_t no = 1; no <= 200'000; ++no) {
    const std::uint64_t print = random.next();
    ASSERT_EQ(beside.find(print), beside.expected(print));
    beside.insert(print, {no});
    known.push_back(print);
  }
  EXPECT_EQ(beside.table().size(), known.size());
  for (const std::uint64_t print : known) ASSERT_EQ(beside.find(print), beside.expected(print));
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t print = random.next();
    ASSERT_EQ(beside.find(print), beside.expected(print));
  }
}

TEST(KeyTableTest, EqualTagsAreToldApartByTheEvent) {
  // A slot keeps the low 8 and the high 31 bits; the 25 between are what it does not know.
  const auto print = [](std::uint64_t high, std::uint64_t middle, std::uint64_t low) {
    return high << 33 | middle << 8 | low;
  };
  Beside beside;
  std::uint64_t no = 0;
  for (std::uint64_t middle = 0; middle < 500; ++middle) {
    for (const std::uint64_t high :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x7fffffff}}) {
      beside.insert(print(high, middle, 255), {++no});
    }
  }
  for (std::uint64_t middle = 0; middle < 600; ++middle) {
    for (const std::uint64_t high : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2},
                                     std::uint64_t{0x7ffffffe}, std::uint64_t{0x7fffffff}}) {
      const std::uint64_t wanted = print(high, middle, 255);
      ASSERT_EQ(beside.find(wanted), beside.expected(wanted)) << high << ' ' << middle;
    }
    ASSERT_EQ(beside.find(print(0, middle, 254)), std::nullopt);
  }
}

TEST(KeyTableTest, EveryTwinIsAskedUntilOneConfirms) {
  KeyTable table;
  constexpr std::uint64_t kPrint = 0xfedcba9876543210;
  for (std::uint64_t no = 1; no <= 50; ++no) table.insert(kPrint, {no});
  EXPECT_EQ(table.find(kPrint, [](EventNo event) { return event.value == 4; }), EventNo{4});
  std::set<std::uint64_t> asked;
  EXPECT_EQ(table.find(kPrint,
                       [&](EventNo event) {
                         asked.insert(event.value);
                         return false;
                       }),
            std::nullopt);
  EXPECT_EQ(asked.size(), 50U);
}

TEST(KeyTableTest, AnEmptyTableKnowsNothing) {
  const KeyTable table;
  for (std::uint64_t print = 1; print < 1000; ++print) {
    table.prefetch(print);
    EXPECT_EQ(table.find(print, [](EventNo) { return true; }), std::nullopt);
  }
}

/// Keys that come unevenly: one segment is full long before the others have grown at all.
TEST(KeyTableTest, ASegmentGrowsAlone) {
  Random random(2);
  Beside beside;
  for (std::uint64_t no = 1; no <= 60'000; ++no) {
    std::uint64_t print = random.next() | 1;
    if (no % 20 != 0) print &= ~std::uint64_t{0xfe};  // segment 1
    ASSERT_EQ(beside.find(print), beside.expected(print));
    beside.insert(print, {no});
  }
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t print = random.next();
    ASSERT_EQ(beside.find(print), beside.expected(print));
  }
}

TEST(KeyTableTest, EventNumbersUpToTheirBound) {
  KeyTable table;
  const EventNo last{(std::uint64_t{1} << 33) - 1};
  table.insert(~std::uint64_t{0}, last);
  table.insert(1, {1});
  const auto any = [](EventNo) { return true; };
  EXPECT_EQ(table.find(~std::uint64_t{0}, any), last);
  EXPECT_EQ(table.find(1, any), EventNo{1});
}

}  // namespace
}  // namespace lumbung::tests
