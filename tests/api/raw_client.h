// A client that sends exactly the bytes it is told to, for tests of the HTTP server; and a Handler
// that answers by functions.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/http/http.h"

namespace lumbung::api::http {

using Clock = std::chrono::steady_clock;

/// An answer as received, false if the connection ended before it was complete. Field names are
/// kept as sent.
struct Answer {
  int status = 0;  ///< 0: none
  std::map<std::string, std::string> fields;
  std::string body;

  explicit operator bool() const { return status != 0; }
  std::string field(const std::string& name) const {
    const auto place = fields.find(name);
    return place == fields.end() ? "(none)" : place->second;
  }
};

/// One connection. Every wait ends after five seconds at most.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, const char* source = "127.0.0.1") {
    const sockaddr_in from = ipv4(source, 0);
    const sockaddr_in to = ipv4("127.0.0.1", port);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      close();
  }
  explicit RawClient(const std::string& unix_path) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, unix_path.c_str(), sizeof to.sun_path - 1);
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) close();
  }
  ~RawClient() { close(); }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  /// False when the server does not take it all.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next answer; only its header block if `to_head`.
  Answer receive(bool to_head = false) {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos)
      if (!read_some()) return {};
    Answer answer;
    std::string_view head(received_.data(), end + 2);
    answer.status = std::atoi(std::string(head.substr(9, 3)).c_str());
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      const std::string_view line = head.substr(0, head.find("\r\n"));
      const std::size_t colon = line.find(": ");
      answer.fields[std::string(line.substr(0, colon))] = line.substr(colon + 2);
      head.remove_prefix(line.size() + 2);
    }
    received_.erase(0, end + 4);
    const auto length = answer.fields.find("Content-Length");
    if (to_head || length == answer.fields.end()) return answer;
    const std::size_t size = std::strtoul(length->second.c_str(), nullptr, 10);
    while (received_.size() < size)
      if (!read_some()) return {};
    answer.body = received_.substr(0, size);
    received_.erase(0, size);
    return answer;
  }
  Answer ask(std::string_view bytes) {
    if (!send(bytes)) return {};
    return receive();
  }

  /// Whether the server has ended the connection and sent nothing else before.
  bool is_closed() { return received_.empty() && !read_some() && ended_; }
  /// Whether nothing comes for that long.
  bool is_silent(int milliseconds) {
    pollfd waiting{fd_, POLLIN, 0};
    return received_.empty() && ::poll(&waiting, 1, milliseconds) == 0;
  }

 private:
  static sockaddr_in ipv4(const char* address, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    inet_pton(AF_INET, address, &result.sin_addr);
    return result;
  }

  bool read_some() {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, 5000) != 1) return false;
    char bytes[16384];
    const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
    if (size <= 0) {
      ended_ = true;
      return false;
    }
    received_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  int fd_ = -1;
  std::string received_;
  bool ended_ = false;
};

/// Answers by the functions it is given; without them 200 and "method target body".
class TestHandler : public Handler {
 public:
  std::function<std::optional<Response>(RequestHead&, std::size_t&)> on_admit;
  std::function<void(Request, Reply)> on_handle;

  std::optional<Response> admit(RequestHead& head, std::size_t& body_limit) override {
    return on_admit ? on_admit(head, body_limit) : std::nullopt;
  }
  void handle(Request request, Reply reply) override {
    if (on_handle) {
      on_handle(std::move(request), std::move(reply));
    } else {
      reply(echo(request));
    }
  }

  static Response text_response(int status, std::string body) {
    Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(body);
    return response;
  }
  static Response echo(const Request& request) {
    return text_response(200, std::string(text(request.head.method)) + " " +
                                  std::string(request.head.target) + " " + request.body);
  }
};

inline std::string get(std::string_view target, std::string_view fields = "") {
  return std::string("GET ")
             .append(target)
             .append(" HTTP/1.1\r\nHost: localhost\r\n")
             .append(fields) +
         "\r\n";
}

inline std::string post(std::string_view target, std::string_view body,
                        std::string_view fields = "") {
  return std::string("POST ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

}  // namespace lumbung::api::http
