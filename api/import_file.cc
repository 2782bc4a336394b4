#include "api/import_file.h"

#include <algorithm>
#include <numeric>

#include "api/csv.h"
#include "api/gzip.h"

namespace lumbung::api {
namespace {

constexpr std::size_t kTextBytesMax = std::size_t{1} << 30;

/// The whole of a key as a map's key.
std::string bytes_of(const engine::Key& key) {
  std::string bytes(1, static_cast<char>(key.form()));
  return bytes.append(key.bytes());
}

}  // namespace

ImportFile::ImportFile(const ImportRules& rules, int exponent, std::string_view bytes,
                       std::vector<BadRow>& bad)
    : rules_(rules), reader_(rules, exponent) {
  if (unpack(bytes, bad)) read(bad);
}

bool ImportFile::unpack(std::string_view bytes, std::vector<BadRow>& bad) {
  text_ = bytes;
  try {
    if (is_gzip(bytes)) {
      unpacked_ = gunzip(bytes, kTextBytesMax);
      text_ = unpacked_;
    }
  } catch (const GzipError& error) {
    bad.push_back({0, "", error.what()});
    return false;
  }
  if (text_.size() > kTextBytesMax) {
    bad.push_back({0, "", "the file is larger than 1 GiB"});
    return false;
  }
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (rules_.encoding == Encoding::kUtf8 && text_.starts_with(kByteOrderMark)) {
    text_.remove_prefix(kByteOrderMark.size());
  }
  return true;
}

void ImportFile::read(std::vector<BadRow>& bad) {
  CsvReader csv(text_, rules_.separator);
  CsvRecord record;
  ImportRow row;
  if (rules_.has_header) {
    if (!csv.next(record)) {
      bad.push_back({0, "", "the file is empty"});
      return;
    }
    if (!reader_.read_header(record, bad)) return;
  }
  while (csv.next(record)) {
    const RowKind kind = reader_.read(record, row, bad);
    ++(kind == RowKind::kSkipped ? skipped_ : rows_);
    if (kind == RowKind::kEntry) keep(record, row, bad);
  }
}

void ImportFile::keep(const CsvRecord& record, const ImportRow& row, std::vector<BadRow>& bad) {
  const auto index = static_cast<std::uint32_t>(places_.size());
  const auto [first, is_new] = by_key_.try_emplace(bytes_of(row.key), index);
  if (is_new) {
    places_.push_back({record.offset, record.line, row.date});
  } else {
    bad.push_back({row.line, rules_.columns[rules_.id],
                   "line " + std::to_string(places_[first->second].line) + " has this id already"});
  }
}

std::vector<std::uint32_t> ImportFile::by_date() const {
  std::vector<std::uint32_t> order(places_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return places_[a].date < places_[b].date;
  });
  return order;
}

ImportRow ImportFile::row(std::uint32_t index) const {
  CsvReader csv(text_, rules_.separator);
  csv.seek(places_[index].offset, places_[index].line);
  CsvRecord record;
  ImportRow row;
  std::vector<BadRow> bad;
  CHECK(csv.next(record));
  CHECK(reader_.read(record, row, bad) == RowKind::kEntry);
  return row;
}

std::optional<std::uint32_t> ImportFile::find(const engine::Key& key) const {
  const auto found = by_key_.find(bytes_of(key));
  if (found == by_key_.end()) return std::nullopt;
  return found->second;
}

}  // namespace lumbung::api
