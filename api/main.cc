#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include <sodium.h>

#include "api/cli/cli.h"

namespace {

/// Batches, blocks and runs come and go by megabytes. Given back to the system in between they
/// would be cleared and mapped anew, page by page: a tenth of all work when posting at full speed.
void keep_freed_memory() {
  constexpr int kMiB = 1 << 20;
  mallopt(M_ARENA_MAX, 1);  // one thread's buffers are freed by another
  mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
  mallopt(M_TRIM_THRESHOLD, 256 * kMiB);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  std::ios::sync_with_stdio(false);
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of write, not our end
  if (sodium_init() < 0) {
    std::cerr << "lumbung: this machine gives no random numbers\n";
    return lumbung::api::cli::kUnavailable;
  }
  return lumbung::api::cli::run({argv + 1, argv + argc},
                                {std::cin, std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1},
                                [](const std::string& name) -> std::optional<std::string> {
                                  const char* value = std::getenv(name.c_str());
                                  if (value == nullptr) return std::nullopt;
                                  return value;
                                });
}
