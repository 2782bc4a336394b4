// account open, list, show, limits, freeze, unfreeze, close.
#include "api/cli/call.h"
#include "api/cli/chart_file.h"
#include "api/cli/leaf.h"
#include "api/directory.h"
#include "api/wire.h"

namespace lumbung::api::cli {
namespace {

constexpr std::size_t kPage = 1000;
constexpr std::string_view kNone = "none";

struct OpenArguments {
  std::string code;
  std::string type;
  std::string normal;
  std::string currency;
  std::string control;
  std::string floor;
  std::string ceiling;
  bool is_control = false;
  std::string key;
};

/// The body that the HTTP route takes: one reader knows what may be left out and what is wrong.
std::string body_of(const OpenArguments& arguments) {
  std::string body;
  json::Writer out(body);
  out.begin_object().member("code", arguments.code).member("type", arguments.type);
  const auto given = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) out.member(name, text);
  };
  given("normal", arguments.normal);
  given("currency", arguments.currency);
  given("control", arguments.control);
  given("floor", arguments.floor);
  given("ceiling", arguments.ceiling);
  out.member("is_control", arguments.is_control).end_object();
  return body;
}

int open(Call& call, const OpenArguments& arguments) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  json::Parser parser;
  Directory directory(call.ledger, coop);
  const auto decoded = decode_account(parser, body_of(arguments), directory);
  if (!decoded.errors.empty()) {
    const auto& error = decoded.errors.front();
    throw Failure(kUsage, error.pointer.substr(1) + ": " + error.detail);
  }
  if (!decoded.unknown.empty()) {
    throw Failure(kFailed, "there is no account '" + arguments.control + "' to roll up to");
  }
  return ask(call, coop, decoded.value, arguments.key);
}

struct ListArguments {
  std::string control;
};

std::string balance_text(const storage::AccountView& account, engine::Int128 minor) {
  return engine::format_amount(minor, engine::exponent_of(account.line.currency));
}

std::string state_of(const engine::Account& line) {
  if (line.has(engine::Account::kClosed)) return "closed";
  return line.has(engine::Account::kFrozen) ? "frozen" : "open";
}

int list(Call& call, const ListArguments& arguments) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  const Titles titles(call.ledger, coop);
  Table table{"CODE", "TYPE", "CURRENCY", ">BALANCE", ">HELD", "STATE", "CONTROL", "TITLE"};
  std::string text;
  json::Writer out(text);
  out.begin_array();
  engine::AccountHandle after{};
  while (true) {
    const auto page = call.ledger.accounts(coop, after, kPage);
    if (page.empty()) break;
    after = page.back().handle;
    for (const auto& account : page) {
      if (!arguments.control.empty() && account.control_code != arguments.control) continue;
      if (call.config.json) {
        render_account(out, account);
        continue;
      }
      table.row({account.info.code, std::string(name_of(account.info.type)),
                 std::string(engine::alpha_of(account.line.currency)),
                 balance_text(account, account.line.posted()),
                 balance_text(account, account.line.held), state_of(account.line),
                 account.control_code, titles.of(account.info.code)});
    }
  }
  out.end_array();
  print_list(call, text, table);
  return kOk;
}

struct CodeArguments {
  std::string code;
  std::string key;
};

int show(Call& call, const CodeArguments& arguments) {
  const auto coop = coop_of(call);
  const auto account = account_of(call, coop, arguments.code);
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) { render_account(out, account); });
    return kOk;
  }
  const engine::Account& line = account.line;
  const auto say = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    call.out << name << std::string(12 - name.size(), ' ') << value << '\n';
  };
  say("code", account.info.code);
  say("title", Titles(call.ledger, coop).of(account.info.code));
  say("type", name_of(account.info.type));
  say("normal", name_of(line.normal));
  say("currency", engine::alpha_of(line.currency));
  say("state", state_of(line));
  say("control", line.has(engine::Account::kControl) ? "is one" : account.control_code);
  say("balance", balance_text(account, line.posted()));
  say("held", balance_text(account, line.held));
  if (const auto available = line.available()) say("available", balance_text(account, *available));
  if (line.floor != engine::Account::kNoFloor) say("floor", balance_text(account, line.floor));
  if (line.ceiling != engine::Account::kNoCeiling) {
    say("ceiling", balance_text(account, line.ceiling));
  }
  return kOk;
}

struct LimitsArguments : CodeArguments {
  std::string floor;
  std::string ceiling;
};

/// What was asked for, or what stands. `unbounded` is how the account's line says that none does.
std::optional<engine::Amount> bound(const std::string& asked, std::int64_t stands,
                                    std::int64_t unbounded, engine::Currency currency) {
  if (asked == kNone) return std::nullopt;
  if (!asked.empty()) return parse_bound(asked, currency);
  return stands == unbounded ? std::nullopt : std::optional(engine::Amount{stands});
}

int limits(Call& call, const LimitsArguments& arguments) {
  const auto coop = coop_of(call);
  const auto account = account_of(call, coop, arguments.code);
  const engine::Account& line = account.line;
  return ask(
      call, coop,
      engine::SetLimits{
          account.handle,
          bound(arguments.floor, line.floor, engine::Account::kNoFloor, line.currency),
          bound(arguments.ceiling, line.ceiling, engine::Account::kNoCeiling, line.currency)},
      arguments.key);
}

/// Freeze, unfreeze, close: commands that say only which account.
template <class Command>
int change(Call& call, const CodeArguments& arguments) {
  const auto coop = coop_of(call);
  return ask(call, coop, Command{account_of(call, coop, arguments.code).handle}, arguments.key);
}

template <class Arguments>
Arguments& add_on_code(CLI::App& parent, Plan& plan, const std::string& name,
                       const std::string& help, int (*run)(Call&, const Arguments&)) {
  CLI::App& app = *parent.add_subcommand(name, help);
  Arguments& arguments = on_books(app, plan, run);
  app.add_option("code", arguments.code, "The account's code")->required();
  return arguments;
}

}  // namespace

void add_accounts(CLI::App& program, Plan& plan) {
  CLI::App& account = group(program, "account", "Open, read and change accounts");

  CLI::App& open_app = *account.add_subcommand("open", "Open an account");
  auto& arguments = on_books(open_app, plan, open);
  open_app.add_option("code", arguments.code, "Its code")->required();
  open_app
      .add_option("--type", arguments.type, "asset, liability, equity, income, expense or memo")
      ->required();
  open_app.add_option("--normal", arguments.normal, "debit or credit; the type's usual side");
  open_app.add_option("--currency", arguments.currency, "ISO 4217 code; the book's");
  open_app.add_option("--control", arguments.control, "The control account it rolls up to");
  open_app.add_option("--floor", arguments.floor, "What the balance may not fall below");
  open_app.add_option("--ceiling", arguments.ceiling, "What the balance may not rise above");
  open_app.add_flag("--is-control", arguments.is_control,
                    "It takes no postings and is the sum of its members");
  add_key(open_app, arguments.key);

  CLI::App& list_app = *account.add_subcommand("list", "List accounts with their balances");
  list_app.add_option("--control", on_books(list_app, plan, list).control,
                      "Only those that roll up to this one");

  add_on_code(account, plan, "show", "Show one account", show);

  auto& limit = add_on_code(account, plan, "limits", "Set floor and ceiling", limits);
  CLI::App& limits_app = *account.get_subcommand("limits");
  limits_app.add_option("--floor", limit.floor, "An amount, or none; as it was");
  limits_app.add_option("--ceiling", limit.ceiling, "An amount, or none; as it was");
  add_key(limits_app, limit.key);

  const auto add_change = [&](const std::string& name, const std::string& help,
                              int (*run)(Call&, const CodeArguments&)) {
    auto& code = add_on_code(account, plan, name, help, run);
    add_key(*account.get_subcommand(name), code.key);
  };
  add_change("freeze", "Let an account take no postings", change<engine::FreezeAccount>);
  add_change("unfreeze", "Let a frozen account take postings again",
             change<engine::UnfreezeAccount>);
  add_change("close", "Close an account whose balance is zero", change<engine::CloseAccount>);
}

}  // namespace lumbung::api::cli
