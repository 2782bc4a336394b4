// The facade under stress and around the edges: what waits, what fails, what the process says of
// itself.
#include "api/facade.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/node.h"

namespace lumbung::api {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

/// A journal whose disk is as slow, or as broken, as the test wants.
class Valve {
 public:
  void shut() { set(true, false); }
  void open() { set(false, false); }
  void break_it() { set(false, true); }
  void fail_reads() { reads_fail_ = true; }

  std::unique_ptr<storage::Journal> wrap(std::unique_ptr<storage::Journal> inner) {
    return std::make_unique<Journal>(std::move(inner), *this);
  }

 private:
  class Journal : public storage::Journal {
   public:
    Journal(std::unique_ptr<storage::Journal> inner, Valve& valve)
        : inner_(std::move(inner)), valve_(valve) {}
    TakeOver take_over() override { return inner_->take_over(); }
    storage::Ticket append(storage::Blocks commit) override {
      return inner_->append(std::move(commit));
    }
    storage::Appended wait(storage::Ticket ticket) override {
      std::unique_lock lock(valve_.mutex_);
      valve_.changed_.wait(lock, [this] { return !valve_.shut_; });
      return valve_.broken_ ? storage::Appended::kUnknown : inner_->wait(ticket);
    }
    void read(const engine::CoopId& coop, engine::BlockNo from,
              const std::function<bool(std::string_view)>& each) const override {
      if (valve_.reads_fail_) throw storage::StoreError("the disk is gone");
      inner_->read(coop, from, each);
    }
    storage::Head head(const engine::CoopId& coop) const override { return inner_->head(coop); }

   private:
    std::unique_ptr<storage::Journal> inner_;
    Valve& valve_;
  };

  void set(bool shut, bool broken) {
    const std::lock_guard lock(mutex_);
    shut_ = shut;
    broken_ = broken;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool shut_ = false;
  bool broken_ = false;
  std::atomic<bool> reads_fail_ = false;
};

Node::Options with(Valve& valve) {
  Node::Options options;
  options.wrap_journal = [&valve](auto inner) { return valve.wrap(std::move(inner)); };
  return options;
}

std::string told(const http::Answer& answer) {
  return std::to_string(answer.status) + " " + code_of(answer);
}

std::string post_bytes(const Node& node, std::string_view key) {
  return http::post(Node::below("/entries"), entry("1101", "2101.M/17", "1.00"),
                    node.bearer("teller") + "Content-Type: application/json\r\nIdempotency-Key: " +
                        std::string(key) + "\r\n");
}

TEST(Facade, ABatchThatTheQueueHasNoRoomForIsTurnedAwayWhole) {
  constexpr unsigned kBatches = 12;
  constexpr unsigned kItems = 3;
  Valve valve;
  Node::Options options = with(valve);
  options.queue_max = 4;
  Node node(std::move(options));
  const auto asked = [&node] {
    const storage::QueueStatus queue = node.ledger().queue_status();
    return queue.accepted + queue.turned_away;
  };
  const std::uint64_t asked_before = asked();
  valve.shut();
  std::vector<http::RawClient> clients;
  for (unsigned i = 0; i < kBatches; ++i) {
    std::string items;
    for (unsigned j = 0; j < kItems; ++j) {
      items += (j == 0 ? R"({"key":"b)" : R"(,{"key":"b)") + std::to_string(kItems * i + j) +
               "\"," + entry("1101", "2101.M/17", "1.00").substr(1);
    }
    clients.emplace_back(node.port());
    ASSERT_TRUE(clients.back().send(http::post(
        Node::below("/entries/batch"), R"({"mode":"per_item","entries":[)" + items + "]}",
        node.bearer("teller") + "Content-Type: application/json\r\n")));
  }
  while (asked() < asked_before + kBatches) std::this_thread::yield();
  valve.open();
  unsigned full = 0;
  for (http::RawClient& client : clients) {
    const http::Answer answer = client.receive();
    ASSERT_TRUE(answer);
    if (answer.status == 200) continue;
    EXPECT_EQ(told(answer), "503 queue_full");
    EXPECT_EQ(answer.field("Retry-After"), "1");
    ++full;
  }
  EXPECT_GT(full, 0u);
  EXPECT_EQ(node.ledger().queue_status().turned_away, full);
  EXPECT_EQ(node.ledger().coop(kDesa)->head.last_event.value, 12u + kItems * (kBatches - full));
}

TEST(Facade, AFullQueueIsSaidSoAndWhatGotInIsDone) {
  Valve valve;
  Node::Options options = with(valve);
  options.queue_max = 4;
  Node node(std::move(options));
  valve.shut();
  std::vector<http::RawClient> clients;
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back(node.port());
    ASSERT_TRUE(clients.back().send(post_bytes(node, "k" + std::to_string(i))));
  }
  // Reads and the process's own state wait for nobody's disk.
  EXPECT_EQ(node.get("teller", "/accounts/1101").status, 200);
  EXPECT_EQ(node.send(http::get("/healthz")).status, 200);
  valve.open();
  int done = 0;
  int full = 0;
  for (http::RawClient& client : clients) {
    const http::Answer answer = client.receive();
    ASSERT_TRUE(answer);
    if (answer.status == 201) ++done;
    if (answer.status != 503) continue;
    ++full;
    EXPECT_EQ(code_of(answer), "queue_full");
    EXPECT_EQ(answer.field("Retry-After"), "1");
  }
  EXPECT_EQ(done + full, 40);
  EXPECT_GT(full, 0);
  EXPECT_EQ(node.ledger().coop(kDesa)->head.last_event.value, 12u + static_cast<unsigned>(done));
  EXPECT_EQ(node.ledger().queue_status().turned_away, static_cast<unsigned>(full));
  EXPECT_THAT(node.send(http::get("/metrics")).body,
              HasSubstr("\nlumbung_ledger_turned_away_total " + std::to_string(full) + "\n"));
  // Nothing was written for those: the same key goes through later.
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(node.send(post_bytes(node, "k" + std::to_string(i))).status, 201);
  }
  EXPECT_EQ(node.ledger().coop(kDesa)->head.last_event.value, 52u);
}

TEST(Facade, NobodyIsToldThatItIsDoneWhenNobodyKnows) {
  Valve valve;
  Node node(with(valve));
  EXPECT_EQ(node.send(post_bytes(node, "before")).status, 201);
  valve.break_it();
  const http::Answer unknown = node.send(post_bytes(node, "k"));
  EXPECT_EQ(told(unknown), "503 outcome_unknown");
  EXPECT_NE(unknown.field("Retry-After"), "(none)");
  EXPECT_EQ(told(node.send(post_bytes(node, "later"))), "503 writer_stopped");
  EXPECT_EQ(told(node.post(
                "teller", "/entries/batch",
                R"({"mode":"atomic","entries":[)" + entry("1101", "2101.M/17", "1.00") + "]}")),
            "503 writer_stopped");
  EXPECT_EQ(told(node.post("teller", "/entries/batch",
                           R"({"mode":"per_item","entries":[{"key":"i",)" +
                               entry("1101", "2101.M/17", "1.00").substr(1) + "]}")),
            "503 writer_stopped");
  EXPECT_EQ(told(node.send(http::get("/readyz"))), "503 not_ready");
  EXPECT_EQ(node.send(http::get("/healthz")).status, 200);
  EXPECT_EQ(node.get("auditor", "/entries/13").status, 200);
  EXPECT_THAT(node.send(http::get("/metrics")).body,
              HasSubstr("lumbung_ledger_writer_stopped 1\n"));

  // After a restart the same key gives the one true answer.
  valve.open();
  node.restart();
  const http::Answer known = node.send(post_bytes(node, "k"));
  EXPECT_EQ(known.status, 201);
  EXPECT_EQ(node.send(post_bytes(node, "k")).body, known.body);
}

TEST(Facade, ABatchOfWhichNothingIsKnownIsAnsweredAsOneRequest) {
  for (const std::string_view mode : {"atomic", "per_item"}) {
    Valve valve;
    Node node(with(valve));
    valve.break_it();
    const std::string item = entry("1101", "2101.M/17", "1.00").substr(1);
    const std::string entry_text = (mode == "atomic" ? "{" : R"({"key":"i",)") + item;
    EXPECT_EQ(told(node.post(
                  "teller", "/entries/batch",
                  R"({"mode":")" + std::string(mode) + R"(","entries":[)" + entry_text + "]}")),
              "503 outcome_unknown");
  }
}

TEST(Facade, AReadThatFailsSaysNothingOfWhy) {
  Valve valve;
  std::string logged;
  Node::Options options = with(valve);
  options.error_log = [&](std::string_view what) { logged = what; };
  Node node(std::move(options));
  valve.fail_reads();
  const http::Answer failed = node.get("auditor", "/journal/blocks/1");
  EXPECT_EQ(told(failed), "500 internal_error");
  EXPECT_THAT(failed.body, Not(HasSubstr("disk")));
  EXPECT_EQ(logged, "/v1/cooperatives/{coop}/journal/blocks/{no}: the disk is gone");
  EXPECT_EQ(node.get("auditor", "/accounts/1101").status, 200);
}

TEST(Facade, ReadersThatWouldWaitTooLongAreTurnedAway) {
  Node::Options options;
  options.reader_threads = 1;
  options.reader_queue_max = 0;
  Node node(std::move(options));
  const http::Answer refused = node.get("auditor", "/trial-balance");
  EXPECT_EQ(told(refused), "503 readers_busy");
  EXPECT_EQ(refused.field("Retry-After"), "1");
  EXPECT_EQ(node.send(post_bytes(node, "k")).status, 201) << "a command does not wait for readers";
}

TEST(Facade, AnAnswerMayComeAfterItsCallerHasGone) {
  Valve valve;
  Node node(with(valve));
  valve.shut();
  const std::uint64_t accepted = node.ledger().queue_status().accepted;
  {
    http::RawClient client(node.port());
    ASSERT_TRUE(client.send(post_bytes(node, "k")));
    while (node.ledger().queue_status().accepted == accepted) std::this_thread::yield();
  }
  std::thread opener([&] { valve.open(); });
  node.restart();
  opener.join();
  const http::Answer again = node.send(post_bytes(node, "k"));
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.field("Idempotency-Replayed"), "true");
}

TEST(Facade, TheSameRequestFromManyAtOnceHappensOnce) {
  Node node;
  std::vector<http::RawClient> clients;
  for (int i = 0; i < 30; ++i) clients.emplace_back(node.port());
  for (http::RawClient& client : clients) ASSERT_TRUE(client.send(post_bytes(node, "one")));
  int first = 0;
  for (http::RawClient& client : clients) {
    const http::Answer answer = client.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.status, 201);
    EXPECT_THAT(answer.body, HasSubstr(R"({"event":13,)"));
    if (answer.field("Idempotency-Replayed") != "true") ++first;
  }
  EXPECT_EQ(first, 1);
  EXPECT_EQ(node.ledger().coop(kDesa)->head.last_event.value, 13u);
}

TEST(Facade, TheProcessSaysHowItIs) {
  Node node;
  EXPECT_EQ(node.send(http::get("/healthz")).body, R"({"status":"ok"})");
  EXPECT_EQ(node.send(http::get("/readyz")).body, R"({"status":"ready"})");
  EXPECT_THAT(node.send(http::get("/version")).body,
              MatchesRegex(R"(\{"name":"lumbung","version":"[0-9]+\.[0-9]+\.[0-9]+"\})"));
  node.facade().drain();
  EXPECT_EQ(told(node.send(http::get("/readyz"))), "503 not_ready");
  EXPECT_EQ(node.send(post_bytes(node, "k")).status, 201);
}

TEST(Facade, TheFiguresCountRequestsByRouteAndNameNobody) {
  Node node;
  node.send(post_bytes(node, "k"));
  node.get("teller", "/accounts/2101.M~17/balance");
  node.get("teller", "/accounts/9999/balance");
  const http::Answer page = node.send(http::get("/metrics"));
  EXPECT_EQ(page.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(page.body,
              HasSubstr(R"(lumbung_http_request_duration_seconds_count{class="2xx",method="GET",)"
                        R"(route="/v1/cooperatives/{coop}/accounts/{code}/balance"} 1)"));
  EXPECT_THAT(page.body,
              HasSubstr(R"(lumbung_http_request_duration_seconds_count{class="4xx",method="GET",)"
                        R"(route="/v1/cooperatives/{coop}/accounts/{code}/balance"} 1)"));
  EXPECT_THAT(page.body, HasSubstr("\nlumbung_ledger_events_total 20\n"));
  EXPECT_THAT(page.body, HasSubstr("\nlumbung_ledger_writer_stopped 0\n"));
  EXPECT_THAT(page.body, HasSubstr("\nlumbung_http_requests_total 4\n"));
  EXPECT_THAT(page.body, Not(HasSubstr("DESA")));
  EXPECT_THAT(page.body, Not(HasSubstr("2101")));
  EXPECT_THAT(page.body, Not(HasSubstr("teller-1")));
}

TEST(Facade, TheDocumentAndItsPageAreServed) {
  Node node;
  const http::Answer document = node.send(http::get("/v1/openapi.json"));
  EXPECT_EQ(document.status, 200);
  EXPECT_EQ(document.field("Content-Type"), "application/json");
  EXPECT_TRUE(document.body.starts_with(R"({"openapi":"3.1.0")"));
  EXPECT_EQ(document.field("Cache-Control"), "no-cache");
  const std::string etag = document.field("ETag");
  EXPECT_EQ(node.send(http::get("/v1/openapi.json", "If-None-Match: " + etag + "\r\n")).status,
            304);

  const http::Answer page = node.send(http::get("/docs"));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.field("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(told(node.send(http::get("/docs/..%5Cetc"))), "404 not_found");
  EXPECT_EQ(told(node.send(http::get("/docs/"))), "404 not_found");
  EXPECT_EQ(told(node.send(http::get("/docs/none.js"))), "404 not_found");
  EXPECT_EQ(told(node.send(http::get("/docs?x=1"))), "400 invalid_parameter");
}

TEST(Facade, TheAccessLogHasNoSecrets) {
  std::mutex mutex;
  std::vector<std::string> lines;
  Node::Options options;
  options.access_log = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    lines.emplace_back(line);
  };
  Node node(std::move(options));
  node.send(post_bytes(node, "slip-1"));
  node.get("auditor", "/trial-balance?date=2026-01-04");
  const std::lock_guard lock(mutex);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], MatchesRegex(R"(\{"request":"[^"]+","peer":"127.0.0.1","method":"POST",)"
                                     R"("route":"/v1/cooperatives/\{coop\}/entries","coop":"DESA",)"
                                     R"("principal":3,"status":201,"us":[0-9]+\})"));
  for (const std::string& line : lines) {
    json::Parser parser;
    EXPECT_TRUE(parser.validate(line));
    for (const std::string_view secret : {"lmb_", "slip-1", "2101", "2026-01-04"}) {
      EXPECT_THAT(line, Not(HasSubstr(std::string(secret))));
    }
  }
}

TEST(Facade, TheServersOwnRefusalsAreProblemsToo) {
  Node node;
  const http::Answer refused = node.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(told(refused), "400 bad_host");
  EXPECT_EQ(refused.field("Content-Type"), "application/problem+json; charset=utf-8");
  EXPECT_THAT(refused.body, HasSubstr(R"("type":"/problems/bad-host")"));
}

}  // namespace
}  // namespace lumbung::api
