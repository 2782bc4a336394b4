// Users under many threads at once; what people see of them is tested over HTTP in login_test.cc
// and session_test.cc.
#include "api/login/users.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/login/seal_key.h"
#include "engine/check.h"
#include "tests/temporary_directory.h"

namespace lumbung::api::login {
namespace {

const engine::CoopId kDesa = *engine::CoopId::parse("DESA");
constexpr std::string_view kOld = "sandi-desa-2026";
constexpr std::string_view kNew = "lain-sekali-2026";

class UsersTest : public testing::Test {
 protected:
  UsersTest() {
    storage::Ledger::Options options;
    options.directory = directory_.path() / "data";
    options.create = true;
    ledger_ = storage::Ledger::open(std::move(options));
    must(engine::OpenCooperative{kDesa, engine::kIDR, "Asia/Jakarta",
                                 *engine::parse_date("2026-01-05")});
    must(engine::GrantRole{"siti", engine::Role::kTeller});
    Users::Options users;
    users.cost = {8 * 1024, 1};
    users.hash_queue_max = 1000;
    users.since_boot = [this] { return engine::Timestamp{now_us_}; };
    users.error_log = [](std::string_view what) { ADD_FAILURE() << what; };
    users_ = std::make_unique<Users>(*ledger_, new_seal_key(), std::move(users));
  }

  void must(engine::CommandBody body) {
    const auto key = engine::Key::parse("k-" + std::to_string(++keys_));
    const auto answer = ledger_->ask(kDesa, {*key, engine::kOperator, std::move(body)});
    CHECK(answer.outcome == storage::Answer::Outcome::kDone);
  }
  UserRow siti() { return *users_->find(kDesa, "siti"); }

  std::future<Told> log_in(std::string_view password) {
    // The promise belongs to the callback, too: whoever waits for it may go first.
    const auto told = std::make_shared<std::promise<Told>>();
    users_->log_in({kDesa, "siti", "192.0.2." + std::to_string(++address_ % 250)}, Secret(password),
                   "", [told](Told t) { told->set_value(std::move(t)); });
    return told->get_future();
  }

  tests::TemporaryDirectory directory_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::atomic<std::int64_t> now_us_ = kDayUs;
  std::atomic<int> address_ = 0;
  int keys_ = 0;
  std::unique_ptr<Users> users_;
};

TEST_F(UsersTest, AnOldPasswordUnderWayOpensNothingOnceTheNewOneIsSet) {
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(users_->set_password(siti(), Secret(kOld), Credentials::Chosen::kByUser));
    std::vector<std::future<Told>> tries;
    std::thread setter;
    for (int i = 0; i < 8; ++i) {
      tries.push_back(log_in(kOld));
      if (i == round % 4) {
        setter = std::thread([this] {
          ASSERT_TRUE(users_->set_password(siti(), Secret(kNew), Credentials::Chosen::kByUser));
        });
      }
    }
    setter.join();
    std::vector<Told> told;
    for (auto& each : tries) told.push_back(each.get());
    EXPECT_EQ(siti().sessions, 0u);
    for (const Told& each : told) {
      if (!each.session) continue;
      EXPECT_FALSE(users_->authenticate(each.session->id.view()));
    }
    now_us_ += 2 * kDayUs;
    const Told with_new = log_in(kNew).get();
    ASSERT_EQ(with_new.outcome, Outcome::kRight);
    EXPECT_TRUE(users_->authenticate(with_new.session->id.view()));
    now_us_ += 2 * kDayUs;
  }
}

TEST_F(UsersTest, ManyAtOnceGetNoMoreTriesThanOne) {
  ASSERT_TRUE(users_->set_password(siti(), Secret(kOld), Credentials::Chosen::kByUser));
  std::atomic<int> looked_at = 0;
  std::vector<std::thread> guessers;
  for (int i = 0; i < 4; ++i) {
    guessers.emplace_back([&] {
      for (int j = 0; j < 25; ++j) {
        if (log_in("salah-sekali-26").get().outcome == Outcome::kWrong) ++looked_at;
      }
    });
  }
  for (std::thread& guesser : guessers) guesser.join();
  EXPECT_GE(looked_at, 1);
  EXPECT_LE(looked_at, 5);  // the clock stands still
}

TEST_F(UsersTest, WhatIsUnderWayAtTheEndIsAnswered) {
  ASSERT_TRUE(users_->set_password(siti(), Secret(kOld), Credentials::Chosen::kByUser));
  const Told in = log_in(kOld).get();
  const auto told = std::make_shared<std::promise<Told>>();
  users_->change_password({siti().user, "siti", "192.0.2.1", std::string(in.session->id.view())},
                          Secret(kOld), Secret(kNew),
                          [told](Told t) { told->set_value(std::move(t)); });
  users_.reset();
  EXPECT_EQ(told->get_future().get().outcome, Outcome::kRight);
}

TEST_F(UsersTest, AnOutcomeHasItsWord) {
  EXPECT_EQ(name_of(Outcome::kRight), "right");
  EXPECT_EQ(name_of(Outcome::kFailed), "failed");
}

}  // namespace
}  // namespace lumbung::api::login
