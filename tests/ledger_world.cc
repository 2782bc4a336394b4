#include <atomic>

#include "storage/ledger.h"
#include "tests/world.h"

namespace lumbung::tests {
namespace {

using engine::CoopId;
using storage::Ledger;

class LedgerWorld : public World {
 public:
  explicit LedgerWorld(Ledger::Options options) : options_(std::move(options)) {
    options_.clock = [this] { return engine::Timestamp{now_us_.load()}; };
    ledger_ = Ledger::open(options_);
  }

  void set_clock(engine::Timestamp now) override { now_us_ = now.us; }
  storage::Answer ask(const CoopId& coop, const engine::Command& command) override {
    return ledger_->ask(coop, command);
  }
  std::vector<storage::Answer> ask_batch(const CoopId& coop,
                                         const std::vector<engine::Command>& commands,
                                         storage::BatchMode mode) override {
    return ledger_->ask_batch(coop, commands, mode);
  }
  void reopen() override {
    ledger_.reset();
    ledger_ = Ledger::open(options_);
  }

  std::optional<storage::CoopStatus> coop(const CoopId& coop) const override {
    return ledger_->coop(coop);
  }
  std::optional<engine::AccountHandle> find_account(const CoopId& coop,
                                                    std::string_view code) const override {
    return ledger_->find_account(coop, code);
  }
  std::optional<storage::AccountView> account(const CoopId& coop,
                                              engine::AccountHandle account) const override {
    return ledger_->account(coop, account);
  }
  std::optional<storage::Totals> totals(const CoopId& coop, engine::AccountHandle account,
                                        const storage::Moment& moment) const override {
    return ledger_->totals(coop, account, moment);
  }
  std::optional<storage::Totals> day_totals(const CoopId& coop, engine::AccountHandle account,
                                            engine::Date date,
                                            storage::Basis basis) const override {
    return ledger_->day_totals(coop, account, date, basis);
  }
  std::optional<storage::Statement> statement(const CoopId& coop, engine::AccountHandle account,
                                              std::optional<storage::StatementPlace> before,
                                              std::size_t limit) const override {
    return ledger_->statement(coop, account, before, limit);
  }
  std::optional<storage::TrialBalance> trial_balance(const CoopId& coop,
                                                     const storage::Moment& moment) const override {
    return ledger_->trial_balance(coop, moment);
  }
  std::optional<engine::Event> event(const CoopId& coop, engine::EventNo no) const override {
    return ledger_->event(coop, no);
  }
  engine::EventNo last_event_of(const CoopId& coop, engine::Date date) const override {
    return ledger_->last_event_of(coop, date);
  }
  std::optional<engine::Hold> hold(const CoopId& coop, engine::EventNo no) const override {
    return ledger_->hold(coop, no);
  }
  std::optional<engine::Reversals> reversals(const CoopId& coop,
                                             engine::EventNo entry) const override {
    return ledger_->reversals(coop, entry);
  }
  std::vector<engine::Principal> principals(const CoopId& coop) const override {
    return ledger_->principals(coop);
  }

 private:
  std::atomic<std::int64_t> now_us_{0};
  Ledger::Options options_;
  std::unique_ptr<Ledger> ledger_;
};

}  // namespace

std::unique_ptr<World> make_ledger_world(storage::Ledger::Options options) {
  return std::make_unique<LedgerWorld>(std::move(options));
}

}  // namespace lumbung::tests
