// Answers as JSON: one function a thing, fields always in the same order.
#include <algorithm>

#include "api/wire.h"
#include "api/wire_members.h"
#include "engine/check.h"
#include "engine/currency.h"
#include "storage/digest.h"

namespace lumbung::api {

using engine::Int128;
using json::Writer;
using wire::amount;
using wire::date;
using wire::number;
using wire::optional_amount;
using wire::time;

namespace {

void moment_members(Writer& out, const storage::Moment& moment) {
  switch (moment.kind) {
    case storage::Moment::Kind::kNow:
      break;
    case storage::Moment::Kind::kRecordTime:
      time(out, "at", moment.time);
      break;
    case storage::Moment::Kind::kDate:
      date(out, "date", moment.date);
      out.member("basis",
                 std::string_view(moment.basis == storage::Basis::kBooking ? "booking" : "value"));
      break;
  }
}

Int128 as_signed(engine::Uint128 total) {
  return static_cast<Int128>(total);
}

/// Totals and the balance on the normal side.
void totals_members(Writer& out, const storage::Totals& totals, engine::Side normal, int exponent) {
  amount(out, "debits", as_signed(totals.debits), exponent);
  amount(out, "credits", as_signed(totals.credits), exponent);
  amount(out, "posted", totals.balance(normal), exponent);
}

/// An answer's bytes in a batch, to make room for all of them at once.
constexpr std::size_t kAnswerBytesTypical = 112;

/// The items of a batch that are done. Those of a block share date and record time, so that all but
/// the event's number is written once.
class DoneItem {
 public:
  /// Valid until the next call.
  std::string_view text_of(const storage::Answer& answer) {
    if (rest_.empty() || answer.booking_date != date_ || answer.at != at_) {
      date_ = answer.booking_date;
      at_ = answer.at;
      rest_.clear();
      Writer rest(rest_);
      date(rest, "booking_date", date_);
      time(rest, "recorded_at", at_);
    }
    text_.clear();
    Writer out(text_);
    out.begin_object().raw(R"("outcome":"done")");
    number(out, "event", answer.event);
    out.raw(rest_).end_object();
    return text_;
  }

 private:
  engine::Date date_;
  engine::Timestamp at_;
  std::string rest_;  // the members behind the number
  std::string text_;
};

}  // namespace

void render_receipt(Writer& out, const storage::Answer& answer, std::string_view kind) {
  CHECK(answer.outcome == storage::Answer::Outcome::kDone);
  out.begin_object();
  number(out, "event", answer.event);
  out.member("kind", kind);
  date(out, "booking_date", answer.booking_date);
  time(out, "recorded_at", answer.at);
  out.end_object();
}

void render_refusal(Writer& out, const engine::Refusal& refusal, Directory* directory) {
  out.begin_object();
  wire::refusal(out, refusal, directory);
  out.end_object();
}

void render_batch(Writer& out, const std::vector<storage::Answer>& answers, Directory& directory) {
  DoneItem done;
  out.reserve(answers.size() * kAnswerBytesTypical);
  out.begin_object().key("items").begin_array();
  for (const storage::Answer& answer : answers) {
    switch (answer.outcome) {
      case storage::Answer::Outcome::kDone:
        out.raw(done.text_of(answer));
        break;
      case storage::Answer::Outcome::kRefused:
        out.begin_object().member("outcome", std::string_view("refused"));
        wire::refusal(out, answer.refusal, &directory);
        out.end_object();
        break;
      case storage::Answer::Outcome::kUnknown:
        out.begin_object().member("outcome", std::string_view("unknown")).end_object();
        break;
    }
  }
  out.end_array().end_object();
}

void render_account(Writer& out, const storage::AccountView& view) {
  const engine::Account& line = view.line;
  const int exponent = engine::exponent_of(line.currency);
  const auto bound = [](std::int64_t value, std::int64_t none) -> std::optional<Int128> {
    if (value == none) return std::nullopt;
    return value;
  };
  out.begin_object().member("account", std::string_view(view.info.code));
  out.member("handle", view.handle.value);
  out.member("type", engine::name_of(view.info.type));
  out.member("normal", engine::name_of(line.normal));
  out.member("currency", engine::alpha_of(line.currency));
  if (!view.control_code.empty()) out.member("control", std::string_view(view.control_code));
  out.member("is_control", line.has(engine::Account::kControl));
  out.member("frozen", line.has(engine::Account::kFrozen));
  out.member("closed", line.has(engine::Account::kClosed));
  optional_amount(out, "floor", bound(line.floor, engine::Account::kNoFloor), exponent);
  optional_amount(out, "ceiling", bound(line.ceiling, engine::Account::kNoCeiling), exponent);
  number(out, "opened_by", view.info.opened);
  amount(out, "posted", line.posted(), exponent);
  amount(out, "held", line.held, exponent);
  optional_amount(out, "available", line.available(), exponent);
  number(out, "as_of_event", view.as_of);
  out.end_object();
}

void render_balance(Writer& out, const storage::AccountView& view, const storage::Totals& totals,
                    const storage::Moment& moment) {
  const engine::Account& line = view.line;
  const int exponent = engine::exponent_of(line.currency);
  out.begin_object().member("account", std::string_view(view.info.code));
  out.member("currency", engine::alpha_of(line.currency));
  out.member("normal", engine::name_of(line.normal));
  moment_members(out, moment);
  totals_members(out, totals, line.normal, exponent);
  if (moment.kind == storage::Moment::Kind::kNow) {
    amount(out, "held", line.held, exponent);
    optional_amount(out, "available", line.available(), exponent);
  }
  number(out, "as_of_event", totals.as_of);
  out.end_object();
}

void render_statement(Writer& out, const storage::AccountView& view,
                      const storage::Statement& statement, std::string_view next_cursor) {
  const int exponent = engine::exponent_of(view.line.currency);
  out.begin_object().member("account", std::string_view(view.info.code));
  out.member("currency", engine::alpha_of(view.line.currency));
  out.member("normal", engine::name_of(view.line.normal));
  out.key("items").begin_array();
  for (const storage::StatementLine& line : statement.lines) {
    out.begin_object();
    number(out, "event", line.event);
    out.member("leg", line.leg);
    date(out, "booking_date", line.booking_date);
    out.member("side", engine::name_of(line.side));
    amount(out, "amount", line.amount.minor, exponent);
    amount(out, "posted_after", line.balance_after, exponent);
    out.end_object();
  }
  out.end_array();
  if (!next_cursor.empty()) out.member("next_cursor", next_cursor);
  number(out, "as_of_event", statement.as_of);
  out.end_object();
}

void render_trial_balance(Writer& out, const storage::TrialBalance& balance,
                          const storage::Moment& moment) {
  struct Sum {
    engine::Currency currency;
    storage::Totals totals;
  };
  std::vector<Sum> sums;  // by currency, in order of appearance; control accounts would count twice
  out.begin_object();
  moment_members(out, moment);
  out.key("rows").begin_array();
  for (const storage::TrialBalanceRow& row : balance.rows) {
    out.begin_object().member("account", std::string_view(row.code));
    out.member("type", engine::name_of(row.type));
    out.member("normal", engine::name_of(row.normal));
    out.member("currency", engine::alpha_of(row.currency));
    out.member("is_control", row.is_control);
    totals_members(out, row.totals, row.normal, engine::exponent_of(row.currency));
    out.end_object();
    if (row.is_control) continue;
    auto sum = std::find_if(sums.begin(), sums.end(),
                            [&](const Sum& s) { return s.currency == row.currency; });
    if (sum == sums.end()) sum = sums.insert(sums.end(), {row.currency, {}});
    sum->totals.debits += row.totals.debits;
    sum->totals.credits += row.totals.credits;
  }
  out.end_array().key("sums").begin_array();
  for (const Sum& sum : sums) {
    const int exponent = engine::exponent_of(sum.currency);
    out.begin_object().member("currency", engine::alpha_of(sum.currency));
    amount(out, "debits", as_signed(sum.totals.debits), exponent);
    amount(out, "credits", as_signed(sum.totals.credits), exponent);
    out.end_object();
  }
  out.end_array();
  number(out, "as_of_event", balance.as_of);
  out.end_object();
}

void render_hold(Writer& out, const engine::Event& placed, const engine::Hold* open,
                 Directory& directory) {
  const auto* hold = std::get_if<engine::PlaceHold>(&placed.body);
  CHECK(hold != nullptr);
  const AccountName& name = directory.account(hold->account);
  out.begin_object();
  number(out, "hold", placed.no);
  out.member("account", std::string_view(name.code));
  amount(out, "amount", hold->amount.minor, name.exponent);
  amount(out, "remaining", open != nullptr ? open->remaining.minor : 0, name.exponent);
  out.member("open", open != nullptr);
  if (hold->last_day) date(out, "last_day", *hold->last_day);
  date(out, "booking_date", placed.booking_date);
  time(out, "recorded_at", placed.at);
  out.end_object();
}

void render_status(Writer& out, const storage::CoopStatus& status) {
  out.begin_object().member("coop", status.coop.text());
  out.member("currency", engine::alpha_of(status.currency));
  out.member("zone", std::string_view(status.zone));
  out.member("sen_allowed", status.sen_allowed);
  date(out, "first_day", status.first_day);
  date(out, "open_day", status.open_day);
  out.member("open_month", std::string_view(engine::format_month(status.open_month)));
  out.member("accounts", status.account_count);
  number(out, "last_event", status.head.last_event);
  out.member("last_block", status.head.block_no.value);
  out.member("head_hash", std::string_view(storage::hex(status.head.hash)));
  time(out, "last_recorded_at", status.last_time);
  out.end_object();
}

std::optional<storage::Moment> parse_moment(std::optional<std::string_view> at,
                                            std::optional<std::string_view> date_text,
                                            std::optional<std::string_view> basis) {
  using storage::Basis;
  using storage::Moment;
  if (at) {
    const auto time_read = engine::parse_timestamp(*at);
    if (!time_read || date_text || basis) return std::nullopt;
    return Moment::at(*time_read);
  }
  if (!date_text) return basis ? std::nullopt : std::optional(Moment::now());
  const auto read = engine::parse_date(*date_text);
  if (!read) return std::nullopt;
  if (!basis || *basis == "booking") return Moment::end_of(*read, Basis::kBooking);
  if (*basis == "value") return Moment::end_of(*read, Basis::kValue);
  return std::nullopt;
}

}  // namespace lumbung::api
