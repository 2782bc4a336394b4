#include "api/auth.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <tuple>
#include <utility>

#include "api/http/http.h"
#include "api/json.h"
#include "engine/check.h"

namespace lumbung::api {

using engine::CoopId;
using engine::Timestamp;

namespace {

constexpr std::string_view kBeside = "token/";
constexpr std::string_view kPrefix = "lmb_";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretChars = 43;  // base64url of them, without padding (RFC 4648 section 5)
constexpr std::size_t kLabelMax = 64;

Timestamp system_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

std::string beside_key(std::string_view id) {
  return std::string(kBeside).append(id);
}

std::string encode(const TokenInfo& info) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("coop", info.coop.text());
  out.member("principal", std::string_view(info.principal)).member("created", info.created.us);
  if (info.expires) out.member("expires", info.expires->us);
  out.member("label", std::string_view(info.label)).end_object();
  return text;
}

std::optional<TokenInfo> decode(std::string_view id, std::string_view text) {
  static constexpr json::FieldSpec kFields[] = {{"coop", json::kRequired},
                                                {"principal", json::kRequired},
                                                {"created", json::kRequired},
                                                {"expires"},
                                                {"label", json::kRequired}};
  TokenInfo info;
  info.id = id;
  json::Parser parser;
  const auto errors = parser.object(text, kFields, [&](std::size_t which, json::Value& value) {
    std::string_view word;
    switch (which) {
      case 0: {
        if (!value.string(word)) return false;
        const auto coop = CoopId::parse(word);
        if (coop) info.coop = *coop;
        return coop || value.fail("not a cooperative's id");
      }
      case 1:
        if (!value.string(word)) return false;
        info.principal = word;
        return true;
      case 2:
        return value.integer(info.created.us);
      case 3:
        return value.integer(info.expires.emplace().us);
      default:
        if (!value.string(word)) return false;
        info.label = word;
        return true;
    }
  });
  if (!errors.empty()) return std::nullopt;
  return info;
}

std::string as_label(std::string_view text) {
  std::string label(text.substr(0, kLabelMax));
  std::replace_if(
      label.begin(), label.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return label;
}

std::string new_secret() {
  CHECK(sodium_init() >= 0);
  std::array<unsigned char, kSecretBytes> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, kSecretChars + 1> text;
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  sodium_memzero(bytes.data(), bytes.size());
  return std::string(kPrefix) + text.data();
}

}  // namespace

std::vector<std::string_view> names_of(Roles roles) {
  std::vector<std::string_view> names;
  for (const engine::Role role : kAllRoles) {
    if (roles.has(role)) names.push_back(engine::name_of(role));
  }
  return names;
}

std::string text_of(Roles roles, std::string_view between) {
  std::string text;
  for (const std::string_view name : names_of(roles)) {
    text.append(text.empty() ? "" : between).append(name);
  }
  return text;
}

Tokens::Tokens(storage::Ledger& ledger, std::function<Timestamp()> clock)
    : ledger_(ledger), clock_(clock ? std::move(clock) : system_now) {
  for (const auto& [key, value] : ledger_.all_beside(kBeside)) {
    const std::string_view id = std::string_view(key).substr(kBeside.size());
    const auto hash = storage::parse_hash(id);
    auto info = decode(id, value);
    if (hash && info) tokens_.emplace(*hash, std::move(*info));
  }
}

engine::Result<NewToken> Tokens::create(const CoopId& coop, std::string_view principal,
                                        std::string_view label, std::optional<Timestamp> expires) {
  if (!ledger_.coop(coop)) return engine::Refusal(engine::RefusalCode::coop_unknown);
  const auto handle = ledger_.find_principal(coop, principal);
  if (!handle || *handle == engine::kOperator) {
    return engine::Refusal(engine::RefusalCode::principal_unknown);
  }
  NewToken token;
  token.secret = new_secret();
  const storage::Hash hash = storage::sha256(token.secret);
  token.info = {.id = storage::hex(hash),
                .coop = coop,
                .principal = std::string(principal),
                .created = clock_(),
                .expires = expires,
                .label = as_label(label)};
  // The disk is not waited for under the lock, which requests on an io thread take.
  ledger_.set_beside(beside_key(token.info.id), encode(token.info));
  const std::lock_guard lock(mutex_);
  tokens_.emplace(hash, token.info);
  return token;
}

bool Tokens::revoke(const CoopId& coop, std::string_view id) {
  const auto hash = storage::parse_hash(id);
  if (!hash) return false;
  {
    const std::shared_lock lock(mutex_);
    const auto found = tokens_.find(*hash);
    if (found == tokens_.end() || found->second.coop != coop) return false;
  }
  ledger_.set_beside(beside_key(storage::hex(*hash)), std::nullopt);
  const std::lock_guard lock(mutex_);
  tokens_.erase(*hash);
  return true;
}

std::vector<TokenInfo> Tokens::list(const CoopId& coop) const {
  std::vector<TokenInfo> all;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [hash, info] : tokens_) {
      if (info.coop == coop) all.push_back(info);
    }
  }
  std::sort(all.begin(), all.end(), [](const TokenInfo& a, const TokenInfo& b) {
    return std::tie(a.created, a.id) < std::tie(b.created, b.id);
  });
  return all;
}

std::optional<Caller> Tokens::authenticate(std::string_view token) const {
  if (token.size() != kPrefix.size() + kSecretChars || !token.starts_with(kPrefix)) {
    return std::nullopt;
  }
  // What is looked up and compared is the hash: how long that takes says nothing about the token.
  const storage::Hash hash = storage::sha256(token);
  Caller caller;
  std::string principal;
  {
    const std::shared_lock lock(mutex_);
    const auto found = tokens_.find(hash);
    if (found == tokens_.end()) return std::nullopt;
    const TokenInfo& info = found->second;
    if (info.expires && *info.expires <= clock_()) return std::nullopt;
    caller.coop = info.coop;
    principal = info.principal;
  }
  const auto handle = ledger_.find_principal(caller.coop, principal);
  if (!handle) return std::nullopt;
  caller.principal = *handle;
  if (const auto who = ledger_.principal(caller.coop, *handle)) caller.roles = {who->roles};
  return caller;
}

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() <= kScheme.size()) return std::nullopt;
  if (!http::equal_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

}  // namespace lumbung::api
