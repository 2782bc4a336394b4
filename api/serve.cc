#include "api/serve.h"

#include <systemd/sd-daemon.h>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <sstream>
#include <system_error>
#include <thread>

#include "api/admin_socket.h"
#include "api/auth.h"
#include "api/cli/cli.h"
#include "api/facade.h"
#include "api/http/server.h"
#include "api/log.h"
#include "api/login/seal_key.h"
#include "api/login/users.h"
#include "api/open_book.h"
#include "api/problem.h"
#include "storage/ledger.h"

namespace lumbung::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kDrainTimeoutMs = 5'000;
constexpr seconds kStopTimeout{10};
constexpr seconds kWatch{1};  // how often the main thread looks after the ledger

/// The signals that the process is led by: blocked in all threads, taken by the main one.
class Signals {
 public:
  Signals() {
    ::sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set_, signal);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  /// 0 when none came within that time.
  int wait(seconds at_most) {
    const timespec timeout{.tv_sec = at_most.count(), .tv_nsec = 0};
    const int signal = ::sigtimedwait(&set_, nullptr, &timeout);
    return signal < 0 ? 0 : signal;
  }

 private:
  sigset_t set_{};
};

/// Ends the process when stopping takes too long. The journal is made for that: what was answered
/// is durable, and the next start replays.
class Deadline {
 public:
  explicit Deadline(Log& log) : thread_([this, &log] { watch(log); }) {}
  ~Deadline() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  void watch(Log& log) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kStopTimeout, [this] { return done_; })) return;
    log.error("stopped_hard", {{"why", "stopping took longer than 10 s"}});
    std::_Exit(cli::kFailed);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;  // under mutex_
  std::thread thread_;
};

/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080".
void set_address(http::Options& options, const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string host = colon == std::string::npos ? listen : listen.substr(0, colon);
  const char* end = listen.data() + listen.size();
  const char* port = colon == std::string::npos ? end : listen.data() + colon + 1;
  const auto number = std::from_chars(port, end, options.port);
  if (host.empty() || port == end || number.ec != std::errc{} || number.ptr != end) {
    throw ConfigError("--listen: '" + listen + "' is not HOST:PORT");
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  options.address = host == "localhost" ? "127.0.0.1" : host;
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

http::Options options_of(const Config& config, Log& log) {
  http::Options options;
  if (::sd_listen_fds(/*unset_environment=*/1) > 0) {
    options.listen_fd = SD_LISTEN_FDS_START;
  } else {
    set_address(options, config.listen);
  }
  options.allowed_hosts = split_at_commas(config.hosts);
  options.io_threads = static_cast<std::size_t>(config.io_threads);
  options.connections_max = static_cast<std::size_t>(config.connections_max);
  options.connections_per_address_max =
      static_cast<std::size_t>(config.connections_per_address_max);
  options.problem = server_problem;
  options.on_handler_error = [&log](std::string_view what) {
    log.error("handler_failed", {{"what", what}});
  };
  return options;
}

std::unique_ptr<storage::Ledger> open_ledger(const Config& config) {
  storage::Ledger::Options options;
  options.directory = cli::data_directory(config);
  ::sd_notify(0, "STATUS=replaying the journal");
  options.policy = config.policy();
  return storage::Ledger::open(std::move(options));
}

/// With the indexes of all cooperatives, so that no search waits for one.
std::unique_ptr<people::Persons> open_persons_to_serve(const Config& config, Log& log) {
  ::sd_notify(0, "STATUS=opening the personal store");
  auto persons = open_persons(config);
  for (const auto& [coop, person] : persons->build_indexes()) {
    log.error("person_damaged", {{"coop", coop.text()}, {"person", std::to_string(person.value)}});
  }
  return persons;
}

/// Watches the ledger between signals: tells systemd that commits get through, and the operator
/// when the writer has stopped.
class Watch {
 public:
  Watch(const storage::Ledger& ledger, Log& log) : ledger_(ledger), log_(log) {}

  void look() {
    const auto status = ledger_.queue_status();
    // A commit that hangs lets the watchdog run out, and systemd starts us anew.
    if (status.waiting == 0 || status.commits != commits_) ::sd_notify(0, "WATCHDOG=1");
    commits_ = status.commits;
    if (status.writer_stopped && !writer_stopped_) {
      writer_stopped_ = true;
      log_.error("writer_stopped", {{"what", "the journal could not be written; reads go on"}});
      ::sd_notify(0, "STATUS=the journal could not be written; reads go on");
    }
  }
  bool writer_stopped() const { return writer_stopped_; }

 private:
  const storage::Ledger& ledger_;
  Log& log_;
  std::uint64_t commits_ = 0;
  bool writer_stopped_ = false;
};

}  // namespace

int serve(const Config& config) {
  Signals signals;
  std::unique_ptr<Deadline> deadline;  // declared before all that it watches the end of
  Log log(config.log_file);
  const auto ledger = open_ledger(config);
  const auto persons = open_persons_to_serve(config, log);
  Tokens tokens(*ledger);
  login::Users::Options users_options;
  users_options.error_log = [&log](std::string_view what) { log.error("login", {{"what", what}}); };
  login::Users users(*ledger, login::seal_key_of(config.data), std::move(users_options));
  if (const std::size_t lost = users.lost_totps(); lost > 0) {
    log.error("login", {{"what",
                         "the key in login.key does not open the authenticators of users; "
                         "lumbung user list names them"},
                        {"users", std::to_string(lost)}});
  }
  Facade::Options facade_options;
  facade_options.data = config.data;
  facade_options.origins = split_at_commas(config.web_origins);
  facade_options.proxies = split_at_commas(config.proxies);
  facade_options.access_log = [&log](std::string_view line) { log.access(line); };
  facade_options.error_log = [&log](std::string_view what) {
    log.error("facade", {{"what", what}});
  };
  Facade facade(*ledger, tokens, users, std::move(facade_options));
  AdminHandler admin_handler(*ledger, tokens, users, *persons, config.data);

  http::Options admin_options;
  admin_options.unix_path = (std::filesystem::path(config.data) / kAdminSocketName).string();
  Watch watch(*ledger, log);
  try {
    http::Server admin(std::move(admin_options), admin_handler);
    http::Server server(options_of(config, log), facade);
    facade.count_with([&server] { return server.counters(); });
    admin.start();
    server.start();
    const std::string port = std::to_string(server.port());
    log.info("serving", {{"version", LUMBUNG_VERSION},
                         {"data", config.data},
                         {"listen", config.listen},
                         {"port", port}});
    ::sd_notify(0, "READY=1\nSTATUS=serving");

    int signal = 0;
    while (signal != SIGTERM && signal != SIGINT) {
      watch.look();
      signal = signals.wait(kWatch);
      if (signal == SIGHUP) log.reopen();
    }
    deadline = std::make_unique<Deadline>(log);
    ::sd_notify(0, "STOPPING=1\nSTATUS=stopping");
    log.info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    facade.drain();
    server.stop(kDrainTimeoutMs);
    admin.stop(kDrainTimeoutMs);
  } catch (const std::system_error& error) {
    throw cli::Failure(cli::kUnavailable,
                       "cannot listen on " + config.listen + ": " + error.what());
  }
  watch.look();
  return watch.writer_stopped() ? cli::kIoError : cli::kOk;
}

}  // namespace lumbung::api
