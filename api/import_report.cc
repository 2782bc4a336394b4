#include "api/import.h"

namespace lumbung::api {
namespace {

std::string plural(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

void append_bad_row(std::string& out, const BadRow& row) {
  if (row.line > 0) out += "line " + std::to_string(row.line) + ": ";
  if (!row.column.empty()) out += row.column + ": ";
  out += row.what + "\n";
}

void append_break(std::string& out, const BalanceBreak& gap, int exponent) {
  out += gap.account + " " + engine::format_date(gap.date) + ": ledger ";
  engine::append_amount(out, gap.ledger, exponent);
  out += ", source ";
  for (std::size_t i = 0; i < gap.claims.size(); ++i) {
    if (i > 0) out += " or ";
    engine::append_amount(out, gap.claims[i], exponent);
  }
  out += ", difference ";
  engine::append_amount(out, gap.difference, exponent);
  out += "\n";
}

}  // namespace

int exit_code(const ImportReport& report) {
  constexpr int kBadData = 65;  // EX_DATAERR
  constexpr int kIo = 74;       // EX_IOERR
  if (!report.stopped.empty()) return kIo;
  return report.bad_rows.empty() ? 0 : kBadData;
}

std::string text_of(const ImportReport& report) {
  std::string out;
  for (const BadRow& row : report.bad_rows) append_bad_row(out, row);
  for (const BalanceBreak& gap : report.breaks) append_break(out, gap, report.exponent);
  out += std::string(report.coop.text()) + " from " + report.source + ": " +
         plural(report.rows, "row") + ", " + std::to_string(report.skipped) + " skipped, " +
         plural(report.bad_rows.size(), "bad row") + "\n";
  out += report.committed ? "posted " : "would post ";
  out += plural(report.posted, "row") + ", known already " + std::to_string(report.known) + ", " +
         plural(report.accounts_opened, "account") + " opened, " +
         plural(report.days_closed, "day") + " closed" +
         (report.book_opened ? ", the book opened" : "") + "\n";
  if (report.days_compared > 0) {
    out += "compared the end of " + plural(report.days_compared, "account-day") + ": " +
           plural(report.breaks.size(), "break") + "\n";
  }
  if (!report.stopped.empty()) {
    out += "stopped half way: " + report.stopped + "\n";
  } else if (!report.committed) {
    out += report.bad_rows.empty() ? "nothing was written: --commit posts\n"
                                   : "nothing was written: a file with bad rows is not posted\n";
  }
  return out;
}

void render_import(json::Writer& out, const ImportReport& report) {
  const auto amount = [&](engine::Int128 minor) {
    return engine::format_amount(minor, report.exponent);
  };
  out.begin_object()
      .member("coop", report.coop.text())
      .member("source", report.source)
      .member("committed", report.committed)
      .member("rows", report.rows)
      .member("skipped", report.skipped)
      .member("posted", report.posted)
      .member("known", report.known)
      .member("accounts_opened", report.accounts_opened)
      .member("days_closed", report.days_closed)
      .member("book_opened", report.book_opened);
  out.key("bad_rows").begin_array();
  for (const BadRow& row : report.bad_rows) {
    out.begin_object().member("line", row.line).member("column", row.column);
    out.member("what", row.what).end_object();
  }
  out.end_array().member("days_compared", report.days_compared);
  out.key("breaks").begin_array();
  for (const BalanceBreak& gap : report.breaks) {
    out.begin_object().member("account", gap.account);
    out.member("date", engine::format_date(gap.date)).member("ledger", amount(gap.ledger));
    out.key("claims").begin_array();
    for (const engine::Int128 claim : gap.claims) out.value(amount(claim));
    out.end_array().member("difference", amount(gap.difference)).end_object();
  }
  out.end_array();
  if (!report.stopped.empty()) out.member("stopped", report.stopped);
  out.end_object();
}

}  // namespace lumbung::api
