// A node for tests of the API: a real ledger in a directory of its own, the facade and a server on
// a free port of 127.0.0.1, one principal a role with its token, and a clock that stands still.
//
// The book DESA opens on 2026-01-05 with these events:
//   1 book_opened   2-7 role_granted (admin-1 … integrator-1)
//   8 account 1101 (asset, floor 0)   9 account 2101 (liability, control)
//   10 account 2101.M/17 (liability, of 2101, floor 0)   11 account 7001 (asset, JPY)
//   12 account 7002 (equity, JPY)
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/auth.h"
#include "api/facade.h"
#include "api/http/server.h"
#include "api/login/seal_key.h"
#include "api/login/users.h"
#include "api/problem.h"
#include "engine/check.h"
#include "storage/ledger.h"
#include "tests/api/raw_client.h"
#include "tests/temporary_directory.h"

namespace lumbung::api {

inline const engine::CoopId kDesa = *engine::CoopId::parse("DESA");
inline const engine::CoopId kKota = *engine::CoopId::parse("KOTA");
inline constexpr std::string_view kMorning = "2026-01-05T01:00:00.000000Z";
inline constexpr std::string_view kRoleNames[] = {"admin",    "treasurer", "teller",
                                                  "approver", "auditor",   "integrator"};

class Node {
 public:
  struct Options {
    std::size_t reader_threads = 2;
    std::size_t reader_queue_max = 256;
    std::size_t queue_max = 65536;
    std::function<std::unique_ptr<storage::Journal>(std::unique_ptr<storage::Journal>)>
        wrap_journal;
    std::function<void(std::string_view)> access_log;
    std::vector<std::string> origins = {};
    std::vector<std::string> proxies = {};
    std::size_t hash_queue_max = login::Passwords::kQueueMax;
    login::RandomBytes random = {};
    /// Absent: an error fails the test.
    std::function<void(std::string_view)> error_log;
  };

  Node() : Node(Options{}) {}
  explicit Node(Options options) : options_(std::move(options)) {
    set_clock(kMorning);
    open_ledger();
    open_books();
    serve();
  }
  ~Node() { stop(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  storage::Ledger& ledger() { return *ledger_; }
  Tokens& tokens() { return *tokens_; }
  login::Users& users() { return *users_; }
  Facade& facade() { return *facade_; }
  std::uint16_t port() const { return server_->port(); }
  const std::filesystem::path& directory() const { return directory_.path(); }
  void set_clock(std::string_view rfc3339) { now_us_ = engine::parse_timestamp(rfc3339)->us; }
  void pass_s(std::int64_t seconds) { now_us_ += seconds * login::kSecondUs; }

  /// "teller-1" gets the password of his own.
  void set_password(std::string_view name, std::string_view password,
                    login::Credentials::Chosen chosen = login::Credentials::Chosen::kByUser) {
    CHECK(users_->set_password(*users_->find(kDesa, name), login::Secret(password), chosen));
  }

  /// The token of the role's principal in DESA; of "stranger": the treasurer of KOTA.
  const std::string& token(std::string_view role) const { return secrets_.at(std::string(role)); }

  http::Answer send(std::string_view bytes) {
    http::RawClient client(port());
    http::Answer answer = client.ask(bytes);
    CHECK(answer.status != 0);
    return answer;
  }
  /// `path` is below /v1/cooperatives/DESA.
  http::Answer get(std::string_view role, std::string_view path, std::string_view fields = "") {
    return send(http::get(below(path), bearer(role).append(fields)));
  }
  /// With a key of its own unless `key` is given.
  http::Answer post(std::string_view role, std::string_view path, std::string_view body,
                    std::string_view key = "") {
    const std::string made_up = "k-" + std::to_string(++keys_);
    return send(http::post(below(path), body,
                           bearer(role) + "Content-Type: application/json\r\nIdempotency-Key: " +
                               std::string(key.empty() ? made_up : key) + "\r\n"));
  }

  std::string bearer(std::string_view role) const {
    return "Authorization: Bearer " + token(role) + "\r\n";
  }
  static std::string below(std::string_view path) {
    return "/v1/cooperatives/DESA" + std::string(path);
  }

  /// Stops everything and serves the same directory again; tokens stay.
  void restart() {
    stop();
    open_ledger();
    serve();
  }

 private:
  void open_ledger() {
    storage::Ledger::Options options;
    options.directory = directory_.path() / "data";
    options.create = true;
    options.queue_max = options_.queue_max;
    options.clock = [this] { return engine::Timestamp{now_us_}; };
    options.wrap_journal = options_.wrap_journal;
    ledger_ = storage::Ledger::open(std::move(options));
    const auto clock = [this] { return engine::Timestamp{now_us_}; };
    tokens_ = std::make_unique<Tokens>(*ledger_, clock);
    login::Users::Options users;
    users.utc = clock;
    users.since_boot = clock;
    users.random = options_.random;
    users.cost = {8 * 1024, 1};  // libsodium's least
    users.hash_queue_max = options_.hash_queue_max;
    users.error_log = error_log();
    users_ = std::make_unique<login::Users>(
        *ledger_, login::seal_key_of(directory_.path() / "data"), std::move(users));
  }

  void serve() {
    facade_ =
        std::make_unique<Facade>(*ledger_, *tokens_, *users_,
                                 Facade::Options{.data = directory_.path(),
                                                 .origins = options_.origins,
                                                 .proxies = options_.proxies,
                                                 .reader_threads = options_.reader_threads,
                                                 .reader_queue_max = options_.reader_queue_max,
                                                 .access_log = options_.access_log,
                                                 .error_log = error_log()});
    http::Options options;
    options.problem = server_problem;
    server_ = std::make_unique<http::Server>(std::move(options), *facade_);
    facade_->count_with([this] { return server_->counters(); });
    server_->start();
  }

  std::function<void(std::string_view)> error_log() const {
    if (options_.error_log) return options_.error_log;
    return [](std::string_view what) { ADD_FAILURE() << what; };
  }

  void stop() {
    if (server_) server_->stop(1000);
    server_.reset();
    facade_.reset();
    users_.reset();
    tokens_.reset();
    ledger_.reset();
  }

  void must(const engine::CoopId& coop, engine::CommandBody body) {
    const auto key = engine::Key::parse("setup-" + std::to_string(++keys_));
    const storage::Answer answer = ledger_->ask(coop, {*key, engine::kOperator, std::move(body)});
    CHECK(answer.outcome == storage::Answer::Outcome::kDone);
  }

  void open_books() {
    using engine::AccountType;
    using engine::Side;
    const engine::Date first_day = *engine::parse_date("2026-01-05");
    for (const engine::CoopId& coop : {kDesa, kKota}) {
      must(coop, engine::OpenCooperative{coop, engine::kIDR, "Asia/Jakarta", first_day});
      for (const std::string_view role : kRoleNames) {
        must(coop, engine::GrantRole{std::string(role) + "-1", *engine::parse_role(role)});
      }
    }
    for (const std::string_view role : kRoleNames) {
      secrets_[std::string(role)] =
          tokens_->create(kDesa, std::string(role) + "-1", "test")->secret;
    }
    secrets_["stranger"] = tokens_->create(kKota, "treasurer-1", "test")->secret;
    const engine::Currency yen{392};
    const engine::Amount zero{0};
    must(kDesa, engine::OpenAccount{
                    "1101", AccountType::kAsset, Side::kDebit, engine::kIDR, {}, false, zero, {}});
    must(kDesa,
         engine::OpenAccount{
             "2101", AccountType::kLiability, Side::kCredit, engine::kIDR, {}, true, {}, {}});
    must(kDesa, engine::OpenAccount{"2101.M/17",
                                    AccountType::kLiability,
                                    Side::kCredit,
                                    engine::kIDR,
                                    {2},
                                    false,
                                    zero,
                                    {}});
    must(kDesa,
         engine::OpenAccount{"7001", AccountType::kAsset, Side::kDebit, yen, {}, false, {}, {}});
    must(kDesa,
         engine::OpenAccount{"7002", AccountType::kEquity, Side::kCredit, yen, {}, false, {}, {}});
  }

  const Options options_;
  tests::TemporaryDirectory directory_;
  std::atomic<std::int64_t> now_us_ = 0;
  int keys_ = 0;
  std::map<std::string, std::string> secrets_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::unique_ptr<Tokens> tokens_;
  std::unique_ptr<login::Users> users_;
  std::unique_ptr<Facade> facade_;
  std::unique_ptr<http::Server> server_;
};

/// An entry of two legs in rupiah: debit the first account, credit the second.
inline std::string entry(std::string_view debit, std::string_view credit, std::string_view amount,
                         std::string_view more = "") {
  const auto leg = [&](std::string_view account, std::string_view side) {
    return std::string(R"({"account":")").append(account).append(R"(","side":")").append(side) +
           R"(","amount":")" + std::string(amount) + "\"}";
  };
  return R"({"legs":[)" + leg(debit, "debit") + "," + leg(credit, "credit") + "]" +
         std::string(more) + "}";
}

/// The text of a member of the answer; "(none)" when there is none.
inline std::string text_in(const http::Answer& answer, std::string_view member) {
  const std::string name = "\"" + std::string(member) + "\":\"";
  const std::size_t at = answer.body.find(name);
  if (at == std::string::npos) return "(none)";
  const std::size_t begin = at + name.size();
  return answer.body.substr(begin, answer.body.find('"', begin) - begin);
}

/// The value of "code" in a problem document.
inline std::string code_of(const http::Answer& answer) {
  return text_in(answer, "code");
}

}  // namespace lumbung::api
