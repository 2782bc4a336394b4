// Chunks: the body of a message with Transfer-Encoding: chunked, RFC 9112 section 7.1. Our own,
// because the trailer section that Beast 1.81 reads runs into its own assertion. Strict: what two
// readers could take for different things is refused.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lumbung::api::http {

/// Bytes of chunk extensions in one body. RFC 9112 section 7.1.1 wants a limit.
inline constexpr std::size_t kChunkExtensionsMax = 1024;
/// Bytes of the trailer section, which is read and thrown away.
inline constexpr std::size_t kTrailerMax = 4096;

/// Decodes one body as it comes. One thread.
class ChunkDecoder {
 public:
  enum class Progress { kMore, kDone, kMalformed, kTooLarge };

  /// Appends what can be decoded to `body`. `consumed` bytes are done with; the others are to be
  /// given again, with more behind them.
  Progress decode(std::string_view bytes, std::size_t body_limit, std::string& body,
                  std::size_t& consumed);

 private:
  enum class Part { kSize, kData, kDataEnd, kTrailer };
  Progress read_size(std::string_view line, std::size_t room);
  bool read_trailer(std::string_view line);

  Part part_ = Part::kSize;
  std::size_t left_ = 0;  // bytes of the chunk that are still to come
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace lumbung::api::http
