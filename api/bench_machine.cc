#include "api/bench_machine.h"

#include <malloc.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>
#include <string_view>
#include <thread>

namespace lumbung::api::bench {
namespace {

/// What stands behind "name" and a colon in one of the kernel's lists; empty when it is not there.
std::string listed(const char* file, std::string_view name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(name)) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return {};
}

std::uint64_t number_listed(const char* file, std::string_view name) {
  std::istringstream in(listed(file, name));
  std::uint64_t number = 0;
  in >> number;
  return number;
}

/// The magic numbers of statfs(2).
std::string file_system_of(const std::filesystem::path& directory) {
  struct statfs info {};
  if (::statfs(directory.c_str(), &info) != 0) return "unknown";
  switch (static_cast<std::uint64_t>(info.f_type)) {
    case 0xEF53:
      return "ext4";
    case 0x58465342:
      return "xfs";
    case 0x9123683E:
      return "btrfs";
    case 0x2FC12FC1:
      return "zfs";
    case 0x01021994:
      return "tmpfs";
    case 0x794C7630:
      return "overlay";
    default:
      return "other";
  }
}

double seconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Seconds that the cores were busy since the machine started: user, nice, system, irq, softirq.
double machine_cpu_seconds() {
  std::ifstream in("/proc/stat");
  std::string word;
  in >> word;
  std::array<double, 7> ticks{};
  for (double& each : ticks) in >> each;
  const double busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6];
  return busy / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

Machine machine_of(const std::filesystem::path& directory) {
  Machine machine;
  machine.cpu = listed("/proc/cpuinfo", "model name");
  machine.cores = std::thread::hardware_concurrency();
  machine.memory_mib = number_listed("/proc/meminfo", "MemTotal") / 1024;
  utsname name{};
  if (::uname(&name) == 0) machine.kernel = std::string(name.sysname) + " " + name.release;
  machine.file_system = file_system_of(directory);
  machine.compiler = __VERSION__;
  return machine;
}

Meter::Meter() : begin_(read()) {}

Meter::Counters Meter::read() {
  return {seconds_of(CLOCK_MONOTONIC), seconds_of(CLOCK_PROCESS_CPUTIME_ID), machine_cpu_seconds(),
          number_listed("/proc/self/io", "write_bytes")};
}

Used Meter::used() const {
  const Counters now = read();
  Used used;
  used.seconds = now.clock_seconds - begin_.clock_seconds;
  used.own_cpu_seconds = now.own_cpu_seconds - begin_.own_cpu_seconds;
  used.device_bytes = now.device_bytes - begin_.device_bytes;
  const double others = now.machine_cpu_seconds - begin_.machine_cpu_seconds - used.own_cpu_seconds;
  if (used.seconds > 0) used.others_cores = std::max(0.0, others / used.seconds);
  return used;
}

std::uint64_t resident_bytes() {
  ::malloc_trim(0);
  std::ifstream in("/proc/self/statm");
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
  in >> virtual_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double percentile(std::vector<double> values, double percent) {
  if (values.empty()) return 0;
  const auto last = static_cast<double>(values.size() - 1);
  const auto at = static_cast<std::ptrdiff_t>(std::lround(percent / 100 * last));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace lumbung::api::bench
