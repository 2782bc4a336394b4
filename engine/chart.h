// Chart of accounts (bagan akun): the general-ledger accounts that a cooperative starts with, and the
// role each plays, so that no product names a code. Immutable.
//
// The default is the chart of docs/accounting.md, after the codes that Indonesian cooperatives use
// (no statutory number plan exists). Titles stay out of the journal; they are of the chart.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/account.h"
#include "engine/command.h"

namespace lumbung::engine {

struct ChartRow {
  std::string_view code;
  std::string_view title;  // Indonesian, as printed
  AccountType type;
  Side normal;
  bool is_control;        // members' and sub-ledger accounts roll up to it
  bool may_not_overdraw;  // floor of zero: cash and claims that cannot go below nothing
  std::string_view role;  // what products and rails look it up by; empty: none
};

std::span<const ChartRow> default_chart();

/// nullptr when no row plays that role.
const ChartRow* find_role(std::span<const ChartRow> chart, std::string_view role);

/// The title printed beside a code, empty when the default chart does not have it.
std::string_view title_of(std::string_view code);

/// The commands that open these accounts in a book of this currency, in the chart's order.
std::vector<OpenAccount> opening_commands(std::span<const ChartRow> chart, Currency currency);

}  // namespace lumbung::engine
