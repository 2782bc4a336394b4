// Import: the rows of a CSV file become entries, by the rules of a TOML file.
//
// Two passes. The first reads every row and lets the core decide it against a copy of the book in
// memory, so that everything that would be refused is known before anything is written; a dry run
// ends there. The second posts, in batches, item by item. Keys are the rows' own ids within the
// principal import.<source>, so a row is posted once however often its file is committed. A file
// with a bad row is not committed at all: a refusal is remembered under its key for ever, and the
// corrected row could not come in under its own id again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/import_rules.h"
#include "api/json.h"
#include "engine/date.h"
#include "engine/id.h"
#include "engine/money.h"
#include "engine/policy.h"
#include "storage/ledger.h"

namespace lumbung::api {

/// A row that cannot be posted as it is.
struct BadRow {
  std::uint64_t line = 0;  // in the file, from 1; 0: the file as a whole
  std::string column;      // empty: the row as a whole
  std::string what;        // a sentence
  friend bool operator==(const BadRow&, const BadRow&) = default;
};

/// An account at the end of a date whose balance in the ledger no row of that date has as its own:
/// the order of the rows within a day need not be the one in which the source computed balances.
struct BalanceBreak {
  std::string account;
  engine::Date date;
  engine::Int128 ledger = 0;           // minor units on the account's normal side, by value date
  std::vector<engine::Int128> claims;  // of the source, in the file's order
  engine::Int128 difference = 0;       // ledger minus the nearest claim
  friend bool operator==(const BalanceBreak&, const BalanceBreak&) = default;
};

struct ImportReport {
  engine::CoopId coop;
  std::string source;
  int exponent = 0;        // of the amounts below
  bool committed = false;  // false: a dry run, or bad rows were found first; nothing was written

  std::uint64_t rows = 0;     // read, without header, blank lines and what is skipped
  std::uint64_t skipped = 0;  // by the rules
  // After a commit what was done; before it what a commit would do.
  std::uint64_t posted = 0;
  std::uint64_t known = 0;  // posted by an earlier commit: answered again, not posted again
  std::uint64_t accounts_opened = 0;
  std::uint64_t days_closed = 0;
  bool book_opened = false;

  std::vector<BadRow> bad_rows;      // by line
  std::uint64_t days_compared = 0;   // accounts × dates that have a claim
  std::vector<BalanceBreak> breaks;  // by account and date
  std::string
      stopped;  // why the ledger stopped half way; the same commit later goes on. Empty: not

  bool done() const { return bad_rows.empty() && stopped.empty(); }
};

struct ImportOptions {
  bool commit = false;
  engine::Policy policy;  // the ledger's
  /// Called now and then with rows done of rows in all; a commit counts each row twice.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
};

/// `bytes`: the file as it is; gzip is known by its first bytes. The ledger may serve others
/// meanwhile. Throws storage::StoreError when the books cannot be read.
ImportReport import_csv(storage::Ledger& ledger, const engine::CoopId& coop,
                        const ImportRules& rules, std::string_view bytes,
                        const ImportOptions& options);

/// 0 when all is posted (breaks do not matter), 65 bad rows, 74 the ledger stopped (sysexits.h).
int exit_code(const ImportReport& report);

/// For people: what was done or would be, every bad row, every break.
std::string text_of(const ImportReport& report);
/// One JSON object with the same.
void render_import(json::Writer& out, const ImportReport& report);

}  // namespace lumbung::api
