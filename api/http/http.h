// What a request and an answer are to the rest of api/: plain values, no library type among them.
// A request reaches a Handler only after the framing gate (gate.h) has accepted its header block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lumbung::api::http {

/// The methods that are served at all (RFC 9110 section 9; PATCH: RFC 5789).
enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };

/// "GET" and so on, as on the wire.
std::string_view text(Method method);

/// "Not Found" for 404 (the IANA registry's phrases); "Unknown" for a status without one here.
std::string_view reason_phrase(int status);

/// ASCII case is ignored, other bytes are compared as they are.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// One header field or query parameter.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// How the end of the body is told (RFC 9112 section 6.3). Never more than one way.
enum class Framing : std::uint8_t { kNone, kLength, kChunked };

/// A request line and its header fields, as the gate read them. The views point into `bytes`, so
/// they live as long as the head, also across moves; there are no copies. One thread at a time.
struct RequestHead {
  Method method = Method::kGet;
  std::string_view target;                 ///< as sent: for logs, never for routing
  std::vector<std::string_view> segments;  ///< "/v1/a%20b" → "v1", "a b"; decoded once, UTF-8
  std::vector<Field> query;                ///< in order, decoded once, UTF-8, no name twice
  std::vector<Field> fields;               ///< in order, names as sent, values trimmed
  std::string_view host;                   ///< the Host field without its port; empty in HTTP/1.0
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;  ///< bytes of body to come, when framing is kLength
  int minor_version = 1;             ///< 1 of HTTP/1.1
  bool keep_alive = true;            ///< the client accepts another answer on this connection
  bool expects_continue = false;     ///< "Expect: 100-continue"

  std::string peer;  ///< the caller's IP address without port; "unix" on a Unix socket
  std::optional<std::uint32_t> peer_uid;  ///< the caller's user id; on a Unix socket only
  std::string request_id;  ///< ours, unique in this process; also in the answer's X-Request-Id

  /// Free for the Handler: what admit() found (route, principal) and handle() wants again.
  std::shared_ptr<const void> context;

  std::unique_ptr<char[]> bytes;  ///< storage of every view above

  /// The first field of that name, its case ignored; nullopt when there is none.
  std::optional<std::string_view> field(std::string_view name) const;
  /// How many fields have that name: a rule may want exactly one.
  std::size_t count(std::string_view name) const;
  /// The query parameter of exactly that name; nullopt when there is none.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

/// A request with its whole body.
struct Request {
  RequestHead head;
  std::string body;
};

/// An answer. The server adds Date, Content-Length, X-Content-Type-Options: nosniff, X-Request-Id,
/// Cache-Control: no-store (unless `headers` has a Cache-Control) and Connection, and leaves the
/// body out for HEAD, 204 and 304.
struct Response {
  int status = 200;
  std::string content_type;  ///< with its charset; empty: no Content-Type field
  std::string body;
  /// Sent instead of `body` when not empty, without a copy: for files held in memory. The bytes
  /// must live until the server has stopped.
  std::string_view fixed_body;
  /// Further fields. REQUIRES: names are tokens and values have no control characters.
  std::vector<std::pair<std::string, std::string>> headers;
  bool close = false;  ///< close the connection after this answer
};

/// Answers one request, from any thread and at any time while or after handle() runs, also after
/// the client or the server has gone. Only the first call counts. A Reply that is destroyed without
/// a call answers 500.
using Reply = std::function<void(Response)>;

/// What stands behind a Server. Both functions are called on an io thread and must not block: no
/// disk, no lock that is held across a disk. With more than one io thread they run concurrently.
class Handler {
 public:
  virtual ~Handler() = default;

  /// Called after the header block and before the body is read. An answer (404, 405, 401, 413)
  /// refuses the request unread. `body_limit` is the most bytes of decoded body this route takes;
  /// it comes in as kBodyLimit. A Content-Length above it is answered 413 by the server.
  virtual std::optional<Response> admit(RequestHead& head, std::size_t& body_limit) = 0;

  /// Called with the whole body, once for each admitted request, whether or not the client is
  /// still there when the reply comes.
  virtual void handle(Request request, Reply reply) = 0;
};

inline constexpr std::size_t kBodyLimit = 64 * 1024;             ///< of a route that says nothing
inline constexpr std::size_t kBatchBodyLimit = 8 * 1024 * 1024;  ///< of the batch route

/// Makes the body of an error that the server itself answers: RFC 9457 in production. `code` is a
/// name (`bad_host`), `detail` one sentence. Any thread.
using Problem = std::function<Response(int status, std::string_view code, std::string_view detail)>;

}  // namespace lumbung::api::http
