// JSON lines: the object that `GET entries/{no}` answers, one a line.
#include "api/directory.h"
#include "api/export/entry_writer.h"
#include "api/json.h"
#include "api/wire.h"
#include "engine/currency.h"

namespace lumbung::api {
namespace {

class JsonlWriter : public EntryWriter {
 public:
  JsonlWriter(ExportedBook& book, std::string& out)
      : book_(book), out_(out), directory_(book.ledger(), book.status().coop) {}

  /// Legs as an entry has them, without accounts that stand at zero.
  void opening(engine::Date date) override {
    json::Writer json(out_);
    json.begin_object().member("kind", std::string_view("opening"));
    json.member("booking_date", std::string_view(engine::format_date(date)));
    json.key("legs").begin_array();
    for (const storage::AccountView& account : book_.accounts()) {
      const engine::Int128 balance = book_.balance(account.handle);
      if (balance == 0) continue;
      const auto side = balance > 0 ? engine::Side::kDebit : engine::Side::kCredit;
      const std::string amount =
          engine::format_amount(balance < 0 ? -balance : balance, book_.exponent(account.handle));
      json.begin_object().member("account", std::string_view(account.info.code));
      json.member("side", engine::name_of(side)).member("amount", std::string_view(amount));
      json.end_object();
    }
    json.end_array().end_object();
    out_ += '\n';
  }

  void entry(const engine::Event& event, const engine::Entry&) override {
    json::Writer json(out_);
    render_event_json(json, event, directory_);
    out_ += '\n';
  }

 private:
  ExportedBook& book_;
  std::string& out_;
  Directory directory_;
};

}  // namespace

std::unique_ptr<EntryWriter> make_jsonl_writer(ExportedBook& book, std::string& out) {
  return std::make_unique<JsonlWriter>(book, out);
}

}  // namespace lumbung::api
