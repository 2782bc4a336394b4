// The server over real sockets: messages, bodies, answers. Limits and deadlines are in
// server_limits_test.cc.
#include "api/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "api/http/framer.h"
#include "api/http/render.h"
#include "tests/api/raw_client.h"

namespace lumbung::api::http {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class ServerTest : public ::testing::Test {
 protected:
  void start(Options options = {}) {
    server_.emplace(std::move(options), handler_);
    server_->start();
  }
  RawClient connect() { return RawClient(server_->port()); }

  TestHandler handler_;
  std::optional<Server> server_;
};

// --- answers ------------------------------------------------------------------------------------

TEST_F(ServerTest, AnswersWithTheFieldsThatEveryAnswerHas) {
  start();
  RawClient client = connect();
  const auto answer = client.ask(get("/a?b=c"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "GET /a?b=c ");
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
  EXPECT_EQ(answer.field("Connection"), "(none)");
  // IMF-fixdate, RFC 9110 section 5.6.7.
  EXPECT_THAT(answer.field("Date"),
              MatchesRegex("[A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] [0-9][0-9][0-9][0-9] "
                           "[0-9][0-9]:[0-9][0-9]:[0-9][0-9] GMT"));
  const auto second = client.ask(get("/"));
  ASSERT_TRUE(second);
  EXPECT_NE(second.field("X-Request-Id"), answer.field("X-Request-Id"));
}

TEST_F(ServerTest, GivesTheHandlerTheRequestAndItsCaller) {
  std::string seen;
  handler_.on_admit = [&](RequestHead& head, std::size_t& limit) -> std::optional<Response> {
    EXPECT_EQ(limit, kBodyLimit);
    head.context = std::make_shared<const std::string>("found in admit");
    return std::nullopt;
  };
  handler_.on_handle = [&](Request request, Reply reply) {
    const RequestHead& head = request.head;
    seen = head.peer + " " + std::string(head.segments.at(1)) + " " + std::string(head.host) + " " +
           *std::static_pointer_cast<const std::string>(head.context);
    EXPECT_FALSE(head.peer_uid);
    Response response = TestHandler::text_response(201, request.body);
    response.headers = {{"Location", "/x"}, {"X-Seen", head.request_id}};
    reply(response);
  };
  start();
  const auto answer = connect().ask(post("/v1/a%20b", "hello"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.field("Location"), "/x");
  EXPECT_EQ(answer.field("X-Seen"), answer.field("X-Request-Id"));
  EXPECT_EQ(seen, "127.0.0.1 a b localhost found in admit");
}

TEST_F(ServerTest, LeavesTheBodyOutWhereHttpHasNone) {
  handler_.on_handle = [](Request request, Reply reply) {
    reply(TestHandler::text_response(std::atoi(std::string(request.head.segments[0]).c_str()),
                                     "twelve bytes"));
  };
  start();
  RawClient client = connect();
  ASSERT_TRUE(client.send("HEAD /200 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const auto head = client.receive(true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Content-Length"), "12");  // RFC 9110 section 9.3.2
  const auto none = client.ask(get("/204"));
  ASSERT_TRUE(none);
  EXPECT_EQ(none.field("Content-Length"), "(none)");  // RFC 9110 section 8.6
  const auto unchanged = client.ask(get("/304"));
  ASSERT_TRUE(unchanged);
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(client.ask(get("/200")).body, "twelve bytes");  // still in step
}

TEST_F(ServerTest, SendsFixedBodiesOfAnySize) {
  static const std::string kFile(3'000'000, 'f');
  handler_.on_handle = [](Request, Reply reply) {
    Response response;
    response.fixed_body = kFile;
    response.headers = {{"Cache-Control", "max-age=31536000, immutable"}};
    reply(response);
  };
  start();
  RawClient client = connect();
  for (int i = 0; i < 2; ++i) {
    const auto answer = client.ask(get("/app.js"));
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer.body == kFile);
    EXPECT_EQ(answer.field("Cache-Control"), "max-age=31536000, immutable");
  }
}

TEST(Render, WritesDatesAsTheRfcDoes) {
  EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 section 5.6.7
}

TEST(Render, LetsNoFieldAddALine) {
  Response response;
  response.headers = {{"Location", "/a\r\nSet-Cookie: b\x7F"}};
  response.content_type = "text/plain\r\nX: y";
  std::string out;
  render_head(response, {"now", "id", false}, out);
  EXPECT_THAT(out, HasSubstr("Location: /a  Set-Cookie: b \r\n"));
  EXPECT_THAT(out, HasSubstr("Content-Type: text/plain  X: y\r\n"));
}

// --- connections --------------------------------------------------------------------------------

TEST_F(ServerTest, KeepsAConnectionUntilOneSideEndsIt) {
  start();
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/1")).status, 200);
  EXPECT_EQ(client.ask(post("/2", "x")).status, 200);
  const auto last = client.ask(get("/3", "Connection: close\r\n"));
  EXPECT_EQ(last.field("Connection"), "close");
  EXPECT_TRUE(client.is_closed());

  RawClient old = connect();
  const auto answer = old.ask("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(old.is_closed());

  handler_.on_handle = [](Request, Reply reply) {
    Response response;
    response.close = true;
    reply(response);
  };
  RawClient told = connect();
  EXPECT_EQ(told.ask(get("/")).field("Connection"), "close");
  EXPECT_TRUE(told.is_closed());
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient client = connect();
  const auto target = [](std::size_t i) { return std::string(1, '/').append(std::to_string(i)); };
  std::string all;
  for (std::size_t i = 0; i < 200; ++i)
    all += i % 2 == 0 ? get(target(i)) : post(target(i), std::string(i, 'b'));
  ASSERT_TRUE(client.send(all));
  for (std::size_t i = 0; i < 200; ++i) {
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << i;
    EXPECT_THAT(answer.body, HasSubstr(" " + target(i) + " "));
  }
}

TEST_F(ServerTest, TakesARequestByteByByte) {
  start();
  RawClient client = connect();
  for (int i = 0; i < 3; ++i) {
    for (const char c : post("/slow", "body")) ASSERT_TRUE(client.send({&c, 1}));
    EXPECT_EQ(client.receive().body, "POST /slow body");
  }
}

// --- bodies -------------------------------------------------------------------------------------

std::string chunked(std::string_view body, std::string_view fields = "") {
  return std::string("POST /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n")
      .append(fields)
      .append("\r\n")
      .append(body);
}

TEST_F(ServerTest, DecodesChunkedBodies) {
  start();
  RawClient client = connect();
  // RFC 9112 section 7.1, with extensions (7.1.1) and a trailer (7.1.2).
  const std::string plain = chunked("5\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\n\r\n");
  const std::string full =
      chunked("005;a=b;c=\"d\"\r\nhello\r\n7 ;x\r\n, world\r\n000\r\nDigest: x\r\nY: z\r\n\r\n");
  EXPECT_EQ(client.ask(plain).body, "POST /c hello, world");
  EXPECT_EQ(client.ask(full).body, "POST /c hello, world");
  EXPECT_EQ(client.ask(chunked("0\r\n\r\n")).body, "POST /c ");
  // Pieces of every size, with the next request behind.
  for (std::size_t step = 1; step < 40; ++step) {
    const std::string both = full + plain;
    for (std::size_t at = 0; at < both.size(); at += step)
      ASSERT_TRUE(client.send(std::string_view(both).substr(at, step)));
    EXPECT_EQ(client.receive().body, "POST /c hello, world") << step;
    EXPECT_EQ(client.receive().body, "POST /c hello, world") << step;
  }
}

TEST_F(ServerTest, RefusesBadChunksAndEndsTheConnection) {
  start();
  const std::string smuggled = get("/smuggled");
  for (const std::string& body : {
           std::string("x\r\n"),
           std::string("-1\r\n"),
           std::string("+1\r\na\r\n0\r\n\r\n"),
           std::string("0x1\r\na\r\n0\r\n\r\n"),
           std::string(" 1\r\na\r\n0\r\n\r\n"),
           std::string("1\na\r\n0\r\n\r\n"),
           std::string("1\r\nab\r\n0\r\n\r\n"),
           std::string("1\r\na0\r\n\r\n"),
           std::string("1,1\r\na\r\n0\r\n\r\n"),
           std::string("\r\n1\r\na\r\n0\r\n\r\n"),
           std::string("fffffffffffffffff\r\na"),
           "1;" + std::string(kChunkExtensionsMax, 'e') + "\r\na\r\n0\r\n\r\n",
           "1;" + std::string(60'000, 'e'),
           "0\r\nX: " + std::string(60'000, 'e'),
           std::string("0\r\nContent-Length: 5\r\n\r\n"),
           std::string("0\r\nDigest: x\r\nno field\r\n\r\n"),
           std::string("0\r\nDigest: x\n\r\n"),
           std::string("1 \r\na\r\n0\r\n\r\n"),
           std::string("00000000000000001\r\na\r\n0\r\n\r\n"),
       }) {
    RawClient client = connect();
    client.send(chunked(body + smuggled));
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << body.substr(0, 40);
    EXPECT_GE(answer.status, 400) << body.substr(0, 40);
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_TRUE(client.is_closed()) << body.substr(0, 40);
  }
}

TEST_F(ServerTest, LimitsBodiesByRoute) {
  std::atomic<int> handled = 0;
  handler_.on_admit = [](RequestHead& head, std::size_t& limit) -> std::optional<Response> {
    if (head.segments[0] == "batch") limit = kBatchBodyLimit;
    return std::nullopt;
  };
  handler_.on_handle = [&](Request request, Reply reply) {
    ++handled;
    reply(TestHandler::text_response(200, std::to_string(request.body.size())));
  };
  start();
  const auto size_of = [&](const std::string& bytes) {
    RawClient client = connect();
    client.send(bytes);
    const auto answer = client.receive();
    return answer ? answer.status == 200 ? answer.body : std::to_string(answer.status) : "gone";
  };
  EXPECT_EQ(size_of(post("/a", std::string(kBodyLimit, 'a'))), "65536");
  EXPECT_EQ(size_of(post("/batch", std::string(kBatchBodyLimit, 'a'))), "8388608");
  EXPECT_EQ(size_of(post("/batch", std::string(kBatchBodyLimit + 1, 'a'))), "413");
  EXPECT_EQ(size_of(chunked("10000\r\n" + std::string(65536, 'a') + "\r\n0\r\n\r\n")), "65536");
  EXPECT_EQ(handled, 3);
  EXPECT_EQ(size_of(chunked("10001\r\n" + std::string(65537, 'a') + "\r\n0\r\n\r\n")), "413");
  // The sum counts, not a chunk.
  EXPECT_EQ(size_of(chunked("ffff\r\n" + std::string(65535, 'a') + "\r\n2\r\naa\r\n0\r\n\r\n")),
            "413");
  // A length alone is enough: no byte of the body is waited for.
  EXPECT_EQ(size_of("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n"), "413");
  EXPECT_EQ(handled, 3);
}

TEST_F(ServerTest, SaysContinueOnlyToWhomItWillHear) {
  handler_.on_admit = [](RequestHead& head, std::size_t&) -> std::optional<Response> {
    if (head.segments[0] == "no") return TestHandler::text_response(401, "no");
    return std::nullopt;
  };
  start();
  const std::string fields = "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  RawClient client = connect();
  ASSERT_TRUE(client.send("POST /yes HTTP/1.1\r\nHost: localhost\r\n" + fields));
  EXPECT_EQ(client.receive().status, 100);
  EXPECT_EQ(client.ask("body").body, "POST /yes body");
  // With the body there already, no interim answer is needed (RFC 9110 section 10.1.1).
  EXPECT_EQ(client.ask("POST /yes HTTP/1.1\r\nHost: localhost\r\n" + fields + "body").status, 200);
  const auto refused = client.ask("POST /no HTTP/1.1\r\nHost: localhost\r\n" + fields);
  EXPECT_EQ(refused.status, 401);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(connect()
                .ask("POST /yes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n"
                     "Expect: 100-continue\r\n\r\n")
                .status,
            413);
}

// --- refusals -----------------------------------------------------------------------------------

TEST_F(ServerTest, RefusesBeforeTheBodyIsRead) {
  handler_.on_admit = [](RequestHead&, std::size_t&) {
    return TestHandler::text_response(404, "");
  };
  start();
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/a")).status, 404);
  // A body that has come along is passed over, and the connection goes on.
  EXPECT_EQ(client.ask(post("/a", "small")).field("Connection"), "(none)");
  EXPECT_EQ(client.ask("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
                .field("Connection"),
            "close");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerTest, EndsTheConnectionAfterAFramingErrorAndReadsNothingMore) {
  std::atomic<int> handled = 0;
  handler_.on_handle = [&](Request, Reply reply) {
    ++handled;
    reply({});
  };
  Options options;
  options.allowed_hosts = {"localhost"};
  options.problem = [](int status, std::string_view code, std::string_view) {
    return TestHandler::text_response(status, std::string(code));
  };
  start(options);
  RawClient client = connect();
  const auto answer = client.ask(
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
      "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, "bad_framing");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(handled, 0);
  const auto refused = connect().ask("TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.field("Allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(connect().ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 421);
  RawClient head = connect();
  ASSERT_TRUE(head.send("HEAD / HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
  EXPECT_EQ(head.receive(true).status, 421);
  EXPECT_TRUE(head.is_closed());  // without a body: RFC 9110 section 9.3.2
  const Counters counters = server_->counters();
  const auto of = [&](Gate gate) { return counters.gate_refusals[static_cast<std::size_t>(gate)]; };
  EXPECT_EQ(of(Gate::kBadFraming), 1u);
  EXPECT_EQ(of(Gate::kMethodRefused), 1u);
  EXPECT_EQ(of(Gate::kHostNotServed), 2u);
  EXPECT_EQ(counters.responses[4], 4u);
  EXPECT_EQ(counters.requests, 0u);
}

TEST_F(ServerTest, HasAProblemDocumentOfItsOwn) {
  start();
  const auto answer = connect().ask("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");  // RFC 9457 section 3
  EXPECT_EQ(answer.body,
            R"({"type":"about:blank","title":"Bad Request","status":400,)"
            R"("detail":"There must be exactly one valid Host, the same as in the target.",)"
            R"("code":"bad_host"})");
}

TEST_F(ServerTest, Answers500ForAHandlerThatFails) {
  std::mutex mutex;
  std::vector<std::string> told;
  Options options;
  options.on_handler_error = [&](std::string_view what) {
    const std::lock_guard lock(mutex);
    told.emplace_back(what);
  };
  handler_.on_admit = [](RequestHead& head, std::size_t&) -> std::optional<Response> {
    if (head.segments[0] == "admit") throw std::runtime_error("in admit");
    return std::nullopt;
  };
  handler_.on_handle = [](Request request, Reply reply) {
    if (request.head.segments[0] == "throw") throw std::runtime_error("in handle");
    if (request.head.segments[0] == "late") {
      reply({});
      throw std::runtime_error("after the reply");
    }
  };
  start(options);
  RawClient client = connect();
  EXPECT_EQ(client.ask(get("/admit")).status, 500);
  EXPECT_EQ(client.ask(get("/throw")).status, 500);
  EXPECT_EQ(client.ask(get("/forget")).status, 500);
  EXPECT_EQ(client.ask(get("/late")).status, 200);
  server_->stop(1000);
  EXPECT_THAT(
      told, ::testing::ElementsAre("in admit", "in handle", "a request was left without an answer",
                                   "after the reply"));
}

}  // namespace
}  // namespace lumbung::api::http
