// What the benchmarks post, and how they know that it was right: a book of plain accounts, a stream
// of entries that follows from a seed, and the same stream folded by nothing but addition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/bench_zipf.h"
#include "api/random.h"
#include "engine/command.h"
#include "storage/ledger.h"

namespace lumbung::api::bench {

/// The cooperative of a stream that names no other.
engine::CoopId bench_coop();
/// "BENCH-7": of many cooperatives.
engine::CoopId bench_coop(std::uint32_t number);

/// Which entries: the same stream can be made again from this alone.
struct Stream {
  std::uint64_t seed = 1;
  std::uint32_t accounts = 100'000;  // at least 2; handles 1 to `accounts`
  bool hot = false;                  // every entry credits account 1
  double zipf = 0;                   // how unevenly accounts are picked: the theta of Zipf
  engine::CoopId coop = bench_coop();
};

/// An entry as a child would write it down.
struct Movement {
  std::uint32_t debit;
  std::uint32_t credit;
  std::int64_t minor;
};

/// Makes the stream. One thread.
class Entries {
 public:
  explicit Entries(const Stream& stream);

  Movement next();
  /// The next movement as a command under a random UUID.
  engine::Command next_command();
  std::vector<engine::Command> next_batch(std::size_t size);

  const Stream& stream() const { return stream_; }
  /// How many movements were made so far.
  std::uint64_t made() const { return made_; }

 private:
  void next_into(engine::Command& command);

  Stream stream_;
  std::optional<Zipf> zipf_;  // absent: evenly
  Random movements_;
  Random keys_;
  std::uint64_t made_ = 0;
};

/// "A17": the account of handle 17.
std::string code_of(std::uint32_t handle);
/// The principal who may post and read in every book of a benchmark.
inline constexpr std::string_view kTeller = "teller-1";

/// Opens the cooperative, the stream's accounts and the teller. The accounts are liabilities with a
/// floor, so that every entry is checked against one, far enough down never to be reached. Throws
/// StoreError when that is refused.
void open_bench_book(storage::Ledger& ledger, const Stream& stream);

/// How entries are posted: so many at a time, and so many requests on their way at once.
struct Load {
  std::uint64_t entries = 0;  // rounded up to whole batches
  std::size_t batch = 8190;   // 1: single commands
  std::size_t in_flight = 2;  // one being decided while the other is being synced
  double seconds_max = std::numeric_limits<double>::infinity();  // then no more are begun
};

struct Posted {
  std::uint64_t entries = 0;
  std::uint64_t done = 0;         // answered as done; the others were refused or are unknown
  double seconds = 0;             // from the first request to the last answer
  double longest_stall_s = 0;     // in which no answer came
  std::vector<double> answer_us;  // of each request until its answer

  /// One stretch behind another.
  Posted& operator+=(const Posted& next);
};

/// Posts the next entries, each request those of one of the cooperatives, picked evenly. The time
/// it takes to make them is inside.
Posted post(storage::Ledger& ledger, std::span<Entries> coops, const Load& load);
inline Posted post(storage::Ledger& ledger, Entries& entries, const Load& load) {
  return post(ledger, std::span(&entries, 1), load);
}

/// Totals of every account by addition alone.
class NaiveBook {
 public:
  /// Folds the first `entries` movements of the stream.
  NaiveBook(const Stream& stream, std::uint64_t entries);

  struct Line {
    std::int64_t debits = 0;
    std::int64_t credits = 0;
  };
  const Line& line(std::uint32_t handle) const { return lines_[handle]; }
  /// Whether the balances of the stream's cooperative are these, account by account.
  bool equals(const storage::Ledger& ledger) const;

 private:
  engine::CoopId coop_;
  std::vector<Line> lines_;
};

/// The newest `count` lines of an account's statement, newest first, after so many entries of the
/// stream whose first event is `first`: by walking the whole stream.
std::vector<storage::StatementLine> naive_statement(const Stream& stream, std::uint64_t entries,
                                                    engine::EventNo first, std::uint32_t handle,
                                                    std::size_t count);

/// Whether a statement has those lines; booking dates are the clock's and are not compared.
bool same_lines(const std::vector<storage::StatementLine>& lines,
                const std::vector<storage::StatementLine>& naive);

/// What the blocks from one on weigh.
struct JournalWeight {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
};
JournalWeight weigh_journal(const storage::Ledger& ledger, const engine::CoopId& coop,
                            engine::BlockNo from);

}  // namespace lumbung::api::bench
