// Writes the golden blocks: a small cooperative's journal that has every kind of event and every
// column, decided by the engine and sealed here. `golden_maker DIRECTORY` adds files that are not
// there yet; one that is there with other bytes is an error, because golden bytes never change.
//
// What a file must decode to is not written here but by describe.py, from docs/journal-format.md.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>

#include "engine/check.h"
#include "storage/codec.h"
#include "storage/digest.h"
#include "tests/world.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using storage::BlockBuilder;

constexpr Currency kUSD{840};
constexpr Currency kJPY{392};

/// Asks the engine, and seals what happened into blocks that follow each other.
class Scribe {
 public:
  Scribe(std::string_view coop, std::filesystem::path directory)
      : coop_(*CoopId::parse(coop)), directory_(std::move(directory)) {}

  /// Record time of what is asked from now on.
  void at(Date date, std::int64_t seconds) {
    world_->set_clock({(date.days * std::int64_t{86400} + seconds) * 1'000'000});
  }

  EventNo ask(const Key& key, const CommandBody& body, PrincipalHandle principal = kOperator) {
    const storage::Answer answer = world_->ask(coop_, {key, principal, body});
    Event event = happened(answer.event);
    if (storage::has_digest(storage::kind_of(event.body))) event.digest = storage::digest_of(body);
    builder_.append(event);
    return event.no;
  }

  void ask_batch(const Key& key, const std::vector<Entry>& entries) {
    std::vector<Command> commands;
    for (const Entry& entry : entries) commands.push_back({key, kOperator, PostEntry{entry, {}}});
    const auto answers = world_->ask_batch(coop_, commands, storage::BatchMode::kAtomic);
    const bool done = answers.front().outcome == storage::Answer::Outcome::kDone;
    for (std::size_t i = 0; i < (done ? answers.size() : 1); ++i) {
      Event event = happened(answers[i].event);
      if (i == 0) event.digest = storage::digest_of_batch(commands);
      builder_.append(event);
    }
  }

  /// `behind`: how many blocks before this one were not known durable when it was sealed.
  void seal(const std::string& name, std::uint64_t epoch = 1, std::uint64_t behind = 0) {
    storage::BlockHeader header;
    header.coop = coop_;
    header.block_no = {head_.block_no.value + 1};
    header.epoch = epoch;
    header.previous = head_.hash;
    header.durable_block = {head_.block_no.value - behind};
    const storage::Block block = builder_.seal(header);
    head_ = {block.header.block_no, block.hash, block.header.last_event()};
    write(directory_ / (name + ".block"), block.bytes);
  }

 private:
  Event happened(EventNo no) const {
    CHECK(no.value > 0);
    auto event = world_->event(coop_, no);
    CHECK(event.has_value());
    return *event;
  }

  static void write(const std::filesystem::path& path, const std::string& bytes) {
    if (std::ifstream file{path, std::ios::binary}) {
      const std::string there{std::istreambuf_iterator<char>(file), {}};
      if (there != bytes) {
        std::cerr << path << " is there with other bytes, and golden bytes never change\n";
        std::exit(1);
      }
      return;
    }
    std::ofstream(path, std::ios::binary) << bytes;
    std::cout << path.string() << '\n';
  }

  const CoopId coop_;
  const std::filesystem::path directory_;
  std::unique_ptr<World> world_ = make_engine_world();
  BlockBuilder builder_;
  storage::Head head_;
};

/// The n-th of a series of UUIDs.
Key uuid(std::uint32_t n) {
  char text[37];
  std::snprintf(text, sizeof text, "0195e7a0-%04x-7000-8000-%012x", n & 0xffffU, n * 2654435761U);
  return *Key::parse(text);
}

Key text_key(std::string_view text) {
  return *Key::parse(text);
}

Date day(int year, int month, int of_month) {
  return date_of({year, month, of_month});
}

Posting debit(std::uint32_t account, std::int64_t minor) {
  return {{account}, Side::kDebit, {minor}};
}
Posting credit(std::uint32_t account, std::int64_t minor) {
  return {{account}, Side::kCredit, {minor}};
}

PostEntry post(Legs legs, Metadata metadata = {}, std::optional<Date> value_date = {}) {
  return {{std::move(legs), value_date, std::move(metadata)}, {}};
}

OpenAccount account(std::string_view code, AccountType type, Side normal, Currency currency) {
  OpenAccount command;
  command.code = code;
  command.type = type;
  command.normal = normal;
  command.currency = currency;
  return command;
}

// Accounts of the story, in the order in which they are opened.
constexpr std::uint32_t kCash = 1, kSavings = 2, kMembers = 3, kMember = 4, kOther = 5, kUsd = 6,
                        kPosition = 7, kPositionUsd = 8, kFees = 9, kCosts = 10, kEquity = 11,
                        kMemo = 12;

void first_block(Scribe& scribe) {
  scribe.ask(uuid(1), OpenCooperative{*CoopId::parse("KSP-MELATI"), kIDR, "Asia/Jakarta",
                                      day(2026, 1, 29), false});
  OpenAccount cash = account("1101", AccountType::kAsset, Side::kDebit, kIDR);
  cash.floor = Amount{0};
  scribe.ask(uuid(2), cash);
  scribe.ask(uuid(3), account("2101", AccountType::kLiability, Side::kCredit, kIDR));
  scribe.ask(uuid(4), post({debit(kCash, 50'000'000), credit(kSavings, 50'000'000)}));
  scribe.seal("first_block");
}

void principals_and_chart(Scribe& scribe) {
  constexpr std::string_view kNames[] = {"ketua", "bendahara", "kasir-1", "pengawas", "RAT/2026"};
  int n = 0;
  for (const auto role :
       {Role::kAdmin, Role::kTreasurer, Role::kTeller, Role::kApprover, Role::kAuditor}) {
    scribe.ask(text_key("grant-" + std::to_string(n)), GrantRole{std::string(kNames[n]), role});
    ++n;
  }
  scribe.ask(text_key("g"), GrantRole{"kasir-1", Role::kIntegrator});
  scribe.ask(text_key("revoke-1"), RevokeRole{"RAT/2026", Role::kAuditor}, {1});
  OpenAccount members = account("2200", AccountType::kLiability, Side::kCredit, kIDR);
  members.is_control = true;
  scribe.ask(text_key("account-2200"), members, {1});
  for (const std::string_view code : {"2200-M1", "2200-M2"}) {
    OpenAccount member = account(code, AccountType::kLiability, Side::kCredit, kIDR);
    member.control = {kMembers};
    member.floor = Amount{0};
    member.ceiling = Amount{kAmountMax};
    scribe.ask(text_key("account-" + std::string(code)), member, {2});
  }
  scribe.ask(text_key("usd"), account("1150.USD", AccountType::kAsset, Side::kDebit, kUSD));
  scribe.ask(text_key("position"), account("1900", AccountType::kAsset, Side::kDebit, kIDR));
  scribe.ask(text_key("position-usd"),
             account("1900.USD", AccountType::kAsset, Side::kDebit, kUSD));
  scribe.ask(text_key("fees"), account("4101", AccountType::kIncome, Side::kCredit, kIDR));
  scribe.ask(text_key("costs"), account("5101", AccountType::kExpense, Side::kDebit, kIDR));
  OpenAccount equity = account("3101", AccountType::kEquity, Side::kCredit, kIDR);
  equity.ceiling = Amount{90'000'000'000};
  scribe.ask(text_key("equity"), equity);
  scribe.ask(text_key("memo"), account("9101", AccountType::kMemo, Side::kDebit, kIDR));
  scribe.ask(text_key("limits"), SetLimits{{kCosts}, Amount{-kAmountMax}, {}}, {2});
  scribe.seal("principals_and_chart");
}

void simple_entries(Scribe& scribe) {
  for (std::uint32_t i = 0; i < 20; ++i) {
    const std::int64_t minor = 100'000 + std::int64_t{i} * i * i * 777'700;
    scribe.ask(
        uuid(100 + i),
        i % 3 == 2
            ? post({debit(kSavings, minor / 2 / 100 * 100), credit(kCash, minor / 2 / 100 * 100)})
            : post({debit(kCash, minor), credit(i % 2 == 0 ? kSavings : kMember, minor)}),
        {i % 4});
  }
  scribe.seal("simple_entries");
}

void rich_entries(Scribe& scribe) {
  scribe.ask(text_key("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
             post({debit(kCash, 1'500'000), credit(kMember, 1'000'000), credit(kFees, 500'000)},
                  {{"member", std::string("M-0001")}}));
  scribe.ask(text_key("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"),
             post({debit(kCosts, 20'000), credit(kCash, 20'000)},
                  {{"due", day(2026, 2, 15)},
                   {"rate_ppm", std::int64_t{-125'000}},
                   {"receipt", std::string("KW/2026-01/000017")}},
                  day(2026, 1, 5)));
  // Credit first: two legs of one amount, and not a simple entry.
  scribe.ask(*storage::key_of(std::string(65, 'k')),
             post({credit(kOther, 30'000), debit(kCash, 30'000)}, {}, day(2026, 2, 3)));
  // Two currencies meet in position accounts.
  scribe.ask(*storage::key_of("a key with blanks"),
             post({debit(kUsd, 10'000), credit(kPositionUsd, 10'000), debit(kPosition, 163'250'000),
                   credit(kCash, 163'250'000)}));
  scribe.seal("rich_entries");
}

void atomic_batch(Scribe& scribe) {
  const auto entry = [](std::uint32_t to, std::int64_t minor) {
    return post({debit(kCash, minor), credit(to, minor)}).entry;
  };
  scribe.ask(uuid(200), PostEntry{entry(kMember, 100), {}});
  scribe.ask_batch(uuid(201),
                   {entry(kMember, 5'000), entry(kOther, 6'000), entry(kSavings, 7'000)});
  scribe.ask(uuid(202), PostEntry{entry(kOther, 200), {}});
  scribe.ask_batch(
      uuid(203),
      {entry(kMember, 5'000), post({debit(kMember, kAmountMax), credit(kCash, kAmountMax)}).entry});
  scribe.ask_batch(uuid(204), {entry(kMember, 900), entry(kMember, 800)});
  scribe.seal("atomic_batch");
}

/// The hold that outlasts its block.
EventNo holds(Scribe& scribe) {
  const EventNo expires = scribe.ask(uuid(300), PlaceHold{{kMember}, {20'000}, day(2026, 1, 29)});
  const EventNo settled = scribe.ask(uuid(301), PlaceHold{{kMember}, {100'000}, {}});
  const EventNo released = scribe.ask(uuid(302), PlaceHold{{kOther}, {1'000}, {}});
  SettleHold part;
  part.hold = settled;
  part.entry = post({debit(kMember, 30'000), credit(kCash, 30'000)}).entry;
  scribe.ask(uuid(303), part);
  SettleHold rest;
  rest.hold = settled;
  rest.entry = post({debit(kMember, 40'000), credit(kCash, 35'000), credit(kFees, 5'000)},
                    {{"channel", std::string("EDC")}}, day(2026, 1, 28))
                   .entry;
  rest.release_rest = true;
  scribe.ask(uuid(304), rest);
  scribe.ask(uuid(305), ReleaseHold{released});
  scribe.ask(uuid(306), FreezeAccount{{kMember}}, {2});
  scribe.ask(uuid(307), UnfreezeAccount{{kMember}}, {2});
  scribe.ask(uuid(308), SetLimits{{kMember}, Amount{1'000}, Amount{500'000'000'000}}, {2});
  scribe.ask(uuid(309), CloseAccount{{kMemo}}, {2});
  scribe.seal("holds");
  return expires;
}

void reversals(Scribe& scribe) {
  const EventNo simple = scribe.ask(uuid(400), post({debit(kCash, 9'900), credit(kMember, 9'900)}));
  const EventNo three = scribe.ask(
      uuid(401), post({debit(kCash, 8'000), credit(kMember, 6'000), credit(kFees, 2'000)}));
  ReverseEntry whole;
  whole.target = simple;
  whole.value_date = day(2026, 1, 28);
  whole.metadata = {{"reason", std::string("DOUBLE")}};
  scribe.ask(uuid(402), whole);
  ReverseEntry part;
  part.target = three;
  part.amounts = {{500}, {0}, {500}};
  scribe.ask(uuid(403), part);
  part.amounts = {};
  scribe.ask(uuid(404), part);
  // Refusals with no, two, three, one and again no parameter.
  scribe.ask(uuid(405), post({debit(kCash, 100)}));
  scribe.ask(uuid(406), whole);
  scribe.ask(uuid(407), post({debit(kCash, 100), credit(99, 100)}));
  scribe.ask(uuid(408), post({debit(kOther, 1'000'000'000'000), credit(kCash, 1'000'000'000'000)}),
             {3});
  whole.target = {9'999};
  scribe.ask(uuid(409), whole);
  scribe.ask(uuid(410), CloseDay{day(2026, 1, 30), day(2026, 1, 31)});
  scribe.seal("reversals");
}

void days_and_months(Scribe& scribe, EventNo hold) {
  scribe.ask(uuid(500), post({debit(kCash, 100), credit(kSavings, 100)}));
  scribe.ask(uuid(501), CloseDay{day(2026, 1, 29), day(2026, 1, 30)}, {2});
  scribe.seal("day_closed");
  scribe.at(day(2026, 1, 30), 3600);
  scribe.ask(uuid(502), ExpireHold{hold});
  scribe.seal("hold_expired", 1, 1);
  scribe.ask(uuid(503), CloseDay{day(2026, 1, 30), day(2026, 2, 2)}, {2});
  scribe.seal("day_closed_over_a_weekend", 1, 2);
  scribe.at(day(2026, 2, 2), 1);
  scribe.ask(uuid(504), CloseMonth{month_of(day(2026, 1, 1))}, {2});
  scribe.seal("month_closed", 2);
}

void extremes(Scribe& scribe) {
  Legs legs{debit(kCosts, kAmountMax)};
  for (std::int64_t i = 1; i < 63; ++i) legs.push_back(credit(kPosition, i * 100));
  legs.push_back(credit(kPosition, kAmountMax - 62 * 63 / 2 * 100));
  const Metadata full{{"a", std::numeric_limits<std::int64_t>::min()},
                      {"a_name_of_16_chr", std::string(40, 'Z')},
                      {"b", std::numeric_limits<std::int64_t>::max()},
                      {"c", kDateMin},
                      {"d", kDateMax},
                      {"e", Date{0}},
                      {"f", std::int64_t{0}},
                      {"g9", std::string("-")}};
  scribe.ask(text_key("~"), post(legs, full, day(2025, 2, 1)));
  scribe.ask(text_key(std::string(64, '!')), post({debit(kCosts, 100), credit(kCash, 100)}));
  scribe.seal("extremes", 2);
}

void other_cooperatives(const std::filesystem::path& directory) {
  Scribe shortest("AB", directory);
  shortest.at(day(1999, 12, 31), 86'399);
  shortest.ask(uuid(600),
               OpenCooperative{*CoopId::parse("AB"), kJPY, "UTC", day(1999, 12, 31), true});
  shortest.seal("shortest_id", 7);
  Scribe longest("KSP-0123456789AB", directory);
  longest.at(day(2026, 1, 29), 0);
  longest.ask(text_key("open"), OpenCooperative{*CoopId::parse("KSP-0123456789AB"), kIDR,
                                                "Asia/Jayapura", day(2026, 1, 29), true});
  longest.seal("longest_id");
}

}  // namespace
}  // namespace lumbung::tests

int main(int argc, char** argv) {
  using namespace lumbung::tests;
  if (argc != 2) {
    std::cerr << "usage: golden_maker DIRECTORY\n";
    return 64;
  }
  const std::filesystem::path directory = argv[1];
  Scribe scribe("KSP-MELATI", directory);
  scribe.at(day(2026, 1, 29), 3600);
  first_block(scribe);
  principals_and_chart(scribe);
  scribe.at(day(2026, 1, 29), 7200);
  simple_entries(scribe);
  rich_entries(scribe);
  atomic_batch(scribe);
  const auto hold = holds(scribe);
  reversals(scribe);
  days_and_months(scribe, hold);
  extremes(scribe);
  other_cooperatives(directory);
  return 0;
}
