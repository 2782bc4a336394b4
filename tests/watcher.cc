#include "tests/watcher.h"

#include <gtest/gtest.h>

namespace lumbung::tests {

using engine::AccountHandle;
using engine::EventNo;
using storage::Moment;

namespace {

constexpr std::size_t kLines = 15;
constexpr std::size_t kPages = 400;

}  // namespace

Watcher::Watcher(const storage::Ledger& ledger, engine::CoopId coop, std::uint64_t seed)
    : ledger_(ledger), coop_(coop), random_(seed), thread_([this] { watch(); }) {}

void Watcher::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Watcher::watch() {
  do {
    const auto balance = ledger_.trial_balance(coop_, Moment::now());
    if (!balance || balance->rows.empty()) continue;
    const auto accounts = balance->rows.size();
    if (balances_.empty() || balances_.back().as_of != balance->as_of) {
      balances_.push_back(*balance);
    }
    const AccountHandle account{1 + static_cast<std::uint32_t>(random_.below(accounts))};
    const auto statement = ledger_.statement(coop_, account, std::nullopt, kLines);
    if (pages_.size() < kPages) {
      pages_.push_back({account, *statement});
    } else {
      pages_[random_.below(kPages)] = {account, *statement};
    }
  } while (!stopping_);
}

void Watcher::expect_shown_is_true(const Model& model) const {
  if (!balances_.empty()) expect_balances(model);
  if (!pages_.empty()) expect_pages(model);
}

void Watcher::expect_balances(const Model& model) const {
  const auto status = model.coop(coop_);
  ASSERT_TRUE(status) << "a cooperative was shown that does not exist";
  std::vector<Sums> sums(status->account_count + 1);
  EventNo at{};
  for (const storage::TrialBalance& shown : balances_) {
    ASSERT_GE(shown.as_of, at) << "what was shown went back";
    ASSERT_LE(shown.as_of, status->head.last_event) << "shown, though it did not happen";
    while (at < shown.as_of) {
      ++at.value;
      const auto event = model.event(coop_, at);
      const engine::Entry* entry = engine::entry_of(event->body);
      if (entry == nullptr) continue;
      for (const engine::Posting& leg : entry->legs) {
        Sums& of = sums[leg.account.value];
        (leg.side == engine::Side::kDebit ? of.debits : of.credits) += leg.amount.minor;
      }
    }
    for (const storage::TrialBalanceRow& row : shown.rows) {
      if (row.is_control) continue;  // the sum of others
      const storage::Totals should = totals_of(sums[row.handle.value], at);
      ASSERT_TRUE(row.totals.debits == should.debits && row.totals.credits == should.credits)
          << row.code << " as of event " << at.value;
    }
  }
}

void Watcher::expect_pages(const Model& model) const {
  const EventNo last = model.coop(coop_)->head.last_event;
  for (const Page& page : pages_) {
    const EventNo as_of = page.statement.as_of;
    ASSERT_LE(as_of, last) << "shown, though it did not happen";
    const auto should =
        model.statement(coop_, page.account, storage::StatementPlace{{as_of.value + 1}, 0}, kLines);
    ASSERT_TRUE(should);
    ASSERT_EQ(page.statement.lines.size(), should->lines.size());
    ASSERT_EQ(page.statement.more, should->more);
    for (std::size_t i = 0; i < should->lines.size(); ++i) {
      const storage::StatementLine& is = page.statement.lines[i];
      const storage::StatementLine& line = should->lines[i];
      ASSERT_TRUE(is.event == line.event && is.leg == line.leg && is.side == line.side &&
                  is.amount == line.amount && is.balance_after == line.balance_after &&
                  is.booking_date == line.booking_date)
          << "account " << page.account.value << ", event " << line.event.value << ", as of "
          << as_of.value;
    }
  }
}

}  // namespace lumbung::tests
