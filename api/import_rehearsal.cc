#include "api/import_rehearsal.h"

#include <algorithm>

#include "engine/chart.h"
#include "engine/decide.h"

namespace lumbung::api {
namespace {

using engine::AccountHandle;

/// Rows only post, so no event of the past is ever looked up.
class BookAlone : public engine::View {
 public:
  using View::View;
  std::optional<engine::Event> event(engine::EventNo) const override { return std::nullopt; }
};

/// Cash in a till is counted by its teller: nothing moves it from outside.
bool is_till(const engine::Book& book, AccountHandle handle) {
  const engine::ChartRow* tills = engine::find_role(engine::default_chart(), "tills");
  for (; handle.value != 0; handle = book.account(handle).control) {
    if (book.info(handle).code == tills->code) return true;
  }
  return false;
}

}  // namespace

engine::PostEntry entry_for(const ImportRow& row, AccountHandle own, AccountHandle contra) {
  engine::PostEntry post;
  const bool debit = row.side == engine::Side::kDebit;
  post.entry.legs.push_back({debit ? own : contra, engine::Side::kDebit, row.amount});
  post.entry.legs.push_back({debit ? contra : own, engine::Side::kCredit, row.amount});
  post.entry.value_date = row.date;
  post.entry.metadata = row.metadata;
  return post;
}

std::optional<engine::OpenCooperative> opening_of(const engine::CoopId& coop,
                                                  const BookRule& rule) {
  if (!rule.currency || !rule.first_day) return std::nullopt;
  return engine::OpenCooperative{.coop = coop,
                                 .currency = *rule.currency,
                                 .zone = rule.zone,
                                 .first_day = *rule.first_day,
                                 .sen_allowed = rule.sen_allowed};
}

std::optional<engine::OpenAccount> opening_of(const AccountRule& rule, engine::Currency currency,
                                              AccountHandle control) {
  engine::OpenAccount open{.code = rule.code,
                           .type = rule.type,
                           .normal = rule.normal,
                           .currency = currency,
                           .control = control,
                           .is_control = rule.is_control,
                           .floor = {},
                           .ceiling = {}};
  const int exponent = engine::exponent_of(currency);
  const auto read = [&](const std::optional<std::string>& text,
                        std::optional<engine::Amount>& out) {
    if (!text) return true;
    const auto minor = DecimalForm{}.read(*text, exponent);
    if (minor) out = engine::Amount{*minor};
    return minor.has_value();
  };
  if (!read(rule.floor, open.floor) || !read(rule.ceiling, open.ceiling)) return std::nullopt;
  return open;
}

engine::Date next_day(engine::Date open_day, engine::Date target, const engine::Policy& policy) {
  return std::min(target, open_day + policy.next_day_gap_days);
}

std::string sentence_for(const engine::Refusal& refusal) {
  return std::string(engine::name_of(refusal.code)) + ": " +
         std::string(engine::sentence_of(refusal.code));
}

std::optional<engine::Refusal> Rehearsal::ask(engine::PrincipalHandle principal,
                                              engine::CommandBody body) {
  const BookAlone view(book_);
  auto decided = engine::decide(view, policy_, {{}, principal, std::move(body)});
  if (!decided) return decided.refusal();
  book_.apply({.no = {book_.last_event().value + 1},
               .booking_date = book_.open_day(),
               .at = book_.last_time(),
               .principal = principal,
               .key = {},
               .batch_size = 0,
               .digest = {},
               .body = std::move(*decided)});
  return std::nullopt;
}

Obstacle Rehearsal::obstacle_of(const engine::Refusal& refusal, const ImportRow* row) const {
  using enum engine::RefusalCode;
  Obstacle obstacle{"", sentence_for(refusal)};
  if (const auto account = refusal.param(engine::ParamKind::kAccount)) {
    const AccountHandle handle{static_cast<std::uint32_t>(*account)};
    if (book_.has_account(handle)) obstacle.what += " (" + book_.info(handle).code + ")";
  }
  switch (refusal.code) {
    case day_closed:
    case day_not_open:
    case month_closed:
    case next_day_invalid:
    case value_date_out_of_range:
      obstacle.column = rules_.columns[rules_.date];
      break;
    case insufficient_funds:
    case ceiling_exceeded:
      obstacle.may_pass = true;
      [[fallthrough]];
    case amount_out_of_range:
    case sen_not_allowed:
      if (row != nullptr) obstacle.column = rules_.columns[rules_.amount_column(row->side)];
      break;
    default:
      break;
  }
  return obstacle;
}

std::optional<Obstacle> Rehearsal::prepare() {
  if (auto obstacle = prepare_book()) return obstacle;
  const auto principal = book_.find_principal(rules_.principal());
  if (!principal) {
    const engine::GrantRole grant{rules_.principal(), engine::Role::kIntegrator};
    if (auto refusal = ask(engine::kOperator, grant)) return obstacle_of(*refusal);
  } else if (!book_.principal(*principal).holds(engine::Role::kIntegrator)) {
    return Obstacle{"", rules_.principal() + " no longer holds the role integrator"};
  }
  for (const AccountRule& rule : rules_.accounts) {
    if (auto obstacle = open(rule)) return obstacle;
  }
  return std::nullopt;
}

std::optional<Obstacle> Rehearsal::prepare_book() {
  const auto& wanted = rules_.book.currency;
  if (book_.opened()) {
    if (!wanted || *wanted == book_.currency()) return std::nullopt;
    return Obstacle{"", "the book is kept in " + std::string(engine::alpha_of(book_.currency())) +
                            ", the rules say " + std::string(engine::alpha_of(*wanted))};
  }
  const auto open = opening_of(coop_, rules_.book);
  if (!open) {
    return Obstacle{"",
                    "there is no cooperative of this id, and without currency and first_day under "
                    "[book] the rules do not open one"};
  }
  if (auto refusal = ask(engine::kOperator, *open)) return obstacle_of(*refusal);
  book_opened_ = true;
  return std::nullopt;
}

/// Opens the account, or asks whether the one that is there is the one that is meant.
std::optional<Obstacle> Rehearsal::open(const AccountRule& rule) {
  if (checked_.contains(rule.code)) return std::nullopt;
  const AccountHandle handle = book_.find_account(rule.code);
  if (handle.value != 0) {
    if (auto obstacle = conflict(rule, handle)) return obstacle;
  } else {
    const AccountHandle control = book_.find_account(rule.control);
    if (!rule.control.empty() && control.value == 0) {
      return Obstacle{"", rule.code + " has the control account " + rule.control +
                              ", which is neither in the book nor in the rules before it"};
    }
    const auto opening = opening_of(rule, book_.currency(), control);
    if (!opening) return Obstacle{"", "a limit of " + rule.code + " has too many decimals"};
    if (auto refusal = ask(engine::kOperator, *opening)) {
      Obstacle obstacle = obstacle_of(*refusal);
      obstacle.what = "the account " + rule.code + " cannot be opened: " + obstacle.what;
      return obstacle;
    }
    missing_.push_back(rule);
  }
  checked_.insert(rule.code);
  return std::nullopt;
}

std::optional<Obstacle> Rehearsal::conflict(const AccountRule& rule, AccountHandle handle) const {
  const engine::Account& line = book_.account(handle);
  const auto differs = [&](std::string_view what, std::string_view is, std::string_view wanted) {
    return Obstacle{"", "the " + std::string(what) + " of the account " + rule.code + " is " +
                            std::string(is) + ", the rules say " + std::string(wanted)};
  };
  if (book_.info(handle).type != rule.type) {
    return differs("type", name_of(book_.info(handle).type), name_of(rule.type));
  }
  if (line.normal != rule.normal) {
    return differs("normal side", name_of(line.normal), name_of(rule.normal));
  }
  if (line.currency != book_.currency()) {
    return differs("currency", engine::alpha_of(line.currency), engine::alpha_of(book_.currency()));
  }
  if (line.has(engine::Account::kControl) != rule.is_control) {
    return differs("kind", line.has(engine::Account::kControl) ? "control account" : "plain",
                   rule.is_control ? "control account" : "plain");
  }
  const std::string control = line.control.value == 0 ? "" : book_.info(line.control).code;
  if (control != rule.control) {
    return differs("control account", control.empty() ? "none" : control,
                   rule.control.empty() ? "none" : rule.control);
  }
  return std::nullopt;
}

std::optional<Obstacle> Rehearsal::own_account(const ImportRow& row) {
  std::optional<Obstacle> obstacle;
  if (rules_.open_missing) {
    AccountRule rule = *rules_.open_missing;
    rule.code = row.account;
    obstacle = open(rule);
  } else if (book_.find_account(row.account).value == 0) {
    obstacle = Obstacle{"", "there is no account " + row.account};
  }
  if (obstacle && !rules_.account.parts.empty()) {
    obstacle->column = rules_.columns[rules_.account.parts.front().column];
  }
  return obstacle;
}

std::optional<Obstacle> Rehearsal::contra_account(const ImportRow& row) {
  const AccountHandle handle = book_.find_account(row.contra);
  if (handle.value == 0) {
    return Obstacle{"", "there is no account " + row.contra + " to post against"};
  }
  if (is_till(book_, handle)) {
    return Obstacle{"", row.contra + " is a till: only its teller moves its cash"};
  }
  return std::nullopt;
}

/// Closes days until `date` is open. Earlier dates than the open one need nothing: such rows are
/// booked in the open day with their own value date.
std::optional<Obstacle> Rehearsal::advance(engine::Date date) {
  while (date > book_.open_day()) {
    const engine::Date open_day = book_.open_day();
    if (!rules_.close_days) {
      return Obstacle{rules_.columns[rules_.date],
                      "this day is not open yet, and the rules do not close days; open is " +
                          engine::format_date(open_day)};
    }
    const engine::CloseDay close{open_day, next_day(open_day, date, policy_)};
    if (auto refusal = ask(engine::kOperator, close)) return obstacle_of(*refusal);
    ++days_closed_;
  }
  return std::nullopt;
}

std::optional<Obstacle> Rehearsal::post(const ImportRow& row) {
  if (auto obstacle = own_account(row)) return obstacle;
  if (auto obstacle = contra_account(row)) return obstacle;
  if (auto obstacle = advance(row.date)) return obstacle;
  const auto principal = book_.find_principal(rules_.principal());
  const auto refusal = ask(
      *principal, entry_for(row, book_.find_account(row.account), book_.find_account(row.contra)));
  if (refusal) return obstacle_of(*refusal, &row);
  return std::nullopt;
}

}  // namespace lumbung::api
