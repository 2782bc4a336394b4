// The entries of `lumbung bench`, for others to post: as text, one a line, or as a book of ours
// that can be exported to them. The same seed makes the same entries, so that every program is
// given the very work that our own rows are measured on.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/bench_workload.h"

namespace {

using namespace lumbung;
using api::bench::Entries;
using api::bench::Stream;

constexpr std::string_view kUsage =
    "peer_stream lines SEED ACCOUNTS uniform|hot random|ordered COUNT\n"
    "    COUNT lines of key, debit, credit and minor units, separated by tabs; ordered keys count "
    "up\n"
    "peer_stream book SEED ACCOUNTS uniform|hot DIRECTORY COUNT\n"
    "    a book of the same entries, posted into DIRECTORY\n";

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument("'" + std::string(text) + "' is no number");
  }
  return value;
}

/// A UUID whose order is that of the numbers.
std::string ordered_key(std::uint64_t index) {
  char text[37];
  std::snprintf(text, sizeof text, "00000000-0000-0000-%04x-%012llx",
                static_cast<unsigned>(index >> 48),
                static_cast<unsigned long long>(index & 0xffff'ffff'ffff));
  return text;
}

void write_lines(const Stream& stream, bool ordered, std::uint64_t count) {
  Entries movements(stream);
  Entries keys(stream);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto movement = movements.next();
    std::cout << (ordered ? ordered_key(i) : keys.next_command().key.text()) << '\t'
              << movement.debit << '\t' << movement.credit << '\t' << movement.minor << '\n';
  }
}

void make_book(const Stream& stream, const std::string& directory, std::uint64_t count) {
  storage::Ledger::Options options;
  options.directory = directory;
  options.create = true;
  const auto ledger = storage::Ledger::open(std::move(options));
  api::bench::open_bench_book(*ledger, stream);
  Entries entries(stream);
  constexpr std::uint64_t kBatch = 8190;
  for (std::uint64_t posted = 0; posted < count;) {
    const auto batch = std::min(kBatch, count - posted);
    const auto part = api::bench::post(*ledger, entries, {.entries = batch, .batch = batch});
    if (part.done != batch) throw std::runtime_error("an entry was refused");
    posted += batch;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 6 || (arguments[0] != "lines" && arguments[0] != "book")) {
    std::cerr << kUsage;
    return 2;
  }
  try {
    const Stream stream{.seed = number(arguments[1]),
                        .accounts = static_cast<std::uint32_t>(number(arguments[2])),
                        .hot = arguments[3] == "hot"};
    const std::uint64_t count = number(arguments[5]);
    if (arguments[0] == "lines") {
      write_lines(stream, arguments[4] == "ordered", count);
    } else {
      make_book(stream, arguments[4], count);
    }
  } catch (const std::exception& error) {
    std::cerr << "peer_stream: " << error.what() << '\n';
    return 1;
  }
  std::cout.flush();
  return std::cout ? 0 : 1;
}
