#include "storage/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "storage/ledger.h"

namespace lumbung::storage {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOwnerOnly = 0600;

[[noreturn]] void fail(const fs::path& path) {
  throw StoreError(path.string() + ": " + std::generic_category().message(errno));
}

fs::path beside(const fs::path& path) {
  fs::path unfinished = path;
  unfinished += ".new";
  return unfinished;
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void zero_and_sync(int fd, const fs::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || ::lseek(fd, 0, SEEK_SET) != 0) fail(path);
  const std::string zeros(std::size_t{1} << 16, '\0');
  for (auto left = static_cast<std::size_t>(status.st_size); left > 0;) {
    const std::size_t piece = std::min(left, zeros.size());
    write_all(fd, std::string_view(zeros).substr(0, piece), path);
    left -= piece;
  }
  if (::fsync(fd) != 0) fail(path);
}

void remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0) fail(path);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

void make_private_directory(const fs::path& directory) {
  if (fs::is_directory(directory)) return;
  const fs::path parent = parent_of(directory);
  make_private_directory(parent);
  if (::mkdir(directory.c_str(), 0700) != 0) fail(directory);
  sync_directory(parent);
}

void sync_directory(const fs::path& directory) {
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) fail(directory);
}

void sync_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || ::fsync(file.get()) != 0) fail(path);
}

std::optional<WipedBytes> read_whole_file(const fs::path& path, std::size_t max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::nullopt;
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) fail(path);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > max) throw StoreError(path.string() + ": too large for what it should be");
  WipedBytes bytes(size);
  for (std::size_t got = 0; got < size;) {
    const ssize_t piece = ::read(file.get(), bytes.data() + got, size - got);
    if (piece < 0 && errno == EINTR) continue;
    if (piece < 0) fail(path);
    if (piece == 0) throw StoreError(path.string() + ": became shorter while it was read");
    got += static_cast<std::size_t>(piece);
  }
  return bytes;
}

void create_private_file(const fs::path& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
  if (file.get() < 0) fail(path);
  write_all(file.get(), bytes, path);
  if (::fsync(file.get()) != 0) fail(path);
  sync_directory(parent_of(path));
}

void create_private_file_whole(const fs::path& path, std::string_view bytes) {
  const fs::path unfinished = beside(path);
  create_private_file(unfinished, bytes);
  // A link, since a rename would silently replace what has the name.
  if (::link(unfinished.c_str(), path.c_str()) != 0) fail(path);
  remove_file(unfinished);
  sync_directory(parent_of(path));
}

void replace_private_file(const fs::path& path, std::string_view bytes) {
  const Descriptor before(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (before.get() < 0) fail(path);
  const fs::path unfinished = beside(path);
  create_private_file(unfinished, bytes);
  if (::rename(unfinished.c_str(), path.c_str()) != 0) fail(path);
  sync_directory(parent_of(path));
  zero_and_sync(before.get(), path);
}

void zero_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return;
  if (file.get() < 0) fail(path);
  zero_and_sync(file.get(), path);
}

void discard_unfinished(const fs::path& path) {
  const fs::path unfinished = beside(path);
  struct stat status {};
  if (::lstat(unfinished.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    fail(unfinished);
  }
  // Between a link and the removal of the first name both are the finished file.
  if (status.st_nlink == 1) zero_file(unfinished);
  remove_file(unfinished);
  sync_directory(parent_of(path));
}

}  // namespace lumbung::storage
