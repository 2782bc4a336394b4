#include "api/bench_reading.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "api/bench_http.h"
#include "api/bench_machine.h"
#include "api/bench_posting.h"
#include "api/bench_server.h"
#include "api/json.h"
#include "engine/money.h"
#include "storage/audit.h"

namespace lumbung::api::bench {
namespace {

using engine::EventNo;
using storage::Ledger;
using storage::StatementLine;

constexpr std::size_t kStatementLines = 50;

const Book& book_of(Books& books, const std::string& name) {
  return books.book_of(name, [&](const Work& work) { return post_book(books, work); });
}

/// So many runs of `once`, which says how long it took and whether the answers were right.
BenchRow measure_runs(const Books& books, const std::function<BenchRow()>& once) {
  std::vector<BenchRow> rows;
  for (std::size_t i = 0; i < books.runs(); ++i) rows.push_back(once());
  return median_of(std::move(rows));
}

/// What a row says of work on so many events at once.
BenchRow row_of(const std::string& name, const Used& used, std::uint64_t events) {
  BenchRow row;
  row.name = name;
  row.count = events;
  row.rate_per_s = static_cast<double>(events) / used.seconds;
  row.p50_us = used.seconds * 1e6;
  row.cpu_ns_per_entry = used.own_cpu_seconds * 1e9 / static_cast<double>(events);
  row.others_cores = used.others_cores;
  return row;
}

std::uint64_t events_of(const Ledger& ledger) {
  return ledger.coop(bench_coop())->head.last_event.value;
}

BenchRow open_once(const std::string& name, const Book& book, bool trust_snapshots) {
  const Meter meter;
  const auto ledger = book.open(trust_snapshots);
  BenchRow row = row_of(name, meter.used(), events_of(*ledger));
  row.verified = book.sound;
  row.model_equal = NaiveBook(book.stream, book.entries).equals(*ledger);
  return row;
}

/// Whether the event of the i-th entry, its key and its movement are those of the stream.
bool remembers_entries(Ledger& ledger, const Book& book) {
  const std::array<std::uint64_t, 3> places{0, book.entries / 2, book.entries - 1};
  Entries again(book.stream);
  for (const std::uint64_t place : places) {
    while (again.made() < place) again.next_command();
    engine::Command command = again.next_command();
    const EventNo no{book.first.value + place};
    const auto event = ledger.event(bench_coop(), no);
    const auto* entry = event ? engine::entry_of(event->body) : nullptr;
    if (entry == nullptr || *entry != std::get<engine::PostEntry>(command.body).entry) return false;
    const auto answer = ledger.ask(bench_coop(), std::move(command));
    if (!answer.replayed || answer.event != no) return false;
  }
  return true;
}

bool has_statements(const Ledger& ledger, const Book& book) {
  const std::uint32_t last = book.stream.accounts;
  for (const std::uint32_t handle : {std::uint32_t{1}, last / 2, last}) {
    const auto statement = ledger.statement(bench_coop(), {handle}, {}, kStatementLines);
    const auto naive =
        naive_statement(book.stream, book.entries, book.first, handle, kStatementLines);
    if (!statement || !same_lines(statement->lines, naive)) return false;
  }
  return true;
}

BenchRow rebuild_once(const std::string& name, const Book& book) {
  const Meter meter;
  Ledger::rebuild(book.directory->path());
  const Used used = meter.used();
  const bool sound = storage::audit_directory(book.directory->path(), {}).sound();
  const auto ledger = book.open();
  BenchRow row = row_of(name, used, events_of(*ledger));
  row.bytes_per_entry = static_cast<double>(used.device_bytes) / static_cast<double>(row.count);
  row.verified = book.sound && sound;
  row.model_equal = NaiveBook(book.stream, book.entries).equals(*ledger) &&
                    has_statements(*ledger, book) && remembers_entries(*ledger, book);
  return row;
}

/// The book that the two opening rows open.
const Book& book_to_open(Books& books) {
  return book_of(books, books.options().quick ? "inproc_8190_100k" : "open_10m");
}

/// Reads over and over, timing each.
BenchRow read_often(const std::string& name, std::uint64_t count,
                    const std::function<void()>& read) {
  BenchRow row;
  row.name = name;
  row.count = count;
  std::vector<double> us;
  us.reserve(count);
  read();  // warm
  const Meter meter;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Stopwatch watch;
    read();
    us.push_back(watch.seconds() * 1e6);
  }
  row.others_cores = meter.used().others_cores;
  row.rate_per_s = static_cast<double>(count) * 1e6 / sum_of(us);
  set_percentiles(row, us);
  return row;
}

std::vector<StatementLine> naive_lines(const Book& book) {
  return naive_statement(book.stream, book.entries, book.first, kBusiestAccount, kStatementLines);
}

/// A member of a line of the answer; false when it has another form.
bool read_member(std::string_view name, json::Value& value, StatementLine& line) {
  std::string_view text;
  if (name == "event" || name == "leg") {
    std::uint64_t number = 0;
    if (!value.integer(number)) return false;
    if (name == "event") line.event = {number};
    if (name == "leg") line.leg = static_cast<std::uint32_t>(number);
    return true;
  }
  if (!value.string(text)) return false;
  const int exponent = engine::exponent_of(engine::kIDR);
  if (name == "side") line.side = text == "debit" ? engine::Side::kDebit : engine::Side::kCredit;
  if (name == "amount") {
    const auto amount = engine::parse_amount(text, exponent);
    if (!amount) return value.fail("no amount");
    line.amount = *amount;
  }
  if (name == "posted_after") {
    const auto balance = engine::parse_signed(text, exponent);
    if (!balance) return value.fail("no balance");
    line.balance_after = *balance;
  }
  return true;
}

/// The lines of the answer to `GET …/postings`; nullopt when it is none.
std::optional<std::vector<StatementLine>> lines_in(std::string_view body) {
  static constexpr std::array kFields{
      json::FieldSpec{"account"}, json::FieldSpec{"currency"},    json::FieldSpec{"normal"},
      json::FieldSpec{"items"},   json::FieldSpec{"next_cursor"}, json::FieldSpec{"as_of_event"}};
  constexpr std::size_t kItems = 3;
  std::vector<StatementLine> lines;
  const auto read_line = [&](std::size_t, json::Value& value) {
    StatementLine& line = lines.emplace_back();
    return value.map(16, [&](std::string_view name, json::Value& member) {
      return read_member(name, member, line);
    });
  };
  const auto errors = json::Parser().object(body, kFields, [&](std::size_t field, auto& value) {
    return field != kItems ? value.skip() : value.array(0, kStatementLines, read_line);
  });
  if (!errors.empty()) return std::nullopt;
  return lines;
}

/// Whether the busiest account's balances after those events are what addition alone says.
bool equals_naive(const Book& book, const std::map<EventNo, engine::Int128>& balances) {
  Entries again(book.stream);
  engine::Int128 balance = 0;
  std::uint64_t next = book.first.value;
  for (const auto& [as_of, seen] : balances) {
    for (; next <= as_of.value; ++next) {
      const Movement movement = again.next();
      if (movement.credit == kBusiestAccount) balance += movement.minor;
      if (movement.debit == kBusiestAccount) balance -= movement.minor;
    }
    if (balance != seen) return false;
  }
  return true;
}

}  // namespace

BenchRow measure_replay(Books& books, const std::string& name) {
  const Book& book = book_of(books, "inproc_8190_100k");
  return measure_runs(books, [&] { return open_once(name, book, /*trust_snapshots=*/false); });
}

BenchRow measure_rebuild(Books& books, const std::string& name) {
  const Book& book = book_of(books, "inproc_8190_100k");
  return measure_runs(books, [&] { return rebuild_once(name, book); });
}

BenchRow measure_open_snapshot(Books& books, const std::string& name) {
  const Book& book = book_to_open(books);
  return measure_runs(books, [&] { return open_once(name, book, /*trust_snapshots=*/true); });
}

BenchRow measure_open_verify(Books& books, const std::string& name) {
  const Book& book = book_to_open(books);
  return measure_runs(books, [&] { return open_once(name, book, /*trust_snapshots=*/false); });
}

BenchRow measure_statement(Books& books, const std::string& name) {
  const Book& book = book_of(books, "inproc_hot");
  const auto ledger = book.open();
  std::optional<storage::Statement> statement;
  BenchRow row = read_often(name, books.sized(10'000, 100'000), [&] {
    statement = ledger->statement(bench_coop(), {kBusiestAccount}, {}, kStatementLines);
  });
  row.verified = book.sound;
  row.model_equal = statement && same_lines(statement->lines, naive_lines(book));
  return row;
}

BenchRow measure_statement_over_http(Books& books, const std::string& name) {
  const Book& book = book_of(books, "inproc_hot");
  const auto ledger = book.open();
  BenchServer server(*ledger);
  const std::string request = get_request(bench_coop(),
                                          "/accounts/" + code_of(kBusiestAccount) +
                                              "/postings?limit=" + std::to_string(kStatementLines),
                                          server.token(bench_coop()));
  HttpConnection connection(server.port());
  BenchRow row = read_often(name, books.sized(2'000, 10'000), [&] {
    connection.send(request);
    while (!connection.receive()) continue;
  });
  const auto lines = lines_in(connection.body());
  row.verified = book.sound;
  row.model_equal = lines && same_lines(*lines, naive_lines(book));
  return row;
}

BenchRow measure_balance_at(Books& books, const std::string& name) {
  const Book& book = book_of(books, "inproc_hot");
  const auto ledger = book.open();
  const auto begin = ledger->event(bench_coop(), book.first)->at;
  const auto end = ledger->coop(bench_coop())->last_time;
  Random random(7);
  std::map<EventNo, engine::Int128> seen;  // by the last event counted in
  BenchRow row = read_often(name, books.sized(1'000, 10'000), [&] {
    const engine::Timestamp time{random.between(begin.us, end.us)};
    const auto totals = ledger->totals(bench_coop(), {kBusiestAccount}, storage::Moment::at(time));
    if (totals) seen[totals->as_of] = totals->balance(engine::Side::kCredit);
  });
  row.verified = book.sound;
  row.model_equal = !seen.empty() && equals_naive(book, seen);
  return row;
}

}  // namespace lumbung::api::bench
