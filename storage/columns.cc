#include "storage/columns.h"

#include <algorithm>
#include <array>
#include <bit>

#include "engine/bytes.h"

namespace lumbung::storage {
namespace {

using engine::ByteReader;
using engine::ByteWriter;

constexpr std::array<std::string_view, kColumnMax + 1> kNames{
    "",          "kind",      "debit",      "credit",          "amount",        "leg_count",
    "leg_account", "leg_side", "leg_amount", "principal",       "key_form",      "key16",
    "key_text",  "key_hash",  "digest",     "batch_size",      "value_date",    "reversal_target",
    "reversal_legs", "metadata", "refusal",  "payload"};

std::uint64_t mask_of(unsigned width) {
  return width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
}

}  // namespace

std::string_view name_of(Column column) { return kNames[static_cast<std::size_t>(column)]; }

void append_packed(std::string& out, std::span<const std::uint64_t> values) {
  std::uint64_t low = values.empty() ? 0 : values[0];
  std::uint64_t high = low;
  for (const std::uint64_t v : values) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  const unsigned width = width_of(high - low);
  ByteWriter writer(out);
  writer.put(low);
  writer.put(static_cast<std::uint8_t>(width));
  if (width == 0) return;
  // Eight bytes are stored a value and the next one overwrites the excess: no branch on the width.
  const std::size_t begin = out.size();
  out.resize(begin + values.size() * width + 8);
  char* at = out.data() + begin;
  for (const std::uint64_t v : values) {
    const std::uint64_t difference = v - low;
    std::memcpy(at, &difference, 8);
    at += width;
  }
  out.resize(begin + values.size() * width);
}

std::optional<Packed> Packed::take(std::string_view& bytes, std::size_t count) {
  if (bytes.size() < kPrefix) return std::nullopt;
  ByteReader reader(bytes.substr(0, kPrefix));
  Packed packed;
  packed.base_ = reader.get<std::uint64_t>();
  packed.width_ = reader.get<std::uint8_t>();
  if (packed.width_ > 8 || count * packed.width_ > bytes.size() - kPrefix) return std::nullopt;
  packed.data_ = bytes.data() + kPrefix;
  packed.count_ = count;
  packed.mask_ = mask_of(packed.width_);
  bytes.remove_prefix(kPrefix + count * packed.width_);
  return packed;
}

bool Packed::canonical() const {
  if (count_ == 0) return base_ == 0 && width_ == 0;
  std::uint64_t low = ~std::uint64_t{0};
  std::uint64_t high = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const std::uint64_t difference = (*this)[i] - base_;
    low = std::min(low, difference);
    high = std::max(high, difference);
  }
  return low == 0 && width_of(high) == width_ && base_ <= ~std::uint64_t{0} - high;
}

std::optional<PackedTexts> PackedTexts::take(std::string_view& bytes, std::size_t count) {
  PackedTexts texts;
  const auto lengths = Packed::take(bytes, count);
  if (!lengths) return std::nullopt;
  texts.lengths_ = *lengths;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t length = (*lengths)[i];
    if (length > bytes.size() - sum) return std::nullopt;
    sum += length;
  }
  texts.texts_ = bytes.substr(0, sum);
  bytes.remove_prefix(sum);
  return texts;
}

std::optional<Bitmap> Bitmap::take(std::string_view& bytes, std::size_t rows) {
  const std::size_t size = (rows + 7) / 8;
  if (bytes.size() < size) return std::nullopt;
  Bitmap bitmap;
  bitmap.bits_ = bytes.substr(0, size);
  for (const char c : bitmap.bits_) {
    bitmap.count_ += static_cast<std::size_t>(std::popcount(static_cast<unsigned char>(c)));
  }
  const bool tail_clear =
      rows % 8 == 0 || static_cast<unsigned char>(bitmap.bits_.back()) >> (rows % 8) == 0;
  bitmap.canonical_ = bitmap.count_ > 0 && tail_clear;
  bytes.remove_prefix(size);
  return bitmap;
}

}  // namespace lumbung::storage
