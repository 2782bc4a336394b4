#include "tests/recorded_world.h"

#include <algorithm>
#include <utility>

namespace lumbung::tests {

using engine::AccountHandle;
using engine::CoopId;
using engine::Date;
using engine::EventNo;
using storage::Basis;
using storage::Moment;

namespace {

engine::PostEntry with_dates(engine::PostEntry post, Date booked) {
  post.booking_date = post.booking_date.value_or(booked);
  post.entry.value_date = post.entry.value_date.value_or(booked);
  return post;
}

}  // namespace

bool Remembered::is_same(const std::vector<engine::CommandBody>& again, bool again_is_batch) const {
  if (is_batch != again_is_batch) return false;
  const storage::Answer& told = answers.front();
  if (!is_batch && told.outcome == storage::Answer::Outcome::kDone) {
    const auto* first = std::get_if<engine::PostEntry>(&request.front());
    const auto* second = std::get_if<engine::PostEntry>(&again.front());
    if (first != nullptr && second != nullptr) {
      return with_dates(*first, told.booking_date) == with_dates(*second, told.booking_date);
    }
  }
  return request == again;
}

std::vector<storage::Answer> Remembered::replayed() const {
  std::vector<storage::Answer> again = answers;
  for (storage::Answer& answer : again) answer.replayed = true;
  return again;
}

void Record::add(engine::Event event) {
  if (const auto* opened = std::get_if<engine::OpenAccount>(&event.body)) {
    accounts.push_back(*opened);
  }
  lines.add(event);
  events.push_back(std::move(event));
}

const engine::OpenAccount* Record::account(AccountHandle handle) const {
  if (handle.value == 0 || handle.value > accounts.size()) return nullptr;
  return &accounts[handle.value - 1];
}

std::vector<AccountHandle> Record::with_members(AccountHandle account) const {
  std::vector<AccountHandle> all{account};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::uint32_t h = 1; h <= accounts.size(); ++h) {
      if (accounts[h - 1].control == all[i]) all.push_back(AccountHandle{h});
    }
  }
  return all;
}

Sums Record::sums(AccountHandle account, const Moment& moment) const {
  Sums all;
  for (const AccountHandle h : with_members(account)) {
    const Sums one = lines.sums(h, moment);
    all.debits += one.debits;
    all.credits += one.credits;
  }
  return all;
}

Sums Record::day_sums(AccountHandle account, Date date, Basis basis) const {
  Sums all;
  for (const AccountHandle h : with_members(account)) {
    const Sums one = lines.day_sums(h, date, basis);
    all.debits += one.debits;
    all.credits += one.credits;
  }
  return all;
}

EventNo Record::as_of(const Moment& moment) const {
  const bool by_booking = moment.kind == Moment::Kind::kDate && moment.basis == Basis::kBooking;
  if (!by_booking && moment.kind != Moment::Kind::kRecordTime) return last_event();
  EventNo last{};
  for (const engine::Event& event : events) {
    if (by_booking ? event.booking_date <= moment.date : event.at <= moment.time) last = event.no;
  }
  return last;
}

std::optional<AccountHandle> RecordedWorld::find_account(const CoopId& coop,
                                                         std::string_view code) const {
  const Record* of = record(coop);
  if (of == nullptr) return std::nullopt;
  const auto found = std::find_if(of->accounts.begin(), of->accounts.end(),
                                  [&](const engine::OpenAccount& a) { return a.code == code; });
  if (found == of->accounts.end()) return std::nullopt;
  return AccountHandle{static_cast<std::uint32_t>(found - of->accounts.begin()) + 1};
}

std::optional<storage::Totals> RecordedWorld::totals(const CoopId& coop, AccountHandle account,
                                                     const Moment& moment) const {
  const Record* of = record(coop);
  if (of == nullptr || of->account(account) == nullptr) return std::nullopt;
  return totals_of(of->sums(account, moment), of->as_of(moment));
}

std::optional<storage::Totals> RecordedWorld::day_totals(const CoopId& coop, AccountHandle account,
                                                         Date date, Basis basis) const {
  const Record* of = record(coop);
  if (of == nullptr || of->account(account) == nullptr) return std::nullopt;
  return totals_of(of->day_sums(account, date, basis), of->as_of(Moment::end_of(date, basis)));
}

std::optional<storage::Statement> RecordedWorld::statement(
    const CoopId& coop, AccountHandle account, std::optional<storage::StatementPlace> before,
    std::size_t limit) const {
  const Record* of = record(coop);
  if (of == nullptr || of->account(account) == nullptr) return std::nullopt;
  storage::Statement statement =
      of->lines.statement(account, of->account(account)->normal, before, limit);
  statement.as_of = of->last_event();
  return statement;
}

std::optional<storage::TrialBalance> RecordedWorld::trial_balance(const CoopId& coop,
                                                                  const Moment& moment) const {
  const Record* of = record(coop);
  if (of == nullptr) return std::nullopt;
  storage::TrialBalance balance;
  balance.as_of = of->last_event();
  for (std::uint32_t h = 1; h <= of->accounts.size(); ++h) {
    const engine::OpenAccount& account = of->accounts[h - 1];
    balance.rows.push_back({AccountHandle{h}, account.code, account.type, account.normal,
                            account.currency, account.is_control,
                            totals_of(of->sums(AccountHandle{h}, moment), of->last_event())});
  }
  return balance;
}

std::optional<engine::Event> RecordedWorld::event(const CoopId& coop, EventNo no) const {
  const Record* of = record(coop);
  if (of == nullptr || no.value == 0 || no > of->last_event()) return std::nullopt;
  return of->events[no.value - 1];
}

EventNo RecordedWorld::last_event_of(const CoopId& coop, Date date) const {
  const Record* of = record(coop);
  if (of == nullptr) return {};
  return of->as_of(Moment::end_of(date, Basis::kBooking));
}

}  // namespace lumbung::tests
