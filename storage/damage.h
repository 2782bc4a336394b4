// Damage: where a block that no longer matches its hash was changed. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lumbung::storage {

struct ChangedByte {
  std::size_t offset = 0;  // in the block
  std::uint8_t is = 0;
  std::uint8_t was = 0;
};

/// The one byte whose restoration makes checksum and hash match again; nullopt when no single byte
/// does. CRC-32C is linear, so the place follows from the difference of the checksums; the SHA-256
/// then proves it.
std::optional<ChangedByte> find_changed_byte(std::string_view block);

}  // namespace lumbung::storage
