// Facade: what stands behind the HTTP server. Admits a request by the one table of routes (token,
// or session, cooperative, role, form), and hands it to the handler of its noun.
//
// Where things run: a request is admitted and a single command decoded on the io thread that read
// it; reads and batches go to a small pool behind a bounded queue; answers to commands come from
// the ledger's publishing thread, which only renders a receipt.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth.h"
#include "api/http/http.h"
#include "api/http/server.h"
#include "storage/ledger.h"

namespace lumbung::api {

namespace login {
class Users;
}

class Facade : public http::Handler {
 public:
  struct Options {
    std::filesystem::path data;  // the data directory, whose free space /readyz looks at
    /// The pages whose browsers may use sessions, "https://host" each, with a port unless it is
    /// 443. None: those of the host that the request itself names.
    std::vector<std::string> origins;
    /// Addresses of proxies, whose word in X-Forwarded-For is taken for who calls.
    std::vector<std::string> proxies;
    std::size_t reader_threads = 2;
    std::size_t reader_queue_max = 256;  // reads waiting; beyond them 503 readers_busy
    /// Takes one line of JSON a request, without its end; any thread; must not block for long.
    /// Absent: nothing is written. No line has a token, a body or a query.
    std::function<void(std::string_view line)> access_log;
    /// Takes a sentence for the operator. Any thread. Absent: nobody is told.
    std::function<void(std::string_view what)> error_log;
  };

  /// `ledger`, `tokens` and `users` must outlive it.
  Facade(storage::Ledger& ledger, const Tokens& tokens, login::Users& users, Options options);
  /// Waits for every request that was let in, also those whose caller has gone. The servers in
  /// front of it have stopped by now.
  ~Facade() override;

  /// Where /metrics finds what the servers have counted. Called before they start.
  void count_with(std::function<http::Counters()> counters);
  /// From now on /readyz is 503: the process is about to stop. Any thread.
  void drain();

  std::optional<http::Response> admit(http::RequestHead& head, std::size_t& body_limit) override;
  void handle(http::Request request, http::Reply reply) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lumbung::api
