// What a source says of its accounts' balances, held against what the book says.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/import.h"
#include "engine/date.h"
#include "engine/event.h"
#include "storage/ledger.h"

namespace lumbung::api {

/// Gathers claims first and movements then; accounts without a claim cost nothing. One thread.
class BalanceCheck {
 public:
  /// After a row of that date the source had this balance, on the account's normal side.
  void claim(const std::string& account, engine::Date date, std::int64_t minor) {
    accounts_[account].claims[date].push_back(minor);
  }
  /// Debits minus credits on a value date.
  void move(std::string_view account, engine::Date date, engine::Int128 net);
  /// The legs of the entry an event may have. `ledger`: to know the accounts by their handles.
  void add(const storage::Ledger& ledger, const engine::CoopId& coop, const engine::Event& event);

  /// Accounts × dates that have a claim.
  std::uint64_t days() const;
  /// Dates at whose end no claim of that date is the account's balance; by account and date.
  std::vector<BalanceBreak> breaks(
      const std::function<engine::Side(const std::string& account)>& normal_of) const;

 private:
  struct Account {
    std::map<engine::Date, std::vector<engine::Int128>> claims;
    std::map<engine::Date, engine::Int128> moved;
  };

  std::map<std::string, Account, std::less<>> accounts_;
  std::vector<Account*> by_handle_;  // nullptr: no claims
};

}  // namespace lumbung::api
