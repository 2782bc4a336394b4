#include "api/login/sessions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <regex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace lumbung::api::login {
namespace {

const engine::CoopId kDesa = *engine::CoopId::parse("DESA");
const engine::CoopId kKota = *engine::CoopId::parse("KOTA");
constexpr DeviceId kPhone{{1, 2, 3}};
constexpr DeviceId kTablet{{4, 5, 6}};

SessionOwner owner(std::uint32_t principal, std::optional<DeviceId> device = kPhone,
                   const engine::CoopId& coop = kDesa) {
  return {{coop, {principal}}, device};
}

class SessionsTest : public testing::Test {
 protected:
  static std::string id_of(const std::optional<NewSession>& made) {
    EXPECT_TRUE(made);
    return std::string(made->id.view());
  }

  std::int64_t now_us_ = 0;
  Sessions sessions_{Sessions::Limits{}, [this] { return engine::Timestamp{now_us_}; }};
};

TEST_F(SessionsTest, OneCanStayWhenTheUsersOthersEnd) {
  const std::string kept = id_of(sessions_.open(owner(1)));
  const std::string other = id_of(sessions_.open(owner(1, std::nullopt)));
  const std::string colleague = id_of(sessions_.open(owner(2)));
  EXPECT_EQ(sessions_.count_of(owner(1).user), 2u);
  EXPECT_EQ(sessions_.end_others_of(owner(1).user, kept), 1u);
  EXPECT_TRUE(sessions_.find(kept));
  EXPECT_FALSE(sessions_.find(other));
  EXPECT_TRUE(sessions_.find(colleague));
  EXPECT_EQ(sessions_.count_of(owner(1).user), 1u);
  now_us_ += 15 * kMinuteUs;
  EXPECT_EQ(sessions_.count_of(owner(1).user), 0u);
}

TEST_F(SessionsTest, APageThatIsLoadedAnewGetsTheSameToken) {
  const auto made = sessions_.open(owner(1));
  EXPECT_EQ(sessions_.csrf_of(made->id.view()).view(), made->csrf.view());
  now_us_ += kHourUs;
  EXPECT_EQ(sessions_.left_us({owner(1), {0}, {}}), 9 * kHourUs);
}

TEST_F(SessionsTest, AnIdIs32RandomBytesAndIsKnownWithItsOwner) {
  std::set<std::string> ids;
  for (std::uint32_t i = 1; i <= 20; ++i) {
    const std::string id = id_of(sessions_.open(owner(i)));
    EXPECT_TRUE(std::regex_match(id, std::regex("[A-Za-z0-9_-]{43}")));
    const auto session = sessions_.find(id);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->owner.user, (UserId{kDesa, {i}}));
    EXPECT_EQ(session->owner.device, kPhone);
    EXPECT_FALSE(session->stepped_up);
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 20u);
}

TEST_F(SessionsTest, NothingElseIsASession) {
  const std::string id = id_of(sessions_.open(owner(1)));
  std::string other = id;
  other.front() = other.front() == 'A' ? 'B' : 'A';
  for (const std::string& bad :
       {std::string(), other, id + "A", id.substr(1), storage::hex(storage::sha256(id))}) {
    EXPECT_FALSE(sessions_.find(bad)) << bad;
    EXPECT_FALSE(sessions_.step_up(bad));
    EXPECT_EQ(sessions_.end(bad), 0u);
  }
}

TEST_F(SessionsTest, EndsAfter15MinutesWithoutARequest) {
  const std::string id = id_of(sessions_.open(owner(1)));
  now_us_ += 15 * kMinuteUs - 1;
  EXPECT_TRUE(sessions_.find(id));
  now_us_ += 15 * kMinuteUs - 1;
  EXPECT_TRUE(sessions_.find(id)) << "the request before counts";
  now_us_ += 15 * kMinuteUs;
  EXPECT_FALSE(sessions_.find(id));
  EXPECT_EQ(sessions_.size(), 0u);
}

TEST_F(SessionsTest, EndsAfterTenHoursInAnyCaseAndStepUpIsNoLogin) {
  std::string id = id_of(sessions_.open(owner(1)));
  for (int minutes = 10; minutes < 600; minutes += 10) {
    now_us_ += 10 * kMinuteUs;
    ASSERT_TRUE(sessions_.find(id)) << minutes;
  }
  id = id_of(sessions_.step_up(id));
  now_us_ += 10 * kMinuteUs - 1;
  EXPECT_TRUE(sessions_.find(id));
  now_us_ += 1;
  EXPECT_FALSE(sessions_.find(id));
}

TEST_F(SessionsTest, StepUpGivesANewIdAndTheOldOneIsNone) {
  const auto before = sessions_.open(owner(1, kTablet));
  now_us_ += kMinuteUs;
  const auto after = sessions_.step_up(before->id.view());
  ASSERT_TRUE(after);
  EXPECT_NE(after->id.view(), before->id.view());
  EXPECT_FALSE(sessions_.find(before->id.view()));
  EXPECT_FALSE(sessions_.step_up(before->id.view()));
  const auto session = sessions_.find(after->id.view());
  ASSERT_TRUE(session);
  EXPECT_EQ(session->owner.device, kTablet);
  EXPECT_EQ(session->opened.us, 0);
  EXPECT_EQ(session->stepped_up, engine::Timestamp{kMinuteUs});
}

TEST_F(SessionsTest, OneAllOfAUserAndAllOfADeviceCanBeEnded) {
  const std::string a = id_of(sessions_.open(owner(1, kPhone)));
  const std::string b = id_of(sessions_.open(owner(1, kTablet)));
  const std::string c = id_of(sessions_.open(owner(2, kPhone)));
  const std::string d = id_of(sessions_.open(owner(1, kPhone, kKota)));
  const std::string e = id_of(sessions_.open(owner(2, std::nullopt)));
  EXPECT_EQ(sessions_.end_all_of(kDesa, kPhone), 2u);
  EXPECT_FALSE(sessions_.find(a));
  EXPECT_FALSE(sessions_.find(c));
  EXPECT_TRUE(sessions_.find(d)) << "another cooperative's";
  EXPECT_TRUE(sessions_.find(e)) << "without a device";
  EXPECT_EQ(sessions_.end_all_of(UserId{kDesa, {1}}), 1u);
  EXPECT_FALSE(sessions_.find(b));
  EXPECT_EQ(sessions_.end(e), 1u);
  EXPECT_EQ(sessions_.end(e), 0u);
  EXPECT_FALSE(sessions_.find(e));
  EXPECT_TRUE(sessions_.find(d));
}

TEST_F(SessionsTest, TheNinthLoginOfAUserEndsTheOneLongestIdle) {
  std::vector<std::string> ids;
  for (int i = 0; i < 8; ++i) {
    now_us_ += kSecondUs;
    ids.push_back(id_of(sessions_.open(owner(1))));
  }
  now_us_ += kSecondUs;
  EXPECT_TRUE(sessions_.find(ids[0]));
  ids.push_back(id_of(sessions_.open(owner(1))));
  EXPECT_TRUE(sessions_.find(ids[0]));
  EXPECT_FALSE(sessions_.find(ids[1]));
  EXPECT_TRUE(sessions_.find(ids[8]));
}

TEST_F(SessionsTest, WhenAllPlacesAreTakenNobodyIsPushedOut) {
  Sessions few(Sessions::Limits{.sessions_max = 2}, [this] { return engine::Timestamp{now_us_}; });
  const std::string first = id_of(few.open(owner(1)));
  const std::string second = id_of(few.open(owner(2)));
  EXPECT_FALSE(few.open(owner(3)));
  EXPECT_TRUE(few.find(first));
  EXPECT_TRUE(few.step_up(second)) << "takes no place";
  now_us_ += 15 * kMinuteUs;
  EXPECT_TRUE(few.open(owner(3))) << "what has ended makes room";
}

TEST_F(SessionsTest, ACsrfTokenIsOfItsSessionAlone) {
  const auto one = sessions_.open(owner(1));
  const auto two = sessions_.open(owner(1));
  EXPECT_TRUE(sessions_.csrf_matches(one->id.view(), one->csrf.view()));
  EXPECT_FALSE(sessions_.csrf_matches(two->id.view(), one->csrf.view()));
  EXPECT_FALSE(sessions_.csrf_matches(one->id.view(), ""));
  EXPECT_FALSE(sessions_.csrf_matches(one->id.view(), one->id.view()));
  EXPECT_FALSE(sessions_.csrf_matches(one->id.view(), std::string(one->csrf.view()).append("A")));
  const auto after = sessions_.step_up(one->id.view());
  EXPECT_FALSE(sessions_.csrf_matches(after->id.view(), one->csrf.view()));
  EXPECT_TRUE(sessions_.csrf_matches(after->id.view(), after->csrf.view()));
}

// HMAC-SHA-256 under a key of 32 bytes 0x0b, worked out with Python's hmac over
// b"lumbung.csrf.v1" + sha256(id), the id being base64url of 32 bytes 0x0b.
TEST(SessionsVector, TheCsrfTokenIsAnHmac) {
  Sessions sessions(
      Sessions::Limits{}, [] { return engine::Timestamp{0}; },
      [](std::span<unsigned char> out) { std::fill(out.begin(), out.end(), 0x0b); });
  const auto made = sessions.open(owner(1));
  EXPECT_EQ(made->id.view(), "CwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCws");
  EXPECT_EQ(made->csrf.view(), "DxkObjmb8vbpQpFDob4uY7HL0inXK5EoeRQgveUWylc");
}

TEST(SessionsThreads, WhatWasEndedIsSeenByNobody) {
  Sessions sessions;
  std::atomic<bool> ended = false;
  std::atomic<int> seen = 0;
  std::atomic<int> seen_after = 0;
  const std::string id(sessions.open(owner(1))->id.view());
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        const bool was_ended = ended;
        if (sessions.find(id)) {
          ++seen;
          if (was_ended) ++seen_after;
        }
        const auto own = sessions.open(owner(10 + static_cast<std::uint32_t>(t)));
        sessions.csrf_matches(own->id.view(), own->csrf.view());
        sessions.end(own->id.view());
      }
    });
  }
  while (seen == 0) std::this_thread::yield();
  EXPECT_EQ(sessions.end_all_of(UserId{kDesa, {1}}), 1u);
  ended = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen_after, 0);
  EXPECT_EQ(sessions.size(), 0u);
}

TEST(CookieTest, IsWrittenAsTheRulesSay) {
  EXPECT_EQ(set_cookie("abc"), "__Host-sid=abc; Secure; HttpOnly; SameSite=Strict; Path=/");
  EXPECT_EQ(clear_cookie(), "__Host-sid=; Secure; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
}

TEST(CookieTest, IsFoundAmongOthersAndNeverGuessed) {
  const std::string id(43, 'a');
  const std::string cookie = "__Host-sid=" + id;
  EXPECT_EQ(session_id_of(cookie), id);
  EXPECT_EQ(session_id_of("lang=id; " + cookie + "; theme=\"dark\""), id);
  EXPECT_EQ(session_id_of("a;;b=;" + cookie + ";"), id);
  EXPECT_EQ(session_id_of(""), std::nullopt);
  EXPECT_EQ(session_id_of("lang=id"), std::nullopt);
  EXPECT_EQ(session_id_of("sid=" + id), std::nullopt);
  EXPECT_EQ(session_id_of("__host-sid=" + id), std::nullopt) << "names of cookies have a case";
  EXPECT_EQ(session_id_of("x__Host-sid=" + id), std::nullopt);
  EXPECT_EQ(session_id_of(cookie + "; " + cookie), std::nullopt) << "twice";
  EXPECT_EQ(session_id_of(cookie + "; __Host-sid="), std::nullopt);
  EXPECT_EQ(session_id_of("__Host-sid=\"" + id + "\""), std::nullopt);
  EXPECT_EQ(session_id_of("__Host-sid=" + std::string(42, 'a')), std::nullopt);
  EXPECT_EQ(session_id_of("__Host-sid=" + std::string(44, 'a')), std::nullopt);
  EXPECT_EQ(session_id_of("__Host-sid=" + std::string(42, 'a') + "="), std::nullopt);
}

// Fetch Metadata (W3C) and the serialisation of origins (HTML, "ASCII serialisation of an origin").
TEST(SameOriginTest, OnePageIsOurs) {
  constexpr std::string_view kOurs[] = {"https://desa.example", "https://desa.example:8443"};
  const auto ours = [&](std::optional<std::string_view> site,
                        std::optional<std::string_view> origin) {
    return is_same_origin(site, origin, kOurs);
  };
  EXPECT_TRUE(ours("same-origin", "https://desa.example"));
  EXPECT_TRUE(ours("same-origin", "https://desa.example:8443"));
  EXPECT_TRUE(ours("same-origin", std::nullopt));
  EXPECT_TRUE(ours("none", std::nullopt));
  EXPECT_TRUE(ours(std::nullopt, "https://desa.example")) << "browsers before 2023";
  EXPECT_FALSE(ours(std::nullopt, std::nullopt));
  for (const std::string_view site :
       {"cross-site", "same-site", "", "Same-Origin", "same-origin "}) {
    EXPECT_FALSE(ours(site, "https://desa.example")) << site;
    EXPECT_FALSE(ours(site, std::nullopt)) << site;
  }
  for (const std::string_view origin :
       {"null", "", "http://desa.example", "https://desa.example.evil.example",
        "https://evil.example", "https://desa.example:444", "https://desa.example/"}) {
    EXPECT_FALSE(ours("same-origin", origin)) << origin;
    EXPECT_FALSE(ours(std::nullopt, origin)) << origin;
  }
}

}  // namespace
}  // namespace lumbung::api::login
