// The load generator of the HTTP rows, and the connections it is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/bench_machine.h"
#include "api/bench_workload.h"
#include "api/http/listen.h"

namespace lumbung::api::bench {

/// One kept connection to 127.0.0.1 with at most one request on its way. Everything throws
/// std::system_error when the connection fails or the server closes it.
class HttpConnection {
 public:
  explicit HttpConnection(std::uint16_t port);

  int fd() const { return fd_.get(); }
  /// Waits until the kernel has taken all of it.
  void send(std::string_view request);
  /// Takes what has come, or waits for something. True when the answer is whole.
  bool receive();
  /// The answer, head and body, until the next send.
  std::string_view answer() const { return in_; }
  std::string_view body() const;
  /// Microseconds since the request was sent.
  double waited_us() const { return asked_.seconds() * 1e6; }

 private:
  http::FileDescriptor fd_;
  std::string in_;
  Stopwatch asked_;
};

/// "GET /v1/cooperatives/BENCH/…" for `path` "/…", with the token.
std::string get_request(const engine::CoopId& coop, std::string_view path, std::string_view token);

struct HttpLoad {
  std::uint16_t port = 0;           // on 127.0.0.1
  std::vector<std::string> tokens;  // one a cooperative
  Load load;                        // `in_flight`: connections, each with one request on its way
};

/// Posts over HTTP: `POST entries` of one entry, or `POST entries/batch` of many.
class HttpPoster {
 public:
  /// Connects, and makes all requests, so that they are no part of what is measured later.
  HttpPoster(const HttpLoad& load, std::span<Entries> coops);

  /// Sends them, on this thread. Once.
  Posted run();

 private:
  std::uint64_t done_in(std::string_view answer) const;

  std::size_t batch_;
  std::vector<std::string> requests_;
  std::vector<HttpConnection> connections_;
};

}  // namespace lumbung::api::bench
