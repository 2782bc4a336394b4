#include "api/import_balances.h"

#include <algorithm>

namespace lumbung::api {
namespace {

/// The first of those that are nearest to the balance.
engine::Int128 nearest_to(engine::Int128 balance, const std::vector<engine::Int128>& claims) {
  const auto distance = [balance](engine::Int128 claim) {
    return balance > claim ? balance - claim : claim - balance;
  };
  return *std::min_element(claims.begin(), claims.end(), [&](engine::Int128 a, engine::Int128 b) {
    return distance(a) < distance(b);
  });
}

}  // namespace

void BalanceCheck::move(std::string_view account, engine::Date date, engine::Int128 net) {
  const auto found = accounts_.find(account);
  if (found != accounts_.end()) found->second.moved[date] += net;
}

void BalanceCheck::add(const storage::Ledger& ledger, const engine::CoopId& coop,
                       const engine::Event& event) {
  const engine::Entry* entry = engine::entry_of(event.body);
  if (entry == nullptr) return;
  const engine::Date date = entry->value_date.value_or(event.booking_date);
  for (const engine::Posting& leg : entry->legs) {
    while (by_handle_.size() <= leg.account.value) {
      const engine::AccountHandle next{static_cast<std::uint32_t>(by_handle_.size())};
      const auto found = accounts_.find(ledger.account_code(coop, next));
      by_handle_.push_back(found == accounts_.end() ? nullptr : &found->second);
    }
    Account* account = by_handle_[leg.account.value];
    if (account == nullptr) continue;
    const bool debit = leg.side == engine::Side::kDebit;
    account->moved[date] += debit ? leg.amount.minor : -leg.amount.minor;
  }
}

std::uint64_t BalanceCheck::days() const {
  std::uint64_t days = 0;
  for (const auto& [code, account] : accounts_) days += account.claims.size();
  return days;
}

std::vector<BalanceBreak> BalanceCheck::breaks(
    const std::function<engine::Side(const std::string& account)>& normal_of) const {
  std::vector<BalanceBreak> breaks;
  for (const auto& [code, account] : accounts_) {
    const engine::Side normal = normal_of(code);
    engine::Int128 net = 0;
    auto moved = account.moved.begin();
    for (const auto& [date, claims] : account.claims) {
      for (; moved != account.moved.end() && moved->first <= date; ++moved) net += moved->second;
      const engine::Int128 balance = normal == engine::Side::kDebit ? net : -net;
      const engine::Int128 nearest = nearest_to(balance, claims);
      if (nearest != balance) {
        breaks.push_back({code, date, balance, claims, balance - nearest});
      }
    }
  }
  return breaks;
}

}  // namespace lumbung::api
