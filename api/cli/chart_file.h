// A chart of accounts in a TOML file, for cooperatives whose codes are not those of the default
// one:
//
//     [[account]]
//     code = "1102"
//     title = "Kas kasir"       # as printed; stays out of the journal
//     type = "asset"            # asset, liability, equity, income, expense, memo
//     normal = "debit"
//     control = true            # true: it is the sum of others; "1102": it rolls up to 1102
//     floor = "0.00"            # may be left out: none
//     role = "tills"            # what products look it up by; may be left out
//
// The file is kept beside the journal, for its titles and roles.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command.h"
#include "engine/currency.h"
#include "engine/id.h"
#include "storage/ledger.h"

namespace lumbung::api::cli {

/// The commands that open these accounts in an empty book, in the file's order: the n-th gets
/// handle n. `name` is the file's, for messages. Throws Failure with kBadData.
std::vector<engine::OpenAccount> parse_chart(std::string_view toml, const std::string& name,
                                             engine::Currency currency);

/// Where the file is kept beside the journal.
std::string chart_key(const engine::CoopId& coop);

/// What the accounts of a cooperative are called. Immutable, any thread.
class Titles {
 public:
  Titles(const storage::Ledger& ledger, const engine::CoopId& coop);
  /// Empty when the chart does not have the code.
  std::string of(const std::string& code) const;

 private:
  std::map<std::string, std::string> own_;  // of the cooperative's own chart
};

}  // namespace lumbung::api::cli
