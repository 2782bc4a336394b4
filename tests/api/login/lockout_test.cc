// The times are worked out by hand from the table in docs/security.md.
#include "api/login/lockout.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace lumbung::api::login {
namespace {

using Outcome = Lockout::Outcome;

const engine::CoopId kDesa = *engine::CoopId::parse("DESA");
const engine::CoopId kKota = *engine::CoopId::parse("KOTA");

class LockoutTest : public testing::Test {
 protected:
  void pass_s(std::int64_t seconds) { now_us_ += seconds * kSecondUs; }

  Lockout::Who who(std::string_view user, std::string_view address = "192.0.2.1") {
    return {kDesa, user, address};
  }
  /// A whole try; what the next one is told.
  Lockout::State wrong(const Lockout::Who& who) {
    EXPECT_TRUE(lockout_.begin(who).open);
    return lockout_.end(who, Outcome::kWrong);
  }
  /// Five wrong tries, with what must be waited between them.
  Lockout::State five_wrong(std::string_view user) {
    Lockout::State state;
    for (int i = 0; i < 5; ++i) {
      state = wrong(who(user, "192.0.2." + std::to_string(++address_ % 250)));
      if (i < 4) pass_s(state.retry_after_s);
    }
    return state;
  }

  std::int64_t now_us_ = 5 * kDayUs;
  int address_ = 0;
  Lockout lockout_{[this] { return engine::Timestamp{now_us_}; }};
};

TEST_F(LockoutTest, TheWaitDoublesAndTheFifthWrongTryLocksFor15Minutes) {
  for (const std::int64_t wait_s : {1, 2, 4, 8, 900}) {
    const auto state = wrong(who("siti"));
    EXPECT_FALSE(state.open);
    EXPECT_EQ(state.retry_after_s, wait_s);
    pass_s(wait_s - 1);
    EXPECT_EQ(lockout_.begin(who("siti")).retry_after_s, 1);
    pass_s(1);
  }
  EXPECT_TRUE(lockout_.begin(who("siti")).open);
}

TEST_F(LockoutTest, LocksDoubleUpToADay) {
  for (const std::int64_t minutes : {15, 30, 60, 120, 240, 480, 960, 1440, 1440}) {
    const auto state = five_wrong("siti");
    EXPECT_EQ(state.retry_after_s, minutes * 60);
    pass_s(state.retry_after_s);
  }
}

TEST_F(LockoutTest, GuessingGets35TriesOnTheFirstDayAndFiveOnEachLaterOne) {
  // 15 + 30 + … + 480 = 945 minutes: seven fives begin within 24 hours, and the locks of the eighth
  // (960) and later ones end on other days.
  const std::int64_t start_us = now_us_;
  int first_day = 0;
  int later = 0;
  for (int round = 0; round < 12; ++round) {
    (now_us_ - start_us < kDayUs ? first_day : later) += 5;
    pass_s(five_wrong("siti").retry_after_s);
  }
  EXPECT_EQ(first_day, 35);
  EXPECT_EQ(later, 25);
  EXPECT_GT(now_us_ - start_us, 4 * kDayUs);
}

TEST_F(LockoutTest, ARightLoginForgetsTheUsersTriesAndAHalfOneDoesNot) {
  for (int i = 0; i < 4; ++i) pass_s(wrong(who("siti")).retry_after_s);
  ASSERT_TRUE(lockout_.begin(who("siti")).open);
  EXPECT_TRUE(lockout_.end(who("siti"), Outcome::kNotDone).open);
  EXPECT_EQ(wrong(who("siti")).retry_after_s, 900) << "the password alone resets nothing";
  pass_s(900);
  ASSERT_TRUE(lockout_.begin(who("siti")).open);
  EXPECT_TRUE(lockout_.end(who("siti"), Outcome::kRight).open);
  EXPECT_EQ(wrong(who("siti")).retry_after_s, 1);
}

TEST_F(LockoutTest, TriesAtOnceAreCountedAsTheyComeIn) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(lockout_.begin(who("siti")).open);
  const auto sixth = lockout_.begin(who("siti"));
  EXPECT_FALSE(sixth.open);
  EXPECT_EQ(sixth.retry_after_s, 1);
  for (int i = 0; i < 4; ++i) lockout_.end(who("siti"), Outcome::kWrong);
  EXPECT_EQ(lockout_.end(who("siti"), Outcome::kWrong).retry_after_s, 900);
}

TEST_F(LockoutTest, AFullQueueCostsNobodyATry) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(lockout_.begin(who("siti")).open);
    EXPECT_TRUE(lockout_.end(who("siti"), Outcome::kNotDone).open);
  }
}

TEST_F(LockoutTest, UsersAndCooperativesAreCountedApart) {
  five_wrong("siti");
  EXPECT_FALSE(lockout_.begin(who("siti", "198.51.100.7")).open);
  EXPECT_TRUE(lockout_.begin(who("budi", "198.51.100.7")).open);
  EXPECT_TRUE(lockout_.begin({kKota, "siti", "198.51.100.7"}).open);
}

TEST_F(LockoutTest, AnAddressIsLockedByTwentyWrongTriesOfDifferentUsers) {
  for (int i = 0; i < 19; ++i) wrong(who("user-" + std::to_string(i)));
  ASSERT_TRUE(lockout_.begin(who("attackers-own")).open);
  lockout_.end(who("attackers-own"), Outcome::kRight);
  const auto state = wrong(who("user-19"));
  EXPECT_EQ(state.retry_after_s, 900) << "an own right login forgives an address nothing";
  EXPECT_FALSE(lockout_.begin(who("budi")).open);
  EXPECT_TRUE(lockout_.begin(who("budi", "192.0.2.2")).open);
}

TEST_F(LockoutTest, AnHourOfQuietForgivesAnAddressAndADayAUser) {
  for (int i = 0; i < 19; ++i) wrong(who("user-" + std::to_string(i)));
  pass_s(3600);
  for (int i = 20; i < 39; ++i) wrong(who("user-" + std::to_string(i)));
  EXPECT_TRUE(lockout_.begin(who("budi")).open);
  EXPECT_EQ(wrong(who("user-0", "192.0.2.9")).retry_after_s, 2);
  pass_s(2 + 86400);
  EXPECT_EQ(wrong(who("user-0", "192.0.2.9")).retry_after_s, 1);
}

TEST_F(LockoutTest, AnIpv6SubscriberIsOneAddressAndAMappedIpv4OneIsItself) {
  for (int i = 0; i < 20; ++i) {
    wrong(who("user-" + std::to_string(i), "2001:db8:1:2::" + std::to_string(i + 1)));
  }
  EXPECT_FALSE(lockout_.begin(who("budi", "2001:db8:1:2:ffff::1")).open);
  EXPECT_TRUE(lockout_.begin(who("budi", "2001:db8:1:3::1")).open);
  for (int i = 0; i < 20; ++i) wrong(who("mapped-" + std::to_string(i), "::ffff:203.0.113.5"));
  EXPECT_FALSE(lockout_.begin(who("tono", "203.0.113.5")).open);
  EXPECT_TRUE(lockout_.begin(who("tono", "203.0.113.6")).open);
}

TEST_F(LockoutTest, AnAdministratorAndTheLastRunAreHeard) {
  five_wrong("siti");
  lockout_.forget(kDesa, "siti");
  EXPECT_EQ(wrong(who("siti", "198.51.100.1")).retry_after_s, 1);

  lockout_.restore(kDesa, "wati", 0);
  EXPECT_EQ(wrong(who("wati", "198.51.100.2")).retry_after_s, 1);
  lockout_.restore(kDesa, "budi", 4);
  EXPECT_EQ(wrong(who("budi", "198.51.100.3")).retry_after_s, 900);
  lockout_.restore(kDesa, "tono", 11);  // locked twice, one wrong since
  EXPECT_EQ(lockout_.begin(who("tono", "198.51.100.4")).retry_after_s, 1800);
  lockout_.restore(kDesa, "yuni", 4'000'000'000);
  EXPECT_EQ(lockout_.begin(who("yuni", "198.51.100.5")).retry_after_s, 86400);
}

TEST_F(LockoutTest, MadeUpNamesMakeItForgetNobody) {
  five_wrong("siti");
  for (int i = 0; i < 100'000; ++i) {
    const std::string name = "made-up-" + std::to_string(i);
    const std::string address = "10." + std::to_string(i / 65536) + "." +
                                std::to_string(i / 256 % 256) + "." + std::to_string(i % 256);
    const Lockout::Who stranger{kDesa, name, address};
    if (lockout_.begin(stranger).open) lockout_.end(stranger, Outcome::kWrong);
  }
  EXPECT_FALSE(lockout_.begin(who("siti", "198.51.100.7")).open);
}

TEST(LockoutThreads, FiveTriesAreFiveAlsoFromManyThreads) {
  Lockout lockout([] { return engine::Timestamp{5 * kDayUs}; });
  std::atomic<int> let_in = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string address = "192.0.2." + std::to_string(t);
      for (int i = 0; i < 200; ++i) {
        const Lockout::Who who{kDesa, "siti", address};
        if (!lockout.begin(who).open) continue;
        ++let_in;
        lockout.end(who, Outcome::kWrong);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(let_in, 1);
  EXPECT_LE(let_in, 5);
}

}  // namespace
}  // namespace lumbung::api::login
