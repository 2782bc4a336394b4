// Store: the only place that knows RocksDB. Sorted families of keys, written in batches, and read
// while they are written. Any thread unless said otherwise; failures of the disk are StoreError.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/id.h"

namespace lumbung::storage {

/// Column families. All but kMeta, kJournal and kBeside are derived and may be dropped.
enum class Family : std::uint8_t {
  kMeta,      // epoch, format
  kJournal,   // (coop, block_no) -> block: the only truth
  kLocator,   // (coop, first_event) -> block_no, stamped time
  kPostings,  // (coop, account, event, leg) -> covering posting list
  kLate,      // (coop, account, event, leg) -> posting whose value date is not its booking date
  kKeys,      // (coop, first event of a run) -> fingerprints of its keys
  kSnapshot,  // (coop, page) -> the book at a block
  kBeside,    // tokens, names: beside the journal, not derived from it
};

inline constexpr std::uint8_t kFamilyCount = 8;

struct Row {
  std::string key;
  std::string value;
};

class Store {
 public:
  enum class Mode {
    kCreate,    // open, or make when it is not there
    kExisting,  // open for writing
    kReadOnly,  // open beside nobody, change nothing
  };

  /// Writes that happen together or not at all.
  class Batch {
   public:
    Batch();
    ~Batch();
    Batch(Batch&&) noexcept;
    void put(Family family, std::string_view key, std::string_view value);
    void remove(Family family, std::string_view key);

   private:
    friend class Store;
    struct Rep;
    std::unique_ptr<Rep> rep_;
  };

  /// Walks a family in the order of keys, seeing it as it was when the cursor was made.
  class Cursor {
   public:
    explicit Cursor(void* iterator) : iterator_(iterator) {}
    ~Cursor();
    Cursor(Cursor&& other) noexcept : iterator_(std::exchange(other.iterator_, nullptr)) {}
    void seek(std::string_view key);           // first key >= key
    void seek_for_prev(std::string_view key);  // last key <= key
    void next();
    void prev();
    /// False past either end. Throws StoreError when the disk failed or a checksum did.
    bool valid() const;
    std::string_view key() const;
    std::string_view value() const;
    bool at_prefix(std::string_view prefix) const { return valid() && key().starts_with(prefix); }

   private:
    void* iterator_;
  };

  /// Throws StoreBusy when another process has it, StoreError otherwise.
  static std::unique_ptr<Store> open(const std::filesystem::path& directory, Mode mode);
  ~Store();

  std::optional<std::string> get(Family family, std::string_view key) const;
  Cursor cursor(Family family) const;
  /// `synced`: on the disk before it returns. A failed sync stops every later write.
  void write(Batch batch, bool synced);
  /// Takes rows one after the other; what it is given need last no longer than the call.
  using PutRow = std::function<void(std::string_view key, std::string_view value)>;
  /// Adds the rows that `write` puts as one file behind the write path, all or, after a crash,
  /// none; no row, no file. REQUIRES: keys ascending.
  void ingest(Family family, const std::function<void(const PutRow&)>& write);
  /// Drops every row, files and all. REQUIRES: nobody else uses the store.
  void clear(Family family);
  /// Writes what is only in memory and the log to sorted files.
  void flush();
  void checkpoint(const std::filesystem::path& target) const;
  /// Size of the family's sorted files; what is only in memory and the log is not in it.
  std::uint64_t file_bytes(Family family) const;
  /// Reads every byte of every sorted file against its checksums.
  void verify_checksums() const;

 private:
  struct Rep;
  explicit Store(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

/// The write-ahead log as it lies on the disk ends in bytes that cannot be read.
struct LogTear {
  std::string place;  // file and byte, for people
  /// Blocks that were durable before something behind the tear was written: by the headers of the
  /// blocks that can still be read there.
  std::vector<std::pair<engine::CoopId, engine::BlockNo>> known_durable;
};

/// Looks before the store opens, because opening drops everything from the tear on. A crash leaves
/// a tear too, but none that swallowed a block which a later one knew durable: that is damage.
std::optional<LogTear> find_log_tear(const std::filesystem::path& directory);

}  // namespace lumbung::storage
