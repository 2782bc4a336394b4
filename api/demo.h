// The demo cooperative: a village of migrant workers and one year of their savings, made anew from
// the same numbers every time. Nobody in it exists.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace lumbung::api {

struct DemoResult {
  std::uint64_t entries = 0;
  std::uint64_t days = 0;
  std::filesystem::path tokens_file;  // lines "role principal token", mode 0600
};

/// Makes DESA-SUKAMAJU in the data directory, which is created when it is not there. Begun before
/// and cut short: goes on; done before: posts nothing. Two directories get the same journal, byte
/// by byte. Throws what Ledger::open throws, and cli::Failure.
DemoResult make_demo(const std::filesystem::path& data,
                     const std::function<void(std::uint64_t done, std::uint64_t all)>& progress);

}  // namespace lumbung::api
