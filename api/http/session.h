// The insides of the server, for server.cc and session.cc only: one Worker an io thread, one
// Session a connection. Everything here belongs to its worker's thread unless it says otherwise.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/http/framer.h"
#include "api/http/gate.h"
#include "api/http/http.h"
#include "api/http/listen.h"
#include "api/http/server.h"

namespace lumbung::api::http {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
using Token = asio::use_awaitable_t<Executor>;
template <class T = void>
using Task = asio::awaitable<T, Executor>;
using TimePoint = std::chrono::steady_clock::time_point;

/// Counters as they are counted. Any thread.
struct LiveCounters {
  using Count = std::atomic<std::uint64_t>;

  Count connections_accepted = 0;
  Count connections_refused = 0;
  Count connections_open = 0;
  Count requests = 0;
  std::array<Count, 6> responses{};
  std::array<Count, kGateOutcomes> gate_refusals{};
  Count timeouts = 0;

  static void add(Count& count) { count.fetch_add(1, std::memory_order_relaxed); }
};

/// How many connections there are, in all and from each address. Any thread.
class ConnectionLimits {
 public:
  ConnectionLimits(std::size_t max, std::size_t max_per_address)
      : max_(max), max_per_address_(max_per_address) {}

  /// `by_address`: whether the second limit binds it too.
  bool take(const std::string& peer, bool by_address);
  void give_back(const std::string& peer, bool by_address);
  /// Whether there were none left by then.
  bool wait_until_none(TimePoint deadline);

 private:
  const std::size_t max_;
  const std::size_t max_per_address_;
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::size_t open_ = 0;
  std::map<std::string, std::size_t> by_address_;
};

/// What all workers share. The first group is immutable while they run.
struct Shared {
  Shared(Options given, Handler& its_handler);

  const Options options;
  const HostList hosts;
  Handler& handler;

  ConnectionLimits limits;
  LiveCounters counters;
  std::atomic<std::uint64_t> next_request = 0;
  const std::string request_id_prefix;  ///< random: ids do not repeat after a restart

  Response problem(int status, std::string_view code, std::string_view detail) const;
  /// Tells of it and makes the 500.
  Response handler_failed(std::string_view what) const;
  std::string next_request_id();
};

class Worker;

/// Which request of which connection a Reply is for.
struct Ticket {
  std::uint64_t connection;
  std::uint64_t request;
};

/// Where answers that are made on other threads wait for the worker. It outlives the worker for as
/// long as there are Replies; what comes after close() is dropped. Any thread.
class Mailbox {
 public:
  explicit Mailbox(Worker& worker) : worker_(&worker) {}

  /// nullopt: the Reply went away without a call.
  void put(Ticket ticket, std::optional<Response> response);

  // The worker's thread only:
  void open();
  void close();
  /// Hands out what is there.
  void collect();

 private:
  struct Letter {
    Ticket ticket;
    std::optional<Response> response;
  };

  std::mutex mutex_;
  Worker* worker_;  ///< null once closed
  /// Whoever puts the first letter into an empty box wakes the worker, which then takes all: the
  /// many answers of one commit cost one wake-up.
  std::vector<Letter> letters_;
};

/// One connection, and the coroutine that serves it.
class Session {
 public:
  Session(Worker& worker, std::uint64_t id, Accepted connection);

  /// Serves until the connection ends, then leaves the worker.
  static Task<> run(std::shared_ptr<Session> self);

  std::uint64_t id() const { return id_; }
  const std::string& peer() const { return peer_; }
  bool is_unix() const { return peer_uid_.has_value(); }

  /// Takes the answer to that request, unless it has one or is over, and goes on with it.
  void answer(std::uint64_t request, std::optional<Response> response);
  /// The same while handle() of that request is still on the stack; false when it is not.
  bool answer_inline(std::uint64_t request, std::optional<Response>& response);

  /// The worker's clock: breaks off the pending read or write when its time is over.
  void check_deadline(TimePoint now);
  /// The server stops: an idle connection ends now, another after its answer.
  void stop_if_idle();
  /// Ends the connection, whatever it is at.
  void abort();

 private:
  /// What a wait for bytes came to: all are there; an answer has been sent instead; nobody is
  /// there.
  enum class Received { kComplete, kAnswered, kGone };
  using Waiter = asio::async_result<Token, void()>::handler_type;

  Task<> serve();
  Task<Received> receive_head(RequestHead& head);
  Task<Received> receive_body(Request& request, std::size_t limit);
  Task<Received> receive_with_length(Request& request);
  Task<Received> receive_chunked(Request& request, std::size_t limit);
  std::optional<Response> admit(RequestHead& head, std::size_t& body_limit);
  /// nullopt when the server gave up waiting.
  Task<std::optional<Response>> ask_handler(Request request);
  /// Drops the body of a refused request if it is here already; else the connection must end.
  bool skip_body(const RequestHead& head);

  /// Answers with an error of the server's own, after which the connection ends.
  Task<Received> refuse(Gate gate, Method method);
  Task<Received> refuse(Response response, Method method);
  /// After a read that brought nothing: 408 when that was for the deadline.
  Task<Received> give_up(std::string_view waited_for);
  Task<bool> send(Response response, Method method, bool close, std::string request_id);
  Task<bool> write(std::array<asio::const_buffer, 2> pieces);
  /// Lets the client read the last answer before the connection breaks (RFC 9112 section 9.6).
  Task<> linger();

  /// Bytes received and not yet used.
  std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) { begin_ += bytes; }
  /// Reads more of them. False when nothing came, or when there is no room.
  Task<bool> read_more();
  /// 0 at the end of the stream, on an error and at the deadline.
  Task<std::size_t> read_into(char* data, std::size_t size);

  void set_deadline(int timeout_ms);
  void clear_deadline() { deadline_ = TimePoint::max(); }

  Worker& worker_;
  Shared& shared_;
  const std::uint64_t id_;
  const std::string peer_;
  const std::optional<std::uint32_t> peer_uid_;  ///< on a Unix socket only
  Socket socket_;
  Framer framer_;

  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string out_;  ///< the header block being sent

  TimePoint deadline_ = TimePoint::max();
  bool timed_out_ = false;
  bool idle_ = false;  ///< waits for bytes that nobody has promised
  bool aborted_ = false;

  std::uint64_t request_number_ = 0;  ///< of the request that is being handled, or was last
  bool in_handler_ = false;           ///< handle() is on the stack
  bool answered_ = true;
  std::optional<Response> response_;
  std::optional<Waiter> waiter_;  ///< the coroutine, while it waits for the answer
};

/// One io thread and its connections.
class Worker {
 public:
  explicit Worker(Shared& shared);
  ~Worker();

  // Any thread:
  void start();
  void adopt(Accepted connection);
  void stop_idle();  ///< no connection begins another request
  void abort_all();
  void join();
  asio::io_context& context() { return context_; }

  // The worker's own thread:
  Shared& shared() { return shared_; }
  bool stopping() const { return stopping_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  std::shared_ptr<Session> find(std::uint64_t connection) const;
  void remove(const Session& session);
  std::string_view date();

 private:
  Task<> watch_deadlines();
  void forget(const std::string& peer, bool is_unix);

  Shared& shared_;
  asio::io_context context_{1};
  Timer clock_;
  std::shared_ptr<Mailbox> mailbox_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Session>> sessions_;
  std::uint64_t next_connection_ = 0;
  bool stopping_ = false;
  std::int64_t date_second_ = -1;
  std::string date_;
  std::thread thread_;
};

}  // namespace lumbung::api::http
