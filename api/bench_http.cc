#include "api/bench_http.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>

#include "api/http/listen.h"

namespace lumbung::api::bench {
namespace {

using http::FileDescriptor;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

FileDescriptor connect_to(std::uint16_t port) {
  FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect");
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/// "1234.00": rupiah of the stream are whole.
std::string amount_text(std::int64_t minor) {
  return std::to_string(minor / 100) + ".00";
}

std::string request_of(const engine::Command& command, const HttpLoad& load) {
  const auto& legs = std::get<engine::PostEntry>(command.body).entry.legs;
  const std::string amount = amount_text(legs[0].amount.minor);
  const std::string body = R"({"legs":[{"account":")" + code_of(legs[0].account.value) +
                           R"(","side":"debit","amount":")" + amount + R"("},{"account":")" +
                           code_of(legs[1].account.value) + R"(","side":"credit","amount":")" +
                           amount + R"("}]})";
  return "POST /v1/cooperatives/" + std::string(bench_coop().text()) +
         "/entries HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + load.token +
         "\r\nIdempotency-Key: " + command.key.text() +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

/// The length of the answer that `bytes` begin with, head and body; 0 while the head is incomplete.
std::size_t answer_length(std::string_view bytes) {
  const std::size_t head = bytes.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t field = bytes.substr(0, head).find(kLength);
  std::size_t length = 0;
  if (field != std::string_view::npos) {
    std::from_chars(bytes.data() + field + kLength.size(), bytes.data() + head, length);
  }
  return head + 4 + length;
}

/// One kept connection with at most one request on its way.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : fd_(connect_to(port)) {}

  int fd() const { return fd_.get(); }
  void send(const std::string& request) {
    asked_ = Stopwatch();
    // A request is far smaller than a socket's buffer, so that this does not wait.
    const auto sent = ::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request.size())) fail("send");
  }
  /// Takes what has come. True when the answer is whole.
  bool receive() {
    std::array<char, 4096> buffer;
    const auto got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got == 0) errno = ECONNRESET;
    if (got <= 0) fail("recv");
    in_.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t length = answer_length(in_);
    return length > 0 && in_.size() >= length;
  }
  bool is_created() const { return in_.starts_with("HTTP/1.1 201 "); }
  double finish() {
    in_.clear();
    return asked_.seconds() * 1e6;
  }

 private:
  FileDescriptor fd_;
  std::string in_;
  Stopwatch asked_;
};

}  // namespace

Posted post_over_http(const HttpLoad& load, Entries& entries) {
  const FileDescriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  if (poll.get() < 0) fail("epoll_create1");
  std::vector<Connection> connections;
  connections.reserve(load.connections);
  for (std::size_t i = 0; i < load.connections; ++i) {
    connections.emplace_back(load.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    if (::epoll_ctl(poll.get(), EPOLL_CTL_ADD, connections.back().fd(), &event) != 0) {
      fail("epoll_ctl");
    }
  }
  Posted posted;
  posted.answer_us.reserve(load.requests);
  std::uint64_t asked = 0;
  const auto ask = [&](Connection& connection) {
    if (asked == load.requests) return;
    ++asked;
    connection.send(request_of(entries.next_command(), load));
  };
  const Stopwatch watch;
  for (Connection& connection : connections) ask(connection);
  std::array<epoll_event, 64> events;
  while (posted.entries < asked) {
    const int ready = ::epoll_wait(poll.get(), events.data(), static_cast<int>(events.size()), -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; ++i) {
      Connection& connection = connections[events[static_cast<std::size_t>(i)].data.u64];
      if (!connection.receive()) continue;
      ++posted.entries;
      if (connection.is_created()) ++posted.done;
      posted.answer_us.push_back(connection.finish());
      ask(connection);
    }
  }
  posted.seconds = watch.seconds();
  return posted;
}

}  // namespace lumbung::api::bench
