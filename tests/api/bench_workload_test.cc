// What the benchmarks post, and whether what checks them would find a wrong book.
#include "api/bench_workload.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/temporary_directory.h"

namespace lumbung::api::bench {
namespace {

/// How often each of five things is picked out of 1,370,000.
std::vector<double> picks_of_five(double theta) {
  const Zipf zipf(5, theta);
  Random random(1);
  std::vector<double> picks(5);
  for (int i = 0; i < 1'370'000; ++i) ++picks.at(zipf.pick(random.next()));
  return picks;
}

TEST(Zipf, PicksByTheLaw) {
  // Theta 1: 1 + 1/2 + 1/3 + 1/4 + 1/5 = 137/60, so the shares are 60, 30, 20, 15 and 12 of 137.
  const std::vector<double> expected{600'000, 300'000, 200'000, 150'000, 120'000};
  const std::vector<double> picks = picks_of_five(1);
  for (std::size_t k = 0; k < picks.size(); ++k) {
    EXPECT_NEAR(picks[k], expected[k], 5 * std::sqrt(expected[k])) << k;
  }
}

TEST(Zipf, ThetaZeroIsEven) {
  for (const double picks : picks_of_five(0)) {
    EXPECT_NEAR(picks, 274'000, 5 * std::sqrt(274'000.0));
  }
}

TEST(Zipf, OfOneThingPicksIt) {
  EXPECT_EQ(Zipf(1, 0.99).pick(0), 0U);
  EXPECT_EQ(Zipf(1, 0.99).pick(~std::uint64_t{0}), 0U);
}

TEST(Entries, FollowFromTheStream) {
  const Stream stream{.seed = 4, .accounts = 7, .zipf = 0.9};
  Entries one(stream);
  Entries other(stream);
  std::set<std::string> keys;
  for (int i = 0; i < 1000; ++i) {
    const engine::Command command = one.next_command();
    const auto& entry = std::get<engine::PostEntry>(command.body).entry;
    const Movement movement = other.next();
    EXPECT_EQ(entry.legs[0].account.value, movement.debit);
    EXPECT_EQ(entry.legs[1].account.value, movement.credit);
    EXPECT_EQ(entry.legs[0].amount.minor, movement.minor);
    EXPECT_EQ(entry.legs[1].amount.minor, movement.minor);
    EXPECT_EQ(engine::Key::parse(command.key.text()), command.key);
    keys.insert(command.key.text());
    EXPECT_NE(movement.debit, movement.credit);
    EXPECT_TRUE(movement.debit >= 1 && movement.debit <= 7);
    EXPECT_TRUE(movement.credit >= 1 && movement.credit <= 7);
    EXPECT_TRUE(movement.minor >= 1'00 && movement.minor <= 1'000'000'00);
    EXPECT_EQ(movement.minor % 100, 0);
  }
  EXPECT_EQ(keys.size(), 1000U);
  EXPECT_EQ(one.made(), 1000U);
}

TEST(Entries, OfAHotStreamCreditOneAccount) {
  Entries entries({.accounts = 3, .hot = true});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(entries.next().credit, 1U);
}

class Posting : public ::testing::Test {
 protected:
  Posting() {
    storage::Ledger::Options options;
    options.directory = directory_.path() / "data";
    options.create = true;
    ledger_ = storage::Ledger::open(std::move(options));
    for (std::uint32_t i = 1; i <= 3; ++i) {
      const Stream stream{.seed = i, .accounts = 20, .coop = bench_coop(i)};
      open_bench_book(*ledger_, stream);
      entries_.emplace_back(stream);
    }
  }

  tests::TemporaryDirectory directory_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::vector<Entries> entries_;
};

TEST_F(Posting, ReachesEveryCooperative) {
  Posted posted = post(*ledger_, entries_, {.entries = 200, .batch = 1, .in_flight = 16});
  posted += post(*ledger_, entries_, {.entries = 200, .batch = 7, .in_flight = 3});
  EXPECT_EQ(posted.entries, 200U + 29 * 7);  // in whole batches
  EXPECT_EQ(posted.done, posted.entries);
  EXPECT_EQ(posted.answer_us.size(), 200U + 29);
  EXPECT_GT(posted.longest_stall_s, 0);
  std::uint64_t made = 0;
  for (const Entries& entries : entries_) {
    EXPECT_GT(entries.made(), 0U);
    made += entries.made();
    EXPECT_TRUE(NaiveBook(entries.stream(), entries.made()).equals(*ledger_));
  }
  EXPECT_EQ(made, posted.entries);
}

TEST_F(Posting, EndsWhenTheTimeIsOver) {
  const Posted posted =
      post(*ledger_, entries_, {.entries = 1'000'000'000, .batch = 64, .seconds_max = 0.05});
  EXPECT_GE(posted.seconds, 0.05);
  EXPECT_LT(posted.entries, 1'000'000'000U);
  EXPECT_EQ(posted.done, posted.entries);
}

TEST_F(Posting, AWrongBookIsFound) {
  Entries& entries = entries_.front();
  const engine::EventNo first{ledger_->coop(entries.stream().coop)->head.last_event.value + 1};
  post(*ledger_, entries, {.entries = 100, .batch = 10});
  const Stream& stream = entries.stream();
  EXPECT_TRUE(NaiveBook(stream, 100).equals(*ledger_));
  EXPECT_FALSE(NaiveBook(stream, 99).equals(*ledger_)) << "an entry too many was not found";
  EXPECT_FALSE(NaiveBook(stream, 101).equals(*ledger_)) << "a lost entry was not found";
  Stream other = stream;
  other.seed = 99;
  EXPECT_FALSE(NaiveBook(other, 100).equals(*ledger_));
  other = stream;
  other.accounts = 19;
  EXPECT_FALSE(NaiveBook(other, 100).equals(*ledger_));

  const auto lines = ledger_->statement(stream.coop, {1}, {}, 50)->lines;
  auto naive = naive_statement(stream, 100, first, 1, 50);
  ASSERT_FALSE(naive.empty());
  EXPECT_TRUE(same_lines(lines, naive));
  naive.back().balance_after += 1;
  EXPECT_FALSE(same_lines(lines, naive));
  naive.back().balance_after -= 1;
  naive.pop_back();
  EXPECT_FALSE(same_lines(lines, naive));
}

TEST_F(Posting, AnEntryThatIsRefusedIsNotDone) {
  Entries stranger({.seed = 1, .accounts = 1000, .coop = bench_coop(1)});  // 20 of them are open
  const Posted posted = post(*ledger_, stranger, {.entries = 100, .batch = 10});
  EXPECT_EQ(posted.entries, 100U);
  EXPECT_LT(posted.done, 100U);
}

}  // namespace
}  // namespace lumbung::api::bench
