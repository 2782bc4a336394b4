// An account of the ledger: a 64-byte line of figures that postings touch, and the rest of what was
// said when it was opened.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "engine/id.h"
#include "engine/money.h"

namespace lumbung::engine {

enum class Side : std::uint8_t { kDebit = 0, kCredit = 1 };

constexpr Side opposite(Side side) { return side == Side::kDebit ? Side::kCredit : Side::kDebit; }

/// The five classes of the accounting equation, and memorandum accounts off the balance sheet.
enum class AccountType : std::uint8_t {
  kAsset = 1,
  kLiability = 2,
  kEquity = 3,
  kIncome = 4,
  kExpense = 5,
  kMemo = 6,
};

std::string_view name_of(AccountType type);
std::optional<AccountType> parse_account_type(std::string_view name);
std::string_view name_of(Side side);
std::optional<Side> parse_side(std::string_view name);

/// The hot line: everything a posting reads or changes, one cache line an account.
///
/// Balances are signed by the account's normal side: above zero is where the account is meant to
/// stand. posted = booked; held = reserved by open holds; available = posted - held - floor.
struct alignas(64) Account {
  static constexpr std::int64_t kNoFloor = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kNoCeiling = std::numeric_limits<std::int64_t>::max();
  static constexpr std::uint8_t kControl = 1;
  static constexpr std::uint8_t kFrozen = 2;
  static constexpr std::uint8_t kClosed = 4;

  Uint128 debits = 0;   // minor units, all time
  Uint128 credits = 0;  // minor units, all time
  std::int64_t held = 0;
  std::int64_t floor = kNoFloor;
  std::int64_t ceiling = kNoCeiling;
  AccountHandle control{};  // the control account it rolls up to; 0: none
  Currency currency{};
  Side normal = Side::kDebit;
  std::uint8_t flags = 0;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  Int128 posted() const {
    const auto net = static_cast<Int128>(debits - credits);
    return normal == Side::kDebit ? net : -net;
  }
  /// nullopt when the account has no floor: nothing bounds it.
  std::optional<Int128> available() const {
    if (floor == kNoFloor) return std::nullopt;
    return posted() - held - floor;
  }
  friend bool operator==(const Account&, const Account&) = default;
};
static_assert(sizeof(Account) == 64);

/// What no posting changes.
struct AccountInfo {
  std::string code;  // a reference, unique in the cooperative
  AccountType type{};
  EventNo opened{};
  friend bool operator==(const AccountInfo&, const AccountInfo&) = default;
};

}  // namespace lumbung::engine
