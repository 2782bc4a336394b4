// Hashes and checksums. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/id.h"

namespace lumbung::storage {

using Hash = std::array<std::uint8_t, 32>;  // SHA-256

Hash sha256(std::string_view bytes);
/// RFC 6962: SHA-256(0x00 || leaf).
Hash leaf_hash(std::string_view leaf);

/// SHA-256 over pieces. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view bytes);
  Hash finish();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

/// CRC-32C (Castagnoli, RFC 3720), by the processor's instruction where it has one.
std::uint32_t crc32c(std::string_view bytes);
/// The CRC of a || b is crc32c_extend(crc32c(a), b).
std::uint32_t crc32c_extend(std::uint32_t crc, std::string_view bytes);

std::string hex(std::string_view bytes);
std::string hex(const Hash& hash);
std::optional<Hash> parse_hash(std::string_view hex64);

inline std::string_view view_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

/// The idempotency key a caller's text names: Key::parse, and the SHA-256 of what that refuses.
/// nullopt only for an empty text.
std::optional<engine::Key> key_of(std::string_view text);

}  // namespace lumbung::storage
