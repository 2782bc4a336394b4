// The framing gate, the second reading behind it and the chunk decoder, against naive readings that
// share no code with them. Whatever the bytes are, nothing may crash; what the gate passes must
// mean the same to a reader who takes it literally.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/framer.h"
#include "api/http/gate.h"
#include "engine/check.h"

namespace {

using namespace lumbung::api::http;

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

struct NaiveHead {
  std::vector<std::string> request_line;  // split at blanks
  std::vector<std::string> hosts, lengths, codings;
};

NaiveHead read_naively(const std::string& block) {
  NaiveHead head;
  std::size_t at = 0;
  for (bool first = true; at < block.size(); first = false) {
    const std::size_t end = block.find("\r\n", at);
    const std::string line = block.substr(at, end - at);
    at = end + 2;
    if (first) {
      for (std::size_t word = 0, blank = 0; blank != line.npos; word = blank + 1) {
        blank = line.find(' ', word);
        head.request_line.push_back(line.substr(word, blank - word));
      }
      continue;
    }
    const std::string name = lowered(line.substr(0, line.find(':')));
    std::string value = line.substr(std::min(line.size(), name.size() + 1));
    value.erase(0, value.find_first_not_of(" \t"));
    value.erase(value.find_last_not_of(" \t") + 1);
    if (name == "host") head.hosts.push_back(value);
    if (name == "content-length") head.lengths.push_back(value);
    if (name == "transfer-encoding") head.codings.push_back(lowered(value));
  }
  return head;
}

void compare(const NaiveHead& naive, const RequestHead& head) {
  CHECK(naive.request_line.size() == 3);
  CHECK(naive.request_line[0] == text(head.method));
  CHECK(naive.request_line[1] == head.target);
  CHECK(naive.request_line[2] == (head.minor_version == 1 ? "HTTP/1.1" : "HTTP/1.0"));
  CHECK(naive.hosts.size() == 1 || (naive.hosts.empty() && head.minor_version == 0));
  if (!naive.hosts.empty()) CHECK(naive.hosts[0].starts_with(head.host));
  CHECK(naive.lengths.size() + naive.codings.size() <= 1);
  switch (head.framing) {
    case Framing::kNone:
      CHECK(naive.lengths.empty() && naive.codings.empty());
      break;
    case Framing::kLength:
      CHECK(naive.lengths.size() == 1);
      CHECK(std::stoull(naive.lengths[0]) == head.content_length);
      break;
    case Framing::kChunked:
      CHECK(naive.codings.size() == 1 && naive.codings[0] == "chunked");
      break;
  }
  for (const std::string_view segment : head.segments)
    CHECK(segment != "." && segment != ".." && segment.find('/') == segment.npos &&
          segment.find('\0') == segment.npos);
  CHECK(head.fields.size() <= kFieldsMax && head.query.size() <= kParametersMax);
}

/// RFC 9112 section 7.1 for bytes that are known to be a whole chunked body.
std::string decode_naively(std::string_view bytes, std::size_t& consumed) {
  std::string body;
  consumed = 0;
  const auto line = [&] {
    const std::size_t end = bytes.find("\r\n", consumed);
    CHECK(end != bytes.npos);
    const std::string_view text = bytes.substr(consumed, end - consumed);
    consumed = end + 2;
    return std::string(text);
  };
  for (;;) {
    const std::size_t size = std::stoull(line(), nullptr, 16);
    if (size == 0) break;
    CHECK(size <= bytes.size() - consumed);
    body += bytes.substr(consumed, size);
    consumed += size;
    CHECK(line().empty());
  }
  while (!line().empty()) {
  }
  return body;
}

struct Decoded {
  Framer::Progress progress;
  std::string body;
  std::size_t consumed = 0;
};

/// Gives the decoder `step` bytes more at a time.
Decoded decode(std::string_view block, const RequestHead& head, std::string_view bytes,
               std::size_t step) {
  Framer framer;
  CHECK(framer.begin(block, head));
  Decoded result{Framer::Progress::kMore, {}, 0};
  for (std::size_t given = 0; given < bytes.size();) {
    given = std::min(bytes.size(), given + step);
    std::size_t consumed = 0;
    result.progress = framer.decode(bytes.substr(result.consumed, given - result.consumed),
                                    kBodyLimit, result.body, consumed);
    result.consumed += consumed;
    CHECK(result.body.size() <= kBodyLimit);
    if (result.progress != Framer::Progress::kMore) break;
  }
  return result;
}

void fuzz_body(std::string_view block, const RequestHead& head, std::string_view bytes) {
  const Decoded whole = decode(block, head, bytes, bytes.size() + 1);
  const Decoded pieces = decode(block, head, bytes, 1);
  if (whole.progress != Framer::Progress::kDone) return;
  CHECK(pieces.progress == Framer::Progress::kDone);
  CHECK(pieces.body == whole.body && pieces.consumed == whole.consumed);
  std::size_t consumed = 0;
  CHECK(decode_naively(bytes, consumed) == whole.body && consumed == whole.consumed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view received(reinterpret_cast<const char*>(data), size);
  HeadScan scan;
  const Gate scanned = scan_head(received, scan);

  // However the bytes come, the same end is found.
  HeadScan slow;
  Gate slowly = Gate::kPassed;
  for (std::size_t n = 1; n <= size && slowly == Gate::kPassed && slow.end == 0; ++n)
    slowly = scan_head(received.substr(0, n), slow);
  if (scanned == Gate::kPassed) {
    CHECK(slowly == Gate::kPassed && slow.end == scan.end && slow.begin == scan.begin);
  }
  if (scanned != Gate::kPassed || scan.end == 0) return 0;

  const std::string block(received.substr(scan.begin, scan.end - scan.begin));
  static const HostList kHosts({"localhost", "127.0.0.1", "[::1]"});
  RequestHead head;
  if (read_head(block, kHosts, head) != Gate::kPassed) return 0;
  compare(read_naively(block.substr(0, block.size() - 2)), head);
  Framer framer;
  if (framer.begin(block, head) && head.framing == Framing::kChunked)
    fuzz_body(block, head, received.substr(scan.end));
  return 0;
}
