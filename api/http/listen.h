// Listening sockets and what comes in on them, as plain POSIX.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lumbung::api::http {

/// An open file descriptor, closed when it goes. One owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;

  int get() const { return fd_; }
  int release();

 private:
  int fd_ = -1;
};

/// A socket that listens, non-blocking. On a Unix socket of our own the file goes with it.
class Listener {
 public:
  /// All three throw std::system_error when they cannot.
  static Listener on_tcp(const std::string& address, std::uint16_t port);
  /// A socket file that nobody listens on any more is replaced; others, and other files, are not.
  static Listener on_unix(const std::string& path);
  static Listener adopt(int fd);

  ~Listener();
  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = delete;

  int fd() const { return fd_.get(); }
  std::uint16_t port() const { return port_; }  ///< 0 unless TCP

 private:
  explicit Listener(FileDescriptor fd);

  FileDescriptor fd_;
  std::uint16_t port_ = 0;
  std::string unix_path_;  ///< to be removed
};

/// A connection that has just been accepted, non-blocking.
struct Accepted {
  FileDescriptor fd;
  int family = 0;
  std::string peer;  ///< numeric address; "unix"
  std::optional<std::uint32_t> peer_uid;
};

/// The next connection that waits; nullopt with `error` 0 when there is none, or else with the
/// errno that accept gave (EMFILE and its like). Connections that died while they waited are passed
/// over.
std::optional<Accepted> accept_one(int listen_fd, int& error);

/// Says 503 and closes; never waits for the client.
void turn_away(FileDescriptor connection);

}  // namespace lumbung::api::http
