#include "api/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "engine/check.h"

namespace lumbung::api {
namespace {

/// A z_stream that is set up for gzip and cleaned up in any case.
class Inflater {
 public:
  Inflater() { CHECK(inflateInit2(&stream_, kGzipOnly) == Z_OK); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream& operator*() { return stream_; }

 private:
  static constexpr int kGzipOnly = 15 + 16;  // the widest window, gzip header and trailer

  z_stream stream_{};
};

}  // namespace

bool is_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

std::string gunzip(std::string_view bytes, std::size_t max_bytes) {
  std::string out;
  Inflater inflater;
  z_stream& stream = *inflater;
  std::size_t read = 0;
  bool at_member_end = false;
  while (read < bytes.size() || !at_member_end) {
    if (at_member_end) {
      CHECK(inflateReset(&stream) == Z_OK);
      at_member_end = false;
    }
    std::size_t written = out.size();
    if (written == max_bytes + 1) throw GzipError("the gzip file holds too much");
    // Doubling, and one byte beyond what is allowed, which tells "just fits" from "too much".
    out.resize(std::min(max_bytes + 1, std::max<std::size_t>(2 * written, 1 << 16)));
    constexpr std::size_t kStep = std::numeric_limits<uInt>::max();
    const std::size_t in = std::min(bytes.size() - read, kStep);
    const std::size_t room = std::min(out.size() - written, kStep);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + read));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream, Z_NO_FLUSH);
    read += in - stream.avail_in;
    written += room - stream.avail_out;
    out.resize(written);
    if (result == Z_STREAM_END) {
      at_member_end = true;
    } else if (result != Z_OK) {
      throw GzipError(result == Z_BUF_ERROR ? "the gzip file ends too early"
                                            : "the gzip file is damaged");
    }
  }
  if (out.size() > max_bytes) throw GzipError("the gzip file holds too much");
  return out;
}

}  // namespace lumbung::api
