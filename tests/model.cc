#include "tests/model.h"

#include <algorithm>

namespace lumbung::tests {

using namespace engine;  // NOLINT: every name below is a term of the engine
using storage::Answer;
using storage::BatchMode;

namespace {

using Coop = Model::Coop;

Answer without_bytes(RefusalCode code) {
  Answer answer;
  answer.outcome = Answer::Outcome::kRefused;
  answer.refusal = Refusal(code);
  return answer;
}

// --- what each kind of event changes ---

void change(Coop&, const Event&, const EntryPosted&) {}
void change(Coop&, const Event&, const Refused&) {}
void change(Coop&, const Event&, const EntryReversed&) {}

void change(Coop& coop, const Event&, const OpenCooperative& body) {
  coop.opened = body;
  coop.open_day = body.first_day;
  coop.open_month = month_number(body.first_day);
}

std::set<Role>& roles_of(Coop& coop, const std::string& name) {
  for (auto& [principal, roles] : coop.principals) {
    if (principal == name) return roles;
  }
  return coop.principals.emplace_back(name, std::set<Role>{}).second;
}

void change(Coop& coop, const Event&, const GrantRole& body) {
  roles_of(coop, body.principal).insert(body.role);
}

void change(Coop& coop, const Event&, const RevokeRole& body) {
  roles_of(coop, body.principal).erase(body.role);
}

std::optional<cpp_int> limit_of(const std::optional<Amount>& amount) {
  if (!amount) return std::nullopt;
  return cpp_int(amount->minor);
}

void change(Coop& coop, const Event&, const OpenAccount& body) {
  const auto handle = static_cast<std::uint32_t>(coop.accounts.size() + 1);
  coop.accounts[handle] = {limit_of(body.floor), limit_of(body.ceiling), false, false};
}

void change(Coop& coop, const Event&, const SetLimits& body) {
  coop.accounts.at(body.account.value).floor = limit_of(body.floor);
  coop.accounts.at(body.account.value).ceiling = limit_of(body.ceiling);
}

void change(Coop& coop, const Event&, const FreezeAccount& body) {
  coop.accounts.at(body.account.value).frozen = true;
}

void change(Coop& coop, const Event&, const UnfreezeAccount& body) {
  coop.accounts.at(body.account.value).frozen = false;
}

void change(Coop& coop, const Event&, const CloseAccount& body) {
  coop.accounts.at(body.account.value).closed = true;
}

void change(Coop& coop, const Event& event, const PlaceHold& body) {
  coop.holds[event.no.value] = {body.account, body.amount.minor, body.last_day};
}

void change(Coop& coop, const Event&, const HoldSettled& body) {
  ModelHold& hold = coop.holds.at(body.hold.value);
  hold.remaining -= body.taken.minor;
  if (hold.remaining == 0 || body.release_rest) coop.holds.erase(body.hold.value);
}

void change(Coop& coop, const Event&, const ReleaseHold& body) {
  coop.holds.erase(body.hold.value);
}

void change(Coop& coop, const Event&, const ExpireHold& body) {
  coop.holds.erase(body.hold.value);
}

void change(Coop& coop, const Event&, const CloseDay& body) {
  coop.open_day = body.next;
}

void change(Coop& coop, const Event&, const CloseMonth&) {
  ++coop.open_month;
}

/// Writes the event down and says what its caller is told.
Answer happen(Coop& coop, const Command& command, Timestamp now, EventBody body,
              std::uint32_t batch_size) {
  Event event;
  event.no = {coop.record.events.size() + 1};
  const auto* opens = std::get_if<OpenCooperative>(&body);
  event.booking_date = opens != nullptr ? opens->first_day : coop.open_day;
  event.at = coop.exists() ? std::max(now, coop.record.events.back().at) : now;
  event.principal = command.principal;
  event.key = command.key;
  event.batch_size = batch_size;
  event.body = std::move(body);

  Answer answer;
  answer.outcome = Answer::Outcome::kDone;
  if (const auto* refused = std::get_if<Refused>(&event.body)) {
    answer.outcome = Answer::Outcome::kRefused;
    answer.refusal = refused->refusal;
  }
  answer.event = event.no;
  answer.booking_date = event.booking_date;
  answer.at = event.at;
  std::visit([&](const auto& kind) { change(coop, event, kind); }, event.body);
  coop.record.add(std::move(event));
  return answer;
}

/// All of them, or the first reason against one of them.
std::vector<Answer> carry_out(Coop& coop, const std::vector<Command>& commands, Timestamp now,
                              bool is_batch) {
  Coop copy;
  if (is_batch) copy = coop;
  Coop& tried = is_batch ? copy : coop;
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    Command command{commands[0].key, commands[0].principal, commands[i].body};
    if (const auto code = reasons_against(tried, command).first()) {
      // A refusal is remembered, except where there is no book or nobody to remember it for.
      const bool remembers = coop.exists() && code != RefusalCode::principal_unknown &&
                             code != RefusalCode::coop_exists;
      const Answer answer = remembers ? happen(coop, commands[0], now, Refused{Refusal(*code)}, 0)
                                      : without_bytes(*code);
      return std::vector(commands.size(), answer);
    }
    if (i > 0) command.key = {};
    const auto size = is_batch && i == 0 ? static_cast<std::uint32_t>(commands.size()) : 0;
    answers.push_back(happen(tried, command, now, body_of(tried, command.body), size));
  }
  if (is_batch) coop = std::move(copy);
  return answers;
}

}  // namespace

cpp_int Model::Coop::posted(AccountHandle account) const {
  const OpenAccount* said = record.account(account);
  if (said == nullptr) return 0;
  return record.lines.sums(account, storage::Moment::now()).balance(said->normal);
}

cpp_int Model::Coop::held(AccountHandle account) const {
  cpp_int sum = 0;
  for (const auto& [no, hold] : holds) {
    if (hold.account == account) sum += hold.remaining;
  }
  return sum;
}

Reversals Model::Coop::reversals_of(EventNo entry) const {
  Reversals found;
  for (const Event& event : record.events) {
    const auto* reversed = std::get_if<EntryReversed>(&event.body);
    if (reversed == nullptr || reversed->target != entry) continue;
    found.by.push_back(event.no);
    std::size_t next = 0;
    for (std::size_t leg = 0; leg < 64; ++leg) {
      if ((reversed->target_legs / (std::uint64_t{1} << leg)) % 2 == 0) continue;
      if (found.taken.size() <= leg) found.taken.resize(leg + 1);
      found.taken[leg] += reversed->entry.legs[next++].amount.minor;
    }
  }
  return found;
}

const Model::Coop* Model::find(const CoopId& id) const {
  const auto found = coops_.find(id);
  return found == coops_.end() ? nullptr : &found->second;
}

const Record* Model::record(const CoopId& id) const {
  const Coop* coop = find(id);
  return coop == nullptr ? nullptr : &coop->record;
}

Answer Model::ask(const CoopId& id, const Command& command) {
  return answer(id, {command}, false).front();
}

std::vector<Answer> Model::ask_batch(const CoopId& id, const std::vector<Command>& commands,
                                     BatchMode mode) {
  if (mode == BatchMode::kAtomic) return answer(id, commands, true);
  std::vector<Answer> answers;
  for (const Command& command : commands) answers.push_back(ask(id, command));
  return answers;
}

std::vector<Answer> Model::answer(const CoopId& id, const std::vector<Command>& commands,
                                  bool is_batch) {
  const auto all = [&](RefusalCode code) {
    return std::vector(commands.size(), without_bytes(code));
  };
  const bool opens = std::holds_alternative<OpenCooperative>(commands[0].body);
  if (find(id) == nullptr && !opens) return all(RefusalCode::coop_unknown);
  if (commands.size() > 8190) return all(RefusalCode::batch_too_large);
  Coop fresh;
  Coop& coop = find(id) == nullptr ? fresh : coops_.at(id);

  std::vector<CommandBody> request;
  for (const Command& command : commands) request.push_back(command.body);
  const std::pair key(commands[0].principal.value, commands[0].key.text());
  if (const auto known = coop.keys.find(key); known != coop.keys.end()) {
    if (!known->second.is_same(request, is_batch)) return all(RefusalCode::key_reused);
    return known->second.replayed();
  }
  std::vector<Answer> answers = carry_out(coop, commands, now_, is_batch);
  if (answers[0].event.value != 0) {
    coop.keys[key] = {std::move(request), is_batch, answers};
    if (&coop == &fresh) coops_.emplace(id, std::move(fresh));
  }
  return answers;
}

std::optional<storage::CoopStatus> Model::coop(const CoopId& id) const {
  const Coop* coop = find(id);
  if (coop == nullptr) return std::nullopt;
  return storage::CoopStatus{
      .coop = id,
      .currency = coop->opened.currency,
      .zone = coop->opened.zone,
      .sen_allowed = coop->opened.sen_allowed,
      .first_day = coop->opened.first_day,
      .open_day = coop->open_day,
      .open_month = {coop->open_month},
      .head = {{}, {}, coop->record.last_event()},
      .last_time = coop->record.events.back().at,
      .account_count = static_cast<std::uint32_t>(coop->record.accounts.size())};
}

std::optional<storage::AccountView> Model::account(const CoopId& id, AccountHandle handle) const {
  const Coop* coop = find(id);
  const OpenAccount* opened = coop == nullptr ? nullptr : coop->record.account(handle);
  if (opened == nullptr) return std::nullopt;
  const ModelAccount& state = coop->accounts.at(handle.value);
  storage::AccountView view;
  view.handle = handle;
  view.info = {opened->code, opened->type, {}};
  for (const Event& event : coop->record.events) {
    const auto* body = std::get_if<OpenAccount>(&event.body);
    if (body != nullptr && body->code == opened->code) view.info.opened = event.no;
  }
  const storage::Totals totals = totals_of(coop->record.sums(handle, storage::Moment::now()), {});
  view.line.debits = totals.debits;
  view.line.credits = totals.credits;
  view.line.held = static_cast<std::int64_t>(coop->held(handle));
  if (state.floor) view.line.floor = static_cast<std::int64_t>(*state.floor);
  if (state.ceiling) view.line.ceiling = static_cast<std::int64_t>(*state.ceiling);
  view.line.control = opened->control;
  view.line.currency = opened->currency;
  view.line.normal = opened->normal;
  view.line.flags = static_cast<std::uint8_t>((opened->is_control ? Account::kControl : 0) |
                                              (state.frozen ? Account::kFrozen : 0) |
                                              (state.closed ? Account::kClosed : 0));
  if (opened->control.value != 0) view.control_code = coop->record.account(opened->control)->code;
  view.as_of = coop->record.last_event();
  return view;
}

std::optional<Hold> Model::hold(const CoopId& id, EventNo no) const {
  const Coop* coop = find(id);
  if (coop == nullptr || coop->holds.count(no.value) == 0) return std::nullopt;
  const ModelHold& hold = coop->holds.at(no.value);
  return Hold{hold.account, Amount{static_cast<std::int64_t>(hold.remaining)}, hold.last_day};
}

std::optional<Reversals> Model::reversals(const CoopId& id, EventNo entry) const {
  const Coop* coop = find(id);
  if (coop == nullptr) return std::nullopt;
  Reversals found = coop->reversals_of(entry);
  if (found.by.empty()) return std::nullopt;
  return found;
}

std::vector<Principal> Model::principals(const CoopId& id) const {
  std::vector<Principal> all;
  const Coop* coop = find(id);
  if (coop == nullptr) return all;
  for (const auto& [name, roles] : coop->principals) {
    Principal principal{name, 0};
    for (const Role role : roles) principal.roles += 1U << static_cast<unsigned>(role);
    all.push_back(principal);
  }
  return all;
}

std::vector<CoopId> Model::coops() const {
  std::vector<CoopId> all;
  for (const auto& [id, coop] : coops_) all.push_back(id);
  return all;
}

}  // namespace lumbung::tests
