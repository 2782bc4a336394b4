// The wire of a batch: the JSON of 8,190 entries to commands, and their answers to JSON; and what
// making such commands costs the benchmarks that post, since that is inside their rates.
// `of_raw_wal` is the time the log takes to write and sync the JSON over the time spent here.
#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "api/bench_body.h"
#include "api/directory.h"
#include "api/wire.h"
#include "bench/bench.h"
#include "storage/codec.h"

namespace lumbung::bench {
namespace {

using namespace api::bench;

Stream stream() {
  return {.seed = 37, .accounts = static_cast<std::uint32_t>(sized(100'000))};
}
std::size_t batch_size() {
  return sized(storage::kBlockEventsMax);
}

void report(benchmark::State& state, double seconds, std::size_t bytes) {
  const auto batches = state.iterations();
  state.SetItemsProcessed(batches * static_cast<std::int64_t>(batch_size()));
  state.SetBytesProcessed(batches * static_cast<std::int64_t>(bytes));
  const std::uint64_t commits = sized(200);
  state.counters["of_raw_wal"] = raw_seconds(commits, bytes) / static_cast<double>(commits) /
                                 (seconds / static_cast<double>(batches));
}

/// A ledger whose accounts the entries name.
class OpenBook {
 public:
  OpenBook() : directory_(disk()) {
    storage::Ledger::Options options;
    options.directory = directory_.path();
    options.create = true;
    ledger_ = storage::Ledger::open(std::move(options));
    open_bench_book(*ledger_, stream());
  }
  const storage::Ledger& ledger() const { return *ledger_; }

 private:
  ScratchDirectory directory_;
  std::unique_ptr<storage::Ledger> ledger_;
};

bool same_command(const engine::Command& command, const engine::Command& other) {
  return command.key == other.key && command.principal == other.principal &&
         command.body == other.body;
}

void decode_batch(benchmark::State& state) {
  const OpenBook book;
  Entries entries(stream());
  const std::string body = batch_body(entries, batch_size());
  api::json::Parser parser;
  api::Directory directory(book.ledger(), bench_coop());
  api::Decoded<api::Batch> decoded;
  const Stopwatch watch;
  for (auto _ : state) {
    decoded = api::decode_batch(parser, body, directory, engine::kOperator);
    benchmark::DoNotOptimize(decoded);
  }
  const double seconds = watch.seconds();
  const auto expected = Entries(stream()).next_batch(batch_size());
  if (!decoded.ok() || !std::ranges::equal(decoded.value.commands, expected, same_command)) {
    return fail(state, "the commands are others than were written down");
  }
  report(state, seconds, body.size());
}

/// Sum of the event numbers in an answer; 0 of what is none.
std::uint64_t events_in(std::string_view answer) {
  static constexpr std::array kItems{api::json::FieldSpec{"items", api::json::kRequired}};
  std::uint64_t sum = 0;
  const auto add_item = [&](std::size_t, api::json::Value& item) {
    return item.map(16, [&](std::string_view name, api::json::Value& value) {
      std::uint64_t event = 0;
      if (name != "event") return value.skip();
      const bool read = value.integer(event);
      sum += event;
      return read;
    });
  };
  const auto errors = api::json::Parser().object(
      answer, kItems,
      [&](std::size_t, api::json::Value& items) { return items.array(0, batch_size(), add_item); });
  return errors.empty() ? sum : 0;
}

void render_batch(benchmark::State& state) {
  const OpenBook book;
  api::Directory directory(book.ledger(), bench_coop());
  std::vector<storage::Answer> answers(batch_size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    answers[i].outcome = storage::Answer::Outcome::kDone;
    answers[i].event = {i + 1};
    answers[i].booking_date = engine::date_of({2026, 1, 1});
    answers[i].at = {1'767'200'000'000'000};
  }
  std::string body;
  const Stopwatch watch;
  for (auto _ : state) {
    body.clear();
    api::json::Writer out(body);
    api::render_batch(out, answers, directory);
    benchmark::DoNotOptimize(body.data());
  }
  const double seconds = watch.seconds();
  const std::uint64_t count = batch_size();
  if (events_in(body) != count * (count + 1) / 2) return fail(state, "an answer is missing");
  report(state, seconds, body.size());
}

void make_commands(benchmark::State& state) {
  Entries entries(stream());
  std::int64_t minor = 0;
  const auto fold = [](std::int64_t sum, const engine::Command& command) {
    return sum + std::get<engine::PostEntry>(command.body).entry.legs[0].amount.minor;
  };
  for (auto _ : state) {
    const auto batch = entries.next_batch(batch_size());
    minor = std::accumulate(batch.begin(), batch.end(), minor, fold);
  }
  Entries again(stream());
  std::int64_t naive = 0;
  while (again.made() < entries.made()) naive += again.next().minor;
  if (minor != naive) return fail(state, "the commands move something else than the stream");
  state.SetItemsProcessed(static_cast<std::int64_t>(entries.made()));
}

BENCHMARK(decode_batch)->Unit(benchmark::kMicrosecond);
BENCHMARK(render_batch)->Unit(benchmark::kMicrosecond);
BENCHMARK(make_commands)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace lumbung::bench
