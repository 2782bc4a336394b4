// Time-based one-time passwords: RFC 6238 over HMAC-SHA-1, steps of 30 s, six digits, because that
// is what the authenticator programs on people's phones can do. Pure functions: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/login/outside.h"

namespace lumbung::api::login {

inline constexpr std::size_t kTotpSecretBytes = 20;  ///< RFC 4226, R6: 160 bits
inline constexpr std::int64_t kTotpStepS = 30;
inline constexpr unsigned kTotpDigits = 6;
/// Steps before and after the present one that are accepted: clocks differ and people are slow
/// (RFC 6238, section 5.2).
inline constexpr std::int64_t kTotpDrift = 1;

/// A new secret of kTotpSecretBytes.
Secret new_totp_secret(const RandomBytes& random);

/// The password of a counter, leading zeros kept (RFC 4226, section 5.3). REQUIRES: digits <= 9.
std::string hotp(std::string_view secret, std::uint64_t counter, unsigned digits);

/// The step of a time; before 1970 there are none (0).
std::int64_t totp_step(engine::Timestamp utc);

/// The step whose code this is, of the accepted ones and later than `last_step`, the last one that
/// was used; nullopt when there is none. How long it takes says nothing about the code.
std::optional<std::int64_t> totp_accept(std::string_view secret, std::string_view code,
                                        engine::Timestamp utc, std::int64_t last_step);

/// RFC 4648 section 6, without padding: what a person types into an authenticator.
std::string base32(std::string_view bytes);

/// "otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…&algorithm=SHA1&digits=6&period=30": the QR code
/// that authenticators read (Key Uri Format of Google Authenticator). It holds the secret: for the
/// user's eyes, once.
Secret otpauth_uri(std::string_view issuer, std::string_view account, std::string_view secret);

}  // namespace lumbung::api::login
