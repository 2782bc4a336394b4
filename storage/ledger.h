// Ledger: the books of all cooperatives of one data directory.
//
// One thread decides (in the order of the queue), one makes durable and publishes, one builds
// indexes behind them. Nothing is answered before it is durable; readers see only what is durable.
// Every public function may be called from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/book.h"
#include "engine/command.h"
#include "engine/event.h"
#include "engine/policy.h"
#include "storage/block.h"
#include "storage/head_file.h"
#include "storage/journal.h"

namespace lumbung::storage {

/// The journal is shorter than its HEAD, broken in its middle, or breaks a rule: nothing is served.
struct JournalDamaged : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The disk or the store failed.
struct StoreError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Another process owns the data directory.
struct StoreBusy : StoreError {
  using StoreError::StoreError;
};

/// What a caller is told. The same request under the same key is told the same again, for ever.
struct Answer {
  enum class Outcome {
    kDone,     // `event` happened
    kRefused,  // moved nothing; `event` is the remembered refusal, 0 when it left no bytes
    kUnknown,  // may or may not be durable: ask again with the same key after a restart
  };
  Outcome outcome = Outcome::kUnknown;
  bool replayed = false;  // answered from the journal: the request was known
  engine::EventNo event{};
  engine::Date booking_date;
  engine::Timestamp at;     // record time
  engine::Refusal refusal;  // of kRefused
};

/// Called once, on the publishing thread (or the caller's, when the request never got in): must not
/// block and must not call back into the ledger's writes.
using Answered = std::function<void(const Answer&)>;
/// One answer an item, in order; an atomic batch that is refused has the same answer for all.
using BatchAnswered = std::function<void(const std::vector<Answer>&)>;

enum class BatchMode { kPerItem, kAtomic };

enum class Basis { kBooking, kValue };

/// The moment a balance is asked for: now, a record time, or the end of a date.
struct Moment {
  enum class Kind { kNow, kRecordTime, kDate } kind = Kind::kNow;
  engine::Timestamp time;         // of kRecordTime: that microsecond included
  engine::Date date;              // of kDate
  Basis basis = Basis::kBooking;  // of kDate

  static Moment now() { return {}; }
  static Moment at(engine::Timestamp t) { return {Kind::kRecordTime, t, {}, Basis::kBooking}; }
  static Moment end_of(engine::Date d, Basis b) { return {Kind::kDate, {}, d, b}; }
};

struct CoopStatus {
  engine::CoopId coop;
  engine::Currency currency{};
  std::string zone;
  bool sen_allowed = false;
  engine::Date first_day;
  engine::Date open_day;
  engine::Month open_month{};
  Head head;
  engine::Timestamp last_time;
  std::uint32_t account_count = 0;
};

/// What a code stands for; handle 0: nothing.
struct AccountFound {
  engine::AccountHandle handle;
  engine::Currency currency{};
};

struct AccountView {
  engine::AccountHandle handle;
  engine::AccountInfo info;
  engine::Account line;      // of a control account: with its members' totals added
  std::string control_code;  // empty: none
  engine::EventNo as_of;
};

/// All-time totals of an account at a moment, minor units; the balance is their difference on the
/// normal side.
struct Totals {
  engine::Uint128 debits = 0;
  engine::Uint128 credits = 0;
  engine::EventNo as_of;  // the last event that is counted in
  engine::Int128 balance(engine::Side normal) const {
    const auto net = static_cast<engine::Int128>(debits - credits);
    return normal == engine::Side::kDebit ? net : -net;
  }
};

/// One posting of an account's statement.
struct StatementLine {
  engine::EventNo event;
  std::uint32_t leg = 0;
  engine::Side side{};
  engine::Amount amount;
  engine::Int128 balance_after = 0;  // posted, signed by the normal side
  engine::Date booking_date;
};

/// A place in a statement; lines strictly before it are older.
struct StatementPlace {
  engine::EventNo event;
  std::uint32_t leg = 0;
};

struct Statement {
  std::vector<StatementLine> lines;  // newest first
  bool more = false;                 // older lines exist
  engine::EventNo as_of;
};

struct TrialBalanceRow {
  engine::AccountHandle handle;
  std::string code;
  engine::AccountType type{};
  engine::Side normal{};
  engine::Currency currency{};
  bool is_control = false;
  Totals totals;  // of a control account: the sum of its members
};

struct TrialBalance {
  std::vector<TrialBalanceRow> rows;  // by handle
  engine::EventNo as_of;
};

struct QueueStatus {
  std::uint64_t accepted = 0;     // requests taken in since the start
  std::uint64_t turned_away = 0;  // queue full
  std::uint64_t waiting = 0;
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t replayed = 0;
  std::uint64_t clock_steps_back = 0;
  bool writer_stopped = false;
};

class Ledger {
 public:
  struct Options {
    std::filesystem::path directory;
    bool create = false;                 // make the directory when it is not there
    bool trust_snapshots = true;         // false: replay and check every block
    std::size_t queue_max = 65536;       // commands waiting
    std::uint64_t run_events = 1 << 21;  // events an index run; frozen per directory
    engine::Policy policy;
    /// UTC microseconds since the epoch; absent: the system's clock.
    std::function<engine::Timestamp()> clock;
    /// Puts another journal in front of the embedded one; for tests.
    std::function<std::unique_ptr<Journal>(std::unique_ptr<Journal>)> wrap_journal;
  };

  /// Recovers the books. Throws JournalDamaged, StoreError, StoreBusy.
  static std::unique_ptr<Ledger> open(Options options);
  /// Waits for what was accepted, writes snapshots and HEAD, closes the store.
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // --- asking ---

  void submit(const engine::CoopId& coop, engine::Command command, Answered answered);
  /// Waits for the answer.
  Answer ask(const engine::CoopId& coop, engine::Command command);
  /// kPerItem: each command under its own key. kAtomic: entries (PostEntry) only, all or none,
  /// under the first command's key and principal.
  void submit_batch(const engine::CoopId& coop, std::vector<engine::Command> commands,
                    BatchMode mode, BatchAnswered answered);
  std::vector<Answer> ask_batch(const engine::CoopId& coop, std::vector<engine::Command> commands,
                                BatchMode mode);

  // --- reading: only what is durable ---

  std::vector<engine::CoopId> coops() const;
  std::optional<CoopStatus> coop(const engine::CoopId& coop) const;
  std::optional<engine::AccountHandle> find_account(const engine::CoopId& coop,
                                                    std::string_view code) const;
  /// Many codes of one moment, an answer each.
  std::vector<AccountFound> find_accounts(const engine::CoopId& coop,
                                          std::span<const std::string_view> codes) const;
  std::optional<AccountView> account(const engine::CoopId& coop, engine::AccountHandle) const;
  /// Accounts with a handle above `after`, at most `limit`.
  std::vector<AccountView> accounts(const engine::CoopId& coop, engine::AccountHandle after,
                                    std::size_t limit) const;
  std::string account_code(const engine::CoopId& coop, engine::AccountHandle) const;
  /// nullopt: no such cooperative or account. A control account has the sum of its members.
  std::optional<Totals> totals(const engine::CoopId& coop, engine::AccountHandle,
                               const Moment& moment) const;
  /// Movements of one account on one date.
  std::optional<Totals> day_totals(const engine::CoopId& coop, engine::AccountHandle,
                                   engine::Date date, Basis basis) const;
  /// Lines before `before` (absent: from the newest), down to and including `from` (absent: the
  /// first).
  std::optional<Statement> statement(const engine::CoopId& coop, engine::AccountHandle,
                                     std::optional<StatementPlace> before, std::size_t limit) const;
  std::optional<TrialBalance> trial_balance(const engine::CoopId& coop, const Moment& moment) const;
  std::optional<engine::Event> event(const engine::CoopId& coop, engine::EventNo) const;
  /// Calls `each` with events from `from` on in order until it returns false or the journal ends.
  void events(const engine::CoopId& coop, engine::EventNo from,
              const std::function<bool(const engine::Event&)>& each) const;
  /// The last event booked on or before that date; 0 when there is none.
  engine::EventNo last_event_of(const engine::CoopId& coop, engine::Date date) const;
  std::optional<engine::Hold> hold(const engine::CoopId& coop, engine::EventNo) const;
  std::optional<engine::Reversals> reversals(const engine::CoopId& coop, engine::EventNo) const;
  std::optional<engine::PrincipalHandle> find_principal(const engine::CoopId& coop,
                                                        std::string_view name) const;
  std::optional<engine::Principal> principal(const engine::CoopId& coop,
                                             engine::PrincipalHandle) const;
  /// Every principal that was ever granted a role, the operator first.
  std::vector<engine::Principal> principals(const engine::CoopId& coop) const;
  /// The bytes of blocks as stored, from block_no on.
  void blocks(const engine::CoopId& coop, engine::BlockNo from,
              const std::function<bool(std::string_view)>& each) const;
  QueueStatus queue_status() const;

  // --- beside the journal: tokens and the like; synced, not part of the truth ---

  std::optional<std::string> beside(std::string_view key) const;
  void set_beside(std::string_view key, std::optional<std::string_view> value);
  std::vector<std::pair<std::string, std::string>> all_beside(std::string_view prefix) const;

  /// A consistent copy of the journal and what stands with it that opens by itself, and where it
  /// ends. `target` must not exist.
  Heads checkpoint(const std::filesystem::path& target) const;
  /// Throws all projections away and builds them from the journal (the process must be idle).
  static void rebuild(const std::filesystem::path& directory);

 private:
  void copy_store(const std::filesystem::path& target) const;

  class Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lumbung::storage
