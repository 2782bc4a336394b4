// Any bytes as a file to import: unpacked, split into records and read by rules. Records that are
// read must come back from what the writer makes of them.
#include <cstdint>

#include "api/csv.h"
#include "api/gzip.h"
#include "api/import_row.h"
#include "api/import_rules.h"
#include "engine/check.h"

namespace {

using namespace lumbung;

constexpr std::size_t kUnpackedMax = 1 << 20;

/// Every way to read a cell: two columns of amounts, a claim, patterns, templates, metadata.
constexpr std::string_view kRules = R"(
source = "fuzz"
[file]
columns = ["id", "day", "member", "code", "text", "debit", "credit", "balance"]
separator = ";"
[row]
id = "id"
account = "2101-{member}"
date = "day"
date_form = "dd/mm/yyyy"
debit = "debit"
credit = "credit"
balance = "balance"
decimal = ","
thousands = "."
[[skip]]
when = { code = "SLD" }
[[contra]]
when = { code = ["STR", "TRK"], text = { regex = ".* BRI.*" } }
account = "1201-{code}"
[[contra]]
when = {}
account = "4202"
[[metadata]]
name = "code"
column = "code"
map = { "" = "NONE" }
)";

void written_and_read_again(const std::vector<std::string>& fields) {
  std::string line;
  api::CsvWriter writer(line);
  for (const std::string& field : fields) writer.field(field);
  writer.end_record();
  api::CsvReader reader(line, ',');
  api::CsvRecord again;
  // One empty field makes a blank line, which is no record.
  if (!reader.next(again)) {
    CHECK(fields == std::vector<std::string>{""});
    return;
  }
  CHECK(!again.error);
  CHECK(again.fields == fields);
  CHECK(!reader.next(again));
}

void read_rows(std::string_view text, const api::ImportRules& rules) {
  const api::RowReader rows(rules, 2);
  api::CsvReader reader(text, rules.separator);
  api::CsvRecord record;
  api::ImportRow row;
  std::vector<api::BadRow> bad;
  std::uint64_t line = 0;
  while (reader.next(record)) {
    CHECK(record.line > line);
    line = record.line;
    if (!record.error) written_and_read_again(record.fields);
    const std::size_t before = bad.size();
    const api::RowKind kind = rows.read(record, row, bad);
    CHECK((kind == api::RowKind::kBad) == (bad.size() > before));
    if (kind != api::RowKind::kEntry) continue;
    CHECK(row.amount.minor > 0 && engine::in_range(row.amount));
    CHECK(engine::is_reference(row.account) && engine::is_reference(row.contra));
    CHECK(engine::in_range(row.date));
    CHECK(!row.key.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const api::ImportRules rules = api::parse_import_rules(kRules, "fuzz");
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!api::is_gzip(bytes)) {
    read_rows(bytes, rules);
    return 0;
  }
  try {
    read_rows(api::gunzip(bytes, kUnpackedMax), rules);
  } catch (const api::GzipError&) {
  }
  return 0;
}
