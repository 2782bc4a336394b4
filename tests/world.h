// World: one ledger as stories and simulations ask it, whoever answers: the engine alone, the
// stored ledger, or the naive model. Questions have the shapes of storage/ledger.h. Not
// thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/book.h"
#include "engine/command.h"
#include "storage/ledger.h"

namespace lumbung::tests {

class World {
 public:
  virtual ~World() = default;

  /// Whether it says of a refusal more than its code.
  virtual bool tells_parameters() const { return true; }
  /// The time on the wall from now on; it may also go backwards.
  virtual void set_clock(engine::Timestamp now) = 0;
  virtual storage::Answer ask(const engine::CoopId& coop, const engine::Command& command) = 0;
  virtual std::vector<storage::Answer> ask_batch(const engine::CoopId& coop,
                                                 const std::vector<engine::Command>& commands,
                                                 storage::BatchMode mode) = 0;
  /// Stops and starts again from what the journal holds.
  virtual void reopen() = 0;

  virtual std::optional<storage::CoopStatus> coop(const engine::CoopId& coop) const = 0;
  virtual std::optional<engine::AccountHandle> find_account(const engine::CoopId& coop,
                                                            std::string_view code) const = 0;
  virtual std::optional<storage::AccountView> account(const engine::CoopId& coop,
                                                      engine::AccountHandle account) const = 0;
  virtual std::optional<storage::Totals> totals(const engine::CoopId& coop,
                                                engine::AccountHandle account,
                                                const storage::Moment& moment) const = 0;
  virtual std::optional<storage::Totals> day_totals(const engine::CoopId& coop,
                                                    engine::AccountHandle account,
                                                    engine::Date date,
                                                    storage::Basis basis) const = 0;
  virtual std::optional<storage::Statement> statement(const engine::CoopId& coop,
                                                      engine::AccountHandle account,
                                                      std::optional<storage::StatementPlace> before,
                                                      std::size_t limit) const = 0;
  virtual std::optional<storage::TrialBalance> trial_balance(
      const engine::CoopId& coop, const storage::Moment& moment) const = 0;
  virtual std::optional<engine::Event> event(const engine::CoopId& coop,
                                             engine::EventNo no) const = 0;
  virtual engine::EventNo last_event_of(const engine::CoopId& coop, engine::Date date) const = 0;
  virtual std::optional<engine::Hold> hold(const engine::CoopId& coop,
                                           engine::EventNo hold) const = 0;
  virtual std::optional<engine::Reversals> reversals(const engine::CoopId& coop,
                                                     engine::EventNo entry) const = 0;
  /// The operator first.
  virtual std::vector<engine::Principal> principals(const engine::CoopId& coop) const = 0;
};

/// decide and Book::apply, with every event in memory; reopening is a replay.
std::unique_ptr<World> make_engine_world();

}  // namespace lumbung::tests
