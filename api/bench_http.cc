#include "api/bench_http.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "api/bench_body.h"

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

/// The header block as far as all requests have it, open at its end.
std::string head_of(std::string_view method, const engine::CoopId& coop, std::string_view path,
                    std::string_view token) {
  std::string head(method);
  head.append(" /v1/cooperatives/").append(coop.text()).append(path);
  head.append(" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ").append(token);
  return head.append("\r\n");
}

/// `POST /v1/cooperatives/BENCH/…`; `more`: further header fields, each with its line end.
std::string post_request(const engine::CoopId& coop, std::string_view path, std::string_view token,
                         const std::string& more, const std::string& body) {
  std::string request = head_of("POST", coop, path, token);
  request.append(more).append("Content-Type: application/json\r\nContent-Length: ");
  request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return request;
}

std::string single_request(Entries& entries, std::string_view token) {
  const engine::Command command = entries.next_command();
  return post_request(entries.stream().coop, "/entries", token,
                      "Idempotency-Key: " + command.key.text() + "\r\n", entry_body(command));
}

std::string batch_request(Entries& entries, std::string_view token, std::size_t size) {
  return post_request(entries.stream().coop, "/entries/batch", token, "",
                      batch_body(entries, size));
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

}  // namespace

HttpConnection::HttpConnection(std::uint16_t port) : fd_(connect_to(port)) {}

void HttpConnection::send(std::string_view request) {
  in_.clear();
  asked_ = Stopwatch();
  while (!request.empty()) {
    const auto sent = ::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool HttpConnection::receive() {
  std::array<char, 1 << 16> buffer;
  const auto got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (got == 0) errno = ECONNRESET;
  if (got <= 0) fail("recv");
  in_.append(buffer.data(), static_cast<std::size_t>(got));
  const std::size_t length = answer_length(in_);
  return length > 0 && in_.size() >= length;
}

std::string_view HttpConnection::body() const {
  const std::string_view answer = in_;
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

std::string get_request(const engine::CoopId& coop, std::string_view path, std::string_view token) {
  return head_of("GET", coop, path, token) + "\r\n";
}

HttpPoster::HttpPoster(const HttpLoad& load, std::span<Entries> coops) : batch_(load.load.batch) {
  const std::uint64_t requests = (load.load.entries + batch_ - 1) / batch_;
  requests_.reserve(requests);
  Random picks(coops.size());
  for (std::uint64_t i = 0; i < requests; ++i) {
    const std::size_t coop = picks.below(coops.size());
    requests_.push_back(batch_ == 1 ? single_request(coops[coop], load.tokens[coop])
                                    : batch_request(coops[coop], load.tokens[coop], batch_));
  }
  for (std::size_t i = 0; i < load.load.in_flight; ++i) connections_.emplace_back(load.port);
}

std::uint64_t HttpPoster::done_in(std::string_view answer) const {
  if (batch_ == 1) return answer.starts_with("HTTP/1.1 201 ") ? 1 : 0;
  constexpr std::string_view kDone = R"("outcome":"done")";
  std::uint64_t done = 0;
  // memmem, since the find of a string_view stops at every quotation mark.
  while (const void* at = ::memmem(answer.data(), answer.size(), kDone.data(), kDone.size())) {
    ++done;
    const auto offset = static_cast<std::size_t>(static_cast<const char*>(at) - answer.data());
    answer.remove_prefix(offset + kDone.size());
  }
  return done;
}

Posted HttpPoster::run() {
  const FileDescriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  if (poll.get() < 0) fail("epoll_create1");
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    if (::epoll_ctl(poll.get(), EPOLL_CTL_ADD, connections_[i].fd(), &event) != 0) {
      fail("epoll_ctl");
    }
  }
  Posted posted;
  posted.answer_us.reserve(requests_.size());
  std::size_t asked = 0;
  const auto ask = [&](HttpConnection& connection) {
    if (asked < requests_.size()) connection.send(requests_[asked++]);
  };
  const Stopwatch watch;
  double last_answer_s = 0;
  for (HttpConnection& connection : connections_) ask(connection);
  std::array<epoll_event, 64> events;
  while (posted.answer_us.size() < asked) {
    const int ready = ::epoll_wait(poll.get(), events.data(), static_cast<int>(events.size()), -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; ++i) {
      HttpConnection& connection = connections_[events[static_cast<std::size_t>(i)].data.u64];
      if (!connection.receive()) continue;
      posted.answer_us.push_back(connection.waited_us());
      posted.done += done_in(connection.answer());
      const double now_s = watch.seconds();
      posted.longest_stall_s = std::max(posted.longest_stall_s, now_s - last_answer_s);
      last_answer_s = now_s;
      ask(connection);
    }
  }
  posted.seconds = watch.seconds();
  posted.entries = requests_.size() * batch_;
  return posted;
}

}  // namespace lumbung::api::bench
