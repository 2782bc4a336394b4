// The journal format that hledger and ledger-cli both read. Every amount is written out, and every
// posting asserts the balance after it, so that the reader checks our order and not only our sums.
// Entries balance per currency, so no prices are needed.
#include <set>

#include "api/export/entry_writer.h"
#include "api/wire.h"
#include "engine/currency.h"

namespace lumbung::api {
namespace {

using engine::AccountHandle;
using engine::AccountType;

std::string_view root_of(AccountType type) {
  switch (type) {
    case AccountType::kAsset:
      return "assets";
    case AccountType::kLiability:
      return "liabilities";
    case AccountType::kEquity:
      return "equity";
    case AccountType::kIncome:
      return "income";
    case AccountType::kExpense:
      return "expenses";
    case AccountType::kMemo:
      return "memo";
  }
  CHECK(false);
}

class HledgerWriter : public EntryWriter {
 public:
  HledgerWriter(ExportedBook& book, std::string& out) : book_(book), out_(out) {
    for (const storage::AccountView& account : book.accounts()) {
      std::string name(root_of(account.info.type));
      for (const std::string_view code : book.path(account.handle)) name.append(":").append(code);
      names_.push_back(std::move(name));
      currencies_.push_back(engine::alpha_of(account.line.currency));
    }
  }

  void begin() override {
    out_.append("; ").append(book_.status().coop.text()).append("\n");
    const std::set<std::string_view> currencies(currencies_.begin(), currencies_.end());
    for (const std::string_view currency : currencies) {
      out_.append("commodity ").append(currency).append("\n");
    }
    for (const std::string& name : names_) out_.append("account ").append(name).append("\n");
  }

  void opening(engine::Date date) override {
    out_.append("\n").append(engine::format_date(date)).append(" (opening) opening\n");
    for (const storage::AccountView& account : book_.accounts()) {
      if (account.line.has(engine::Account::kControl)) continue;
      posting(account.handle, book_.balance(account.handle));
    }
  }

  void entry(const engine::Event& event, const engine::Entry& entry) override {
    declare_tags(event, entry);
    out_.append("\n").append(engine::format_date(event.booking_date)).append(" (");
    out_.append(std::to_string(event.no.value)).append(") ");
    out_.append(kind_of(event.body)).append("\n");
    each_tag(event, entry, [&](const std::string& name, const std::string& value) {
      out_.append("    ; ").append(name).append(": ").append(value).append("\n");
    });
    for (const engine::Posting& leg : entry.legs) {
      book_.post(leg);
      posting(leg.account, signed_amount(leg));
    }
  }

 private:
  template <class Each>
  static void each_tag(const engine::Event& event, const engine::Entry& entry, Each each) {
    if (entry.value_date) each("value-date", engine::format_date(*entry.value_date));
    const auto number = [&](const std::string& name, engine::EventNo no) {
      if (no.value != 0) each(name, std::to_string(no.value));
    };
    number("reverses", reversal_target(event.body));
    number("settles", settled_hold(event.body));
    // Metadata may have any name, and some names mean something to the readers ("date", "payee").
    for (const engine::MetadataItem& item : entry.metadata) {
      each("meta-" + item.name, metadata_text(item));
    }
  }

  /// ledger --pedantic wants a tag declared before its first use.
  void declare_tags(const engine::Event& event, const engine::Entry& entry) {
    std::string declared;
    each_tag(event, entry, [&](const std::string& name, const std::string&) {
      if (tags_.insert(name).second) declared.append("tag ").append(name).append("\n");
    });
    if (!declared.empty()) out_.append("\n").append(declared);
  }

  void posting(AccountHandle handle, engine::Int128 amount) {
    const std::size_t index = handle.value - 1;
    out_.append("    ").append(names_[index]).append("  ");
    append(amount, index);
    out_.append(" = ");
    append(book_.balance(handle), index);
    out_.append("\n");
  }

  void append(engine::Int128 amount, std::size_t index) {
    const AccountHandle handle{static_cast<std::uint32_t>(index + 1)};
    engine::append_amount(out_, amount, book_.exponent(handle));
    out_.append(" ").append(currencies_[index]);
  }

  ExportedBook& book_;
  std::string& out_;
  std::vector<std::string> names_;            // by handle - 1
  std::vector<std::string_view> currencies_;  // by handle - 1
  std::set<std::string> tags_;                // declared
};

}  // namespace

std::unique_ptr<EntryWriter> make_hledger_writer(ExportedBook& book, std::string& out) {
  return std::make_unique<HledgerWriter>(book, out);
}

}  // namespace lumbung::api
