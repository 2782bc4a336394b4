#include "storage/store.h"

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <atomic>

#include "engine/check.h"
#include "storage/digest.h"
#include "storage/key.h"
#include "storage/ledger.h"

#ifdef LUMBUNG_LOG_CRC_BY_INSTRUCTION
// RocksDB's checksum of its log. Debian builds it for every x86-64, so that it goes by tables; a
// program's own symbol comes before a library's, and ours asks the processor what it has.
namespace rocksdb::crc32c {
std::uint32_t Extend(std::uint32_t crc, const char* bytes, std::size_t size);
std::uint32_t Extend(std::uint32_t crc, const char* bytes, std::size_t size) {
  return lumbung::storage::crc32c_extend(crc, {bytes, size});
}
}  // namespace rocksdb::crc32c
#endif

namespace lumbung::storage {
namespace {

constexpr std::array<const char*, kFamilyCount> kFamilyNames{
    "default", "journal", "locator", "postings", "late", "keys", "snapshot", "beside"};

// What RocksDB writes of an operation besides key and value: its tag, its family, two lengths.
constexpr std::size_t kOpBytesMax = 12;

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

void require(const rocksdb::Status& status, const char* what) {
  if (!status.ok()) throw StoreError(std::string(what) + ": " + status.ToString());
}

/// Writes nothing. On a full disk RocksDB's own LOG file is the first that cannot be written, and
/// Debian's build, which has its assertions in, then aborts at the next line of the log.
class NoLog : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

/// When the disk was full, RocksDB waits for space and goes on by itself, whatever the number of
/// retries; where that fails again Debian's build aborts, and nothing can be read any more.
class NoRecovery : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

rocksdb::DBOptions db_options(Store::Mode mode) {
  rocksdb::DBOptions options;
  options.info_log = std::make_shared<NoLog>();
  options.create_if_missing = mode == Store::Mode::kCreate;
  options.create_missing_column_families = mode != Store::Mode::kReadOnly;
  // A torn tail is dropped; find_log_damage has looked before whether it is only a tail.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.avoid_flush_during_recovery = true;  // restart is replay, not a rewrite of the log
  options.bytes_per_sync = 1 << 20;  // spreads the flush's writes: shorter tail of commits
  options.use_direct_io_for_flush_and_compaction = true;  // leaves the page cache to the log
  // A read-only database may not schedule the purge that this puts off.
  options.avoid_unnecessary_blocking_io = mode != Store::Mode::kReadOnly;
  options.max_background_jobs = 2;
  // A failed background write stays failed: nothing is retried behind a writer that must stop.
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<NoRecovery>());
  options.paranoid_checks = true;
  options.fail_if_options_file_error = true;  // no failed sync goes unnoticed
  options.stats_dump_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions family_options(Family family) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  // No filters: the index is asked for the last row at or before a key, never for a key alone.
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;  // blocks and lists are packed already
  // Small enough that a flush disturbs few commits; the log sets aside as much space ahead.
  options.write_buffer_size = family == Family::kJournal ? 16 << 20 : 8 << 20;
  options.max_write_buffer_number = 6;
  const bool is_index = family == Family::kPostings || family == Family::kLate;
  if (is_index) {
    options.compaction_style = rocksdb::kCompactionStyleUniversal;
    // Each merge reads and writes all rows anew; a read asks each file that is not merged yet.
    options.level0_file_num_compaction_trigger = 8;
  }
  // A cooperative's blocks come in the order of their keys: the next one stands behind the last,
  // and is not searched for among those of all.
  if (family == Family::kJournal) {
    options.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(kCoopBytes));
  }
  return options;
}

}  // namespace

struct Store::Batch::Rep {
  struct Op {
    Family family;
    bool removes;
    std::size_t key_size;
    std::size_t value_size;
  };
  std::vector<Op> ops;
  std::string bytes;  // of all operations in turn: key, then value

  void add(Family family, bool removes, std::string_view key, std::string_view value) {
    ops.push_back({family, removes, key.size(), value.size()});
    bytes.append(key).append(value);
  }
};

Store::Batch::Batch() : rep_(std::make_unique<Rep>()) {}
Store::Batch::~Batch() = default;
Store::Batch::Batch(Batch&&) noexcept = default;

void Store::Batch::put(Family family, std::string_view key, std::string_view value) {
  rep_->add(family, /*removes=*/false, key, value);
}

void Store::Batch::remove(Family family, std::string_view key) {
  rep_->add(family, /*removes=*/true, key, {});
}

struct Store::Rep {
  std::filesystem::path directory;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  std::atomic<std::uint64_t> next_file{0};

  rocksdb::ColumnFamilyHandle* family(Family f) const {
    return families[static_cast<std::size_t>(f)];
  }
  ~Rep() {
    for (auto* handle : families) {
      if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
    }
    if (db) db->Close();
  }
};

Store::Store(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Store::~Store() = default;

std::unique_ptr<Store> Store::open(const std::filesystem::path& directory, Mode mode) {
  auto rep = std::make_unique<Rep>();
  rep->directory = directory;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::uint8_t i = 0; i < kFamilyCount; ++i) {
    families.emplace_back(kFamilyNames[i], family_options(static_cast<Family>(i)));
  }
  // Merging the index waits for the writers and not they for it; where that is not to be had, it is
  // only slower.
  (void)rocksdb::Env::Default()->LowerThreadPoolCPUPriority(rocksdb::Env::LOW,
                                                            rocksdb::CpuPriority::kLow);
  rocksdb::DB* db = nullptr;
  const auto status =
      mode == Mode::kReadOnly
          ? rocksdb::DB::OpenForReadOnly(db_options(mode), directory.string(), families,
                                         &rep->families, &db)
          : rocksdb::DB::Open(db_options(mode), directory.string(), families, &rep->families, &db);
  rep->db.reset(db);
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    throw StoreBusy("another process has this data directory open");
  }
  require(status, "the store does not open");
  // Left by a process that died between writing a run and ingesting it.
  std::error_code ignored;
  if (mode != Mode::kReadOnly) std::filesystem::remove_all(directory / "ingest", ignored);
  return std::unique_ptr<Store>(new Store(std::move(rep)));
}

std::optional<std::string> Store::get(Family family, std::string_view key) const {
  std::string value;
  const auto status = rep_->db->Get({}, rep_->family(family), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  require(status, "a row could not be read");
  return value;
}

Store::Cursor Store::cursor(Family family) const {
  return Cursor(rep_->db->NewIterator({}, rep_->family(family)));
}

void Store::write(Batch batch, bool synced) {
  std::string_view bytes = batch.rep_->bytes;
  const auto take = [&bytes](std::size_t size) {
    const std::string_view taken = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return slice(taken);
  };
  rocksdb::WriteBatch writes(bytes.size() + batch.rep_->ops.size() * kOpBytesMax);
  for (const Batch::Rep::Op& op : batch.rep_->ops) {
    const rocksdb::Slice key = take(op.key_size);
    const rocksdb::Slice value = take(op.value_size);
    const auto status = op.removes ? writes.Delete(rep_->family(op.family), key)
                                   : writes.Put(rep_->family(op.family), key, value);
    require(status, "a write could not be prepared");
  }
  rocksdb::WriteOptions options;
  options.sync = synced;
  require(rep_->db->Write(options, &writes), "a write failed");
}

void Store::ingest(Family family, const std::function<void(const PutRow&)>& write) {
  const auto folder = rep_->directory / "ingest";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw StoreError(folder.string() + ": " + error.message());
  const auto file = folder / (std::to_string(rep_->next_file++) + ".sst");
  rocksdb::Options options(db_options(Mode::kExisting), family_options(family));
  // Past the page cache and bit by bit, as flushes go: the log's next sync would wait for a whole
  // file.
  rocksdb::EnvOptions straight;
  straight.use_direct_writes = true;
  rocksdb::SstFileWriter writer(straight, options);
  bool any = false;
  write([&](std::string_view key, std::string_view value) {
    if (!any) require(writer.Open(file.string()), "an index run could not be made");
    any = true;
    require(writer.Put(slice(key), slice(value)), "an index run could not be written");
  });
  if (!any) return;
  require(writer.Finish(), "an index run could not be finished");
  rocksdb::IngestExternalFileOptions move;
  move.move_files = true;
  move.failed_move_fall_back_to_copy = true;
  require(rep_->db->IngestExternalFile(rep_->family(family), {file.string()}, move),
          "an index run could not be taken in");
}

void Store::clear(Family family) {
  // A range of deletions would leave the files for a compaction to read through.
  rocksdb::ColumnFamilyHandle*& handle = rep_->families[static_cast<std::size_t>(family)];
  require(rep_->db->DropColumnFamily(handle), "rows could not be dropped");
  require(rep_->db->DestroyColumnFamilyHandle(handle), "rows could not be dropped");
  handle = nullptr;
  require(rep_->db->CreateColumnFamily(family_options(family),
                                       kFamilyNames[static_cast<std::size_t>(family)], &handle),
          "room for new rows could not be made");
}

void Store::flush() {
  require(rep_->db->Flush(rocksdb::FlushOptions(), rep_->families),
          "the store could not be flushed");
}

void Store::checkpoint(const std::filesystem::path& target) const {
  rocksdb::Checkpoint* raw = nullptr;
  require(rocksdb::Checkpoint::Create(rep_->db.get(), &raw), "no checkpoint could be begun");
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  require(checkpoint->CreateCheckpoint(target.string()), "the checkpoint could not be written");
}

std::uint64_t Store::file_bytes(Family family) const {
  std::vector<rocksdb::LiveFileMetaData> files;
  rep_->db->GetLiveFilesMetaData(&files);
  std::uint64_t bytes = 0;
  for (const auto& file : files) {
    if (file.column_family_name == kFamilyNames[static_cast<std::size_t>(family)])
      bytes += file.size;
  }
  return bytes;
}

void Store::verify_checksums() const {
  require(rep_->db->VerifyChecksum(), "a stored file is damaged");
}

namespace {
rocksdb::Iterator* as_iterator(void* iterator) {
  return static_cast<rocksdb::Iterator*>(iterator);
}
}  // namespace

Store::Cursor::~Cursor() {
  delete as_iterator(iterator_);
}
void Store::Cursor::seek(std::string_view key) {
  as_iterator(iterator_)->Seek(slice(key));
}
void Store::Cursor::seek_for_prev(std::string_view key) {
  as_iterator(iterator_)->SeekForPrev(slice(key));
}
void Store::Cursor::next() {
  as_iterator(iterator_)->Next();
}
void Store::Cursor::prev() {
  as_iterator(iterator_)->Prev();
}
bool Store::Cursor::valid() const {
  if (as_iterator(iterator_)->Valid()) return true;
  require(as_iterator(iterator_)->status(), "rows could not be read");
  return false;
}
std::string_view Store::Cursor::key() const {
  return view(as_iterator(iterator_)->key());
}
std::string_view Store::Cursor::value() const {
  return view(as_iterator(iterator_)->value());
}

}  // namespace lumbung::storage
