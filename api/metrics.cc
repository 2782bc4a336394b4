#include "api/metrics.h"

#include <algorithm>
#include <utility>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace lumbung::api {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

/// Seconds: from a read in memory to a caller who has given up.
const prometheus::Histogram::BucketBoundaries kLatencyBounds{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0};

ClientMetric sample(MetricType type, std::uint64_t value, std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      static_cast<double>(value);
  return metric;
}

MetricFamily single(MetricType type, std::string name, std::string help, std::uint64_t value) {
  return {std::move(name), std::move(help), type, {sample(type, value, {})}};
}

void append_server(std::vector<MetricFamily>& page, const http::Counters& server) {
  page.push_back(single(MetricType::Counter, "lumbung_http_connections_accepted_total",
                        "Connections taken", server.connections_accepted));
  page.push_back(single(MetricType::Counter, "lumbung_http_connections_refused_total",
                        "Connections over a limit", server.connections_refused));
  page.push_back(single(MetricType::Gauge, "lumbung_http_connections_open", "Connections now",
                        server.connections_open));
  page.push_back(single(MetricType::Counter, "lumbung_http_requests_total",
                        "Header blocks that passed the framing gate", server.requests));
  page.push_back(single(MetricType::Counter, "lumbung_http_timeouts_total",
                        "Header, body and write deadlines that passed", server.timeouts));
  MetricFamily responses{
      "lumbung_http_responses_total", "Answers by status class", MetricType::Counter, {}};
  for (std::size_t digit = 1; digit < server.responses.size(); ++digit) {
    responses.metric.push_back(sample(MetricType::Counter, server.responses[digit],
                                      {{"class", std::to_string(digit) + "xx"}}));
  }
  page.push_back(std::move(responses));
  MetricFamily refusals{"lumbung_http_gate_refusals_total",
                        "Header blocks that the framing gate refused",
                        MetricType::Counter,
                        {}};
  for (std::size_t gate = 1; gate < server.gate_refusals.size(); ++gate) {
    refusals.metric.push_back(
        sample(MetricType::Counter, server.gate_refusals[gate],
               {{"code", std::string(http::answer(static_cast<http::Gate>(gate)).code)}}));
  }
  page.push_back(std::move(refusals));
}

void append_queue(std::vector<MetricFamily>& page, const storage::QueueStatus& queue) {
  const auto counter = [&](std::string name, std::string help, std::uint64_t value) {
    page.push_back(single(MetricType::Counter, std::move(name), std::move(help), value));
  };
  counter("lumbung_ledger_accepted_total", "Requests that the ledger took", queue.accepted);
  counter("lumbung_ledger_turned_away_total", "Requests refused because the queue was full",
          queue.turned_away);
  counter("lumbung_ledger_replayed_total", "Requests answered from the journal", queue.replayed);
  counter("lumbung_ledger_commits_total", "Synced writes", queue.commits);
  counter("lumbung_ledger_events_total", "Events made durable", queue.events);
  counter("lumbung_ledger_clock_steps_back_total", "Times the clock went back",
          queue.clock_steps_back);
  page.push_back(
      single(MetricType::Gauge, "lumbung_ledger_waiting", "Requests in the queue", queue.waiting));
  page.push_back(single(MetricType::Gauge, "lumbung_ledger_writer_stopped",
                        "1 after a failed write: nothing is accepted until a restart",
                        queue.writer_stopped ? 1 : 0));
}

void append_users(std::vector<MetricFamily>& page, const login::Users::Figures& users) {
  MetricFamily logins{
      "lumbung_logins_total", "Tries to log in, by outcome", MetricType::Counter, {}};
  for (std::size_t i = 0; i < users.logins.size(); ++i) {
    const std::string_view outcome = login::name_of(static_cast<login::Outcome>(i));
    logins.metric.push_back(
        sample(MetricType::Counter, users.logins[i], {{"outcome", std::string(outcome)}}));
  }
  page.push_back(std::move(logins));
  page.push_back(single(MetricType::Counter, "lumbung_login_locks_total",
                        "Times a user or an address was locked", users.locks));
  page.push_back(
      single(MetricType::Gauge, "lumbung_sessions_open", "Sessions of browsers", users.sessions));
  page.push_back(single(MetricType::Gauge, "lumbung_logins_waiting",
                        "Passwords that wait to be hashed", users.waiting));
}

}  // namespace

Metrics::Metrics(const std::vector<RouteLabel>& routes) {
  auto& family = prometheus::BuildHistogram()
                     .Name("lumbung_http_request_duration_seconds")
                     .Help("From the whole request to its answer, by route and status class")
                     .Register(registry_);
  for (const RouteLabel& route : routes) {
    ByClass& by_class = latency_.emplace_back();
    for (std::size_t digit = 0; digit < kClasses; ++digit) {
      by_class[digit] = &family.Add({{"method", route.method},
                                     {"route", route.path},
                                     {"class", std::to_string(digit) + "xx"}},
                                    kLatencyBounds);
    }
  }
}

void Metrics::observe(std::size_t route, int status, double seconds) {
  const auto digit = std::min(static_cast<std::size_t>(std::max(status, 0) / 100), kClasses - 1);
  latency_[route][digit]->Observe(seconds);
}

std::string Metrics::text(const http::Counters& server, const storage::QueueStatus& queue,
                          std::size_t readers_waiting, const login::Users::Figures& users) const {
  std::vector<MetricFamily> page;
  append_server(page, server);
  append_queue(page, queue);
  page.push_back(single(MetricType::Gauge, "lumbung_readers_waiting",
                        "Reads that wait for a thread", readers_waiting));
  append_users(page, users);
  for (MetricFamily& family : registry_.Collect()) {
    // A series that nothing was counted in says nothing.
    std::erase_if(family.metric,
                  [](const ClientMetric& m) { return m.histogram.sample_count == 0; });
    page.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(page);
}

}  // namespace lumbung::api
