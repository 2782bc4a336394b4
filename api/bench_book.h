// The books that the rows of `lumbung bench` post into and read: how large each is, and those that
// are kept because a later row reads what an earlier one has posted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/bench_disk.h"
#include "api/bench_row.h"
#include "api/bench_workload.h"
#include "engine/id.h"
#include "storage/ledger.h"

namespace lumbung::api::bench {

struct BookOptions {
  std::filesystem::path parent;  // directories of the measurements are made here, and removed
  bool quick = false;            // smaller books, each row once instead of the median of five
  double scale = 1;              // of every number of entries, accounts and seconds; for tests
};

/// What is posted, and how.
struct Work {
  Stream stream;            // of many cooperatives: each has a seed of its own
  std::uint32_t coops = 1;  // in one data directory
  Load load;
  bool over_http = false;  // `in_flight` is then the number of kept connections
};

/// The account that gets every entry of a hot stream, and most of an uneven one.
inline constexpr std::uint32_t kBusiestAccount = 1;

/// A closed directory of one cooperative: where it lies and what was posted into it.
struct Book {
  std::unique_ptr<ScratchDirectory> directory;
  Stream stream;
  std::uint64_t entries = 0;
  engine::EventNo first{};  // the event of the first entry
  bool sound = false;       // as audited

  std::unique_ptr<storage::Ledger> open(bool trust_snapshots = true) const;
};

/// Opens what is at `directory`, or makes it.
std::unique_ptr<storage::Ledger> open_ledger(const std::filesystem::path& directory,
                                             bool trust_snapshots = true);

/// What the rows share. One thread.
class Books {
 public:
  /// Posts such a book; called for one that is not there yet.
  using Make = std::function<Book(const Work& work)>;

  explicit Books(BookOptions options) : options_(std::move(options)) {}

  const BookOptions& options() const { return options_; }
  /// How often a row is measured.
  std::size_t runs() const { return options_.quick ? 1 : 5; }
  /// `quick` or `full`, scaled; not below `least`.
  std::uint64_t sized(std::uint64_t quick, std::uint64_t full, std::uint64_t least = 64) const;
  std::uint64_t sized(std::uint64_t number) const { return sized(number, number); }
  double scaled_seconds(double full) const { return full * options_.scale; }

  /// What a row posts, or the row whose book another reads. REQUIRES: a name that has a work.
  Work work_of(std::string_view name) const;
  /// The book of that work; made when it is not there.
  const Book& book_of(const std::string& name, const Make& make);
  /// Keeps a row's book for later rows when there are any that read it.
  void keep(const std::string& name, Book book);

 private:
  BookOptions options_;
  std::map<std::string, Book> books_;
};

}  // namespace lumbung::api::bench
