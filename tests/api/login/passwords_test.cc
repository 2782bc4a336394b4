#include "api/login/passwords.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <regex>
#include <set>
#include <thread>
#include <vector>

namespace lumbung::api::login {
namespace {

// Small enough for tests under sanitizers; libsodium's least.
constexpr HashCost kCheap{8 * 1024, 1};

// The promise belongs to the callback, too: whoever waits for it may go before set_value returns.
Passwords::Verdict verify(Passwords& passwords, std::string_view password,
                          std::optional<std::string> hash) {
  const auto told = std::make_shared<std::promise<Passwords::Verdict>>();
  EXPECT_TRUE(passwords.verify(Secret(password), std::move(hash),
                               [told](Passwords::Verdict v) { told->set_value(std::move(v)); }));
  return told->get_future().get();
}

std::string hash(Passwords& passwords, std::string_view password) {
  const auto told = std::make_shared<std::promise<std::string>>();
  EXPECT_TRUE(passwords.hash(Secret(password),
                             [told](std::string text) { told->set_value(std::move(text)); }));
  return told->get_future().get();
}

// The first is in the reference implementation's test.c; the second was made by Debian's argon2
// 0~20171227: echo -n sandi-desa-2026 | argon2 garam-desa-16byt -id -v 13 -t 2 -k 19456 -p 1 -e
TEST(PasswordsTest, ReadsTheHashesOfTheReferenceImplementation) {
  Passwords passwords(kCheap);
  const std::string reference =
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  EXPECT_TRUE(verify(passwords, "password", reference).right);
  EXPECT_FALSE(verify(passwords, "Password", reference).right);
  const std::string debian =
      "$argon2id$v=19$m=19456,t=2,p=1$Z2FyYW0tZGVzYS0xNmJ5dA$"
      "ExAEi7XaMxNsLovWzUSoqifb0f50+KZG3v5d0IfFNtQ";
  EXPECT_TRUE(verify(passwords, "sandi-desa-2026", debian).right);
  EXPECT_FALSE(verify(passwords, "sandi-desa-2025", debian).right);
}

TEST(PasswordsTest, AHashCostsWhatOwaspAsksForAtLeastAndHasASaltOfItsOwn) {
  Passwords passwords;
  const std::string one = hash(passwords, "sandi-desa-2026");
  EXPECT_TRUE(std::regex_match(
      one,
      std::regex(R"(\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43})")))
      << one;
  EXPECT_NE(one, hash(passwords, "sandi-desa-2026"));
  EXPECT_TRUE(verify(passwords, "sandi-desa-2026", one).right);
  EXPECT_FALSE(verify(passwords, "sandi-desa-2026 ", one).right);
  EXPECT_FALSE(verify(passwords, "sandi-desa-2026", "no hash").right);
}

TEST(PasswordsTest, NobodyHasNobodysPassword) {
  Passwords passwords(kCheap);
  EXPECT_FALSE(verify(passwords, "sandi-desa-2026", std::nullopt).right);
  EXPECT_FALSE(verify(passwords, "", std::nullopt).right);
}

TEST(PasswordsTest, ARightPasswordIsHashedAnewWhenTheCostHasChanged) {
  Passwords cheap(kCheap);
  const std::string old = hash(cheap, "sandi-desa-2026");
  EXPECT_FALSE(verify(cheap, "sandi-desa-2026", old).new_hash);
  Passwords dear(HashCost{16 * 1024, 2});
  EXPECT_FALSE(verify(dear, "wrong-password", old).new_hash);
  const auto verdict = verify(dear, "sandi-desa-2026", old);
  ASSERT_TRUE(verdict.right && verdict.new_hash);
  EXPECT_NE(verdict.new_hash->find("m=16,t=2,p=1"), std::string::npos) << *verdict.new_hash;
  EXPECT_FALSE(verify(dear, "sandi-desa-2026", *verdict.new_hash).new_hash);
}

TEST(PasswordsTest, AFullQueueTakesNothing) {
  std::atomic<int> done = 0;
  std::promise<void> started;
  std::promise<void> go;
  {
    Passwords passwords(kCheap);
    ASSERT_TRUE(passwords.hash(Secret("first"), [&](const std::string&) {
      started.set_value();
      go.get_future().wait();
    }));
    started.get_future().wait();
    const auto count = [&](const Passwords::Verdict&) { ++done; };
    for (std::size_t i = 0; i < Passwords::kQueueMax; ++i) {
      EXPECT_TRUE(passwords.verify(Secret("later"), std::nullopt, count));
    }
    EXPECT_EQ(passwords.waiting(), 8u);
    EXPECT_FALSE(passwords.verify(Secret("more"), std::nullopt, count));
    EXPECT_FALSE(passwords.hash(Secret("more"), [&](const std::string&) { ++done; }));
    go.set_value();
  }
  EXPECT_EQ(done, 8) << "what was taken is answered before it ends";
}

TEST(PasswordsTest, ManyThreadsAreAnsweredOnTheOneThatHashes) {
  std::mutex mutex;
  std::set<std::thread::id> ran_on;
  std::atomic<int> answered = 0;
  std::atomic<int> taken = 0;
  {
    Passwords passwords(kCheap);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          taken += passwords.verify(Secret("sandi-desa-2026"), std::nullopt,
                                    [&](const Passwords::Verdict&) {
                                      const std::lock_guard lock(mutex);
                                      ran_on.insert(std::this_thread::get_id());
                                      ++answered;
                                    });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_GT(taken, 0);
  EXPECT_EQ(answered, taken);
  EXPECT_EQ(ran_on.size(), 1u);
  EXPECT_FALSE(ran_on.contains(std::this_thread::get_id()));
}

TEST(PasswordRules, AreLengthTextAndNotTheFirstGuess) {
  EXPECT_EQ(fault_of("sembilan9", "siti"), PasswordFault::kTooShort);
  EXPECT_EQ(fault_of("", "siti"), PasswordFault::kTooShort);
  EXPECT_EQ(fault_of("sepuluh-10", "siti"), std::nullopt);
  EXPECT_EQ(fault_of(std::string(128, 'a'), "siti"), std::nullopt);
  EXPECT_EQ(fault_of(std::string(129, 'a'), "siti"), PasswordFault::kTooLong);
  EXPECT_EQ(fault_of("kata sandi yang panjang", "siti"), std::nullopt) << "blanks are welcome";
  EXPECT_EQ(fault_of("\xE1\xAC\x84\xE1\xAC\x93\xE1\xAC\x94\xE1\xAC\x95", "siti"), std::nullopt)
      << "twelve bytes of Balinese";
  EXPECT_EQ(fault_of("tidak\xFFutf8-sama", "siti"), PasswordFault::kNotText);
  EXPECT_EQ(fault_of("ada\tkendali-nya", "siti"), PasswordFault::kNotText);
  EXPECT_EQ(fault_of("Qwertyuiop", "siti"), PasswordFault::kCommon);
  EXPECT_EQ(fault_of("1234567890", "siti"), PasswordFault::kCommon);
  EXPECT_EQ(fault_of("BISMILLAH123", "siti"), PasswordFault::kCommon);
  EXPECT_EQ(fault_of("Bendahara-Desa", "bendahara-desa"), PasswordFault::kIsUserName);
  EXPECT_EQ(name_of(PasswordFault::kTooShort), "password_too_short");
  EXPECT_EQ(name_of(PasswordFault::kIsUserName), "password_is_user_name");
}

TEST(SecretTest, MovesAndLeavesNothing) {
  Secret one("short");
  Secret two(std::move(one));
  EXPECT_EQ(two.view(), "short");
  EXPECT_EQ(one.view(), "");  // NOLINT(bugprone-use-after-move): what is tested
  one = std::move(two);
  EXPECT_EQ(one.view(), "short");
  EXPECT_EQ(two.view(), "");  // NOLINT(bugprone-use-after-move)
}

// RFC 4648, section 10, and what is refused: another length, padding, unused bits that are not 0.
TEST(Base64urlTest, IsThatOfRfc4648) {
  EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(base64url("\xFB\xFF"), "-_8");
  EXPECT_EQ(from_base64url("Zm9v", 3), "foo");
  EXPECT_EQ(from_base64url("Zm9v", 4), std::nullopt);
  EXPECT_EQ(from_base64url("Zm9v", 2), std::nullopt);
  EXPECT_EQ(from_base64url("Zg==", 1), std::nullopt);
  EXPECT_EQ(from_base64url("Zh", 1), std::nullopt);
}

}  // namespace
}  // namespace lumbung::api::login
