// What the benchmarks post, and how they know that it was right: a book of plain accounts, a stream
// of entries that follows from a seed, and the same stream folded by nothing but addition.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/random.h"
#include "engine/command.h"
#include "storage/ledger.h"
#include "storage/store.h"

namespace lumbung::api::bench {

/// Runs since it was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// A directory for one measurement, gone with it. Made on the disk of `parent`, since a sync on a
/// disk of memory says nothing.
class ScratchDirectory {
 public:
  /// Throws std::system_error when it cannot be made.
  explicit ScratchDirectory(const std::filesystem::path& parent);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Which entries: the same stream can be made again from this alone.
struct Stream {
  std::uint64_t seed = 1;
  std::uint32_t accounts = 100'000;  // at least 2; handles 1 to `accounts`
  bool hot = false;                  // every entry credits account 1
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
  explicit Entries(const Stream& stream)
      : stream_(stream), movements_(stream.seed, 0), keys_(stream.seed, 1) {}

  Movement next();
  /// The next movement as a command under a random UUID.
  engine::Command next_command();
  std::vector<engine::Command> next_batch(std::size_t size);

 private:
  const Stream stream_;
  Random movements_;
  Random keys_;
};

engine::CoopId bench_coop();
/// "A17": the account of handle 17.
std::string code_of(std::uint32_t handle);

/// Opens the cooperative and the stream's accounts: liabilities with a floor, so that every entry
/// is checked against one, far enough down never to be reached. Throws StoreError when that is
/// refused.
void open_bench_book(storage::Ledger& ledger, const Stream& stream);

/// How entries are posted: so many at a time, and so many batches on their way at once.
struct Load {
  std::uint64_t entries = 0;  // rounded up to whole batches
  std::size_t batch = 8190;
  std::size_t in_flight = 2;  // one being decided while the other is being synced
};

struct Posted {
  std::uint64_t entries = 0;
  std::uint64_t done = 0;         // answered as done; the others were refused or are unknown
  double seconds = 0;             // from the first request to the last answer
  std::vector<double> answer_us;  // of each batch, from the request on
};

/// Posts the next entries of the stream. The time it takes to make them is inside.
Posted post(storage::Ledger& ledger, Entries& entries, const Load& load);

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
  /// Whether the ledger's balances are these, account by account.
  bool equals(const storage::Ledger& ledger) const;

 private:
  std::vector<Line> lines_;
};

/// The newest `count` lines of an account's statement, newest first, after so many entries of the
/// stream whose first event is `first`: by walking the whole stream.
std::vector<storage::StatementLine> naive_statement(const Stream& stream, std::uint64_t entries,
                                                    engine::EventNo first, std::uint32_t handle,
                                                    std::size_t count);

/// What the blocks since an event weigh.
struct JournalWeight {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
};
JournalWeight weigh_journal(const storage::Ledger& ledger, engine::BlockNo from);

/// The disk's own limit: as many bytes as one value, written to the same kind of log and synced.
class RawWal {
 public:
  /// In a store of its own in `parent`.
  explicit RawWal(const std::filesystem::path& parent);
  /// Seconds of each of so many commits of so many bytes.
  std::vector<double> write(std::uint64_t commits, std::size_t bytes);

 private:
  ScratchDirectory directory_;
  std::unique_ptr<storage::Store> store_;
  std::uint64_t next_key_ = 0;
};

/// The value below which `percent` of the values lie; 0 of none.
double percentile(std::vector<double> values, double percent);
double sum_of(const std::vector<double>& values);

}  // namespace lumbung::api::bench
