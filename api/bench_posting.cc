#include "api/bench_posting.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/bench_http.h"
#include "api/bench_machine.h"
#include "api/bench_server.h"
#include "storage/audit.h"
#include "storage/projections.h"
#include "storage/recovery.h"
#include "storage/snapshot.h"
#include "storage/store.h"

namespace lumbung::api::bench {
namespace {

constexpr std::size_t kGrowthSlices = 5;
constexpr double kSoakSeconds = 600;
constexpr std::uint64_t kRawCommitsMax = 2000;
constexpr double kMiB = 1 << 20;

/// One run: books that were just opened, what is posted into them, and what is found out about it.
class PostingRun {
 public:
  PostingRun(const Books& books, const Work& work)
      : parent_(books.options().parent),
        work_(work),
        directory_(std::make_unique<ScratchDirectory>(parent_)),
        ledger_(open_ledger(directory_->path())) {
    for (std::uint32_t i = 0; i < work.coops; ++i) {
      Stream stream = work.stream;
      if (work.coops > 1) {
        stream.seed += i;
        stream.coop = bench_coop(i + 1);
      }
      open_bench_book(*ledger_, stream);
      opened_.push_back(ledger_->coop(stream.coop)->head);
      entries_.emplace_back(stream);
    }
    if (work.over_http) serve();
    commits_before_ = ledger_->queue_status().commits;
    meter_ = Meter();
  }

  Posted post(const Load& load) {
    return client_ ? client_->run() : bench::post(*ledger_, entries_, load);
  }

  /// Closes the books, and says of all that was posted what the row says.
  BenchRow finish(std::string name, const Posted& posted) {
    client_.reset();
    server_.reset();
    const std::uint64_t commits = ledger_->queue_status().commits - commits_before_;
    ledger_.reset();  // what is left to be derived is derived: that work belongs to the entries
    const Used used = meter_.used();

    BenchRow row;
    row.name = std::move(name);
    row.count = posted.done;
    const double count = static_cast<double>(std::max<std::uint64_t>(posted.done, 1));
    row.rate_per_s = static_cast<double>(posted.done) / posted.seconds;
    set_percentiles(row, posted.answer_us);
    row.cpu_ns_per_entry = used.own_cpu_seconds * 1e9 / count;
    row.bytes_per_entry = static_cast<double>(used.device_bytes) / count;
    row.longest_stall_ms = posted.longest_stall_s * 1e3;
    row.others_cores = used.others_cores;
    row.verified = posted.done == posted.entries && audited();
    row.index_bytes_per_entry = index_bytes_an_event();
    ledger_ = open_ledger(directory_->path());
    row.model_equal = equals_naive();
    const std::uint64_t bytes = journal_bytes();
    ledger_.reset();
    row.journal_bytes_per_entry = static_cast<double>(bytes) / count;
    compare_with_raw(row, std::max<std::uint64_t>(commits, 1), bytes, posted.seconds);
    sound_ = row.verified;
    return row;
  }

  /// Of one cooperative, after finish().
  Book take_book() {
    return {std::move(directory_),
            entries_.front().stream(),
            entries_.front().made(),
            {opened_.front().last_event.value + 1},
            sound_};
  }

 private:
  void serve() {
    server_.emplace(*ledger_);
    HttpLoad load{server_->port(), {}, work_.load};
    for (const Entries& entries : entries_) {
      load.tokens.push_back(server_->token(entries.stream().coop));
    }
    client_.emplace(load, entries_);
  }

  bool audited() const {
    const auto report = storage::audit_directory(directory_->path(), {});
    return report.sound() && report.books.size() == entries_.size();
  }

  bool equals_naive() const {
    return std::ranges::all_of(entries_, [&](const Entries& entries) {
      return NaiveBook(entries.stream(), entries.made()).equals(*ledger_);
    });
  }

  /// What the closed index takes of the disk; nothing when no run was full.
  std::optional<double> index_bytes_an_event() const {
    const auto store = storage::Store::open(storage::store_directory(directory_->path()),
                                            storage::Store::Mode::kReadOnly);
    std::uint64_t events = 0;
    for (const Entries& entries : entries_) {
      events += storage::load_indexed(*store, entries.stream().coop).value;
    }
    if (events == 0) return std::nullopt;
    std::uint64_t bytes = 0;
    for (const storage::Projection& projection : storage::projections()) {
      bytes += store->file_bytes(projection.family);
    }
    return static_cast<double>(bytes) / static_cast<double>(events);
  }

  std::uint64_t journal_bytes() const {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const engine::BlockNo from{opened_[i].block_no.value + 1};
      bytes += weigh_journal(*ledger_, entries_[i].stream().coop, from).bytes;
    }
    return bytes;
  }

  /// Some of the same commits written raw: what all would have taken.
  void compare_with_raw(BenchRow& row, std::uint64_t commits, std::uint64_t bytes,
                        double seconds) const {
    const std::uint64_t tried = std::min(commits, kRawCommitsMax);
    RawWal raw(parent_);
    const auto raw_seconds = raw.write(tried, bytes / commits);
    const double all =
        sum_of(raw_seconds) * static_cast<double>(commits) / static_cast<double>(tried);
    row.raw_sync_us = percentile(raw_seconds, 50) * 1e6;
    row.ratio_to_raw_wal = all / seconds;
  }

  std::filesystem::path parent_;
  Work work_;
  std::unique_ptr<ScratchDirectory> directory_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::vector<Entries> entries_;       // one a cooperative
  std::vector<storage::Head> opened_;  // theirs before the first entry
  std::optional<BenchServer> server_;  // of work over HTTP
  std::optional<HttpPoster> client_;   // likewise
  std::uint64_t commits_before_ = 0;
  Meter meter_;
  bool sound_ = false;
};

BenchRow measure(Books& books, const std::string& name, const Work& work) {
  std::vector<BenchRow> rows;
  for (std::size_t i = 0; i < books.runs(); ++i) {
    PostingRun run(books, work);
    rows.push_back(run.finish(name, run.post(work.load)));
    books.keep(name, run.take_book());
  }
  return median_of(std::move(rows));
}

}  // namespace

BenchRow measure_posting(Books& books, const std::string& name) {
  return measure(books, name, books.work_of(name));
}

BenchRow measure_custom(Books& books, const Work& work) {
  return measure(books, "custom", work);
}

BenchRow measure_growth(Books& books, const std::string& name) {
  Work work = books.work_of(name);
  work.load.entries /= kGrowthSlices;
  PostingRun run(books, work);
  Posted all;
  std::vector<double> rates;
  std::uint64_t memory_before = 0;  // behind the first slice, in which every buffer gets its size
  for (std::size_t i = 0; i < kGrowthSlices; ++i) {
    const Posted slice = run.post(work.load);
    rates.push_back(static_cast<double>(slice.done) / slice.seconds);
    all += slice;
    if (i == 0) memory_before = resident_bytes();
  }
  const std::uint64_t memory_after = resident_bytes();
  BenchRow row = run.finish(name, all);
  row.rate_per_s = rates.back();
  row.last_to_first_slice = rates.back() / rates.front();
  row.slice_rates_per_s = std::move(rates);
  row.memory_bytes_per_entry =
      (static_cast<double>(memory_after) - static_cast<double>(memory_before)) /
      static_cast<double>(all.entries - all.entries / kGrowthSlices);
  return row;
}

BenchRow measure_soak(Books& books, const std::string& name) {
  Work work = books.work_of(name);
  const double seconds = books.scaled_seconds(kSoakSeconds);
  PostingRun run(books, work);
  work.load.seconds_max = seconds / 3;
  Posted all = run.post(work.load);
  const std::uint64_t memory_at_third = resident_bytes();
  work.load.seconds_max = seconds * 2 / 3;
  const Posted rest = run.post(work.load);
  const std::uint64_t memory_at_end = resident_bytes();
  all += rest;
  BenchRow row = run.finish(name, all);
  row.memory_mib_at_third = static_cast<double>(memory_at_third) / kMiB;
  row.memory_mib_at_end = static_cast<double>(memory_at_end) / kMiB;
  row.memory_bytes_per_entry =
      (static_cast<double>(memory_at_end) - static_cast<double>(memory_at_third)) /
      static_cast<double>(rest.entries);
  return row;
}

Book post_book(const Books& books, const Work& work) {
  PostingRun run(books, work);
  run.finish({}, run.post(work.load));
  return run.take_book();
}

}  // namespace lumbung::api::bench
