// What the framing gate lets through and what it refuses. A row is a header block as it is on the
// wire; the expected status and the section of the RFC stand beside it.
#include "api/http/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lumbung::api::http {
namespace {

using ::testing::ElementsAre;

const HostList& hosts() {
  static const HostList kHosts({"localhost", "127.0.0.1", "[::1]", "kop.example"});
  return kHosts;
}

constexpr std::string_view kHost = "Host: localhost\r\n";

/// A whole block out of a request line and further fields; Host is put first.
std::string block(std::string_view line, std::string_view fields = "") {
  return std::string(line).append("\r\n").append(kHost).append(fields).append("\r\n");
}

/// What the server does with received bytes: find the block, then read it. 0: more is wanted.
int status_of(std::string_view received) {
  HeadScan scan;
  Gate gate = scan_head(received, scan);
  if (gate == Gate::kPassed && scan.end == 0) return 0;
  RequestHead head;
  if (gate == Gate::kPassed)
    gate = read_head(received.substr(scan.begin, scan.end - scan.begin), hosts(), head);
  return gate == Gate::kPassed ? 200 : answer(gate).status;
}

RequestHead read(std::string_view bytes) {
  RequestHead head;
  EXPECT_EQ(read_head(bytes, hosts(), head), Gate::kPassed) << bytes;
  return head;
}

struct Row {
  int status;
  const char* rule;
  std::string bytes;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows)
    EXPECT_EQ(status_of(row.bytes), row.status) << row.rule << ": " << row.bytes.substr(0, 200);
}

TEST(Gate, RequestLine) {
  check({
      {200, "RFC 9112 3", block("GET / HTTP/1.1")},
      {200, "RFC 9112 2.2: an empty line before is ignored", "\r\n" + block("GET / HTTP/1.1")},
      {400, "RFC 9112 2.2: at least one, and we take one", "\r\n\r\n" + block("GET / HTTP/1.1")},
      {400, "RFC 9112 2.2: bare LF", "GET / HTTP/1.1\nHost: localhost\n\n"},
      {400, "RFC 9112 2.2: bare LF", "GET / HTTP/1.1\r\nHost: localhost\n\r\n"},
      {400, "RFC 9112 2.2: bare CR", block("GET /\r HTTP/1.1")},
      {400, "RFC 9112 2.2: bare CR", block("GET / HTTP/1.1", "X: a\rb\r\n")},
      {400, "RFC 9112 3: two blanks", block("GET  / HTTP/1.1")},
      {400, "RFC 9112 3: two blanks", block("GET /  HTTP/1.1")},
      {400, "RFC 9112 3: a blank before", block(" GET / HTTP/1.1")},
      {400, "RFC 9112 3: a blank behind", block("GET / HTTP/1.1 ")},
      {400, "RFC 9112 3: a tab", block("GET\t/ HTTP/1.1")},
      {400, "RFC 9112 3: a blank in the target", block("GET /a b HTTP/1.1")},
      {400, "RFC 9112 3: no version (HTTP/0.9)", "GET /\r\n"},
      {400, "RFC 9112 3: no target", block("GET HTTP/1.1")},
      {400, "RFC 9112 3: nothing", "\r\n\r\n\r\n"},
      {400, "RFC 9110 5.6.2: no token", block("G(T / HTTP/1.1")},
      {400, "a TLS greeting", std::string("\x16\x03\x01\x02\x00\n", 6)},
      {0, "half a line", "GET / HT"},
      {0, "half a block", "GET / HTTP/1.1\r\nHost: localhost\r\n"},
      {400, "RFC 9112 2.3: case", block("GET / http/1.1")},
      {400, "RFC 9112 2.3", block("GET / HTTP/1")},
      {400, "RFC 9112 2.3", block("GET / HTTP/1.10")},
      {400, "RFC 9112 2.3", block("GET / HTTP/11.1")},
      {400, "RFC 9112 2.3", block("GET / HTTP/1,1")},
      {505, "RFC 9110 15.6.6", block("GET / HTTP/2.0")},
      {505, "RFC 9110 15.6.6", block("GET / HTTP/0.9")},
      {505, "RFC 9110 15.6.6", block("GET / HTTP/1.2")},
      {505, "RFC 9113 3.4: the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n"},
      {200, "RFC 9110 9", block("HEAD / HTTP/1.1")},
      {200, "RFC 9110 9", block("POST / HTTP/1.1")},
      {200, "RFC 9110 9", block("PUT / HTTP/1.1")},
      {200, "RFC 5789", block("PATCH / HTTP/1.1")},
      {200, "RFC 9110 9", block("DELETE / HTTP/1.1")},
      {200, "RFC 9110 9", block("OPTIONS / HTTP/1.1")},
      {405, "facade.md 4.5", block("TRACE / HTTP/1.1")},
      {405, "facade.md 4.5", block("CONNECT localhost:80 HTTP/1.1")},
      {501, "RFC 9110 9.1: not recognised", block("BREW / HTTP/1.1")},
      {501, "RFC 9110 9.1: case-sensitive", block("get / HTTP/1.1")},
  });
}

TEST(Gate, Target) {
  check({
      {200, "RFC 9112 3.2.1", block("GET /v1/x?a=b&c=d HTTP/1.1")},
      {200, "RFC 9112 3.2.2", block("GET http://localhost/v1?a=b HTTP/1.1")},
      {200, "RFC 9112 3.2.2: no path", block("GET http://localhost HTTP/1.1")},
      {200, "RFC 9112 3.2.2: case", block("GET HTTP://LOCALHOST/ HTTP/1.1")},
      {200, "RFC 9112 3.2.4", block("OPTIONS * HTTP/1.1")},
      {400, "RFC 9112 3.2.4: with OPTIONS only", block("GET * HTTP/1.1")},
      {400, "RFC 9112 3.2", block("GET v1 HTTP/1.1")},
      {400, "RFC 9112 3.2.3: with CONNECT only", block("GET localhost:80 HTTP/1.1")},
      {400, "RFC 9112 3.2.2: another scheme", block("GET ftp://localhost/ HTTP/1.1")},
      {400, "RFC 9112 3.2.2: Host differs", block("GET http://kop.example/ HTTP/1.1")},
      {400, "RFC 9112 3.2.2: Host differs", block("GET http://localhost:80/ HTTP/1.1")},
      {400, "RFC 9110 4.2.4: user information", block("GET http://a@localhost/ HTTP/1.1")},
      {400, "RFC 9110 7.1: a fragment", block("GET /a#b HTTP/1.1")},
      {400, "RFC 3986 2: not a URI character", block("GET /a\"b HTTP/1.1")},
      {400, "RFC 3986 2: not a URI character", block("GET /a\\b HTTP/1.1")},
      {400, "RFC 3986 2: not a URI character", block("GET /a|b HTTP/1.1")},
      {400, "RFC 3986 2: not a URI character", block("GET /\x01 HTTP/1.1")},
      {400, "RFC 3986 2: not ASCII", block("GET /\xC3\xA9 HTTP/1.1")},
      {200, "RFC 3986 2.1", block("GET /a%20%C3%A9 HTTP/1.1")},
      {400, "RFC 3986 2.1", block("GET /%2 HTTP/1.1")},
      {400, "RFC 3986 2.1", block("GET /% HTTP/1.1")},
      {400, "RFC 3986 2.1", block("GET /%zz HTTP/1.1")},
      {400, "facade.md 4.7: NUL", block("GET /a%00 HTTP/1.1")},
      {400, "facade.md 4.7: a control character", block("GET /a%0d%0a HTTP/1.1")},
      {400, "facade.md 4.7: a control character", block("GET /a%7F HTTP/1.1")},
      {400, "facade.md 4.7: a slash", block("GET /a%2Fb HTTP/1.1")},
      {400, "facade.md 4.7: a slash", block("GET /a%2fb HTTP/1.1")},
      {200, "decoded once only", block("GET /a%252fb HTTP/1.1")},
      {400, "RFC 3629 3: not UTF-8", block("GET /%FF HTTP/1.1")},
      {400, "RFC 3629 10: overlong", block("GET /%C0%AE HTTP/1.1")},
      {400, "RFC 3629 3: a surrogate", block("GET /%ED%A0%80 HTTP/1.1")},
      {400, "RFC 3986 3.3: a dot segment", block("GET /a/./b HTTP/1.1")},
      {400, "RFC 3986 3.3: a dot segment", block("GET /a/../b HTTP/1.1")},
      {400, "RFC 3986 3.3: a dot segment", block("GET /.. HTTP/1.1")},
      {400, "RFC 3986 3.3: a dot segment", block("GET /a/%2e%2E/b HTTP/1.1")},
      {400, "RFC 3986 3.3: a dot segment", block("GET /a/.%2e HTTP/1.1")},
      {200, "not a dot segment", block("GET /.../..a HTTP/1.1")},
      {400, "facade.md 4.7, in the query", block("GET /?a=%00 HTTP/1.1")},
      {400, "facade.md 4.7, in the query", block("GET /?a=%FF HTTP/1.1")},
      {200, "a slash is no separator there", block("GET /?a=%2F/ HTTP/1.1")},
      {400, "a parameter twice", block("GET /?a=1&b=2&a=3 HTTP/1.1")},
      {400, "a parameter twice", block("GET /?a=1&%61=3 HTTP/1.1")},
      {414, "RFC 9110 15.5.15", block("GET /" + std::string(kTargetMax, 'a') + " HTTP/1.1")},
      {200, "just fits", block("GET /" + std::string(kTargetMax - 1, 'a') + " HTTP/1.1")},
      {414, "no need to wait for the end", "GET /" + std::string(kTargetMax + 40, 'a')},
  });
}

TEST(Gate, Fields) {
  const auto with = [](std::string_view fields) { return block("GET / HTTP/1.1", fields); };
  std::string many;
  for (std::size_t i = 1; i < kFieldsMax; ++i) many += "a: b\r\n";
  check({
      {200, "RFC 9112 5", with("Accept: */*\r\nX-A:\t b \t\r\nX-Empty:\r\n")},
      {200, "RFC 9110 5.5: obs-text", with("X: \xC3\xA9\r\n")},
      {400, "RFC 9112 5.1: a blank before the colon", with("X : a\r\n")},
      {400, "RFC 9112 5.1: no colon", with("X\r\n")},
      {400, "RFC 9112 5.1: no name", with(": a\r\n")},
      {400, "RFC 9110 5.1: not a token", with("X(: a\r\n")},
      {400, "RFC 9112 5.2: folded", with("X: a\r\n b\r\n")},
      {400, "RFC 9112 5.2: folded", with("X: a\r\n\tb\r\n")},
      {400, "RFC 9112 2.2: a blank after the request line",
       "GET / HTTP/1.1\r\n Host: localhost\r\n\r\n"},
      {400, "RFC 9110 5.5: NUL", with(std::string("X: a\0b\r\n", 8))},
      {400, "RFC 9110 5.5: a control character", with("X: a\x01\r\n")},
      {400, "RFC 9110 5.5: a control character", with("X: a\x7F\r\n")},
      {200, "facade.md 4.1: 64 fields", with(many)},
      {431, "facade.md 4.1: 65 fields", with(many + "a: b\r\n")},
      {431, "RFC 6585 5", with("X: " + std::string(kHeadMax, 'a') + "\r\n")},
      {431, "no need to wait for the end", "GET / HTTP/1.1\r\nX: " + std::string(kHeadMax, 'a')},
  });
}

TEST(Gate, Host) {
  const auto with = [](std::string_view fields) {
    return "GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n";
  };
  check({
      {200, "RFC 9110 7.2", with("Host: localhost\r\n")},
      {200, "RFC 9110 7.2", with("hOST:LOCALHOST:8080\r\n")},
      {200, "RFC 9110 7.2", with("Host: 127.0.0.1:1\r\n")},
      {200, "RFC 9110 7.2", with("Host: [::1]:8080\r\n")},
      {400, "RFC 9112 3.2: none", with("")},
      {400, "RFC 9112 3.2: empty", with("Host:\r\n")},
      {400, "RFC 9112 3.2: two", with("Host: localhost\r\nHost: localhost\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: local host\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: localhost, localhost\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: localhost/\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: a@localhost\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: http://localhost\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: localhost:\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: localhost:8a\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: localhost:123456\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: :80\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: [::1\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: [::1]x\r\n")},
      {400, "RFC 9112 3.2: invalid", with("Host: [v1.x]\r\n")},
      {421, "RFC 9110 15.5.20", with("Host: evil.example\r\n")},
      {421, "RFC 9110 15.5.20", with("Host: localhost.evil.example\r\n")},
      {421, "RFC 9110 15.5.20", "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
      {200, "RFC 9112 3.2: HTTP/1.0 needs none", "GET / HTTP/1.0\r\n\r\n"},
      {421, "but one that is there counts", "GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n"},
      {400, "a target that names one wants it", "GET http://localhost/ HTTP/1.0\r\n\r\n"},
  });
  EXPECT_TRUE(HostList().serves("anything.example"));
}

TEST(Gate, Framing) {
  const auto post = [](std::string_view fields) { return block("POST / HTTP/1.1", fields); };
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  check({
      {200, "RFC 9112 6.3: no body", post("")},
      {200, "RFC 9112 6.2", post("Content-Length: 5\r\n")},
      {200, "RFC 9112 6.2", post("Content-Length: 0\r\n")},
      {200, "RFC 9112 6.2: 1*DIGIT", post("Content-Length: 005\r\n")},
      {200, "RFC 9112 6.1", post(chunked)},
      {200, "RFC 9112 7: coding names ignore case", post("transfer-encoding: CHUNKED\r\n")},
      {400, "RFC 9112 6.1: both", post("Content-Length: 5\r\n" + chunked)},
      {400, "RFC 9112 6.1: both", post(chunked + "Content-Length: 5\r\n")},
      {400, "RFC 9112 6.3: two, the same", post("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {400, "RFC 9112 6.3: two, different", post("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {400, "RFC 9112 6.3: a list", post("Content-Length: 5, 5\r\n")},
      {400, "RFC 9110 8.6", post("Content-Length:\r\n")},
      {400, "RFC 9110 8.6", post("Content-Length: +5\r\n")},
      {400, "RFC 9110 8.6", post("Content-Length: -5\r\n")},
      {400, "RFC 9110 8.6", post("Content-Length: 0x5\r\n")},
      {400, "RFC 9110 8.6", post("Content-Length: 5 5\r\n")},
      {400, "RFC 9110 8.6", post("Content-Length: 5;a\r\n")},
      {400, "RFC 9110 8.6: overflow", post("Content-Length: 18446744073709551621\r\n")},
      {400, "RFC 9112 6.1: twice", post(chunked + chunked)},
      {501, "RFC 9112 6.1: unknown", post("Transfer-Encoding: gzip, chunked\r\n")},
      {501, "RFC 9112 6.1: unknown", post("Transfer-Encoding: gzip,\tchunked\r\n")},
      {501, "RFC 9112 6.1: chunked twice", post("Transfer-Encoding: chunked, chunked\r\n")},
      {400, "RFC 9112 6.3: chunked not last", post("Transfer-Encoding: chunked, gzip\r\n")},
      {400, "RFC 9112 6.3: chunked not last", post("Transfer-Encoding: gzip\r\n")},
      {400, "RFC 9112 6.3: chunked not last", post("Transfer-Encoding: identity\r\n")},
      {400, "RFC 9112 6.3: chunked not last", post("Transfer-Encoding: chunked,\r\n")},
      {400, "RFC 9112 6.3: almost", post("Transfer-Encoding: xchunked\r\n")},
      {400, "RFC 9112 6.3: almost", post("Transfer-Encoding: \"chunked\"\r\n")},
      {400, "RFC 9112 6.3: almost", post("Transfer-Encoding: chunked;q=1\r\n")},
      {400, "RFC 9112 6.3: almost", post("Transfer-Encoding: chunked chunked\r\n")},
      {400, "RFC 9112 6.3: empty", post("Transfer-Encoding:\r\n")},
      {400, "RFC 9112 6.1: in HTTP/1.0", block("POST / HTTP/1.0", chunked)},
      {400, "facade.md 4.3: a body", block("GET / HTTP/1.1", "Content-Length: 1\r\n")},
      {400, "facade.md 4.3: a body", block("HEAD / HTTP/1.1", chunked)},
      {200, "no body", block("GET / HTTP/1.1", "Content-Length: 0\r\n")},
      {200, "RFC 9110 9.3.5", block("DELETE / HTTP/1.1", "Content-Length: 1\r\n")},
      {200, "RFC 9110 10.1.1", post("Content-Length: 5\r\nExpect: 100-Continue\r\n")},
      {417, "RFC 9110 10.1.1", post("Content-Length: 5\r\nExpect: 200-ok\r\n")},
      {417, "RFC 9110 10.1.1", post("Expect: 100-continue\r\nExpect: 100-continue\r\n")},
      {200, "RFC 9110 10.1.1: ignored in HTTP/1.0", block("POST / HTTP/1.0", "Expect: x\r\n")},
  });
}

TEST(Gate, ReadsWhatItLetsThrough) {
  const RequestHead head = read(
      "POST /v1/cooperatives/KOP-1/a%20%C3%A9/%2e%2e%2e/?limit=20&cursor=a%2Bb+c&&x=&=y&z HTTP/1.1"
      "\r\nHost: LocalHost:8080\r\ncontent-length: 17\r\nX-A:\t one two \r\nx-a: three\r\n"
      "Expect: 100-continue\r\nConnection: keep-alive, x\r\n\r\n");
  EXPECT_EQ(head.method, Method::kPost);
  EXPECT_THAT(head.segments, ElementsAre("v1", "cooperatives", "KOP-1", "a \xC3\xA9", "...", ""));
  EXPECT_EQ(head.parameter("limit"), "20");
  EXPECT_EQ(head.parameter("cursor"), "a+b c");
  EXPECT_EQ(head.parameter("x"), "");
  EXPECT_EQ(head.parameter(""), "y");
  EXPECT_EQ(head.parameter("z"), "");
  EXPECT_EQ(head.parameter("Limit"), std::nullopt);
  EXPECT_EQ(head.query.size(), 5u);
  EXPECT_EQ(head.host, "LocalHost");
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(head.content_length, 17u);
  EXPECT_EQ(head.field("x-A"), "one two");
  EXPECT_EQ(head.count("X-A"), 2u);
  EXPECT_EQ(head.field("X-B"), std::nullopt);
  EXPECT_TRUE(head.expects_continue);
  EXPECT_TRUE(head.keep_alive);
}

TEST(Gate, ReadsPathsAndConnection) {
  EXPECT_THAT(read(block("GET / HTTP/1.1")).segments, ElementsAre(""));
  EXPECT_THAT(read(block("GET http://localhost HTTP/1.1")).segments, ElementsAre(""));
  EXPECT_THAT(read(block("GET http://localhost?a=b HTTP/1.1")).segments, ElementsAre(""));
  EXPECT_THAT(read(block("GET //a/ HTTP/1.1")).segments, ElementsAre("", "a", ""));
  EXPECT_TRUE(read(block("OPTIONS * HTTP/1.1")).segments.empty());
  EXPECT_TRUE(read(block("GET / HTTP/1.1")).keep_alive);
  EXPECT_FALSE(read(block("GET / HTTP/1.0")).keep_alive);
  EXPECT_FALSE(read(block("GET / HTTP/1.1", "Connection: a,\tCLOSE\r\n")).keep_alive);
  EXPECT_EQ(read("GET / HTTP/1.0\r\n\r\n").host, "");
}

TEST(Gate, ViewsSurviveAMove) {
  RequestHead head = read(block("GET /abc/d%20e?f=g HTTP/1.1", "X: y\r\n"));
  const RequestHead moved = std::move(head);
  EXPECT_THAT(moved.segments, ElementsAre("abc", "d e"));
  EXPECT_EQ(moved.parameter("f"), "g");
  EXPECT_EQ(moved.field("X"), "y");
}

TEST(ScanHead, FindsTheSameEndHoweverTheBytesCome) {
  const std::string request = "\r\n" + block("POST /a HTTP/1.1", "X: y\r\n");
  const std::string received = request + "next";
  for (std::size_t step = 1; step <= received.size(); ++step) {
    HeadScan scan;
    for (std::size_t size = step; scan.end == 0; size = std::min(size + step, received.size()))
      ASSERT_EQ(scan_head(std::string_view(received).substr(0, size), scan), Gate::kPassed);
    EXPECT_EQ(scan.begin, 2u) << step;
    EXPECT_EQ(scan.end, request.size()) << step;
  }
}

TEST(ScanHead, RefusesAtTheFirstByteThatSettlesIt) {
  const std::string line = "GET / HTTP/3.0\r\n";
  HeadScan scan;
  for (std::size_t size = 0; size < line.size(); ++size)
    ASSERT_EQ(scan_head(std::string_view(line).substr(0, size), scan), Gate::kPassed) << size;
  EXPECT_EQ(scan_head(line, scan), Gate::kBadVersion);
}

TEST(ReadHead, TakesWholeBlocksOnly) {
  RequestHead head;
  for (const char* bytes : {"", "\r\n", "\r\n\r\n", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n",
                            "GET / HTTP/1.0\r\n\r\nX: y\r\n\r\n"})
    EXPECT_NE(read_head(bytes, hosts(), head), Gate::kPassed) << bytes;
}

TEST(GateAnswers, AreErrorsWithACodeAndASentence) {
  for (std::size_t i = 1; i < kGateOutcomes; ++i) {
    const GateAnswer& each = answer(static_cast<Gate>(i));
    EXPECT_GE(each.status, 400);
    EXPECT_NE(reason_phrase(each.status), "Unknown") << each.status;
    EXPECT_FALSE(each.code.empty());
    EXPECT_TRUE(each.detail.ends_with('.'));
  }
}

}  // namespace
}  // namespace lumbung::api::http
