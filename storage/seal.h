// What the personal store asks of cryptography: sealing bytes, keyed digests, random keys. All of
// it libsodium's: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) and HMAC-SHA-256 (RFC 2104). Any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/id.h"
#include "storage/digest.h"
#include "storage/wiped.h"

namespace lumbung::storage {

/// How much longer a seal is than what it hides: 24 bytes of nonce before it, 16 of tag after it.
inline constexpr std::size_t kSealOverhead = 40;

/// What a seal is bound to: a label that says what it is for, then fixed fields, little-endian. One
/// that is opened under another binding does not open.
class Binding {
 public:
  explicit Binding(std::string_view label) : bytes_(label) {}
  Binding& add(const engine::CoopId& coop);
  Binding& add(std::uint8_t number);
  Binding& add(std::uint32_t number);
  Binding& add(std::uint64_t number);
  std::string_view view() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Under a fresh random nonce.
std::string seal(const SecretKey& key, const Binding& binding, std::string_view plain);
/// nullopt unless `sealed` is what `seal` made under this key and binding.
std::optional<WipedBytes> unseal(const SecretKey& key, const Binding& binding,
                                 std::string_view sealed);

/// HMAC-SHA-256 of the pieces one after the other.
class KeyedDigest {
 public:
  explicit KeyedDigest(const SecretKey& key);
  ~KeyedDigest();
  KeyedDigest(const KeyedDigest&) = delete;
  KeyedDigest& operator=(const KeyedDigest&) = delete;
  KeyedDigest& add(std::string_view piece);
  Hash finish();
  /// The same, to where it leaves no copy.
  void finish(SecretKey& digest);

 private:
  crypto_auth_hmacsha256_state state_;
};

/// Fills `derived` with the key that `label` names under `key`.
void derive(const SecretKey& key, std::string_view label, SecretKey& derived);
void fill_random(SecretKey& key);
/// Takes as long wherever the first difference is.
bool equal_in_constant_time(const Hash& a, const Hash& b);

}  // namespace lumbung::storage
