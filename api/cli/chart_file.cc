#include "api/cli/chart_file.h"

#include <toml++/toml.h>

#include <optional>
#include <set>

#include "api/cli/cli.h"
#include "engine/chart.h"

namespace lumbung::api::cli {
namespace {

using engine::AccountType;
using engine::Side;

/// Reads one file and knows where it is, for messages.
class ChartReader {
 public:
  ChartReader(const std::string& name, engine::Currency currency)
      : name_(name), currency_(currency) {}

  std::vector<engine::OpenAccount> read(const toml::table& file) {
    for (const auto& [key, node] : file) {
      if (key != "account" || !node.is_array_of_tables()) fail(node, "there is only [[account]]");
    }
    std::vector<engine::OpenAccount> accounts;
    if (const auto* rows = file["account"].as_array()) {
      for (const toml::node& row : *rows) {
        accounts.push_back(account(*row.as_table()));
        handles_[accounts.back().code] = {static_cast<std::uint32_t>(accounts.size())};
      }
    }
    if (accounts.empty()) fail(file, "there is no [[account]]");
    return accounts;
  }

 private:
  [[noreturn]] void fail(const toml::node& node, const std::string& what) const {
    throw Failure(kBadData, name_ + ":" + std::to_string(node.source().begin.line) + ": " + what);
  }

  std::string text(const toml::node& node, std::string_view key) const {
    if (!node.is_string()) fail(node, std::string(key) + " must be a string");
    return **node.as_string();
  }

  /// The text of a field that must be there.
  std::string required(const toml::table& row, std::string_view key) const {
    const toml::node* node = row.get(key);
    if (node == nullptr) fail(row, "an account needs a " + std::string(key));
    return text(*node, key);
  }

  engine::Amount floor(const toml::node& node) const {
    const auto minor = engine::parse_signed(text(node, "floor"), engine::exponent_of(currency_));
    if (!minor || *minor > engine::kAmountMax || *minor < -engine::kAmountMax) {
      fail(node, "floor is no amount of the book's currency");
    }
    return {static_cast<std::int64_t>(*minor)};
  }

  void set_control(engine::OpenAccount& open, const toml::node& node) const {
    if (const auto* is_control = node.as_boolean()) {
      open.is_control = **is_control;
      return;
    }
    const auto found = handles_.find(text(node, "control"));
    if (found == handles_.end()) fail(node, "the control account must stand above its members");
    open.control = found->second;
  }

  engine::OpenAccount account(const toml::table& row) const {
    static const std::set<std::string_view> kKeys{"code",    "title", "type", "normal",
                                                  "control", "floor", "role"};
    for (const auto& [key, node] : row) {
      if (!kKeys.contains(key.str())) {
        fail(node, "an account has no '" + std::string(key.str()) + "'");
      }
      if (key == "title" || key == "role") text(node, key.str());
    }
    engine::OpenAccount open;
    open.currency = currency_;
    open.code = required(row, "code");
    if (!engine::is_reference(open.code)) {
      fail(row, "a code has 1 to 40 of A-Z, a-z, 0-9, '-', '.' and '/'");
    }
    if (handles_.contains(open.code)) fail(row, open.code + " stands here twice");
    const auto type = engine::parse_account_type(required(row, "type"));
    if (!type) fail(row, "type is asset, liability, equity, income, expense or memo");
    open.type = *type;
    const auto side = engine::parse_side(required(row, "normal"));
    if (!side) fail(row, "normal is debit or credit");
    open.normal = *side;
    if (const toml::node* node = row.get("control")) set_control(open, *node);
    if (const toml::node* node = row.get("floor")) open.floor = floor(*node);
    return open;
  }

  const std::string& name_;
  const engine::Currency currency_;
  std::map<std::string, engine::AccountHandle> handles_;  // of the accounts read so far
};

toml::table parse(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw Failure(kBadData, name + ":" + std::to_string(error.source().begin.line) + ": " +
                                std::string(error.description()));
  }
}

}  // namespace

std::vector<engine::OpenAccount> parse_chart(std::string_view toml, const std::string& name,
                                             engine::Currency currency) {
  return ChartReader(name, currency).read(parse(toml, name));
}

std::string chart_key(const engine::CoopId& coop) {
  return "coop/" + std::string(coop.text()) + "/chart";
}

Titles::Titles(const storage::Ledger& ledger, const engine::CoopId& coop) {
  const auto chart = ledger.beside(chart_key(coop));
  if (!chart) return;
  const toml::table file = parse(*chart, "chart");
  for (const toml::node& row : *file["account"].as_array()) {
    const toml::table& account = *row.as_table();
    own_[account["code"].value_or("")] = account["title"].value_or("");
  }
}

std::string Titles::of(const std::string& code) const {
  if (own_.empty()) return std::string(engine::title_of(code));
  const auto found = own_.find(code);
  return found == own_.end() ? std::string() : found->second;
}

}  // namespace lumbung::api::cli
