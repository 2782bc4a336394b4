#include "api/demo_year.h"

#include <algorithm>
#include <array>

#include "api/cli/cli.h"
#include "storage/digest.h"

namespace lumbung::api {
namespace {

using engine::AccountHandle;
using engine::AccountType;
using engine::Amount;
using engine::Date;
using engine::Side;

constexpr std::uint64_t kMemberSeed = 20250102;
constexpr std::uint64_t kDaySeed = 20251231;

constexpr std::int64_t kPrincipalSavings = 100'000;  // simpanan pokok
constexpr std::int64_t kMandatorySavings = 20'000;   // simpanan wajib, a month
constexpr std::int64_t kJoiningFee = 5'000;
constexpr std::int64_t kRemittanceFee = 5'000;
constexpr std::int64_t kAnnouncedFrom = 1'500'000;  // larger withdrawals are announced a day ahead
constexpr std::int64_t kTillFloat = 8'000'000;
constexpr std::int64_t kVaultMost = 25'000'000;
constexpr std::int64_t kVaultUsual = 12'000'000;

const Date kLastDay = engine::date_of({2025, 12, 31});

/// National holidays and joint leave of 2025, by the joint decree of three ministers.
std::vector<Date> holidays_of_2025() {
  constexpr std::array<std::pair<int, int>, 28> kDays{{
      {1, 1}, {1, 27}, {1, 28}, {1, 29}, {3, 28}, {3, 29}, {3, 31},  {4, 1},   {4, 2},  {4, 3},
      {4, 4}, {4, 7},  {4, 18}, {4, 20}, {5, 1},  {5, 12}, {5, 13},  {5, 29},  {5, 30}, {6, 1},
      {6, 6}, {6, 9},  {6, 27}, {8, 17}, {8, 18}, {9, 5},  {12, 25}, {12, 26},
  }};
  std::vector<Date> dates{engine::date_of({2026, 1, 1})};
  for (const auto& [month, day] : kDays) dates.push_back(engine::date_of({2025, month, day}));
  return dates;
}

Amount rupiah(std::int64_t amount) {
  return {amount * 100};
}

engine::Posting debit(AccountHandle account, std::int64_t amount) {
  return {account, Side::kDebit, rupiah(amount)};
}
engine::Posting credit(AccountHandle account, std::int64_t amount) {
  return {account, Side::kCredit, rupiah(amount)};
}

std::string compact(Date date) {
  std::string text = engine::format_date(date);
  std::erase(text, '-');
  return text;
}

}  // namespace

std::string demo_member_id(std::size_t index) {
  std::string number = std::to_string(index + 1);
  return "M" + std::string(3 - number.size(), '0') + number;
}

DemoYear::DemoYear(storage::Ledger& ledger, const engine::CoopId& coop,
                   std::atomic<std::int64_t>& clock_us)
    : ledger_(ledger),
      coop_(coop),
      clock_us_(clock_us),
      holidays_(holidays_of_2025()),
      treasurer_(ledger.find_principal(coop, kDemoTreasurer).value()),
      teller_(ledger.find_principal(coop, kDemoTeller).value()) {
  for (std::size_t i = 0; i < kDemoMembers; ++i) {
    Random random(kMemberSeed, i);
    Member member;
    member.id = demo_member_id(i);
    // 60 founders, 100 more in the first two months, the others over the year.
    const int after = i < 60    ? 0
                      : i < 160 ? static_cast<int>(random.between(1, 55))
                                : static_cast<int>(random.between(56, 320));
    member.joins =
        engine::adjust(holidays_, first_day() + after, engine::BusinessDayConvention::kFollowing);
    member.pays_on = static_cast<int>(random.between(1, 28));
    member.habit = static_cast<int>(random.between(2, 40));
    if (random.percent(20)) {
      member.sent_on = static_cast<int>(random.between(1, 28));
      member.sent = 250'000 * random.between(4, 16);
    }
    members_.push_back(std::move(member));
  }
}

Date DemoYear::first_day() {
  return engine::date_of({2025, 1, 2});
}

void DemoYear::run(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  for (Date date = first_day(); date <= kLastDay; date = next_business_day(date)) {
    do_day(date);
    progress(static_cast<std::uint64_t>(date - first_day()),
             static_cast<std::uint64_t>(kLastDay - first_day()));
  }
}

// --- asking ---

void DemoYear::ask(engine::PrincipalHandle principal, engine::CommandBody body, Then then) {
  const std::string number = std::to_string(++asked_today_);
  const std::string key = compact(today_) + "-" +
                          std::string(4 - std::min<std::size_t>(4, number.size()), '0') + number;
  commands_.push_back({*storage::key_of(key), principal, std::move(body)});
  asked_.push_back({std::move(then), {}});
}

void DemoYear::ask_refused(engine::PrincipalHandle principal, engine::CommandBody body,
                           engine::RefusalCode code) {
  ask(principal, std::move(body));
  asked_.back().refused = code;
}

void DemoYear::post_at(int hour, int minute) {
  if (commands_.empty()) return;
  const auto zone = engine::find_zone("Asia/Jakarta").value();
  const std::int64_t minutes =
      std::int64_t{today_.days} * 24 * 60 + hour * 60 + minute - zone.offset_minutes;
  clock_us_ = minutes * 60 * 1'000'000;
  std::vector<engine::Command> commands;
  std::vector<Asked> asked;
  commands.swap(commands_);
  asked.swap(asked_);
  const auto answers = ledger_.ask_batch(coop_, commands, storage::BatchMode::kPerItem);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const storage::Answer& answer = answers[i];
    const bool expected = answer.outcome == storage::Answer::Outcome::kRefused
                              ? answer.refusal.code == asked[i].refused
                              : answer.outcome == storage::Answer::Outcome::kDone &&
                                    asked[i].refused == engine::RefusalCode{};
    if (!expected) {
      throw cli::Failure(cli::kFailed, "the book is not the demo's: " + commands[i].key.text() +
                                           " was answered " +
                                           std::string(name_of(answer.refusal.code)));
    }
    if (asked[i].then) asked[i].then(answer.event);
  }
}

engine::PostEntry DemoYear::entry(engine::Legs legs, std::string_view kind) {
  ++entries_;
  engine::PostEntry post;
  post.entry.legs = std::move(legs);
  post.entry.metadata = {{"bukti", "B-" + compact(today_) + "-" + std::to_string(asked_today_ + 1)},
                         {"jenis", std::string(kind)}};
  return post;
}

AccountHandle DemoYear::account(const std::string& code) const {
  return ledger_.find_account(coop_, code).value();
}

// --- a day ---

void DemoYear::do_day(Date date) {
  today_ = date;
  random_ = Random(kDaySeed, static_cast<std::uint64_t>(date.days));
  asked_today_ = 0;
  ++days_;
  open_day();
  admit_members();
  take_mandatory_savings();
  take_deposits();
  post_at(9, 40);
  correct_mistakes();
  pay_announced();
  pay_withdrawals();
  post_at(11, 55);
  receive_remittances();
  pay_expenses();
  bring_cash_home();
  post_at(14, 30);
  close_day();
}

/// The bank and the accounts of the first day; then the till's float, each morning.
void DemoYear::open_day() {
  if (today_ == first_day()) {
    const auto open = [&](const std::string& code, AccountHandle control) {
      engine::OpenAccount account;
      account.code = code;
      account.type = AccountType::kAsset;
      account.normal = Side::kDebit;
      account.currency = engine::kIDR;
      account.control = control;
      account.floor = Amount{0};
      ask(treasurer_, account);
    };
    open("1102-K1", account("1102"));
    open("1201-BRI", account("1201"));
    post_at(7, 30);
    till_ = account("1102-K1");
    bank_ = account("1201-BRI");
    vault_ = account("1101");
    // The village's grant: what the cooperative begins with.
    ask(treasurer_,
        entry({debit(bank_, 50'000'000), credit(account("3301"), 50'000'000)}, "hibah"));
    in_bank_ += 50'000'000;
  }
  if (in_vault_ < kVaultUsual && in_bank_ >= 20'000'000) {
    move(bank_, vault_, 10'000'000, "tarik-bank", treasurer_);
    in_bank_ -= 10'000'000;
    in_vault_ += 10'000'000;
  }
  if (const Rupiah amount = std::min(in_vault_, kTillFloat); amount > 0) fill_till(amount);
  post_at(8, 0);
}

void DemoYear::open_accounts_of(const std::vector<std::size_t>& joining) {
  const auto open = [&](std::string_view control, const Member& member, AccountType type) {
    engine::OpenAccount account_of_member;
    account_of_member.code = std::string(control) + "-" + member.id;
    account_of_member.type = type;
    account_of_member.normal = Side::kCredit;
    account_of_member.currency = engine::kIDR;
    account_of_member.control = account(std::string(control));
    account_of_member.floor = Amount{0};
    ask(treasurer_, account_of_member);
  };
  for (const std::size_t index : joining) {
    const Member& member = members_[index];
    open("3101", member, AccountType::kEquity);
    open("3102", member, AccountType::kEquity);
    open("2101", member, AccountType::kLiability);
    if (member.sent_on != 0) open("2201", member, AccountType::kLiability);
  }
  post_at(8, 15);
  for (const std::size_t index : joining) {
    Member& member = members_[index];
    member.principal = account("3101-" + member.id);
    member.mandatory = account("3102-" + member.id);
    member.voluntary = account("2101-" + member.id);
    if (member.sent_on != 0) member.remittance = account("2201-" + member.id);
  }
}

void DemoYear::admit_members() {
  std::vector<std::size_t> joining;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].joins == today_) joining.push_back(i);
  }
  if (joining.empty()) return;
  open_accounts_of(joining);
  const AccountHandle fees = account("4202");
  for (const std::size_t index : joining) {
    Member& member = members_[index];
    member.joined = true;
    member.paid_for = engine::month_of(today_);
    const Rupiah all = kPrincipalSavings + kMandatorySavings + kJoiningFee;
    ask(teller_, entry({debit(till_, all), credit(member.principal, kPrincipalSavings),
                        credit(member.mandatory, kMandatorySavings), credit(fees, kJoiningFee)},
                       "masuk-anggota"));
    in_till_ += all;
  }
}

void DemoYear::take_mandatory_savings() {
  const engine::Month month = engine::month_of(today_);
  for (Member& member : members_) {
    if (!member.joined || member.paid_for >= month || !is_due(member.pays_on)) continue;
    if (random_.percent(3)) continue;  // comes next month, with two
    const Rupiah owed = kMandatorySavings * (month.index - member.paid_for.index);
    member.paid_for = month;
    ask(teller_, entry({debit(till_, owed), credit(member.mandatory, owed)}, "wajib"));
    in_till_ += owed;
  }
}

void DemoYear::take_deposits() {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& member = members_[i];
    if (!member.joined || random_.below(1000) >= 105) continue;
    deposit(i, 5'000 * random_.between(1, 2 * member.habit));
  }
}

void DemoYear::deposit(std::size_t index, Rupiah amount) {
  Member& member = members_[index];
  const bool mistaken = random_.below(1000) < 12;
  const bool twice = random_.percent(50);  // keyed twice, or with a nought too many
  const Rupiah keyed = mistaken && !twice ? 10 * amount : amount;
  for (int time = 0; time < (mistaken && twice ? 2 : 1); ++time) {
    const bool wrong = mistaken && (!twice || time == 1);
    ask(teller_, entry({debit(till_, keyed), credit(member.voluntary, keyed)}, "setoran"),
        [this, index, keyed, amount, wrong, twice](engine::EventNo event) {
          if (!wrong) return;
          mistakes_.push_back({index, event, twice ? keyed : keyed - amount, twice});
        });
  }
  in_till_ += amount;
  member.savings += amount;
}

/// What was keyed wrongly is taken back by the treasurer, whole or in part; the money in the till
/// was right all the time.
void DemoYear::correct_mistakes() {
  for (const Mistake& mistake : mistakes_) {
    ++entries_;
    engine::ReverseEntry reverse;
    reverse.target = mistake.entry;
    if (!mistake.whole) reverse.amounts.assign(2, rupiah(mistake.too_much));
    reverse.metadata = {{"jenis", "koreksi"}};
    ask(treasurer_, reverse);
  }
  mistakes_.clear();
}

void DemoYear::pay_announced() {
  std::vector<Announced> due;
  due.swap(announced_);
  for (const Announced& announced : due) {
    Member& member = members_[announced.member];
    member.held -= announced.amount;
    // Some change their mind, some take less, and then the rest is free again.
    if (random_.percent(12)) {
      ask(treasurer_, engine::ReleaseHold{announced.hold});
      continue;
    }
    const Rupiah amount = random_.percent(15) ? announced.amount / 2 : announced.amount;
    if (!fill_till(amount)) {
      ask(treasurer_, engine::ReleaseHold{announced.hold});
      continue;
    }
    engine::SettleHold settle;
    settle.hold = announced.hold;
    settle.entry = entry({debit(member.voluntary, amount), credit(till_, amount)}, "tarikan").entry;
    settle.release_rest = true;
    ask(teller_, settle);
    member.savings -= amount;
    in_till_ -= amount;
  }
}

void DemoYear::pay_withdrawals() {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& member = members_[i];
    const Rupiah available = member.savings - member.held;
    if (!member.joined || available < 50'000 || random_.below(1000) >= 52) continue;
    const Rupiah amount = 10'000 * random_.between(1, std::max<Rupiah>(1, available * 6 / 100'000));
    if (amount >= kAnnouncedFrom) {
      announce(i, amount);
    } else {
      withdraw(i, amount);
    }
  }
  // About once a month somebody asks for more than there is.
  if (!random_.percent(6)) return;
  const Member& member = members_[random_.below(60)];
  const Rupiah amount = member.savings - member.held + 10'000;
  if (fill_till(amount)) {
    ask_refused(teller_, entry({debit(member.voluntary, amount), credit(till_, amount)}, "tarikan"),
                engine::RefusalCode::insufficient_funds);
    --entries_;
  }
}

void DemoYear::withdraw(std::size_t index, Rupiah amount) {
  Member& member = members_[index];
  if (!fill_till(amount)) return;
  ask(teller_, entry({debit(member.voluntary, amount), credit(till_, amount)}, "tarikan"));
  member.savings -= amount;
  in_till_ -= amount;
}

void DemoYear::announce(std::size_t index, Rupiah amount) {
  Member& member = members_[index];
  member.held += amount;
  ask(teller_,
      engine::PlaceHold{.account = member.voluntary,
                        .amount = rupiah(amount),
                        .last_day = next_business_day(today_) + 7},
      [this, index, amount](engine::EventNo hold) {
        announced_.push_back({index, hold, amount});
      });
}

/// Money from abroad reaches the bank on any day; what came while the office was shut is booked
/// now, with the day it came as its value date.
void DemoYear::receive_remittances() {
  const AccountHandle commission = account("4204");
  for (Date arrived =
           engine::adjust(holidays_, today_ - 1, engine::BusinessDayConvention::kPreceding) + 1;
       arrived <= today_; arrived = arrived + 1) {
    for (Member& member : members_) {
      if (!member.joined || member.sent_on != engine::ymd_of(arrived).day) continue;
      const Rupiah amount = member.sent + 50'000 * random_.between(-4, 6);
      auto received =
          entry({debit(bank_, amount), credit(member.remittance, amount)}, "kiriman-masuk");
      if (arrived != today_) received.entry.value_date = arrived;
      ask(treasurer_, std::move(received));
      ask(treasurer_, entry({debit(member.remittance, amount),
                             credit(member.voluntary, amount - kRemittanceFee),
                             credit(commission, kRemittanceFee)},
                            "kiriman-anggota"));
      in_bank_ += amount;
      member.savings += amount - kRemittanceFee;
    }
  }
}

void DemoYear::pay_expenses() {
  const auto pay = [&](AccountHandle from, Rupiah& there, const std::string& code, Rupiah amount,
                       std::string_view kind) {
    if (there < amount) return;
    ask(treasurer_, entry({debit(account(code), amount), credit(from, amount)}, kind));
    there -= amount;
  };
  if (is_due(5)) pay(bank_, in_bank_, "5302", 1'000 * random_.between(180, 320), "listrik");
  if (is_due(10)) pay(bank_, in_bank_, "5302", 275'000, "internet");
  if (is_due(25)) pay(bank_, in_bank_, "5301", 900'000, "honor");
  if (random_.percent(15)) {
    pay(till_, in_till_, "5302", 1'000 * random_.between(12, 95), "alat-tulis");
  }
  if (today_ == engine::date_of({2025, 2, 12})) {
    pay(bank_, in_bank_, "1501", 7'500'000, "komputer");
  }
  if (engine::month_of(next_business_day(today_)) != engine::month_of(today_)) end_month();
}

void DemoYear::end_month() {
  const Rupiah interest = in_bank_ / 400;  // three percent a year, as the bank reckons it
  if (interest > 0) {
    ask(treasurer_,
        entry({debit(bank_, interest), credit(account("4102"), interest)}, "bunga-bank"));
    in_bank_ += interest;
  }
  ask(treasurer_, entry({debit(account("5305"), 15'000), credit(bank_, 15'000)}, "biaya-bank"));
  in_bank_ -= 15'000;
  if (today_ >= engine::date_of({2025, 2, 28})) {
    ask(treasurer_,
        entry({debit(account("5303"), 125'000), credit(account("1509"), 125'000)}, "penyusutan"));
  }
}

void DemoYear::bring_cash_home() {
  if (in_till_ > 0) {
    move(till_, vault_, in_till_, "setor-brankas", teller_);
    in_vault_ += in_till_;
    in_till_ = 0;
  }
  if (in_vault_ > kVaultMost) {
    const Rupiah amount = (in_vault_ - kVaultUsual) / 100'000 * 100'000;
    move(vault_, bank_, amount, "setor-bank", treasurer_);
    in_vault_ -= amount;
    in_bank_ += amount;
  }
}

void DemoYear::close_day() {
  const Date next = next_business_day(today_);
  ask(treasurer_, engine::CloseDay{.date = today_, .next = next});
  post_at(15, 10);
  if (engine::month_of(next) == engine::month_of(today_)) return;
  ask(treasurer_, engine::CloseMonth{engine::month_of(today_)});
  post_at(15, 20);
}

bool DemoYear::fill_till(Rupiah amount) {
  if (in_till_ >= amount) return true;
  const Rupiah missing = amount - in_till_;
  if (missing > in_vault_) return false;
  move(vault_, till_, missing, "isi-kas", teller_);
  in_vault_ -= missing;
  in_till_ += missing;
  return true;
}

void DemoYear::move(AccountHandle from, AccountHandle to, Rupiah amount, std::string_view kind,
                    engine::PrincipalHandle principal) {
  ask(principal, entry({debit(to, amount), credit(from, amount)}, kind));
}

Date DemoYear::next_business_day(Date date) const {
  return engine::adjust(holidays_, date + 1, engine::BusinessDayConvention::kFollowing);
}

bool DemoYear::is_due(int day_of_month) const {
  const auto ymd = engine::ymd_of(today_);
  const Date due = engine::date_of({ymd.year, ymd.month, day_of_month});
  return engine::adjust(holidays_, due, engine::BusinessDayConvention::kModifiedFollowing) ==
         today_;
}

}  // namespace lumbung::api
