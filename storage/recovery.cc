#include "storage/recovery.h"

#include <algorithm>
#include <future>

#include "storage/chain.h"
#include "storage/key.h"
#include "storage/snapshot.h"

namespace lumbung::storage {
namespace {

using namespace engine;

std::string name(const CoopId& coop) {
  return std::string(coop.text());
}

/// The hash of a stored block; nullopt when it is not there or cannot be read.
std::optional<Hash> hash_of_block(const Journal& journal, const CoopId& coop, BlockNo no) {
  std::optional<Hash> hash;
  journal.read(coop, no, [&](std::string_view bytes) {
    const auto parsed = BlockView::parse(bytes, Trust::kBytes);
    const auto* view = std::get_if<BlockView>(&parsed);
    if (view != nullptr && view->header().block_no == no) hash = view->hash();
    return false;
  });
  return hash;
}

/// Keys of what the index has, run by run.
void load_indexed_keys(const Store& store, const CoopId& coop, EventNo indexed, KeyTable& keys) {
  const std::string prefix = coop_prefix(coop);
  Store::Cursor cursor = store.cursor(Family::kKeys);
  for (cursor.seek(prefix); cursor.at_prefix(prefix); cursor.next()) {
    const std::uint64_t no = get_ordered<std::uint64_t>(cursor.key().substr(prefix.size()));
    if (no > indexed.value) break;
    keys.insert_all(read_fingerprints(cursor.value()), {no});
  }
}

void load_recent_keys(const PublishedBook& published, KeyTable& keys) {
  const auto [first, prints] = published.recent_keys();
  keys.insert_all(prints, first);
}

/// Takes full runs into the store on another thread while a replay makes the next.
class IndexBeside {
 public:
  IndexBeside(PublishedBook& published, Store& store) : published_(published), store_(store) {}
  /// Behind each block. Waits when a second run is full before the first is stored, so that memory
  /// stays bounded. Throws what the other thread has thrown.
  void look() {
    const std::size_t full = published_.full_runs();
    if (full == 0 || (full == 1 && running_.valid())) return;
    wait();
    running_ = std::async(std::launch::async, [this] { published_.index_one_run(store_); });
  }
  void finish() {
    wait();
    while (published_.index_one_run(store_)) continue;
  }

 private:
  void wait() {
    if (running_.valid()) running_.get();
  }

  PublishedBook& published_;
  Store& store_;
  std::future<void> running_;  // its end is waited for when this one is destroyed
};

/// The snapshot, if the journal still passes through the block it stands for.
PublishedBook::Start load_start(const Store& store, const Journal& journal, const CoopId& coop,
                                EventNo indexed) {
  PublishedBook::Start start;
  auto snapshot = load_snapshot(store, coop);
  if (!snapshot) return start;
  if (hash_of_block(journal, coop, snapshot->head.block_no) != snapshot->head.hash) {
    throw JournalDamaged("the journal of " + name(coop) + " lost block " +
                         std::to_string(snapshot->head.block_no.value) +
                         ", for which there is a snapshot");
  }
  start.book = std::move(snapshot->book);
  start.head = snapshot->head;
  start.indexed = indexed;
  return start;
}

/// The block to read from so that every event after `indexed` comes by.
BlockNo first_block_after(const Store& store, const CoopId& coop, EventNo indexed) {
  if (indexed.value == 0) return {1};
  Store::Cursor cursor = store.cursor(Family::kLocator);
  cursor.seek_for_prev(event_key(coop, indexed));
  if (!cursor.at_prefix(coop_prefix(coop))) {
    throw StoreError("the locator lacks what the index has: rebuild the projections");
  }
  return {read_locator(cursor.value()).block_no.value + 1};
}

/// The chain as it stands before that block.
Chain chain_before(const Journal& journal, const CoopId& coop, BlockNo from) {
  if (from.value <= 1) return Chain(coop);
  Head head;
  journal.read(coop, {from.value - 1}, [&](std::string_view bytes) {
    const auto parsed = BlockView::parse(bytes, Trust::kNothing);
    const auto* view = std::get_if<BlockView>(&parsed);
    if (view != nullptr)
      head = {view->header().block_no, view->hash(), view->header().last_event()};
    return false;
  });
  if (head.block_no.value + 1 != from.value) {
    throw JournalDamaged("block " + std::to_string(from.value - 1) + " of " + name(coop) +
                         " is missing or damaged");
  }
  return Chain(coop, head);
}

}  // namespace

void refuse_damaged_log(const std::filesystem::path& data) {
  const auto tear = find_log_tear(store_directory(data));
  if (!tear || tear->known_durable.empty()) return;
  // Read-only, so that the evidence stays.
  const auto store = Store::open(store_directory(data), Store::Mode::kReadOnly);
  for (const auto& [coop, durable] : tear->known_durable) {
    if (durable.value == 0 || store->get(Family::kJournal, journal_key(coop, durable))) continue;
    throw JournalDamaged("the write-ahead log is damaged in its middle, " + tear->place +
                         ": block " + std::to_string(durable.value) + " of " + name(coop) +
                         " was durable and cannot be read");
  }
}

void check_heads(const Heads& known, const Journal& journal) {
  for (const auto& [coop, head] : known) {
    if (journal.head(coop).block_no < head.block_no) {
      throw JournalDamaged("the journal of " + name(coop) + " ends at block " +
                           std::to_string(journal.head(coop).block_no.value) +
                           ", but at the last clean close it had block " +
                           std::to_string(head.block_no.value));
    }
    if (hash_of_block(journal, coop, head.block_no) != head.hash) {
      throw JournalDamaged("block " + std::to_string(head.block_no.value) + " of " + name(coop) +
                           " is not the one that HEAD names");
    }
  }
}

RecoveredBook recover_book(Store& store, const Journal& journal, const CoopId& coop,
                           std::uint64_t run_events, bool trust_snapshots) {
  RecoveredBook recovered;
  recovered.published = std::make_shared<PublishedBook>(store, journal, coop, run_events);
  PublishedBook& published = *recovered.published;
  const EventNo indexed = load_indexed(store, coop);
  const Head last = journal.head(coop);
  if (indexed > last.last_event) {
    throw JournalDamaged("the index of " + name(coop) + " has event " +
                         std::to_string(indexed.value) + ", which the journal lost");
  }
  PublishedBook::Start start;
  start.indexed = indexed;
  if (trust_snapshots) start = load_start(store, journal, coop, indexed);
  const bool replays_all = start.head.block_no.value == 0;
  // A crash may lose a snapshot and keep what was indexed before it, or the other way round: read
  // from the first block that either does not have.
  const BlockNo behind_snapshot{start.head.block_no.value + 1};
  const BlockNo from = replays_all
                           ? behind_snapshot
                           : std::min(behind_snapshot, first_block_after(store, coop, indexed));
  // Without a snapshot every block is applied; what the index has already is not put into runs
  // again.
  start.indexed = indexed;
  published.start_from(std::move(start));
  Chain chain = chain_before(journal, coop, from);
  // Only with an index that begins with the book are the totals before a run known already.
  const bool makes_index = replays_all && indexed.value == 0;
  IndexBeside index(published, store);
  journal.read(coop, from, [&](std::string_view bytes) {
    const std::string place =
        "block " + std::to_string(chain.head().block_no.value + 1) + " of " + name(coop) + ": ";
    const auto parsed = BlockView::parse(bytes, Trust::kNothing);
    if (const auto* error = std::get_if<CodecError>(&parsed)) {
      throw JournalDamaged(place + std::string(error->column) + ": " + error->what);
    }
    const auto& view = std::get<BlockView>(parsed);
    if (const auto broken = chain.follow(view)) throw JournalDamaged(place + broken->what);
    published.publish(view, /*check_rules=*/true);
    if (makes_index) index.look();
    return true;
  });
  if (makes_index) index.finish();
  if (chain.head() != last) throw JournalDamaged("the journal of " + name(coop) + " has a gap");
  published.settle_opening_totals();
  load_indexed_keys(store, coop, published.indexed(), recovered.keys);
  load_recent_keys(published, recovered.keys);
  return recovered;
}

}  // namespace lumbung::storage
