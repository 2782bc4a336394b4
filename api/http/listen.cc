#include "api/http/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace lumbung::api::http {

namespace {

/// Any socket address, and the view of it that the system calls want.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  template <class T>
  T& as() {
    return reinterpret_cast<T&>(storage);
  }
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

SocketAddress tcp_address(const std::string& address, std::uint16_t port) {
  SocketAddress result;
  auto& v4 = result.as<sockaddr_in>();
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    result.size = sizeof(sockaddr_in);
    return result;
  }
  auto& v6 = result.as<sockaddr_in6>();
  if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    result.size = sizeof(sockaddr_in6);
    return result;
  }
  errno = EINVAL;
  fail("not a numeric IP address: " + address);
}

SocketAddress unix_address(const std::string& path) {
  SocketAddress result;
  auto& address = result.as<sockaddr_un>();
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    fail("socket path " + path);
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  result.size = sizeof(sockaddr_un);
  return result;
}

FileDescriptor open_socket(int family) {
  FileDescriptor fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) fail("socket");
  return fd;
}

void listen_on(int fd, const std::string& where) {
  if (::listen(fd, SOMAXCONN) != 0) fail("cannot listen on " + where);
}

std::string text_of(SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  switch (address.storage.ss_family) {
    case AF_INET:
      inet_ntop(AF_INET, &address.as<sockaddr_in>().sin_addr, text, sizeof text);
      return text;
    case AF_INET6: {
      const in6_addr& v6 = address.as<sockaddr_in6>().sin6_addr;
      if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        inet_ntop(AF_INET, v6.s6_addr + 12, text, sizeof text);
      } else {
        inet_ntop(AF_INET6, &v6, text, sizeof text);
      }
      return text;
    }
    default:
      return "unix";
  }
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

int FileDescriptor::release() {
  return std::exchange(fd_, -1);
}

Listener::Listener(FileDescriptor fd) : fd_(std::move(fd)) {
  SocketAddress address;
  if (::getsockname(fd_.get(), address.get(), &address.size) != 0) fail("getsockname");
  if (address.storage.ss_family == AF_INET) port_ = ntohs(address.as<sockaddr_in>().sin_port);
  if (address.storage.ss_family == AF_INET6) port_ = ntohs(address.as<sockaddr_in6>().sin6_port);
}

Listener::~Listener() {
  if (!unix_path_.empty() && fd_.get() >= 0) ::unlink(unix_path_.c_str());
}

Listener Listener::on_tcp(const std::string& address, std::uint16_t port) {
  SocketAddress where = tcp_address(address, port);
  FileDescriptor fd = open_socket(where.storage.ss_family);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const std::string name = address + " port " + std::to_string(port);
  if (::bind(fd.get(), where.get(), where.size) != 0) fail("cannot listen on " + name);
  listen_on(fd.get(), name);
  return Listener(std::move(fd));
}

Listener Listener::on_unix(const std::string& path) {
  SocketAddress where = unix_address(path);
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
    const FileDescriptor probe = open_socket(AF_UNIX);
    if (::connect(probe.get(), where.get(), where.size) != 0 && errno == ECONNREFUSED)
      ::unlink(path.c_str());
  }
  FileDescriptor fd = open_socket(AF_UNIX);
  // The mode of the file is that of the socket before bind: no moment in which others may connect.
  if (::fchmod(fd.get(), S_IRUSR | S_IWUSR) != 0) fail("cannot set the mode of " + path);
  if (::bind(fd.get(), where.get(), where.size) != 0) fail("cannot listen on " + path);
  listen_on(fd.get(), path);
  Listener listener(std::move(fd));
  listener.unix_path_ = path;
  return listener;
}

Listener Listener::adopt(int fd) {
  FileDescriptor owned(fd);
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
    fail("cannot use the socket that was passed in");
  return Listener(std::move(owned));
}

std::optional<Accepted> accept_one(int listen_fd, int& error) {
  for (;;) {
    SocketAddress peer;
    FileDescriptor fd(::accept4(listen_fd, peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.get() < 0) {
      error = errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno;
      // accept(2): what the connection suffered while it waited is reported here.
      if (error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN ||
          error == EHOSTUNREACH || error == ENETUNREACH)
        continue;
      return std::nullopt;
    }
    Accepted result{std::move(fd), peer.storage.ss_family, text_of(peer), std::nullopt};
    if (result.family == AF_UNIX) {
      ucred credentials{};
      socklen_t size = sizeof credentials;
      if (::getsockopt(result.fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
        result.peer_uid = credentials.uid;
    } else {
      const int on = 1;
      ::setsockopt(result.fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    error = 0;
    return result;
  }
}

void turn_away(FileDescriptor connection) {
  static constexpr std::string_view kAnswer =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
      "Connection: close\r\n\r\n";
  // A short answer fits the send buffer of a new socket. If not, closing says enough.
  [[maybe_unused]] const auto sent =
      ::send(connection.get(), kAnswer.data(), kAnswer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace lumbung::api::http
