// What the formats of entries have in common: the accounts, the running balances, and the calls by
// which a format is written. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/date.h"
#include "engine/event.h"
#include "engine/money.h"
#include "storage/ledger.h"

namespace lumbung::api {

/// The book as it is exported: its accounts, and their balances as the entries go by.
class ExportedBook {
 public:
  ExportedBook(const storage::Ledger& ledger, const storage::CoopStatus& status);

  const storage::Ledger& ledger() const { return ledger_; }
  const storage::CoopStatus& status() const { return status_; }
  /// By handle, without a gap.
  const std::vector<storage::AccountView>& accounts() const { return accounts_; }
  /// REQUIRES: a handle of this book.
  const storage::AccountView& account(engine::AccountHandle handle) const {
    return accounts_[handle.value - 1];
  }
  int exponent(engine::AccountHandle handle) const { return exponents_[handle.value - 1]; }
  /// Debits minus credits, in minor units.
  engine::Int128 balance(engine::AccountHandle handle) const { return balances_[handle.value - 1]; }
  /// The codes from the outermost control account down to the account's own.
  std::vector<std::string_view> path(engine::AccountHandle handle) const;

  /// Sets every balance to that of the end of the date; the number of the first event after it.
  engine::EventNo open_at(engine::Date date);
  /// The events of the book in order, until `each` returns false. What came after the status does
  /// not belong to it.
  void each_event(engine::EventNo first,
                  const std::function<bool(const engine::Event&)>& each) const;
  void post(const engine::Posting& leg);

 private:
  const storage::Ledger& ledger_;
  const storage::CoopStatus& status_;
  std::vector<storage::AccountView> accounts_;
  std::vector<int> exponents_;
  std::vector<engine::Int128> balances_;
};

/// Debit-positive, as plain-text accounting signs postings.
inline engine::Int128 signed_amount(const engine::Posting& leg) {
  return leg.side == engine::Side::kDebit ? engine::Int128{leg.amount.minor}
                                          : -engine::Int128{leg.amount.minor};
}

/// A format. Appends to the text it was made with; whoever drives it empties that.
class EntryWriter {
 public:
  virtual ~EntryWriter() = default;

  virtual void begin() {}
  /// A transaction that brings every account to its balance in the book; its date is the day
  /// before the period.
  virtual void opening(engine::Date date) = 0;
  /// The balances are those before the entry: the writer posts each leg as it writes it.
  virtual void entry(const engine::Event& event, const engine::Entry& entry) = 0;
  virtual void end() {}
};

std::unique_ptr<EntryWriter> make_hledger_writer(ExportedBook& book, std::string& out);
/// `first_opening`: no date of the export is earlier.
std::unique_ptr<EntryWriter> make_beancount_writer(ExportedBook& book, engine::Date first_opening,
                                                   std::string& out);
std::unique_ptr<EntryWriter> make_csv_writer(ExportedBook& book, std::string& out);
std::unique_ptr<EntryWriter> make_jsonl_writer(ExportedBook& book, std::string& out);

/// "value" of "name: value" of a metadata item: digits, a date, or the reference itself.
std::string metadata_text(const engine::MetadataItem& item);

/// Of a reversal the entry it takes back, of a settlement the hold it uses; 0: neither.
engine::EventNo reversal_target(const engine::EventBody& body);
engine::EventNo settled_hold(const engine::EventBody& body);

}  // namespace lumbung::api
