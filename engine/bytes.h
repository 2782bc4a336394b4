// Little-endian bytes out and in. A Reader never reads past its end: after a short read it is failed
// and gives zeros. Not thread-safe.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace lumbung::engine {

static_assert(std::endian::native == std::endian::little, "stored bytes are little-endian");

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  template <class Number>
  void put(Number value) {
    char raw[sizeof(Number)];
    std::memcpy(raw, &value, sizeof(Number));
    out_.append(raw, sizeof(Number));
  }
  void bytes(std::string_view bytes) { out_.append(bytes); }
  /// One byte of length, then the text. REQUIRES: at most 255 bytes.
  void text(std::string_view text) {
    put(static_cast<std::uint8_t>(text.size()));
    out_.append(text);
  }

 private:
  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <class Number>
  Number get() {
    Number value{};
    const std::string_view raw = bytes(sizeof(Number));
    if (raw.size() == sizeof(Number)) std::memcpy(&value, raw.data(), sizeof(Number));
    return value;
  }
  std::string_view bytes(std::size_t n) {
    if (n > bytes_.size() - at_) {
      failed_ = true;
      at_ = bytes_.size();
      return {};
    }
    const auto piece = bytes_.substr(at_, n);
    at_ += n;
    return piece;
  }
  std::string_view text() { return bytes(get<std::uint8_t>()); }
  /// A truth value is 0 or 1: equal content is equal bytes.
  bool truth() {
    const auto value = get<std::uint8_t>();
    if (value > 1) failed_ = true;
    return value == 1;
  }
  void fail() { failed_ = true; }
  bool failed() const { return failed_; }
  /// Everything was read, and nothing beyond.
  bool done() const { return !failed_ && at_ == bytes_.size(); }
  std::size_t at() const { return at_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

/// Big-endian, so that the order of keys is the order of numbers.
template <class Number>
void put_ordered(std::string& out, Number value) {
  for (std::size_t i = sizeof(Number); i-- > 0;) {
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i))));
  }
}

template <class Number>
Number get_ordered(std::string_view bytes) {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    value = static_cast<Number>((value << 8) | static_cast<std::uint8_t>(bytes[i]));
  }
  return value;
}

}  // namespace lumbung::engine
