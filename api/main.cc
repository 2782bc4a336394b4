#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include <sodium.h>

#include "api/cli/cli.h"

int main(int argc, char** argv) {
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
