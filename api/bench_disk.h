// Where the benchmarks write, and how fast that place takes bytes by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "storage/store.h"

namespace lumbung::api::bench {

/// A directory for one measurement, gone with it. Made on the disk of `parent`, since a sync on a
/// disk of memory says nothing.
class ScratchDirectory {
 public:
  /// Throws std::system_error when it cannot be made.
  explicit ScratchDirectory(const std::filesystem::path& parent);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The disk's own limit: as many bytes as one value, written to the same kind of log and synced.
class RawWal {
 public:
  /// In a store of its own in `parent`.
  explicit RawWal(const std::filesystem::path& parent);
  /// Seconds of each of so many commits of so many bytes.
  std::vector<double> write(std::uint64_t commits, std::size_t bytes);

 private:
  ScratchDirectory directory_;
  std::unique_ptr<storage::Store> store_;
  std::uint64_t next_key_ = 0;
};

}  // namespace lumbung::api::bench
