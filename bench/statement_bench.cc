// Reading: the last 50 lines of an account's statement, of the busiest account and of any, and an
// account's balance at a moment of the past. `of_raw_wal` is the time of one synced commit of the
// bytes that a statement of 50 lines is made from over the time of a read.
#include "bench/bench.h"

namespace lumbung::bench {
namespace {

using namespace api::bench;

constexpr std::size_t kLines = 50;
constexpr std::uint32_t kBusiest = 1;

/// A closed book that every benchmark opens anew, so that its past stands in the store.
class Book {
 public:
  Book() : directory_(disk()) {
    const auto ledger = open();
    open_bench_book(*ledger, stream());
    first_ = {ledger->coop(bench_coop())->head.last_event.value + 1};
    Entries entries(stream());
    posted_ = post(*ledger, entries, {.entries = sized(1'000'000)}).done;
    bytes_per_entry_ = static_cast<double>(weigh_journal(*ledger, bench_coop(), {1}).bytes) /
                       static_cast<double>(posted_);
  }

  static Stream stream() {
    return {.seed = 31, .accounts = static_cast<std::uint32_t>(sized(10'000)), .hot = true};
  }
  std::unique_ptr<storage::Ledger> open() const {
    storage::Ledger::Options options;
    options.directory = directory_.path();
    options.create = true;
    options.run_events = sized(1 << 18);  // so that most of it is in the index
    return storage::Ledger::open(options);
  }
  engine::EventNo first() const { return first_; }
  std::uint64_t posted() const { return posted_; }
  std::size_t bytes_of_statement() const {
    return static_cast<std::size_t>(bytes_per_entry_ * kLines);
  }

 private:
  ScratchDirectory directory_;
  engine::EventNo first_{};
  std::uint64_t posted_ = 0;
  double bytes_per_entry_ = 0;
};

const Book& book() {
  static const Book book;
  return book;
}

void report(benchmark::State& state, double seconds) {
  const std::uint64_t commits = sized(500);
  state.counters["of_raw_wal"] = raw_seconds(commits, book().bytes_of_statement()) /
                                 static_cast<double>(commits) /
                                 (seconds / static_cast<double>(state.iterations()));
}

bool is_right(const storage::Statement& statement, std::uint32_t handle) {
  const auto naive =
      naive_statement(Book::stream(), book().posted(), book().first(), handle, kLines);
  return same_lines(statement.lines, naive);
}

void statement_of_busiest(benchmark::State& state) {
  const auto ledger = book().open();
  std::optional<storage::Statement> statement;
  const Stopwatch watch;
  for (auto _ : state) {
    statement = ledger->statement(bench_coop(), {kBusiest}, {}, kLines);
  }
  const double seconds = watch.seconds();
  if (!statement || !is_right(*statement, kBusiest)) return fail(state, "a line is wrong");
  report(state, seconds);
}

void statement_of_any(benchmark::State& state) {
  api::Random random(1);
  std::uint32_t handle = 0;
  const auto ledger = book().open();
  std::optional<storage::Statement> statement;
  const Stopwatch watch;
  for (auto _ : state) {
    handle = 2 + static_cast<std::uint32_t>(random.below(Book::stream().accounts - 1));
    statement = ledger->statement(bench_coop(), {handle}, {}, kLines);
  }
  const double seconds = watch.seconds();
  if (!statement || !is_right(*statement, handle)) return fail(state, "a line is wrong");
  report(state, seconds);
}

/// The balance of the busiest account when so much had happened, by addition alone.
engine::Int128 naive_balance(engine::EventNo as_of) {
  const std::uint64_t counted = as_of < book().first() ? 0 : as_of.value - book().first().value + 1;
  const NaiveBook naive(Book::stream(), counted);
  return naive.line(kBusiest).credits - naive.line(kBusiest).debits;
}

void balance_at_a_time(benchmark::State& state) {
  const auto ledger = book().open();
  const auto begin = ledger->event(bench_coop(), book().first())->at;
  const auto end = ledger->coop(bench_coop())->last_time;
  api::Random random(2);
  std::optional<storage::Totals> totals;
  const Stopwatch watch;
  for (auto _ : state) {
    const engine::Timestamp time{random.between(begin.us, end.us)};
    totals = ledger->totals(bench_coop(), {kBusiest}, storage::Moment::at(time));
  }
  const double seconds = watch.seconds();
  if (!totals || totals->balance(engine::Side::kCredit) != naive_balance(totals->as_of)) {
    return fail(state, "a balance of the past is wrong");
  }
  report(state, seconds);
}

void balance_at_a_date(benchmark::State& state) {
  const auto ledger = book().open();
  const auto today = ledger->coop(bench_coop())->open_day;
  const auto moment = storage::Moment::end_of(today, storage::Basis::kBooking);
  std::optional<storage::Totals> totals;
  const Stopwatch watch;
  for (auto _ : state) totals = ledger->totals(bench_coop(), {kBusiest}, moment);
  const double seconds = watch.seconds();
  if (!totals || totals->balance(engine::Side::kCredit) != naive_balance(totals->as_of)) {
    return fail(state, "a balance of a date is wrong");
  }
  report(state, seconds);
}

BENCHMARK(statement_of_busiest)->Unit(benchmark::kMicrosecond);
BENCHMARK(statement_of_any)->Unit(benchmark::kMicrosecond);
BENCHMARK(balance_at_a_time)->Unit(benchmark::kMicrosecond);
BENCHMARK(balance_at_a_date)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace lumbung::bench
