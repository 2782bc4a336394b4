#include "api/bench_machine.h"

#include <sys/statfs.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
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

Used& Used::operator+=(const Used& next) {
  const double all = seconds + next.seconds;
  if (all > 0) {
    others_cores = (others_cores * seconds + next.others_cores * next.seconds) / all;
  }
  seconds = all;
  own_cpu_seconds += next.own_cpu_seconds;
  device_bytes += next.device_bytes;
  return *this;
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

}  // namespace lumbung::api::bench
