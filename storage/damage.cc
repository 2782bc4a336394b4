#include "storage/damage.h"

#include <array>
#include <string>

#include "engine/bytes.h"
#include "storage/codec.h"
#include "storage/digest.h"

namespace lumbung::storage {
namespace {

using engine::ByteReader;

/// crc_of_byte[d]: the difference that the last byte's change by d makes in the register.
std::array<std::uint32_t, 256> differences_of_last_byte() {
  std::array<std::uint32_t, 256> table{};
  const std::uint32_t unchanged = crc32c(std::string_view("\0", 1));
  for (unsigned d = 0; d < 256; ++d) {
    const char byte = static_cast<char>(d);
    table[d] = crc32c({&byte, 1}) ^ unchanged;
  }
  return table;
}

bool hash_matches(std::string_view block) {
  const std::size_t hash_at = block.size() - kTrailerBytes;
  return view_of(sha256(block.substr(0, hash_at))) == block.substr(hash_at, 32);
}

}  // namespace

std::optional<ChangedByte> find_changed_byte(std::string_view block) {
  if (block.size() < kHeaderBytes + kTrailerBytes) return std::nullopt;
  const std::size_t crc_at = block.size() - 4;
  const auto stored = ByteReader(block.substr(crc_at)).get<std::uint32_t>();
  std::uint32_t difference = stored ^ crc32c(block.substr(0, crc_at));
  if (difference == 0) return std::nullopt;

  if (hash_matches(block)) {  // then the checksum itself was changed
    for (std::size_t i = 0; i < 4; ++i) {
      const auto delta = static_cast<std::uint8_t>(difference >> (8 * i));
      if (difference != std::uint32_t{delta} << (8 * i)) continue;
      const auto is = static_cast<std::uint8_t>(block[crc_at + i]);
      return ChangedByte{crc_at + i, is, static_cast<std::uint8_t>(is ^ delta)};
    }
    return std::nullopt;
  }

  // Walk the difference back towards the front, one zero byte of register shift at a time, until it
  // is one that a single byte can make. The table's top bytes are all different, so one look tells.
  const auto table = differences_of_last_byte();
  std::array<std::uint8_t, 256> by_top{};
  for (unsigned d = 0; d < 256; ++d) by_top[table[d] >> 24] = static_cast<std::uint8_t>(d);
  std::string repaired(block);
  for (std::size_t i = crc_at; i-- > 0;) {
    const std::uint8_t delta = by_top[difference >> 24];
    if (delta != 0 && table[delta] == difference) {
      const auto is = static_cast<std::uint8_t>(block[i]);
      const auto was = static_cast<std::uint8_t>(is ^ delta);
      repaired[i] = static_cast<char>(was);
      if (hash_matches(repaired)) return ChangedByte{i, is, was};
      repaired[i] = block[i];
    }
    // Inverse of: register = table[register & 0xff] ^ (register >> 8).
    difference = ((difference ^ table[by_top[difference >> 24]]) << 8) | by_top[difference >> 24];
  }
  return std::nullopt;
}

}  // namespace lumbung::storage
