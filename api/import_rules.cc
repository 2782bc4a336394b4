#include "api/import_rules.h"

#include <regex.h>

#include <toml++/toml.h>
#include <algorithm>
#include <set>

#include "engine/rules.h"

namespace lumbung::api {
namespace {

using engine::Side;

/// Where the rules are read from, and the one way to refuse them.
class Source {
 public:
  explicit Source(std::string_view name) : name_(name) {}

  [[noreturn]] void fail(const toml::source_region& where, const std::string& what) const {
    std::string text(name_);
    if (where.begin.line > 0) text += ":" + std::to_string(where.begin.line);
    throw ImportRulesError(text + ": " + what);
  }

 private:
  std::string_view name_;
};

/// A table whose every key must be asked for: a key with a typing error in it is no rule.
class Table {
 public:
  Table(const Source& source, const toml::table& table) : source_(source), table_(table) {}

  [[noreturn]] void fail(const std::string& what) const { source_.fail(table_.source(), what); }
  [[noreturn]] void fail(const toml::node& node, const std::string& what) const {
    source_.fail(node.source(), what);
  }

  /// nullptr when it is not there.
  const toml::node* find(std::string_view key) {
    asked_.insert(key);
    return table_.get(key);
  }
  const toml::node& need(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) fail("\"" + std::string(key) + "\" is missing");
    return *node;
  }

  template <class T>
  std::optional<T> maybe(std::string_view key, std::string_view kind) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    const auto value = node->value_exact<T>();
    if (!value) fail(*node, "\"" + std::string(key) + "\" is not " + std::string(kind));
    return value;
  }
  std::optional<std::string> maybe_text(std::string_view key) {
    return maybe<std::string>(key, "a text");
  }
  /// One text or a list of them.
  std::vector<std::string> texts(std::string_view key) { return texts_of(need(key), key); }
  std::vector<std::string> texts_of(const toml::node& node, std::string_view what) const {
    if (const auto text = node.value_exact<std::string>()) return {*text};
    std::vector<std::string> out;
    const toml::array* array = node.as_array();
    if (array == nullptr) fail(node, "\"" + std::string(what) + "\" is no text or list of texts");
    for (const toml::node& element : *array) {
      const auto text = element.value_exact<std::string>();
      if (!text) fail(element, "\"" + std::string(what) + "\" holds no text here");
      out.push_back(*text);
    }
    return out;
  }
  bool flag(std::string_view key, bool otherwise) {
    return maybe<bool>(key, "true or false").value_or(otherwise);
  }
  std::string text(std::string_view key) {
    need(key);
    return *maybe_text(key);
  }
  /// The one of the words that parse knows.
  template <class Parse>
  auto word(std::string_view key, Parse parse) {
    const std::string name = text(key);
    const auto value = parse(name);
    if (!value) fail(need(key), "\"" + name + "\" is no " + std::string(key));
    return *value;
  }

  const toml::table& table(std::string_view key) {
    const toml::node& node = need(key);
    if (!node.is_table()) fail(node, "\"" + std::string(key) + "\" is not a table");
    return *node.as_table();
  }
  /// Calls `each` with the tables of [[key]]; not at all when there are none.
  template <class Each>
  void tables(std::string_view key, Each each) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) fail(*node, "\"" + std::string(key) + "\" is not a list of tables");
    for (const toml::node& element : *array) {
      if (!element.is_table()) fail(element, "\"" + std::string(key) + "\" holds no table here");
      Table inner(source_, *element.as_table());
      each(inner);
      inner.finish();
    }
  }

  void finish() const {
    for (const auto& [key, value] : table_) {
      if (!asked_.contains(key.str())) {
        source_.fail(value.source(), "\"" + std::string(key.str()) + "\" is no rule");
      }
    }
  }

  const Source& source() const { return source_; }

 private:
  const Source& source_;
  const toml::table& table_;
  std::set<std::string_view, std::less<>> asked_;
};

/// The columns by name, for everything that names one.
class Columns {
 public:
  explicit Columns(const std::vector<std::string>& names) : names_(names) {}

  std::optional<std::size_t> index(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names_.begin());
  }

  std::optional<std::size_t> maybe(Table& table, std::string_view key) const {
    const auto name = table.maybe_text(key);
    if (!name) return std::nullopt;
    const auto column = index(*name);
    if (!column) table.fail(table.need(key), "there is no column \"" + *name + "\"");
    return column;
  }
  std::size_t need(Table& table, std::string_view key) const {
    table.need(key);
    return *maybe(table, key);
  }

  Template text_with_columns(Table& table, std::string_view key) const {
    const std::string text = table.text(key);
    Template out;
    std::size_t at = 0;
    for (std::size_t open; (open = text.find('{', at)) != std::string::npos;) {
      const std::size_t close = text.find('}', open);
      const auto column = close == std::string::npos
                              ? std::nullopt
                              : index(std::string_view(text).substr(open + 1, close - open - 1));
      if (!column)
        table.fail(table.need(key), "\"{\" is followed by the name of a column and \"}\"");
      out.parts.push_back({text.substr(at, open - at), *column});
      at = close + 1;
    }
    out.after = text.substr(at);
    return out;
  }

  Pattern pattern(Table& table) const {
    Pattern out;
    for (const auto& [key, value] : table.table("when")) {
      const auto column = index(key.str());
      if (!column) table.fail(value, "there is no column \"" + std::string(key.str()) + "\"");
      out.emplace_back(*column, test(table, value, key.str()));
    }
    return out;
  }

 private:
  static CellTest test(const Table& table, const toml::node& node, std::string_view column) {
    const toml::table* inner = node.as_table();
    if (inner == nullptr) return CellTest::one_of(table.texts_of(node, column));
    Table expression(table.source(), *inner);
    const auto matching = CellTest::matching(expression.text("regex"));
    if (!matching) table.fail(node, "this is no POSIX extended regular expression");
    expression.finish();
    return *matching;
  }

  const std::vector<std::string>& names_;
};

std::optional<Encoding> parse_encoding(std::string_view name) {
  if (name == "UTF-8") return Encoding::kUtf8;
  if (name == "ISO 8859-1") return Encoding::kLatin1;
  return std::nullopt;
}

/// One character, or nothing where the text is empty.
char character(Table& table, std::string_view key, std::string_view allowed, char otherwise) {
  const auto text = table.maybe_text(key);
  if (!text) return otherwise;
  if (text->empty() && allowed.find('\0') != std::string_view::npos) return '\0';
  if (text->size() != 1 || allowed.find((*text)[0]) == std::string_view::npos) {
    table.fail(table.need(key), "\"" + *text + "\" cannot be the " + std::string(key));
  }
  return (*text)[0];
}

bool names_each_once(std::string_view form) {
  const auto count = [form](char c) { return std::count(form.begin(), form.end(), c); };
  const auto has = [form](std::string_view part) { return form.find(part) != form.npos; };
  return ((count('y') == 4 && has("yyyy")) || (count('y') == 2 && has("yy"))) && count('m') == 2 &&
         has("mm") && count('d') == 2 && has("dd");
}

void read_file(Table table, ImportRules& rules) {
  if (table.find("encoding") != nullptr) rules.encoding = table.word("encoding", parse_encoding);
  rules.separator = character(table, "separator", ",;\t", ',');
  rules.has_header = table.flag("header", true);
  for (std::string& name : table.texts("columns")) {
    if (name.empty() || Columns(rules.columns).index(name)) {
      table.fail(table.need("columns"), "a column has a name of its own: \"" + name + "\"");
    }
    rules.columns.push_back(std::move(name));
  }
  if (rules.columns.empty()) table.fail(table.need("columns"), "there are no columns");
  table.finish();
}

void read_row(Table table, const Columns& columns, ImportRules& rules) {
  rules.id = columns.need(table, "id");
  rules.account = columns.text_with_columns(table, "account");
  rules.date = columns.need(table, "date");
  rules.date_form.form = table.text("date_form");
  if (!names_each_once(rules.date_form.form)) {
    table.fail(table.need("date_form"), "a date form has yyyy or yy, mm and dd, each once");
  }
  if (const auto from = table.maybe<std::int64_t>("two_digit_from", "a year")) {
    if (*from < 1900 || *from > 2900) {
      table.fail(table.need("two_digit_from"), "\"two_digit_from\" is a year from 1900 to 2900");
    }
    rules.date_form.two_digit_from = static_cast<int>(*from);
  }
  rules.decimal_form.decimal = character(table, "decimal", ".,", '.');
  rules.decimal_form.thousands = character(table, "thousands", std::string_view(".,' \0", 5), '\0');
  if (rules.decimal_form.decimal == rules.decimal_form.thousands) {
    table.fail("decimal and thousands cannot be the same");
  }
  rules.amount = columns.maybe(table, "amount");
  if (table.find("positive") != nullptr)
    rules.positive = table.word("positive", engine::parse_side);
  rules.debit = columns.maybe(table, "debit");
  rules.credit = columns.maybe(table, "credit");
  rules.balance = columns.maybe(table, "balance");
  table.finish();
}

std::optional<std::string> limit(Table& table, std::string_view key) {
  const auto text = table.maybe_text(key);
  if (!text) return text;
  // The scale is known when the book's currency is; what is no amount in any is refused here.
  for (int exponent = 0; exponent <= engine::kExponentMax; ++exponent) {
    if (DecimalForm{}.read(*text, exponent)) return text;
  }
  table.fail(table.need(key), "\"" + *text + "\" is no amount");
}

AccountRule read_account(Table& table, std::string code) {
  AccountRule account;
  account.code = std::move(code);
  account.type = table.word("type", engine::parse_account_type);
  account.normal = table.word("normal", engine::parse_side);
  account.control = table.maybe_text("control").value_or("");
  account.is_control = table.flag("is_control", false);
  account.floor = limit(table, "floor");
  account.ceiling = limit(table, "ceiling");
  return account;
}

void read_book(Table table, ImportRules& rules) {
  if (const auto alpha = table.maybe_text("currency")) {
    const engine::CurrencyInfo* currency = engine::find_currency(*alpha);
    if (currency == nullptr) table.fail(table.need("currency"), "this is no ISO 4217 currency");
    rules.book.currency = engine::Currency{currency->numeric};
  }
  if (const auto zone = table.maybe_text("zone")) {
    if (!engine::find_zone(*zone)) {
      table.fail(table.need("zone"),
                 "the zone is Asia/Jakarta, Asia/Makassar, Asia/Jayapura or UTC");
    }
    rules.book.zone = *zone;
  }
  if (const auto date = table.maybe<toml::date>("first_day", "a date")) {
    const engine::YearMonthDay ymd{date->year, date->month, date->day};
    if (!engine::valid(ymd)) table.fail(table.need("first_day"), "there is no such day");
    rules.book.first_day = engine::date_of(ymd);
  }
  rules.book.sen_allowed = table.flag("sen_allowed", false);
  rules.close_days = table.flag("close_days", false);
  table.finish();
}

/// The side a row changes its account on is told in one of three ways.
void check_sides(const Table& top, const ImportRules& rules) {
  const bool by_rule = rules.amount && !rules.sides.empty();
  const bool by_sign = rules.amount && rules.positive;
  const bool by_column = rules.debit && rules.credit;
  const int ways = int{by_rule} + int{by_sign} + int{by_column};
  const bool alone = by_column ? !rules.amount : !rules.debit && !rules.credit;
  if (ways != 1 || !alone || (by_column && (rules.positive || !rules.sides.empty()))) {
    top.fail(
        "a row has an amount with [[side]] rules, or an amount with \"positive\", "
        "or the columns debit and credit");
  }
}

/// Sorts by name, and asks the rule of entries whether the names can stand in one.
void check_metadata(const Table& top, std::vector<MetadataRule>& metadata) {
  std::sort(metadata.begin(), metadata.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  engine::Entry entry{.legs = {{{1}, Side::kDebit, {1}}, {{2}, Side::kCredit, {1}}},
                      .value_date = {},
                      .metadata = {}};
  for (const MetadataRule& rule : metadata) entry.metadata.push_back({rule.name, std::int64_t{0}});
  if (const auto violation = engine::shape_violation(entry)) {
    top.fail(std::string(engine::sentence_of(violation->refusal.code)));
  }
}

void read_rules(Table& top, ImportRules& rules) {
  rules.source = top.text("source");
  if (!engine::is_reference(rules.principal())) {
    top.fail(top.need("source"), "a source is at most 33 of [A-Za-z0-9-./]");
  }
  read_file(Table(top.source(), top.table("file")), rules);
  const Columns columns(rules.columns);
  read_row(Table(top.source(), top.table("row")), columns, rules);
  top.tables("side", [&](Table& table) {
    rules.sides.push_back({columns.pattern(table), table.word("side", engine::parse_side)});
  });
  top.tables("contra", [&](Table& table) {
    rules.contras.push_back({columns.pattern(table), columns.text_with_columns(table, "account")});
  });
  if (rules.contras.empty()) top.fail("there is no [[contra]]");
  top.tables("skip", [&](Table& table) { rules.skips.push_back(columns.pattern(table)); });
  top.tables("metadata", [&](Table& table) {
    MetadataRule rule{table.text("name"), columns.need(table, "column"), {}};
    if (table.find("map") != nullptr) {
      for (const auto& [key, value] : table.table("map")) {
        const auto text = value.value_exact<std::string>();
        if (!text || !(text->empty() || engine::is_reference(*text))) {
          table.fail(value, "a cell is mapped to at most 40 of [A-Za-z0-9-./]");
        }
        rule.map.emplace(key.str(), *text);
      }
    }
    rules.metadata.push_back(std::move(rule));
  });
  check_metadata(top, rules.metadata);
  top.tables("account", [&](Table& table) {
    for (const std::string& code : table.texts("code")) {
      rules.accounts.push_back(read_account(table, code));
    }
  });
  if (top.find("open_missing") != nullptr) {
    Table table(top.source(), top.table("open_missing"));
    rules.open_missing = read_account(table, "");
    if (rules.open_missing->is_control) table.fail("a control account takes no postings");
    table.finish();
  }
  if (top.find("book") != nullptr) read_book(Table(top.source(), top.table("book")), rules);
  check_sides(top, rules);
  top.finish();
}

std::optional<int> read_digits(std::string_view text) {
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = 10 * number + (c - '0');
  }
  return number;
}

}  // namespace

struct CellTest::Expression {
  regex_t compiled;

  Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  ~Expression() { regfree(&compiled); }
};

CellTest CellTest::one_of(std::vector<std::string> texts) {
  CellTest test;
  test.texts_ = std::move(texts);
  return test;
}

std::optional<CellTest> CellTest::matching(const std::string& expression) {
  regex_t compiled;
  const std::string whole = "^(" + expression + ")$";
  if (regcomp(&compiled, whole.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return std::nullopt;
  auto kept = std::make_shared<Expression>();
  kept->compiled = compiled;
  CellTest test;
  test.expression_ = std::move(kept);
  return test;
}

bool CellTest::holds(std::string_view cell) const {
  if (expression_ == nullptr) {
    return std::find(texts_.begin(), texts_.end(), cell) != texts_.end();
  }
  return regexec(&expression_->compiled, std::string(cell).c_str(), 0, nullptr, 0) == 0;
}

std::optional<engine::Date> DateForm::read(std::string_view cell) const {
  if (cell.size() != form.size()) return std::nullopt;
  const auto part = [&](char letter) {
    const std::size_t first = form.find(letter);
    return read_digits(cell.substr(first, form.rfind(letter) - first + 1));
  };
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool literal = form[i] != 'y' && form[i] != 'm' && form[i] != 'd';
    if (literal && form[i] != cell[i]) return std::nullopt;
  }
  const auto year = part('y');
  const auto month = part('m');
  const auto day = part('d');
  if (!year || !month || !day) return std::nullopt;
  engine::YearMonthDay ymd{*year, *month, *day};
  if (form.find("yyyy") == std::string::npos) {
    ymd.year = two_digit_from + (*year + 100 - two_digit_from % 100) % 100;
  }
  if (!engine::valid(ymd)) return std::nullopt;
  return engine::date_of(ymd);
}

std::optional<std::int64_t> DecimalForm::read(std::string_view cell, int exponent) const {
  const bool negative = cell.starts_with('-');
  if (negative || cell.starts_with('+')) cell.remove_prefix(1);
  const std::size_t point = std::min(cell.find(decimal), cell.size());
  const std::string_view whole = cell.substr(0, point);
  const bool grouped = thousands != '\0' && whole.find(thousands) != whole.npos;
  // Marks stand before each group of three; the first group may be shorter but not empty.
  if (grouped && point % 4 == 0) return std::nullopt;
  std::string digits;  // in the form that engine::parse_amount reads
  for (std::size_t i = 0; i < point; ++i) {
    if (!grouped || (point - i) % 4 != 0) {
      digits += whole[i];
    } else if (whole[i] != thousands) {
      return std::nullopt;
    }
  }
  std::string_view fraction;
  if (point < cell.size()) {
    fraction = cell.substr(point + 1);
    if (fraction.empty() || fraction.size() > static_cast<std::size_t>(exponent)) {
      return std::nullopt;
    }
  }
  if (exponent > 0) {
    // Spreadsheets leave out zeros at the end: "12.5" is 12.50.
    digits += '.';
    digits += fraction;
    digits.append(static_cast<std::size_t>(exponent) - fraction.size(), '0');
  }
  const auto amount = engine::parse_amount(digits, exponent);
  if (!amount) return std::nullopt;
  return negative ? -amount->minor : amount->minor;
}

ImportRules parse_import_rules(std::string_view toml, std::string_view name) {
  const Source source(name);
  ImportRules rules;
  try {
    const toml::table parsed = toml::parse(toml);
    Table top(source, parsed);
    read_rules(top, rules);
  } catch (const toml::parse_error& error) {
    source.fail(error.source(), std::string(error.description()));
  }
  return rules;
}

}  // namespace lumbung::api
