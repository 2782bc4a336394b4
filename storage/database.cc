#include "storage/database.h"

#include <sqlite3.h>

#include "engine/check.h"
#include "storage/durable_file.h"
#include "storage/ledger.h"

namespace lumbung::storage {
namespace {

namespace fs = std::filesystem;

constexpr int kPagesAPiece = 2048;  // 8 MiB: a few milliseconds for whoever waits

sqlite3* raw(void* connection) {
  return static_cast<sqlite3*>(connection);
}

sqlite3_stmt* raw_statement(void* statement) {
  return static_cast<sqlite3_stmt*>(statement);
}

/// Never the text of a statement or a value, which could be personal.
[[noreturn]] void fail_with(sqlite3* connection, const fs::path& path, const char* what) {
  const std::string message =
      path.string() + ": " + what + ": " + (connection ? sqlite3_errmsg(connection) : "no memory");
  const int code = connection ? sqlite3_errcode(connection) : SQLITE_NOMEM;
  if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) throw StoreBusy(message);
  throw StoreError(message);
}

[[noreturn]] void fail_with(sqlite3_stmt* statement) {
  sqlite3* const connection = sqlite3_db_handle(statement);
  const char* const name = sqlite3_db_filename(connection, "main");
  fail_with(connection, name ? name : "", "rows could not be read or written");
}

fs::path journal_of(const fs::path& path) {
  fs::path journal = path;
  journal += "-journal";
  return journal;
}

}  // namespace

Database::Statement::~Statement() {
  sqlite3_reset(raw_statement(statement_));
  sqlite3_clear_bindings(raw_statement(statement_));
}

Database::Statement& Database::Statement::bind(int place, std::int64_t number) {
  CHECK(sqlite3_bind_int64(raw_statement(statement_), place, number) == SQLITE_OK);
  return *this;
}

Database::Statement& Database::Statement::bind_bytes(int place, std::string_view bytes) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* const at = bytes.empty() ? "" : bytes.data();
  CHECK(sqlite3_bind_blob64(raw_statement(statement_), place, at, bytes.size(), SQLITE_STATIC) ==
        SQLITE_OK);
  return *this;
}

Database::Statement& Database::Statement::bind_text(int place, std::string_view text) {
  const char* const at = text.empty() ? "" : text.data();
  CHECK(sqlite3_bind_text64(raw_statement(statement_), place, at, text.size(), SQLITE_STATIC,
                            SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Database::Statement& Database::Statement::bind_null(int place) {
  CHECK(sqlite3_bind_null(raw_statement(statement_), place) == SQLITE_OK);
  return *this;
}

bool Database::Statement::step() {
  const int code = sqlite3_step(raw_statement(statement_));
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail_with(raw_statement(statement_));
  return code == SQLITE_ROW;
}

void Database::Statement::run() {
  CHECK(!step());
}

std::int64_t Database::Statement::number(int column) const {
  return sqlite3_column_int64(raw_statement(statement_), column);
}

std::string_view Database::Statement::bytes(int column) const {
  const void* const at = sqlite3_column_blob(raw_statement(statement_), column);
  const int size = sqlite3_column_bytes(raw_statement(statement_), column);
  return {static_cast<const char*>(at), at == nullptr ? 0 : static_cast<std::size_t>(size)};
}

bool Database::Statement::is_null(int column) const {
  return sqlite3_column_type(raw_statement(statement_), column) == SQLITE_NULL;
}

Database::Transaction::Transaction(Database& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

Database::Transaction::~Transaction() {
  // Where this fails too, SQLite has taken the transaction back already or will at the next open.
  if (is_open_)
    sqlite3_exec(raw(database_.connection_.get()), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::Transaction::commit() {
  database_.execute("COMMIT");
  is_open_ = false;
}

void Database::Close::operator()(void* connection) const {
  CHECK(sqlite3_close(raw(connection)) == SQLITE_OK);
}

Database::Database(const fs::path& path, Mode mode) : path_(path) {
  if (mode == Mode::kOwner && !fs::exists(path_)) create_private_file(path_, {});
  sqlite3* connection = nullptr;
  const int flags = mode == Mode::kOwner ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(path_.c_str(), &connection,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  connection_.reset(connection);
  require(code, "does not open");
  require(sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr), "does not open");
  execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
  if (mode == Mode::kReadOnly) return;
  execute(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = PERSIST;"
      "PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;"
      "BEGIN EXCLUSIVE; COMMIT");  // recovers, and keeps everybody else out
  scrub_journal();
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(raw_statement(statement));
}

void Database::fail(const char* what) const {
  fail_with(raw(connection_.get()), path_, what);
}

void Database::require(int code, const char* what) const {
  if (code != SQLITE_OK) fail(what);
}

void Database::execute(const char* sql) {
  require(sqlite3_exec(raw(connection_.get()), sql, nullptr, nullptr, nullptr),
          "cannot be written");
}

Database::Statement Database::statement(std::string_view sql) {
  void*& statement = statements_[std::string(sql)];
  if (statement == nullptr) {
    sqlite3_stmt* compiled = nullptr;
    require(sqlite3_prepare_v3(raw(connection_.get()), sql.data(), static_cast<int>(sql.size()),
                               SQLITE_PREPARE_PERSISTENT, &compiled, nullptr),
            "has other tables than it should");
    statement = compiled;
  }
  return Statement(statement);
}

std::int64_t Database::last_inserted() const {
  return sqlite3_last_insert_rowid(raw(connection_.get()));
}

void Database::overwrite(const char* table, const char* column, std::int64_t row,
                         std::string_view bytes) {
  sqlite3_blob* blob = nullptr;
  require(sqlite3_blob_open(raw(connection_.get()), "main", table, column, row, 1, &blob),
          "has not the row that it should");
  const int size = static_cast<int>(bytes.size());
  const int code = sqlite3_blob_bytes(blob) == size
                       ? sqlite3_blob_write(blob, bytes.data(), size, 0)
                       : SQLITE_CORRUPT;
  sqlite3_blob_close(blob);
  require(code, "a row could not be overwritten");
}

void Database::scrub_journal() {
  zero_file(journal_of(path_));
}

void Database::copy_to(const fs::path& target, const std::function<void()>& between) {
  create_private_file(target, {});
  {
    sqlite3* copy = nullptr;
    const int opened = sqlite3_open_v2(target.c_str(), &copy, SQLITE_OPEN_READWRITE, nullptr);
    const std::unique_ptr<void, Close> closer(copy);
    if (opened != SQLITE_OK) fail_with(copy, target, "cannot be written");
    sqlite3_backup* const backup =
        sqlite3_backup_init(copy, "main", raw(connection_.get()), "main");
    if (backup == nullptr) fail_with(copy, target, "cannot be written");
    int code = SQLITE_OK;
    try {
      while ((code = sqlite3_backup_step(backup, kPagesAPiece)) == SQLITE_OK) between();
    } catch (...) {
      sqlite3_backup_finish(backup);
      throw;
    }
    sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) fail_with(copy, target, "cannot be written");
  }
  sync_file(target);
  sync_directory(target.parent_path());
}

}  // namespace lumbung::storage
