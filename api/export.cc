#include "api/export.h"

#include <algorithm>

#include "api/export/entry_writer.h"
#include "engine/currency.h"

namespace lumbung::api {
namespace {

constexpr std::size_t kFlushBytes = 1 << 16;
constexpr std::size_t kAccountsPage = 1024;

/// Writes what has gathered and empties it; false when `out` takes no more.
bool flush(std::string& text, std::ostream& out) {
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  text.clear();
  return out.good();
}

void export_blocks(const storage::Ledger& ledger, const engine::CoopId& coop, std::ostream& out) {
  ledger.blocks(coop, {1}, [&](std::string_view block) {
    out.write(block.data(), static_cast<std::streamsize>(block.size()));
    return out.good();
  });
}

std::unique_ptr<EntryWriter> make_writer(const ExportOptions& options, ExportedBook& book,
                                         std::string& out) {
  switch (options.format) {
    case ExportFormat::kHledger:
      return make_hledger_writer(book, out);
    case ExportFormat::kBeancount: {
      const engine::Date first = book.status().first_day;
      return make_beancount_writer(book, options.from ? std::min(first, *options.from - 1) : first,
                                   out);
    }
    case ExportFormat::kCsv:
      return make_csv_writer(book, out);
    case ExportFormat::kJsonl:
      return make_jsonl_writer(book, out);
    case ExportFormat::kBlocks:
      break;
  }
  CHECK(false);
}

void export_entries(const storage::Ledger& ledger, const storage::CoopStatus& status,
                    const ExportOptions& options, std::ostream& out) {
  ExportedBook book(ledger, status);
  std::string text;
  const auto writer = make_writer(options, book, text);
  writer->begin();
  engine::EventNo first{1};
  if (options.from) {
    const engine::Date before = *options.from - 1;
    first = book.open_at(before);
    writer->opening(before);
  }
  bool writable = flush(text, out);
  book.each_event(first, [&](const engine::Event& event) {
    if (!writable || (options.to && event.booking_date > *options.to)) return false;
    if (const engine::Entry* entry = engine::entry_of(event.body)) writer->entry(event, *entry);
    if (text.size() >= kFlushBytes) writable = flush(text, out);
    return true;
  });
  writer->end();
  flush(text, out);
}

}  // namespace

std::optional<ExportFormat> parse_export_format(std::string_view name) {
  const auto found = std::find(kExportFormatNames.begin(), kExportFormatNames.end(), name);
  if (found == kExportFormatNames.end()) return std::nullopt;
  return static_cast<ExportFormat>(found - kExportFormatNames.begin());
}

void export_book(const storage::Ledger& ledger, const engine::CoopId& coop,
                 const ExportOptions& options, std::ostream& out) {
  const auto status = ledger.coop(coop);
  if (!status) throw ExportError("there is no cooperative " + std::string(coop.text()));
  if (options.from && options.to && *options.to < *options.from) {
    throw ExportError("the period ends before it begins");
  }
  if (options.format != ExportFormat::kBlocks) {
    export_entries(ledger, *status, options, out);
  } else if (options.from || options.to) {
    throw ExportError("blocks are exported whole: a chain is proved from its first block on");
  } else {
    export_blocks(ledger, coop, out);
  }
}

ExportedBook::ExportedBook(const storage::Ledger& ledger, const storage::CoopStatus& status)
    : ledger_(ledger), status_(status) {
  for (;;) {
    const engine::AccountHandle last{static_cast<std::uint32_t>(accounts_.size())};
    auto page = ledger.accounts(status.coop, last, kAccountsPage);
    if (page.empty()) break;
    std::move(page.begin(), page.end(), std::back_inserter(accounts_));
  }
  for (const storage::AccountView& account : accounts_) {
    exponents_.push_back(engine::exponent_of(account.line.currency));
  }
  balances_.resize(accounts_.size());
}

std::vector<std::string_view> ExportedBook::path(engine::AccountHandle handle) const {
  std::vector<std::string_view> codes;
  for (; handle.value != 0; handle = account(handle).line.control) {
    codes.insert(codes.begin(), account(handle).info.code);
  }
  return codes;
}

engine::EventNo ExportedBook::open_at(engine::Date date) {
  // Closed days stand still; what is posted to the open one meanwhile must not be half in.
  const engine::Date closed = std::min(date, status_.open_day - 1);
  const auto moment = storage::Moment::end_of(closed, storage::Basis::kBooking);
  for (const storage::AccountView& account : accounts_) {
    if (account.line.has(engine::Account::kControl)) continue;  // its members have it
    const auto totals = ledger_.totals(status_.coop, account.handle, moment);
    balances_[account.handle.value - 1] = totals ? totals->balance(engine::Side::kDebit) : 0;
  }
  const engine::EventNo next{ledger_.last_event_of(status_.coop, closed).value + 1};
  if (date == closed) return next;
  each_event(next, [&](const engine::Event& event) {
    if (const engine::Entry* entry = engine::entry_of(event.body)) {
      for (const engine::Posting& leg : entry->legs) post(leg);
    }
    return true;
  });
  return {status_.head.last_event.value + 1};
}

void ExportedBook::each_event(engine::EventNo first,
                              const std::function<bool(const engine::Event&)>& each) const {
  ledger_.events(status_.coop, first, [&](const engine::Event& event) {
    return event.no <= status_.head.last_event && each(event);
  });
}

void ExportedBook::post(const engine::Posting& leg) {
  balances_[leg.account.value - 1] += signed_amount(leg);
}

std::string metadata_text(const engine::MetadataItem& item) {
  if (const auto* number = std::get_if<std::int64_t>(&item.value)) return std::to_string(*number);
  if (const auto* date = std::get_if<engine::Date>(&item.value)) return engine::format_date(*date);
  return std::get<std::string>(item.value);
}

engine::EventNo reversal_target(const engine::EventBody& body) {
  const auto* reversed = std::get_if<engine::EntryReversed>(&body);
  return reversed != nullptr ? reversed->target : engine::EventNo{};
}

engine::EventNo settled_hold(const engine::EventBody& body) {
  const auto* settled = std::get_if<engine::HoldSettled>(&body);
  return settled != nullptr ? settled->hold : engine::EventNo{};
}

}  // namespace lumbung::api
