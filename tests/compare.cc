#include "tests/compare.h"

#include <gtest/gtest.h>

#include <sstream>

namespace lumbung::tests {
namespace {

using engine::AccountHandle;
using engine::CoopId;
using engine::Date;
using engine::Event;
using engine::EventNo;
using storage::Basis;
using storage::Moment;

std::string text_of(const Moment& moment) {
  switch (moment.kind) {
    case Moment::Kind::kNow:
      return "now";
    case Moment::Kind::kRecordTime:
      return "at " + engine::format_timestamp(moment.time);
    case Moment::Kind::kDate:
      break;
  }
  return engine::format_date(moment.date) +
         (moment.basis == Basis::kBooking ? " by booking date" : " by value date");
}

std::string text_of(const std::optional<storage::Totals>& totals) {
  if (!totals) return "none";
  return engine::format_amount(static_cast<engine::Int128>(totals->debits), 0) + " debits, " +
         engine::format_amount(static_cast<engine::Int128>(totals->credits), 0) +
         " credits as of event " + std::to_string(totals->as_of.value);
}

std::string text_of(const std::optional<storage::Statement>& statement) {
  if (!statement) return "none";
  std::ostringstream text;
  for (const storage::StatementLine& line : statement->lines) {
    text << line.event.value << '.' << line.leg << ' ' << name_of(line.side) << ' '
         << line.amount.minor << " -> " << engine::format_amount(line.balance_after, 0) << " on "
         << engine::format_date(line.booking_date) << '\n';
  }
  text << (statement->more ? "more" : "no more") << " as of event " << statement->as_of.value;
  return text.str();
}

std::string text_of(const storage::CoopStatus& status) {
  std::ostringstream text;
  text << status.coop.text() << ' ' << static_cast<unsigned>(status.currency) << ' ' << status.zone
       << " sen " << status.sen_allowed << " first " << engine::format_date(status.first_day)
       << " open " << engine::format_date(status.open_day) << " month "
       << engine::format_month(status.open_month) << " last event " << status.head.last_event.value
       << " at " << engine::format_timestamp(status.last_time) << " accounts "
       << status.account_count;
  return text.str();
}

Moment any_moment(Random& random, const storage::CoopStatus& status, const World& world) {
  if (random.one_in(3)) {
    const auto event = world.event(status.coop, {1 + random.below(status.head.last_event.value)});
    return Moment::at({event->at.us + random.between(-1, 1)});
  }
  const int days = (status.open_day - status.first_day) + 40;
  const Date date = status.first_day + static_cast<int>(random.between(-400, days));
  return Moment::end_of(date, random.one_in(2) ? Basis::kBooking : Basis::kValue);
}

void expect_same_trial_balance(const World& is, const World& should, const CoopId& coop,
                               const Moment& moment) {
  const auto a = is.trial_balance(coop, moment);
  const auto b = should.trial_balance(coop, moment);
  ASSERT_TRUE(a && b);
  ASSERT_EQ(a->rows.size(), b->rows.size());
  EXPECT_EQ(a->as_of, b->as_of);
  for (std::size_t i = 0; i < a->rows.size(); ++i) {
    const storage::TrialBalanceRow& x = a->rows[i];
    const storage::TrialBalanceRow& y = b->rows[i];
    EXPECT_TRUE(x.handle == y.handle && x.code == y.code && x.type == y.type &&
                x.normal == y.normal && x.currency == y.currency && x.is_control == y.is_control)
        << y.code;
    EXPECT_TRUE(x.totals.debits == y.totals.debits && x.totals.credits == y.totals.credits)
        << y.code << ' ' << text_of(moment) << " is " << text_of(x.totals) << ", should be "
        << text_of(y.totals);
  }
}

}  // namespace

bool same_event(const Event& a, const Event& b, bool with_parameters) {
  if (a.no != b.no || a.booking_date != b.booking_date || a.at != b.at ||
      a.principal != b.principal || !(a.key == b.key) || a.batch_size != b.batch_size) {
    return false;
  }
  const auto* refused = std::get_if<engine::Refused>(&a.body);
  const auto* other = std::get_if<engine::Refused>(&b.body);
  if (refused != nullptr && other != nullptr && !with_parameters) {
    return refused->refusal.code == other->refusal.code;
  }
  return a.body == b.body;
}

void expect_same_state(const World& is, const World& should, const CoopId& coop, EventNo first) {
  SCOPED_TRACE(std::string(coop.text()));
  const auto status = should.coop(coop);
  ASSERT_EQ(is.coop(coop).has_value(), status.has_value());
  if (!status) return;
  ASSERT_EQ(text_of(*is.coop(coop)), text_of(*status));
  for (std::uint32_t h = 1; h <= status->account_count; ++h) {
    const auto a = is.account(coop, {h});
    const auto b = should.account(coop, {h});
    ASSERT_TRUE(a && b);
    EXPECT_TRUE(a->info == b->info && a->line == b->line && a->control_code == b->control_code &&
                a->as_of == b->as_of)
        << b->info.code;
    EXPECT_EQ(is.find_account(coop, b->info.code), AccountHandle{h});
  }
  EXPECT_EQ(is.account(coop, {status->account_count + 1}), std::nullopt);
  EXPECT_EQ(is.principals(coop), should.principals(coop));
  const bool with_parameters = is.tells_parameters() && should.tells_parameters();
  for (std::uint64_t no = first.value; no <= status->head.last_event.value; ++no) {
    const auto a = is.event(coop, {no});
    const auto b = should.event(coop, {no});
    ASSERT_TRUE(a && b) << no;
    ASSERT_TRUE(same_event(*a, *b, with_parameters)) << "event " << no;
    EXPECT_EQ(is.hold(coop, {no}), should.hold(coop, {no})) << "hold " << no;
    EXPECT_EQ(is.reversals(coop, {no}), should.reversals(coop, {no})) << "reversals of " << no;
  }
  EXPECT_EQ(is.event(coop, {status->head.last_event.value + 1}), std::nullopt);
  expect_same_trial_balance(is, should, coop, Moment::now());
}

engine::Book replay(const World& world, const CoopId& coop) {
  engine::Book book;
  for (std::uint64_t no = 1; const auto event = world.event(coop, {no}); ++no) book.apply(*event);
  return book;
}

void expect_same_past(const World& is, const World& should, const CoopId& coop, Random& random,
                      int questions) {
  SCOPED_TRACE(std::string(coop.text()));
  const auto status = should.coop(coop);
  ASSERT_TRUE(status);
  if (status->account_count == 0) return;
  for (int i = 0; i < questions && !testing::Test::HasFailure(); ++i) {
    const AccountHandle account{
        static_cast<std::uint32_t>(1 + random.below(status->account_count))};
    const Moment moment = any_moment(random, *status, should);
    switch (random.below(8)) {
      case 0:
        expect_same_trial_balance(is, should, coop, moment);
        break;
      case 1: {
        const Date date =
            status->first_day +
            static_cast<int>(random.between(-10, 10 + (status->open_day - status->first_day)));
        const Basis basis = random.one_in(2) ? Basis::kBooking : Basis::kValue;
        const auto a = is.day_totals(coop, account, date, basis);
        const auto b = should.day_totals(coop, account, date, basis);
        EXPECT_EQ(text_of(a), text_of(b)) << "account " << account.value << " on the day "
                                          << text_of(Moment::end_of(date, basis));
        EXPECT_EQ(is.last_event_of(coop, date), should.last_event_of(coop, date));
        break;
      }
      case 2:
      case 3: {
        std::optional<storage::StatementPlace> before;
        if (!random.one_in(3)) {
          before = {{1 + random.below(status->head.last_event.value + 1)},
                    static_cast<std::uint32_t>(random.below(3))};
        }
        const std::size_t limit = random.below(12);
        EXPECT_EQ(text_of(is.statement(coop, account, before, limit)),
                  text_of(should.statement(coop, account, before, limit)))
            << "account " << account.value << ", before " << (before ? before->event.value : 0)
            << ", at most " << limit;
        break;
      }
      default:
        EXPECT_EQ(text_of(is.totals(coop, account, moment)),
                  text_of(should.totals(coop, account, moment)))
            << "account " << account.value << ' ' << text_of(moment);
    }
  }
}

}  // namespace lumbung::tests
