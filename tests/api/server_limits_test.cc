// The server under strain, over real sockets: deadlines, limits, slow and vanished clients, answers
// from other threads, shutdown, Unix and passed-in sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/http/listen.h"
#include "api/http/server.h"
#include "tests/api/raw_client.h"

namespace lumbung::api::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

std::string numbered(std::string text, std::size_t number) {
  return text.append(std::to_string(number));
}

milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

/// Whether the condition comes true within five seconds.
template <class Condition>
bool eventually(const Condition& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return false;
}

/// Keeps requests until it is told to answer them, on its own threads.
class Desk {
 public:
  void put(Request request, Reply reply) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace_back(std::move(request), std::move(reply));
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  /// The last come first.
  void answer_all() {
    std::vector<std::pair<Request, Reply>> taken;
    {
      const std::lock_guard lock(mutex_);
      taken.swap(waiting_);
    }
    std::reverse(taken.begin(), taken.end());
    for (auto& [request, reply] : taken) reply(TestHandler::echo(request));
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<Request, Reply>> waiting_;
};

class ServerLimitsTest : public ::testing::Test {
 protected:
  void start(Options options = {}) {
    server_.emplace(std::move(options), handler_);
    server_->start();
  }
  void keep_requests() {
    handler_.on_handle = [this](Request request, Reply reply) {
      desk_.put(std::move(request), std::move(reply));
    };
  }
  RawClient connect() { return RawClient(server_->port()); }
  static Options hasty() {
    Options options;
    options.head_timeout_ms = options.body_timeout_ms = options.write_timeout_ms = 300;
    return options;
  }

  TestHandler handler_;
  Desk desk_;
  std::optional<Server> server_;
};

// --- deadlines ----------------------------------------------------------------------------------

TEST_F(ServerLimitsTest, HalfAHeaderGets408) {
  start(hasty());
  RawClient client = connect();
  const auto begun = Clock::now();
  const auto answer = client.ask("GET / HTTP/1.1\r\nHost: local");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_THAT(answer.body, HasSubstr("request_timeout"));
  EXPECT_TRUE(client.is_closed());
  EXPECT_GE(since(begun), milliseconds(300));
  EXPECT_LT(since(begun), milliseconds(3000));
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

TEST_F(ServerLimitsTest, DrippingBytesDoNotMoveTheDeadline) {
  start(hasty());
  const std::string whole = post("/", std::string(5000, 'b'));
  for (const std::size_t begin : {std::size_t{0}, whole.size() - 4990}) {  // header, body
    RawClient client = connect();
    ASSERT_TRUE(client.send(std::string_view(whole).substr(0, begin)));
    const auto begun = Clock::now();
    std::size_t at = begin;
    while (client.is_silent(10) && since(begun) < milliseconds(4000))
      client.send(std::string_view(whole).substr(at++, 1));
    EXPECT_EQ(client.receive().status, 408) << begin;
    EXPECT_LT(since(begun), milliseconds(3000));
  }
}

TEST_F(ServerLimitsTest, HalfABodyGets408) {
  start(hasty());
  for (const char* framing : {"Content-Length: 9", "Transfer-Encoding: chunked"}) {
    RawClient client = connect();
    const auto answer = client.ask(std::string("POST / HTTP/1.1\r\nHost: localhost\r\n") + framing +
                                   "\r\n\r\n5\r\nhel");
    ASSERT_TRUE(answer) << framing;
    EXPECT_EQ(answer.status, 408);
    EXPECT_TRUE(client.is_closed());
  }
}

TEST_F(ServerLimitsTest, AnIdleConnectionEndsWithoutAWord) {
  Options options = hasty();
  options.idle_timeout_ms = 2000;
  start(options);
  RawClient never = connect();
  RawClient once = connect();
  EXPECT_EQ(once.ask(get("/")).status, 200);
  EXPECT_TRUE(once.is_silent(600));  // longer than a header may take
  EXPECT_EQ(once.ask(get("/")).status, 200);
  EXPECT_TRUE(once.is_closed());
  EXPECT_TRUE(never.is_closed());
  EXPECT_EQ(server_->counters().timeouts, 0u);
}

TEST_F(ServerLimitsTest, AClientThatDoesNotReadLosesItsConnection) {
  static const std::string kLarge(64 * 1024 * 1024, 'x');
  handler_.on_handle = [](Request, Reply reply) {
    Response response;
    response.fixed_body = kLarge;
    reply(response);
  };
  start(hasty());
  RawClient client = connect();
  ASSERT_TRUE(client.send(get("/")));
  EXPECT_TRUE(eventually([&] { return server_->counters().timeouts == 1; }));
  EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }));
}

TEST_F(ServerLimitsTest, HandlingHasNoDeadline) {
  keep_requests();
  start(hasty());
  RawClient client = connect();
  ASSERT_TRUE(client.send(get("/")));
  EXPECT_TRUE(client.is_silent(900));
  desk_.answer_all();
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(ServerLimitsTest, AThousandSlowConnectionsHinderNobody) {
  constexpr std::size_t kSlow = 1000;
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(4096, limit.rlim_max));
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < 2 * kSlow + 200) {
    std::cerr << "SKIPPED: " << limit.rlim_cur << " descriptors are too few for this test\n";
    GTEST_SKIP();
  }
  Options options;
  options.head_timeout_ms = options.body_timeout_ms = 4000;
  options.connections_max = kSlow + 100;
  options.connections_per_address_max = kSlow + 100;
  start(options);
  std::vector<RawClient> slow;
  for (std::size_t i = 0; i < kSlow; ++i) {
    slow.push_back(connect());
    ASSERT_TRUE(slow.back().connected()) << i;
    slow.back().send(i % 2 == 0 ? "GET / HTT"
                                : "POST / HTTP/1.1\r\nHost: localhost\r\n"
                                  "Content-Length: 5\r\n\r\nab");
  }
  ASSERT_TRUE(eventually([&] { return server_->counters().connections_open == kSlow; }));
  RawClient quick = connect();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(quick.ask(get("/")).status, 200);
  EXPECT_EQ(server_->counters().timeouts, 0u);  // all that while
  for (RawClient& client : slow) {
    const auto answer = client.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.status, 408);
    client.close();
  }
  EXPECT_EQ(server_->counters().timeouts, kSlow);
  EXPECT_TRUE(eventually([&] { return server_->counters().connections_open <= 1; }));
  EXPECT_EQ(connect().ask(get("/")).status, 200);
}

// --- limits -------------------------------------------------------------------------------------

TEST_F(ServerLimitsTest, TurnsAwayWhatIsOverTheLimits) {
  for (const bool by_address : {false, true}) {
    Options options;
    (by_address ? options.connections_per_address_max : options.connections_max) = 3;
    start(options);
    std::vector<RawClient> kept;
    for (int i = 0; i < 3; ++i) {
      kept.push_back(connect());
      EXPECT_EQ(kept.back().ask(get("/")).status, 200);
    }
    RawClient over = connect();
    EXPECT_EQ(over.receive().status, 503);
    EXPECT_TRUE(over.is_closed());
    EXPECT_EQ(server_->counters().connections_refused, 1u);
    EXPECT_EQ(server_->counters().connections_accepted, 3u);
    kept.pop_back();
    EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 2; }));
    EXPECT_EQ(connect().ask(get("/")).status, 200);
    server_.reset();
  }
}

TEST_F(ServerLimitsTest, CountsEachAddressByItself) {
  Options options;
  options.connections_per_address_max = 1;
  start(options);
  RawClient one = connect();
  EXPECT_EQ(one.ask(get("/")).status, 200);
  EXPECT_EQ(connect().receive().status, 503);
  RawClient other(server_->port(), "127.0.0.2");
  EXPECT_EQ(other.ask(get("/")).status, 200);
}

TEST_F(ServerLimitsTest, EndsAConnectionAfterItsShareOfRequests) {
  Options options;
  options.requests_per_connection_max = 3;
  start(options);
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/")).field("Connection"), "(none)");
  EXPECT_EQ(client.ask(get("/")).field("Connection"), "(none)");
  EXPECT_EQ(client.ask(get("/")).field("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

// --- answers from other threads -----------------------------------------------------------------

TEST_F(ServerLimitsTest, RepliesComeFromOtherThreadsInAnyOrder) {
  keep_requests();
  for (const std::size_t io_threads : {std::size_t{1}, std::size_t{2}}) {
    Options options;
    options.io_threads = io_threads;
    start(options);
    constexpr std::size_t kClients = 50;
    std::vector<RawClient> clients;
    for (std::size_t i = 0; i < kClients; ++i) clients.push_back(connect());
    for (std::size_t round = 0; round < 20; ++round) {
      for (std::size_t i = 0; i < kClients; ++i)
        ASSERT_TRUE(clients[i].send(post(numbered("/", i), numbered("round ", round))));
      ASSERT_TRUE(eventually([&] { return desk_.size() == kClients; }));
      std::thread first([&] { desk_.answer_all(); });
      std::thread second([&] { desk_.answer_all(); });
      for (std::size_t i = 0; i < kClients; ++i) {
        const auto answer = clients[i].receive();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer.body, numbered("POST /", i) + numbered(" round ", round));
      }
      first.join();
      second.join();
    }
    EXPECT_EQ(server_->counters().responses[2], 20 * kClients);
    server_.reset();
  }
}

TEST_F(ServerLimitsTest, PipelinedAnswersKeepTheirOrder) {
  keep_requests();
  start();
  RawClient client = connect();
  ASSERT_TRUE(client.send(get("/1") + get("/2") + get("/3")));
  for (const char* target : {"/1", "/2", "/3"}) {
    ASSERT_TRUE(eventually([&] { return desk_.size() == 1; }));  // one at a time
    std::thread([&] { desk_.answer_all(); }).join();
    EXPECT_EQ(client.receive().body, std::string("GET ") + target + " ");
  }
}

TEST_F(ServerLimitsTest, OnlyTheFirstReplyCounts) {
  handler_.on_handle = [](Request request, Reply reply) {
    reply(TestHandler::echo(request));
    reply(TestHandler::text_response(500, "again"));
    std::thread([reply] { reply(TestHandler::text_response(500, "and again")); }).detach();
  };
  start();
  RawClient client = connect();
  for (std::size_t i = 0; i < 100; ++i)
    EXPECT_EQ(client.ask(get(numbered("/", i))).body, numbered("GET /", i) + " ");
}

TEST_F(ServerLimitsTest, AReplyThatIsDroppedElsewhereAnswers500) {
  std::vector<Reply> kept;
  std::atomic<bool> there = false;
  handler_.on_handle = [&](Request, Reply reply) {
    kept.push_back(std::move(reply));
    there = true;
  };
  start();
  RawClient client = connect();
  ASSERT_TRUE(client.send(get("/")));
  ASSERT_TRUE(eventually([&] { return there.load(); }));
  kept.clear();
  EXPECT_EQ(client.receive().status, 500);
}

TEST_F(ServerLimitsTest, AClientThatGoesAwayCancelsNothing) {
  std::atomic<int> done = 0;
  handler_.on_handle = [&](Request request, Reply reply) {
    std::thread([&, request = std::make_shared<Request>(std::move(request)), reply] {
      std::this_thread::sleep_for(milliseconds(100));
      if (request->body == "money") ++done;
      reply(TestHandler::echo(*request));
    }).detach();
  };
  start();
  for (int i = 0; i < 10; ++i) {
    RawClient client = connect();
    ASSERT_TRUE(client.send(post("/", "money")));
    ASSERT_TRUE(eventually(
        [&] { return server_->counters().requests == static_cast<std::uint64_t>(i) + 1; }));
    client.close();
  }
  EXPECT_TRUE(eventually([&] { return done == 10; }));
  EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }));
}

// --- shutdown -----------------------------------------------------------------------------------

TEST_F(ServerLimitsTest, StopLetsWhatIsInFlightBeAnswered) {
  keep_requests();
  start();
  RawClient idle = connect();
  RawClient busy = connect();
  ASSERT_TRUE(busy.send(get("/busy")));
  ASSERT_TRUE(eventually([&] { return desk_.size() == 1; }));
  std::thread stopper([&] { server_->stop(10'000); });
  EXPECT_TRUE(idle.is_closed());
  EXPECT_FALSE(connect().connected());  // nobody listens any more
  EXPECT_TRUE(busy.is_silent(50));
  const auto begun = Clock::now();
  desk_.answer_all();
  const auto answer = busy.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer.body, "GET /busy ");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(busy.is_closed());
  stopper.join();
  EXPECT_LT(since(begun), milliseconds(3000));
  EXPECT_EQ(server_->counters().connections_open, 0u);
}

TEST_F(ServerLimitsTest, StopDoesNotWaitBeyondItsDeadline) {
  keep_requests();
  start();
  RawClient busy = connect();
  RawClient half = connect();
  ASSERT_TRUE(busy.send(get("/")));
  ASSERT_TRUE(half.send("GET / HT"));
  ASSERT_TRUE(eventually([&] { return desk_.size() == 1; }));
  const auto begun = Clock::now();
  server_->stop(200);
  EXPECT_GE(since(begun), milliseconds(200));
  EXPECT_LT(since(begun), milliseconds(2000));
  EXPECT_TRUE(busy.is_closed());
  EXPECT_TRUE(half.is_closed());
  desk_.answer_all();  // too late: ignored
  server_.reset();
}

TEST_F(ServerLimitsTest, AReplyMayOutliveTheServer) {
  keep_requests();
  start();
  RawClient client = connect();
  ASSERT_TRUE(client.send(get("/")));
  ASSERT_TRUE(eventually([&] { return desk_.size() == 1; }));
  server_.reset();
  desk_.answer_all();
  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerLimitsTest, StopUnderLoadEndsEveryConnection) {
  handler_.on_handle = [](Request request, Reply reply) {
    std::thread([request = std::make_shared<Request>(std::move(request)), reply] {
      reply(TestHandler::echo(*request));
    }).detach();
  };
  start();
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      RawClient client = connect();
      while (client.ask(get("/"))) ++answered;  // until the server ends it
    });
  }
  EXPECT_TRUE(eventually([&] { return answered > 200; }));
  server_->stop(5000);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server_->counters().connections_open, 0u);
}

TEST_F(ServerLimitsTest, AServerThatWasNeverStartedGoesQuietly) {
  const Server never({}, handler_);
  EXPECT_NE(never.port(), 0);
}

// --- where it listens ---------------------------------------------------------------------------

TEST_F(ServerLimitsTest, ServesAUnixSocketToItsOwnerOnly) {
  const auto path = std::filesystem::temp_directory_path() / numbered("lumbung-", getpid());
  std::string caller;
  handler_.on_handle = [&](Request request, Reply reply) {
    caller = request.head.peer + " " + std::to_string(request.head.peer_uid.value_or(99999));
    reply(TestHandler::echo(request));
  };
  Options options;
  options.unix_path = path;
  options.connections_per_address_max = 1;  // does not bind here
  start(options);
  EXPECT_EQ(server_->port(), 0);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  RawClient first(path.string());
  RawClient second(path.string());
  EXPECT_EQ(first.ask(get("/a")).body, "GET /a ");
  EXPECT_EQ(second.ask(get("/b")).body, "GET /b ");
  EXPECT_EQ(caller, numbered("unix ", getuid()));

  // A second server must not take over a live socket, and may take over a dead one.
  EXPECT_THROW(Server(options, handler_), std::system_error);
  server_->stop(1000);
  EXPECT_FALSE(std::filesystem::exists(path));
  Listener::on_unix(path.string() + ".old");  // gone at once, with its file
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".old"));
  {
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::strncpy(where.sun_path, path.c_str(), sizeof where.sun_path - 1);
    ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
    ::close(dead);  // leaves its file behind, as a killed process does
  }
  start(options);
  EXPECT_EQ(RawClient(path.string()).ask(get("/c")).body, "GET /c ");
}

TEST_F(ServerLimitsTest, ServesASocketThatWasPassedIn) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
  ASSERT_EQ(::listen(fd, 8), 0);
  Options options;
  options.listen_fd = fd;
  start(options);
  EXPECT_EQ(connect().ask(get("/")).status, 200);
}

TEST_F(ServerLimitsTest, SaysWhyItCannotListen) {
  start();
  Options options;
  options.port = server_->port();
  EXPECT_THROW(Server(options, handler_), std::system_error);
  options.address = "localhost";  // not numeric
  EXPECT_THROW(Server(options, handler_), std::system_error);
  options = {};
  options.unix_path = "/nowhere/to/be/found";
  EXPECT_THROW(Server(options, handler_), std::system_error);
  options.unix_path = std::string(200, 'p');
  EXPECT_THROW(Server(options, handler_), std::system_error);
}

TEST_F(ServerLimitsTest, ServesIpv6WhereThereIsAny) {
  Options options;
  options.address = "::1";
  try {
    start(options);
  } catch (const std::system_error& error) {
    GTEST_SKIP() << error.what();
  }
  EXPECT_NE(server_->port(), 0);
}

}  // namespace
}  // namespace lumbung::api::http
