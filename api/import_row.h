// One row of a CSV file by the rules: cells in, what they mean out, or what is wrong with each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/csv.h"
#include "api/import.h"
#include "api/import_rules.h"
#include "engine/entry.h"

namespace lumbung::api {

/// What a row asks for; accounts are still codes, as a dry run may find them missing.
struct ImportRow {
  std::uint64_t line = 0;
  std::string id;
  engine::Key key;
  engine::Date date;
  std::string account;
  std::string contra;
  engine::Side side{};  // of the row's own account
  engine::Amount amount;
  engine::Metadata metadata;
  std::optional<std::int64_t> claim;  // minor units: the source's balance after the row
};

enum class RowKind { kEntry, kSkipped, kBad };

/// Reads rows. `rules` must outlive it. Keeps no state between rows but its buffers; one thread.
class RowReader {
 public:
  /// `exponent`: of the currency of all rows.
  RowReader(const ImportRules& rules, int exponent) : rules_(rules), exponent_(exponent) {}

  /// kBad: everything that is wrong with the row is appended to `bad`. The record's cells become
  /// UTF-8.
  RowKind read(CsvRecord& record, ImportRow& row, std::vector<BadRow>& bad) const;
  /// The first line of the file, where it names the columns.
  bool read_header(CsvRecord& record, std::vector<BadRow>& bad) const;

 private:
  class Reading;

  bool decode(CsvRecord& record, std::vector<BadRow>& bad) const;

  const ImportRules& rules_;
  int exponent_;
};

}  // namespace lumbung::api
