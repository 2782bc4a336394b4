#include "api/auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "tests/api/node.h"

namespace lumbung::api {
namespace {

using engine::RefusalCode;
using engine::Role;

engine::Timestamp time_of(std::string_view text) {
  return *engine::parse_timestamp(text);
}

TEST(BearerToken, IsWhatRfc6750Section21Says) {
  EXPECT_EQ(bearer_token("Bearer abc"), "abc");
  EXPECT_EQ(bearer_token("bearer abc"), "abc");
  EXPECT_EQ(bearer_token("BEARER  abc"), "abc");
  EXPECT_EQ(bearer_token("Basic abc"), std::nullopt);
  EXPECT_EQ(bearer_token("Bearer"), std::nullopt);
  EXPECT_EQ(bearer_token("Bearerabc"), std::nullopt);
  EXPECT_EQ(bearer_token(""), std::nullopt);
}

TEST(RolesTest, AreSets) {
  constexpr Roles some = Roles::of(Role::kTeller, Role::kAuditor);
  EXPECT_TRUE(some.has(Role::kTeller));
  EXPECT_FALSE(some.has(Role::kAdmin));
  EXPECT_TRUE(some.meets(Roles::of(Role::kAdmin, Role::kAuditor)));
  EXPECT_FALSE(some.meets(Roles::of(Role::kAdmin)));
  EXPECT_FALSE(Roles{}.meets(some));
}

TEST(TokensTest, ATokenIs32RandomBytesAndIsKnown) {
  Node node;
  std::set<std::string> secrets;
  for (int i = 0; i < 20; ++i) {
    const auto token = node.tokens().create(kDesa, "teller-1", "counter");
    ASSERT_TRUE(token);
    EXPECT_TRUE(std::regex_match(token->secret, std::regex("lmb_[A-Za-z0-9_-]{43}")));
    EXPECT_EQ(token->info.id, storage::hex(storage::sha256(token->secret)));
    secrets.insert(token->secret);
    const auto caller = node.tokens().authenticate(token->secret);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->coop, kDesa);
    EXPECT_EQ(caller->principal, *node.ledger().find_principal(kDesa, "teller-1"));
    EXPECT_EQ(caller->roles.bits, Roles::of(Role::kTeller).bits);
  }
  EXPECT_EQ(secrets.size(), 20u);
}

TEST(TokensTest, NothingElseIsAToken) {
  Node node;
  const std::string good = node.token("teller");
  ASSERT_TRUE(node.tokens().authenticate(good));
  std::string other = good;
  other.back() = other.back() == 'A' ? 'E' : 'A';
  for (const std::string& bad :
       {std::string(), std::string("lmb_"), other, good + "A", good.substr(0, good.size() - 1),
        good.substr(4), "LMB_" + good.substr(4), good + "=", storage::hex(storage::sha256(good))}) {
    EXPECT_FALSE(node.tokens().authenticate(bad)) << bad;
  }
}

TEST(TokensTest, OnlyWhoWasGrantedARoleGetsOne) {
  Node node;
  const auto refusal = [&](const char* coop, std::string_view principal) {
    return node.tokens().create(*engine::CoopId::parse(coop), principal, "").refusal().code;
  };
  EXPECT_EQ(refusal("NONE", "teller-1"), RefusalCode::coop_unknown);
  EXPECT_EQ(refusal("DESA", "nobody"), RefusalCode::principal_unknown);
  EXPECT_EQ(refusal("DESA", "operator"), RefusalCode::principal_unknown);
}

TEST(TokensTest, ARevokedTokenIsNoneAtOnceAndAfterARestart) {
  Node node;
  const auto token = node.tokens().create(kDesa, "teller-1", "lost");
  EXPECT_FALSE(node.tokens().revoke(kKota, token->info.id)) << "another cooperative's";
  EXPECT_FALSE(node.tokens().revoke(kDesa, "abc"));
  EXPECT_FALSE(node.tokens().revoke(kDesa, std::string(64, '0')));
  ASSERT_TRUE(node.tokens().authenticate(token->secret));
  EXPECT_TRUE(node.tokens().revoke(kDesa, token->info.id));
  EXPECT_FALSE(node.tokens().authenticate(token->secret));
  EXPECT_FALSE(node.tokens().revoke(kDesa, token->info.id));
  node.restart();
  EXPECT_FALSE(node.tokens().authenticate(token->secret));
  EXPECT_TRUE(node.tokens().authenticate(node.token("teller")));
}

TEST(TokensTest, ATokenEndsWhenItExpires) {
  Node node;
  const auto token = node.tokens().create(kDesa, "teller-1", "", time_of("2026-01-05T02:00:00Z"));
  node.set_clock("2026-01-05T01:59:59.999999Z");
  EXPECT_TRUE(node.tokens().authenticate(token->secret));
  node.set_clock("2026-01-05T02:00:00Z");
  EXPECT_FALSE(node.tokens().authenticate(token->secret));
  node.restart();
  EXPECT_FALSE(node.tokens().authenticate(token->secret));
}

TEST(TokensTest, RolesAreThoseOfThisMoment) {
  Node node;
  const std::string& secret = node.token("teller");
  const auto roles = [&] { return node.tokens().authenticate(secret)->roles.bits; };
  EXPECT_EQ(
      node.post("admin", "/roles/grant", R"({"principal":"teller-1","role":"auditor"})").status,
      200);
  EXPECT_EQ(roles(), Roles::of(Role::kTeller, Role::kAuditor).bits);
  for (const std::string_view role : {"teller", "auditor"}) {
    EXPECT_EQ(node.post("admin", "/roles/revoke",
                        R"({"principal":"teller-1","role":")" + std::string(role) + "\"}")
                  .status,
              200);
  }
  EXPECT_EQ(roles(), 0u);
  EXPECT_EQ(node.get("teller", "").status, 403);
}

TEST(TokensTest, TheListNamesTokensInOrderOfCreation) {
  Node node;
  node.set_clock("2026-01-05T03:00:00Z");
  const auto late = node.tokens().create(kDesa, "auditor-1", "desk \x01 of A\xC3\xA9");
  node.restart();
  const auto list = node.tokens().list(kDesa);
  ASSERT_EQ(list.size(), std::size(kRoleNames) + 1);
  EXPECT_EQ(list.front().created, time_of("2026-01-05T01:00:00Z"));
  EXPECT_EQ(list.back().id, late->info.id);
  EXPECT_EQ(list.back().principal, "auditor-1");
  EXPECT_EQ(list.back().created, time_of("2026-01-05T03:00:00Z"));
  EXPECT_EQ(list.back().label, "desk ? of A??");
  EXPECT_EQ(list.back().expires, std::nullopt);
  EXPECT_EQ(node.tokens().list(kKota).size(), 1u);
}

TEST(TokensTest, NoSecretStandsInAnyFile) {
  Node node;
  const std::string secret = node.token("treasurer");
  ASSERT_EQ(node.get("treasurer", "").status, 200);
  node.restart();
  std::size_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(node.directory())) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    bytes += content.size();
    EXPECT_EQ(content.find(secret.substr(4)), std::string::npos) << file.path();
  }
  EXPECT_GT(bytes, 1000u);
}

}  // namespace
}  // namespace lumbung::api
