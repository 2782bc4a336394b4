#include "tests/command_generator.h"

#include <algorithm>
#include <array>
#include <limits>

#include "storage/digest.h"

namespace lumbung::tests {

using namespace engine;  // NOLINT: every name below is a term of the engine
using storage::BatchMode;

namespace {

const std::array<const char*, 4> kCoops{"KOP-MELATI", "KOP-MAWAR", "KSP-3", "X9"};
const std::array<const char*, 5> kNames{"ibu-kasir", "pak-ketua", "dinas/kab.A", "operator", "k1"};
// Hundreds of rupiah, so that two amounts are often the same.
constexpr std::int64_t kUsual = 100 * 100;

}  // namespace

std::vector<storage::Answer> answers_to(World& world, const Request& request) {
  if (request.batch) return world.ask_batch(request.coop, request.commands, *request.batch);
  return {world.ask(request.coop, request.commands.front())};
}

Request CommandGenerator::next(const Model& model) {
  if (!requests_.empty() && random_.one_in(25)) return random_.one_of(requests_);
  if (!requests_.empty() && random_.one_in(25)) return almost_again(model);
  requests_.push_back(fresh(model));
  return requests_.back();
}

/// An earlier request with one entry said a little differently, under the same keys.
Request CommandGenerator::almost_again(const Model& model) {
  Request request = random_.one_of(requests_);
  const auto status = model.coop(request.coop);
  auto* post =
      std::get_if<PostEntry>(&request.commands[random_.below(request.commands.size())].body);
  if (post == nullptr || !status) return request;
  switch (random_.below(4)) {
    case 0:
      post->booking_date = status->open_day + static_cast<int>(random_.between(-2, 1));
      break;
    case 1:
      post->entry.value_date = status->open_day + static_cast<int>(random_.between(-2, 1));
      break;
    case 2:
      post->entry.metadata.push_back({"z", std::int64_t{1}});
      break;
    default:
      for (Posting& leg : post->entry.legs) leg.amount = Amount{kUsual};
  }
  return request;
}

Request CommandGenerator::fresh(const Model& model) {
  Request request;
  // The first cooperative is asked most, so that one book grows long.
  const std::size_t which = random_.one_in(2) ? 0 : random_.below(kCoops.size());
  request.coop = *CoopId::parse(kCoops[which]);
  if (!model.coop(request.coop)) {
    request.commands = {command(model, request.coop)};
    return request;
  }
  const std::uint64_t form = random_.below(20);
  std::size_t count = 1;
  if (form == 0) {
    request.batch = BatchMode::kAtomic;
    count = 1 + random_.below(8);
  } else if (form <= 2) {
    request.batch = BatchMode::kPerItem;
    count = 1 + random_.below(12);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (request.batch == BatchMode::kAtomic) {
      PostEntry post{entry(model, request.coop), booking_date(model.coop(request.coop)->open_day)};
      request.commands.push_back({key(), {}, std::move(post)});
    } else {
      request.commands.push_back(command(model, request.coop));
    }
  }
  return request;
}

/// A new request, or an old one again, or an old key for something else.
Command CommandGenerator::command(const Model& model, const CoopId& coop) {
  const std::uint64_t kind = seen_.empty() ? 99 : random_.below(100);
  if (kind < 7) {
    const Seen& again = random_.one_of(seen_);
    if (again.coop == coop) return again.command;
  }
  Command command{key(), {}, body(model, coop)};
  if (random_.one_in(4)) {
    const auto known = model.principals(coop).size();
    command.principal = {static_cast<std::uint32_t>(random_.below(known + 1))};
    if (command.principal.value == known && !random_.one_in(4)) command.principal = {};
  }
  if (kind >= 7 && kind < 10) {
    const Seen& other = random_.one_of(seen_);
    command.key = other.command.key;
    command.principal = other.command.principal;
  }
  seen_.push_back({coop, command});
  return command;
}

Key CommandGenerator::key() {
  const std::uint64_t n = ++keys_;
  switch (random_.below(4)) {
    case 0: {
      std::string uuid = "018f3b5e-0000-7000-8000-000000000000";
      const std::string digits = std::to_string(n);
      uuid.replace(uuid.size() - digits.size(), digits.size(), digits);
      return *Key::parse(uuid);
    }
    case 1: {
      std::string ulid = "01HXXN6ZQ50000000000000000";
      const std::string digits = std::to_string(n);
      ulid.replace(ulid.size() - digits.size(), digits.size(), digits);
      return *Key::parse(ulid);
    }
    case 2:
      return *storage::key_of(std::string(70, 'x') + std::to_string(n));
    default:
      return *Key::parse(std::to_string(n));
  }
}

CommandBody CommandGenerator::body(const Model& model, const CoopId& coop) {
  const auto status = model.coop(coop);
  if (!status) {
    if (random_.one_in(5)) return CloseDay{{20'000}, {20'001}};
    return open_cooperative(coop);
  }
  if (status->account_count < 3 + random_.below(12)) return open_account(model, coop);
  const std::uint64_t kind = random_.below(100);
  if (kind < 52) return PostEntry{entry(model, coop), booking_date(status->open_day)};
  if (kind < 60) return PlaceHold{account(model, coop), amount(), booking_date(status->open_day)};
  if (kind < 70) return settlement(model, coop);
  if (kind < 73) return ReleaseHold{hold_no(model, coop)};
  if (kind < 75) return ExpireHold{hold_no(model, coop)};
  if (kind < 83) return reversal(model, coop);
  if (kind < 86) return SetLimits{account(model, coop), limit(), limit()};
  if (kind < 88) return FreezeAccount{account(model, coop)};
  if (kind < 91) return UnfreezeAccount{account(model, coop)};
  if (kind < 92) return CloseAccount{account(model, coop)};
  if (kind < 93) return open_account(model, coop);
  if (kind < 96) return close_day(model, coop);
  if (kind < 97) return CloseMonth{status->open_month + static_cast<int>(random_.below(2))};
  if (kind < 98) return open_cooperative(coop);
  return role(model, coop);
}

OpenCooperative CommandGenerator::open_cooperative(const CoopId& coop) {
  OpenCooperative open;
  open.coop = coop;
  open.currency = random_.one_in(8) ? Currency{0} : kIDR;
  open.zone = random_.one_in(8) ? "Mars/Base" : "Asia/Makassar";
  open.first_day = {20'450 + static_cast<int>(random_.below(60))};
  open.sen_allowed = random_.one_in(4);
  return open;
}

OpenAccount CommandGenerator::open_account(const Model& model, const CoopId& coop) {
  static const std::vector<AccountType> kTypes{AccountType::kAsset,   AccountType::kLiability,
                                               AccountType::kEquity,  AccountType::kIncome,
                                               AccountType::kExpense, AccountType::kMemo};
  OpenAccount open;
  const auto count = model.coop(coop)->account_count;
  open.code = std::to_string(1000 + random_.below(9 * (count + 2)));
  if (random_.one_in(20)) open.code += "_x";
  open.type = random_.one_of(kTypes);
  open.normal = random_.one_in(2) ? Side::kDebit : Side::kCredit;
  open.currency = random_.one_in(5) ? Currency{840} : kIDR;
  if (random_.one_in(30)) open.currency = Currency{1};
  open.is_control = random_.one_in(6);
  if (random_.one_in(2)) open.control = account(model, coop);
  if (const auto control = model.account(coop, open.control); control && !random_.one_in(4)) {
    open.type = control->info.type;
    open.normal = control->line.normal;
    open.currency = control->line.currency;
  }
  if (random_.one_in(3)) open.floor = random_.one_in(4) ? limit() : Amount{0};
  if (random_.one_in(5)) open.ceiling = limit();
  return open;
}

AccountHandle CommandGenerator::account(const Model& model, const CoopId& coop) {
  const auto count = model.coop(coop)->account_count;
  // One beyond the last is no account; the first ones are used most.
  if (count == 0 || random_.one_in(60)) return {count + 1};
  const auto range = random_.one_in(2) ? count : std::min(count, 6U);
  return {static_cast<std::uint32_t>(1 + random_.below(range))};
}

/// An account that an entry with the other can be made of.
AccountHandle CommandGenerator::account_like(const Model& model, const CoopId& coop,
                                             AccountHandle other) {
  const auto like = model.account(coop, other);
  AccountHandle chosen = account(model, coop);
  for (int tries = 0; tries < 8; ++tries) {
    const auto view = model.account(coop, chosen);
    const bool fits = view && like && view->line.currency == like->line.currency &&
                      !view->line.has(Account::kControl | Account::kFrozen | Account::kClosed);
    if (fits && chosen != other) break;
    chosen = account(model, coop);
  }
  return chosen;
}

Amount CommandGenerator::amount() {
  switch (random_.below(40)) {
    case 0:
      return {random_.between(-2, 2)};
    case 1:
      return {kAmountMax + random_.between(-100, 100)};
    case 2:
      return {random_.between(1, 1'000)};
    case 3:
      return {std::numeric_limits<std::int64_t>::min() + random_.between(0, 1)};
    default:
      return {kUsual * random_.between(1, 100)};
  }
}

std::optional<Amount> CommandGenerator::limit() {
  switch (random_.below(8)) {
    case 0:
      return Amount{kAmountMax + random_.between(-1, 1)};
    case 1:
      return Amount{-kAmountMax + random_.between(-1, 1)};
    case 2:
    case 3:
      return std::nullopt;
    default:
      return Amount{kUsual * random_.between(-300, 300)};
  }
}

std::optional<Date> CommandGenerator::booking_date(Date open_day) {
  if (!random_.one_in(6)) return std::nullopt;
  if (random_.one_in(2)) return open_day;
  return open_day + static_cast<int>(random_.between(-40, 3));
}

std::optional<Date> CommandGenerator::value_date(Date open_day) {
  if (!random_.one_in(4)) return std::nullopt;
  if (random_.one_in(8)) return open_day + static_cast<int>(random_.between(-400, 60));
  return open_day + static_cast<int>(random_.between(-9, 4));
}

Metadata CommandGenerator::metadata() {
  Metadata metadata;
  if (!random_.one_in(5)) return metadata;
  const std::uint64_t count = random_.one_in(10) ? 9 : 1 + random_.below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string name(1, static_cast<char>('a' + i));
    if (random_.one_in(30)) name = "Loan";
    switch (random_.below(3)) {
      case 0:
        metadata.push_back({name, random_.between(-1'000'000'000'000, 1'000'000'000'000)});
        break;
      case 1:
        metadata.push_back({name, Date{static_cast<std::int32_t>(random_.below(40'000))}});
        break;
      default:
        metadata.push_back({name, std::string(random_.one_in(20) ? "not a reference" : "PJ/26-1")});
    }
  }
  return metadata;
}

Entry CommandGenerator::entry(const Model& model, const CoopId& coop) {
  Entry entry;
  entry.value_date = value_date(model.coop(coop)->open_day);
  entry.metadata = metadata();
  std::uint64_t pairs = random_.one_in(6) ? 2 + random_.below(3) : 1;
  if (random_.one_in(50)) pairs = 32 + random_.below(2);
  for (std::uint64_t i = 0; i < pairs; ++i) {
    const AccountHandle debit = account_like(model, coop, {1});
    const AccountHandle credit = account_like(model, coop, debit);
    const Amount sum = amount();
    entry.legs.push_back({debit, Side::kDebit, sum});
    entry.legs.push_back({credit, Side::kCredit, sum});
  }
  // Two debits against one credit and the like: legs of one side melt into one.
  if (entry.legs.size() == 4 && random_.one_in(2) && entry.legs[0].amount < Amount{kAmountMax} &&
      entry.legs[2].amount < Amount{kAmountMax} && entry.legs[0].amount > Amount{0} &&
      entry.legs[2].amount > Amount{0}) {
    entry.legs[1].amount.minor += entry.legs[3].amount.minor;
    entry.legs.pop_back();
  }
  if (random_.one_in(40)) entry.legs.pop_back();
  if (random_.one_in(40) && !entry.legs.empty()) {
    entry.legs.back().amount = Amount{kUsual * random_.between(1, 100)};
  }
  return entry;
}

EventNo CommandGenerator::event_no(const Model& model, const CoopId& coop) {
  const std::uint64_t last = model.coop(coop)->head.last_event.value;
  if (random_.one_in(3)) return {last - std::min(last, random_.below(20))};
  return {random_.below(last + 3)};
}

EventNo CommandGenerator::hold_no(const Model& model, const CoopId& coop) {
  if (random_.one_in(5)) return event_no(model, coop);
  std::vector<EventNo> open;
  const std::uint64_t last = model.coop(coop)->head.last_event.value;
  for (std::uint64_t no = last; no > 0 && open.size() < 8 && last - no < 300; --no) {
    if (model.hold(coop, {no})) open.push_back({no});
  }
  return open.empty() ? event_no(model, coop) : random_.one_of(open);
}

CommandBody CommandGenerator::settlement(const Model& model, const CoopId& coop) {
  const EventNo no = hold_no(model, coop);
  SettleHold settle{.hold = no,
                    .entry = entry(model, coop),
                    .release_rest = random_.one_in(3),
                    .booking_date = booking_date(model.coop(coop)->open_day)};
  const auto hold = model.hold(coop, no);
  if (!hold || random_.one_in(6)) return settle;
  const auto view = model.account(coop, hold->account);
  Amount sum = hold->remaining;
  if (random_.one_in(2)) sum = Amount{kUsual * random_.between(1, 100)};
  if (random_.one_in(8)) sum.minor += 100;
  settle.entry.legs = {{hold->account, opposite(view->line.normal), sum},
                       {account_like(model, coop, hold->account), view->line.normal, sum}};
  return settle;
}

ReverseEntry CommandGenerator::reversal(const Model& model, const CoopId& coop) {
  ReverseEntry reverse;
  reverse.target = event_no(model, coop);
  for (int tries = 0; tries < 6 && !random_.one_in(6); ++tries) {
    const auto event = model.event(coop, reverse.target);
    if (event && entry_of(event->body) != nullptr) break;
    reverse.target = event_no(model, coop);
  }
  reverse.booking_date = booking_date(model.coop(coop)->open_day);
  reverse.value_date = value_date(model.coop(coop)->open_day);
  reverse.metadata = metadata();
  const auto target = model.event(coop, reverse.target);
  const Entry* was = target ? entry_of(target->body) : nullptr;
  if (random_.one_in(2) || was == nullptr) return reverse;
  // In part: a pair of legs that were of one amount, or half of each.
  const bool halves = random_.one_in(2);
  for (const Posting& leg : was->legs) {
    const bool is_whole = leg.amount.minor % 200 == 0;
    reverse.amounts.push_back(halves && is_whole ? Amount{leg.amount.minor / 2}
                                                 : Amount{std::min(kUsual, leg.amount.minor)});
  }
  if (random_.one_in(6)) reverse.amounts.push_back({100});
  if (random_.one_in(6)) reverse.amounts[random_.below(reverse.amounts.size())] = amount();
  if (random_.one_in(6)) reverse.amounts[random_.below(reverse.amounts.size())] = {0};
  return reverse;
}

CloseDay CommandGenerator::close_day(const Model& model, const CoopId& coop) {
  const Date open = model.coop(coop)->open_day;
  CloseDay close{open, open + static_cast<int>(1 + random_.below(3))};
  if (random_.one_in(8)) close.date = open + static_cast<int>(random_.between(-2, 2));
  if (random_.one_in(8)) close.next = open + static_cast<int>(random_.between(-2, 40));
  return close;
}

CommandBody CommandGenerator::role(const Model&, const CoopId&) {
  const std::string name =
      random_.one_in(20) ? std::string("ibu kasir") : kNames[random_.below(kNames.size())];
  const auto which = static_cast<Role>(1 + random_.below(6));
  if (random_.one_in(3)) return RevokeRole{name, which};
  return GrantRole{name, which};
}

}  // namespace lumbung::tests
