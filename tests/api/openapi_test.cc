// openapi.yaml and the program are one: routes, roles, parameters, codes and kinds, both ways.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "api/assets.h"
#include "api/http/gate.h"
#include "api/login/passwords.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/wire.h"
#include "tests/api/openapi_document.h"

namespace lumbung::api {
namespace {

using ::testing::HasSubstr;

class OpenapiTest : public ::testing::Test {
 protected:
  const OpenapiDocument document_ = read_openapi();

  const Operation* find(const Route& route) const {
    for (const Operation& operation : document_.operations) {
      if (operation.path == route.path && operation.method == http::text(route.method)) {
        return &operation;
      }
    }
    return nullptr;
  }
};

TEST_F(OpenapiTest, EveryRouteStandsInTheDocumentWithItsRolesAndNoOther) {
  std::vector<std::string> lines;
  for (const Operation& operation : document_.operations) {
    std::string roles;
    for (const std::string& role : operation.roles) roles += (roles.empty() ? "" : ",") + role;
    EXPECT_EQ(operation.is_public || operation.is_session, roles.empty()) << operation.path;
    const std::string who = operation.is_public ? "-" : operation.is_session ? "session" : roles;
    lines.push_back(operation.method + " " + operation.path + " " + who + "\n");
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line;
  EXPECT_EQ(dump_routes(), all);
  EXPECT_GT(lines.size(), 30u);
}

TEST_F(OpenapiTest, EveryRouteHasTheDocumentsParametersKeyAndBody) {
  for (const Route& route : routes()) {
    SCOPED_TRACE(route.path);
    const Operation* operation = find(route);
    ASSERT_NE(operation, nullptr);
    std::set<std::string> wanted;
    for (const std::string& component : operation->parameters) {
      const auto query = document_.query_names.find(component);
      if (query != document_.query_names.end()) wanted.insert(query->second);
    }
    std::set<std::string> taken;
    std::string words(route.parameters);
    while (!words.empty()) {
      const std::size_t end = std::min(words.find(' '), words.size());
      taken.insert(words.substr(0, end));
      words.erase(0, end + 1);
    }
    EXPECT_EQ(taken, wanted);
    EXPECT_EQ(operation->parameters.contains("IdempotencyKey"), route.key == KeyIn::kHeader);
    EXPECT_EQ(operation->parameters.contains("BatchIdempotencyKey"), route.key == KeyIn::kEither);
    EXPECT_EQ(operation->has_body, route.body_limit > 0);
    EXPECT_EQ(operation->parameters.contains("Coop"), route.path.find("{coop}") != route.path.npos);
    EXPECT_EQ(operation->parameters.contains("CsrfToken"),
              route.access == Access::kSession && route.method == http::Method::kPost);
    EXPECT_EQ(operation->parameters.contains("Code"), route.path.find("{code}") != route.path.npos);
    EXPECT_EQ(operation->parameters.contains("Number"), route.path.find("{no}") != route.path.npos);
  }
}

TEST_F(OpenapiTest, EveryRouteSaysHowItCanBeRefused) {
  for (const Route& route : routes()) {
    SCOPED_TRACE(route.path);
    const Operation* operation = find(route);
    ASSERT_NE(operation, nullptr);
    std::set<std::string> wanted;
    if (route.access == Access::kRoles) wanted = {"401", "403", "404", "503"};
    if (route.access == Access::kSession) wanted = {"401", "403", "404"};
    if (!route.parameters.empty()) wanted.insert("400");
    if (route.body_limit > 0) wanted.insert({"400", "413", "415"});
    if (route.key != KeyIn::kNone) wanted.insert({"400", "409", "413", "415", "422"});
    EXPECT_TRUE(std::includes(operation->statuses.begin(), operation->statuses.end(),
                              wanted.begin(), wanted.end()));
    EXPECT_EQ(operation->parameters.contains("IfNoneMatch"),
              route.access == Access::kRoles && operation->statuses.contains("304"));
  }
}

TEST_F(OpenapiTest, EveryCodeOfAProblemIsListed) {
  std::set<std::string> codes = {"body_too_large", "request_timeout"};  // of http/session.cc
  for (int number = 0; number < 256; ++number) {
    const auto code = engine::refusal_of_number(static_cast<std::uint8_t>(number));
    if (code) codes.insert(std::string(engine::name_of(*code)));
  }
  for (std::size_t i = 0; i < kFaults; ++i) {
    codes.insert(std::string(name_of(static_cast<Fault>(i))));
  }
  for (std::size_t i = 0; i < login::kPasswordFaults; ++i) {
    codes.insert(std::string(login::name_of(static_cast<login::PasswordFault>(i))));
  }
  for (std::size_t i = 1; i < http::kGateOutcomes; ++i) {
    codes.insert(std::string(http::answer(static_cast<http::Gate>(i)).code));
  }
  EXPECT_EQ(document_.enums.at("ProblemCode"), codes);
}

template <std::size_t... Index>
std::set<std::string> kinds(std::index_sequence<Index...>) {
  return {std::string(
      kind_of(engine::EventBody(std::variant_alternative_t<Index, engine::EventBody>{})))...};
}

TEST_F(OpenapiTest, EveryClosedSetOfWordsIsListed) {
  EXPECT_EQ(document_.enums.at("Kind"),
            kinds(std::make_index_sequence<std::variant_size_v<engine::EventBody>>{}));
  for (const std::string& word : document_.enums.at("Role")) {
    EXPECT_TRUE(engine::parse_role(word)) << word;
  }
  EXPECT_EQ(document_.enums.at("Role").size(), 6u);
  for (const std::string& word : document_.enums.at("AccountType")) {
    EXPECT_TRUE(engine::parse_account_type(word)) << word;
  }
  EXPECT_EQ(document_.enums.at("AccountType").size(), 6u);
  for (const std::string& word : document_.enums.at("Side")) {
    EXPECT_TRUE(engine::parse_side(word)) << word;
  }
  EXPECT_EQ(document_.enums.at("Side").size(), 2u);
}

TEST_F(OpenapiTest, TheProgramCarriesTheDocument) {
  const Asset* asset = find_asset("/v1/openapi.json");
  ASSERT_NE(asset, nullptr);
  json::Parser parser;
  EXPECT_TRUE(parser.validate(asset->body));
  for (const Operation& operation : document_.operations) {
    EXPECT_THAT(asset->body, HasSubstr("\"" + operation.path + "\":{"));
  }
}

}  // namespace
}  // namespace lumbung::api
