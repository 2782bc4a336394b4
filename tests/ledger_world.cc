#include "tests/ledger_world.h"

namespace lumbung::tests {

using engine::AccountHandle;
using engine::CoopId;
using engine::EventNo;
using storage::Ledger;

LedgerWorld::LedgerWorld(Ledger::Options options) : options_(std::move(options)) {
  options_.clock = [this] { return engine::Timestamp{now_us_.load()}; };
  reopen();
}

void LedgerWorld::reopen() {
  ledger_.reset();
  ledger_ = Ledger::open(options_);
}

storage::Answer LedgerWorld::ask(const CoopId& coop, const engine::Command& command) {
  return ledger_->ask(coop, command);
}

std::vector<storage::Answer> LedgerWorld::ask_batch(const CoopId& coop,
                                                    const std::vector<engine::Command>& commands,
                                                    storage::BatchMode mode) {
  return ledger_->ask_batch(coop, commands, mode);
}

std::optional<storage::CoopStatus> LedgerWorld::coop(const CoopId& coop) const {
  return ledger_->coop(coop);
}

std::optional<AccountHandle> LedgerWorld::find_account(const CoopId& coop,
                                                       std::string_view code) const {
  return ledger_->find_account(coop, code);
}

std::optional<storage::AccountView> LedgerWorld::account(const CoopId& coop,
                                                         AccountHandle account) const {
  return ledger_->account(coop, account);
}

std::optional<storage::Totals> LedgerWorld::totals(const CoopId& coop, AccountHandle account,
                                                   const storage::Moment& moment) const {
  return ledger_->totals(coop, account, moment);
}

std::optional<storage::Totals> LedgerWorld::day_totals(const CoopId& coop, AccountHandle account,
                                                       engine::Date date,
                                                       storage::Basis basis) const {
  return ledger_->day_totals(coop, account, date, basis);
}

std::optional<storage::Statement> LedgerWorld::statement(
    const CoopId& coop, AccountHandle account, std::optional<storage::StatementPlace> before,
    std::size_t limit) const {
  return ledger_->statement(coop, account, before, limit);
}

std::optional<storage::TrialBalance> LedgerWorld::trial_balance(
    const CoopId& coop, const storage::Moment& moment) const {
  return ledger_->trial_balance(coop, moment);
}

std::optional<engine::Event> LedgerWorld::event(const CoopId& coop, EventNo no) const {
  return ledger_->event(coop, no);
}

EventNo LedgerWorld::last_event_of(const CoopId& coop, engine::Date date) const {
  return ledger_->last_event_of(coop, date);
}

std::optional<engine::Hold> LedgerWorld::hold(const CoopId& coop, EventNo no) const {
  return ledger_->hold(coop, no);
}

std::optional<engine::Reversals> LedgerWorld::reversals(const CoopId& coop, EventNo entry) const {
  return ledger_->reversals(coop, entry);
}

std::vector<engine::Principal> LedgerWorld::principals(const CoopId& coop) const {
  return ledger_->principals(coop);
}

}  // namespace lumbung::tests
