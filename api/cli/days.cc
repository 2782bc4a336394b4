// day show, day close, month close.
#include "api/cli/call.h"
#include "api/cli/leaf.h"
#include "api/wire.h"

namespace lumbung::api::cli {
namespace {

int show(Call& call, const Nothing&) {
  const auto status = status_of(call, coop_of(call));
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) { render_status(out, status); });
  } else {
    call.out << "open day    " << engine::format_date(status.open_day) << '\n'
             << "open month  " << engine::format_month(status.open_month) << '\n';
  }
  return kOk;
}

struct DayArguments {
  std::optional<engine::Date> date;
  std::optional<engine::Date> next;
  std::string key;
};

int close_day(Call& call, const DayArguments& arguments) {
  const auto coop = coop_of(call);
  const engine::Date date = arguments.date ? *arguments.date : status_of(call, coop).open_day;
  return ask(call, coop,
             engine::CloseDay{.date = date, .next = arguments.next ? *arguments.next : date + 1},
             arguments.key);
}

struct MonthArguments {
  std::optional<engine::Month> month;
  std::string key;
};

int close_month(Call& call, const MonthArguments& arguments) {
  const auto coop = coop_of(call);
  const auto month = arguments.month ? *arguments.month : status_of(call, coop).open_month;
  return ask(call, coop, engine::CloseMonth{month}, arguments.key);
}

}  // namespace

void add_days(CLI::App& program, Plan& plan) {
  CLI::App& day = group(program, "day", "Show and close the business day");
  on_books(*day.add_subcommand("show", "Show the open day and month"), plan, show);
  CLI::App& day_close = *day.add_subcommand("close", "Close the open day and open the next");
  auto& arguments = on_books(day_close, plan, close_day);
  add_date(day_close, "date", arguments.date, "The day that is open; that one");
  add_date(day_close, "--next", arguments.next, "The next business day; the day after");
  add_key(day_close, arguments.key);

  CLI::App& month = group(program, "month", "Close a month");
  CLI::App& month_close = *month.add_subcommand("close", "Close a month whose days are all closed");
  auto& of_month = on_books(month_close, plan, close_month);
  add_parsed(month_close, "month", of_month.month, "The month; the first that is open",
             &engine::parse_month, "a month YYYY-MM")
      ->type_name("MONTH");
  add_key(month_close, of_month.key);
}

}  // namespace lumbung::api::cli
