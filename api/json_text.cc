#include "api/json_text.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "api/json.h"

namespace lumbung::api::json {

namespace {

static_assert(std::endian::native == std::endian::little,
              "plain_length looks at the low byte first");

constexpr std::size_t kPointerNameMax = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t digits_from(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// RFC 8259 section 6: number = [ minus ] int [ frac ] [ exp ].
bool is_number(std::string_view text) {
  std::size_t at = integer_length(text);
  if (at == 0) return false;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = digits_from(text, at + 1);
    if (end == at + 1) return false;
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t end = digits_from(text, at);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::size_t integer_length(std::string_view text) {
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  if (first == text.size() || !is_digit(text[first])) return 0;
  return text[first] == '0' ? first + 1 : digits_from(text, first);
}

bool is_bare_scalar(std::string_view text) {
  return is_number(text) || text == "true" || text == "false" || text == "null";
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return trim_right(text);
}

std::size_t plain_length(const char* text) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kTops = kOnes << 7;
  // Eight at a time: a byte's top bit is set in `below(limit)` when the byte is less than the
  // limit, and in the bytes above it maybe, too; so the lowest one set tells the first such byte.
  for (std::size_t at = 0;; at += sizeof(std::uint64_t)) {
    std::uint64_t bytes;
    std::memcpy(&bytes, text + at, sizeof bytes);
    const auto below = [](std::uint64_t of, std::uint64_t limit) {
      return (of - kOnes * limit) & ~of & kTops;
    };
    const std::uint64_t ends = (bytes & kTops) | below(bytes, ' ') | below(bytes ^ kOnes * '"', 1) |
                               below(bytes ^ kOnes * '\\', 1) | below(bytes ^ kOnes * 0x7F, 1);
    if (ends != 0) return at + static_cast<std::size_t>(std::countr_zero(ends)) / 8;
  }
}

void append_pointer_name(std::string& pointer, std::string_view name) {
  const bool cut = name.size() > kPointerNameMax;
  std::size_t length = std::min(name.size(), kPointerNameMax);
  while (cut && length > 0 && (static_cast<unsigned char>(name[length]) & 0xC0) == 0x80) --length;
  for (const char c : name.substr(0, length)) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  if (cut) pointer += "...";
}

bool Charset::holds(std::string_view utf8) const {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x80) {
      if ((bits_[byte / 64] >> (byte % 64) & 1) == 0) return false;
    } else if (!beyond_ascii_) {
      return false;
    } else if (byte == 0xC2 && static_cast<unsigned char>(utf8[i + 1]) < 0xA0) {
      return false;  // U+0080 to U+009F
    }
  }
  return true;
}

void Writer::quote(std::string_view text) {
  static constexpr std::string_view kEscaped = "\"\\\n\r\t";
  static constexpr std::string_view kShortForms = "\"\\nrt";
  static constexpr char kHex[] = "0123456789abcdef";
  out_ += '"';
  std::size_t plain = 0;  // where the characters begin that need no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out_.append(text, plain, i - plain);
    plain = i + 1;
    if (const std::size_t short_form = kEscaped.find(text[i]); short_form != kEscaped.npos) {
      out_ += '\\';
      out_ += kShortForms[short_form];
    } else {
      out_ += "\\u00";
      out_ += kHex[c >> 4];
      out_ += kHex[c & 15];
    }
  }
  out_.append(text, plain, text.size() - plain);
  out_ += '"';
}

}  // namespace lumbung::api::json
