// The rules of an import: how one source writes its CSV and what a row of it means in the book.
// Read once from TOML and immutable from then on; any thread. The file's grammar is docs/import.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/account.h"
#include "engine/command.h"
#include "engine/date.h"

namespace lumbung::api {

/// The rules file cannot be read; the message names the line and what is wrong there.
struct ImportRulesError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Encoding : std::uint8_t { kUtf8, kLatin1 };

/// What a cell must be: one of some texts, or the whole of it matched by a POSIX extended regular
/// expression (IEEE Std 1003.1, chapter 9.4).
class CellTest {
 public:
  static CellTest one_of(std::vector<std::string> texts);
  /// nullopt: not a regular expression.
  static std::optional<CellTest> matching(const std::string& expression);

  bool holds(std::string_view cell) const;

 private:
  struct Expression;
  std::vector<std::string> texts_;
  std::shared_ptr<const Expression> expression_;  // null: the texts are meant
};

/// Columns by index with what each must be. An empty pattern fits every row.
using Pattern = std::vector<std::pair<std::size_t, CellTest>>;

/// Text with {column} in it. `before` stands before the column's cell.
struct Template {
  struct Part {
    std::string before;
    std::size_t column;
  };
  std::vector<Part> parts;
  std::string after;
};

/// How a date is written: yyyy or yy, mm and dd once each, anything else as it stands.
struct DateForm {
  std::string form;
  int two_digit_from = 1969;  // a two-digit year is the one in [from, from + 99]
  std::optional<engine::Date> read(std::string_view cell) const;
};

/// How a number is written: "1.234,50" has decimal ',' and thousands '.'.
struct DecimalForm {
  char decimal = '.';
  char thousands = '\0';  // '\0': none
  /// Minor units, signed. nullopt: not a number of this form, more decimals than the currency has,
  /// or beyond kAmountMax.
  std::optional<std::int64_t> read(std::string_view cell, int exponent) const;
};

/// An account as it is opened when the book does not have it.
struct AccountRule {
  std::string code;
  engine::AccountType type{};
  engine::Side normal{};
  std::string control;  // code; empty: none
  bool is_control = false;
  std::optional<std::string> floor;    // plain decimal text ("-500.00"): its scale is the book's
  std::optional<std::string> ceiling;  // likewise
};

/// Rows that the pattern fits are posted against this account.
struct ContraRule {
  Pattern when;
  Template account;
};

/// Rows that the pattern fits change the row's own account on this side.
struct SideRule {
  Pattern when;
  engine::Side side{};
};

struct MetadataRule {
  std::string name;
  std::size_t column = 0;
  std::map<std::string, std::string, std::less<>> map;  // of the cell; to "": no metadata
};

/// How a book is opened that is not there yet.
struct BookRule {
  std::optional<engine::Currency> currency;  // of every row; absent: the book's
  std::string zone = "Asia/Jakarta";
  std::optional<engine::Date> first_day;  // needed only to open the book
  bool sen_allowed = false;
};

struct ImportRules {
  std::string source;  // scope of the keys: rows are asked by the principal import.<source>

  char separator = ',';
  Encoding encoding = Encoding::kUtf8;
  std::vector<std::string> columns;  // in the file's order
  bool has_header = true;            // the file's first line names the columns, exactly these

  std::size_t id = 0;
  std::size_t date = 0;
  DateForm date_form;
  DecimalForm decimal_form;
  // Exactly one of three: an amount above zero with side rules; a signed amount; two columns.
  std::optional<std::size_t> amount;
  std::vector<SideRule> sides;
  std::optional<engine::Side> positive;  // side of the row's account where a signed amount is > 0
  std::optional<std::size_t> debit;      // columns of amounts, one of them empty or zero
  std::optional<std::size_t> credit;
  std::optional<std::size_t> balance;  // the source's own claim; absent: nothing is compared

  Template account;                         // the row's own account
  std::optional<AccountRule> open_missing;  // how it is opened; its code is the template's
  std::vector<ContraRule> contras;          // the first that fits
  std::vector<Pattern> skips;               // rows that are left out and counted
  std::vector<MetadataRule> metadata;
  std::vector<AccountRule> accounts;  // opened when missing, in this order
  BookRule book;
  bool close_days = false;  // close the open day when the rows' dates pass it

  /// Where the amount of a row stands that changes its account on this side.
  std::size_t amount_column(engine::Side side) const {
    return amount ? *amount : side == engine::Side::kDebit ? *debit : *credit;
  }
  /// "import.<source>"
  std::string principal() const { return "import." + source; }
};

/// Throws ImportRulesError. `name` is the file's, for messages.
ImportRules parse_import_rules(std::string_view toml, std::string_view name);

}  // namespace lumbung::api
