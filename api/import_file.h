// The file of an import: read once from end to end, after which its good rows are known by their
// places and read again as they are needed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/import_row.h"
#include "api/import_rules.h"

namespace lumbung::api {

/// One thread. `rules` and `bytes` must outlive it.
class ImportFile {
 public:
  /// Where a good row stands.
  struct Place {
    std::size_t offset;
    std::uint64_t line;
    engine::Date date;
  };

  /// `exponent`: of the currency of all rows. What is wrong is appended to `bad`.
  ImportFile(const ImportRules& rules, int exponent, std::string_view bytes,
             std::vector<BadRow>& bad);

  std::uint64_t rows() const { return rows_; }
  std::uint64_t skipped() const { return skipped_; }
  /// In the file's order.
  const std::vector<Place>& places() const { return places_; }
  /// Indexes of places, by date and within a date in the file's order.
  std::vector<std::uint32_t> by_date() const;
  ImportRow row(std::uint32_t index) const;
  /// The row that has this key.
  std::optional<std::uint32_t> find(const engine::Key& key) const;

 private:
  bool unpack(std::string_view bytes, std::vector<BadRow>& bad);
  void read(std::vector<BadRow>& bad);
  void keep(const CsvRecord& record, const ImportRow& row, std::vector<BadRow>& bad);

  const ImportRules& rules_;
  RowReader reader_;
  std::string unpacked_;
  std::string_view text_;
  std::uint64_t rows_ = 0;
  std::uint64_t skipped_ = 0;
  std::vector<Place> places_;  // a file of 1 GiB has fewer rows than 2^32
  std::unordered_map<std::string, std::uint32_t> by_key_;
};

}  // namespace lumbung::api
