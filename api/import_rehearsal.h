// The rehearsal of an import: the core decides every row against a copy of the book in memory, so
// that a dry run finds what a commit would be refused.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/import_row.h"
#include "api/import_rules.h"
#include "engine/book.h"
#include "engine/event.h"
#include "engine/policy.h"

namespace lumbung::api {

/// The entry a row asks for. The value date is always said: the same row is then the same request
/// whatever day is open when it comes in.
engine::PostEntry entry_for(const ImportRow& row, engine::AccountHandle own,
                            engine::AccountHandle contra);

/// How to open the book by its rule; nullopt: the rule does not say when or in which currency.
std::optional<engine::OpenCooperative> opening_of(const engine::CoopId& coop, const BookRule& rule);

/// How to open an account by its rule. `control` is the handle of its control account, 0: none.
/// nullopt: a limit has more decimals than the currency.
std::optional<engine::OpenAccount> opening_of(const AccountRule& rule, engine::Currency currency,
                                              engine::AccountHandle control);

/// The last day that can be opened next on the way to `target` in one step.
engine::Date next_day(engine::Date open_day, engine::Date target, const engine::Policy& policy);

/// What stands in the way of a row, and in which column (empty: none in particular).
struct Obstacle {
  std::string column;
  std::string what;
  bool may_pass = false;  // a limit: another row of the same date may move the balance first
};

/// One thread. `rules` must outlive it.
class Rehearsal {
 public:
  Rehearsal(const engine::CoopId& coop, const ImportRules& rules, const engine::Policy& policy)
      : coop_(coop), rules_(rules), policy_(policy) {}

  const engine::Book& book() const { return book_; }
  /// An event of the real book, in order from the first.
  void replay(const engine::Event& event) { book_.apply(event); }
  /// Opens the book if need be, gives the source its role and opens the rules' accounts.
  std::optional<Obstacle> prepare();
  /// As the row would be posted. REQUIRES: prepare() found nothing.
  std::optional<Obstacle> post(const ImportRow& row);

  /// The accounts that were missing, in the order in which they were needed.
  const std::vector<AccountRule>& missing() const { return missing_; }
  std::uint64_t days_closed() const { return days_closed_; }
  bool book_opened() const { return book_opened_; }

 private:
  std::optional<Obstacle> prepare_book();
  std::optional<Obstacle> open(const AccountRule& rule);
  std::optional<Obstacle> conflict(const AccountRule& rule, engine::AccountHandle handle) const;
  std::optional<Obstacle> own_account(const ImportRow& row);
  std::optional<Obstacle> contra_account(const ImportRow& row);
  std::optional<Obstacle> advance(engine::Date date);
  std::optional<engine::Refusal> ask(engine::PrincipalHandle principal, engine::CommandBody body);
  /// `row`: the one that was refused, if it was a row.
  Obstacle obstacle_of(const engine::Refusal& refusal, const ImportRow* row = nullptr) const;

  engine::CoopId coop_;
  const ImportRules& rules_;
  engine::Policy policy_;
  engine::Book book_;
  std::vector<AccountRule> missing_;
  std::set<std::string, std::less<>> checked_;  // codes of accounts that agree with the rules
  std::uint64_t days_closed_ = 0;
  bool book_opened_ = false;
};

/// "code: sentence"
std::string sentence_for(const engine::Refusal& refusal);

}  // namespace lumbung::api
