#include "api/login/totp.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>

#include "engine/check.h"

namespace lumbung::api::login {
namespace {

constexpr std::uint32_t kPowersOfTen[] = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

std::array<unsigned char, 20> hmac_sha1(std::string_view key, std::string_view message) {
  std::array<unsigned char, 20> mac;
  std::size_t size = 0;
  CHECK(EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA1", nullptr, key.data(), key.size(),
                  bytes_of(message), message.size(), mac.data(), mac.size(), &size) != nullptr &&
        size == mac.size());
  return mac;
}

/// RFC 3986: everything but unreserved characters as %XX.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace

Secret new_totp_secret(const RandomBytes& random) {
  std::array<unsigned char, kTotpSecretBytes> bytes;
  random(bytes);
  Secret secret(view_of(bytes));
  sodium_memzero(bytes.data(), bytes.size());
  return secret;
}

std::string hotp(std::string_view secret, std::uint64_t counter, unsigned digits) {
  CHECK(digits < std::size(kPowersOfTen));
  std::array<unsigned char, 8> message;
  for (unsigned i = 0; i < 8; ++i) {
    message[i] = static_cast<unsigned char>(counter >> (56 - 8 * i) & 0xff);
  }
  const auto mac = hmac_sha1(secret, view_of(message));
  const std::size_t at = mac.back() & 15U;
  const std::uint32_t number = (mac[at] & 0x7fU) << 24 | std::uint32_t{mac[at + 1]} << 16 |
                               std::uint32_t{mac[at + 2]} << 8 | std::uint32_t{mac[at + 3]};
  const std::string text = std::to_string(number % kPowersOfTen[digits]);
  return std::string(digits - std::min<std::size_t>(digits, text.size()), '0') + text;
}

std::int64_t totp_step(engine::Timestamp utc) {
  return utc.us < 0 ? 0 : utc.us / (kTotpStepS * kSecondUs);
}

std::optional<std::int64_t> totp_accept(std::string_view secret, std::string_view code,
                                        engine::Timestamp utc, std::int64_t last_step) {
  if (code.size() != kTotpDigits) return std::nullopt;
  const std::int64_t now = totp_step(utc);
  std::optional<std::int64_t> accepted;
  for (std::int64_t step = now - kTotpDrift; step <= now + kTotpDrift; ++step) {
    if (step < 0) continue;
    const std::string wanted = hotp(secret, static_cast<std::uint64_t>(step), kTotpDigits);
    const bool same = sodium_memcmp(wanted.data(), code.data(), kTotpDigits) == 0;
    if (same && step > last_step && !accepted) accepted = step;
  }
  return accepted;
}

std::string base32(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    count += 8;
    for (; count >= 5; count -= 5) text += kAlphabet[bits >> (count - 5) & 31];
    bits &= 31;
  }
  if (count > 0) text += kAlphabet[bits << (5 - count) & 31];
  return text;
}

Secret otpauth_uri(std::string_view issuer, std::string_view account, std::string_view secret) {
  const std::string from = percent_encoded(issuer);
  std::string text = base32(secret);
  std::string uri = "otpauth://totp/" + from + ":" + percent_encoded(account) + "?secret=" + text +
                    "&issuer=" + from + "&algorithm=SHA1&digits=" + std::to_string(kTotpDigits) +
                    "&period=" + std::to_string(kTotpStepS);
  Secret result(uri);
  sodium_memzero(text.data(), text.size());
  sodium_memzero(uri.data(), uri.size());
  return result;
}

}  // namespace lumbung::api::login
