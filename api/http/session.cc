#include "api/http/session.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/error_code.hpp>
#include <cstring>
#include <exception>

#include "api/http/render.h"

namespace lumbung::api::http {

using boost::system::error_code;

namespace {

/// Room for the longest header block, with the empty line before it and the start of what follows.
constexpr std::size_t kBufferSize = kHeadMax + 4096;
/// What is told is not yet sent: room for all of a body is asked for only behind its first bytes,
/// and its memory is touched by so much at a time.
constexpr std::size_t kBodyStep = 64 * 1024;
constexpr int kLingerMs = 1000;
constexpr std::size_t kLingerBytesMax = 1024 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kAllMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// The far end of a Reply.
class Pending {
 public:
  Pending(std::shared_ptr<Mailbox> mailbox, Ticket ticket)
      : mailbox_(std::move(mailbox)), ticket_(ticket) {}
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() {
    if (!answered_.load()) mailbox_->put(ticket_, std::nullopt);
  }

  void answer(Response response) {
    if (!answered_.exchange(true)) mailbox_->put(ticket_, std::move(response));
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  Ticket ticket_;
  std::atomic<bool> answered_ = false;
};

Response too_large(const Shared& shared) {
  return shared.problem(413, "body_too_large", "The body has more bytes than this route takes.");
}

asio::const_buffer buffer_of(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

Session::Session(Worker& worker, std::uint64_t id, Accepted connection)
    : worker_(worker),
      shared_(worker.shared()),
      id_(id),
      peer_(std::move(connection.peer)),
      peer_uid_(connection.peer_uid),
      socket_(worker.context()),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferSize)) {
  socket_.assign(asio::generic::stream_protocol(connection.family, 0), connection.fd.get());
  connection.fd.release();
}

Task<> Session::run(std::shared_ptr<Session> self) {
  try {
    co_await self->serve();
  } catch (const std::exception&) {
    // Out of memory, at worst: this connection ends, the others go on.
  }
  self->worker_.remove(*self);
}

Task<> Session::serve() {
  for (std::size_t served = 1;; ++served) {
    Request request;
    Received received = co_await receive_head(request.head);
    if (received == Received::kGone) co_return;
    if (received == Received::kAnswered) break;

    LiveCounters::add(shared_.counters.requests);
    const Method method = request.head.method;
    std::string request_id = request.head.request_id;
    bool close = !request.head.keep_alive || served == shared_.options.requests_per_connection_max;

    std::size_t body_limit = kBodyLimit;
    std::optional<Response> response = admit(request.head, body_limit);
    if (response) {
      if (!skip_body(request.head)) close = true;
    } else {
      received = co_await receive_body(request, body_limit);
      if (received == Received::kGone) co_return;
      if (received == Received::kAnswered) break;
      response = co_await ask_handler(std::move(request));
      if (!response) co_return;
    }
    close = close || response->close || worker_.stopping();
    const bool sent = co_await send(*std::move(response), method, close, std::move(request_id));
    if (!sent) co_return;
    if (close) break;
  }
  co_await linger();
}

Task<Session::Received> Session::receive_head(RequestHead& head) {
  const auto& options = shared_.options;
  HeadScan scan;
  idle_ = buffered().empty();
  const bool first = request_number_ == 0;
  set_deadline(idle_ && !first ? options.idle_timeout_ms : options.head_timeout_ms);
  // An answer to HEAD has no body, also one that the gate gives.
  const auto method = [&] {
    return buffered().substr(scan.begin).starts_with("HEAD ") ? Method::kHead : Method::kGet;
  };
  for (;;) {
    const Gate gate = scan_head(buffered(), scan);
    if (gate != Gate::kPassed) co_return co_await refuse(gate, method());
    if (scan.end != 0) break;
    if (idle_ && worker_.stopping()) co_return Received::kGone;
    const bool more = co_await read_more();
    if (!more) {
      if (idle_) co_return Received::kGone;
      co_return co_await give_up("The header did not come in time.");
    }
    if (idle_) {
      idle_ = false;
      set_deadline(options.head_timeout_ms);
    }
  }
  const std::string_view block = buffered().substr(scan.begin, scan.end - scan.begin);
  Gate gate = read_head(block, shared_.hosts, head);
  if (gate == Gate::kPassed && !framer_.begin(block, head)) gate = Gate::kBadFraming;
  if (gate != Gate::kPassed) co_return co_await refuse(gate, method());
  consume(scan.end);
  ++request_number_;
  head.peer = peer_;
  head.peer_uid = peer_uid_;
  head.request_id = shared_.next_request_id();
  co_return Received::kComplete;
}

Task<Session::Received> Session::receive_body(Request& request, std::size_t limit) {
  const RequestHead& head = request.head;
  if (head.framing == Framing::kNone ||
      (head.framing == Framing::kLength && head.content_length == 0))
    co_return Received::kComplete;
  if (head.content_length > limit) co_return co_await refuse(too_large(shared_), head.method);
  set_deadline(shared_.options.body_timeout_ms);
  if (head.expects_continue && buffered().empty()) {
    const bool sent = co_await write({buffer_of(kContinue), asio::const_buffer()});
    if (!sent) co_return Received::kGone;
  }
  if (head.framing == Framing::kChunked) co_return co_await receive_chunked(request, limit);
  co_return co_await receive_with_length(request);
}

Task<Session::Received> Session::receive_with_length(Request& request) {
  const auto length = static_cast<std::size_t>(request.head.content_length);
  std::string& body = request.body;
  std::size_t filled = std::min(length, buffered().size());
  body.assign(buffered().data(), filled);
  consume(filled);
  while (filled < length) {
    if (filled == body.size()) {
      if (filled >= kBodyStep) body.reserve(length);
      body.resize(std::min(length, filled + kBodyStep));
    }
    const std::size_t read = co_await read_into(body.data() + filled, body.size() - filled);
    if (read == 0) co_return co_await give_up("The body did not come in time.");
    filled += read;
  }
  co_return Received::kComplete;
}

Task<Session::Received> Session::receive_chunked(Request& request, std::size_t limit) {
  for (;;) {
    std::size_t consumed = 0;
    const auto progress = framer_.decode(buffered(), limit, request.body, consumed);
    consume(consumed);
    switch (progress) {
      case Framer::Progress::kDone:
        co_return Received::kComplete;
      case Framer::Progress::kTooLarge:
        co_return co_await refuse(too_large(shared_), request.head.method);
      case Framer::Progress::kMalformed:
        co_return co_await refuse(Gate::kBadFraming, request.head.method);
      case Framer::Progress::kMore:
        break;
    }
    // A full buffer of which nothing can be used: a chunk's line or the trailer is too long.
    if (buffered().size() == kBufferSize)
      co_return co_await refuse(Gate::kBadFraming, request.head.method);
    const bool more = co_await read_more();
    if (!more) co_return co_await give_up("The body did not come in time.");
  }
}

std::optional<Response> Session::admit(RequestHead& head, std::size_t& body_limit) {
  try {
    return shared_.handler.admit(head, body_limit);
  } catch (const std::exception& error) {
    return shared_.handler_failed(error.what());
  }
}

Task<std::optional<Response>> Session::ask_handler(Request request) {
  clear_deadline();
  answered_ = false;
  response_.reset();
  in_handler_ = true;
  try {
    auto pending = std::make_shared<Pending>(worker_.mailbox(), Ticket{id_, request_number_});
    shared_.handler.handle(std::move(request), [pending = std::move(pending)](Response response) {
      pending->answer(std::move(response));
    });
  } catch (const std::exception& error) {
    Response failed = shared_.handler_failed(error.what());
    if (!response_) response_ = std::move(failed);
    answered_ = true;
  }
  in_handler_ = false;
  if (!answered_) {
    Token token;
    co_await asio::async_initiate<Token, void()>(
        [this](Waiter&& waiter) { waiter_.emplace(std::move(waiter)); }, token);
  }
  if (aborted_) co_return std::nullopt;
  if (!response_) response_ = shared_.handler_failed("a request was left without an answer");
  co_return std::move(response_);
}

bool Session::skip_body(const RequestHead& head) {
  if (head.framing == Framing::kChunked || head.content_length > buffered().size()) return false;
  consume(static_cast<std::size_t>(head.content_length));
  return true;
}

void Session::answer(std::uint64_t request, std::optional<Response> response) {
  if (request != request_number_ || answered_) return;
  answered_ = true;
  response_ = std::move(response);
  if (!waiter_) return;
  Waiter waiter = *std::move(waiter_);
  waiter_.reset();
  waiter();
}

bool Session::answer_inline(std::uint64_t request, std::optional<Response>& response) {
  if (request != request_number_ || !in_handler_) return false;
  answer(request, std::move(response));
  return true;
}

Task<Session::Received> Session::refuse(Gate gate, Method method) {
  LiveCounters::add(shared_.counters.gate_refusals[static_cast<std::size_t>(gate)]);
  const GateAnswer& why = http::answer(gate);
  Response response = shared_.problem(why.status, why.code, why.detail);
  if (gate == Gate::kMethodRefused) response.headers.emplace_back("Allow", kAllMethods);
  return refuse(std::move(response), method);
}

Task<Session::Received> Session::refuse(Response response, Method method) {
  const bool sent = co_await send(std::move(response), method, true, shared_.next_request_id());
  co_return sent ? Received::kAnswered : Received::kGone;
}

Task<Session::Received> Session::give_up(std::string_view waited_for) {
  if (!timed_out_ || aborted_) co_return Received::kGone;
  timed_out_ = false;
  LiveCounters::add(shared_.counters.timeouts);
  co_return co_await refuse(shared_.problem(408, "request_timeout", waited_for), Method::kGet);
}

Task<bool> Session::send(Response response, Method method, bool close, std::string request_id) {
  set_deadline(shared_.options.write_timeout_ms);
  const int status_class = std::clamp(response.status / 100, 0, 5);
  LiveCounters::add(shared_.counters.responses[static_cast<std::size_t>(status_class)]);
  out_.clear();
  render_head(response, {worker_.date(), request_id, close}, out_);
  const std::string_view body = body_to_send(response, method);
  const bool sent = co_await write({buffer_of(out_), buffer_of(body)});
  if (timed_out_) LiveCounters::add(shared_.counters.timeouts);
  co_return sent;
}

Task<bool> Session::write(std::array<asio::const_buffer, 2> pieces) {
  while (pieces[0].size() + pieces[1].size() > 0) {
    error_code error;
    std::size_t written =
        co_await socket_.async_write_some(pieces, asio::redirect_error(Token(), error));
    if (error || timed_out_) co_return false;
    for (asio::const_buffer& piece : pieces) {
      const std::size_t part = std::min(written, piece.size());
      piece += part;
      written -= part;
    }
  }
  co_return true;
}

Task<> Session::linger() {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  idle_ = true;
  set_deadline(kLingerMs);
  for (std::size_t total = 0; total < kLingerBytesMax && !worker_.stopping();) {
    const std::size_t read = co_await read_into(buffer_.get(), kBufferSize);
    if (read == 0) break;
    total += read;
  }
}

Task<bool> Session::read_more() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t read = co_await read_into(buffer_.get() + end_, kBufferSize - end_);
  end_ += read;
  co_return read > 0;
}

Task<std::size_t> Session::read_into(char* data, std::size_t size) {
  error_code error;
  const std::size_t read = co_await socket_.async_read_some(asio::buffer(data, size),
                                                            asio::redirect_error(Token(), error));
  co_return error || timed_out_ ? 0 : read;
}

void Session::set_deadline(int timeout_ms) {
  timed_out_ = false;
  deadline_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
}

void Session::check_deadline(TimePoint now) {
  if (now < deadline_) return;
  clear_deadline();
  timed_out_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Session::stop_if_idle() {
  if (idle_) abort();
}

void Session::abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
  answer(request_number_, std::nullopt);
}

}  // namespace lumbung::api::http
