// statement, trial-balance, export.
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "api/cli/call.h"
#include "api/cli/chart_file.h"
#include "api/cli/leaf.h"
#include "api/export.h"
#include "api/wire.h"

namespace lumbung::api::cli {
namespace {

constexpr std::size_t kPage = 1000;

// --- statement ---

struct StatementArguments {
  std::string code;
  std::optional<engine::Date> from;
  std::optional<engine::Date> to;
  std::size_t limit = 0;  // 0: none
};

/// The lines booked from `from` to `to`, at most the newest `limit` of them, newest first.
storage::Statement lines_of(const Call& call, const engine::CoopId& coop,
                            engine::AccountHandle handle, const StatementArguments& arguments) {
  const engine::EventNo last_before =
      arguments.from ? call.ledger.last_event_of(coop, *arguments.from - 1) : engine::EventNo{};
  std::optional<storage::StatementPlace> before;
  if (arguments.to) {
    before = storage::StatementPlace{
        .event = {call.ledger.last_event_of(coop, *arguments.to).value + 1}, .leg = 0};
  }
  const std::size_t limit =
      arguments.limit == 0 ? std::numeric_limits<std::size_t>::max() : arguments.limit;
  storage::Statement all;
  while (true) {
    const auto page =
        call.ledger.statement(coop, handle, before, std::min(kPage, limit - all.lines.size()));
    if (all.as_of.value == 0) all.as_of = page->as_of;
    for (const auto& line : page->lines) {
      if (line.event <= last_before) return all;
      all.lines.push_back(line);
    }
    all.more = page->more;
    if (!page->more || all.lines.size() == limit) return all;
    before = storage::StatementPlace{all.lines.back().event, all.lines.back().leg};
  }
}

std::string reference_text(const engine::Metadata& metadata) {
  std::string text;
  for (const auto& item : metadata) {
    text += (text.empty() ? "" : " ") + item.name + "=";
    if (const auto* number = std::get_if<std::int64_t>(&item.value)) {
      text += std::to_string(*number);
    } else if (const auto* date = std::get_if<engine::Date>(&item.value)) {
      text += engine::format_date(*date);
    } else {
      text += std::get<std::string>(item.value);
    }
  }
  return text;
}

/// As a passbook has it: oldest first, each line with the balance after it.
void print_statement(Call& call, const engine::CoopId& coop, const storage::AccountView& account,
                     const storage::Statement& statement) {
  const int exponent = engine::exponent_of(account.line.currency);
  Table table{"EVENT", "BOOKED", "VALUE", ">DEBIT", ">CREDIT", ">BALANCE", "REFERENCE"};
  for (auto line = statement.lines.rbegin(); line != statement.lines.rend(); ++line) {
    const auto amount = engine::format_amount(line->amount.minor, exponent);
    if (line == statement.lines.rbegin()) {
      const engine::Int128 change =
          line->side == account.line.normal ? line->amount.minor : -line->amount.minor;
      table.row({"", "", "", "", "", engine::format_amount(line->balance_after - change, exponent),
                 "brought forward"});
    }
    const auto event = call.ledger.event(coop, line->event);
    const engine::Entry& entry = *engine::entry_of(event->body);
    const bool debit = line->side == engine::Side::kDebit;
    table.row({std::to_string(line->event.value), engine::format_date(event->booking_date),
               engine::format_date(entry.value_date.value_or(event->booking_date)),
               debit ? amount : "", debit ? "" : amount,
               engine::format_amount(line->balance_after, exponent),
               reference_text(entry.metadata)});
  }
  table.print(call.out);
}

int statement(Call& call, const StatementArguments& arguments) {
  const auto coop = coop_of(call);
  const auto account = account_of(call, coop, arguments.code);
  const auto lines = lines_of(call, coop, account.handle, arguments);
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) { render_statement(out, account, lines, {}); });
  } else {
    print_statement(call, coop, account, lines);
    note(call, account.info.code + " as of event " + std::to_string(lines.as_of.value));
  }
  return kOk;
}

// --- trial balance ---

struct TrialBalanceArguments {
  std::optional<std::string> at;
  std::optional<std::string> date;
  std::optional<std::string> basis;
  bool members = false;
};

/// The codes that roll up to a control account: its row says what they add up to.
std::set<std::string> member_codes(const Call& call, const engine::CoopId& coop) {
  std::set<std::string> codes;
  engine::AccountHandle after{};
  while (true) {
    const auto page = call.ledger.accounts(coop, after, kPage);
    if (page.empty()) return codes;
    after = page.back().handle;
    for (const auto& account : page) {
      if (!account.control_code.empty()) codes.insert(account.info.code);
    }
  }
}

void print_trial_balance(Call& call, const engine::CoopId& coop,
                         const storage::TrialBalance& balance, bool with_members) {
  const auto members = member_codes(call, coop);
  const Titles titles(call.ledger, coop);
  struct Sums {
    engine::Int128 debit = 0;
    engine::Int128 credit = 0;
  };
  std::map<engine::Currency, Sums> sums;
  Table table{"CODE", "CURRENCY", ">DEBIT", ">CREDIT", "TITLE"};
  for (const auto& row : balance.rows) {
    const bool member = members.contains(row.code);
    const engine::Int128 net = row.totals.balance(engine::Side::kDebit);
    if (net == 0 || (member && !with_members)) continue;
    const auto amount =
        engine::format_amount(net < 0 ? -net : net, engine::exponent_of(row.currency));
    table.row({(member ? "  " : "") + row.code, std::string(engine::alpha_of(row.currency)),
               net > 0 ? amount : "", net > 0 ? "" : amount, titles.of(row.code)});
    if (member) continue;  // counted in its control account
    (net > 0 ? sums[row.currency].debit : sums[row.currency].credit) += net < 0 ? -net : net;
  }
  for (const auto& [currency, sum] : sums) {
    const int exponent = engine::exponent_of(currency);
    table.row({"", std::string(engine::alpha_of(currency)),
               engine::format_amount(sum.debit, exponent),
               engine::format_amount(sum.credit, exponent), "sum"});
  }
  table.print(call.out);
}

int trial_balance(Call& call, const TrialBalanceArguments& arguments) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  const auto moment = parse_moment(arguments.at, arguments.date, arguments.basis);
  if (!moment) {
    throw Failure(kUsage,
                  "the moment is --at TIME, or --date DATE with or without --basis booking|value");
  }
  const auto balance = call.ledger.trial_balance(coop, *moment);
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) { render_trial_balance(out, *balance, *moment); });
  } else {
    print_trial_balance(call, coop, *balance, arguments.members);
    note(call, "as of event " + std::to_string(balance->as_of.value));
  }
  return kOk;
}

// --- export ---

struct ExportArguments {
  std::optional<ExportFormat> format = ExportFormat::kHledger;
  std::optional<engine::Date> from;
  std::optional<engine::Date> to;
};

int export_to_out(Call& call, const ExportArguments& arguments) {
  export_book(call.ledger, coop_of(call),
              {.format = *arguments.format, .from = arguments.from, .to = arguments.to}, call.out);
  return kOk;
}

}  // namespace

void add_reports(CLI::App& program, Plan& plan) {
  CLI::App& statement_app =
      *program.add_subcommand("statement", "The postings of an account with the running balance");
  auto& of_statement = on_books(statement_app, plan, statement);
  statement_app.add_option("code", of_statement.code, "The account's code")->required();
  add_date(statement_app, "--from", of_statement.from, "First booking date");
  add_date(statement_app, "--to", of_statement.to, "Last booking date");
  statement_app.add_option("--limit", of_statement.limit, "At most so many, the newest")
      ->check(CLI::PositiveNumber);

  CLI::App& balance_app =
      *program.add_subcommand("trial-balance", "The balances of all accounts at a moment");
  auto& of_balance = on_books(balance_app, plan, trial_balance);
  balance_app.add_option("--at", of_balance.at, "At a record time")->type_name("TIME");
  balance_app.add_option("--date", of_balance.date, "At the end of a date")->type_name("DATE");
  balance_app.add_option("--basis", of_balance.basis, "By booking or value date");
  balance_app.add_flag("--members", of_balance.members,
                       "With the accounts behind control accounts");

  CLI::App& export_app = *program.add_subcommand("export", "Write the book for other programs");
  auto& of_export = on_books(export_app, plan, export_to_out);
  add_parsed(export_app, "--format", of_export.format, "The format; hledger", &parse_export_format,
             "hledger, beancount, csv, jsonl or blocks")
      ->type_name("FORMAT");
  add_date(export_app, "--from", of_export.from, "First booking date");
  add_date(export_app, "--to", of_export.to, "Last booking date");
}

}  // namespace lumbung::api::cli
