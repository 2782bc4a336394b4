// A directory of this test alone, in memory where the machine has a place for that.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "engine/check.h"

namespace lumbung::tests {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code none;
    const bool in_memory = std::filesystem::is_directory("/dev/shm", none);
    std::string pattern = ((in_memory ? "/dev/shm" : std::filesystem::temp_directory_path()) /
                           std::filesystem::path("lumbung-XXXXXX"))
                              .string();
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;  // what stays behind is only rubbish
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace lumbung::tests
