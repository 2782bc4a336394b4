// The codec: events to the bytes of a block and back, a block of 8,190 two-leg entries at a time.
// Decoding believes nothing: checksum, hash and canonical form are checked. `of_raw_wal` is the
// time the log takes to write and sync such a block over the time spent here.
#include "bench/bench.h"
#include "storage/codec.h"

namespace lumbung::bench {
namespace {

using namespace api::bench;

Stream stream() {
  return {.seed = 23, .accounts = 100'000, .hot = false};
}

std::vector<engine::Event> some_events() {
  Entries entries(stream());
  std::vector<engine::Event> events(sized(storage::kBlockEventsMax));
  for (std::size_t i = 0; i < events.size(); ++i) {
    engine::Command command = entries.next_command();
    events[i].no = {i + 1};
    events[i].booking_date = engine::date_of({2026, 1, 1});
    events[i].at = {1'767'200'000'000'000};
    events[i].key = command.key;
    events[i].body =
        engine::EntryPosted{std::move(std::get<engine::PostEntry>(command.body).entry)};
  }
  return events;
}

storage::Block encode(const std::vector<engine::Event>& events, storage::BlockBuilder& builder) {
  for (const engine::Event& event : events) builder.append(event);
  storage::BlockHeader header;
  header.coop = bench_coop();
  header.block_no = {1};
  header.epoch = 1;
  return builder.seal(header);
}

/// Sum over rows of what a row moves; the naive fold's is asked of the stream itself.
struct Fold {
  std::uint64_t rows = 0;
  std::uint64_t handles = 0;
  std::int64_t minor = 0;
  friend bool operator==(const Fold&, const Fold&) = default;
};

Fold fold_of(std::string_view bytes) {
  Fold fold;
  const auto parsed = storage::BlockView::parse(bytes, storage::Trust::kNothing);
  const auto* view = std::get_if<storage::BlockView>(&parsed);
  if (view == nullptr) return fold;
  storage::BlockView::Rows rows(*view);
  for (engine::Event event; rows.next(event);) {
    const engine::Entry& entry = *engine::entry_of(event.body);
    ++fold.rows;
    fold.handles += entry.legs[0].account.value + entry.legs[1].account.value;
    fold.minor += entry.legs[0].amount.minor;
  }
  return fold;
}

Fold naive_fold(std::uint64_t rows) {
  Fold fold;
  Entries entries(stream());
  for (; fold.rows < rows; ++fold.rows) {
    const Movement movement = entries.next();
    fold.handles += movement.debit + movement.credit;
    fold.minor += movement.minor;
  }
  return fold;
}

void report(benchmark::State& state, double seconds, std::size_t events, std::size_t bytes) {
  const auto blocks = state.iterations();
  state.SetItemsProcessed(blocks * static_cast<std::int64_t>(events));
  state.SetBytesProcessed(blocks * static_cast<std::int64_t>(bytes));
  const std::uint64_t commits = sized(200);
  state.counters["of_raw_wal"] = raw_seconds(commits, bytes) / static_cast<double>(commits) /
                                 (seconds / static_cast<double>(blocks));
}

void encode_block(benchmark::State& state) {
  const auto events = some_events();
  storage::BlockBuilder builder;
  storage::Block block;
  const Stopwatch watch;
  for (auto _ : state) {
    block = encode(events, builder);
    benchmark::DoNotOptimize(block.bytes.data());
  }
  const double seconds = watch.seconds();
  if (!(fold_of(block.bytes) == naive_fold(events.size()))) {
    return fail(state, "the block does not say what was put into it");
  }
  report(state, seconds, events.size(), block.bytes.size());
}

void decode_block(benchmark::State& state) {
  const auto events = some_events();
  storage::BlockBuilder builder;
  const storage::Block block = encode(events, builder);
  Fold fold;
  const Stopwatch watch;
  for (auto _ : state) {
    fold = fold_of(block.bytes);
    benchmark::DoNotOptimize(fold);
  }
  const double seconds = watch.seconds();
  if (!(fold == naive_fold(events.size()))) return fail(state, "the rows read are others");
  report(state, seconds, events.size(), block.bytes.size());
}

BENCHMARK(encode_block)->Unit(benchmark::kMicrosecond);
BENCHMARK(decode_block)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace lumbung::bench
