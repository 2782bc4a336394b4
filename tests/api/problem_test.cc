#include "api/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "api/login/passwords.h"
#include "api/wire.h"

namespace lumbung::api {
namespace {

using engine::RefusalCode;

std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "(none)";
}

/// The statuses that are not 422, by the words of docs/api.md: 404 for what a path names, 409 for a
/// state that can change, 503 for what the ledger cannot take now.
const std::map<std::string_view, int> kStatuses = {
    {"coop_unknown", 404},       {"entry_unknown", 404},     {"hold_unknown", 404},
    {"coop_exists", 409},        {"role_held", 409},         {"role_not_held", 409},
    {"month_closed", 409},       {"day_closed", 409},        {"day_not_open", 409},
    {"month_not_over", 409},     {"hold_ended", 409},        {"hold_not_expired", 409},
    {"account_code_taken", 409}, {"account_closed", 409},    {"account_frozen", 409},
    {"account_not_frozen", 409}, {"account_not_empty", 409}, {"queue_full", 503},
    {"writer_stopped", 503}};

TEST(Problem, EveryRefusalHasAStatusATypeAndItsCode) {
  std::size_t others = 0;
  for (int number = 0; number < 256; ++number) {
    const auto code = engine::refusal_of_number(static_cast<std::uint8_t>(number));
    if (!code) continue;
    const std::string name(engine::name_of(*code));
    const auto row = kStatuses.find(name);
    const int status = row == kStatuses.end() ? 422 : row->second;
    if (row != kStatuses.end()) ++others;
    EXPECT_EQ(status_of(*code), status) << name;

    const http::Response response = refused(engine::Refusal(*code), nullptr);
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.content_type, "application/problem+json; charset=utf-8");
    const std::string named = response.body.substr(0, response.body.find("\"detail\""));
    EXPECT_EQ(named.find('_'), std::string::npos) << named;
    EXPECT_THAT(response.body, ::testing::HasSubstr("\"code\":\"" + name + "\""));
    EXPECT_THAT(response.body, ::testing::HasSubstr("\"status\":" + std::to_string(status)));
    EXPECT_EQ(header(response, "Retry-After") != "(none)", status == 503) << name;
  }
  EXPECT_EQ(others, kStatuses.size()) << "a code of this table is gone";
}

TEST(Problem, ARefusalIsToldInTheseBytes) {
  EXPECT_EQ(refused(engine::Refusal(RefusalCode::too_few_legs), nullptr).body,
            R"({"type":"/problems/too-few-legs","title":"Too few legs","status":422,)"
            R"("detail":"an entry has at least two legs","code":"too_few_legs","params":{}})");
  const http::Response pointed =
      refused(refusal_of({0, "/legs/1/account", 1}), nullptr, "/legs/1/account");
  EXPECT_THAT(pointed.body,
              ::testing::HasSubstr(R"("params":{"leg":1},"errors":[{"pointer":"/legs/1/account",)"
                                   R"("code":"account_unknown",)"));
}

TEST(Problem, AThingOfAPathIsNotThere) {
  const http::Response response = not_there(RefusalCode::account_unknown);
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, ::testing::HasSubstr(R"("status":404)"));
  EXPECT_THAT(response.body, ::testing::HasSubstr(R"("code":"account_unknown")"));
}

TEST(Problem, EveryFaultOfTheFacadeHasItsRow) {
  const std::map<std::string_view, int> kRows = {
      {"malformed_body", 400},     {"invalid_parameter", 400},
      {"invalid_cursor", 400},     {"unauthenticated", 401},
      {"login_failed", 401},       {"code_required", 401},
      {"origin_refused", 403},     {"csrf_token_invalid", 403},
      {"session_required", 403},   {"password_change_required", 403},
      {"password_wrong", 403},     {"idempotency_key_missing", 400},
      {"forbidden", 403},          {"not_found", 404},
      {"method_not_allowed", 405}, {"totp_held", 409},
      {"totp_not_held", 409},      {"totp_not_begun", 409},
      {"password_same", 422},      {"code_wrong", 422},
      {"too_many_tries", 429},     {"readers_busy", 503},
      {"login_busy", 503},         {"unsupported_media_type", 415},
      {"outcome_unknown", 503},    {"not_ready", 503},
      {"internal_error", 500}};
  ASSERT_EQ(kRows.size(), kFaults);
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    const http::Response response = problem(fault);
    ASSERT_TRUE(kRows.contains(name_of(fault))) << name_of(fault);
    EXPECT_EQ(response.status, kRows.at(name_of(fault))) << name_of(fault);
    EXPECT_EQ(status_of(fault), response.status);
    EXPECT_EQ(header(response, "Retry-After") != "(none)", response.status == 503);
    EXPECT_EQ(header(response, "WWW-Authenticate"),
              response.status == 401 ? "Bearer" : "(none)");  // RFC 9110 section 11.6.1
  }
}

TEST(Problem, TooManyTriesSaysWhenToComeBack) {
  const http::Response response = too_many_tries(900);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(header(response, "Retry-After"), "900");
}

TEST(Problem, APasswordIsRefusedByTheFaultsName) {
  const http::Response response = password_refused(login::PasswordFault::kTooShort);
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, ::testing::HasSubstr(R"("code":"password_too_short")"));
}

TEST(Problem, AMalformedBodyNamesEachPlace) {
  EXPECT_EQ(malformed({{json::Code::kWrongType, "/legs/0/amount", "a string is wanted"},
                       {json::Code::kMissingField, "/a~1b", "the \"field\" is required"}})
                .body,
            R"({"type":"/problems/malformed-body","title":"Malformed body","status":400,)"
            R"("detail":"the body is not what this route takes","code":"malformed_body",)"
            R"("errors":[{"pointer":"/legs/0/amount","code":"wrong_type",)"
            R"("detail":"a string is wanted"},{"pointer":"/a~1b","code":"missing_field",)"
            R"("detail":"the \"field\" is required"}]})");
}

TEST(Problem, TheServersOwnErrorsLookTheSame) {
  EXPECT_EQ(server_problem(431, "head_too_large", "Too large.").body,
            R"({"type":"/problems/head-too-large","title":"Head too large","status":431,)"
            R"("detail":"Too large.","code":"head_too_large"})");
}

}  // namespace
}  // namespace lumbung::api
