#include "api/http/server.h"

#include <sys/random.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/error_code.hpp>
#include <ctime>
#include <exception>
#include <future>

#include "api/http/listen.h"
#include "api/http/render.h"
#include "api/http/session.h"

namespace lumbung::api::http {

using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

/// Connections accepted in a row before others have their turn.
constexpr int kAcceptBurst = 64;
constexpr milliseconds kAcceptPause{100};
/// Deadlines are looked at this often, or four times in the shortest of them.
constexpr milliseconds kClockPeriodMax{250};
constexpr milliseconds kClockPeriodMin{5};

constexpr char kBase32[] = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's

std::string base32(std::uint64_t number, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; number /= 32) text[i] = kBase32[number % 32];
  return text;
}

std::string random_prefix() {
  std::uint32_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random))
    random = static_cast<std::uint32_t>(std::time(nullptr));  // an id, not a secret
  return base32(random, 6) + '-';
}

/// The mailbox of the worker that this thread is.
thread_local const Mailbox* this_threads_mailbox = nullptr;

}  // namespace

// --- what the workers share ---------------------------------------------------------------------

bool ConnectionLimits::take(const std::string& peer, bool by_address) {
  const std::lock_guard lock(mutex_);
  if (open_ >= max_) return false;
  if (by_address) {
    std::size_t& from_there = by_address_[peer];
    if (from_there >= max_per_address_) return false;
    ++from_there;
  }
  ++open_;
  return true;
}

void ConnectionLimits::give_back(const std::string& peer, bool by_address) {
  const std::lock_guard lock(mutex_);
  if (by_address) {
    const auto place = by_address_.find(peer);
    if (--place->second == 0) by_address_.erase(place);
  }
  if (--open_ == 0) none_left_.notify_all();
}

bool ConnectionLimits::wait_until_none(TimePoint deadline) {
  std::unique_lock lock(mutex_);
  return none_left_.wait_until(lock, deadline, [this] { return open_ == 0; });
}

Shared::Shared(Options given, Handler& its_handler)
    : options(std::move(given)),
      hosts(options.allowed_hosts),
      handler(its_handler),
      limits(options.connections_max, options.connections_per_address_max),
      request_id_prefix(random_prefix()) {}

Response Shared::problem(int status, std::string_view code, std::string_view detail) const {
  return options.problem ? options.problem(status, code, detail)
                         : plain_problem(status, code, detail);
}

Response Shared::handler_failed(std::string_view what) const {
  if (options.on_handler_error) options.on_handler_error(what);
  return problem(500, "internal_error", "The request could not be answered.");
}

std::string Shared::next_request_id() {
  return request_id_prefix + base32(next_request.fetch_add(1, std::memory_order_relaxed), 8);
}

// --- answers from other threads -----------------------------------------------------------------

void Mailbox::put(Ticket ticket, std::optional<Response> response) {
  if (this_threads_mailbox == this && worker_ != nullptr) {
    const auto session = worker_->find(ticket.connection);
    if (!session || session->answer_inline(ticket.request, response)) return;
  }
  const std::lock_guard lock(mutex_);
  if (worker_ == nullptr) return;
  letters_.push_back({ticket, std::move(response)});
  if (letters_.size() == 1)
    asio::post(worker_->context(), [mailbox = worker_->mailbox()] { mailbox->collect(); });
}

void Mailbox::open() {
  this_threads_mailbox = this;
}

void Mailbox::close() {
  const std::lock_guard lock(mutex_);
  worker_ = nullptr;
  letters_.clear();
  this_threads_mailbox = nullptr;
}

void Mailbox::collect() {
  std::vector<Letter> letters;
  {
    const std::lock_guard lock(mutex_);
    letters.swap(letters_);
  }
  for (Letter& letter : letters) {
    if (const auto session = worker_->find(letter.ticket.connection))
      session->answer(letter.ticket.request, std::move(letter.response));
  }
}

// --- one io thread ------------------------------------------------------------------------------

Worker::Worker(Shared& shared)
    : shared_(shared), clock_(context_), mailbox_(std::make_shared<Mailbox>(*this)) {}

Worker::~Worker() = default;

void Worker::start() {
  asio::co_spawn(context_, watch_deadlines(), asio::detached);
  thread_ = std::thread([this] {
    mailbox_->open();
    context_.run();
    mailbox_->close();
  });
}

void Worker::adopt(Accepted connection) {
  auto moved = std::make_shared<Accepted>(std::move(connection));
  asio::post(context_, [this, moved] {
    const std::string peer = moved->peer;
    const bool is_unix = moved->peer_uid.has_value();
    try {
      const auto session = std::make_shared<Session>(*this, next_connection_++, std::move(*moved));
      sessions_.emplace(session->id(), session);
      asio::co_spawn(context_, Session::run(session), asio::detached);
    } catch (const std::exception&) {  // no memory for it: the connection is closed
      forget(peer, is_unix);
    }
  });
}

void Worker::stop_idle() {
  asio::post(context_, [this] {
    stopping_ = true;
    for (const auto& [id, session] : sessions_) session->stop_if_idle();
    if (sessions_.empty()) clock_.cancel();
  });
}

void Worker::abort_all() {
  asio::post(context_, [this] {
    const auto sessions = sessions_;  // a session that ends leaves the map
    for (const auto& [id, session] : sessions) session->abort();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<Session> Worker::find(std::uint64_t connection) const {
  const auto place = sessions_.find(connection);
  return place == sessions_.end() ? nullptr : place->second;
}

void Worker::forget(const std::string& peer, bool is_unix) {
  shared_.counters.connections_open.fetch_sub(1, std::memory_order_relaxed);
  shared_.limits.give_back(peer, !is_unix);
}

void Worker::remove(const Session& session) {
  forget(session.peer(), session.is_unix());
  sessions_.erase(session.id());
  if (stopping_ && sessions_.empty()) clock_.cancel();
}

std::string_view Worker::date() {
  const std::int64_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    date_ = http_date(now);
  }
  return date_;
}

Task<> Worker::watch_deadlines() {
  const Options& options = shared_.options;
  const milliseconds shortest(std::min({options.head_timeout_ms, options.body_timeout_ms,
                                        options.write_timeout_ms, options.idle_timeout_ms}));
  const milliseconds period = std::clamp(shortest / 4, kClockPeriodMin, kClockPeriodMax);
  while (!stopping_ || !sessions_.empty()) {
    clock_.expires_after(period);
    error_code ignored;
    co_await clock_.async_wait(asio::redirect_error(Token(), ignored));
    const TimePoint now = std::chrono::steady_clock::now();
    for (const auto& [id, session] : sessions_) session->check_deadline(now);
  }
}

// --- the server ---------------------------------------------------------------------------------

namespace {

Listener open_listener(const Options& options) {
  if (options.listen_fd >= 0) return Listener::adopt(options.listen_fd);
  if (!options.unix_path.empty()) return Listener::on_unix(options.unix_path);
  return Listener::on_tcp(options.address, options.port);
}

}  // namespace

struct Server::Impl {
  Impl(Options options, Handler& handler)
      : shared(std::move(options), handler), listener(open_listener(shared.options)) {
    port = listener->port();
    for (std::size_t i = 0; i < std::max<std::size_t>(1, shared.options.io_threads); ++i)
      workers.push_back(std::make_unique<Worker>(shared));
    waiting.emplace(workers.front()->context(), listener->fd());
    pause.emplace(workers.front()->context());
  }
  ~Impl() {
    if (waiting) waiting->release();  // the listener closes it
  }

  Task<> accept_connections();
  void accept_waiting(int& error);
  void stop_accepting();

  Shared shared;
  std::optional<Listener> listener;
  std::uint16_t port = 0;
  std::vector<std::unique_ptr<Worker>> workers;
  std::size_t next_worker = 0;
  std::optional<asio::posix::basic_stream_descriptor<Executor>> waiting;  ///< the listener's fd
  std::optional<Timer> pause;
  bool started = false;
  bool stopped = false;
};

Task<> Server::Impl::accept_connections() {
  while (waiting->is_open()) {
    error_code error;
    co_await waiting->async_wait(asio::posix::descriptor_base::wait_read,
                                 asio::redirect_error(Token(), error));
    if (error || !waiting->is_open()) co_return;
    int accept_error = 0;
    accept_waiting(accept_error);
    if (accept_error != 0) {  // no descriptors or no memory: what waits may wait a little more
      pause->expires_after(kAcceptPause);
      co_await pause->async_wait(asio::redirect_error(Token(), error));
    }
  }
}

void Server::Impl::accept_waiting(int& error) {
  for (int i = 0; i < kAcceptBurst; ++i) {
    auto connection = accept_one(listener->fd(), error);
    if (!connection) return;
    if (!shared.limits.take(connection->peer, !connection->peer_uid)) {
      LiveCounters::add(shared.counters.connections_refused);
      turn_away(std::move(connection->fd));
      continue;
    }
    LiveCounters::add(shared.counters.connections_accepted);
    LiveCounters::add(shared.counters.connections_open);
    workers[next_worker++ % workers.size()]->adopt(*std::move(connection));
  }
}

void Server::Impl::stop_accepting() {
  std::promise<void> done;
  asio::post(workers.front()->context(), [&] {
    waiting->release();
    pause->cancel();
    listener.reset();
    done.set_value();
  });
  done.get_future().wait();
}

Server::Server(Options options, Handler& handler)
    : impl_(std::make_unique<Impl>(std::move(options), handler)) {}

Server::~Server() {
  stop(0);
}

void Server::start() {
  if (impl_->started) return;
  impl_->started = true;
  asio::co_spawn(impl_->workers.front()->context(), impl_->accept_connections(), asio::detached);
  for (const auto& worker : impl_->workers) worker->start();
}

void Server::stop(int drain_timeout_ms) {
  if (!impl_->started || impl_->stopped) return;
  impl_->stopped = true;
  const TimePoint deadline = std::chrono::steady_clock::now() + milliseconds(drain_timeout_ms);
  impl_->stop_accepting();
  for (const auto& worker : impl_->workers) worker->stop_idle();
  if (!impl_->shared.limits.wait_until_none(deadline))
    for (const auto& worker : impl_->workers) worker->abort_all();
  for (const auto& worker : impl_->workers) worker->join();
}

std::uint16_t Server::port() const {
  return impl_->port;
}

Counters Server::counters() const {
  const LiveCounters& live = impl_->shared.counters;
  Counters now;
  now.connections_accepted = live.connections_accepted.load(std::memory_order_relaxed);
  now.connections_refused = live.connections_refused.load(std::memory_order_relaxed);
  now.connections_open = live.connections_open.load(std::memory_order_relaxed);
  now.requests = live.requests.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < now.responses.size(); ++i)
    now.responses[i] = live.responses[i].load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < now.gate_refusals.size(); ++i)
    now.gate_refusals[i] = live.gate_refusals[i].load(std::memory_order_relaxed);
  now.timeouts = live.timeouts.load(std::memory_order_relaxed);
  return now;
}

}  // namespace lumbung::api::http
