// Posting in process: two-leg entries, durable and indexed, in batches of 1, 64, 1,024 and 8,190,
// two batches on their way. `of_raw_wal` is the share of what the log takes for the same commits
// written as one value each and synced.
#include "bench/bench.h"

namespace lumbung::bench {
namespace {

using namespace api::bench;

void post(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  const Stream stream{
      .seed = 17, .accounts = static_cast<std::uint32_t>(sized(100'000)), .hot = false};
  const ScratchDirectory directory(disk());
  storage::Ledger::Options options;
  options.directory = directory.path();
  options.create = true;
  const auto ledger = storage::Ledger::open(options);
  open_bench_book(*ledger, stream);
  const auto opened = ledger->coop(bench_coop())->head;
  const auto commits_before = ledger->queue_status().commits;

  Entries entries(stream);
  std::uint64_t posted = 0;
  std::uint64_t done = 0;
  double seconds = 0;
  for (auto _ : state) {
    // Some batches an iteration, so that the pipeline is full and not just filling.
    const Posted some =
        api::bench::post(*ledger, entries, {.entries = 16 * batch, .batch = batch, .in_flight = 2});
    posted += some.entries;
    done += some.done;
    seconds += some.seconds;
    state.SetIterationTime(some.seconds);
  }
  if (done != posted) return fail(state, "an entry was refused");
  if (!NaiveBook(stream, posted).equals(*ledger)) return fail(state, "a balance is wrong");

  const auto commits = ledger->queue_status().commits - commits_before;
  const auto weight = weigh_journal(*ledger, bench_coop(), {opened.block_no.value + 1});
  const double raw = raw_seconds(commits, weight.bytes / commits);
  state.SetItemsProcessed(static_cast<std::int64_t>(posted));
  state.counters["bytes_per_entry"] =
      static_cast<double>(weight.bytes) / static_cast<double>(posted);
  state.counters["of_raw_wal"] = raw / seconds;
}

BENCHMARK(post)->Arg(1)->Arg(64)->Arg(1024)->Arg(8190)->UseManualTime()->Unit(
    benchmark::kMillisecond);

}  // namespace
}  // namespace lumbung::bench
