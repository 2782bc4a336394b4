#include "api/import_row.h"

#include <simdjson.h>

#include <algorithm>

#include "storage/digest.h"

namespace lumbung::api {
namespace {

bool fits(const Pattern& pattern, const std::vector<std::string>& cells) {
  return std::all_of(pattern.begin(), pattern.end(),
                     [&](const auto& column) { return column.second.holds(cells[column.first]); });
}

/// The first of the rules whose pattern the row fits; nullptr when none does.
template <class Rule>
const Rule* first_fit(const std::vector<Rule>& rules, const std::vector<std::string>& cells) {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const Rule& rule) { return fits(rule.when, cells); });
  return found == rules.end() ? nullptr : &*found;
}

std::string filled(const Template& form, const std::vector<std::string>& cells) {
  std::string out;
  for (const Template::Part& part : form.parts) out.append(part.before).append(cells[part.column]);
  return out + form.after;
}

/// Control characters have no business in a cell, and in ISO 8859-1 0x80 to 0x9F are such too; a
/// line break within quotes is the one exception.
bool is_control(unsigned char c, Encoding encoding) {
  return (c < 0x20 && c != '\n' && c != '\r') || c == 0x7f ||
         (encoding == Encoding::kLatin1 && c >= 0x80 && c < 0xa0);
}

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

/// One row being read: where what is wrong with it goes.
class RowReader::Reading {
 public:
  Reading(const RowReader& reader, const CsvRecord& record, ImportRow& row,
          std::vector<BadRow>& bad)
      : rules_(reader.rules_),
        exponent_(reader.exponent_),
        cells_(record.fields),
        row_(row),
        bad_(bad) {
    row_.line = record.line;
  }

  bool run() {
    const std::size_t before = bad_.size();
    read_id();
    read_date();
    read_accounts();
    read_money();
    read_claim();
    read_metadata();
    return bad_.size() == before;
  }

 private:
  void fail(std::size_t column, std::string what) {
    bad_.push_back({row_.line, rules_.columns[column], std::move(what)});
  }
  void fail_row(std::string what) { bad_.push_back({row_.line, "", std::move(what)}); }

  void read_id() {
    row_.id = cells_[rules_.id];
    const auto key = storage::key_of(row_.id);
    if (!key) return fail(rules_.id, "a row needs an id: it is what makes it posted once");
    row_.key = *key;
  }

  void read_date() {
    const auto date = rules_.date_form.read(cells_[rules_.date]);
    if (!date) {
      return fail(rules_.date, quoted(rules_.date) + " is no date " + rules_.date_form.form);
    }
    row_.date = *date;
  }

  void read_accounts() {
    row_.account = filled(rules_.account, cells_);
    if (!engine::is_reference(row_.account)) {
      const std::size_t column =
          rules_.account.parts.empty() ? rules_.id : rules_.account.parts.front().column;
      fail(column, quoted(column) + " makes no account code [A-Za-z0-9-./]{1,40}");
    }
    const ContraRule* rule = first_fit(rules_.contras, cells_);
    if (rule == nullptr) return fail_row("no [[contra]] rule fits");
    row_.contra = filled(rule->account, cells_);
    if (!engine::is_reference(row_.contra)) {
      fail_row("the [[contra]] rule makes no account code [A-Za-z0-9-./]{1,40}");
    } else if (row_.contra == row_.account) {
      fail_row("the row would be posted against its own account");
    }
  }

  /// Minor units of a cell that must hold a number.
  std::optional<std::int64_t> number(std::size_t column) {
    const auto value = rules_.decimal_form.read(cells_[column], exponent_);
    if (!value) {
      fail(column, quoted(column) + " is no number with at most " + std::to_string(exponent_) +
                       " decimals of the form the rules give");
    }
    return value;
  }

  void read_money() {
    if (!rules_.amount) return read_two_columns();
    const auto value = number(*rules_.amount);
    if (!value) return;
    if (rules_.positive) {
      row_.side = *value > 0 ? *rules_.positive : engine::opposite(*rules_.positive);
      row_.amount = {*value > 0 ? *value : -*value};
      if (*value == 0) fail(*rules_.amount, "the amount is zero");
      return;
    }
    row_.amount = {*value};
    if (*value <= 0) fail(*rules_.amount, "the amount is not above zero");
    const SideRule* rule = first_fit(rules_.sides, cells_);
    if (rule == nullptr) return fail_row("no [[side]] rule fits");
    row_.side = rule->side;
  }

  void read_two_columns() {
    const std::size_t columns[] = {*rules_.debit, *rules_.credit};
    std::int64_t values[] = {0, 0};
    for (std::size_t i = 0; i < 2; ++i) {
      if (cells_[columns[i]].empty()) continue;
      const auto value = number(columns[i]);
      if (!value) return;
      if (*value < 0) return fail(columns[i], "the amount is below zero");
      values[i] = *value;
    }
    if ((values[0] == 0) == (values[1] == 0)) {
      return fail(columns[0], "of debit and credit one has an amount and the other is empty");
    }
    row_.side = values[0] != 0 ? engine::Side::kDebit : engine::Side::kCredit;
    row_.amount = {values[0] + values[1]};
  }

  void read_claim() {
    row_.claim.reset();
    if (rules_.balance && !cells_[*rules_.balance].empty()) row_.claim = number(*rules_.balance);
  }

  void read_metadata() {
    row_.metadata.clear();
    for (const MetadataRule& rule : rules_.metadata) {
      const std::string& cell = cells_[rule.column];
      const auto mapped = rule.map.find(cell);
      const std::string& value = mapped == rule.map.end() ? cell : mapped->second;
      if (value.empty()) continue;
      if (!engine::is_reference(value)) {
        fail(rule.column, quoted(rule.column) +
                              " is no reference [A-Za-z0-9-./]{1,40} and the rules do not map it");
        continue;
      }
      row_.metadata.push_back({rule.name, value});
    }
  }

  /// The cell for a message, cut between characters when it is long.
  std::string quoted(std::size_t column) const {
    const std::string& cell = cells_[column];
    std::size_t end = std::min<std::size_t>(cell.size(), 40);
    while (end < cell.size() && end > 0 && (cell[end] & 0xc0) == 0x80) --end;
    std::string out = "\"";
    out.append(cell, 0, end).append(end < cell.size() ? "…\"" : "\"");
    return out;
  }

  const ImportRules& rules_;
  int exponent_;
  const std::vector<std::string>& cells_;
  ImportRow& row_;
  std::vector<BadRow>& bad_;
};

bool RowReader::decode(CsvRecord& record, std::vector<BadRow>& bad) const {
  const auto column = [&](std::size_t field) {
    return field < rules_.columns.size() ? rules_.columns[field] : std::string();
  };
  if (record.error) {
    bad.push_back({record.line, column(record.error->field), record.error->what});
    return false;
  }
  if (record.fields.size() != rules_.columns.size()) {
    bad.push_back({record.line, "",
                   "the line has " + std::to_string(record.fields.size()) + " fields instead of " +
                       std::to_string(rules_.columns.size())});
    return false;
  }
  const std::size_t before = bad.size();
  for (std::size_t i = 0; i < record.fields.size(); ++i) {
    std::string& cell = record.fields[i];
    if (std::any_of(cell.begin(), cell.end(), [&](char c) {
          return is_control(static_cast<unsigned char>(c), rules_.encoding);
        })) {
      bad.push_back({record.line, column(i), "a control character stands in the field"});
    } else if (!is_ascii(cell)) {
      if (rules_.encoding == Encoding::kLatin1) {
        cell = latin1_to_utf8(cell);
      } else if (!simdjson::validate_utf8(cell)) {
        bad.push_back({record.line, column(i), "the field is not UTF-8"});
      }
    }
  }
  return bad.size() == before;
}

bool RowReader::read_header(CsvRecord& record, std::vector<BadRow>& bad) const {
  if (!decode(record, bad)) return false;
  for (std::size_t i = 0; i < record.fields.size(); ++i) {
    if (record.fields[i] != rules_.columns[i]) {
      bad.push_back({record.line, rules_.columns[i],
                     "the file calls this column \"" + record.fields[i] + "\""});
      return false;
    }
  }
  return true;
}

RowKind RowReader::read(CsvRecord& record, ImportRow& row, std::vector<BadRow>& bad) const {
  if (!decode(record, bad)) return RowKind::kBad;
  const bool skipped =
      std::any_of(rules_.skips.begin(), rules_.skips.end(),
                  [&](const Pattern& pattern) { return fits(pattern, record.fields); });
  if (skipped) return RowKind::kSkipped;
  return Reading(*this, record, row, bad).run() ? RowKind::kEntry : RowKind::kBad;
}

}  // namespace lumbung::api
