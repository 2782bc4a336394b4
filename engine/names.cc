// The words of the closed sets, one table a set, read both ways.
#include <algorithm>
#include <array>

#include "engine/account.h"
#include "engine/check.h"
#include "engine/command.h"

namespace lumbung::engine {
namespace {

template <class T>
struct Word {
  T value;
  std::string_view name;
};
template <class T>
Word(T, std::string_view) -> Word<T>;  // clang 14, which fuzzes, does not deduce it for aggregates

constexpr std::array kTypes{
    Word{AccountType::kAsset, "asset"},     Word{AccountType::kLiability, "liability"},
    Word{AccountType::kEquity, "equity"},   Word{AccountType::kIncome, "income"},
    Word{AccountType::kExpense, "expense"}, Word{AccountType::kMemo, "memo"},
};
constexpr std::array kSides{Word{Side::kDebit, "debit"}, Word{Side::kCredit, "credit"}};
constexpr std::array kRoles{
    Word{Role::kAdmin, "admin"},       Word{Role::kTreasurer, "treasurer"},
    Word{Role::kTeller, "teller"},     Word{Role::kApprover, "approver"},
    Word{Role::kAuditor, "auditor"},   Word{Role::kIntegrator, "integrator"},
};

template <class Table>
std::string_view name_in(const Table& table, decltype(table[0].value) value) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& w) { return w.value == value; });
  CHECK(found != table.end());
  return found->name;
}

template <class Table>
auto value_in(const Table& table, std::string_view name)
    -> std::optional<std::remove_const_t<decltype(table[0].value)>> {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& w) { return w.name == name; });
  if (found == table.end()) return std::nullopt;
  return found->value;
}

}  // namespace

std::string_view name_of(AccountType type) { return name_in(kTypes, type); }
std::optional<AccountType> parse_account_type(std::string_view name) {
  return value_in(kTypes, name);
}
std::string_view name_of(Side side) { return name_in(kSides, side); }
std::optional<Side> parse_side(std::string_view name) { return value_in(kSides, name); }
std::string_view name_of(Role role) { return name_in(kRoles, role); }
std::optional<Role> parse_role(std::string_view name) { return value_in(kRoles, name); }

}  // namespace lumbung::engine
