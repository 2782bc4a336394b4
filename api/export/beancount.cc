// beancount: a balance directive for every account that moved on a day, dated the next day because
// beancount checks balances at the beginning of a date, and with a tolerance of zero.
#include <set>

#include "api/export/entry_writer.h"
#include "api/wire.h"
#include "engine/currency.h"

namespace lumbung::api {
namespace {

using engine::AccountHandle;
using engine::AccountType;

/// beancount knows five roots; what is off the balance sheet stands apart under the one that no
/// statement of income or position sums up by type alone.
std::string_view root_of(AccountType type) {
  switch (type) {
    case AccountType::kAsset:
      return "Assets";
    case AccountType::kLiability:
      return "Liabilities";
    case AccountType::kEquity:
      return "Equity";
    case AccountType::kIncome:
      return "Income";
    case AccountType::kExpense:
      return "Expenses";
    case AccountType::kMemo:
      return "Equity:Memo";
  }
  CHECK(false);
}

bool is_capital_or_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A part of an account name is a capital or digit and then letters, digits and dashes. Codes that
/// are such stay as they are; others are spelled so that no two become the same.
std::string component_of(std::string_view code) {
  constexpr std::string_view kSpelled = "X-";
  const bool plain = is_capital_or_digit(code[0]) && !code.starts_with(kSpelled) &&
                     code.find_first_of("./") == std::string_view::npos;
  if (plain) return std::string(code);
  std::string out(kSpelled);
  for (const char c : code) {
    if (c == '-') {
      out += "--";
    } else if (c == '.') {
      out += "-d";
    } else if (c == '/') {
      out += "-s";
    } else {
      out += c;
    }
  }
  return out;
}

class BeancountWriter : public EntryWriter {
 public:
  BeancountWriter(ExportedBook& book, engine::Date first_opening, std::string& out)
      : book_(book), first_opening_(first_opening), out_(out), moved_(book.accounts().size()) {
    for (const storage::AccountView& account : book.accounts()) {
      std::string name(root_of(account.info.type));
      for (const std::string_view code : book.path(account.handle)) {
        name.append(":").append(component_of(code));
      }
      names_.push_back(std::move(name));
    }
  }

  void begin() override {
    out_.append("option \"title\" \"").append(book_.status().coop.text()).append("\"\n");
    out_.append("option \"operating_currency\" \"");
    out_.append(engine::alpha_of(book_.status().currency)).append("\"\n\n");
    const std::string date = engine::format_date(first_opening_);
    for (const storage::AccountView& account : book_.accounts()) {
      out_.append(date).append(" open ").append(name_of(account.handle)).append(" ");
      out_.append(currency_of(account.handle)).append("\n");
      out_.append("  code: \"").append(account.info.code).append("\"\n");
    }
  }

  void opening(engine::Date date) override {
    day_ = date;
    out_.append("\n").append(engine::format_date(date)).append(" * \"opening\" ^opening\n");
    for (const storage::AccountView& account : book_.accounts()) {
      if (account.line.has(engine::Account::kControl)) continue;
      posting(account.handle, book_.balance(account.handle));
    }
  }

  void entry(const engine::Event& event, const engine::Entry& entry) override {
    if (event.booking_date != day_) end();
    day_ = event.booking_date;
    out_.append("\n").append(engine::format_date(day_)).append(" * \"");
    out_.append(kind_of(event.body)).append("\" ^");
    out_.append(std::to_string(event.no.value)).append("\n");
    if (entry.value_date) {
      out_.append("  value-date: ").append(engine::format_date(*entry.value_date)).append("\n");
    }
    number("reverses", reversal_target(event.body));
    number("settles", settled_hold(event.body));
    for (const engine::MetadataItem& item : entry.metadata) {
      // Plain names would meet beancount's own, "filename" and "lineno".
      out_.append("  meta-").append(item.name).append(": ");
      const bool quoted = std::holds_alternative<std::string>(item.value);
      out_.append(quoted ? "\"" : "").append(metadata_text(item)).append(quoted ? "\"\n" : "\n");
    }
    for (const engine::Posting& leg : entry.legs) {
      book_.post(leg);
      posting(leg.account, signed_amount(leg));
    }
  }

  /// The balances of the day's end.
  void end() override {
    if (touched_.empty()) return;
    const std::string next = engine::format_date(day_ + 1);
    out_.append("\n");
    for (const AccountHandle handle : touched_) {
      out_.append(next).append(" balance ").append(name_of(handle)).append("  ");
      engine::append_amount(out_, book_.balance(handle), book_.exponent(handle));
      out_.append(" ~ 0 ").append(currency_of(handle)).append("\n");
      moved_[handle.value - 1] = false;
    }
    touched_.clear();
  }

 private:
  const std::string& name_of(AccountHandle handle) const { return names_[handle.value - 1]; }
  std::string_view currency_of(AccountHandle handle) const {
    return engine::alpha_of(book_.account(handle).line.currency);
  }

  void number(std::string_view name, engine::EventNo no) {
    if (no.value == 0) return;
    out_.append("  ").append(name).append(": ").append(std::to_string(no.value)).append("\n");
  }

  void posting(AccountHandle handle, engine::Int128 amount) {
    out_.append("  ").append(name_of(handle)).append("  ");
    engine::append_amount(out_, amount, book_.exponent(handle));
    out_.append(" ").append(currency_of(handle)).append("\n");
    if (moved_[handle.value - 1]) return;
    moved_[handle.value - 1] = true;
    touched_.push_back(handle);
  }

  ExportedBook& book_;
  engine::Date first_opening_;
  std::string& out_;
  std::vector<std::string> names_;      // by handle - 1
  engine::Date day_{};                  // of what was written last
  std::vector<bool> moved_;             // by handle - 1: on that day
  std::vector<AccountHandle> touched_;  // the same, in order
};

}  // namespace

std::unique_ptr<EntryWriter> make_beancount_writer(ExportedBook& book, engine::Date first_opening,
                                                   std::string& out) {
  return std::make_unique<BeancountWriter>(book, first_opening, out);
}

}  // namespace lumbung::api
