#include "api/bench.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>

#include "api/auth.h"
#include "api/bench_http.h"
#include "api/bench_workload.h"
#include "api/facade.h"
#include "api/http/server.h"
#include "engine/check.h"
#include "storage/audit.h"

namespace lumbung::api::bench {
namespace {

using storage::Ledger;

constexpr std::size_t kFullRuns = 5;
constexpr std::uint32_t kHotAccount = 1;
constexpr std::size_t kStatementLines = 50;
constexpr int kDrainTimeoutMs = 1000;

/// A closed book that other rows read: where it lies and what was posted into it.
struct Book {
  std::unique_ptr<ScratchDirectory> directory;
  Stream stream;
  std::uint64_t entries = 0;
  engine::EventNo first{};  // the event of the first entry
  bool sound = false;

  std::unique_ptr<Ledger> open(bool trust_snapshots = true) const {
    Ledger::Options options;
    options.directory = directory->path();
    options.create = true;
    options.trust_snapshots = trust_snapshots;
    return Ledger::open(std::move(options));
  }
};

/// How a row posts: the ledger, the stream, and what became of it.
using PostInto = std::function<Posted(Ledger&, Entries&)>;

class Bench {
 public:
  explicit Bench(const BenchOptions& options) : options_(options) {}

  BenchRow in_process(const std::string& name) {
    const Work& work = work_of(name);
    const auto post_into = [&](Ledger& ledger, Entries& entries) {
      return post(ledger, entries, work.load);
    };
    return median_of(runs(), [&] { return posting(name, work.stream, post_into); });
  }

  BenchRow over_http(const std::string& name) {
    const std::uint64_t requests = sized(options_.quick ? 50'000 : 300'000);
    const auto post_into = [&](Ledger& ledger, Entries& entries) {
      return serve_and_post(ledger, entries, requests);
    };
    return median_of(runs(), [&] { return posting(name, uniform(3), post_into); });
  }

  BenchRow opening(const std::string& name, bool trust_snapshots) {
    const Book& book = book_of("inproc_8190_100k");
    return median_of(runs(), [&] { return open_once(name, book, trust_snapshots); });
  }

  BenchRow statement(const std::string& name) {
    const Book& book = book_of("inproc_hot");
    const auto ledger = book.open();
    std::optional<storage::Statement> statement;
    BenchRow row = reading(name, [&](Random&) {
      statement = ledger->statement(bench_coop(), {kHotAccount}, {}, kStatementLines);
    });
    const auto naive =
        naive_statement(book.stream, book.entries, book.first, kHotAccount, kStatementLines);
    row.verified = book.sound;
    row.model_equal =
        statement && std::equal(statement->lines.begin(), statement->lines.end(), naive.begin(),
                                naive.end(), [](const auto& line, const auto& other) {
                                  return line.event == other.event && line.leg == other.leg &&
                                         line.side == other.side && line.amount == other.amount &&
                                         line.balance_after == other.balance_after;
                                });
    return row;
  }

  BenchRow balance_at(const std::string& name) {
    const Book& book = book_of("inproc_hot");
    const auto ledger = book.open();
    const auto begin = ledger->event(bench_coop(), book.first)->at;
    const auto end = ledger->coop(bench_coop())->last_time;
    std::map<engine::EventNo, engine::Int128> seen;  // by the last event counted in
    BenchRow row = reading(name, [&](Random& random) {
      const engine::Timestamp time{random.between(begin.us, end.us)};
      const auto totals = ledger->totals(bench_coop(), {kHotAccount}, storage::Moment::at(time));
      if (totals) seen[totals->as_of] = totals->balance(engine::Side::kCredit);
    });
    row.verified = book.sound;
    row.model_equal = !seen.empty() && equals_naive(book, seen);
    return row;
  }

  /// What every row is measured against: synced commits of so many bytes, now.
  double sync_us(std::size_t bytes) const {
    RawWal raw(options_.parent);
    return percentile(raw.write(sized(200), bytes), 50) * 1e6;
  }

 private:
  struct Work {
    Stream stream;
    Load load;
  };

  std::size_t runs() const { return options_.quick ? 1 : kFullRuns; }
  std::uint64_t sized(std::uint64_t full) const {
    return std::max<std::uint64_t>(
        64, static_cast<std::uint64_t>(std::llround(static_cast<double>(full) * options_.scale)));
  }
  Stream uniform(std::uint64_t seed) const {
    return {.seed = seed, .accounts = static_cast<std::uint32_t>(sized(100'000)), .hot = false};
  }

  const Work& work_of(const std::string& name) {
    const auto work = [&](bool hot, std::uint64_t quick, std::uint64_t full, std::size_t batch) {
      Work made{uniform(batch), {}};
      made.stream.hot = hot;
      made.load = {.entries = sized(options_.quick ? quick : full), .batch = batch, .in_flight = 2};
      return made;
    };
    if (works_.empty()) {
      works_["inproc_8190_100k"] = work(false, 1'000'000, 4'000'000, 8190);
      works_["inproc_1024"] = work(false, 500'000, 2'000'000, 1024);
      works_["inproc_64"] = work(false, 100'000, 500'000, 64);
      works_["inproc_hot"] = work(true, 200'000, 1'000'000, 8190);
    }
    const auto found = works_.find(name);
    CHECK(found != works_.end());
    return found->second;
  }

  /// The book that a row of this name leaves behind; posted now when that row was not asked for.
  const Book& book_of(const std::string& name) {
    if (!books_.contains(name)) in_process(name);
    return books_.at(name);
  }

  /// The run of the median rate; what holds of a row must have held of every run.
  BenchRow median_of(std::size_t runs, const std::function<BenchRow()>& run) const {
    std::vector<BenchRow> rows;
    for (std::size_t i = 0; i < runs; ++i) rows.push_back(run());
    std::sort(rows.begin(), rows.end(),
              [](const BenchRow& a, const BenchRow& b) { return a.rate_per_s < b.rate_per_s; });
    BenchRow median = rows[rows.size() / 2];
    for (const BenchRow& row : rows) {
      median.verified = median.verified && row.verified;
      median.model_equal = median.model_equal && row.model_equal;
    }
    return median;
  }

  BenchRow posting(const std::string& name, const Stream& stream, const PostInto& post_into) {
    Book book;
    book.directory = std::make_unique<ScratchDirectory>(options_.parent);
    book.stream = stream;
    auto ledger = book.open();
    open_bench_book(*ledger, stream);
    const storage::Head opened = ledger->coop(bench_coop())->head;
    book.first = {opened.last_event.value + 1};
    const std::uint64_t commits_before = ledger->queue_status().commits;

    Entries entries(stream);
    Posted posted;
    const Meter meter;
    posted = post_into(*ledger, entries);
    const std::uint64_t commits = ledger->queue_status().commits - commits_before;
    ledger.reset();  // what is left to be derived is derived: that work belongs to the entries
    const Used used = meter.used();
    book.entries = posted.entries;

    BenchRow row;
    row.name = name;
    row.count = posted.done;
    row.verified = posted.done == posted.entries &&
                   storage::audit_directory(book.directory->path(), {}).sound();
    ledger = book.open();
    row.model_equal = NaiveBook(stream, posted.entries).equals(*ledger);
    const JournalWeight weight = weigh_journal(*ledger, {opened.block_no.value + 1});
    ledger.reset();

    const auto count = static_cast<double>(posted.done);
    row.rate_per_s = count / posted.seconds;
    row.p50_us = percentile(posted.answer_us, 50);
    row.p99_us = percentile(posted.answer_us, 99);
    row.cpu_ns_per_entry = used.own_cpu_seconds * 1e9 / count;
    row.bytes_per_entry = static_cast<double>(used.device_bytes) / count;
    row.journal_bytes_per_entry = static_cast<double>(weight.bytes) / count;
    row.others_cores = used.others_cores;
    RawWal raw(options_.parent);
    row.ratio_to_raw_wal = sum_of(raw.write(commits, weight.bytes / commits)) / posted.seconds;
    book.sound = row.verified;
    books_[name] = std::move(book);
    return row;
  }

  /// A server in this process in front of the ledger, and the load generator beside it.
  static Posted serve_and_post(Ledger& ledger, Entries& entries, std::uint64_t requests) {
    constexpr std::string_view kTeller = "teller-1";
    engine::Command grant;
    grant.key = *engine::Key::parse("grant-1");
    grant.body = engine::GrantRole{std::string(kTeller), engine::Role::kTeller};
    CHECK(ledger.ask(bench_coop(), grant).outcome == storage::Answer::Outcome::kDone);
    Tokens tokens(ledger);
    const auto token = tokens.create(bench_coop(), kTeller, "bench");
    CHECK(token);
    Facade facade(ledger, tokens, {});
    http::Options options;
    options.requests_per_connection_max = requests + 1;
    options.connections_per_address_max = 1000;
    http::Server server(options, facade);
    server.start();
    HttpLoad load;
    load.port = server.port();
    load.token = token->secret;
    load.requests = requests;
    const Posted posted = post_over_http(load, entries);
    server.stop(kDrainTimeoutMs);
    return posted;
  }

  static BenchRow open_once(const std::string& name, const Book& book, bool trust_snapshots) {
    BenchRow row;
    row.name = name;
    const Meter meter;
    const auto ledger = book.open(trust_snapshots);
    const Used used = meter.used();
    row.count = ledger->coop(bench_coop())->head.last_event.value;
    row.rate_per_s = static_cast<double>(row.count) / used.seconds;
    row.p50_us = used.seconds * 1e6;
    row.cpu_ns_per_entry = used.own_cpu_seconds * 1e9 / static_cast<double>(row.count);
    row.others_cores = used.others_cores;
    row.verified = book.sound;
    row.model_equal = NaiveBook(book.stream, book.entries).equals(*ledger);
    return row;
  }

  /// Reads over and over, timing each.
  BenchRow reading(const std::string& name, const std::function<void(Random&)>& read) const {
    BenchRow row;
    row.name = name;
    row.count = sized(options_.quick ? 1000 : 10'000);
    Random random(7);
    std::vector<double> us;
    us.reserve(row.count);
    read(random);  // warm
    const Meter meter;
    for (std::uint64_t i = 0; i < row.count; ++i) {
      const Stopwatch watch;
      read(random);
      us.push_back(watch.seconds() * 1e6);
    }
    row.others_cores = meter.used().others_cores;
    row.rate_per_s = static_cast<double>(row.count) * 1e6 / sum_of(us);
    row.p50_us = percentile(us, 50);
    row.p99_us = percentile(us, 99);
    return row;
  }

  /// Whether the hot account's balances after those events are what addition alone says.
  static bool equals_naive(const Book& book,
                           const std::map<engine::EventNo, engine::Int128>& balances) {
    Entries again(book.stream);
    engine::Int128 balance = 0;
    std::uint64_t next = book.first.value;
    for (const auto& [as_of, seen] : balances) {
      for (; next <= as_of.value; ++next) {
        const Movement movement = again.next();
        if (movement.credit == kHotAccount) balance += movement.minor;
        if (movement.debit == kHotAccount) balance -= movement.minor;
      }
      if (balance != seen) return false;
    }
    return true;
  }

  const BenchOptions& options_;
  std::map<std::string, Work> works_;
  std::map<std::string, Book> books_;
};

struct NamedRow {
  std::string_view name;
  BenchRow (*measure)(Bench& bench, const std::string& name);
};

BenchRow in_process(Bench& bench, const std::string& name) {
  return bench.in_process(name);
}

constexpr std::array kRows{
    NamedRow{"inproc_8190_100k", in_process},
    NamedRow{"inproc_1024", in_process},
    NamedRow{"inproc_64", in_process},
    NamedRow{"inproc_hot", in_process},
    NamedRow{"http_single_64c",
             [](Bench& bench, const std::string& name) { return bench.over_http(name); }},
    NamedRow{"replay",
             [](Bench& bench, const std::string& name) {
               return bench.opening(name, /*trust_snapshots=*/false);
             }},
    NamedRow{"open_snapshot",
             [](Bench& bench, const std::string& name) {
               return bench.opening(name, /*trust_snapshots=*/true);
             }},
    NamedRow{"open_verify",
             [](Bench& bench, const std::string& name) {
               return bench.opening(name, /*trust_snapshots=*/false);
             }},
    NamedRow{"statement_50_of_1m",
             [](Bench& bench, const std::string& name) { return bench.statement(name); }},
    NamedRow{"balance_at",
             [](Bench& bench, const std::string& name) { return bench.balance_at(name); }},
};

/// Three digits behind the point are more than any of these figures deserves.
std::string text_of(double number) {
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(), text.size(), "%.3f", number);
  return {text.data(), static_cast<std::size_t>(size)};
}

void render(json::Writer& out, std::string_view name, const std::optional<double>& number) {
  out.key(name);
  if (number) {
    out.raw(text_of(*number));
  } else {
    out.null();
  }
}

}  // namespace

bool BenchReport::sound() const {
  return std::all_of(rows.begin(), rows.end(),
                     [](const BenchRow& row) { return row.verified && row.model_equal; });
}

std::vector<std::string> bench_row_names() {
  std::vector<std::string> names;
  for (const NamedRow& row : kRows) names.emplace_back(row.name);
  return names;
}

BenchReport run_bench(const BenchOptions& options,
                      const std::function<void(std::string_view name)>& begins) {
  BenchReport report;
  report.machine = machine_of(options.parent);
  Bench bench(options);
  report.sync_4k_us = bench.sync_us(4 << 10);
  report.sync_256k_us = bench.sync_us(256 << 10);
  for (const NamedRow& row : kRows) {
    const std::string name(row.name);
    if (!options.rows.empty() && std::ranges::find(options.rows, name) == options.rows.end()) {
      continue;
    }
    begins(name);
    report.rows.push_back(row.measure(bench, name));
  }
  return report;
}

void render_bench(json::Writer& out, const BenchReport& report) {
  const Machine& machine = report.machine;
  out.begin_object().key("machine").begin_object();
  out.member("cpu", machine.cpu)
      .member("cores", machine.cores)
      .member("memory_mib", machine.memory_mib)
      .member("kernel", machine.kernel)
      .member("file_system", machine.file_system)
      .member("compiler", machine.compiler);
  render(out, "sync_4k_us", report.sync_4k_us);
  render(out, "sync_256k_us", report.sync_256k_us);
  out.end_object().key("rows").begin_array();
  for (const BenchRow& row : report.rows) {
    out.begin_object().member("name", row.name).member("count", row.count);
    render(out, "rate_per_s", row.rate_per_s);
    render(out, "p50_us", row.p50_us);
    render(out, "p99_us", row.p99_us);
    render(out, "cpu_ns_per_entry", row.cpu_ns_per_entry);
    render(out, "bytes_per_entry", row.bytes_per_entry);
    render(out, "journal_bytes_per_entry", row.journal_bytes_per_entry);
    render(out, "ratio_to_raw_wal", row.ratio_to_raw_wal);
    render(out, "others_cores", row.others_cores);
    out.member("verified", row.verified).member("model_equal", row.model_equal).end_object();
  }
  out.end_array().end_object();
}

}  // namespace lumbung::api::bench
