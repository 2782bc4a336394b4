// What a benchmark must say of its machine: what it is, what was used of it, and by whom; and the
// clock and the percentiles.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

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

/// Runs since it was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// What was used between two looks.
struct Used {
  double seconds = 0;
  double own_cpu_seconds = 0;      // of all threads of this process
  double others_cores = 0;         // how many cores were kept busy by other processes
  std::uint64_t device_bytes = 0;  // written by this process
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

/// Memory of this process that is in use: what the allocator only keeps is given back first.
std::uint64_t resident_bytes();

/// The value below which `percent` of the values lie; 0 of none.
double percentile(std::vector<double> values, double percent);
double sum_of(const std::vector<double>& values);

}  // namespace lumbung::api::bench
