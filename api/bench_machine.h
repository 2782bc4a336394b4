// What a benchmark must say of its machine: what it is, how fast it syncs, and who else was using
// it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace lumbung::api::bench {

struct Machine {
  std::string cpu;
  unsigned cores = 0;
  std::uint64_t memory_mib = 0;
  std::string kernel;
  std::string file_system;  // of the directory that is written to
  std::string compiler;
};

Machine machine_of(const std::filesystem::path& directory);

/// What was used between two looks.
struct Used {
  double seconds = 0;
  double own_cpu_seconds = 0;      // of all threads of this process
  double others_cores = 0;         // how many cores were kept busy by other processes
  std::uint64_t device_bytes = 0;  // written by this process

  /// One stretch behind another.
  Used& operator+=(const Used& next);
};

/// Begins to count when it is made. One thread.
class Meter {
 public:
  Meter();
  Used used() const;

 private:
  struct Counters {
    double clock_seconds = 0;
    double own_cpu_seconds = 0;
    double machine_cpu_seconds = 0;
    std::uint64_t device_bytes = 0;
  };
  static Counters read();

  Counters begin_;
};

}  // namespace lumbung::api::bench
