#include "api/torture_reader.h"

#include "api/torture_commands.h"

namespace lumbung::api {
namespace {

using engine::Int128;
using engine::Side;
using storage::Moment;

constexpr std::size_t kLines = 50;

std::string text_of(engine::EventNo event) {
  return std::to_string(event.value);
}

/// Debits and credits of all accounts cancel out.
bool is_level(const storage::TrialBalance& balance) {
  Int128 sum = 0;
  for (const auto& row : balance.rows) {
    if (!row.is_control) sum += row.totals.balance(Side::kDebit);
  }
  return sum == 0;
}

}  // namespace

TortureReader::TortureReader(const storage::Ledger& ledger, std::uint64_t seed)
    : ledger_(ledger), random_(seed), thread_([this] { read(); }) {}

TortureReader::~TortureReader() {
  stopping_ = true;
  thread_.join();
}

std::string TortureReader::complaint() const {
  const std::lock_guard lock(mutex_);
  return complaint_;
}

void TortureReader::read() {
  while (!stopping_) {
    std::string wrong = wrong_with_balances();
    if (wrong.empty()) wrong = wrong_with_statement();
    if (wrong.empty()) wrong = wrong_with_past();
    if (wrong.empty()) continue;
    const std::lock_guard lock(mutex_);
    complaint_ = std::move(wrong);
    return;
  }
}

std::string TortureReader::wrong_with_balances() {
  const auto balance = ledger_.trial_balance(torture_coop(), Moment::now());
  if (!balance) return newest_.value == 0 ? "" : "the book is gone";
  if (!is_level(*balance))
    return "the balances as of event " + text_of(balance->as_of) + " are not level";
  if (balance->as_of < newest_) return "event " + text_of(newest_) + " was there and is gone";
  newest_ = balance->as_of;
  return "";
}

std::string TortureReader::wrong_with_statement() {
  const auto status = ledger_.coop(torture_coop());
  if (!status || status->account_count == 0) return "";
  const engine::AccountHandle account{
      static_cast<std::uint32_t>(1 + random_.below(status->account_count))};
  const auto view = ledger_.account(torture_coop(), account);
  std::optional<storage::StatementPlace> before;
  if (random_.percent(50)) before = {{1 + random_.below(newest_.value + 1)}, 0};
  const auto statement = ledger_.statement(torture_coop(), account, before, kLines);
  if (!view || !statement) return "account " + std::to_string(account.value) + " is gone";
  const auto& lines = statement->lines;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Int128 moved =
        lines[i].side == view->line.normal ? lines[i].amount.minor : -Int128{lines[i].amount.minor};
    const bool is_first = i + 1 == lines.size();
    if (is_first && statement->more) break;
    const Int128 balance_before = is_first ? Int128{0} : lines[i + 1].balance_after;
    if (balance_before + moved != lines[i].balance_after) {
      return "the statement of " + view->info.code + " does not add up at event " +
             text_of(lines[i].event);
    }
  }
  return "";
}

std::string TortureReader::wrong_with_past() {
  if (newest_.value == 0) return "";
  const engine::EventNo no{1 + random_.below(newest_.value)};
  const auto event = ledger_.event(torture_coop(), no);
  if (!event || event->no != no) return "event " + text_of(no) + " cannot be read";
  const auto balance = ledger_.trial_balance(torture_coop(), Moment::at(event->at));
  return is_level(*balance) ? ""
                            : "the balances at the time of event " + text_of(no) + " are not level";
}

}  // namespace lumbung::api
