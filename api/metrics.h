// Metrics: figures of the process in the Prometheus text format, for /metrics. No label names a
// cooperative, an account or a person.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "api/http/server.h"
#include "api/login/users.h"
#include "storage/ledger.h"

namespace lumbung::api {

/// What one route's series are labelled with.
struct RouteLabel {
  std::string method;
  std::string path;  // the template, so that the number of series is bounded
};

/// Any thread.
class Metrics {
 public:
  explicit Metrics(const std::vector<RouteLabel>& routes);

  /// A request of that route (its index in the list) was answered after so long.
  void observe(std::size_t route, int status, double seconds);

  /// The whole page.
  std::string text(const http::Counters& server, const storage::QueueStatus& queue,
                   std::size_t readers_waiting, const login::Users::Figures& users) const;

 private:
  static constexpr std::size_t kClasses = 6;  // by the status's first digit
  using ByClass = std::array<prometheus::Histogram*, kClasses>;

  prometheus::Registry registry_;
  std::vector<ByClass> latency_;  // by route; owned by the registry
};

}  // namespace lumbung::api
