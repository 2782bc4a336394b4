// init, coops.
#include <iterator>

#include "api/cli/call.h"
#include "api/cli/chart_file.h"
#include "api/cli/leaf.h"
#include "api/open_book.h"
#include "api/wire.h"
#include "engine/chart.h"
#include "storage/digest.h"

namespace lumbung::api::cli {
namespace {

// --- init ---

struct InitArguments {
  std::string currency;
  std::string zone;
  std::optional<engine::Date> first_day;
  std::string chart;
  std::string name;
  bool sen = false;
};

/// What was said on the command line; for the rest what an init that was cut short has said before,
/// or else the defaults.
engine::OpenCooperative opening_of(const engine::CoopId& coop, const InitArguments& arguments,
                                   const std::optional<storage::CoopStatus>& before) {
  engine::OpenCooperative open;
  open.coop = coop;
  const auto* currency = engine::find_currency(!arguments.currency.empty() ? arguments.currency
                                               : before ? engine::alpha_of(before->currency)
                                                        : "IDR");
  if (currency == nullptr) {
    throw Failure(kUsage, "'" + arguments.currency + "' is no ISO 4217 currency");
  }
  open.currency = engine::Currency{currency->numeric};
  const auto zone = engine::find_zone(!arguments.zone.empty() ? arguments.zone
                                      : before                ? before->zone
                                                              : "Asia/Jakarta");
  if (!zone)
    throw Failure(kUsage, "'" + arguments.zone +
                              "': " + std::string(sentence_of(engine::RefusalCode::zone_unknown)));
  open.zone = zone->name;
  open.first_day = arguments.first_day ? *arguments.first_day
                   : before            ? before->first_day
                                       : local_date(now(), *zone);
  open.sen_allowed = arguments.sen || (before && before->sen_allowed);
  return open;
}

std::vector<engine::OpenAccount> chart_of(Call& call, const InitArguments& arguments,
                                          engine::Currency currency, std::string& chart_text) {
  if (arguments.chart.empty()) {
    return engine::opening_commands(engine::default_chart(), currency);
  }
  const auto file = call.open_input(arguments.chart);
  chart_text.assign(std::istreambuf_iterator<char>(*file), {});
  return parse_chart(chart_text, arguments.chart, currency);
}

int init(Call& call, const InitArguments& arguments) {
  if (call.config.coop.empty()) throw Failure(kUsage, "which cooperative? give --coop ID");
  const engine::CoopId coop = parse_coop(call.config.coop);
  const std::string id(coop.text());
  const auto open = opening_of(coop, arguments, call.ledger.coop(coop));
  std::string chart_text;
  const auto accounts = chart_of(call, arguments, open.currency, chart_text);

  if (!open_book(call.ledger, open, accounts)) throw Failure(kFailed, id + " exists already");
  if (!arguments.name.empty()) set_coop_name(call.ledger, coop, arguments.name);
  if (!chart_text.empty()) call.ledger.set_beside(chart_key(coop), chart_text);
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) { render_status(out, *call.ledger.coop(coop)); });
  }
  note(call, id + " is open from " + engine::format_date(open.first_day) + ", with " +
                 std::to_string(accounts.size()) + " accounts");
  return kOk;
}

// --- coops ---

void write_coops_json(Call& call, const std::vector<storage::CoopStatus>& coops) {
  write_json(call.out, [&](json::Writer& out) {
    out.begin_array();
    for (const auto& status : coops) {
      out.begin_object()
          .member("id", status.coop.text())
          .member("name", coop_name(call.ledger, status.coop))
          .member("currency", engine::alpha_of(status.currency))
          .member("zone", status.zone)
          .member("first_day", engine::format_date(status.first_day))
          .member("open_day", engine::format_date(status.open_day))
          .member("open_month", engine::format_month(status.open_month))
          .member("accounts", status.account_count)
          .member("last_event", status.head.last_event.value)
          .member("blocks", status.head.block_no.value)
          .member("head", storage::hex(status.head.hash))
          .end_object();
    }
    out.end_array();
  });
}

int coops(Call& call, const Nothing&) {
  std::vector<storage::CoopStatus> all;
  for (const auto& coop : call.ledger.coops()) all.push_back(status_of(call, coop));
  if (call.config.json) {
    write_coops_json(call, all);
    return kOk;
  }
  Table table{"ID", "CURRENCY", "OPEN DAY", ">ACCOUNTS", ">EVENTS", "NAME"};
  for (const auto& status : all) {
    table.row({std::string(status.coop.text()), std::string(engine::alpha_of(status.currency)),
               engine::format_date(status.open_day), std::to_string(status.account_count),
               std::to_string(status.head.last_event.value), coop_name(call.ledger, status.coop)});
  }
  table.print(call.out);
  return kOk;
}

}  // namespace

void add_books(CLI::App& program, Plan& plan) {
  CLI::App& init_app = *program.add_subcommand("init", "Open a cooperative and its accounts");
  auto& arguments = on_books(init_app, plan, init, /*create=*/true);
  init_app.add_option("--currency", arguments.currency, "ISO 4217 code; IDR")->type_name("CODE");
  init_app.add_option("--zone", arguments.zone, "Time zone; Asia/Jakarta")->type_name("ZONE");
  add_date(init_app, "--first-day", arguments.first_day, "First business date; today");
  add_input(init_app, plan, "--chart", arguments.chart,
            "Chart of accounts (TOML); the default chart");
  init_app.add_flag("--sen", arguments.sen, "Rupiah may have sen");
  init_app.add_option("--name", arguments.name, "What people call it; kept beside the journal");

  on_books(*program.add_subcommand("coops", "List the cooperatives"), plan, coops);
}

}  // namespace lumbung::api::cli
