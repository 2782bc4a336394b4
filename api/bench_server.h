// The server of the HTTP rows, in the process of the benchmark.
#pragma once

#include <cstdint>
#include <string>

#include "api/auth.h"
#include "api/facade.h"
#include "api/http/server.h"
#include "api/login/users.h"
#include "engine/id.h"
#include "storage/ledger.h"

namespace lumbung::api::bench {

/// Serves a ledger of benchmark books on a free port of 127.0.0.1 while it lives.
class BenchServer {
 public:
  /// `ledger` must outlive it. Throws std::system_error when it cannot listen.
  explicit BenchServer(storage::Ledger& ledger);
  ~BenchServer();
  BenchServer(const BenchServer&) = delete;
  BenchServer& operator=(const BenchServer&) = delete;

  std::uint16_t port() const { return server_.port(); }
  /// A token of the cooperative's teller, who was granted the role when the book was opened.
  std::string token(const engine::CoopId& coop);

 private:
  Tokens tokens_;
  login::Users users_;
  Facade facade_;
  http::Server server_;
};

}  // namespace lumbung::api::bench
