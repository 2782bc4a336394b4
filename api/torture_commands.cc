#include "api/torture_commands.h"

#include <array>
#include <charconv>

#include "api/random.h"
#include "storage/block.h"
#include "storage/digest.h"

namespace lumbung::api {
namespace {

using engine::AccountHandle;
using engine::AccountType;
using engine::Amount;
using engine::CommandBody;
using engine::Date;
using engine::Entry;
using engine::Side;

// The accounts of the book, by their handles.
constexpr AccountHandle kCash{1};     // has no floor: the money comes from here
constexpr AccountHandle kSavings{2};  // control account of the members
constexpr AccountHandle kCapped{3};   // has a ceiling
constexpr AccountHandle kIncome{4};
constexpr std::uint32_t kFirstMember = 5;
constexpr std::uint32_t kMembers = 16;  // floor 0
constexpr std::uint32_t kHolders = 2;   // the first of them have the holds
constexpr std::uint32_t kNobody = 999;  // no such account

const Date kFirstDay = engine::date_of({2025, 1, 2});
constexpr std::string_view kSetup = "setup-";

enum class Kind : std::uint8_t {
  kDeposit,
  kWithdrawal,
  kManyLegs,
  kMistake,  // that is refused
  kAtomicBatch,
  kPlaceHold,
  kSettleHold,
  kReleaseHold,
  kExpireHold,
  kReversal,
  kFreeze,
  kUnfreeze,
  kLimits,
  kRole,
  kCloseDay,
  kCloseMonth,
};

struct Share {
  Kind kind;
  unsigned permille;
  Wants wants;
};

constexpr std::array kShares{
    Share{Kind::kDeposit, 320, Wants::kNothing},    Share{Kind::kWithdrawal, 200, Wants::kNothing},
    Share{Kind::kManyLegs, 200, Wants::kNothing},   Share{Kind::kMistake, 50, Wants::kNothing},
    Share{Kind::kAtomicBatch, 40, Wants::kNothing}, Share{Kind::kPlaceHold, 60, Wants::kNothing},
    Share{Kind::kSettleHold, 40, Wants::kHold},     Share{Kind::kReleaseHold, 20, Wants::kHold},
    Share{Kind::kExpireHold, 10, Wants::kHold},     Share{Kind::kReversal, 50, Wants::kEntry},
    Share{Kind::kFreeze, 2, Wants::kNothing},       Share{Kind::kUnfreeze, 30, Wants::kNothing},
    Share{Kind::kLimits, 5, Wants::kNothing},       Share{Kind::kRole, 2, Wants::kNothing},
    Share{Kind::kCloseDay, 2, Wants::kDay},         Share{Kind::kCloseMonth, 1, Wants::kMonth},
};

/// The first draw of a command's stream says what kind it is.
const Share& share_of(Random& random) {
  unsigned all = 0;
  for (const Share& share : kShares) all += share.permille;
  auto draw = static_cast<unsigned>(random.below(all));
  for (const Share& share : kShares) {
    if (draw < share.permille) return share;
    draw -= share.permille;
  }
  return kShares.front();
}

AccountHandle member(Random& random) {
  return {kFirstMember + static_cast<std::uint32_t>(random.below(kMembers))};
}

AccountHandle holder(Random& random) {
  return {kFirstMember + static_cast<std::uint32_t>(random.below(kHolders))};
}

Amount rupiah(Random& random, std::int64_t most) {
  return {100 * random.between(1, most)};
}

Entry two_legs(AccountHandle debit, AccountHandle credit, Amount amount) {
  Entry entry;
  entry.legs = {{debit, Side::kDebit, amount}, {credit, Side::kCredit, amount}};
  return entry;
}

/// What some entries carry besides; now and then all that they may carry, so that a disk fills.
void decorate(Random& random, Entry& entry) {
  if (random.percent(10)) entry.value_date = kFirstDay + static_cast<int>(random.below(40));
  if (random.percent(30)) {
    for (char last = 'a'; last < 'a' + static_cast<char>(engine::kMetadataMax); ++last) {
      entry.metadata.push_back(
          {std::string("code_") + last, std::string(engine::kReferenceMax, last)});
    }
  } else if (random.percent(20)) {
    entry.metadata = {{"code", "BKM-" + std::to_string(random.below(1'000'000))},
                      {"meter", random.between(-5, 5)}};
  }
}

Entry deposit(Random& random) {
  Entry entry =
      two_legs(kCash, random.percent(5) ? kCapped : member(random), rupiah(random, 9'000));
  decorate(random, entry);
  return entry;
}

Entry withdrawal(Random& random) {
  Entry entry = two_legs(member(random), kCash, rupiah(random, 20'000));
  decorate(random, entry);
  return entry;
}

/// Cash in, spread over members and a fee.
Entry many_legs(Random& random) {
  Entry entry;
  Amount sum{};
  const auto legs = static_cast<std::size_t>(random.between(2, random.percent(50) ? 63 : 8));
  for (std::size_t i = 0; i < legs; ++i) {
    const Amount amount = rupiah(random, 500);
    entry.legs.push_back({i == 0 ? kIncome : member(random), Side::kCredit, amount});
    sum.minor += amount.minor;
  }
  entry.legs.push_back({kCash, Side::kDebit, sum});
  return entry;
}

Entry mistake(Random& random) {
  Entry entry = deposit(random);
  switch (random.below(5)) {
    case 0:
      entry.legs[0].amount.minor += 100;
      break;  // unbalanced
    case 1:
      entry.legs[1].account = {kNobody};
      break;  // account_unknown
    case 2:
      entry.legs[1].account = kSavings;
      break;  // account_is_control
    case 3:
      entry.legs[0].amount = entry.legs[1].amount = {150};
      break;  // sen_not_allowed
    default:
      entry.legs.resize(1);
      break;  // too_few_legs
  }
  return entry;
}

engine::ReverseEntry reversal(Random& random, engine::EventNo target) {
  engine::ReverseEntry reverse;
  reverse.target = target;
  if (random.percent(30)) {  // in part; of other than two legs refused
    const Amount part = rupiah(random, 100);
    reverse.amounts = {part, part};
  }
  return reverse;
}

engine::SettleHold settlement(Random& random, engine::EventNo hold) {
  engine::SettleHold settle;
  settle.hold = hold;
  settle.entry = two_legs(holder(random), kCash, rupiah(random, 500));
  settle.release_rest = random.percent(50);
  return settle;
}

engine::PlaceHold hold(Random& random) {
  engine::PlaceHold place;
  place.account = holder(random);
  place.amount = rupiah(random, 500);
  if (random.percent(50)) place.last_day = kFirstDay + static_cast<int>(random.below(200));
  return place;
}

engine::SetLimits limits(Random& random) {
  return {.account = kCapped, .floor = {}, .ceiling = Amount{100 * random.between(1, 10'000'000)}};
}

CommandBody role(Random& random) {
  const std::string name = "kasir-" + std::to_string(random.below(50));
  if (random.percent(60)) return engine::GrantRole{name, engine::Role::kTeller};
  return engine::RevokeRole{name, engine::Role::kTeller};
}

CommandBody body_of(Kind kind, Random& random, std::uint64_t argument) {
  switch (kind) {
    case Kind::kDeposit:
    case Kind::kAtomicBatch:
      return engine::PostEntry{deposit(random), {}};
    case Kind::kWithdrawal:
      return engine::PostEntry{withdrawal(random), {}};
    case Kind::kManyLegs:
      return engine::PostEntry{many_legs(random), {}};
    case Kind::kMistake:
      return engine::PostEntry{mistake(random), {}};
    case Kind::kPlaceHold:
      return hold(random);
    case Kind::kSettleHold:
      return settlement(random, {argument});
    case Kind::kReleaseHold:
      return engine::ReleaseHold{{argument}};
    case Kind::kExpireHold:
      return engine::ExpireHold{{argument}};
    case Kind::kReversal:
      return reversal(random, {argument});
    case Kind::kFreeze:
      return engine::FreezeAccount{member(random)};
    case Kind::kUnfreeze:
      return engine::UnfreezeAccount{member(random)};
    case Kind::kLimits:
      return limits(random);
    case Kind::kRole:
      return role(random);
    case Kind::kCloseDay: {
      const Date day{static_cast<std::int32_t>(argument)};
      return engine::CloseDay{.date = day, .next = day + static_cast<int>(random.between(1, 3))};
    }
    case Kind::kCloseMonth:
      break;
  }
  return engine::CloseMonth{{static_cast<std::int32_t>(argument)}};
}

engine::OpenAccount account(std::string code, AccountType type, Side normal) {
  engine::OpenAccount open;
  open.code = std::move(code);
  open.type = type;
  open.normal = normal;
  open.currency = engine::kIDR;
  return open;
}

/// The bodies of the setup in order: the book, then the accounts in the order of their handles.
std::vector<CommandBody> setup() {
  engine::OpenCooperative open;
  open.coop = torture_coop();
  open.currency = engine::kIDR;
  open.zone = "Asia/Makassar";
  open.first_day = kFirstDay;
  std::vector<CommandBody> bodies{open};
  bodies.push_back(account("CASH", AccountType::kAsset, Side::kDebit));
  auto savings = account("SAVINGS", AccountType::kLiability, Side::kCredit);
  savings.is_control = true;
  bodies.push_back(savings);
  auto capped = account("CAPPED", AccountType::kLiability, Side::kCredit);
  capped.ceiling = Amount{100'000'000};
  bodies.push_back(capped);
  bodies.push_back(account("INCOME", AccountType::kIncome, Side::kCredit));
  for (std::uint32_t i = 0; i < kMembers; ++i) {
    auto saver = account("S-" + std::to_string(i + 1), AccountType::kLiability, Side::kCredit);
    saver.control = kSavings;
    saver.floor = Amount{0};
    bodies.push_back(saver);
  }
  return bodies;
}

/// Cash to two members and to income. Every other batch fills a block, the others are of any size.
/// Now and then the last entry asks for more than there ever is, and none of them happens.
TortureRequest big_batch(const engine::Key& name, Random& random) {
  std::int64_t size = storage::kBlockEventsMax;
  if (random.percent(50)) size = random.between(1, size >> random.below(13));
  const std::array receivers{member(random), member(random), kIncome};
  TortureRequest batch;
  batch.atomic = true;
  batch.commands.reserve(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) {
    const AccountHandle to = receivers[random.below(receivers.size())];
    batch.commands.push_back({i == 0 ? name : engine::Key(), engine::kOperator,
                              engine::PostEntry{two_legs(kCash, to, rupiah(random, 9'000)), {}}});
  }
  if (random.percent(5)) {
    std::get<engine::PostEntry>(batch.commands.back().body).entry =
        two_legs(receivers[0], kCash, {engine::kAmountMax});
  }
  return batch;
}

/// The numbers of "7-123-981"; false unless there are `at_least` to `numbers.size()` of them and
/// nothing else.
bool read_numbers(std::string_view text, std::size_t at_least,
                  std::array<std::uint64_t, 3>& numbers) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::size_t count = 0;
  while (count < numbers.size()) {
    const auto [next, error] = std::from_chars(at, end, numbers[count]);
    if (error != std::errc{}) return false;
    ++count;
    if (next == end) return count >= at_least;
    if (*next != '-') return false;
    at = next + 1;
  }
  return false;
}

}  // namespace

engine::CoopId torture_coop() {
  return *engine::CoopId::parse("TORTURE");
}

std::vector<std::string> setup_keys() {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < setup().size(); ++i) {
    keys.push_back(std::string(kSetup) + std::to_string(i));
  }
  return keys;
}

Wants wants_of(std::uint64_t seed, std::uint64_t number) {
  Random random(seed, number);
  return share_of(random).wants;
}

std::string torture_key(std::uint64_t seed, std::uint64_t number, std::uint64_t argument) {
  std::string key(1, 't');
  key += std::to_string(seed) + '-' + std::to_string(number);
  if (argument != 0) key.append(1, '-').append(std::to_string(argument));
  return key;
}

std::string torture_batch_key(std::uint64_t seed, std::uint64_t number) {
  return 's' + std::to_string(seed) + '-' + std::to_string(number);
}

std::optional<TortureRequest> torture_request(std::string_view key) {
  const auto name = storage::key_of(key);
  std::array<std::uint64_t, 3> numbers{};
  if (!name) return std::nullopt;
  if (key.starts_with(kSetup)) {
    const auto bodies = setup();
    if (!read_numbers(key.substr(kSetup.size()), 1, numbers) || numbers[0] >= bodies.size()) {
      return std::nullopt;
    }
    return TortureRequest{{{*name, engine::kOperator, bodies[numbers[0]]}}};
  }
  if (key.starts_with('s') && read_numbers(key.substr(1), 2, numbers) && numbers[2] == 0) {
    Random random(numbers[0], numbers[1]);
    return big_batch(*name, random);
  }
  if (!key.starts_with('t') || !read_numbers(key.substr(1), 2, numbers)) return std::nullopt;
  Random random(numbers[0], numbers[1]);
  const Kind kind = share_of(random).kind;
  TortureRequest request;
  request.atomic = kind == Kind::kAtomicBatch;
  const std::int64_t size = request.atomic ? random.between(2, 20) : 1;
  for (std::int64_t i = 0; i < size; ++i) {
    // Now and then one of a batch asks for too much, and none of them happens.
    const Kind item = request.atomic && random.percent(3) ? Kind::kWithdrawal : kind;
    request.commands.push_back(
        {i == 0 ? *name : engine::Key(), engine::kOperator, body_of(item, random, numbers[2])});
  }
  return request;
}

}  // namespace lumbung::api
