// The server process: books, HTTP, the admin socket, and how it starts and stops.
#pragma once

#include "api/config.h"

namespace lumbung::api {

/// Serves until SIGTERM or SIGINT; SIGHUP opens the log file anew. Returns the exit code: 0, or 74
/// when the journal's writer had stopped. To be called before the process has other threads. Throws
/// what Ledger::open throws, and cli::Failure when it cannot listen.
int serve(const Config& config);

}  // namespace lumbung::api
