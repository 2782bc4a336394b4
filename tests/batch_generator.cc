#include "tests/batch_generator.h"

#include <string>

namespace lumbung::tests {

using namespace engine;  // NOLINT: every name below is a term of the engine
using storage::BatchMode;

namespace {

// Vaults have no floor. Many of both, so that adding one account up anew stays short.
constexpr std::uint32_t kVaults = 24;
constexpr std::uint32_t kMembers = 120;
constexpr AccountHandle kControl{kVaults + 1};

}  // namespace

CoopId BatchGenerator::coop() {
  return *CoopId::parse("KSP-PENUH");
}

std::vector<Request> BatchGenerator::opening() {
  OpenCooperative open;
  open.coop = coop();
  open.currency = kIDR;
  open.zone = "Asia/Jayapura";
  open.first_day = {20'450};
  Request accounts{coop(), {}, BatchMode::kPerItem};
  for (std::uint32_t i = 1; i <= kVaults + 1 + kMembers; ++i) {
    OpenAccount account;
    account.code = std::to_string(1000 + i);
    account.type = i <= kVaults ? AccountType::kAsset : AccountType::kLiability;
    account.normal = i <= kVaults ? Side::kDebit : Side::kCredit;
    account.currency = kIDR;
    account.is_control = i == kControl.value;
    if (i > kControl.value) {
      account.control = kControl;
      account.floor = Amount{0};
    }
    accounts.commands.push_back({*Key::parse("a" + account.code), {}, account});
  }
  return {{coop(), {{*Key::parse("open"), {}, open}}, std::nullopt}, accounts};
}

Request BatchGenerator::next(bool is_first, EventNo last) {
  Request request{coop(), {}, random_.one_in(3) ? BatchMode::kAtomic : BatchMode::kPerItem};
  std::uint64_t size = storage::kBlockEventsMax;
  if (!is_first) size = 1 + random_.below(size >> random_.below(13));
  for (std::uint64_t i = 0; i < size; ++i) {
    if (request.batch == BatchMode::kPerItem) {
      request.commands.push_back(command(last));
      continue;
    }
    // Of one whose every item is random there would be nothing left.
    Entry deposit;
    deposit.legs = {{vault(), Side::kDebit, {0}}, {member(), Side::kCredit, {0}}};
    deposit.legs[0].amount = deposit.legs[1].amount = amount();
    request.commands.push_back(
        {*Key::parse("b" + std::to_string(++keys_)), {}, PostEntry{deposit, {}}});
  }
  if (request.batch == BatchMode::kAtomic && random_.one_in(4)) {
    request.commands.back().body = PostEntry{entry(), {}};
  }
  return request;
}

Command BatchGenerator::command(EventNo last) {
  if (!seen_.empty() && random_.one_in(50)) return random_.one_of(seen_);
  Command command{*Key::parse("b" + std::to_string(++keys_)), {}, body(last)};
  if (!seen_.empty() && random_.one_in(200)) command.key = random_.one_of(seen_).key;
  if (random_.one_in(40)) seen_.push_back(command);
  return command;
}

CommandBody BatchGenerator::body(EventNo last) {
  switch (random_.below(50)) {
    case 0:
      return PlaceHold{member(), amount(), {}};
    case 1: {
      // A member pays out of a hold, if there is one.
      SettleHold settle;
      settle.hold = {1 + random_.below(last.value)};
      settle.entry = entry();
      return settle;
    }
    case 2:
      return ReleaseHold{{1 + random_.below(last.value)}};
    case 3: {
      ReverseEntry reverse;
      reverse.target = {1 + random_.below(last.value)};
      return reverse;
    }
    default:
      return PostEntry{entry(), {}};
  }
}

/// A deposit, a withdrawal that may be too much, or a deposit for several.
Entry BatchGenerator::entry() {
  Entry entry;
  const Amount moved = amount();
  switch (random_.below(8)) {
    case 0:
    case 1:
      entry.legs = {{member(), Side::kDebit, moved}, {vault(), Side::kCredit, moved}};
      break;
    case 2: {
      const auto legs = 2 + static_cast<std::int64_t>(random_.below(5));
      for (std::int64_t i = 0; i < legs; ++i)
        entry.legs.push_back({member(), Side::kCredit, moved});
      entry.legs.push_back({vault(), Side::kDebit, {legs * moved.minor}});
      break;
    }
    default:
      entry.legs = {{vault(), Side::kDebit, moved}, {member(), Side::kCredit, moved}};
  }
  if (random_.one_in(12)) entry.value_date = Date{20'450 - static_cast<int>(random_.below(20))};
  if (random_.one_in(30)) entry.metadata = {{"kuitansi", random_.between(1, 9'999)}};
  return entry;
}

AccountHandle BatchGenerator::vault() {
  return {1 + static_cast<std::uint32_t>(random_.below(kVaults))};
}

AccountHandle BatchGenerator::member() {
  return {kControl.value + 1 + static_cast<std::uint32_t>(random_.below(kMembers))};
}

Amount BatchGenerator::amount() {
  return {100 * random_.between(1, 5'000)};
}

}  // namespace lumbung::tests
