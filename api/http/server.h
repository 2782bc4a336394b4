// The HTTP/1.1 server: connections, deadlines and limits (facade.md section 4). What a request may
// look like is the gate's matter (gate.h), what is answered the Handler's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/gate.h"
#include "api/http/http.h"

namespace lumbung::api::http {

/// Where to listen and how much to bear. Immutable once given to a Server.
struct Options {
  // One of three: a TCP address, a Unix socket's path, or a listening socket that was passed in.
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6, numeric
  std::uint16_t port = 0;             ///< 0: any free one; Server::port() tells
  std::string unix_path;              ///< when not empty; the file is created with mode 0600
  int listen_fd = -1;                 ///< when >= 0 (systemd's LISTEN_FDS); the server owns it then

  std::vector<std::string> allowed_hosts;  ///< see HostList

  int head_timeout_ms = 10'000;   ///< a whole header block, from its first byte
  int body_timeout_ms = 15'000;   ///< a whole body
  int write_timeout_ms = 15'000;  ///< a whole answer
  int idle_timeout_ms = 60'000;   ///< between requests
  std::size_t requests_per_connection_max = 1000;
  std::size_t connections_max = 1000;
  std::size_t connections_per_address_max = 128;  ///< does not bind on a Unix socket
  std::size_t io_threads = 1;

  /// Makes the bodies of the server's own errors; empty: a plain RFC 9457 document without a type.
  Problem problem;
  /// Told of what a Handler threw; the caller has been answered 500. Empty: nobody is told.
  std::function<void(std::string_view what)> on_handler_error;
};

/// What has happened since the start.
struct Counters {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;                     ///< over one of the two limits
  std::uint64_t connections_open = 0;                        ///< now
  std::uint64_t requests = 0;                                ///< header blocks that passed the gate
  std::array<std::uint64_t, 6> responses{};                  ///< by status class: [2] is 2xx
  std::array<std::uint64_t, kGateOutcomes> gate_refusals{};  ///< by Gate
  std::uint64_t timeouts = 0;  ///< header, body and write deadlines; not idle ones
};

/// One listener with its io threads. start() and stop() are for the owner's thread, everything else
/// for any thread. Handler and Server outlive each other in this order: Handler last.
class Server {
 public:
  /// Binds and listens; connections wait in the kernel until start().
  /// Throws std::system_error when it cannot listen there.
  Server(Options options, Handler& handler);
  /// As stop(0).
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Begins to serve, on threads of its own. Once.
  void start();
  /// Stops accepting, ends idle connections, lets requests in flight be answered (with Connection:
  /// close) for at most so long, then drops what is left and joins the threads. A Reply that comes
  /// later is ignored. Does nothing the second time.
  void stop(int drain_timeout_ms);

  /// The port that is listened on; 0 for a Unix socket.
  std::uint16_t port() const;
  Counters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lumbung::api::http
