#include "api/login/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/check.h"
#include "tests/temporary_directory.h"

namespace lumbung::api::login {
namespace {

const UserId kSiti{*engine::CoopId::parse("DESA"), {7}};
const UserId kBudi{*engine::CoopId::parse("DESA"), {8}};
const UserId kSitiOfKota{*engine::CoopId::parse("KOTA"), {7}};
constexpr std::string_view kTotp = "12345678901234567890";  // RFC 6238, appendix B
constexpr std::int64_t kStep = 0x23523EC;                   // of 1111111109: "081804"

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() { open(); }

  void open(std::string_view key = std::string_view("0123456789abcdef0123456789abcdef")) {
    credentials_.reset();
    ledger_.reset();
    storage::Ledger::Options options;
    options.directory = directory_.path() / "data";
    options.create = true;
    ledger_ = storage::Ledger::open(std::move(options));
    credentials_ = std::make_unique<Credentials>(
        *ledger_, Secret(key), [this] { return engine::Timestamp{now_s_ * kSecondUs}; });
  }

  std::atomic<std::int64_t> now_s_ = 1111111109;
  tests::TemporaryDirectory directory_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::unique_ptr<Credentials> credentials_;
};

TEST_F(CredentialsTest, APasswordThatSomebodyElseChoseIsKnownAsOneUntilTheUserChooses) {
  credentials_->set_password(kSiti, "hash", Credentials::Chosen::kForUser);
  const std::uint64_t setting = credentials_->find(kSiti)->setting;
  open();
  EXPECT_TRUE(credentials_->find(kSiti)->one_time);
  credentials_->replace_hash(kSiti, "hash", "dearer");
  EXPECT_TRUE(credentials_->find(kSiti)->one_time);
  EXPECT_EQ(credentials_->find(kSiti)->setting, 0u);
  credentials_->set_password(kSiti, "own");
  EXPECT_FALSE(credentials_->find(kSiti)->one_time);
  EXPECT_NE(credentials_->find(kSiti)->setting, 0u);
  EXPECT_NE(setting, 0u);
  open();
  EXPECT_FALSE(credentials_->find(kSiti)->one_time);
}

TEST_F(CredentialsTest, AnotherKeyIsToldByTheUsersWhoseTotpItDoesNotOpen) {
  credentials_->set_totp(kSiti, Secret(kTotp), kStep - 1);
  credentials_->set_password(kBudi, "hash");
  EXPECT_FALSE(credentials_->has_lost_totp(kSiti));
  open("fedcba9876543210fedcba9876543210");
  EXPECT_TRUE(credentials_->has_lost_totp(kSiti));
  EXPECT_FALSE(credentials_->has_lost_totp(kBudi));
  credentials_->clear_totp(kSiti);
  EXPECT_FALSE(credentials_->has_lost_totp(kSiti));
}

TEST_F(CredentialsTest, AreThereAfterARestart) {
  EXPECT_FALSE(credentials_->find(kSiti));
  credentials_->set_password(kSiti, "$argon2id$1");
  credentials_->set_totp(kSiti, Secret(kTotp), kStep - 1);
  credentials_->count_wrong(kSiti);
  credentials_->count_wrong(kSiti);
  credentials_->set_password(kSitiOfKota, "$argon2id$2");
  for (int restarts = 0; restarts < 2; ++restarts) {
    const auto known = credentials_->find(kSiti);
    ASSERT_TRUE(known);
    EXPECT_EQ(known->password_hash, "$argon2id$1");
    EXPECT_TRUE(known->has_totp);
    EXPECT_EQ(known->wrong_tries, 2u);
    EXPECT_EQ(known->changed, engine::Timestamp{1111111109 * kSecondUs});
    EXPECT_EQ(credentials_->find(kSitiOfKota)->password_hash, "$argon2id$2");
    EXPECT_FALSE(credentials_->find(kSitiOfKota)->has_totp);
    EXPECT_FALSE(credentials_->find(kBudi));
    EXPECT_EQ(credentials_->all().size(), 2u);
    open();
  }
}

TEST_F(CredentialsTest, AReplacedHashIsOnlyReplacedOnce) {
  credentials_->set_password(kSiti, "old");
  credentials_->replace_hash(kSiti, "old", "dearer");
  EXPECT_EQ(credentials_->find(kSiti)->password_hash, "dearer");
  credentials_->set_password(kSiti, "changed meanwhile");
  credentials_->replace_hash(kSiti, "dearer", "dearest");
  EXPECT_EQ(credentials_->find(kSiti)->password_hash, "changed meanwhile");
  credentials_->replace_hash(kBudi, "old", "new");
  EXPECT_FALSE(credentials_->find(kBudi));
}

TEST_F(CredentialsTest, ACodeWorksOnceAlsoAfterARestart) {
  EXPECT_FALSE(credentials_->use_totp(kSiti, "081804")) << "has none";
  credentials_->set_totp(kSiti, Secret(kTotp), 0);
  EXPECT_FALSE(credentials_->use_totp(kSiti, "081805"));
  EXPECT_TRUE(credentials_->use_totp(kSiti, "081804"));
  EXPECT_FALSE(credentials_->use_totp(kSiti, "081804"));
  open();
  EXPECT_FALSE(credentials_->use_totp(kSiti, "081804"));
  now_s_ = 1111111111;
  EXPECT_TRUE(credentials_->use_totp(kSiti, "050471"));
  credentials_->clear_totp(kSiti);
  now_s_ = 1234567890;
  EXPECT_FALSE(credentials_->use_totp(kSiti, "005924"));
  EXPECT_FALSE(credentials_->find(kSiti)->has_totp);
}

TEST_F(CredentialsTest, TheCodeThatProvedASecretIsUsed) {
  credentials_->set_totp(kSiti, Secret(kTotp), kStep);
  EXPECT_FALSE(credentials_->use_totp(kSiti, "081804"));
}

TEST_F(CredentialsTest, OfManyWhoSendTheSameCodeOneIsLetIn) {
  credentials_->set_totp(kSiti, Secret(kTotp), 0);
  std::atomic<int> let_in = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        if (credentials_->use_totp(kSiti, "081804")) ++let_in;
        credentials_->find(kSiti);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(let_in, 1);
}

TEST_F(CredentialsTest, ASealHoldsForItsUserAndItsKey) {
  credentials_->set_totp(kSiti, Secret(kTotp), 0);
  const std::string stored = *ledger_->beside("login/DESA/7");
  EXPECT_THAT(stored, testing::Not(testing::HasSubstr(kTotp)));
  EXPECT_THAT(stored, testing::Not(testing::HasSubstr(base64url(kTotp))));
  EXPECT_THAT(stored, testing::Not(testing::HasSubstr(base32(kTotp))));
  ledger_->set_beside("login/DESA/8", stored);  // put in another's place
  open();
  EXPECT_FALSE(credentials_->use_totp(kBudi, "081804"));
  open("another key of thirty-two bytes!");
  EXPECT_FALSE(credentials_->use_totp(kSiti, "081804"));
  open();
  EXPECT_TRUE(credentials_->use_totp(kSiti, "081804"));
}

TEST_F(CredentialsTest, EveryChangedByteBreaksTheSeal) {
  credentials_->set_totp(kSiti, Secret(kTotp), 0);
  const std::string stored = *ledger_->beside("login/DESA/7");
  const std::size_t begin = stored.find(R"("totp":")") + 8;
  for (std::size_t at = begin; stored[at] != '"'; at += 7) {
    std::string changed = stored;
    changed[at] = changed[at] == 'A' ? 'Q' : 'A';
    ledger_->set_beside("login/DESA/7", changed);
    Credentials reread(*ledger_, Secret("0123456789abcdef0123456789abcdef"),
                       [this] { return engine::Timestamp{now_s_ * kSecondUs}; });
    EXPECT_FALSE(reread.use_totp(kSiti, "081804")) << at;
  }
}

TEST_F(CredentialsTest, WhatIsNoRecordIsNobodys) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"login/DESA/7", "not json"},
           {"login/DESA/7", R"({"step":0,"wrong":0})"},
           {"login/DESA/7", R"({"totp":"QQ","step":0,"wrong":0,"changed":0})"},
           {"login/DESA/7", R"({"step":-1,"wrong":0,"changed":0})"},
           {"login/DESA/7", R"({"step":0,"wrong":4294967296,"changed":0})"},
           {"login/DESA", R"({"step":0,"wrong":0,"changed":0})"},
           {"login/DESA/7x", R"({"step":0,"wrong":0,"changed":0})"},
           {"login/desa/7", R"({"step":0,"wrong":0,"changed":0})"}}) {
    ledger_->set_beside(key, value);
    EXPECT_TRUE(Credentials(*ledger_, Secret(std::string(32, 'k'))).all().empty())
        << key << ' ' << value;
    ledger_->set_beside(key, std::nullopt);
  }
}

TEST_F(CredentialsTest, WrongTriesAreCountedForWhoExistsAndForgottenAtLogin) {
  credentials_->count_wrong(kSiti);
  EXPECT_FALSE(credentials_->find(kSiti)) << "a made-up user leaves no trace";
  EXPECT_FALSE(ledger_->beside("login/DESA/7"));
  credentials_->set_password(kSiti, "one");
  credentials_->count_wrong(kSiti);
  EXPECT_EQ(credentials_->find(kSiti)->wrong_tries, 1u);
  credentials_->clear_wrong(kSiti);
  EXPECT_EQ(credentials_->find(kSiti)->wrong_tries, 0u);
  credentials_->count_wrong(kSiti);
  credentials_->set_password(kSiti, "two");
  EXPECT_EQ(credentials_->find(kSiti)->wrong_tries, 0u);
  credentials_->clear_wrong(kBudi);
  EXPECT_FALSE(credentials_->find(kBudi));
}

TEST_F(CredentialsTest, WhatIsForgottenIsGoneAndNobodyElses) {
  credentials_->set_password(kSiti, "one");
  credentials_->set_totp(kSiti, Secret(kTotp), 0);
  credentials_->set_password(kBudi, "two");
  credentials_->forget(kSiti);
  for (int restarts = 0; restarts < 2; ++restarts) {
    EXPECT_FALSE(credentials_->find(kSiti));
    EXPECT_FALSE(credentials_->use_totp(kSiti, "081804"));
    EXPECT_TRUE(credentials_->find(kBudi));
    EXPECT_FALSE(ledger_->beside("login/DESA/7"));
    open();
  }
}

}  // namespace
}  // namespace lumbung::api::login
