// CSV for spreadsheets: a row a leg, with the account's balance after it on its normal side.
#include <cstdlib>

#include "api/csv.h"
#include "api/export/entry_writer.h"
#include "api/wire.h"
#include "engine/currency.h"

namespace lumbung::api {
namespace {

class EntryCsvWriter : public EntryWriter {
 public:
  EntryCsvWriter(ExportedBook& book, std::string& out) : book_(book), csv_(out) {}

  void begin() override {
    for (const std::string_view name :
         {"event", "kind", "booking_date", "value_date", "recorded_at", "principal", "key", "leg",
          "account", "side", "amount", "currency", "balance", "reverses", "settles", "metadata"}) {
      csv_.field(name);
    }
    csv_.end_record();
  }

  void opening(engine::Date date) override {
    std::size_t leg = 0;
    for (const storage::AccountView& account : book_.accounts()) {
      if (account.line.has(engine::Account::kControl)) continue;
      const engine::Int128 balance = book_.balance(account.handle);
      const auto side = balance > 0   ? engine::Side::kDebit
                        : balance < 0 ? engine::Side::kCredit
                                      : account.line.normal;
      csv_.field("").field("opening").field(engine::format_date(date));
      csv_.field("").field("").field("").field("");
      posting(leg++, account.handle, side, balance < 0 ? -balance : balance);
      csv_.field("").field("").field("");
      csv_.end_record();
    }
  }

  void entry(const engine::Event& event, const engine::Entry& entry) override {
    std::size_t index = 0;
    for (const engine::Posting& leg : entry.legs) {
      book_.post(leg);
      csv_.field(std::to_string(event.no.value)).field(kind_of(event.body));
      csv_.field(engine::format_date(event.booking_date));
      csv_.field(engine::format_date(entry.value_date.value_or(event.booking_date)));
      csv_.field(engine::format_timestamp(event.at));
      csv_.field(principal(event.principal)).field(event.key.text());
      posting(index++, leg.account, leg.side, leg.amount.minor);
      number(reversal_target(event.body));
      number(settled_hold(event.body));
      csv_.field(metadata(entry.metadata));
      csv_.end_record();
    }
  }

 private:
  const std::string& principal(engine::PrincipalHandle handle) {
    if (principals_.size() <= handle.value) {
      principals_.clear();
      for (auto& known : book_.ledger().principals(book_.status().coop)) {
        principals_.push_back(std::move(known.name));
      }
    }
    return principals_[handle.value];
  }

  void number(engine::EventNo no) {
    csv_.field(no.value == 0 ? std::string() : std::to_string(no.value));
  }

  void posting(std::size_t leg, engine::AccountHandle handle, engine::Side side,
               engine::Int128 amount) {
    const storage::AccountView& account = book_.account(handle);
    const int exponent = book_.exponent(handle);
    const engine::Int128 net = book_.balance(handle);
    const engine::Int128 balance = account.line.normal == engine::Side::kDebit ? net : -net;
    csv_.field(std::to_string(leg)).field(account.info.code).field(engine::name_of(side));
    csv_.field(engine::format_amount(amount, exponent));
    csv_.field(engine::alpha_of(account.line.currency));
    csv_.field(engine::format_amount(balance, exponent));
  }

  static std::string metadata(const engine::Metadata& metadata) {
    std::string text;
    for (const engine::MetadataItem& item : metadata) {
      if (!text.empty()) text += ' ';
      text.append(item.name).append("=").append(metadata_text(item));
    }
    return text;
  }

  ExportedBook& book_;
  CsvWriter csv_;
  std::vector<std::string> principals_;  // names by handle
};

}  // namespace

std::unique_ptr<EntryWriter> make_csv_writer(ExportedBook& book, std::string& out) {
  return std::make_unique<EntryCsvWriter>(book, out);
}

}  // namespace lumbung::api
