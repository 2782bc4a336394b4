// Replay: a data directory opened from its journal alone, every block hashed, chained and held
// against the rules, balances and keys made anew; opened by its snapshot; and with every projection
// made anew. `of_raw_wal` is the
// time the log takes to write and sync the same blocks over the time of the opening.
#include "bench/bench.h"
#include "storage/audit.h"

namespace lumbung::bench {
namespace {

using namespace api::bench;

/// A closed directory with entries in it, made once for both benchmarks.
class Book {
 public:
  Book() : directory_(disk()) {
    const auto ledger = storage::Ledger::open(options(/*trust_snapshots=*/true));
    open_bench_book(*ledger, stream());
    Entries entries(stream());
    const Posted posted = post(*ledger, entries, {.entries = sized(1'000'000)});
    entries_ = posted.done;
    sound_ = posted.done == posted.entries;
    weight_ = weigh_journal(*ledger, bench_coop(), {1});
    events_ = ledger->coop(bench_coop())->head.last_event.value;
  }

  static Stream stream() {
    return {.seed = 29, .accounts = static_cast<std::uint32_t>(sized(100'000)), .hot = false};
  }
  storage::Ledger::Options options(bool trust_snapshots) const {
    storage::Ledger::Options options;
    options.directory = directory_.path();
    options.create = true;
    options.trust_snapshots = trust_snapshots;
    return options;
  }
  bool equals(const storage::Ledger& ledger) const {
    return sound_ && NaiveBook(stream(), entries_).equals(ledger);
  }
  std::uint64_t events() const { return events_; }
  double raw_seconds() const {
    return bench::raw_seconds(weight_.blocks, weight_.bytes / weight_.blocks);
  }

 private:
  ScratchDirectory directory_;
  std::uint64_t entries_ = 0;
  std::uint64_t events_ = 0;
  bool sound_ = false;
  JournalWeight weight_;
};

const Book& the_book() {
  static const Book book;
  return book;
}

void report(benchmark::State& state, double seconds) {
  const auto times = state.iterations();
  state.SetItemsProcessed(times * static_cast<std::int64_t>(the_book().events()));
  state.counters["of_raw_wal"] = the_book().raw_seconds() * static_cast<double>(times) / seconds;
}

void open(benchmark::State& state, bool trust_snapshots) {
  const Book& book = the_book();
  bool equal = true;
  double seconds = 0;
  for (auto _ : state) {
    const Stopwatch watch;
    auto ledger = storage::Ledger::open(book.options(trust_snapshots));
    seconds += watch.seconds();
    state.PauseTiming();
    equal = equal && book.equals(*ledger);
    ledger.reset();
    state.ResumeTiming();
  }
  if (!equal) return fail(state, "a balance is wrong");
  report(state, seconds);
}

void replay(benchmark::State& state) {
  open(state, /*trust_snapshots=*/false);
}
void open_snapshot(benchmark::State& state) {
  open(state, /*trust_snapshots=*/true);
}
/// Every projection thrown away and made anew.
void rebuild(benchmark::State& state) {
  const Book& book = the_book();
  const auto options = book.options(/*trust_snapshots=*/true);
  double seconds = 0;
  for (auto _ : state) {
    const Stopwatch watch;
    storage::Ledger::rebuild(options.directory);
    seconds += watch.seconds();
  }
  if (!storage::audit_directory(options.directory, {}).sound()) {
    return fail(state, "a projection differs from what the journal implies");
  }
  if (!book.equals(*storage::Ledger::open(options))) return fail(state, "a balance is wrong");
  report(state, seconds);
}

BENCHMARK(replay)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(open_snapshot)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(rebuild)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace lumbung::bench
