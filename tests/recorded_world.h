// What happened in one cooperative, kept whole, and the questions that can be answered by adding it
// up anew. The engine's world and the model share it; neither keeps a balance of the past.
#pragma once

#include <vector>

#include "tests/lines.h"
#include "tests/world.h"

namespace lumbung::tests {

struct Record {
  std::vector<engine::Event> events;
  std::vector<engine::OpenAccount> accounts;  // [handle - 1]
  Lines lines;

  void add(engine::Event event);
  engine::EventNo last_event() const { return {events.size()}; }
  const engine::OpenAccount* account(engine::AccountHandle handle) const;
  /// The account and, of a control account, all that roll up to it.
  Sums sums(engine::AccountHandle account, const storage::Moment& moment) const;
  Sums day_sums(engine::AccountHandle account, engine::Date date, storage::Basis basis) const;
  /// The last event that a question about that moment can count in.
  engine::EventNo as_of(const storage::Moment& moment) const;

 private:
  std::vector<engine::AccountHandle> with_members(engine::AccountHandle account) const;
};

/// What was asked under one key, and what was told.
struct Remembered {
  std::vector<engine::CommandBody> request;
  bool is_batch = false;
  std::vector<storage::Answer> answers;

  /// Whether the request is the one that was remembered. A single entry that was posted names the
  /// day it was booked on whether it said so or not, and its value date is that day unless it said
  /// another; everything else must be asked in the same words.
  bool is_same(const std::vector<engine::CommandBody>& again, bool again_is_batch) const;
  /// The answers once more.
  std::vector<storage::Answer> replayed() const;
};

class RecordedWorld : public World {
 public:
  std::optional<engine::AccountHandle> find_account(const engine::CoopId& coop,
                                                    std::string_view code) const override;
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

 protected:
  /// nullptr: no such cooperative.
  virtual const Record* record(const engine::CoopId& coop) const = 0;
};

}  // namespace lumbung::tests
