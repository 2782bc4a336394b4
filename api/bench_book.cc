#include "api/bench_book.h"

#include <algorithm>
#include <cmath>
#include <ranges>

#include "engine/check.h"

namespace lumbung::api::bench {
namespace {

struct NamedWork {
  std::string_view name;
  std::uint64_t quick;  // entries
  std::uint64_t full;
  std::size_t batch = 8190;
  std::size_t in_flight = 2;
  std::uint32_t accounts = 100'000;  // in each cooperative
  std::uint32_t coops = 1;
  bool hot = false;
  bool over_http = false;
  bool is_read_later = false;
};

constexpr NamedWork kWorks[] = {
    {.name = "inproc_8190_100k", .quick = 2'000'000, .full = 4'000'000, .is_read_later = true},
    {.name = "inproc_8190_1m", .quick = 2'000'000, .full = 4'000'000, .accounts = 1'000'000},
    {.name = "inproc_hot",
     .quick = 2'500'000,
     .full = 2'500'000,
     .hot = true,
     .is_read_later = true},
    {.name = "inproc_1024", .quick = 1'000'000, .full = 2'000'000, .batch = 1024},
    {.name = "inproc_64", .quick = 200'000, .full = 500'000, .batch = 64},
    {.name = "http_batch_8190",
     .quick = 500'000,
     .full = 2'000'000,
     .in_flight = 1,
     .over_http = true},
    {.name = "http_single_64c",
     .quick = 100'000,
     .full = 300'000,
     .batch = 1,
     .in_flight = 64,
     .over_http = true},
    {.name = "coops_400_64",
     .quick = 300'000,
     .full = 1'000'000,
     .batch = 1,
     .in_flight = 64,
     .accounts = 250,
     .coops = 400},
    // No row of its own: what open_snapshot and open_verify open.
    {.name = "open_10m", .quick = 10'000'000, .full = 10'000'000, .is_read_later = true},
    {.name = "growth_50m", .quick = 50'000'000, .full = 50'000'000},
    // Until the time is over. A larger batch would post more keys in ten minutes than memory holds.
    {.name = "soak", .quick = 1'000'000'000, .full = 1'000'000'000, .batch = 64},
};

const NamedWork& named(std::string_view name) {
  const auto found = std::ranges::find(kWorks, name, &NamedWork::name);
  CHECK(found != std::ranges::end(kWorks));
  return *found;
}

}  // namespace

std::unique_ptr<storage::Ledger> open_ledger(const std::filesystem::path& directory,
                                             bool trust_snapshots) {
  storage::Ledger::Options options;
  options.directory = directory;
  options.create = true;
  options.trust_snapshots = trust_snapshots;
  return storage::Ledger::open(std::move(options));
}

std::unique_ptr<storage::Ledger> Book::open(bool trust_snapshots) const {
  return open_ledger(directory->path(), trust_snapshots);
}

std::uint64_t Books::sized(std::uint64_t quick, std::uint64_t full, std::uint64_t least) const {
  const auto number = static_cast<double>(options_.quick ? quick : full);
  return std::max(least, static_cast<std::uint64_t>(std::llround(number * options_.scale)));
}

Work Books::work_of(std::string_view name) const {
  const NamedWork& row = named(name);
  Work work;
  work.stream.seed = row.batch;
  work.stream.accounts = static_cast<std::uint32_t>(sized(row.accounts));
  work.stream.hot = row.hot;
  work.coops = static_cast<std::uint32_t>(sized(row.coops, row.coops, /*least=*/1));
  work.load.entries = sized(row.quick, row.full);
  work.load.batch = row.batch;
  work.load.in_flight = row.in_flight;
  work.over_http = row.over_http;
  return work;
}

const Book& Books::book_of(const std::string& name, const Make& make) {
  const auto found = books_.find(name);
  if (found != books_.end()) return found->second;
  return books_.insert_or_assign(name, make(work_of(name))).first->second;
}

void Books::keep(const std::string& name, Book book) {
  const auto row = std::ranges::find(kWorks, name, &NamedWork::name);
  if (row == std::ranges::end(kWorks) || !row->is_read_later) return;
  books_.insert_or_assign(name, std::move(book));
}

}  // namespace lumbung::api::bench
