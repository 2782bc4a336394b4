// Database: the only place that knows SQLite. One file with a rollback journal; what a commit has
// acknowledged is on the disk. One thread at a time. Failures are StoreError, and StoreBusy when
// another process has the file.
//
// The journal is kept and its header zeroed at a commit (PERSIST) instead of being removed: a
// removed file leaves the pages as they were in free blocks of the disk, where nobody can
// overwrite them. `scrub_journal` overwrites them in place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lumbung::storage {

class Database {
 public:
  enum class Mode {
    kOwner,     // open or make, nobody else has it meanwhile
    kReadOnly,  // of a file that nobody writes
  };

  /// A compiled statement on loan; resets itself when it goes.
  class Statement {
   public:
    explicit Statement(void* statement) : statement_(statement) {}
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    /// Places are counted from 1. Bytes and text must outlive the statement.
    Statement& bind(int place, std::int64_t number);
    Statement& bind_bytes(int place, std::string_view bytes);
    Statement& bind_text(int place, std::string_view text);
    Statement& bind_null(int place);
    /// Whether there is another row.
    bool step();
    /// For a statement that gives no rows.
    void run();

    /// Columns are counted from 0; valid until the next step.
    std::int64_t number(int column) const;
    std::string_view bytes(int column) const;
    bool is_null(int column) const;

   private:
    void* statement_;
  };

  /// All its writes or none; taken back unless `commit` returned.
  class Transaction {
   public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

   private:
    Database& database_;
    bool is_open_ = true;
  };

  /// kOwner makes the file with mode 0600, and zeroes what journal it finds once it is recovered.
  Database(const std::filesystem::path& path, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Statements without parameters or rows. `sql` may hold several.
  void execute(const char* sql);
  /// Compiled once for each text. REQUIRES: no other loan of the same text.
  Statement statement(std::string_view sql);
  std::int64_t last_inserted() const;
  /// Overwrites the bytes of a blob where they lie. REQUIRES: the row is there and of that size.
  void overwrite(const char* table, const char* column, std::int64_t row, std::string_view bytes);
  /// Overwrites what the journal still holds. REQUIRES: no transaction.
  void scrub_journal();
  /// A copy as of its end, on the disk when it returns. `between` is called between the pieces and
  /// may let others write through this object; not after the last one.
  void copy_to(const std::filesystem::path& target, const std::function<void()>& between);

 private:
  [[noreturn]] void fail(const char* what) const;
  void require(int code, const char* what) const;

  struct Close {
    void operator()(void* connection) const;
  };

  std::filesystem::path path_;
  std::unique_ptr<void, Close> connection_;
  std::unordered_map<std::string, void*> statements_;
};

}  // namespace lumbung::storage
