// Runs a story (tests/scripts/*.test, language in tests/scripts/README.md) against a World. What
// differs from what the story says is a failure of the current test, at the script's line.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/story_script.h"
#include "tests/world.h"

namespace lumbung::tests {

class StoryRunner {
 public:
  /// `path` names the script in failures.
  StoryRunner(World& world, std::string path) : world_(&world), path_(std::move(path)) {}

  void run(std::string_view text);

  /// The names of all refusals that were told.
  const std::set<std::string>& refusals() const { return refusals_; }

 private:
  struct Asked {
    engine::Command command;
    storage::Answer answer;
  };
  struct Item {
    engine::Command command;
    Phrase phrase;
    std::string done;  // the outcome's word when it happens
  };
  using Build = Item (StoryRunner::*)(const ScriptLine&);
  using Look = void (StoryRunner::*)(const ScriptLine&);

  static const std::map<std::string, Build>& commands();
  static const std::map<std::string, Look>& others();

  void run_line(const ScriptLine& line);
  void run_command(const ScriptLine& line, Build build);

  // Commands.
  Item build_coop(const ScriptLine& line);
  Item build_grant(const ScriptLine& line);
  Item build_revoke(const ScriptLine& line);
  Item build_account(const ScriptLine& line);
  Item build_limits(const ScriptLine& line);
  Item build_freeze(const ScriptLine& line);
  Item build_unfreeze(const ScriptLine& line);
  Item build_close_account(const ScriptLine& line);
  Item build_deposit(const ScriptLine& line);
  Item build_withdraw(const ScriptLine& line);
  Item build_transfer(const ScriptLine& line);
  Item build_entry(const ScriptLine& line);
  Item build_reverse(const ScriptLine& line);
  Item build_hold(const ScriptLine& line);
  Item build_settle(const ScriptLine& line);
  Item build_release(const ScriptLine& line);
  Item build_expire(const ScriptLine& line);
  Item build_close_day(const ScriptLine& line);
  Item build_close_month(const ScriptLine& line);

  // Everything else a line can say.
  void use(const ScriptLine& line);
  void clock(const ScriptLine& line);
  void reopen(const ScriptLine& line);
  void cash(const ScriptLine& line);
  void chart(const ScriptLine& line);
  void retry(const ScriptLine& line);
  void batch(const ScriptLine& line);
  void balance(const ScriptLine& line);
  void day_totals(const ScriptLine& line);
  void statement(const ScriptLine& line);
  void trial_balance(const ScriptLine& line);
  void held(const ScriptLine& line);
  void taken_back(const ScriptLine& line);
  void book(const ScriptLine& line);
  void roles(const ScriptLine& line);

  Item finish(const ScriptLine& line, Phrase phrase, engine::CommandBody body, std::string done);
  Item moved(const ScriptLine& line, Phrase phrase, bool into);
  engine::PostEntry post_of(const ScriptLine& line, Phrase& phrase, engine::Legs legs);
  void read_below(const ScriptLine& line, engine::Legs* legs, engine::Metadata& metadata);

  std::optional<storage::AccountView> find(const std::string& code) const;
  engine::AccountHandle handle(const std::string& code) const;
  int exponent(const std::string& code) const;
  int book_exponent() const;
  engine::Amount amount(const std::string& text, const std::string& code) const;
  std::optional<engine::Amount> limit(Phrase& phrase, const std::string& name, int exponent) const;
  /// A key of this story, or "event:7".
  engine::EventNo event_no(const std::string& name) const;
  storage::Moment moment(Phrase& phrase) const;

  void check_answer(const ScriptLine& line, const Item& item, const storage::Answer& answer);
  std::string param_text(const storage::Answer& answer, engine::ParamKind kind) const;
  void remember(const engine::Command& command, const storage::Answer& answer);
  std::vector<storage::AccountView> all_accounts() const;
  void check_unchanged(const ScriptLine& line, const std::vector<storage::AccountView>& before);
  void check_nothing_left(const ScriptLine& line, const Phrase& phrase);
  void expect_equal(const ScriptLine& line, const std::string& what, const std::string& is,
                    const std::string& should);
  void fail(const ScriptLine& line, const std::string& what);
  void tick();

  World* world_;
  std::string path_;
  engine::CoopId coop_;
  std::string cash_ = "1102/KASIR";
  engine::Timestamp now_;
  std::map<std::pair<engine::CoopId, std::string>, Asked> asked_;  // by key, as first asked
  std::map<std::string, std::vector<Asked>> batches_;              // atomic ones, by key
  std::set<std::string> refusals_;
};

}  // namespace lumbung::tests
