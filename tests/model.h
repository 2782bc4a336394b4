// Model: the naive second ledger. Written from docs/accounting.md and refusal.def, without the
// engine's rules: it keeps what happened, adds everything up anew for each question, finds every
// reason against a request and tells the one whose row comes first. Slow on purpose.
//
// It predicts answers, refusal codes (not their parameters), events, and all that can be read.
// Copyable, so that a crash can be played again from an earlier copy. Not thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/recorded_world.h"

namespace lumbung::tests {

class Model : public RecordedWorld {
 public:
  bool tells_parameters() const override { return false; }
  void set_clock(engine::Timestamp now) override { now_ = now; }
  storage::Answer ask(const engine::CoopId& coop, const engine::Command& command) override;
  std::vector<storage::Answer> ask_batch(const engine::CoopId& coop,
                                         const std::vector<engine::Command>& commands,
                                         storage::BatchMode mode) override;
  void reopen() override {}

  std::optional<storage::CoopStatus> coop(const engine::CoopId& coop) const override;
  std::optional<storage::AccountView> account(const engine::CoopId& coop,
                                              engine::AccountHandle account) const override;
  std::optional<engine::Hold> hold(const engine::CoopId& coop, engine::EventNo no) const override;
  std::optional<engine::Reversals> reversals(const engine::CoopId& coop,
                                             engine::EventNo entry) const override;
  std::vector<engine::Principal> principals(const engine::CoopId& coop) const override;

  std::vector<engine::CoopId> coops() const;

  struct Coop;  // what the model knows of one cooperative; model.cc and model_reasons.cc

 protected:
  const Record* record(const engine::CoopId& coop) const override;

 private:
  const Coop* find(const engine::CoopId& coop) const;
  /// The commands are one request: all or none.
  std::vector<storage::Answer> answer(const engine::CoopId& coop,
                                      const std::vector<engine::Command>& commands, bool is_batch);

  engine::Timestamp now_;
  std::map<engine::CoopId, Coop> coops_;
};

/// Of one account: what was said last.
struct ModelAccount {
  std::optional<cpp_int> floor;
  std::optional<cpp_int> ceiling;
  bool frozen = false;
  bool closed = false;
};

struct ModelHold {
  engine::AccountHandle account;
  cpp_int remaining;
  std::optional<engine::Date> last_day;
};

struct Model::Coop {
  engine::OpenCooperative opened;
  engine::Date open_day;
  int open_month = 0;  // year × 12 + month - 1
  Record record;
  std::map<std::uint32_t, ModelAccount> accounts;  // by handle
  std::map<std::uint64_t, ModelHold> holds;        // the open ones, by event
  std::vector<std::pair<std::string, std::set<engine::Role>>> principals{{"operator", {}}};
  std::map<std::pair<std::uint32_t, std::string>, Remembered> keys;  // by principal and key

  bool exists() const { return !record.events.empty(); }
  cpp_int posted(engine::AccountHandle account) const;
  cpp_int held(engine::AccountHandle account) const;
  /// Of each leg of the entry what its reversals took, and which they were.
  engine::Reversals reversals_of(engine::EventNo entry) const;
};

/// Every reason against the request, by its row in refusal.def.
class Reasons {
 public:
  void add(engine::RefusalCode code) { codes_.insert(code); }
  void add_if(bool wrong, engine::RefusalCode code) {
    if (wrong) add(code);
  }
  std::optional<engine::RefusalCode> first() const;

 private:
  std::set<engine::RefusalCode> codes_;
};

Reasons reasons_against(const Model::Coop& coop, const engine::Command& command);

/// The entry that a request would book: of a reversal, what it takes back of its target.
/// REQUIRES: no reason against it.
engine::EventBody body_of(const Model::Coop& coop, const engine::CommandBody& command);

/// Months since year 0, by the calendar of the standard library.
int month_number(engine::Date date);

}  // namespace lumbung::tests
