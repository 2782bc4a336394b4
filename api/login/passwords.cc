#include "api/login/passwords.h"

#include <simdjson.h>
#include <sodium.h>

#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <utility>

#include "api/http/http.h"
#include "api/json.h"
#include "api/login/common_passwords.h"
#include "engine/check.h"

namespace lumbung::api::login {
namespace {

constexpr std::string_view kFaultNames[] = {"password_too_short", "password_too_long",
                                            "password_not_text", "password_common",
                                            "password_is_user_name"};
constexpr std::string_view kFaultSentences[] = {
    "a password has at least 10 bytes", "a password has at most 128 bytes",
    "a password is text without control characters",
    "this password is among the first that are tried", "a password is not the user's name"};
static_assert(std::size(kFaultNames) == kPasswordFaults &&
              std::size(kFaultSentences) == kPasswordFaults);

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string hash_now(std::string_view password, const HashCost& cost) {
  std::array<char, crypto_pwhash_STRBYTES> text;
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), cost.passes,
                            cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::bad_alloc();
  }
  return text.data();
}

bool is_of(const std::string& hash, std::string_view password) {
  errno = 0;
  const bool same = crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
  // Else a right password would be called wrong for want of memory.
  if (!same && errno == ENOMEM) throw std::bad_alloc();
  return same;
}

std::string make_nobodys_hash(const HashCost& cost) {
  CHECK(sodium_init() >= 0);
  std::array<unsigned char, 32> password;
  randombytes_buf(password.data(), password.size());
  return hash_now(view_of(password), cost);
}

}  // namespace

std::optional<PasswordFault> fault_of(std::string_view password, std::string_view user_name) {
  if (password.size() < kPasswordMin) return PasswordFault::kTooShort;
  if (password.size() > kPasswordMax) return PasswordFault::kTooLong;
  if (!simdjson::validate_utf8(password.data(), password.size()) ||
      !json::Charset::text().holds(password)) {
    return PasswordFault::kNotText;
  }
  if (http::equal_ignoring_case(password, user_name)) return PasswordFault::kIsUserName;
  if (is_common_password(lower_case(password))) return PasswordFault::kCommon;
  return std::nullopt;
}

std::string_view name_of(PasswordFault fault) {
  return kFaultNames[static_cast<std::size_t>(fault)];
}

std::string_view sentence_of(PasswordFault fault) {
  return kFaultSentences[static_cast<std::size_t>(fault)];
}

Passwords::Passwords(HashCost cost, std::size_t queue_max)
    : cost_(cost), nobodys_hash_(make_nobodys_hash(cost)), workers_(1, queue_max) {}

bool Passwords::hash(Secret password, std::function<void(std::string)> done) {
  // A task can be copied, a secret cannot.
  auto held = std::make_shared<const Secret>(std::move(password));
  return workers_.offer([this, held = std::move(held), done = std::move(done)] {
    done(hash_now(held->view(), cost_));
  });
}

bool Passwords::verify(Secret password, std::optional<std::string> hash,
                       std::function<void(Verdict)> done) {
  auto held = std::make_shared<const Secret>(std::move(password));
  return workers_.offer([this, held = std::move(held), hash = std::move(hash),
                         done = std::move(done)] {
    const std::string& compared = hash ? *hash : nobodys_hash_;
    Verdict verdict;
    verdict.right = is_of(compared, held->view()) && hash.has_value();
    if (verdict.right &&
        crypto_pwhash_str_needs_rehash(compared.c_str(), cost_.passes, cost_.memory_bytes) != 0) {
      verdict.new_hash = hash_now(held->view(), cost_);
    }
    done(std::move(verdict));
  });
}

}  // namespace lumbung::api::login
