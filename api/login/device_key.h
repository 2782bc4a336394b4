// Keys of registered devices: ECDSA on P-256 with SHA-256, made by a browser's WebCrypto and never
// leaving it. Not Ed25519, which the browsers of cheap phones lack.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/id.h"
#include "storage/digest.h"

namespace lumbung::api::login {

/// 16 random bytes, given at registration.
struct DeviceId {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const DeviceId&, const DeviceId&) = default;
};

/// What a signature is for. The numbers are signed: frozen.
enum class Purpose : std::uint8_t {
  kLogin = 1,     ///< of a challenge
  kStepUp = 2,    ///< of a challenge
  kRegister = 3,  ///< of a challenge: whoever registers a key holds its private half
  kApprove = 4,   ///< of a proposal's digest
};

/// What a device signs, 83 bytes that mean nothing anywhere else:
///
///     18  "lumbung.device.v1" and a zero
///      1  purpose
///     16  cooperative, zero-padded
///     16  device
///     32  the challenge, or the SHA-256 that the proposal carries
///
/// Every part has one length, so no two meanings have the same bytes.
std::string signed_message(Purpose purpose, const engine::CoopId& coop, const DeviceId& device,
                           const storage::Hash& subject);

inline constexpr std::size_t kSignatureBytes = 64;

/// A public key that is one. Immutable: any thread.
class DeviceKey {
 public:
  static constexpr std::size_t kRawBytes = 65;   ///< 0x04, x, y (SEC 1, 2.3.3, not compressed)
  static constexpr std::size_t kSpkiBytes = 91;  ///< RFC 5480 in DER: one form only

  /// From WebCrypto's exportKey("raw") or exportKey("spki"); nullopt for any other form, length or
  /// curve, and for what is no point of P-256.
  static std::optional<DeviceKey> parse(std::string_view bytes);

  /// In the raw form: what is kept.
  std::string_view raw() const { return {raw_.data(), raw_.size()}; }

  /// Whether `signature` is r || s, 32 bytes each (IEEE P1363, as WebCrypto gives them), 0 < r, s <
  /// the group's order, and of this key over the SHA-256 of `message`. Both s and order - s are
  /// right, since browsers make either: a signature is no name of anything. About 100 µs.
  bool verify(std::string_view message, std::string_view signature) const;

  friend bool operator==(const DeviceKey&, const DeviceKey&) = default;

 private:
  DeviceKey() = default;
  std::array<char, kRawBytes> raw_{};
};

}  // namespace lumbung::api::login
