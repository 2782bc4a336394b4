#include "api/bench_workload.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <semaphore>
#include <utility>

#include "api/bench_machine.h"
#include "engine/currency.h"

namespace lumbung::api::bench {
namespace {

using namespace engine;

constexpr Amount kFloor{-1'000'000'000'000'000};
constexpr std::size_t kAccountsABatch = 8190;
constexpr std::uint32_t kMostRupiah = 1'000'000;
constexpr std::uint64_t kAnswersReserved = 1 << 20;

/// From 0 to bound - 1, of 32 even bits: without a division.
std::uint32_t below(std::uint64_t bits, std::uint32_t bound) {
  return static_cast<std::uint32_t>(bits * bound >> 32);
}

Key random_uuid(Random& random) {
  std::array<char, 16> bytes;
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    const std::uint64_t word = random.next();
    std::memcpy(bytes.data() + at, &word, 8);
  }
  return *Key::of_stored(Key::Form::kUuid, {bytes.data(), bytes.size()});
}

void require_done(const std::vector<storage::Answer>& answers) {
  for (const auto& answer : answers) {
    if (answer.outcome != storage::Answer::Outcome::kDone) {
      throw storage::StoreError("the book for the benchmark could not be opened");
    }
  }
}

/// How many more requests may be on their way, and what became of those that were. Answers come one
/// after the other on one thread; who has acquired all places reads what they left.
class Tally {
 public:
  Tally(std::size_t in_flight, std::uint64_t requests)
      : free_(static_cast<std::ptrdiff_t>(in_flight)) {
    posted_.answer_us.reserve(std::min(requests, kAnswersReserved));
  }

  void acquire() { free_.acquire(); }
  void answered(const Stopwatch& asked, std::span<const storage::Answer> answers) {
    for (const auto& answer : answers) {
      if (answer.outcome == storage::Answer::Outcome::kDone) ++posted_.done;
    }
    posted_.answer_us.push_back(asked.seconds() * 1e6);
    posted_.longest_stall_s = std::max(posted_.longest_stall_s, since_answer_.seconds());
    since_answer_ = Stopwatch();
    free_.release();
  }
  Posted take() { return std::move(posted_); }

 private:
  std::counting_semaphore<> free_;
  Posted posted_;
  Stopwatch since_answer_;
};

}  // namespace

CoopId bench_coop() {
  return *CoopId::parse("BENCH");
}

CoopId bench_coop(std::uint32_t number) {
  return *CoopId::parse("BENCH-" + std::to_string(number));
}

Entries::Entries(const Stream& stream)
    : stream_(stream), movements_(stream.seed, 0), keys_(stream.seed, 1) {
  if (stream.zipf > 0) zipf_.emplace(stream.accounts, stream.zipf);
}

Movement Entries::next() {
  ++made_;
  Movement movement{};
  if (zipf_) {
    movement.debit = 1 + zipf_->pick(movements_.next());
    movement.credit = 1 + zipf_->pick(movements_.next());
  } else {
    const std::uint64_t both = movements_.next();
    movement.debit = 1 + below(both >> 32, stream_.accounts);
    movement.credit = 1 + below(both & 0xffff'ffff, stream_.accounts);
  }
  if (stream_.hot) movement.credit = 1;
  if (movement.debit == movement.credit) movement.debit = movement.credit % stream_.accounts + 1;
  movement.minor = std::int64_t{1 + below(movements_.next() >> 32, kMostRupiah)} * 100;
  return movement;
}

void Entries::next_into(Command& command) {
  const Movement movement = next();
  command.key = random_uuid(keys_);
  Legs& legs = std::get<PostEntry>(command.body).entry.legs;
  const Amount amount{movement.minor};
  legs.push_back({AccountHandle{movement.debit}, Side::kDebit, amount});
  legs.push_back({AccountHandle{movement.credit}, Side::kCredit, amount});
}

Command Entries::next_command() {
  Command command;
  next_into(command);
  return command;
}

std::vector<Command> Entries::next_batch(std::size_t size) {
  std::vector<Command> batch(size);
  for (Command& command : batch) next_into(command);
  return batch;
}

std::string code_of(std::uint32_t handle) {
  return "A" + std::to_string(handle);
}

void open_bench_book(storage::Ledger& ledger, const Stream& stream) {
  Random keys(stream.seed, 2);
  const auto command = [&](CommandBody body) {
    return Command{random_uuid(keys), kOperator, std::move(body)};
  };
  require_done({ledger.ask(stream.coop, command(OpenCooperative{stream.coop, kIDR, "Asia/Jakarta",
                                                                date_of({2026, 1, 1}), false})),
                ledger.ask(stream.coop, command(GrantRole{std::string(kTeller), Role::kTeller}))});
  for (std::uint32_t handle = 1; handle <= stream.accounts;) {
    std::vector<Command> batch;
    for (; handle <= stream.accounts && batch.size() < kAccountsABatch; ++handle) {
      OpenAccount account;
      account.code = code_of(handle);
      account.type = AccountType::kLiability;
      account.normal = Side::kCredit;
      account.currency = kIDR;
      account.floor = kFloor;
      batch.push_back(command(std::move(account)));
    }
    require_done(ledger.ask_batch(stream.coop, std::move(batch), storage::BatchMode::kPerItem));
  }
}

Posted& Posted::operator+=(const Posted& next) {
  entries += next.entries;
  done += next.done;
  seconds += next.seconds;
  longest_stall_s = std::max(longest_stall_s, next.longest_stall_s);
  answer_us.insert(answer_us.end(), next.answer_us.begin(), next.answer_us.end());
  return *this;
}

Posted post(storage::Ledger& ledger, std::span<Entries> coops, const Load& load) {
  const std::uint64_t requests = (load.entries + load.batch - 1) / load.batch;
  // Shared, because who waits may be gone before the last release has returned.
  const auto tally = std::make_shared<Tally>(load.in_flight, requests);
  Random picks(coops.size());
  std::uint64_t entries = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < requests && watch.seconds() < load.seconds_max; ++i) {
    Entries& from = coops[picks.below(coops.size())];
    entries += load.batch;
    if (load.batch == 1) {
      Command command = from.next_command();
      tally->acquire();
      ledger.submit(from.stream().coop, std::move(command),
                    [tally, asked = Stopwatch()](const storage::Answer& answer) {
                      tally->answered(asked, {&answer, 1});
                    });
    } else {
      std::vector<Command> batch = from.next_batch(load.batch);
      tally->acquire();
      ledger.submit_batch(
          from.stream().coop, std::move(batch), storage::BatchMode::kPerItem,
          [tally, asked = Stopwatch()](const std::vector<storage::Answer>& answers) {
            tally->answered(asked, answers);
          });
    }
  }
  for (std::size_t i = 0; i < load.in_flight; ++i) tally->acquire();
  Posted posted = tally->take();
  posted.entries = entries;
  posted.seconds = watch.seconds();
  return posted;
}

NaiveBook::NaiveBook(const Stream& stream, std::uint64_t entries)
    : coop_(stream.coop), lines_(stream.accounts + 1) {
  Entries again(stream);
  for (std::uint64_t i = 0; i < entries; ++i) {
    const Movement movement = again.next();
    lines_[movement.debit].debits += movement.minor;
    lines_[movement.credit].credits += movement.minor;
  }
}

bool NaiveBook::equals(const storage::Ledger& ledger) const {
  const auto balance = ledger.trial_balance(coop_, storage::Moment::now());
  if (!balance || balance->rows.size() + 1 != lines_.size()) return false;
  return std::all_of(balance->rows.begin(), balance->rows.end(), [&](const auto& row) {
    const Line& naive = lines_[row.handle.value];
    return row.totals.debits == static_cast<Uint128>(naive.debits) &&
           row.totals.credits == static_cast<Uint128>(naive.credits);
  });
}

std::vector<storage::StatementLine> naive_statement(const Stream& stream, std::uint64_t entries,
                                                    EventNo first, std::uint32_t handle,
                                                    std::size_t count) {
  std::vector<storage::StatementLine> lines;
  Entries again(stream);
  Int128 balance = 0;  // credits above zero: the accounts are liabilities
  for (std::uint64_t i = 0; i < entries; ++i) {
    const Movement movement = again.next();
    if (movement.debit != handle && movement.credit != handle) continue;
    const bool credit = movement.credit == handle;
    balance += credit ? movement.minor : -movement.minor;
    storage::StatementLine line;
    line.event = {first.value + i};
    line.leg = credit ? 1 : 0;
    line.side = credit ? Side::kCredit : Side::kDebit;
    line.amount = Amount{movement.minor};
    line.balance_after = balance;
    lines.push_back(line);
    if (lines.size() > 2 * count) lines.erase(lines.begin(), lines.end() - static_cast<int>(count));
  }
  std::reverse(lines.begin(), lines.end());
  if (lines.size() > count) lines.resize(count);
  return lines;
}

bool same_lines(const std::vector<storage::StatementLine>& lines,
                const std::vector<storage::StatementLine>& naive) {
  return std::ranges::equal(lines, naive, [](const auto& line, const auto& other) {
    return line.event == other.event && line.leg == other.leg && line.side == other.side &&
           line.amount == other.amount && line.balance_after == other.balance_after;
  });
}

JournalWeight weigh_journal(const storage::Ledger& ledger, const CoopId& coop, BlockNo from) {
  JournalWeight weight;
  ledger.blocks(coop, from, [&](std::string_view bytes) {
    ++weight.blocks;
    weight.bytes += bytes.size();
    return true;
  });
  return weight;
}

}  // namespace lumbung::api::bench
