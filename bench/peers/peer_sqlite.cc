// SQLite as a ledger: the entries of a file of `peer_stream lines` posted into a new database, so
// many in a transaction, each transaction synced before the next begins.
//
// An entry is one row with both its legs, found by its key and by either account; the balance of an
// account may not sink below its floor, which SQLite checks at every entry. Statements are prepared
// once and bound for every entry.
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "api/bench_machine.h"
#include "api/bench_workload.h"

namespace {

using lumbung::api::bench::percentile;
using lumbung::api::bench::Stopwatch;

// A checkpoint moves the log into the database between two commits. It is put off to 400 MB of log,
// which costs SQLite less than its default of 4 MB. The cache holds the whole book.
constexpr const char* kSchema = R"sql(
pragma page_size = 4096;
pragma journal_mode = wal;
pragma synchronous = full;
pragma wal_autocheckpoint = 100000;
pragma cache_size = -2000000;
pragma temp_store = memory;
pragma locking_mode = exclusive;
create table accounts (
  id integer primary key,
  floor integer not null,
  balance integer not null,
  check (balance >= floor)
);
create table entries (
  key blob not null primary key,
  debit integer not null,
  credit integer not null,
  amount integer not null check (amount > 0)
);
create index entries_debit on entries (debit);
create index entries_credit on entries (credit);
)sql";

struct Entry {
  std::array<unsigned char, 16> key;
  std::int64_t debit;
  std::int64_t credit;
  std::int64_t amount;
};

template <class Number>
Number number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument("'" + std::string(text) + "' is no number");
  }
  return value;
}

std::array<unsigned char, 16> key_of(std::string_view uuid) {
  std::array<unsigned char, 16> key;
  std::size_t at = 0;
  for (unsigned char& byte : key) {
    if (uuid.substr(at, 1) == "-") ++at;
    byte = number<unsigned char>(uuid.substr(at, 2), 16);
    at += 2;
  }
  return key;
}

/// The first `count` entries of a file of `peer_stream lines`.
std::vector<Entry> read_entries(const std::string& path, std::size_t count) {
  std::ifstream in(path);
  std::vector<Entry> entries;
  std::string key;
  Entry entry{};
  while (entries.size() < count && in >> key >> entry.debit >> entry.credit >> entry.amount) {
    entry.key = key_of(key);
    entries.push_back(entry);
  }
  if (entries.size() < count) throw std::runtime_error(path + " is too short");
  return entries;
}

class Database {
 public:
  explicit Database(const std::string& path) {
    if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) fail();
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
  }
  sqlite3* handle() { return handle_; }
  [[noreturn]] void fail() { throw std::runtime_error(sqlite3_errmsg(handle_)); }

 private:
  sqlite3* handle_ = nullptr;
};

/// A statement that is bound and run over and over.
class Statement {
 public:
  Statement(Database& database, const char* sql) : database_(database) {
    if (sqlite3_prepare_v2(database.handle(), sql, -1, &handle_, nullptr) != SQLITE_OK) {
      database.fail();
    }
  }
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void bind(int at, std::int64_t value) { sqlite3_bind_int64(handle_, at, value); }
  /// The key must stay where it is until the statement has run.
  void bind(int at, const std::array<unsigned char, 16>& key) {
    sqlite3_bind_blob(handle_, at, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
  }
  void run() {
    if (sqlite3_step(handle_) != SQLITE_DONE) database_.fail();
    sqlite3_reset(handle_);
  }

 private:
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

class Ledger {
 public:
  explicit Ledger(Database& database) : database_(database) {}

  void open_accounts(std::int64_t count) {
    Statement open(database_, "insert into accounts values (?1, -1000000000000000, 0)");
    begin_.run();
    for (std::int64_t id = 1; id <= count; ++id) {
      open.bind(1, id);
      open.run();
    }
    commit_.run();
  }

  /// In one transaction; synced when it returns. The entries are written in the order of their
  /// keys, which spares SQLite a fifth of its time, and then counted in the order in which they
  /// came.
  void post(std::span<const Entry> entries) {
    begin_.run();
    by_key_.assign(entries.begin(), entries.end());
    std::sort(by_key_.begin(), by_key_.end(),
              [](const Entry& a, const Entry& b) { return a.key < b.key; });
    for (const Entry& entry : by_key_) {
      insert_.bind(1, entry.key);
      insert_.bind(2, entry.debit);
      insert_.bind(3, entry.credit);
      insert_.bind(4, entry.amount);
      insert_.run();
    }
    for (const Entry& entry : entries) {
      add(entry.debit, -entry.amount);
      add(entry.credit, entry.amount);
    }
    commit_.run();
  }

 private:
  void add(std::int64_t account, std::int64_t amount) {
    add_.bind(1, account);
    add_.bind(2, amount);
    add_.run();
    if (sqlite3_changes(database_.handle()) != 1) throw std::runtime_error("no such account");
  }

  Database& database_;
  Statement begin_{database_, "begin immediate"};
  Statement commit_{database_, "commit"};
  Statement insert_{database_, "insert into entries values (?1, ?2, ?3, ?4)"};
  Statement add_{database_, "update accounts set balance = balance + ?2 where id = ?1"};
  std::vector<Entry> by_key_;
};

/// Posts all entries and prints what it took as one JSON object.
void measure(const std::string& path, std::int64_t accounts, std::size_t batch,
             const std::vector<Entry>& entries) {
  Database database(path);
  database.run(kSchema);
  Ledger ledger(database);
  ledger.open_accounts(accounts);
  database.run("pragma wal_checkpoint(truncate)");

  std::vector<double> answer_us;
  const Stopwatch watch;
  for (std::span<const Entry> rest(entries); !rest.empty();) {
    const auto part = rest.first(std::min(batch, rest.size()));
    const Stopwatch asked;
    ledger.post(part);
    answer_us.push_back(asked.seconds() * 1e6);
    rest = rest.subspan(part.size());
  }
  const double seconds = watch.seconds();
  std::cout << "{\"count\": " << entries.size() << ", \"seconds\": " << seconds
            << ", \"p50_us\": " << percentile(answer_us, 50)
            << ", \"p99_us\": " << percentile(answer_us, 99) << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments == std::vector<std::string>{"--version"}) {
    std::cout << sqlite3_libversion() << '\n';
    return 0;
  }
  if (arguments.size() != 5) {
    std::cerr << "peer_sqlite DATABASE ACCOUNTS BATCH COUNT LINES\n";
    return 2;
  }
  try {
    const auto count = number<std::size_t>(arguments[3]);
    measure(arguments[0], number<std::int64_t>(arguments[1]), number<std::size_t>(arguments[2]),
            read_entries(arguments[4], count));
  } catch (const std::exception& error) {
    std::cerr << "peer_sqlite: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
