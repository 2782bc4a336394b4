// A storage::Ledger as a World. The clock is the world's.
#pragma once

#include <atomic>
#include <memory>

#include "storage/ledger.h"
#include "tests/world.h"

namespace lumbung::tests {

class LedgerWorld final : public World {
 public:
  explicit LedgerWorld(storage::Ledger::Options options);

  storage::Ledger& ledger() { return *ledger_; }
  void close() { ledger_.reset(); }
  /// Closes it if that is still to do, and opens it again. The options may have been changed.
  void reopen() override;
  storage::Ledger::Options& options() { return options_; }

  void set_clock(engine::Timestamp now) override { now_us_ = now.us; }
  storage::Answer ask(const engine::CoopId& coop, const engine::Command& command) override;
  std::vector<storage::Answer> ask_batch(const engine::CoopId& coop,
                                         const std::vector<engine::Command>& commands,
                                         storage::BatchMode mode) override;

  std::optional<storage::CoopStatus> coop(const engine::CoopId& coop) const override;
  std::optional<engine::AccountHandle> find_account(const engine::CoopId& coop,
                                                    std::string_view code) const override;
  std::optional<storage::AccountView> account(const engine::CoopId& coop,
                                              engine::AccountHandle account) const override;
  std::optional<storage::Totals> totals(const engine::CoopId& coop, engine::AccountHandle account,
                                        const storage::Moment& moment) const override;
  std::optional<storage::Totals> day_totals(const engine::CoopId& coop,
                                            engine::AccountHandle account, engine::Date date,
                                            storage::Basis basis) const override;
  std::optional<storage::Statement> statement(const engine::CoopId& coop,
                                              engine::AccountHandle account,
                                              std::optional<storage::StatementPlace> before,
                                              std::size_t limit) const override;
  std::optional<storage::TrialBalance> trial_balance(const engine::CoopId& coop,
                                                     const storage::Moment& moment) const override;
  std::optional<engine::Event> event(const engine::CoopId& coop, engine::EventNo no) const override;
  engine::EventNo last_event_of(const engine::CoopId& coop, engine::Date date) const override;
  std::optional<engine::Hold> hold(const engine::CoopId& coop, engine::EventNo no) const override;
  std::optional<engine::Reversals> reversals(const engine::CoopId& coop,
                                             engine::EventNo entry) const override;
  std::vector<engine::Principal> principals(const engine::CoopId& coop) const override;

 private:
  std::atomic<std::int64_t> now_us_{0};
  storage::Ledger::Options options_;
  std::unique_ptr<storage::Ledger> ledger_;
};

}  // namespace lumbung::tests
