#include "api/import.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_map>

#include "api/import_balances.h"
#include "api/import_file.h"
#include "api/import_rehearsal.h"
#include "storage/digest.h"

namespace lumbung::api {
namespace {

using engine::AccountHandle;
using storage::Answer;

constexpr std::chrono::milliseconds kRetryAfter{20};

/// One import from beginning to end.
class Import {
 public:
  Import(storage::Ledger& ledger, const engine::CoopId& coop, const ImportRules& rules,
         const ImportOptions& options, ImportFile& file, ImportReport& report)
      : ledger_(ledger),
        coop_(coop),
        rules_(rules),
        options_(options),
        file_(file),
        report_(report),
        known_(file.places().size()),
        rehearsal_(coop, rules, options.policy) {}

  void run();

 private:
  using Rows = std::vector<std::uint32_t>;  // indexes of places in the file

  void gather_claims();
  void replay_book();
  void meet(const engine::Event& event, std::uint32_t index);
  void rehearse();
  void rehearse_day(Rows rows);
  std::optional<Obstacle> rehearse_row(std::uint32_t index);

  void commit();
  bool set_up();
  bool open_accounts();
  AccountHandle handle_of(const std::string& code);
  void post_rows();
  void post(const std::vector<engine::Command>& commands, const Rows& rows);
  std::vector<Answer> ask(const std::vector<engine::Command>& commands);
  engine::Command command(std::string_view what, engine::CommandBody body) const;
  bool was_done(const Answer& answer, std::uint64_t line, std::string_view what);

  void compare();

  const ImportFile::Place& place(std::uint32_t index) const { return file_.places()[index]; }
  void fail(std::string what) { report_.bad_rows.push_back({0, "", std::move(what)}); }
  void advance_progress(std::uint64_t rows);

  storage::Ledger& ledger_;
  const engine::CoopId coop_;
  const ImportRules& rules_;
  const ImportOptions& options_;
  ImportFile& file_;
  ImportReport& report_;

  std::vector<bool> known_;  // by index: the key was used before this import
  Rehearsal rehearsal_;
  engine::EventNo replayed_{};  // the last event of the book that was rehearsed on
  Rows order_;                  // in which the rows can be posted
  BalanceCheck balances_;
  std::unordered_map<std::string, AccountHandle> handles_;
  std::uint64_t progress_ = 0;
};

void Import::run() {
  if (rules_.balance) gather_claims();
  replay_book();
  rehearse();
  std::stable_sort(report_.bad_rows.begin(), report_.bad_rows.end(),
                   [](const BadRow& a, const BadRow& b) { return a.line < b.line; });
  if (options_.commit && report_.bad_rows.empty()) commit();
  // With rows missing, balances cannot be what the source says.
  if (report_.committed || report_.bad_rows.empty()) compare();
}

// --- the rehearsal ---

void Import::gather_claims() {
  for (std::uint32_t index = 0; index < file_.places().size(); ++index) {
    const ImportRow row = file_.row(index);
    if (row.claim) balances_.claim(row.account, row.date, *row.claim);
  }
}

void Import::replay_book() {
  if (!ledger_.coop(coop_)) return;
  ledger_.events(coop_, {1}, [&](const engine::Event& event) {
    const auto source = rehearsal_.book().find_principal(rules_.principal());
    if (source == event.principal && !event.key.empty()) {
      if (const auto index = file_.find(event.key)) meet(event, *index);
    }
    rehearsal_.replay(event);
    balances_.add(ledger_, coop_, event);
    replayed_ = event.no;
    return true;
  });
}

/// The key of a row names this event: is it the row that happened?
void Import::meet(const engine::Event& event, std::uint32_t index) {
  known_[index] = true;
  const std::string& column = rules_.columns[rules_.id];
  if (const auto* refused = std::get_if<engine::Refused>(&event.body)) {
    report_.bad_rows.push_back({place(index).line, column,
                                "this id was refused before and stays so, a new attempt needs a "
                                "new id; " +
                                    sentence_for(refused->refusal)});
    return;
  }
  const ImportRow row = file_.row(index);
  const engine::Book& book = rehearsal_.book();
  engine::PostEntry post =
      entry_for(row, book.find_account(row.account), book.find_account(row.contra));
  if (post.entry.value_date == event.booking_date) post.entry.value_date.reset();
  if (engine::EventBody(engine::EntryPosted{post.entry}) != event.body) {
    report_.bad_rows.push_back({row.line, column,
                                "entry " + std::to_string(event.no.value) +
                                    " was posted under this id and says otherwise"});
  }
}

void Import::rehearse() {
  if (const auto obstacle = rehearsal_.prepare()) return fail(obstacle->what);
  const Rows rows = file_.by_date();
  for (auto at = rows.begin(); at != rows.end();) {
    const engine::Date date = place(*at).date;
    const auto end = std::find_if(at, rows.end(),
                                  [&](std::uint32_t index) { return place(index).date != date; });
    rehearse_day({at, end});
    advance_progress(static_cast<std::uint64_t>(end - at));
    at = end;
  }
  report_.accounts_opened = rehearsal_.missing().size();
  report_.days_closed = rehearsal_.days_closed();
  report_.book_opened = rehearsal_.book_opened();
}

/// Within a date files are not always in the order of what happened: a withdrawal may stand above
/// the deposit it was made from. A row that a limit stops waits until the others have been tried.
void Import::rehearse_day(Rows rows) {
  std::vector<BadRow> stopped;
  for (std::size_t before = 0; rows.size() != before;) {
    before = rows.size();
    stopped.clear();
    Rows waiting;
    for (const std::uint32_t index : rows) {
      const auto obstacle = rehearse_row(index);
      if (!obstacle) {
        order_.push_back(index);
        continue;
      }
      if (obstacle->may_pass) waiting.push_back(index);
      (obstacle->may_pass ? stopped : report_.bad_rows)
          .push_back({place(index).line, obstacle->column, obstacle->what});
    }
    rows = std::move(waiting);
  }
  report_.bad_rows.insert(report_.bad_rows.end(), stopped.begin(), stopped.end());
}

std::optional<Obstacle> Import::rehearse_row(std::uint32_t index) {
  if (known_[index]) {
    ++report_.known;
    return std::nullopt;
  }
  const ImportRow row = file_.row(index);
  if (auto obstacle = rehearsal_.post(row)) return obstacle;
  ++report_.posted;
  if (!options_.commit) {
    const bool debit = row.side == engine::Side::kDebit;
    const engine::Int128 own = debit ? row.amount.minor : -row.amount.minor;
    balances_.move(row.account, row.date, own);
    balances_.move(row.contra, row.date, -own);
  }
  return std::nullopt;
}

void Import::advance_progress(std::uint64_t rows) {
  progress_ += rows;
  const std::uint64_t all = file_.places().size() * (options_.commit ? 2 : 1);
  if (options_.progress) options_.progress(progress_, all);
}

// --- the commit ---

constexpr std::uint32_t kDayClosed = 0xffffffff;  // stands where a row would

void Import::commit() {
  report_.committed = true;
  report_.posted = 0;
  report_.known = 0;
  report_.accounts_opened = 0;
  report_.days_closed = 0;
  report_.book_opened = false;
  if (set_up() && open_accounts()) post_rows();
}

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
  if (answer.outcome == Answer::Outcome::kDone) return true;
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
    const auto open = opening_of(coop_, rules_.book);
    if (!was_done(ask({command("open", *open)})[0], 0, "opening the book: ")) return false;
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
  Rows rows;  // of each command, or kDayClosed
  const auto flush = [&] {
    post(commands, rows);
    commands.clear();
    rows.clear();
    open_day = ledger_.coop(coop_)->open_day;
  };
  const auto append = [&](std::uint32_t row, engine::Command command) {
    rows.push_back(row);
    commands.push_back(std::move(command));
    if (commands.size() == storage::kBlockEventsMax) flush();
  };
  for (const std::uint32_t index : order_) {
    while (place(index).date > open_day && report_.done()) {
      const engine::CloseDay close{open_day,
                                   next_day(open_day, place(index).date, options_.policy)};
      open_day = close.next;
      append(kDayClosed, command("close/" + engine::format_date(close.date), close));
    }
    const ImportRow row = file_.row(index);
    append(index,
           {row.key, principal, entry_for(row, handle_of(row.account), handle_of(row.contra))});
    if (!report_.done()) return;
  }
  if (!commands.empty()) flush();
}

void Import::post(const std::vector<engine::Command>& commands, const Rows& rows) {
  const std::vector<Answer> answers = ask(commands);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    if (rows[i] == kDayClosed) {
      const bool by_others = answer.outcome == Answer::Outcome::kRefused &&
                             answer.refusal.code == engine::RefusalCode::day_closed;
      if (by_others || !was_done(answer, 0, "closing a day: ")) continue;
      if (!answer.replayed) ++report_.days_closed;
    } else {
      ++count;
      if (!was_done(answer, place(rows[i]).line, "")) continue;
      ++(answer.replayed ? report_.known : report_.posted);
    }
  }
  advance_progress(count);
}

// --- what the source says of its balances ---

void Import::compare() {
  if (report_.committed) {
    ledger_.events(coop_, {replayed_.value + 1}, [&](const engine::Event& event) {
      balances_.add(ledger_, coop_, event);
      return true;
    });
  }
  const engine::Book& book = rehearsal_.book();
  report_.days_compared = balances_.days();
  report_.breaks = balances_.breaks(
      [&](const std::string& code) { return book.account(book.find_account(code)).normal; });
}

}  // namespace

ImportReport import_csv(storage::Ledger& ledger, const engine::CoopId& coop,
                        const ImportRules& rules, std::string_view bytes,
                        const ImportOptions& options) {
  ImportReport report;
  report.coop = coop;
  report.source = rules.source;
  auto currency = rules.book.currency;
  if (const auto status = ledger.coop(coop); status && !currency) currency = status->currency;
  if (!currency) {
    report.bad_rows.push_back({0, "",
                               "there is no cooperative of this id, and the rules name no currency "
                               "to open one in"});
    return report;
  }
  report.exponent = engine::exponent_of(*currency);
  ImportFile file(rules, report.exponent, bytes, report.bad_rows);
  report.rows = file.rows();
  report.skipped = file.skipped();
  Import(ledger, coop, rules, options, file, report).run();
  return report;
}

}  // namespace lumbung::api
