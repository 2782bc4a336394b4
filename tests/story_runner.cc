// The lines that look, and what is checked after those that ask; the commands are in
// story_commands.cc.
#include "tests/story_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "engine/chart.h"
#include "engine/currency.h"

namespace lumbung::tests {

using engine::AccountHandle;
using engine::ParamKind;
using engine::Side;
using storage::Answer;
using storage::Basis;
using storage::Moment;

namespace {

std::string money_text(engine::Int128 minor, int exponent) {
  return engine::format_amount(minor, exponent);
}

/// The same amount always reads the same: "70_000" and "70000.00" are one.
std::string canonical(const std::string& text, int exponent) {
  if (text == "none") return text;
  return money_text(parse_money(text, exponent), exponent);
}

bool same_line(const storage::AccountView& a, const storage::AccountView& b) {
  return a.handle == b.handle && a.info == b.info && a.line == b.line &&
         a.control_code == b.control_code;
}

bool same_answer(const Answer& a, const Answer& b) {
  return a.outcome == b.outcome && a.event == b.event && a.booking_date == b.booking_date &&
         a.at == b.at && a.refusal == b.refusal;
}

}  // namespace

const std::map<std::string, StoryRunner::Look>& StoryRunner::others() {
  static const std::map<std::string, Look> kOthers{
      {"use", &StoryRunner::use},
      {"clock", &StoryRunner::clock},
      {"reopen", &StoryRunner::reopen},
      {"cash", &StoryRunner::cash},
      {"chart", &StoryRunner::chart},
      {"retry", &StoryRunner::retry},
      {"batch", &StoryRunner::batch},
      {"balance", &StoryRunner::balance},
      {"day-totals", &StoryRunner::day_totals},
      {"statement", &StoryRunner::statement},
      {"trial-balance", &StoryRunner::trial_balance},
      {"held", &StoryRunner::held},
      {"taken-back", &StoryRunner::taken_back},
      {"book", &StoryRunner::book},
      {"roles", &StoryRunner::roles},
  };
  return kOthers;
}

void StoryRunner::run(std::string_view text) {
  now_ = *engine::parse_timestamp("2026-01-01T00:00:00Z");
  for (const ScriptLine& line : parse_script(text)) run_line(line);
}

void StoryRunner::run_line(const ScriptLine& line) {
  try {
    const auto build = commands().find(line.words[0]);
    if (build != commands().end()) return run_command(line, build->second);
    const auto look = others().find(line.words[0]);
    if (look != others().end()) return (this->*look->second)(line);
    fail(line, "no such verb: " + line.words[0]);
  } catch (const std::invalid_argument& wrong) {
    fail(line, wrong.what());
  }
}

void StoryRunner::run_command(const ScriptLine& line, Build build) {
  Item item = (this->*build)(line);
  check_nothing_left(line, item.phrase);
  const auto before = all_accounts();
  tick();
  const Answer answer = world_->ask(coop_, item.command);
  check_answer(line, item, answer);
  remember(item.command, answer);
  if (answer.outcome != Answer::Outcome::kDone || answer.replayed) check_unchanged(line, before);
}

void StoryRunner::use(const ScriptLine& line) {
  const Phrase phrase(line, 1);
  const auto id = engine::CoopId::parse(phrase.operand(0));
  if (!id) throw std::invalid_argument("no id of a cooperative");
  coop_ = *id;
}

void StoryRunner::clock(const ScriptLine& line) {
  const auto time = engine::parse_timestamp(Phrase(line, 1).operand(0));
  if (!time) throw std::invalid_argument("no time");
  now_ = *time;
}

void StoryRunner::tick() {
  world_->set_clock(now_);
  now_.us += 1'000'000;
}

void StoryRunner::reopen(const ScriptLine& line) {
  const auto before = all_accounts();
  world_->reopen();
  check_unchanged(line, before);
}

void StoryRunner::cash(const ScriptLine& line) {
  cash_ = Phrase(line, 1).operand(0);
}

void StoryRunner::chart(const ScriptLine& line) {
  int n = 0;
  for (auto& open :
       engine::opening_commands(engine::default_chart(), world_->coop(coop_)->currency)) {
    engine::Command command;
    command.key = *engine::Key::parse("chart-" + std::to_string(++n));
    command.body = std::move(open);
    const Item item{std::move(command), Phrase(line, 0), "opened"};
    tick();
    check_answer(line, item, world_->ask(coop_, item.command));
  }
}

void StoryRunner::retry(const ScriptLine& line) {
  const Phrase phrase(line, 1);
  const auto expect_same = [&](const Answer& first, const Answer& again) {
    if (!again.replayed) fail(line, "not told to be a replay");
    if (!same_answer(first, again)) fail(line, "not the answer that was given first");
  };
  const auto before = all_accounts();
  tick();
  if (const auto batch = batches_.find(phrase.operand(0)); batch != batches_.end()) {
    std::vector<engine::Command> commands;
    for (const Asked& asked : batch->second) commands.push_back(asked.command);
    const auto answers = world_->ask_batch(coop_, commands, storage::BatchMode::kAtomic);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      expect_same(batch->second[i].answer, answers[i]);
    }
  } else {
    const auto asked = asked_.find({coop_, phrase.operand(0)});
    if (asked == asked_.end()) throw std::invalid_argument("nothing was asked under this key");
    expect_same(asked->second.answer, world_->ask(coop_, asked->second.command));
  }
  check_unchanged(line, before);
}

void StoryRunner::batch(const ScriptLine& line) {
  Phrase phrase(line, 1);
  const bool is_atomic = phrase.operand(0) == "atomic";
  if (!is_atomic && phrase.operand(0) != "per-item") throw std::invalid_argument("what batch?");
  std::vector<Item> items;
  for (const ScriptLine& below : line.below) {
    const auto build = commands().find(below.words[0]);
    if (build == commands().end()) throw std::invalid_argument("no command: " + below.words[0]);
    Item item = (this->*build->second)(below);
    const int times = std::stoi(item.phrase.take_or("times", "1"));
    check_nothing_left(below, item.phrase);
    items.insert(items.end(), static_cast<std::size_t>(times), item);
  }
  const std::string key = phrase.take_or("key", "line-" + std::to_string(line.number));
  if (is_atomic) items.front().command.key = *engine::Key::parse(key);
  check_nothing_left(line, phrase);

  std::vector<engine::Command> commands;
  for (const Item& item : items) commands.push_back(item.command);
  const auto before = all_accounts();
  tick();
  const auto answers = world_->ask_batch(
      coop_, commands, is_atomic ? storage::BatchMode::kAtomic : storage::BatchMode::kPerItem);
  if (answers.size() != items.size()) return fail(line, "not an answer an item");

  bool any_done = false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    any_done = any_done || answers[i].outcome == Answer::Outcome::kDone;
    if (is_atomic) {
      check_answer(line, {items[i].command, phrase, "posted"}, answers[i]);
      batches_[key].push_back({commands[i], answers[i]});
    } else {
      check_answer(line.below[std::min(i, line.below.size() - 1)], items[i], answers[i]);
      remember(commands[i], answers[i]);
    }
  }
  if (is_atomic) asked_.try_emplace({coop_, key}, Asked{commands[0], answers[0]});
  if (!any_done) check_unchanged(line, before);
}

void StoryRunner::balance(const ScriptLine& line) {
  Phrase phrase(line, 1);
  const std::string& code = phrase.operand(0);
  const auto view = find(code);
  if (!view) throw std::invalid_argument("no account " + code);
  const int digits = exponent(code);
  const Moment when = moment(phrase);
  const auto totals = world_->totals(coop_, view->handle, when);
  if (!totals) return fail(line, "no totals");
  const auto posted = totals->balance(view->line.normal);
  const auto expect = [&](const std::string& name, const std::string& is) {
    if (const auto should = phrase.take(name)) {
      expect_equal(line, name, is, canonical(*should, digits));
    }
  };
  expect("posted", money_text(posted, digits));
  if (when.kind == Moment::Kind::kNow) {
    expect_equal(line, "the line", money_text(view->line.posted(), digits),
                 money_text(posted, digits));
    expect("held", money_text(view->line.held, digits));
    const auto available = view->line.available();
    expect("available", available ? money_text(*available, digits) : "none");
  }
  check_nothing_left(line, phrase);
}

void StoryRunner::day_totals(const ScriptLine& line) {
  Phrase phrase(line, 2);
  const std::string& code = phrase.operand(0);
  const auto date = engine::parse_date(phrase.operand(1));
  if (!date) throw std::invalid_argument("no date");
  const Basis basis =
      phrase.take_or("basis", "booking") == "value" ? Basis::kValue : Basis::kBooking;
  const auto totals = world_->day_totals(coop_, handle(code), *date, basis);
  if (!totals) return fail(line, "no totals");
  for (const auto& [name, is] :
       {std::pair{"debits", totals->debits}, std::pair{"credits", totals->credits}}) {
    expect_equal(line, name, money_text(static_cast<engine::Int128>(is), exponent(code)),
                 canonical(phrase.take_or(name, "0"), exponent(code)));
  }
  check_nothing_left(line, phrase);
}

void StoryRunner::statement(const ScriptLine& line) {
  Phrase phrase(line, 1);
  const std::string& code = phrase.operand(0);
  check_nothing_left(line, phrase);
  // In pages of two, so that the seams are asked too.
  std::vector<storage::StatementLine> lines;
  std::optional<storage::StatementPlace> before;
  for (bool more = true; more;) {
    const auto page = world_->statement(coop_, handle(code), before, 2);
    if (!page) return fail(line, "no statement");
    lines.insert(lines.end(), page->lines.begin(), page->lines.end());
    more = page->more;
    if (more && page->lines.empty()) return fail(line, "more is promised than is there");
    if (!lines.empty()) before = {lines.back().event, lines.back().leg};
  }
  std::reverse(lines.begin(), lines.end());
  expect_equal(line, "number of lines", std::to_string(lines.size()),
               std::to_string(line.below.size()));
  for (std::size_t i = 0; i < std::min(lines.size(), line.below.size()); ++i) {
    Phrase row(line.below[i], 2);
    const auto event = world_->event(coop_, lines[i].event);
    if (!event) return fail(line.below[i], "no event of this line");
    expect_equal(line.below[i], "date", engine::format_date(event->booking_date),
                 line.below[i].words[0]);
    expect_equal(line.below[i], "side", std::string(name_of(lines[i].side)), row.operand(0));
    expect_equal(line.below[i], "amount", money_text(lines[i].amount.minor, exponent(code)),
                 canonical(row.operand(1), exponent(code)));
    expect_equal(line.below[i], "balance", money_text(lines[i].balance_after, exponent(code)),
                 canonical(row.take_or("balance", "0"), exponent(code)));
  }
}

void StoryRunner::trial_balance(const ScriptLine& line) {
  Phrase phrase(line, 0);
  const auto balance = world_->trial_balance(coop_, moment(phrase));
  check_nothing_left(line, phrase);
  if (!balance) return fail(line, "no trial balance");
  std::map<std::string, std::string> expected;
  for (const ScriptLine& below : line.below) {
    const Phrase row(below, 1);
    const bool is_debit = row.operand(0) == "debit";
    const auto view = find(below.words[0]);
    if (!view) throw std::invalid_argument("no account " + below.words[0]);
    engine::Int128 net = parse_money(row.outcome(), exponent(below.words[0]));
    if (!is_debit) net = -net;
    expected[below.words[0]] = money_text(net, exponent(below.words[0]));
  }
  std::map<engine::Currency, engine::Int128> sums;
  for (const storage::TrialBalanceRow& row : balance->rows) {
    const auto net = row.totals.balance(Side::kDebit);
    if (!row.is_control) sums[row.currency] += net;
    const auto should = expected.find(row.code);
    if (row.is_control && should == expected.end()) continue;
    const int digits = engine::exponent_of(row.currency);
    expect_equal(line, row.code, money_text(net, digits),
                 should == expected.end() ? money_text(0, digits) : should->second);
  }
  for (const auto& [currency, sum] : sums) {
    if (sum != 0) fail(line, "debits and credits differ in a currency");
  }
}

void StoryRunner::held(const ScriptLine& line) {
  Phrase phrase(line, 1);
  const auto hold = world_->hold(coop_, event_no(phrase.operand(0)));
  if (phrase.outcome() == "ended") {
    if (hold) fail(line, "still held");
    return;
  }
  if (!hold) return fail(line, "nothing is held");
  const auto view = world_->account(coop_, hold->account);
  const int digits = engine::exponent_of(view->line.currency);
  expect_equal(line, "remaining", money_text(hold->remaining.minor, digits),
               canonical(phrase.take_or("remaining", "0"), digits));
  check_nothing_left(line, phrase);
}

void StoryRunner::taken_back(const ScriptLine& line) {
  Phrase phrase(line, 1);
  const auto reversals = world_->reversals(coop_, event_no(phrase.operand(0)));
  if (phrase.outcome() == "nothing") {
    if (reversals) fail(line, "something was taken back");
    return;
  }
  if (!reversals) return fail(line, "nothing was taken back");
  std::vector<std::string> taken;
  for (const auto minor : reversals->taken) taken.push_back(money_text(minor, book_exponent()));
  std::vector<std::string> should;
  for (const std::string& text : split_at_commas(phrase.take_or("legs", ""))) {
    should.push_back(canonical(text, book_exponent()));
  }
  if (taken != should) fail(line, "not what was taken of the legs");
  std::vector<engine::EventNo> by;
  for (const std::string& name : split_at_commas(phrase.take_or("by", ""))) {
    by.push_back(event_no(name));
  }
  if (by != reversals->by) fail(line, "not the reversals there were");
  check_nothing_left(line, phrase);
}

void StoryRunner::book(const ScriptLine& line) {
  Phrase phrase(line, 0);
  const auto status = world_->coop(coop_);
  if (phrase.outcome() == "unknown") {
    if (status) fail(line, "the cooperative is known");
    return;
  }
  if (!status) return fail(line, "no such cooperative");
  const auto expect = [&](const std::string& name, const std::string& is) {
    if (const auto should = phrase.take(name)) expect_equal(line, name, is, *should);
  };
  expect("day", engine::format_date(status->open_day));
  expect("month", engine::format_month(status->open_month));
  expect("events", std::to_string(status->head.last_event.value));
  expect("accounts", std::to_string(status->account_count));
  expect("currency", std::string(engine::alpha_of(status->currency)));
  expect("zone", status->zone);
  check_nothing_left(line, phrase);
}

void StoryRunner::roles(const ScriptLine& line) {
  Phrase phrase(line, 1);
  std::string held;
  for (const engine::Principal& principal : world_->principals(coop_)) {
    if (principal.name != phrase.operand(0)) continue;
    for (unsigned n = 1; n <= 6; ++n) {
      const auto role = static_cast<engine::Role>(n);
      if (!principal.holds(role)) continue;
      if (!held.empty()) held.push_back(',');
      held += name_of(role);
    }
  }
  expect_equal(line, "roles", held.empty() ? "none" : held, phrase.outcome());
}

Moment StoryRunner::moment(Phrase& phrase) const {
  if (const auto text = phrase.take("at")) {
    const auto time = engine::parse_timestamp(*text);
    if (!time) throw std::invalid_argument("no time");
    return Moment::at(*time);
  }
  for (const auto& [name, basis] :
       {std::pair{"booking", Basis::kBooking}, std::pair{"value", Basis::kValue}}) {
    if (const auto text = phrase.take(name)) {
      const auto date = engine::parse_date(*text);
      if (!date) throw std::invalid_argument("no date");
      return Moment::end_of(*date, basis);
    }
  }
  return Moment::now();
}

std::optional<storage::AccountView> StoryRunner::find(const std::string& code) const {
  const auto found = world_->find_account(coop_, code);
  if (!found) return std::nullopt;
  return world_->account(coop_, *found);
}

AccountHandle StoryRunner::handle(const std::string& code) const {
  // As the edge does it: a code that no account has is a handle that no account has.
  const auto found = world_->find_account(coop_, code);
  return found.value_or(AccountHandle{4'000'000'000});
}

int StoryRunner::book_exponent() const {
  const auto status = world_->coop(coop_);
  return status ? engine::exponent_of(status->currency) : 2;
}

int StoryRunner::exponent(const std::string& code) const {
  const auto view = find(code);
  return view ? engine::exponent_of(view->line.currency) : book_exponent();
}

engine::EventNo StoryRunner::event_no(const std::string& name) const {
  if (name.starts_with("event:")) return {std::stoull(name.substr(6))};
  const auto found = asked_.find({coop_, name});
  if (found == asked_.end()) throw std::invalid_argument("nothing was asked as " + name);
  return found->second.answer.event;
}

void StoryRunner::check_answer(const ScriptLine& line, const Item& item, const Answer& answer) {
  if (answer.outcome == Answer::Outcome::kUnknown) return fail(line, "the outcome is unknown");
  const bool is_done = answer.outcome == Answer::Outcome::kDone;
  const std::string is = is_done ? item.done : std::string(name_of(answer.refusal.code));
  const std::string& said = item.phrase.outcome();
  expect_equal(line, "outcome", is, said.empty() ? item.done : said);
  if (!is_done) refusals_.insert(is);
  if (answer.replayed != item.phrase.replayed()) fail(line, "whether it is a replay");
  if (is_done) {
    const auto event = world_->event(coop_, answer.event);
    if (!event || event->at != answer.at || event->booking_date != answer.booking_date) {
      fail(line, "the event is not what the answer says");
    }
  }
  static const std::map<std::string, ParamKind> kKinds{
      {"account", ParamKind::kAccount}, {"leg", ParamKind::kLeg},
      {"amount", ParamKind::kAmount},   {"available", ParamKind::kAvailable},
      {"date", ParamKind::kDate},       {"event", ParamKind::kEvent},
      {"item", ParamKind::kItem},       {"limit", ParamKind::kLimit},
  };
  for (const auto& [name, text] : item.phrase.expected()) {
    if (name == "receipt") {
      expect_equal(line, name, std::to_string(answer.event.value), text);
      continue;
    }
    const auto kind = kKinds.find(name);
    if (kind == kKinds.end()) throw std::invalid_argument("no refusal says " + name);
    if (!world_->tells_parameters()) continue;
    const bool is_money = name == "amount" || name == "available" || name == "limit";
    expect_equal(line, name, param_text(answer, kind->second),
                 is_money ? canonical(text, book_exponent()) : text);
  }
}

std::string StoryRunner::param_text(const Answer& answer, ParamKind kind) const {
  const auto value = answer.refusal.param(kind);
  if (!value) return "not said";
  switch (kind) {
    case ParamKind::kAccount: {
      const auto view = world_->account(coop_, {static_cast<std::uint32_t>(*value)});
      return view ? view->info.code : "unknown";
    }
    case ParamKind::kAmount:
    case ParamKind::kAvailable:
    case ParamKind::kLimit:
      return money_text(*value, book_exponent());
    case ParamKind::kDate:
      return engine::format_date({static_cast<std::int32_t>(*value)});
    default:
      return std::to_string(*value);
  }
}

void StoryRunner::remember(const engine::Command& command, const Answer& answer) {
  asked_.try_emplace({coop_, command.key.text()}, Asked{command, answer});
}

std::vector<storage::AccountView> StoryRunner::all_accounts() const {
  std::vector<storage::AccountView> all;
  const auto status = world_->coop(coop_);
  for (std::uint32_t h = 1; status && h <= status->account_count; ++h) {
    all.push_back(*world_->account(coop_, {h}));
  }
  return all;
}

void StoryRunner::check_unchanged(const ScriptLine& line,
                                  const std::vector<storage::AccountView>& before) {
  const auto now = all_accounts();
  if (!std::equal(before.begin(), before.end(), now.begin(), now.end(), same_line)) {
    fail(line, "an account changed though nothing was to happen");
  }
}

void StoryRunner::check_nothing_left(const ScriptLine& line, const Phrase& phrase) {
  for (const std::string& name : phrase.left()) fail(line, "not understood: " + name);
}

void StoryRunner::expect_equal(const ScriptLine& line, const std::string& what,
                               const std::string& is, const std::string& should) {
  if (is != should) fail(line, what + " is " + is + ", the story says " + should);
}

void StoryRunner::fail(const ScriptLine& line, const std::string& what) {
  ADD_FAILURE_AT(path_.c_str(), line.number) << what;
}

}  // namespace lumbung::tests
