#include "api/bench_server.h"

#include <limits>

#include "api/bench_workload.h"
#include "api/login/seal_key.h"
#include "engine/check.h"

namespace lumbung::api::bench {
namespace {

constexpr int kDrainTimeoutMs = 1000;
constexpr std::size_t kConnectionsMax = 10'000;

/// As served to anybody, but for the limits that keep one caller from taking everything.
http::Options server_options() {
  http::Options options;
  options.requests_per_connection_max = std::numeric_limits<std::size_t>::max();
  options.connections_max = kConnectionsMax;
  options.connections_per_address_max = kConnectionsMax;
  return options;
}

}  // namespace

BenchServer::BenchServer(storage::Ledger& ledger)
    : tokens_(ledger),
      users_(ledger, login::new_seal_key()),
      facade_(ledger, tokens_, users_, {}),
      server_(server_options(), facade_) {
  server_.start();
}

BenchServer::~BenchServer() {
  server_.stop(kDrainTimeoutMs);
}

std::string BenchServer::token(const engine::CoopId& coop) {
  const auto token = tokens_.create(coop, kTeller, "bench");
  CHECK(token);
  return token->secret;
}

}  // namespace lumbung::api::bench
