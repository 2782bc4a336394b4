// Columns of a block: a run of numbers as one base and equal-width differences, so that any row is
// read without the rows before it. Grammar: docs/journal-format.md.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lumbung::storage {

/// Frozen numbers: they stand in every block, in this order. An id that is not here is refused.
enum class Column : std::uint8_t {
  kKind = 1,
  kDebit = 2,
  kCredit = 3,
  kAmount = 4,
  kLegCount = 5,
  kLegAccount = 6,
  kLegSide = 7,
  kLegAmount = 8,
  kPrincipal = 9,
  kKeyForm = 10,
  kKey16 = 11,
  kKeyText = 12,
  kKeyHash = 13,
  kDigest = 14,
  kBatchSize = 15,
  kValueDate = 16,
  kReversalTarget = 17,
  kReversalLegs = 18,
  kMetadata = 19,
  kRefusal = 20,
  kPayload = 21,
  // 22 channel, 23 device, 24 device_item and 25 approvals are reserved: no writer knows them yet.
};

inline constexpr std::uint8_t kColumnMax = 21;

std::string_view name_of(Column column);

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

/// Bytes a value takes: 0 for zero, else 1..8.
constexpr unsigned width_of(std::uint64_t value) {
  return value == 0 ? 0U : (64U - static_cast<unsigned>(__builtin_clzll(value)) + 7U) / 8U;
}

/// base u64 | width u8 | (value - base) in `width` bytes each; base is the least value.
void append_packed(std::string& out, std::span<const std::uint64_t> values);

/// Reads a packed run in place. Immutable; points into the block.
class Packed {
 public:
  static constexpr std::size_t kPrefix = 9;

  Packed() = default;
  /// Takes the run off the front of `bytes`; nullopt when it is short. At least 8 readable bytes must
  /// follow `bytes` in memory: a block's hash and checksum do.
  static std::optional<Packed> take(std::string_view& bytes, std::size_t count);

  std::uint64_t operator[](std::size_t i) const {
    std::uint64_t raw;
    std::memcpy(&raw, data_ + i * width_, 8);
    return base_ + (raw & mask_);
  }
  std::size_t size() const { return count_; }
  /// The base is the least value and the width the least that holds them: one form for one content.
  bool canonical() const;

 private:
  const char* data_ = kNothing;
  std::size_t count_ = 0;
  std::uint64_t base_ = 0;
  std::uint64_t mask_ = 0;
  unsigned width_ = 0;
  static constexpr char kNothing[8] = {};
};

/// Strings one after the other: packed lengths, then the bytes.
class PackedTexts {
 public:
  static std::optional<PackedTexts> take(std::string_view& bytes, std::size_t count);
  std::size_t size() const { return lengths_.size(); }
  std::size_t length(std::size_t i) const { return lengths_[i]; }
  /// The text that starts `offset` bytes in: the caller keeps the running sum.
  std::string_view text(std::size_t i, std::size_t offset) const {
    return texts_.substr(offset, lengths_[i]);
  }
  bool canonical() const { return lengths_.canonical(); }

 private:
  Packed lengths_;
  std::string_view texts_;
};

/// One bit a row, low bit first; rows of a column that few have.
class Bitmap {
 public:
  static std::optional<Bitmap> take(std::string_view& bytes, std::size_t rows);
  bool operator[](std::size_t i) const {
    return (static_cast<unsigned char>(bits_[i / 8]) >> (i % 8) & 1U) != 0;
  }
  std::size_t count() const { return count_; }
  bool canonical() const { return canonical_; }

 private:
  std::string_view bits_;
  std::size_t count_ = 0;
  bool canonical_ = false;
};

}  // namespace lumbung::storage
