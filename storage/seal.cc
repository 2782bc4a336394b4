#include "storage/seal.h"

#include "engine/bytes.h"
#include "engine/check.h"

namespace lumbung::storage {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kSealOverhead == kNonceBytes + kTagBytes);
static_assert(sizeof(SecretKey::bytes) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Binding& Binding::add(const engine::CoopId& coop) {
  bytes_.append(coop.bytes.data(), coop.bytes.size());
  return *this;
}
Binding& Binding::add(std::uint8_t number) {
  engine::ByteWriter(bytes_).put(number);
  return *this;
}
Binding& Binding::add(std::uint32_t number) {
  engine::ByteWriter(bytes_).put(number);
  return *this;
}
Binding& Binding::add(std::uint64_t number) {
  engine::ByteWriter(bytes_).put(number);
  return *this;
}

std::string seal(const SecretKey& key, const Binding& binding, std::string_view plain) {
  std::string sealed(kSealOverhead + plain.size(), '\0');
  auto* const at = reinterpret_cast<unsigned char*>(sealed.data());
  CHECK(sodium_init() >= 0);
  randombytes_buf(at, kNonceBytes);
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
            at + kNonceBytes, nullptr, bytes_of(plain), plain.size(), bytes_of(binding.view()),
            binding.view().size(), nullptr, at, key.bytes.data()) == 0);
  return sealed;
}

std::optional<WipedBytes> unseal(const SecretKey& key, const Binding& binding,
                                 std::string_view sealed) {
  if (sealed.size() < kSealOverhead) return std::nullopt;
  WipedBytes plain(sealed.size() - kSealOverhead);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          reinterpret_cast<unsigned char*>(plain.data()), nullptr, nullptr,
          bytes_of(sealed) + kNonceBytes, sealed.size() - kNonceBytes, bytes_of(binding.view()),
          binding.view().size(), bytes_of(sealed), key.bytes.data()) != 0) {
    return std::nullopt;
  }
  return plain;
}

KeyedDigest::KeyedDigest(const SecretKey& key) {
  CHECK(crypto_auth_hmacsha256_init(&state_, key.bytes.data(), key.bytes.size()) == 0);
}

KeyedDigest::~KeyedDigest() {
  sodium_memzero(&state_, sizeof state_);
}

KeyedDigest& KeyedDigest::add(std::string_view piece) {
  CHECK(crypto_auth_hmacsha256_update(&state_, bytes_of(piece), piece.size()) == 0);
  return *this;
}

Hash KeyedDigest::finish() {
  Hash digest;
  CHECK(crypto_auth_hmacsha256_final(&state_, digest.data()) == 0);
  return digest;
}

void KeyedDigest::finish(SecretKey& digest) {
  CHECK(crypto_auth_hmacsha256_final(&state_, digest.bytes.data()) == 0);
}

void derive(const SecretKey& key, std::string_view label, SecretKey& derived) {
  KeyedDigest(key).add(label).finish(derived);
}

void fill_random(SecretKey& key) {
  CHECK(sodium_init() >= 0);
  randombytes_buf(key.bytes.data(), key.bytes.size());
}

bool equal_in_constant_time(const Hash& a, const Hash& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lumbung::storage
