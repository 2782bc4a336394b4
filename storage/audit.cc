#include "storage/audit.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "engine/bytes.h"
#include "engine/rules.h"
#include "storage/chain.h"
#include "storage/damage.h"
#include "storage/head_file.h"
#include "storage/key.h"
#include "storage/key_table.h"
#include "storage/projections.h"
#include "storage/recovery.h"
#include "storage/run.h"
#include "storage/snapshot.h"

namespace lumbung::storage {
namespace {

using namespace engine;

/// Bytes of the block that begins with that event, as long as the auditor needs them.
using ReadBlock = std::function<std::string(std::size_t place)>;

/// A base of its own, so that the book is there before the view of it.
struct Audited {
  AuditedBook audited_;
};

/// Replays one cooperative's blocks into an empty book, by the rules alone.
class BookAuditor final : private Audited, public View {
 public:
  BookAuditor(CoopId coop, std::vector<AuditFinding>& findings, ReadBlock read)
      : View(audited_.book), findings_(findings), read_(std::move(read)), chain_(coop) {
    audited_.coop = coop;
  }

  /// One block, in order; `place` is what `read` will be asked with. Calls `begin` with its header and
  /// `each` with every event that was applied. Nothing more once the book cannot be followed.
  template <class Begin, class Each>
  void feed(std::string_view bytes, std::size_t place, const Begin& begin, const Each& each) {
    std::string repaired;
    auto parsed = BlockView::parse(bytes, Trust::kNothing);
    if (const auto* error = std::get_if<CodecError>(&parsed)) {
      report_damage(bytes, *error, repaired);
      if (repaired.empty()) return lose();
      bytes = repaired;
      parsed = BlockView::parse(bytes, Trust::kNothing);
      if (!std::holds_alternative<BlockView>(parsed)) return lose();
    }
    const auto& view = std::get<BlockView>(parsed);
    if (const auto broken = chain_.follow(view)) {
      AuditFinding finding = at_block(view.header().block_no);
      finding.column = "header." + std::string(broken->field);
      finding.what = broken->what;
      findings_.push_back(std::move(finding));
      return lose();
    }
    if (!followed_) return;
    blocks_.push_back({view.header().first_event, place});
    ++audited_.blocks;
    begin(view.header());
    replay(view, each);
  }

  std::optional<Event> event(EventNo no) const override {
    const auto after = std::upper_bound(
        blocks_.begin(), blocks_.end(), no,
        [](EventNo wanted, const Place& place) { return wanted < place.first_event; });
    if (after == blocks_.begin()) return std::nullopt;
    const std::string bytes = read_(std::prev(after)->place);
    const auto parsed = BlockView::parse(bytes, Trust::kBytes);
    const auto* view = std::get_if<BlockView>(&parsed);
    if (view == nullptr || no < view->header().first_event || no > view->header().last_event()) {
      return std::nullopt;
    }
    BlockView::Rows rows(*view);
    rows.skip_to(static_cast<std::uint32_t>(no.value - view->header().first_event.value));
    Event event;
    if (!rows.next(event)) return std::nullopt;
    return event;
  }

  const CoopId& coop() const { return audited_.coop; }
  const Head& head() const { return chain_.head(); }
  bool followed() const { return followed_; }
  AuditedBook take() {
    audited_.head = chain_.head();
    return std::move(audited_);
  }
  AuditFinding at_block(BlockNo no) const {
    AuditFinding finding;
    finding.coop = audited_.coop;
    finding.block_no = no;
    return finding;
  }

 private:
  struct Place {
    EventNo first_event;
    std::size_t place;
  };

  void report_damage(std::string_view bytes, const CodecError& error, std::string& repaired) {
    AuditFinding finding = at_block({chain_.head().block_no.value + 1});
    finding.offset = error.offset;
    finding.column = error.column;
    finding.what = error.what;
    if (const auto changed = find_changed_byte(bytes)) {
      finding.offset = changed->offset;
      finding.column = place_name(bytes, changed->offset);
      const char raw[] = {static_cast<char>(changed->is), static_cast<char>(changed->was)};
      finding.what = "one byte was changed: it is 0x" + hex({raw, 1}) + " and was 0x" +
                     hex({raw + 1, 1});
      repaired = bytes;
      repaired[changed->offset] = raw[1];
    }
    findings_.push_back(std::move(finding));
  }

  void lose() { followed_ = false; }

  template <class Each>
  void replay(const BlockView& view, const Each& each) {
    BlockView::Rows rows(view);
    Event event;
    while (rows.next(event)) {
      if (auto finding = wrong_with(view, event)) {
        findings_.push_back(std::move(*finding));
        return lose();
      }
      audited_.book.apply(event);
      each(event);
    }
    if (!rows.error()) return;
    AuditFinding finding = at_block(view.header().block_no);
    finding.offset = rows.error()->offset;
    finding.column = rows.error()->column;
    finding.what = rows.error()->what;
    findings_.push_back(std::move(finding));
    lose();
  }

  std::optional<AuditFinding> wrong_with(const BlockView& view, const Event& event) {
    AuditFinding finding = at_block(view.header().block_no);
    finding.event = event.no;
    if (const auto violation = event_violation(*this, event)) {
      finding.field = violation->field;
      finding.what = "breaks rule I" + std::to_string(violation->invariant) + ": " +
                     std::string(sentence_of(violation->refusal.code));
      return finding;
    }
    if (const auto wrong = wrong_request(event)) {
      finding.field = wrong->field;
      finding.what = "breaks rule I3: " + wrong->what;
      return finding;
    }
    if (event.key.empty()) return std::nullopt;
    const std::uint64_t print = fingerprint(event.principal, event.key);
    const auto twin = keys_.find(print, [&](EventNo no) {
      const auto known = this->event(no);
      return known && known->principal == event.principal && known->key == event.key;
    });
    if (twin) {
      finding.field = "key";
      finding.what = "breaks rule I3: event " + std::to_string(twin->value) + " has the same key";
      return finding;
    }
    keys_.insert(print, event.no);
    return std::nullopt;
  }

  struct WrongRequest {
    std::string_view field;
    std::string what;
  };

  /// What an event says of the request that it answers: a key and a digest where there must be, none
  /// where there must not.
  std::optional<WrongRequest> wrong_request(const Event& event) {
    const bool is_entry = std::holds_alternative<EntryPosted>(event.body);
    const bool follows = batch_left_ > 0;  // of an atomic batch only the first event has the key
    if (follows) --batch_left_;
    if (event.batch_size > 0) batch_left_ = event.batch_size - 1;
    if ((follows || event.batch_size > 0) && !is_entry) {
      return WrongRequest{"batch_size", "an atomic batch has entries only"};
    }
    if (follows && (!event.key.empty() || event.batch_size > 0)) {
      return WrongRequest{"key_form", "a key within an atomic batch"};
    }
    if (!follows && event.key.empty()) {
      return WrongRequest{"key_form", "an event without an idempotency key"};
    }
    const auto request = request_of(event.body);
    if (request && event.digest != digest_of(*request)) {
      return WrongRequest{"digest", "not the digest of what happened, which is what was asked"};
    }
    return std::nullopt;
  }

  std::vector<AuditFinding>& findings_;
  ReadBlock read_;
  Chain chain_;
  std::vector<Place> blocks_;
  KeyTable keys_;
  std::uint32_t batch_left_ = 0;
  bool followed_ = true;
};

/// Heads known from elsewhere: the chain must pass through each.
void check_known_head(const Heads& known, const CoopId& coop, const Head& reached,
                      std::vector<AuditFinding>& findings) {
  const auto found = known.find(coop);
  if (found == known.end() || found->second.block_no != reached.block_no) return;
  if (found->second.hash == reached.hash) return;
  AuditFinding finding;
  finding.coop = coop;
  finding.block_no = reached.block_no;
  finding.column = "hash";
  finding.what = "the known head has hash " + hex(found->second.hash) + " here, this chain has " +
                 hex(reached.hash) + ": it was rewritten";
  findings.push_back(std::move(finding));
}

void check_reached(const Heads& known, const std::vector<AuditedBook>& books,
                   std::vector<AuditFinding>& findings) {
  for (const auto& [coop, head] : known) {
    const auto book = std::ranges::find(books, coop, &AuditedBook::coop);
    const BlockNo end = book == books.end() ? BlockNo{} : book->head.block_no;
    if (end >= head.block_no) continue;
    AuditFinding finding;
    finding.coop = coop;
    finding.block_no = end;
    finding.what = "the journal ends at block " + std::to_string(end.value) +
                   ", the known head is block " + std::to_string(head.block_no.value);
    findings.push_back(std::move(finding));
  }
}

/// The first `length` bytes end in their own checksum.
bool has_checksum(std::string_view bytes, std::size_t length) {
  const auto stored = ByteReader(bytes.substr(length - 4, 4)).get<std::uint32_t>();
  return stored == crc32c(bytes.substr(0, length - 4));
}

/// Where the next block begins: where the length of this one says, if anything bears that out, for any
/// byte may be the changed one; else at the next magic.
std::size_t next_block_at(std::string_view file, std::size_t at) {
  const std::string_view rest = file.substr(at);
  if (rest.size() >= kHeaderBytes) {
    const std::size_t length =
        kHeaderBytes + ByteReader(rest.substr(104)).get<std::uint32_t>() + kTrailerBytes;
    if (length == rest.size()) return file.size();
    if (length < rest.size() && (rest.substr(length, 4) == "LMBG" || has_checksum(rest, length))) {
      return at + length;
    }
  }
  const std::size_t found = file.find("LMBG", at + 1);
  return found == std::string_view::npos ? file.size() : found;
}

using Auditors = std::map<CoopId, std::unique_ptr<BookAuditor>>;

/// Whose chain a block belongs to: what it says itself, unless that is what was changed. nullopt: that
/// of the block before.
std::optional<CoopId> coop_of(std::string_view block, const Auditors& auditors) {
  const auto id_in = [](std::string_view bytes) {
    const std::string_view raw = bytes.substr(8, kCoopBytes);
    return CoopId::parse(raw.substr(0, std::min(raw.find('\0'), raw.size())));
  };
  if (block.size() < kHeaderBytes) return std::nullopt;
  const auto id = id_in(block);
  if (id && (auditors.contains(*id) ||
             std::holds_alternative<BlockView>(BlockView::parse(block, Trust::kNothing)))) {
    return id;
  }
  const auto changed = find_changed_byte(block);
  if (!changed) return std::nullopt;
  std::string repaired(block);
  repaired[changed->offset] = static_cast<char>(changed->was);
  return id_in(repaired);
}

// --- a data directory: what is derived ---

/// Compares the rows of every full run, as they are made anew, with the rows that are stored.
class ProjectionAuditor {
 public:
  ProjectionAuditor(const Store& store, CoopId coop, std::vector<AuditFinding>& findings)
      : store_(store), coop_(coop), findings_(findings), run_(std::make_unique<Run>(EventNo{1})) {
    const auto run_events = store.get(Family::kMeta, "run_events");
    run_events_ = run_events ? std::stoull(*run_events) : ~std::uint64_t{0};
    indexed_ = load_indexed(store, coop);
    for (const Projection& projection : projections()) collect(projection);
  }

  void begin_block(const BlockHeader& header) {
    if (run_->event_count() >= run_events_) finish_run();
    run_->begin_block(header);
  }
  void add(const Event& event) { run_->add(event); }

  void finish() {
    if (run_->event_count() >= run_events_) finish_run();
    for (std::size_t i = 0; i < projections().size(); ++i) {
      if (made_[i] == stored_[i]) continue;
      AuditFinding finding;
      finding.coop = coop_;
      finding.what = "projection " + std::string(projections()[i].name) +
                     " differs from what the journal implies: rebuild it";
      findings_.push_back(std::move(finding));
    }
  }

 private:
  // Rows are compared through a hash over all of them in key order within each run: rows of one run
  // interleave with those of others in the store, so both sides are summed a row at a time.
  using Sum = std::array<std::uint64_t, 4>;
  static void add_row(Sum& sum, std::string_view key, std::string_view value) {
    Sha256 hash;
    std::string length;
    put_ordered(length, static_cast<std::uint64_t>(key.size()));
    hash.update(length);
    hash.update(key);
    hash.update(value);
    const Hash digest = hash.finish();
    for (std::size_t i = 0; i < sum.size(); ++i) {
      std::uint64_t word;
      std::memcpy(&word, digest.data() + 8 * i, 8);
      sum[i] += word;
    }
  }

  void collect(const Projection& projection) {
    Sum sum{};
    const std::string prefix = coop_prefix(coop_);
    Store::Cursor cursor = store_.cursor(projection.family);
    for (cursor.seek(prefix); cursor.at_prefix(prefix); cursor.next()) {
      // Behind what is indexed stands what a crash left of the next run; it is made again, the same.
      const std::string_view event = cursor.key().substr(projection.event_at);
      if (get_ordered<std::uint64_t>(event) > indexed_.value) continue;
      add_row(sum, cursor.key(), cursor.value());
    }
    stored_.push_back(sum);
    made_.push_back({});
  }

  void finish_run() {
    if (run_->last_event() <= indexed_) {
      for (std::size_t i = 0; i < projections().size(); ++i) {
        for (const Row& row : projections()[i].rows(coop_, *run_, opening_)) {
          add_row(made_[i], row.key, row.value);
        }
      }
    }
    opening_.add(*run_);
    run_ = std::make_unique<Run>(EventNo{run_->last_event().value + 1});
  }

  const Store& store_;
  CoopId coop_;
  std::vector<AuditFinding>& findings_;
  std::uint64_t run_events_ = 0;
  EventNo indexed_{};
  std::unique_ptr<Run> run_;
  OpeningTotals opening_;
  std::vector<Sum> stored_;
  std::vector<Sum> made_;
};

void refuse_if_open(const std::filesystem::path& directory) {
  const int fd = ::open((store_directory(directory) / "LOCK").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool locked = ::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(fd);
  if (locked) throw StoreBusy("another process has this data directory open");
}

void note(std::vector<AuditFinding>& findings, const CoopId& coop, std::string what) {
  AuditFinding finding;
  finding.coop = coop;
  finding.what = std::move(what);
  findings.push_back(std::move(finding));
}

class DirectoryAuditor {
 public:
  DirectoryAuditor(const Store& store, std::array<const Heads*, 2> known, const Progress& progress,
                   AuditReport& report)
      : store_(store), known_(known), progress_(progress), report_(report) {}

  void run() {
    Store::Cursor cursor = store_.cursor(Family::kJournal);
    for (cursor.seek(""); cursor.valid();) {
      const CoopId coop = coop_in_key(cursor.key());
      audit(coop, cursor);
    }
  }

 private:
  void audit(const CoopId& coop, Store::Cursor& cursor) {
    const ReadBlock read = [&](std::size_t block_no) {
      return store_.get(Family::kJournal, journal_key(coop, {block_no})).value_or("");
    };
    BookAuditor auditor(coop, report_.findings, read);
    ProjectionAuditor derived(store_, coop, report_.findings);
    const std::optional<Snapshot> snapshot = snapshot_of(coop);
    bool snapshot_met = !snapshot;
    const std::string prefix = coop_prefix(coop);
    for (; cursor.at_prefix(prefix); cursor.next()) {
      done_ += cursor.value().size();
      if (progress_) progress_(done_, 0);
      const auto place = get_ordered<std::uint64_t>(cursor.key().substr(prefix.size()));
      if (place != auditor.head().block_no.value + 1 && auditor.followed()) {
        note(report_.findings, coop, "block " +
                                         std::to_string(auditor.head().block_no.value + 1) +
                                         " is missing from the store");
      }
      auditor.feed(
          cursor.value(), place, [&](const BlockHeader& header) { derived.begin_block(header); },
          [&](const Event& event) { derived.add(event); });
      for (const Heads* heads : known_) {
        check_known_head(*heads, coop, auditor.head(), report_.findings);
      }
      if (snapshot && auditor.followed() && snapshot->head.block_no == auditor.head().block_no) {
        snapshot_met = true;
        if (snapshot->head != auditor.head() ||
            snapshot->book.image() != auditor.book().image()) {
          note(report_.findings, coop, "the snapshot differs from the replayed book: rebuild it");
        }
      }
    }
    if (!auditor.followed()) {
      report_.books.push_back(auditor.take());
      return;  // what is derived cannot be compared with a book that is not there
    }
    if (!snapshot_met) note(report_.findings, coop, "the snapshot is of a block that is not there");
    if (load_indexed(store_, coop) > auditor.head().last_event) {
      note(report_.findings, coop, "the index has events that the journal lost");
    }
    derived.finish();
    report_.books.push_back(auditor.take());
  }

  std::optional<Snapshot> snapshot_of(const CoopId& coop) {
    try {
      return load_snapshot(store_, coop);
    } catch (const StoreError& error) {
      note(report_.findings, coop, error.what());
      return std::nullopt;
    }
  }

  const Store& store_;
  std::array<const Heads*, 2> known_;
  const Progress& progress_;
  AuditReport& report_;
  std::uint64_t done_ = 0;
};

}  // namespace

AuditReport audit_file(const std::filesystem::path& path, const Heads& heads,
                       const Progress& progress) {
  AuditReport report;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw StoreError(path.string() + " cannot be read");
  const std::string file{std::istreambuf_iterator<char>(stream), {}};
  const ReadBlock read = [&](std::size_t at) {
    return file.substr(at, next_block_at(file, at) - at);
  };
  Auditors auditors;
  BookAuditor* last = nullptr;
  for (std::size_t at = 0; at < file.size();) {
    const std::size_t end = next_block_at(file, at);
    const std::string_view bytes = std::string_view(file).substr(at, end - at);
    const auto coop = coop_of(bytes, auditors);
    if (coop || last == nullptr) {
      auto& auditor = auditors[coop.value_or(CoopId{})];
      if (!auditor) {
        auditor = std::make_unique<BookAuditor>(coop.value_or(CoopId{}), report.findings, read);
      }
      last = auditor.get();
    }
    last->feed(bytes, at, [](const BlockHeader&) {}, [](const Event&) {});
    check_known_head(heads, last->coop(), last->head(), report.findings);
    at = end;
    if (progress) progress(at, file.size());
  }
  for (auto& [coop, auditor] : auditors) report.books.push_back(auditor->take());
  check_reached(heads, report.books, report.findings);
  return report;
}

AuditReport audit_directory(const std::filesystem::path& directory, const Heads& heads,
                            const Progress& progress) {
  AuditReport report;
  refuse_if_open(directory);
  Heads closed;
  try {
    closed = read_head_file(directory);
    refuse_damaged_log(directory);
    const auto store = Store::open(store_directory(directory), Store::Mode::kReadOnly);
    store->verify_checksums();
    DirectoryAuditor(*store, {&closed, &heads}, progress, report).run();
  } catch (const StoreBusy&) {
    throw;
  } catch (const std::runtime_error& error) {
    note(report.findings, CoopId{}, error.what());
    return report;
  }
  check_reached(closed, report.books, report.findings);
  check_reached(heads, report.books, report.findings);
  return report;
}

}  // namespace lumbung::storage
