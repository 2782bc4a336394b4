// The load generator of the HTTP benchmark: one thread, so many kept connections, each with one
// entry on its way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "api/bench_workload.h"

namespace lumbung::api::bench {

struct HttpLoad {
  std::uint16_t port = 0;  // on 127.0.0.1
  std::string token;
  std::uint64_t requests = 0;
  std::size_t connections = 64;
};

/// POSTs the next entries of the stream one by one. The latencies are those of single requests.
/// Throws std::system_error when a connection fails or the server closes one.
Posted post_over_http(const HttpLoad& load, Entries& entries);

}  // namespace lumbung::api::bench
