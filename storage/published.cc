#include "storage/published.h"

#include <algorithm>

#include "engine/check.h"
#include "engine/rules.h"
#include "storage/key.h"
#include "storage/key_table.h"
#include "storage/snapshot.h"

namespace lumbung::storage {
namespace {

using namespace engine;

// Rows whose accounts are on their way from memory while one is applied.
constexpr std::size_t kPrefetchAhead = 8;
// Events behind a snapshot for each account in it before there is another. An account's image is
// some hundred bytes: these are then a quarter of what the log has of an event, and opening replays
// at most so many and a run.
constexpr std::uint64_t kEventsAnAccount = 4;

/// Reads events of the past for the rules: the book being published, the blocks below it.
class PublishedView final : public View {
 public:
  PublishedView(const Book& book, const std::function<std::optional<Event>(EventNo)>& read)
      : View(book), read_(read) {}
  std::optional<Event> event(EventNo no) const override { return read_(no); }

 private:
  const std::function<std::optional<Event>(EventNo)>& read_;
};

void add_signed(Totals& totals, std::int64_t amount) {
  (amount > 0 ? totals.debits : totals.credits) +=
      static_cast<Uint128>(amount > 0 ? amount : -amount);
}

void take_signed(Totals& totals, std::int64_t amount) {
  (amount > 0 ? totals.debits : totals.credits) -=
      static_cast<Uint128>(amount > 0 ? amount : -amount);
}

/// Balance on the normal side moved by a posting.
Int128 effect_of(Side normal, std::int64_t amount) {
  return normal == Side::kDebit ? Int128{amount} : -Int128{amount};
}

StatementLine line_of(EventNo event, std::uint32_t leg, std::int64_t amount, Int128 balance_after) {
  return {event,
          leg,
          amount > 0 ? Side::kDebit : Side::kCredit,
          Amount{amount > 0 ? amount : -amount},
          balance_after,
          {}};
}

bool is_before(EventNo event, std::uint32_t leg, const std::optional<StatementPlace>& place) {
  return !place || event < place->event || (event == place->event && leg < place->leg);
}

}  // namespace

PublishedBook::PublishedBook(const Store& store, const Journal& journal, CoopId coop,
                             std::uint64_t run_events)
    : store_(store), journal_(journal), coop_(coop), run_events_(run_events) {
  runs_.push_back(std::make_shared<Run>(EventNo{1}));
}

void PublishedBook::start_from(Start start) {
  const std::unique_lock lock(mutex_);
  book_ = std::move(start.book);
  head_ = start.head;
  durable_block_ = head_.block_no.value;
  saved_ = start.head.last_event;
  indexed_ = start.indexed;
  runs_.clear();
  runs_.push_back(std::make_shared<Run>(EventNo{indexed_.value + 1}));
}

void PublishedBook::rotate_if_full() {
  if (runs_.back()->event_count() < run_events_) return;
  const EventNo first{runs_.back()->last_event().value + 1};
  runs_.push_back(std::make_shared<Run>(first, book_.account_count()));
}

std::size_t PublishedBook::publish(const BlockView& block, bool check_rules) {
  const std::unique_lock lock(mutex_);
  // Blocks are applied and indexed whole, so one look at the first event tells for all.
  const bool apply = block.header().first_event > book_.last_event();
  const bool index = block.header().first_event > indexed_;
  if (apply && index && !opening_known_) set_opening_totals();
  Run& run = *runs_.back();
  if (index) run.begin_block(block.header());
  // An event that this very block or an unread one refers to: the lock is ours already.
  const std::function<std::optional<Event>(EventNo)> read =
      [&](EventNo no) -> std::optional<Event> {
    if (no >= block.header().first_event && no <= block.header().last_event()) {
      return block.event(static_cast<std::uint32_t>(no.value - block.header().first_event.value));
    }
    std::optional<Event> found;
    const auto at = block_of(no);
    if (!at) return found;
    journal_.read(coop_, *at, [&](std::string_view bytes) {
      const auto parsed = BlockView::parse(bytes, Trust::kBytes);
      const auto* view = std::get_if<BlockView>(&parsed);
      if (view != nullptr) {
        found =
            view->event(static_cast<std::uint32_t>(no.value - view->header().first_event.value));
      }
      return false;
    });
    return found;
  };
  const PublishedView view(book_, read);
  const BlockHeader& header = block.header();
  // Sequence and record time are the same question for all rows of a block.
  const bool follows = book_.opened() && header.stamped_time >= book_.last_time() &&
                       header.first_event.value == book_.last_event().value + 1;
  const auto stands = [&](const BlockView::Rows::Simple& row) {
    return follows && header.business_date == book_.open_day() &&
           book_.has_principal(row.principal) && holds(book_, row.entry);
  };
  BlockView::Rows rows(block);
  BlockView::Rows::Simple simple;
  Event event;
  while (rows.row() < header.count) {
    block.accounts_ahead(rows.row() + kPrefetchAhead, [&](AccountHandle account) {
      book_.prefetch(account);
      run.prefetch(account);
    });
    const EventNo no{header.first_event.value + rows.row()};
    if (rows.peek(simple) && (!apply || !check_rules || stands(simple))) {
      if (apply) book_.apply(no, header.stamped_time, simple.entry);
      if (index) {
        const auto print = fingerprint(simple.principal, Key::Form::kUuid, simple.uuid);
        run.add(no, print, simple.entry);
      }
      rows.pass_simple();
      continue;
    }
    if (!rows.next(event)) break;
    if (apply && check_rules) {
      if (const auto violation = event_violation(view, event)) {
        throw JournalDamaged("event " + std::to_string(event.no.value) + " of " +
                             std::string(coop_.text()) + " breaks rule I" +
                             std::to_string(violation->invariant) + " in its " +
                             std::string(violation->field) + ": " +
                             std::string(sentence_of(violation->refusal.code)));
      }
    }
    if (apply) book_.apply(event);
    if (index) run.add(event);
  }
  if (rows.error()) throw JournalDamaged(rows.error()->what);
  if (apply) {
    head_ = {header.block_no, block.hash(), header.last_event()};
    durable_block_.store(header.block_no.value, std::memory_order_release);
  }
  rotate_if_full();
  return runs_.size() - 1;
}

void PublishedBook::set_opening_totals() {
  opening_.lines.assign(book_.account_count() + 1, {});
  for (std::uint32_t h = 1; h <= book_.account_count(); ++h) {
    opening_.lines[h] = {book_.account({h}).debits, book_.account({h}).credits};
  }
  opening_known_ = true;
}

void PublishedBook::settle_opening_totals() {
  const std::unique_lock lock(mutex_);
  set_opening_totals();
  for (const auto& run : runs_) {
    for (const Run::Posting& p : run->postings()) {
      OpeningTotals::Line& line = opening_.lines[p.account];
      (p.amount > 0 ? line.debits : line.credits) -=
          static_cast<Uint128>(p.amount > 0 ? p.amount : -p.amount);
    }
  }
}

std::size_t PublishedBook::full_runs() const {
  const std::shared_lock lock(mutex_);
  return runs_.size() - 1;
}

std::pair<EventNo, std::vector<std::uint64_t>> PublishedBook::recent_keys() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::uint64_t> prints;
  for (const auto& run : runs_) {
    prints.insert(prints.end(), run->keys().begin(), run->keys().end());
  }
  return {runs_.front()->first_event(), std::move(prints)};
}

bool PublishedBook::index_one_run(Store& store) {
  std::shared_ptr<const Run> run;
  {
    const std::shared_lock lock(mutex_);
    if (runs_.size() < 2) return false;
    run = runs_.front();
  }
  // Only this thread moves opening_, so it may be read without the lock.
  for (const Projection& projection : projections()) {
    store.ingest(projection.family,
                 [&](const Store::PutRow& put) { projection.write(coop_, *run, opening_, put); });
  }
  Store::Batch batch;
  batch.put(Family::kSnapshot, page_key(coop_, kIndexedPage), encode_indexed(run->last_event()));
  store.write(std::move(batch), /*synced=*/false);  // lost, it is only made again
  const std::unique_lock lock(mutex_);
  opening_.add(*run);
  indexed_ = run->last_event();
  runs_.pop_front();
  return true;
}

bool PublishedBook::wants_snapshot() const {
  const std::shared_lock lock(mutex_);
  const std::uint64_t behind = book_.last_event().value - saved_.value;
  return behind >= kEventsAnAccount * book_.account_count();
}

std::pair<std::string, Head> PublishedBook::image() const {
  const std::shared_lock lock(mutex_);
  return {book_.image(), head_};
}

EventNo PublishedBook::indexed() const {
  const std::shared_lock lock(mutex_);
  return indexed_;
}

std::optional<Totals> PublishedBook::totals(AccountHandle account, const Moment& moment,
                                            EventNo newest) const {
  EventNo at = newest;
  {
    const std::shared_lock lock(mutex_);
    if (!book_.has_account(account)) return std::nullopt;
    if (moment.kind == Moment::Kind::kDate) at = std::min(at, book_.last_event_of(moment.date));
  }
  if (moment.kind == Moment::Kind::kRecordTime) at = std::min(at, last_event_at(moment.time));
  Totals totals = totals_at(account, at);
  if (moment.kind != Moment::Kind::kDate || moment.basis == Basis::kBooking) return totals;
  EventNo stored{};
  std::vector<Run::Late> recent;
  {
    const std::shared_lock lock(mutex_);
    stored = std::min(indexed_, newest);
    for (const auto& run : runs_) {
      for (const Run::Late& late : run->late()) {
        if (late.account == account && late.event <= newest) recent.push_back(late);
      }
    }
  }
  add_late(account, moment.date, stored, recent, totals);
  totals.as_of = newest;
  return totals;
}

void PublishedBook::add_late(AccountHandle account, Date date, EventNo stored,
                             const std::vector<Run::Late>& recent, Totals& totals) const {
  const auto count = [&](std::int64_t amount, Date booked, Date valued) {
    if (valued <= date && booked > date) add_signed(totals, amount);
    if (valued > date && booked <= date) take_signed(totals, amount);
  };
  const std::string prefix = account_prefix(coop_, account);
  Store::Cursor cursor = store_.cursor(Family::kLate);
  for (cursor.seek(prefix); cursor.at_prefix(prefix); cursor.next()) {
    if (get_ordered<std::uint64_t>(cursor.key().substr(prefix.size())) > stored.value) break;
    const LateRow late = read_late(cursor.value());
    count(late.amount, late.booking_date, late.value_date);
  }
  for (const Run::Late& late : recent) count(late.amount, late.booking_date, late.value_date);
}

OpeningTotals::Line PublishedBook::stored_totals(AccountHandle account, EventNo at) const {
  Store::Cursor cursor = store_.cursor(Family::kPostings);
  cursor.seek_for_prev(posting_key(coop_, account, at, 255));
  if (!cursor.at_prefix(account_prefix(coop_, account))) return {};
  const PostingList list = read_posting_list(cursor.key(), cursor.value());
  OpeningTotals::Line totals = list.before;
  for (const PostingList::Line& line : list.lines) {
    if (line.event > at) break;
    (line.amount > 0 ? totals.debits : totals.credits) +=
        static_cast<Uint128>(line.amount > 0 ? line.amount : -line.amount);
  }
  return totals;
}

Totals PublishedBook::totals_at(AccountHandle account, EventNo at) const {
  {
    const std::shared_lock lock(mutex_);
    at = std::min(at, book_.last_event());
    if (at >= indexed_) {
      Totals totals{book_.account(account).debits, book_.account(account).credits, at};
      for (auto run = runs_.rbegin(); run != runs_.rend() && (*run)->last_event() > at; ++run) {
        const Run::Moved since = (*run)->moved_through(account, (*run)->last_event()) -
                                 (*run)->moved_through(account, at);
        totals.debits -= since.debits;
        totals.credits -= since.credits;
      }
      return totals;
    }
  }
  const OpeningTotals::Line line = stored_totals(account, at);
  return {line.debits, line.credits, at};
}

std::optional<Statement> PublishedBook::statement(AccountHandle account,
                                                  std::optional<StatementPlace> before,
                                                  std::size_t limit) const {
  Statement statement;
  Side normal{};
  EventNo indexed{};
  {
    const std::shared_lock lock(mutex_);
    if (!book_.has_account(account)) return std::nullopt;
    normal = book_.account(account).normal;
    indexed = indexed_;
    statement.as_of = book_.last_event();
    add_recent_lines(account, before, limit, statement);
  }
  if (!statement.more) add_stored_lines(account, normal, indexed, before, limit, statement);
  const std::shared_lock lock(mutex_);
  for (StatementLine& line : statement.lines) line.booking_date = book_.booking_date_of(line.event);
  return statement;
}

void PublishedBook::add_recent_lines(AccountHandle account,
                                     const std::optional<StatementPlace>& before, std::size_t limit,
                                     Statement& statement) const {
  const Side normal = book_.account(account).normal;
  Totals totals{book_.account(account).debits, book_.account(account).credits, {}};
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
    const Run::Moved all = (*run)->moved_through(account, (*run)->last_event());
    totals.debits -= all.debits;  // before the run
    totals.credits -= all.credits;
    const auto [near, moved] = (*run)->near(account, before ? before->event : (*run)->last_event());
    Int128 balance =
        Totals{totals.debits + moved.debits, totals.credits + moved.credits, {}}.balance(normal);
    for (const auto* p = near; p != nullptr; p = (*run)->before(*p)) {
      const EventNo event = (*run)->event_of(*p);
      if (is_before(event, p->leg, before)) {
        if (statement.lines.size() == limit) {
          statement.more = true;
          return;
        }
        statement.lines.push_back(line_of(event, p->leg, p->amount, balance));
      }
      balance -= effect_of(normal, p->amount);
    }
  }
}

/// What is older stands in the store, in lists whose first posting is their key.
void PublishedBook::add_stored_lines(AccountHandle account, Side normal, EventNo indexed,
                                     const std::optional<StatementPlace>& before, std::size_t limit,
                                     Statement& statement) const {
  const std::string prefix = account_prefix(coop_, account);
  StatementPlace from{indexed, 255};
  if (before && (before->event < from.event)) from = *before;
  Store::Cursor cursor = store_.cursor(Family::kPostings);
  for (cursor.seek_for_prev(
           posting_key(coop_, account, from.event, static_cast<std::uint8_t>(from.leg)));
       cursor.at_prefix(prefix); cursor.prev()) {
    const PostingList list = read_posting_list(cursor.key(), cursor.value());
    Totals totals{list.before.debits, list.before.credits, {}};
    std::vector<StatementLine> lines;
    for (const PostingList::Line& line : list.lines) {
      add_signed(totals, line.amount);
      if (line.event > indexed || !is_before(line.event, line.leg, before)) break;
      lines.push_back(line_of(line.event, line.leg, line.amount, totals.balance(normal)));
    }
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
      if (statement.lines.size() == limit) {
        statement.more = true;
        return;
      }
      statement.lines.push_back(*line);
    }
  }
}

std::optional<BlockNo> PublishedBook::block_of(EventNo no) const {
  // Called by the publishing thread under its own lock and by readers under none: runs_ and
  // indexed_ change only on those two sides, so the reader's entry points take the lock.
  if (no.value == 0 || no > book_.last_event()) return std::nullopt;
  if (no > indexed_) {
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
      if (no < (*run)->first_event()) continue;
      const auto& blocks = (*run)->blocks();
      const auto after =
          std::upper_bound(blocks.begin(), blocks.end(), no,
                           [](EventNo n, const Run::BlockPlace& b) { return n < b.first_event; });
      if (after == blocks.begin()) return std::nullopt;
      return std::prev(after)->block_no;
    }
  }
  Store::Cursor cursor = store_.cursor(Family::kLocator);
  cursor.seek_for_prev(event_key(coop_, no));
  if (!cursor.at_prefix(coop_prefix(coop_))) return std::nullopt;
  return read_locator(cursor.value()).block_no;
}

std::optional<Event> PublishedBook::event(EventNo no) const {
  std::optional<Event> found;
  events(no, [&](const Event& event) {
    found = event;
    return false;
  });
  return found;
}

void PublishedBook::events(EventNo from, const std::function<bool(const Event&)>& each) const {
  std::optional<BlockNo> at;
  EventNo last{};
  {
    const std::shared_lock lock(mutex_);
    last = book_.last_event();
    at = block_of(std::max(from, EventNo{1}));
  }
  if (!at) return;
  journal_.read(coop_, *at, [&](std::string_view bytes) {
    const auto parsed = BlockView::parse(bytes, Trust::kBytes);
    const auto* view = std::get_if<BlockView>(&parsed);
    if (view == nullptr) throw StoreError("a block cannot be read: run verify");
    BlockView::Rows rows(*view);
    const EventNo first = view->header().first_event;
    if (from > first) rows.skip_to(static_cast<std::uint32_t>(from.value - first.value));
    Event event;
    while (rows.next(event)) {
      if (event.no > last || !each(event)) return false;
    }
    if (rows.error()) throw StoreError("a block cannot be read: run verify");
    return true;
  });
}

EventNo PublishedBook::last_event_at(Timestamp time) const {
  EventNo indexed{};
  {
    const std::shared_lock lock(mutex_);
    if (time >= book_.last_time()) return book_.last_event();
    indexed = indexed_;
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
      const auto& blocks = (*run)->blocks();
      const auto after =
          std::upper_bound(blocks.begin(), blocks.end(), time,
                           [](Timestamp t, const Run::BlockPlace& b) { return t < b.time; });
      // The first block stamped later begins right behind the last event that counts.
      if (after != blocks.begin() && after != blocks.end()) {
        return {after->first_event.value - 1};
      }
      if (after == blocks.end() && !blocks.empty()) return (*run)->last_event();
    }
  }
  // In the store: the first event of the first block stamped later, by bisection over event
  // numbers. What is said of one event holds of its whole block.
  std::uint64_t low = 0;                   // counts, or 0
  std::uint64_t high = indexed.value + 1;  // does not count
  const std::string prefix = coop_prefix(coop_);
  const auto first_event = [&](const Store::Cursor& row) {
    return get_ordered<std::uint64_t>(row.key().substr(prefix.size()));
  };
  Store::Cursor cursor = store_.cursor(Family::kLocator);
  while (high - low > 1) {
    cursor.seek_for_prev(event_key(coop_, {low + (high - low) / 2}));
    CHECK(cursor.at_prefix(prefix));
    if (read_locator(cursor.value()).time > time) {
      high = first_event(cursor);
    } else {
      cursor.next();
      low = cursor.at_prefix(prefix) ? std::min(first_event(cursor) - 1, indexed.value)
                                     : indexed.value;
    }
  }
  return {low};
}

}  // namespace lumbung::storage
