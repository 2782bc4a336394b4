#include "api/bench_workload.h"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <numeric>
#include <semaphore>
#include <system_error>

#include "engine/bytes.h"
#include "engine/check.h"
#include "engine/currency.h"

namespace lumbung::api::bench {
namespace {

using namespace engine;

constexpr Amount kFloor{-1'000'000'000'000'000};
constexpr std::size_t kAccountsABatch = 8190;
constexpr std::uint64_t kMostRupiah = 1'000'000;

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

}  // namespace

ScratchDirectory::ScratchDirectory(const std::filesystem::path& parent) {
  std::string pattern = (parent / "lumbung-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), pattern);
  }
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;  // what stays behind is only rubbish
  std::filesystem::remove_all(path_, ignored);
}

Movement Entries::next() {
  Movement movement{};
  movement.debit = 1 + static_cast<std::uint32_t>(movements_.below(stream_.accounts));
  movement.credit = 1 + static_cast<std::uint32_t>(movements_.below(stream_.accounts));
  if (stream_.hot) movement.credit = 1;
  if (movement.debit == movement.credit) movement.debit = movement.credit % stream_.accounts + 1;
  movement.minor = static_cast<std::int64_t>(1 + movements_.below(kMostRupiah)) * 100;
  return movement;
}

Command Entries::next_command() {
  const Movement movement = next();
  Command command;
  command.key = random_uuid(keys_);
  PostEntry post;
  const Amount amount{movement.minor};
  post.entry.legs.push_back({AccountHandle{movement.debit}, Side::kDebit, amount});
  post.entry.legs.push_back({AccountHandle{movement.credit}, Side::kCredit, amount});
  command.body = std::move(post);
  return command;
}

std::vector<Command> Entries::next_batch(std::size_t size) {
  std::vector<Command> batch;
  batch.reserve(size);
  for (std::size_t i = 0; i < size; ++i) batch.push_back(next_command());
  return batch;
}

CoopId bench_coop() {
  return *CoopId::parse("BENCH");
}

std::string code_of(std::uint32_t handle) {
  return "A" + std::to_string(handle);
}

void open_bench_book(storage::Ledger& ledger, const Stream& stream) {
  Random keys(stream.seed, 2);
  Command open;
  open.key = random_uuid(keys);
  open.body = OpenCooperative{bench_coop(), kIDR, "Asia/Jakarta", date_of({2026, 1, 1}), false};
  require_done({ledger.ask(bench_coop(), open)});
  for (std::uint32_t handle = 1; handle <= stream.accounts;) {
    std::vector<Command> batch;
    for (; handle <= stream.accounts && batch.size() < kAccountsABatch; ++handle) {
      OpenAccount account;
      account.code = code_of(handle);
      account.type = AccountType::kLiability;
      account.normal = Side::kCredit;
      account.currency = kIDR;
      account.floor = kFloor;
      Command command;
      command.key = random_uuid(keys);
      command.body = std::move(account);
      batch.push_back(std::move(command));
    }
    require_done(ledger.ask_batch(bench_coop(), std::move(batch), storage::BatchMode::kPerItem));
  }
}

Posted post(storage::Ledger& ledger, Entries& entries, const Load& load) {
  const std::uint64_t batches = (load.entries + load.batch - 1) / load.batch;
  Posted posted;
  posted.entries = batches * load.batch;
  posted.answer_us.reserve(batches);
  std::counting_semaphore<> free(static_cast<std::ptrdiff_t>(load.in_flight));
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < batches; ++i) {
    std::vector<Command> batch = entries.next_batch(load.batch);
    free.acquire();
    const Stopwatch asked;
    // Answers come one after the other on one thread, and the semaphore orders them before the end.
    ledger.submit_batch(bench_coop(), std::move(batch), storage::BatchMode::kPerItem,
                        [&posted, &free, asked](const std::vector<storage::Answer>& answers) {
                          posted.answer_us.push_back(asked.seconds() * 1e6);
                          for (const auto& answer : answers) {
                            if (answer.outcome == storage::Answer::Outcome::kDone) ++posted.done;
                          }
                          free.release();
                        });
  }
  for (std::size_t i = 0; i < load.in_flight; ++i) free.acquire();
  posted.seconds = watch.seconds();
  return posted;
}

NaiveBook::NaiveBook(const Stream& stream, std::uint64_t entries) : lines_(stream.accounts + 1) {
  Entries again(stream);
  for (std::uint64_t i = 0; i < entries; ++i) {
    const Movement movement = again.next();
    lines_[movement.debit].debits += movement.minor;
    lines_[movement.credit].credits += movement.minor;
  }
}

bool NaiveBook::equals(const storage::Ledger& ledger) const {
  const auto balance = ledger.trial_balance(bench_coop(), storage::Moment::now());
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

JournalWeight weigh_journal(const storage::Ledger& ledger, BlockNo from) {
  JournalWeight weight;
  ledger.blocks(bench_coop(), from, [&](std::string_view bytes) {
    ++weight.blocks;
    weight.bytes += bytes.size();
    return true;
  });
  return weight;
}

RawWal::RawWal(const std::filesystem::path& parent)
    : directory_(parent),
      store_(storage::Store::open(directory_.path() / "raw", storage::Store::Mode::kCreate)) {}

std::vector<double> RawWal::write(std::uint64_t commits, std::size_t bytes) {
  Random random(bytes);
  std::string value(bytes, '\0');
  for (char& byte : value) byte = static_cast<char>(random.next());
  std::vector<double> seconds;
  seconds.reserve(commits);
  for (std::uint64_t i = 0; i < commits; ++i) {
    std::string key;
    put_ordered(key, ++next_key_);
    const Stopwatch watch;
    storage::Store::Batch batch;
    batch.put(storage::Family::kJournal, key, value);
    store_->write(std::move(batch), /*synced=*/true);
    seconds.push_back(watch.seconds());
  }
  return seconds;
}

double percentile(std::vector<double> values, double percent) {
  if (values.empty()) return 0;
  const auto last = static_cast<double>(values.size() - 1);
  const auto at = static_cast<std::ptrdiff_t>(std::lround(percent / 100 * last));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace lumbung::api::bench
