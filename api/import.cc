#include "api/import.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>
#include <thread>
#include <unordered_map>

#include "api/csv.h"
#include "api/gzip.h"
#include "api/import_rehearsal.h"
#include "api/import_row.h"
#include "storage/digest.h"

namespace lumbung::api {
namespace {

using engine::AccountHandle;
using storage::Answer;

constexpr std::size_t kTextBytesMax = std::size_t{1} << 30;
constexpr std::chrono::milliseconds kRetryAfter{20};

/// The whole of a key as a map's key.
std::string bytes_of(const engine::Key& key) {
  return static_cast<char>(key.form()) + std::string(key.bytes());
}

/// One import from beginning to end.
class Import {
 public:
  Import(storage::Ledger& ledger, const engine::CoopId& coop, const ImportRules& rules,
         const ImportOptions& options)
      : ledger_(ledger),
        coop_(coop),
        rules_(rules),
        options_(options),
        rehearsal_(coop, rules, options.policy) {}

  ImportReport run(std::string_view bytes);

 private:
  /// Where a good row stands in the file.
  struct Place {
    std::size_t offset;
    std::uint64_t line;
    engine::Date date;
    bool known = false;  // its key was used before this import
  };
  /// What the file says about one account on one date.
  struct AccountDay {
    std::vector<engine::Int128> claims;
    engine::Int128 pending = 0;  // debits minus credits of rows that are not posted
  };

  bool read_text(std::string_view bytes);
  bool find_exponent();
  void read_rows();
  void replay_book();
  void meet(const engine::Event& event, Place& place);
  void rehearse();
  void rehearse_day(std::vector<std::uint32_t> rows, std::vector<std::uint32_t>& order);
  std::optional<Obstacle> rehearse_row(const Place& place);
  ImportRow row_at(const Place& place);

  bool set_up();
  bool open_accounts();
  AccountHandle handle_of(const std::string& code);
  void post_rows();
  void post(std::vector<engine::Command>& commands, std::vector<const Place*>& places);
  std::vector<Answer> ask(const std::vector<engine::Command>& commands);
  engine::Command command(std::string_view what, engine::CommandBody body) const;
  bool was_done(const Answer& answer, std::uint64_t line, std::string_view what);
  void compare();

  void fail(std::string what) { report_.bad_rows.push_back({0, "", std::move(what)}); }
  void advance_progress(std::uint64_t rows);

  storage::Ledger& ledger_;
  engine::CoopId coop_;
  const ImportRules& rules_;
  const ImportOptions& options_;
  ImportReport report_;

  std::string unpacked_;
  std::string_view text_;
  std::vector<Place> places_;         // in the file's order; 1 GiB has fewer rows than 2^32
  std::vector<std::uint32_t> order_;  // indexes of places_, by date and then as in the file
  std::unordered_map<std::string, std::uint32_t> by_key_;  // index of places_
  std::map<std::pair<std::string, engine::Date>, AccountDay> days_;
  Rehearsal rehearsal_;
  engine::EventNo last_event_{};  // of the last answer
  std::unordered_map<std::string, AccountHandle> handles_;
  std::uint64_t progress_ = 0;
};

ImportReport Import::run(std::string_view bytes) {
  report_.coop = coop_;
  report_.source = rules_.source;
  if (!read_text(bytes) || !find_exponent()) return std::move(report_);
  read_rows();
  replay_book();
  rehearse();
  std::stable_sort(report_.bad_rows.begin(), report_.bad_rows.end(),
                   [](const BadRow& a, const BadRow& b) { return a.line < b.line; });
  if (options_.commit && report_.bad_rows.empty()) {
    report_.committed = true;
    report_.posted = 0;
    report_.known = 0;
    report_.accounts_opened = 0;
    report_.days_closed = 0;
    report_.book_opened = false;
    if (set_up() && open_accounts()) post_rows();
  }
  // With rows missing, balances cannot be what the source says.
  if (report_.committed || report_.bad_rows.empty()) compare();
  return std::move(report_);
}

// --- the first pass ---

bool Import::read_text(std::string_view bytes) {
  text_ = bytes;
  try {
    if (is_gzip(bytes)) {
      unpacked_ = gunzip(bytes, kTextBytesMax);
      text_ = unpacked_;
    }
  } catch (const GzipError& error) {
    fail(error.what());
    return false;
  }
  if (text_.size() > kTextBytesMax) {
    fail("the file is larger than 1 GiB");
    return false;
  }
  if (rules_.encoding == Encoding::kUtf8 && text_.starts_with("\xef\xbb\xbf")) {
    text_.remove_prefix(3);
  }
  return true;
}

/// Of the currency of all rows: the rules' or else the book's.
bool Import::find_exponent() {
  auto currency = rules_.book.currency;
  if (const auto status = ledger_.coop(coop_); status && !currency) currency = status->currency;
  if (!currency) {
    fail("there is no cooperative of this id, and the rules name no currency to open one in");
    return false;
  }
  report_.exponent = engine::exponent_of(*currency);
  return true;
}

void Import::read_rows() {
  CsvReader reader(text_, rules_.separator);
  const RowReader rows(rules_, report_.exponent);
  CsvRecord record;
  ImportRow row;
  if (rules_.has_header) {
    if (!reader.next(record)) return fail("the file is empty");
    if (!rows.read_header(record, report_.bad_rows)) return;
  }
  while (reader.next(record)) {
    const RowKind kind = rows.read(record, row, report_.bad_rows);
    ++(kind == RowKind::kSkipped ? report_.skipped : report_.rows);
    if (kind != RowKind::kEntry) continue;
    const auto index = static_cast<std::uint32_t>(places_.size());
    const auto [first, is_new] = by_key_.try_emplace(bytes_of(row.key), index);
    if (!is_new) {
      report_.bad_rows.push_back(
          {row.line, rules_.columns[rules_.id],
           "line " + std::to_string(places_[first->second].line) + " has this id already"});
      continue;
    }
    places_.push_back({record.offset, record.line, row.date});
    if (row.claim) days_[{row.account, row.date}].claims.push_back(*row.claim);
  }
  order_.resize(places_.size());
  std::iota(order_.begin(), order_.end(), 0U);
  std::stable_sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return places_[a].date < places_[b].date;
  });
}

/// REQUIRES: it was read before and is good.
ImportRow Import::row_at(const Place& place) {
  CsvReader reader(text_, rules_.separator);
  reader.seek(place.offset, place.line);
  CsvRecord record;
  ImportRow row;
  std::vector<BadRow> bad;
  CHECK(reader.next(record));
  CHECK(RowReader(rules_, report_.exponent).read(record, row, bad) == RowKind::kEntry);
  return row;
}

void Import::replay_book() {
  if (!ledger_.coop(coop_)) return;
  ledger_.events(coop_, {1}, [&](const engine::Event& event) {
    const auto source = rehearsal_.book().find_principal(rules_.principal());
    if (source == event.principal && !event.key.empty()) {
      const auto found = by_key_.find(bytes_of(event.key));
      if (found != by_key_.end()) meet(event, places_[found->second]);
    }
    rehearsal_.replay(event);
    return true;
  });
}

/// The key of a row names this event: is it the row that happened?
void Import::meet(const engine::Event& event, Place& place) {
  place.known = true;
  const ImportRow row = row_at(place);
  const std::string& column = rules_.columns[rules_.id];
  if (const auto* refused = std::get_if<engine::Refused>(&event.body)) {
    report_.bad_rows.push_back({place.line, column,
                                "this id was refused before and stays so, a new attempt needs a "
                                "new id; " +
                                    sentence_for(refused->refusal)});
    return;
  }
  const engine::Book& book = rehearsal_.book();
  engine::PostEntry post =
      entry_for(row, book.find_account(row.account), book.find_account(row.contra));
  if (post.entry.value_date == event.booking_date) post.entry.value_date.reset();
  if (engine::EventBody(engine::EntryPosted{post.entry}) != event.body) {
    report_.bad_rows.push_back({place.line, column,
                                "entry " + std::to_string(event.no.value) +
                                    " was posted under this id and says otherwise"});
  }
}

void Import::rehearse() {
  if (const auto obstacle = rehearsal_.prepare()) return fail(obstacle->what);
  std::vector<std::uint32_t> order;  // in which the rows can be posted
  for (auto at = order_.begin(); at != order_.end();) {
    const engine::Date date = places_[*at].date;
    const auto end = std::find_if(at, order_.end(),
                                  [&](std::uint32_t index) { return places_[index].date != date; });
    rehearse_day({at, end}, order);
    advance_progress(static_cast<std::uint64_t>(end - at));
    at = end;
  }
  order_ = std::move(order);
  report_.accounts_opened = rehearsal_.missing().size();
  report_.days_closed = rehearsal_.days_closed();
  report_.book_opened = rehearsal_.book_opened();
}

/// Within a date files are not always in the order of what happened: a withdrawal may stand above
/// the deposit it was made from. A row that a limit stops waits until the others have been tried.
void Import::rehearse_day(std::vector<std::uint32_t> rows, std::vector<std::uint32_t>& order) {
  std::vector<BadRow> stopped;
  for (std::size_t before = 0; rows.size() != before;) {
    before = rows.size();
    stopped.clear();
    std::vector<std::uint32_t> waiting;
    for (const std::uint32_t index : rows) {
      const auto obstacle = rehearse_row(places_[index]);
      if (!obstacle) {
        order.push_back(index);
        continue;
      }
      BadRow bad{places_[index].line, obstacle->column, obstacle->what};
      if (obstacle->may_pass) waiting.push_back(index);
      (obstacle->may_pass ? stopped : report_.bad_rows).push_back(std::move(bad));
    }
    rows = std::move(waiting);
  }
  report_.bad_rows.insert(report_.bad_rows.end(), stopped.begin(), stopped.end());
}

std::optional<Obstacle> Import::rehearse_row(const Place& place) {
  if (place.known) {
    ++report_.known;
    return std::nullopt;
  }
  const ImportRow row = row_at(place);
  if (auto obstacle = rehearsal_.post(row)) return obstacle;
  ++report_.posted;
  const bool debit = row.side == engine::Side::kDebit;
  const engine::Int128 own = debit ? row.amount.minor : -row.amount.minor;
  days_[{row.account, row.date}].pending += own;
  days_[{row.contra, row.date}].pending -= own;
  return std::nullopt;
}

void Import::advance_progress(std::uint64_t rows) {
  progress_ += rows;
  if (options_.progress) options_.progress(progress_, places_.size() * (options_.commit ? 2 : 1));
}

// --- the second pass ---

/// What the operator does for the import, under a key of its own: the same import, the same key.
engine::Command Import::command(std::string_view what, engine::CommandBody body) const {
  const auto key = storage::key_of(rules_.principal() + "/" + std::string(what));
  return {*key, engine::kOperator, std::move(body)};
}

/// Waits while the queue is full: others are being served.
std::vector<Answer> Import::ask(const std::vector<engine::Command>& commands) {
  for (;; std::this_thread::sleep_for(kRetryAfter)) {
    auto answers = ledger_.ask_batch(coop_, commands, storage::BatchMode::kPerItem);
    const bool full = std::any_of(answers.begin(), answers.end(), [](const Answer& answer) {
      return answer.outcome == Answer::Outcome::kRefused &&
             answer.refusal.code == engine::RefusalCode::queue_full;
    });
    if (!full) return answers;
  }
}

/// Else it is reported. A ledger that stopped is no fault of the file.
bool Import::was_done(const Answer& answer, std::uint64_t line, std::string_view what) {
  if (answer.outcome == Answer::Outcome::kDone) {
    last_event_ = std::max(last_event_, answer.event);
    return true;
  }
  if (answer.outcome == Answer::Outcome::kUnknown) {
    report_.stopped = "the ledger stopped; commit the file again once it runs";
  } else if (answer.refusal.code == engine::RefusalCode::writer_stopped) {
    report_.stopped = sentence_for(answer.refusal);
  } else {
    report_.bad_rows.push_back({line, "", std::string(what) + sentence_for(answer.refusal)});
  }
  return false;
}

bool Import::set_up() {
  if (!ledger_.coop(coop_)) {
    const engine::OpenCooperative open{.coop = coop_,
                                       .currency = *rules_.book.currency,
                                       .zone = rules_.book.zone,
                                       .first_day = *rules_.book.first_day,
                                       .sen_allowed = rules_.book.sen_allowed};
    if (!was_done(ask({command("open", open)})[0], 0, "opening the book: ")) return false;
    report_.book_opened = true;
  }
  if (!ledger_.find_principal(coop_, rules_.principal())) {
    const engine::GrantRole grant{rules_.principal(), engine::Role::kIntegrator};
    if (!was_done(ask({command("grant", grant)})[0], 0, "granting the role: ")) return false;
  }
  return true;
}

/// In waves: an account is opened once its control account has a handle.
bool Import::open_accounts() {
  const engine::Currency currency = ledger_.coop(coop_)->currency;
  std::vector<AccountRule> waiting = rehearsal_.missing();
  while (!waiting.empty()) {
    std::vector<engine::Command> commands;
    std::vector<AccountRule> later;
    for (const AccountRule& rule : waiting) {
      const AccountHandle control =
          rule.control.empty() ? AccountHandle{} : handle_of(rule.control);
      const bool ready = rule.control.empty() || control.value != 0;
      if (ready && commands.size() < storage::kBlockEventsMax) {
        commands.push_back(command("account/" + rule.code, *opening_of(rule, currency, control)));
      } else {
        later.push_back(rule);
      }
    }
    CHECK(!commands.empty());
    for (const Answer& answer : ask(commands)) {
      // Somebody else may have opened it since the rehearsal.
      if (answer.outcome == Answer::Outcome::kRefused &&
          answer.refusal.code == engine::RefusalCode::account_code_taken) {
        continue;
      }
      if (!was_done(answer, 0, "opening an account: ")) return false;
      ++report_.accounts_opened;
    }
    waiting = std::move(later);
  }
  return true;
}

/// 0: the book has no such account.
AccountHandle Import::handle_of(const std::string& code) {
  const auto known = handles_.find(code);
  if (known != handles_.end()) return known->second;
  const auto handle = ledger_.find_account(coop_, code);
  if (!handle) return {};
  return handles_[code] = *handle;
}

void Import::post_rows() {
  const engine::PrincipalHandle principal = *ledger_.find_principal(coop_, rules_.principal());
  engine::Date open_day = ledger_.coop(coop_)->open_day;
  std::vector<engine::Command> commands;
  std::vector<const Place*> places;  // of each command; nullptr: a day is closed
  const auto flush = [&] {
    post(commands, places);
    advance_progress(static_cast<std::uint64_t>(
        std::count_if(places.begin(), places.end(), [](const Place* p) { return p != nullptr; })));
    commands.clear();
    places.clear();
    open_day = ledger_.coop(coop_)->open_day;
  };
  for (const std::uint32_t index : order_) {
    const Place& place = places_[index];
    while (place.date > open_day && report_.done()) {
      const engine::CloseDay close{open_day, next_day(open_day, place.date, options_.policy)};
      commands.push_back(command("close/" + engine::format_date(open_day), close));
      places.push_back(nullptr);
      open_day = close.next;
      if (commands.size() == storage::kBlockEventsMax) flush();
    }
    const ImportRow row = row_at(place);
    commands.push_back(
        {row.key, principal, entry_for(row, handle_of(row.account), handle_of(row.contra))});
    places.push_back(&place);
    if (commands.size() == storage::kBlockEventsMax) flush();
    if (!report_.done()) return;
  }
  if (!commands.empty()) flush();
}

void Import::post(std::vector<engine::Command>& commands, std::vector<const Place*>& places) {
  const std::vector<Answer> answers = ask(commands);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    if (places[i] == nullptr) {
      const bool by_others = answer.outcome == Answer::Outcome::kRefused &&
                             answer.refusal.code == engine::RefusalCode::day_closed;
      if (by_others) continue;
      if (was_done(answer, 0, "closing a day: ") && !answer.replayed) ++report_.days_closed;
    } else if (was_done(answer, places[i]->line, "")) {
      ++(answer.replayed ? report_.known : report_.posted);
    }
  }
}

// --- what the source says of its balances ---

void Import::compare() {
  const std::string* account = nullptr;
  AccountHandle handle{};
  engine::Side normal{};
  engine::Int128 pending = 0;
  for (const auto& [at, day] : days_) {
    const auto& [code, date] = at;
    if (account == nullptr || *account != code) {
      account = &code;
      pending = 0;
      handle = handle_of(code);
      const AccountHandle rehearsed = rehearsal_.book().find_account(code);
      if (rehearsed.value != 0) normal = rehearsal_.book().account(rehearsed).normal;
    }
    if (!report_.committed) pending += day.pending;
    if (day.claims.empty()) continue;
    ++report_.days_compared;
    engine::Int128 balance = normal == engine::Side::kDebit ? pending : -pending;
    if (handle.value != 0) {
      const auto totals =
          ledger_.totals(coop_, handle, storage::Moment::end_of(date, storage::Basis::kValue));
      if (totals) balance += totals->balance(normal);
    }
    const auto distance = [&](engine::Int128 claim) {
      return balance > claim ? balance - claim : claim - balance;
    };
    const auto nearest = *std::min_element(
        day.claims.begin(), day.claims.end(),
        [&](engine::Int128 a, engine::Int128 b) { return distance(a) < distance(b); });
    if (nearest == balance) continue;
    report_.breaks.push_back({code, date, balance, day.claims, balance - nearest});
  }
}

}  // namespace

ImportReport import_csv(storage::Ledger& ledger, const engine::CoopId& coop,
                        const ImportRules& rules, std::string_view bytes,
                        const ImportOptions& options) {
  return Import(ledger, coop, rules, options).run(bytes);
}

}  // namespace lumbung::api
