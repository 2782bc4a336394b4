// Export: a book as a file that other programs read. Streams: memory depends on the number of
// accounts, not on the length of the journal, so any period of any book can be exported.
#pragma once

#include <array>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string_view>

#include "engine/date.h"
#include "engine/id.h"
#include "storage/ledger.h"

namespace lumbung::api {

enum class ExportFormat {
  kHledger,    // plain-text journal for hledger and ledger-cli
  kBeancount,  // plain-text journal for beancount
  kCsv,        // one row a leg, RFC 4180
  kJsonl,      // one object an entry, as the HTTP API shows it
  kBlocks,     // the journal itself: every block as stored, one after the other
};

/// The names of --format, in the order of the enumerators.
inline constexpr std::array<std::string_view, 5> kExportFormatNames{"hledger", "beancount", "csv",
                                                                    "jsonl", "blocks"};
std::optional<ExportFormat> parse_export_format(std::string_view name);

/// What cannot be exported: an unknown cooperative, a period that ends before it begins, or a
/// period of blocks (a chain is proved from its first block on). The message is a sentence.
struct ExportError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ExportOptions {
  ExportFormat format = ExportFormat::kHledger;
  std::optional<engine::Date> from;  // booking date; absent: from the first entry
  std::optional<engine::Date> to;    // included; absent: to the last entry
};

/// Writes what is durable when it is called. Without `from` exactly one transaction an entry; with
/// it one opening transaction first, dated the day before, that brings every account to its balance
/// of that day. Stops early when `out` fails: the caller looks at its state. Throws ExportError,
/// storage::StoreError.
void export_book(const storage::Ledger& ledger, const engine::CoopId& coop,
                 const ExportOptions& options, std::ostream& out);

}  // namespace lumbung::api
