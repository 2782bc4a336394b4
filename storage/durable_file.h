// Small files that must be on the disk, or gone from it, when a call returns. Failures are
// StoreError with the path and the system's words. Any thread, one at a time for one path.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "storage/wiped.h"

namespace lumbung::storage {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// The directory and its missing parents; what is new is for the owner alone (0700) and synced.
void make_private_directory(const std::filesystem::path& directory);
void sync_directory(const std::filesystem::path& directory);
void sync_file(const std::filesystem::path& path);

/// nullopt when there is no such file. `max`: more bytes than that are an error.
std::optional<WipedBytes> read_whole_file(const std::filesystem::path& path, std::size_t max);
/// A new file of mode 0600. Throws also when something has the name.
void create_private_file(const std::filesystem::path& path, std::string_view bytes);
/// The same under a name that must be free, which shows the whole content or nothing.
void create_private_file_whole(const std::filesystem::path& path, std::string_view bytes);
/// Puts a new file of mode 0600 in the place of `path`. What stood there is overwritten afterwards.
void replace_private_file(const std::filesystem::path& path, std::string_view bytes);
/// Overwrites every byte with zero, in place; nothing to do when there is no such file.
void zero_file(const std::filesystem::path& path);
/// What a crash in one of the two calls above left beside: overwritten and removed.
void discard_unfinished(const std::filesystem::path& path);

}  // namespace lumbung::storage
