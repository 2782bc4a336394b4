// The JSON that the benchmarks post over HTTP and decode.
#pragma once

#include <cstddef>
#include <string>

#include "api/bench_workload.h"
#include "engine/command.h"

namespace lumbung::api::bench {

/// Of `POST entries`: an entry of the stream; its key goes in a header.
std::string entry_body(const engine::Command& command);
/// Of `POST entries/batch`, per item: the next entries of the stream, each with its key.
std::string batch_body(Entries& entries, std::size_t size);

}  // namespace lumbung::api::bench
