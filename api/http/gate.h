// The framing gate: decides from the bytes of a header block alone whether a request may be looked
// at further, so that no two readers can disagree on where it ends or whom it is for. It is
// stricter than RFC 9112 wherever that leaves a choice. Pure functions of their arguments: any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/http.h"

namespace lumbung::api::http {

inline constexpr std::size_t kHeadMax = 16 * 1024;   ///< bytes of a header block, all of it
inline constexpr std::size_t kTargetMax = 4 * 1024;  ///< bytes of a request target
inline constexpr std::size_t kFieldsMax = 64;        ///< header fields
inline constexpr std::size_t kParametersMax = 64;    ///< query parameters

/// Why a header block is refused.
enum class Gate : std::uint8_t {
  kPassed,
  kBadRequestLine,  ///< not "method SP target SP version CRLF", or a line that ends in a bare LF
  kBadVersion,      ///< neither HTTP/1.0 nor HTTP/1.1
  kUnknownMethod,   ///< not a method that this server has ever heard of
  kMethodRefused,   ///< TRACE, CONNECT
  kTargetTooLong,
  kHeadTooLarge,     ///< more than kHeadMax bytes or kFieldsMax fields
  kBadTarget,        ///< form, characters, percent-encoding, dot segments, a parameter twice
  kBadField,         ///< name, colon or value of a header field
  kFoldedField,      ///< obsolete line folding
  kBadHost,          ///< not exactly one valid Host, or another one in the target
  kHostNotServed,    ///< not on the list of hosts
  kBadFraming,       ///< the body's end is told twice, wrongly, or in HTTP/1.0 by a coding
  kUnknownCoding,    ///< a transfer coding before "chunked"
  kBodyNotExpected,  ///< a body with GET or HEAD
  kBadExpectation,   ///< Expect other than 100-continue
};
inline constexpr std::size_t kGateOutcomes = static_cast<std::size_t>(Gate::kBadExpectation) + 1;

/// How a refusal is told: the status, the code of its problem and one sentence.
struct GateAnswer {
  int status;
  std::string_view code;
  std::string_view detail;
};
/// REQUIRES: not kPassed.
const GateAnswer& answer(Gate refused);

/// The hosts that this server answers for. A browser that was led to us under another name
/// (DNS rebinding) names that other host. Immutable.
class HostList {
 public:
  /// Names or addresses without port, IPv6 in brackets. An empty list serves every host.
  explicit HostList(std::vector<std::string> hosts = {}) : hosts_(std::move(hosts)) {}

  /// `host` without port; its case is ignored.
  bool serves(std::string_view host) const;

 private:
  std::vector<std::string> hosts_;
};

/// The state of a search for the end of a header block in bytes that come piece by piece.
struct HeadScan {
  std::size_t begin = 0;       ///< where the request line begins: after one empty line, if any
  std::size_t end = 0;         ///< just behind the block's empty line; 0 while more is wanted
  std::size_t scanned = 0;     ///< bytes that need not be looked at again
  std::size_t line_begin = 0;  ///< of the line that is not complete yet
};

/// Goes on with a search. `received` holds all bytes of this request so far and possibly of the
/// next. A refusal may come before the block is complete: for its size, its first line, a bare LF.
Gate scan_head(std::string_view received, HeadScan& scan);

/// Reads one whole header block, with its empty line. When it passes, `head` has everything but
/// peer, request_id and context; otherwise `head` is unspecified.
Gate read_head(std::string_view block, const HostList& hosts, RequestHead& head);

}  // namespace lumbung::api::http
