#include "tests/lines.h"

#include <algorithm>

#include "engine/check.h"

namespace lumbung::tests {
namespace {

using engine::AccountHandle;
using engine::Date;
using engine::Side;
using storage::Basis;
using storage::Moment;

void add_to(Sums& sums, const engine::Posting& posting) {
  (posting.side == Side::kDebit ? sums.debits : sums.credits) += posting.amount.minor;
}

Date date_of(const Line& line, Basis basis) {
  return basis == Basis::kBooking ? line.booking_date : line.value_date;
}

bool counts(const Line& line, const Moment& moment) {
  switch (moment.kind) {
    case Moment::Kind::kNow:
      return true;
    case Moment::Kind::kRecordTime:
      return line.at <= moment.time;
    case Moment::Kind::kDate:
      return date_of(line, moment.basis) <= moment.date;
  }
  CHECK(false);
}

}  // namespace

engine::Int128 narrow(const cpp_int& value) {
  const cpp_int magnitude = abs(value);
  CHECK(msb(magnitude + 1) < 127);
  const auto high = static_cast<std::uint64_t>(magnitude >> 64);
  const auto low = static_cast<std::uint64_t>(magnitude & ~std::uint64_t{0});
  const auto wide = static_cast<engine::Int128>((engine::Uint128{high} << 64) | low);
  return value < 0 ? -wide : wide;
}

storage::Totals totals_of(const Sums& sums, engine::EventNo as_of) {
  return {static_cast<engine::Uint128>(narrow(sums.debits)),
          static_cast<engine::Uint128>(narrow(sums.credits)), as_of};
}

void Lines::add(const engine::Event& event) {
  const engine::Entry* entry = engine::entry_of(event.body);
  if (entry == nullptr) return;
  std::uint32_t leg = 0;
  for (const engine::Posting& posting : entry->legs) {
    const std::size_t handle = posting.account.value;
    if (by_account_.size() <= handle) by_account_.resize(handle + 1);
    by_account_[handle].push_back({event.no, leg++, posting, event.booking_date,
                                   entry->value_date.value_or(event.booking_date), event.at});
  }
}

const std::vector<Line>& Lines::of(AccountHandle account) const {
  static const std::vector<Line> kNone;
  return account.value < by_account_.size() ? by_account_[account.value] : kNone;
}

Sums Lines::sums(AccountHandle account, const Moment& moment) const {
  Sums sums;
  for (const Line& line : of(account)) {
    if (counts(line, moment)) add_to(sums, line.posting);
  }
  return sums;
}

Sums Lines::day_sums(AccountHandle account, Date date, Basis basis) const {
  Sums sums;
  for (const Line& line : of(account)) {
    if (date_of(line, basis) == date) add_to(sums, line.posting);
  }
  return sums;
}

storage::Statement Lines::statement(AccountHandle account, Side normal,
                                    std::optional<storage::StatementPlace> before,
                                    std::size_t limit) const {
  storage::Statement statement;
  Sums sums;
  for (const Line& line : of(account)) {
    if (before && std::pair(line.event, line.leg) >= std::pair(before->event, before->leg)) break;
    add_to(sums, line.posting);
    statement.lines.push_back({line.event, line.leg, line.posting.side, line.posting.amount,
                               narrow(sums.balance(normal)), line.booking_date});
  }
  std::reverse(statement.lines.begin(), statement.lines.end());
  statement.more = statement.lines.size() > limit;
  if (statement.more) statement.lines.resize(limit);
  return statement;
}

}  // namespace lumbung::tests
