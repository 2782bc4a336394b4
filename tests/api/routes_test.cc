// Who gets how far: every route with every role, over HTTP, as openapi.yaml says; and in which
// order a request is refused.
#include "api/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/api/browser.h"
#include "tests/api/openapi_document.h"

namespace lumbung::api {
namespace {

using http::Method;

std::string_view path_of(Method method, const std::vector<std::string_view>& segments) {
  const Match found = match(method, segments);
  return found.route == nullptr ? "(none)" : found.route->path;
}

TEST(Match, TakesTheTemplateOfThePath) {
  EXPECT_EQ(path_of(Method::kGet, {"healthz"}), "/healthz");
  EXPECT_EQ(path_of(Method::kHead, {"healthz"}), "/healthz");
  EXPECT_EQ(path_of(Method::kGet, {"v1", "cooperatives", "DESA"}), "/v1/cooperatives/{coop}");
  EXPECT_EQ(path_of(Method::kPost, {"v1", "cooperatives", "DESA", "entries", "batch"}),
            "/v1/cooperatives/{coop}/entries/batch");
  const std::vector<std::string_view> reverse{"v1",      "cooperatives", "DESA",
                                              "entries", "13",           "reverse"};
  const Match found = match(Method::kPost, reverse);
  ASSERT_NE(found.route, nullptr);
  EXPECT_EQ(found.argument, "13");
  EXPECT_EQ(found.allowed, "POST");
}

TEST(Match, SaysWhatAPathAllows) {
  const std::vector<std::string_view> accounts{"v1", "cooperatives", "DESA", "accounts"};
  EXPECT_EQ(match(Method::kDelete, accounts).allowed, "POST, GET, HEAD");
  EXPECT_EQ(match(Method::kDelete, accounts).route, nullptr);
  // "batch" is no entry's number.
  EXPECT_EQ(match(Method::kGet, {"v1", "cooperatives", "DESA", "entries", "batch"}).allowed,
            "POST");
}

TEST(Match, KnowsNothingElse) {
  for (const std::vector<std::string_view>& segments :
       {std::vector<std::string_view>{},
        {""},
        {"v1"},
        {"V1", "openapi.json"},
        {"v1", "cooperatives"},
        {"v1", "cooperatives", ""},
        {"v1", "cooperatives", "DESA", ""},
        {"v1", "cooperatives", "DESA", "accounts", ""},
        {"healthz", ""},
        {"", "healthz"},
        {"v1", "cooperatives", "DESA", "accounts", "1101", "balance", "x"}}) {
    EXPECT_EQ(match(Method::kGet, segments).allowed, "");
  }
}

std::string with_arguments(std::string path) {
  for (const auto& [name, value] :
       {std::pair{"{coop}", "DESA"}, {"{code}", "1101"}, {"{no}", "13"}}) {
    const std::size_t at = path.find(name);
    if (at != std::string::npos) path.replace(at, std::string_view(name).size(), value);
  }
  return path;
}

/// The request of an operation with these fields, and with a key that no other one has.
http::Answer ask_for(Node& node, const Operation& operation, const std::string& fields) {
  static int requests = 0;
  const std::string path = with_arguments(operation.path);
  if (operation.method == "GET") return node.send(http::get(path, fields));
  return node.send(http::post(path, "{}",
                              fields + "Content-Type: application/json\r\nIdempotency-Key: r" +
                                  std::to_string(++requests) + "\r\n"));
}

/// By token and by session alike.
TEST(Roles, EveryRouteIsOpenToItsRolesAndToNobodyElse) {
  Node node;
  int requests = 0;
  std::map<std::string_view, std::string> sessions;
  for (const std::string_view role : kRoleNames) sessions[role] = browser_of(node, role).all();
  for (const Operation& operation : read_openapi().operations) {
    if (operation.is_public || operation.is_session) continue;
    const auto ask = [&](const std::string& fields) {
      ++requests;
      return ask_for(node, operation, fields);
    };
    SCOPED_TRACE(operation.method + " " + operation.path);
    EXPECT_EQ(code_of(ask("")), "unauthenticated");
    const http::Answer stranger = ask(node.bearer("stranger"));
    EXPECT_EQ(stranger.status, 404);
    EXPECT_EQ(code_of(stranger), "not_found");
    for (const std::string_view role : kRoleNames) {
      SCOPED_TRACE(role);
      const bool allowed =
          std::find(operation.roles.begin(), operation.roles.end(), role) != operation.roles.end();
      for (const std::string& proof : {node.bearer(role), sessions.at(role)}) {
        SCOPED_TRACE(proof.substr(0, proof.find(' ')));
        const http::Answer answer = ask(proof);
        EXPECT_EQ(answer.status == 403, !allowed);
        EXPECT_EQ(code_of(answer) == "forbidden", !allowed);
        EXPECT_NE(answer.status, 401);
        EXPECT_NE(answer.status, 405);
        EXPECT_LT(answer.status, 500);
      }
    }
  }
  EXPECT_GT(requests, 400);
}

TEST(Roles, WhatPeopleDoWithTheirOwnSessionNeedsOneAndNoRole) {
  Node node;
  int operations = 0;
  for (const Operation& operation : read_openapi().operations) {
    if (!operation.is_session) continue;
    ++operations;
    SCOPED_TRACE(operation.method + " " + operation.path);
    EXPECT_EQ(code_of(ask_for(node, operation, "")), "unauthenticated");
    EXPECT_EQ(code_of(ask_for(node, operation, node.bearer("stranger"))), "not_found");
    for (const std::string_view role : kRoleNames) {
      SCOPED_TRACE(role);
      EXPECT_EQ(code_of(ask_for(node, operation, node.bearer(role))), "session_required");
      const http::Answer answer = ask_for(node, operation, browser_of(node, role).all());
      EXPECT_NE(answer.status, 401);
      EXPECT_NE(answer.status, 403);
      EXPECT_NE(answer.status, 405);
      EXPECT_LT(answer.status, 500);
    }
  }
  EXPECT_EQ(operations, 6);
}

TEST(Roles, WhoHoldsSeveralHasThePowersOfAll) {
  Node node;
  EXPECT_EQ(node.get("teller", "/journal/events").status, 403);
  node.post("admin", "/roles/grant", R"({"principal":"teller-1","role":"auditor"})");
  EXPECT_EQ(node.get("teller", "/journal/events").status, 200);
  EXPECT_EQ(node.post("teller", "/entries", entry("1101", "2101.M/17", "1.00")).status, 201);
}

/// One request that is wrong in every way from some point on, and what it is told.
TEST(Precedence, TheFirstOfSeveralFaultsIsTheOneThatSaysLeast) {
  Node node;
  const auto ask = [&](std::string_view method, std::string_view path, const std::string& fields) {
    return code_of(node.send(std::string(method) + " " + std::string(path) +
                             " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n" + fields +
                             "\r\n{"));
  };
  const std::string own = "/v1/cooperatives/DESA";
  const std::string other = "/v1/cooperatives/KOTA";
  const std::string teller = node.bearer("teller");

  EXPECT_EQ(ask("DELETE", "/nothing", ""), "not_found");
  EXPECT_EQ(ask("DELETE", "/v1/nothing", ""), "unauthenticated");
  EXPECT_EQ(ask("DELETE", own + "/limits", "Authorization: Bearer lmb_x\r\n"), "unauthenticated");
  EXPECT_EQ(ask("DELETE", own, teller + teller), "unauthenticated");
  EXPECT_EQ(ask("DELETE", other + "/nothing", teller), "not_found");
  EXPECT_EQ(ask("POST", other + "/accounts/1101/limits", teller), "not_found");
  EXPECT_EQ(ask("POST", own + "/nothing", teller), "not_found");
  EXPECT_EQ(ask("DELETE", own + "/accounts/1101/limits", teller), "method_not_allowed");
  EXPECT_EQ(ask("POST", own + "/accounts/9999/limits?x=1", teller), "forbidden");
  EXPECT_EQ(ask("POST", own + "/entries?x=1", teller), "invalid_parameter");
  EXPECT_EQ(ask("POST", own + "/entries", teller), "unsupported_media_type");
  const std::string typed = teller + "Content-Type: application/json\r\n";
  EXPECT_EQ(ask("POST", own + "/entries", typed), "idempotency_key_missing");
  EXPECT_EQ(ask("POST", own + "/entries", typed + "Idempotency-Key: \r\n"),
            "idempotency_key_missing");
  EXPECT_EQ(ask("POST", own + "/entries", typed + "Idempotency-Key: a\r\nIdempotency-Key: a\r\n"),
            "idempotency_key_missing");
  EXPECT_EQ(ask("POST", own + "/entries", typed + "Idempotency-Key: a\r\n"), "malformed_body");
}

TEST(Precedence, AnotherCooperativeLooksLikeNone) {
  Node node;
  const auto answer = [&](const std::string& path) {
    return node.send(http::get(path, node.bearer("auditor"))).body;
  };
  EXPECT_EQ(answer("/v1/cooperatives/KOTA"), answer("/v1/cooperatives/NONE"));
  EXPECT_EQ(answer("/v1/cooperatives/KOTA/accounts/1101"),
            answer("/v1/cooperatives/desa/accounts/1101"));
}

TEST(Form, MethodsAndTypes) {
  Node node;
  const http::Answer refused =
      node.send("DELETE " + Node::below("/accounts") + " HTTP/1.1\r\nHost: localhost\r\n" +
                node.bearer("teller") + "\r\n");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.field("Allow"), "POST, GET, HEAD");

  http::RawClient client(node.port());
  ASSERT_TRUE(client.send("HEAD " + Node::below("/days") + " HTTP/1.1\r\nHost: localhost\r\n" +
                          node.bearer("teller") + "\r\n"));
  const http::Answer head = client.receive(/*to_head=*/true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Content-Length"), std::to_string(node.get("teller", "/days").body.size()));

  const std::string body = entry("1101", "2101.M/17", "1.00");
  const auto typed = [&](std::string_view type, std::string_view key) {
    return node
        .send(http::post(Node::below("/entries"), body,
                         node.bearer("teller") + "Idempotency-Key: " + std::string(key) +
                             "\r\nContent-Type: " + std::string(type) + "\r\n"))
        .status;
  };
  EXPECT_EQ(typed("application/json; charset=utf-8", "a"), 201);
  EXPECT_EQ(typed("Application/JSON", "b"), 201);
  EXPECT_EQ(typed("text/json", "c"), 415);
  EXPECT_EQ(typed("application/json-patch+json", "d"), 415);
  // A command that says nothing needs no type either.
  EXPECT_EQ(node.send(http::post(Node::below("/accounts/7001/freeze"), "",
                                 node.bearer("approver") + "Idempotency-Key: e\r\n"))
                .status,
            200);
}

TEST(Form, ABodyOverTheRoutesLimitIsRefused) {
  Node node;
  const std::string blanks(64 * 1024 + 1, ' ');
  EXPECT_EQ(code_of(node.post("teller", "/entries", blanks)), "body_too_large");
  EXPECT_EQ(code_of(node.post("teller", "/entries/batch", blanks)), "malformed_body");
  EXPECT_EQ(node.send("POST " + Node::below("/entries/batch") +
                      " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8388609\r\n"
                      "Content-Type: application/json\r\n" +
                      node.bearer("teller") + "\r\n")
                .status,
            413);
}

}  // namespace
}  // namespace lumbung::api
