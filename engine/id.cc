#include "engine/id.h"

#include "engine/money.h"

namespace lumbung::engine {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::uint8_t kNoDigit = 255;

/// Value of each character as a digit: keys are read at the rate of batches.
constexpr std::array<std::uint8_t, 256> digits_of(std::string_view alphabet) {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
// Crockford's base 32, as the ULID specification uses it.
constexpr std::string_view kBase32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr auto kHexDigits = digits_of(kHex);
constexpr auto kBase32Digits = digits_of(kBase32);

bool is_dash_place(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

bool read_uuid(std::string_view text, std::array<char, 64>& out) {
  if (text.size() != 36) return false;
  std::size_t digit = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_place(i)) {
      if (text[i] != '-') return false;
      continue;
    }
    const unsigned value = kHexDigits[static_cast<unsigned char>(text[i])];
    if (value == kNoDigit) return false;
    const auto high = static_cast<unsigned>(static_cast<unsigned char>(out[digit / 2]));
    out[digit / 2] = digit % 2 == 0 ? static_cast<char>(value << 4)
                                    : static_cast<char>(high | value);
    ++digit;
  }
  return true;
}

std::string write_uuid(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (is_dash_place(text.size())) text.push_back('-');
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kHex[byte >> 4]);
    text.push_back(kHex[byte & 15]);
  }
  return text;
}

bool read_ulid(std::string_view text, std::array<char, 64>& out) {
  // 26 digits of 5 bits are 130 bits; the first digit has only 3.
  if (text.size() != 26 || text[0] > '7') return false;
  Uint128 value = 0;
  for (const char c : text) {
    const std::uint8_t digit = kBase32Digits[static_cast<unsigned char>(c)];
    if (digit == kNoDigit) return false;
    value = (value << 5) | digit;
  }
  for (std::size_t i = 16; i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 0xff);
  return true;
}

std::string write_ulid(std::string_view bytes) {
  Uint128 value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  std::string text(26, '0');
  for (std::size_t i = 26; i-- > 0; value >>= 5) {
    text[i] = kBase32[static_cast<std::size_t>(value & 31)];
  }
  return text;
}

}  // namespace

std::optional<CoopId> CoopId::parse(std::string_view text) {
  if (text.size() < 2 || text.size() > 16) return std::nullopt;
  CoopId id;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) return std::nullopt;
    id.bytes[i] = c;
  }
  return id;
}

bool is_reference(std::string_view text) {
  if (text.empty() || text.size() > kReferenceMax) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '/';
  });
}

std::optional<Key> Key::parse(std::string_view text) {
  Key key;
  if (text.empty() || text.size() > key.bytes_.size()) return std::nullopt;
  if (read_uuid(text, key.bytes_)) {
    key.form_ = Form::kUuid;
    key.size_ = 16;
    return key;
  }
  if (read_ulid(text, key.bytes_)) {
    key.form_ = Form::kUlid;
    key.size_ = 16;
    return key;
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; })) {
    return std::nullopt;
  }
  key.form_ = Form::kText;
  key.size_ = static_cast<std::uint8_t>(text.size());
  std::copy(text.begin(), text.end(), key.bytes_.begin());
  return key;
}

Key Key::of_hash(std::span<const std::uint8_t, 32> sha256) {
  Key key;
  key.form_ = Form::kHash;
  key.size_ = 32;
  std::memcpy(key.bytes_.data(), sha256.data(), sha256.size());
  return key;
}

std::optional<Key> Key::of_stored(Form form, std::string_view bytes) {
  Key key;
  switch (form) {
    case Form::kUuid:
    case Form::kUlid:
      if (bytes.size() != 16) return std::nullopt;
      break;
    case Form::kHash:
      if (bytes.size() != 32) return std::nullopt;
      break;
    case Form::kText: {
      // A text that has a shorter form was not written by us.
      auto parsed = parse(bytes);
      if (!parsed || parsed->form_ != Form::kText) return std::nullopt;
      return parsed;
    }
    default:
      return std::nullopt;
  }
  key.form_ = form;
  key.size_ = static_cast<std::uint8_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
  return key;
}

std::string Key::text() const {
  switch (form_) {
    case Form::kUuid:
      return write_uuid(bytes());
    case Form::kUlid:
      return write_ulid(bytes());
    case Form::kText:
      return std::string(bytes());
    case Form::kHash: {
      std::string hex;
      for (const char c : bytes()) {
        hex.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
        hex.push_back(kHex[static_cast<unsigned char>(c) & 15]);
      }
      return hex;
    }
    case Form::kNone:
      break;
  }
  return {};
}

}  // namespace lumbung::engine
