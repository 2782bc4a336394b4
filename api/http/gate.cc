#include "api/http/gate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include "engine/check.h"

namespace lumbung::api::http {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kBlockEnd = "\r\n\r\n";
/// A first line may be this much longer than its target: the method, two blanks, the version.
constexpr std::size_t kRequestLineSlack = 32;
/// Digits of a Content-Length: what always fits 64 bits.
constexpr std::size_t kLengthDigitsMax = 18;

constexpr std::array<GateAnswer, kGateOutcomes> kAnswers = {{
    {200, "", ""},
    {400, "bad_request_line", "The request line is not that of HTTP/1.1."},
    {505, "bad_version", "Only HTTP/1.1 and HTTP/1.0 are spoken here."},
    {501, "unknown_method", "The method is not known here."},
    {405, "method_refused", "The method is not allowed on anything here."},
    {414, "target_too_long", "The request target has more than 4096 bytes."},
    {431, "head_too_large", "The header has more than 16384 bytes or more than 64 fields."},
    {400, "bad_target", "The request target is not well-formed."},
    {400, "bad_field", "A header field is not well-formed."},
    {400, "folded_field", "A header field is continued on a second line."},
    {400, "bad_host", "There must be exactly one valid Host, the same as in the target."},
    {421, "host_not_served", "This server does not answer for that host."},
    {400, "bad_framing", "The length of the body is not told exactly once."},
    {501, "unknown_coding", "The only transfer coding known here is chunked."},
    {400, "body_not_expected", "A GET or HEAD request has no body."},
    {417, "bad_expectation", "The only expectation known here is 100-continue."},
}};

// --- characters ---------------------------------------------------------------------------------

enum CharClass : std::uint8_t {
  kToken = 1,   // RFC 9110 section 5.6.2: tchar
  kTarget = 2,  // RFC 3986: pchar, "/" and "?"; "%" is looked at when it is decoded
  kValue = 4,   // RFC 9110 section 5.5: HTAB, SP, VCHAR, obs-text
  kName = 8,    // of a registered name or IPv4 address in Host
  kV6 = 16,     // between the brackets of an IPv6 address
};

constexpr auto kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  const auto mark = [&](std::string_view characters, unsigned bits) {
    for (const char c : characters)
      classes[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(bits);
  };
  mark("0123456789", kToken | kTarget | kName | kV6);
  mark("abcdefABCDEF", kV6);
  mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", kToken | kTarget | kName);
  mark("!#$%&'*+-.^_`|~", kToken);
  mark("-._~!$&'()*+,;=:@/?%", kTarget);
  mark("-._", kName);
  mark(":.", kV6);
  mark("\t", kValue);
  for (unsigned c = 0x20; c <= 0xFF; ++c)
    if (c != 0x7F) classes[c] |= kValue;
  return classes;
}();

bool all_of(std::string_view text, CharClass wanted) {
  return std::ranges::all_of(
      text, [=](char c) { return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0; });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the text up to the first `separator` off the front, and the separator.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == rest.npos ? rest.size() : at + 1);
  return taken;
}

// --- the request line ---------------------------------------------------------------------------

struct RequestLine {
  Method method;
  std::string_view target;
  int minor_version;
};

Gate read_method(std::string_view name, Method& method) {
  for (const Method each : {Method::kGet, Method::kPost, Method::kHead, Method::kPut,
                            Method::kPatch, Method::kDelete, Method::kOptions}) {
    if (name == text(each)) {
      method = each;
      return Gate::kPassed;
    }
  }
  if (name == "TRACE" || name == "CONNECT") return Gate::kMethodRefused;
  return name.empty() || !all_of(name, kToken) ? Gate::kBadRequestLine : Gate::kUnknownMethod;
}

Gate read_version(std::string_view version, int& minor) {
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7]))
    return Gate::kBadRequestLine;
  if (version[5] != '1' || version[7] > '1') return Gate::kBadVersion;
  minor = version[7] - '0';
  return Gate::kPassed;
}

/// RFC 9112 section 3: method SP request-target SP HTTP-version, one blank each.
Gate read_request_line(std::string_view line, RequestLine& out) {
  std::string_view rest = line;
  const std::string_view method = take_until(rest, ' ');
  out.target = take_until(rest, ' ');
  if (const Gate gate = read_version(rest, out.minor_version); gate != Gate::kPassed) return gate;
  if (const Gate gate = read_method(method, out.method); gate != Gate::kPassed) return gate;
  if (out.target.empty()) return Gate::kBadRequestLine;
  return out.target.size() > kTargetMax ? Gate::kTargetTooLong : Gate::kPassed;
}

// --- the target ---------------------------------------------------------------------------------

/// Decodes percent-encoding once, into the head's own storage.
class Decoder {
 public:
  explicit Decoder(char* storage) : next_(storage) {}

  /// nullopt for a broken escape, a control character, one of `refused`, or what is not UTF-8.
  std::optional<std::string_view> decode(std::string_view text, bool plus_is_blank,
                                         std::string_view refused) {
    if (text.find('%') == text.npos && (!plus_is_blank || text.find('+') == text.npos)) return text;
    char* const begin = next_;
    for (std::size_t i = 0; i < text.size(); ++i) {
      char c = text[i];
      if (c == '+' && plus_is_blank) c = ' ';
      if (text[i] == '%') {
        if (text.size() - i < 3) return std::nullopt;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        c = static_cast<char>(high * 16 + low);
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || refused.find(c) != refused.npos)
          return std::nullopt;
        i += 2;
      }
      *next_++ = c;
    }
    const auto size = static_cast<std::size_t>(next_ - begin);
    if (!simdjson::validate_utf8(begin, size)) return std::nullopt;
    return std::string_view(begin, size);
  }

 private:
  char* next_;
};

bool read_path(std::string_view path, Decoder& decoder, RequestHead& head) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  head.segments.reserve(static_cast<std::size_t>(std::ranges::count(path, '/')) + 1);
  for (bool last = false; !last;) {
    last = path.find('/') == path.npos;
    const auto segment = decoder.decode(take_until(path, '/'), false, "/");
    if (!segment || *segment == "." || *segment == "..") return false;
    head.segments.push_back(*segment);
  }
  return true;
}

bool read_query(std::string_view query, Decoder& decoder, RequestHead& head) {
  while (!query.empty()) {
    std::string_view pair = take_until(query, '&');
    if (pair.empty()) continue;
    const auto name = decoder.decode(take_until(pair, '='), true, "");
    const auto value = decoder.decode(pair, true, "");
    if (!name || !value || head.parameter(*name) || head.query.size() == kParametersMax)
      return false;
    head.query.push_back({*name, *value});
  }
  return true;
}

/// RFC 9112 section 3.2: origin-form, absolute-form, or "*" with OPTIONS. `authority` is what an
/// absolute-form names; nullopt otherwise.
bool read_target(Decoder& decoder, RequestHead& head, std::optional<std::string_view>& authority) {
  std::string_view target = head.target;
  if (!all_of(target, kTarget)) return false;
  if (target == "*") return head.method == Method::kOptions;
  if (!target.starts_with('/')) {
    const std::size_t scheme_end = target.find("://");
    const std::string_view scheme = target.substr(0, scheme_end);
    if (scheme_end == target.npos ||
        !(equal_ignoring_case(scheme, "http") || equal_ignoring_case(scheme, "https")))
      return false;
    target.remove_prefix(scheme_end + 3);
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    authority = target.substr(0, end);
    target.remove_prefix(end);
  }
  const std::string_view path = take_until(target, '?');
  if (path.empty() && authority) {  // RFC 9112 section 3.2.1: an empty path is "/"
    head.segments.emplace_back();
  } else if (!read_path(path, decoder, head)) {
    return false;
  }
  return read_query(target, decoder, head);
}

// --- the fields ---------------------------------------------------------------------------------

/// What the fields say about the message itself. Each is counted, since twice is a refusal.
struct Control {
  int hosts = 0;
  int lengths = 0;
  int codings = 0;
  int expectations = 0;
  std::string_view host;
  std::string_view length;
  std::string_view coding;
  std::string_view expectation;
};

struct ControlField {
  std::string_view name;
  int Control::*count;
  std::string_view Control::*value;
};
constexpr ControlField kControlFields[] = {
    {"Host", &Control::hosts, &Control::host},
    {"Content-Length", &Control::lengths, &Control::length},
    {"Transfer-Encoding", &Control::codings, &Control::coding},
    {"Expect", &Control::expectations, &Control::expectation},
};

/// RFC 9110 section 7.6.1: a list of options, their case ignored.
bool asks_to_close(std::string_view connection) {
  while (!connection.empty())
    if (equal_ignoring_case(trim(take_until(connection, ',')), "close")) return true;
  return false;
}

Gate read_fields(std::string_view rest, Control& control, RequestHead& head) {
  head.fields.reserve(16);
  while (!rest.empty()) {
    const std::size_t end = rest.find(kLineEnd);
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + kLineEnd.size());
    if (head.fields.size() == kFieldsMax) return Gate::kHeadTooLarge;
    if (line.empty()) return Gate::kBadField;
    if (is_blank(line.front())) return Gate::kFoldedField;
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) return Gate::kBadField;
    const Field field{line.substr(0, colon), trim(line.substr(colon + 1))};
    if (!all_of(field.name, kToken) || !all_of(field.value, kValue)) return Gate::kBadField;
    head.fields.push_back(field);
    for (const ControlField& each : kControlFields) {
      if (!equal_ignoring_case(field.name, each.name)) continue;
      ++(control.*each.count);
      control.*each.value = field.value;
    }
    if (equal_ignoring_case(field.name, "Connection") && asks_to_close(field.value))
      head.keep_alive = false;
  }
  return Gate::kPassed;
}

/// Host = uri-host [ ":" port ] (RFC 9110 section 7.2), without percent-encoding. nullopt when it
/// is not that.
std::optional<std::string_view> host_without_port(std::string_view host) {
  std::string_view name;
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    if (close == host.npos || close < 3 || !all_of(host.substr(1, close - 1), kV6))
      return std::nullopt;
    name = host.substr(0, close + 1);
  } else {
    name = host.substr(0, host.find(':'));
    if (name.empty() || !all_of(name, kName)) return std::nullopt;
  }
  std::string_view port = host.substr(name.size());
  if (port.empty()) return name;
  port.remove_prefix(1);
  const bool is_port = host[name.size()] == ':' && !port.empty() && port.size() <= 5 &&
                       std::ranges::all_of(port, is_digit);
  return is_port ? std::optional(name) : std::nullopt;
}

Gate check_host(const Control& control, const std::optional<std::string_view>& authority,
                const HostList& hosts, RequestHead& head) {
  if (control.hosts == 0 && head.minor_version == 0 && !authority) return Gate::kPassed;
  if (control.hosts != 1) return Gate::kBadHost;
  const auto name = host_without_port(control.host);
  if (!name || (authority && !equal_ignoring_case(*authority, control.host))) return Gate::kBadHost;
  head.host = *name;
  return hosts.serves(*name) ? Gate::kPassed : Gate::kHostNotServed;
}

/// RFC 9112 sections 6.1 to 6.3. Where the RFC lets a server ignore a Content-Length beside a
/// coding, the request is refused.
Gate check_framing(const Control& control, RequestHead& head) {
  if (control.lengths + control.codings > 1) return Gate::kBadFraming;
  if (control.codings == 1) {
    if (head.minor_version == 0) return Gate::kBadFraming;
    const std::string_view codings = control.coding;
    const std::size_t comma = codings.rfind(',');
    const std::string_view last = trim(codings.substr(comma == codings.npos ? 0 : comma + 1));
    // Section 6.3: unless chunked is the last, nobody knows where the body ends.
    if (!equal_ignoring_case(last, "chunked")) return Gate::kBadFraming;
    if (comma != codings.npos) return Gate::kUnknownCoding;
    head.framing = Framing::kChunked;
  } else if (control.lengths == 1) {
    const std::string_view digits = control.length;
    if (digits.empty() || digits.size() > kLengthDigitsMax ||
        !std::ranges::all_of(digits, is_digit))
      return Gate::kBadFraming;
    std::from_chars(digits.data(), digits.data() + digits.size(), head.content_length);
    head.framing = Framing::kLength;
  }
  const bool has_body = head.framing == Framing::kChunked || head.content_length > 0;
  const bool bodiless = head.method == Method::kGet || head.method == Method::kHead;
  return has_body && bodiless ? Gate::kBodyNotExpected : Gate::kPassed;
}

Gate check_expectation(const Control& control, RequestHead& head) {
  // RFC 9110 section 10.1.1: HTTP/1.0 has no expectations.
  if (control.expectations == 0 || head.minor_version == 0) return Gate::kPassed;
  if (control.expectations > 1 || !equal_ignoring_case(control.expectation, "100-continue"))
    return Gate::kBadExpectation;
  head.expects_continue = true;
  return Gate::kPassed;
}

}  // namespace

const GateAnswer& answer(Gate refused) {
  CHECK(refused != Gate::kPassed);
  return kAnswers[static_cast<std::size_t>(refused)];
}

bool HostList::serves(std::string_view host) const {
  return hosts_.empty() || std::ranges::any_of(hosts_, [&](const std::string& each) {
           return equal_ignoring_case(each, host);
         });
}

Gate scan_head(std::string_view received, HeadScan& scan) {
  while (scan.end == 0) {
    const std::size_t line_end = received.find('\n', scan.scanned);
    if (line_end == received.npos) break;
    if (line_end == 0 || received[line_end - 1] != '\r') return Gate::kBadRequestLine;
    const std::size_t line_begin = scan.line_begin;
    const std::string_view line = received.substr(line_begin, line_end - 1 - line_begin);
    scan.scanned = scan.line_begin = line_end + 1;
    if (line_begin == scan.begin) {  // the first line
      if (line.empty() && line_begin == 0) {
        scan.begin = line_end + 1;  // RFC 9112 section 2.2: one empty line before is ignored
        continue;
      }
      RequestLine ignored;
      if (const Gate gate = read_request_line(line, ignored); gate != Gate::kPassed) return gate;
    } else if (line.empty()) {
      scan.end = line_end + 1;
    }
  }
  const std::size_t size = (scan.end != 0 ? scan.end : received.size()) - scan.begin;
  if (scan.end == 0) {
    scan.scanned = received.size();
    if (scan.line_begin == scan.begin && size > kTargetMax + kRequestLineSlack)
      return Gate::kTargetTooLong;
  }
  return size > kHeadMax ? Gate::kHeadTooLarge : Gate::kPassed;
}

Gate read_head(std::string_view block, const HostList& hosts, RequestHead& head) {
  if (block.size() > kHeadMax) return Gate::kHeadTooLarge;
  if (!block.ends_with(kBlockEnd)) return Gate::kBadRequestLine;

  // One piece of memory: the block, then what is decoded of its target, which is never longer.
  const std::size_t line_size = block.find(kLineEnd);
  head = {};
  head.bytes = std::make_unique_for_overwrite<char[]>(block.size() + line_size);
  std::memcpy(head.bytes.get(), block.data(), block.size());
  Decoder decoder(head.bytes.get() + block.size());
  block = {head.bytes.get(), block.size()};

  RequestLine line;
  if (const Gate gate = read_request_line(block.substr(0, line_size), line); gate != Gate::kPassed)
    return gate;
  head.method = line.method;
  head.target = line.target;
  head.minor_version = line.minor_version;
  head.keep_alive = line.minor_version == 1;

  std::optional<std::string_view> authority;
  if (!read_target(decoder, head, authority)) return Gate::kBadTarget;
  Control control;
  const std::size_t fields_begin = line_size + kLineEnd.size();
  const std::size_t fields_end = block.size() - kLineEnd.size();
  if (const Gate gate =
          read_fields(block.substr(fields_begin, fields_end - fields_begin), control, head);
      gate != Gate::kPassed)
    return gate;
  if (const Gate gate = check_host(control, authority, hosts, head); gate != Gate::kPassed)
    return gate;
  if (const Gate gate = check_framing(control, head); gate != Gate::kPassed) return gate;
  return check_expectation(control, head);
}

}  // namespace lumbung::api::http
