#include "api/http/chunks.h"

#include <algorithm>

namespace lumbung::api::http {
namespace {

// Sixteen digits are any size there is; more are leading zeros that nobody needs.
constexpr std::size_t kSizeDigitsMax = 16;
constexpr std::size_t kLineMax = kTrailerMax;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 0x7f);
  });
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

enum class Line { kFound, kMore, kBad };

/// The line at the front of `bytes`, without its CR LF. Its end must be both, and in reach.
Line take_line(std::string_view bytes, std::string_view& line) {
  const std::size_t end = bytes.substr(0, kLineMax + 2).find('\n');
  if (end == std::string_view::npos) return bytes.size() > kLineMax + 1 ? Line::kBad : Line::kMore;
  if (end == 0 || bytes[end - 1] != '\r') return Line::kBad;
  line = bytes.substr(0, end - 1);
  return is_text(line) ? Line::kFound : Line::kBad;
}

}  // namespace

/// chunk-size [ chunk-ext ], with blanks only before an extension.
ChunkDecoder::Progress ChunkDecoder::read_size(std::string_view line, std::size_t room) {
  std::size_t size = 0;
  std::size_t digits = 0;
  for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
    if (digits == kSizeDigitsMax) return Progress::kMalformed;
    size = size << 4 | static_cast<std::size_t>(hex_value(line[digits]));
  }
  if (digits == 0) return Progress::kMalformed;
  const std::string_view rest = line.substr(digits);
  if (!rest.empty()) {
    const std::size_t mark = rest.find_first_not_of(" \t");
    if (mark == std::string_view::npos || rest[mark] != ';') return Progress::kMalformed;
    extension_bytes_ += rest.size();
    if (extension_bytes_ > kChunkExtensionsMax) return Progress::kMalformed;
  }
  if (size > room) return Progress::kTooLarge;
  left_ = size;
  part_ = size == 0 ? Part::kTrailer : Part::kData;
  return Progress::kMore;
}

/// A field, but none that says where a message ends or whom it is for: RFC 9110 section 6.5.1.
bool ChunkDecoder::read_trailer(std::string_view line) {
  trailer_bytes_ += line.size() + 2;
  const std::size_t colon = line.find(':');
  if (trailer_bytes_ > kTrailerMax || colon == std::string_view::npos) return false;
  std::string name(line.substr(0, colon));
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return is_token(name) && name != "content-length" && name != "transfer-encoding" &&
         name != "host";
}

ChunkDecoder::Progress ChunkDecoder::decode(std::string_view bytes, std::size_t body_limit,
                                            std::string& body, std::size_t& consumed) {
  consumed = 0;
  while (consumed < bytes.size()) {
    const std::string_view rest = bytes.substr(consumed);
    if (part_ == Part::kData) {
      const std::size_t piece = std::min(left_, rest.size());
      body.append(rest.substr(0, piece));
      consumed += piece;
      left_ -= piece;
      if (left_ == 0) part_ = Part::kDataEnd;
      continue;
    }
    std::string_view line;
    const Line found = take_line(rest, line);
    if (found == Line::kMore) return Progress::kMore;
    if (found == Line::kBad) return Progress::kMalformed;
    consumed += line.size() + 2;
    if (part_ == Part::kSize) {
      const Progress progress = read_size(line, body_limit - body.size());
      if (progress != Progress::kMore) return progress;
    } else if (part_ == Part::kDataEnd) {
      if (!line.empty()) return Progress::kMalformed;
      part_ = Part::kSize;
    } else {
      if (line.empty()) return Progress::kDone;
      if (!read_trailer(line)) return Progress::kMalformed;
    }
  }
  return Progress::kMore;
}

}  // namespace lumbung::api::http
