// Reads RocksDB's write-ahead log as bytes: blocks of 32 KiB, records of checksum u32 (masked CRC-32C
// of type and data) | length u16 | type u8 | data; a record does not span blocks.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "engine/bytes.h"
#include "storage/codec.h"
#include "storage/digest.h"
#include "storage/store.h"

namespace lumbung::storage {
namespace {

using engine::ByteReader;

constexpr std::size_t kLogBlock = 32768;
constexpr std::size_t kRecordHeader = 7;
// Types of records: 1 is a whole write, 2 to 4 are the first, the middle ones and the last of one.
constexpr char kMiddleRecord = 3;
constexpr char kLastRecord = 4;

std::uint32_t unmask(std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xa282ead8U;
  return (rotated >> 17) | (rotated << 15);
}

/// Size of the valid record at the front of `bytes`; 0 when there is none.
std::size_t record_size(std::string_view bytes) {
  if (bytes.size() < kRecordHeader) return 0;
  ByteReader in(bytes);
  const auto masked = in.get<std::uint32_t>();
  const auto length = in.get<std::uint16_t>();
  const auto type = in.get<std::uint8_t>();
  if (type == 0 || type > 4 || length > bytes.size() - kRecordHeader) return 0;
  if (unmask(masked) != crc32c(bytes.substr(6, 1U + length))) return 0;
  return kRecordHeader + length;
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

/// Where the first record that cannot be read begins; the size when all can.
std::size_t valid_prefix(std::string_view log) {
  std::size_t at = 0;
  while (at < log.size()) {
    const std::size_t block_end = std::min((at / kLogBlock + 1) * kLogBlock, log.size());
    const std::string_view rest = log.substr(at, block_end - at);
    if (rest.size() < kRecordHeader && all_zero(rest)) {
      at = block_end;
      continue;
    }
    const std::size_t size = record_size(rest);
    if (size == 0) return at;
    at += size;
  }
  return at;
}

// The fixed beginning of a block: magic, version, codec and hash. No text of ours has such bytes.
constexpr std::string_view kBlockBegin("LMBG\1\0\1\1", 8);

/// What the blocks in readable bytes say was durable when they were sealed.
void collect_durable(std::string_view bytes, LogTear& tear) {
  for (std::size_t at = bytes.find(kBlockBegin); at != std::string_view::npos;
       at = bytes.find(kBlockBegin, at + 1)) {
    const std::string_view header = bytes.substr(at);
    if (header.size() < kHeaderBytes) return;
    ByteReader in(header.substr(kBlockBegin.size()));
    const std::string_view coop = in.bytes(16);
    const auto id = engine::CoopId::parse(coop.substr(0, std::min(coop.find('\0'), coop.size())));
    in.bytes(72);  // block_no to stamped_time
    const engine::BlockNo durable{in.get<std::uint64_t>()};
    if (id && std::string_view(id->bytes.data(), id->bytes.size()) == coop) {
      tear.known_durable.emplace_back(*id, durable);
    }
  }
}

/// Looks for records from any byte on. A write of several records is put together again: a block's
/// header may lie across two.
void scan_behind(std::string_view log, std::size_t at, LogTear& tear) {
  std::string write;
  const auto end_of_write = [&] {
    collect_durable(write, tear);
    write.clear();
  };
  while (at + kRecordHeader <= log.size()) {
    const std::size_t block_end = std::min((at / kLogBlock + 1) * kLogBlock, log.size());
    const std::string_view rest = log.substr(at, block_end - at);
    if (rest.size() < kRecordHeader && all_zero(rest)) {
      at = block_end;
      continue;
    }
    const std::size_t size = record_size(rest);
    const bool goes_on = size != 0 && (rest[6] == kMiddleRecord || rest[6] == kLastRecord);
    if (!goes_on) end_of_write();
    if (size != 0) write.append(rest.substr(kRecordHeader, size - kRecordHeader));
    at += size != 0 ? size : 1;
  }
  end_of_write();
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::optional<LogTear> find_log_tear(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> logs;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(directory, missing)) {
    if (entry.path().extension() == ".log") logs.push_back(entry.path());
  }
  std::sort(logs.begin(), logs.end());
  std::optional<LogTear> tear;
  for (const auto& path : logs) {
    const std::string log = read_file(path);
    if (tear) {
      scan_behind(log, 0, *tear);
      continue;
    }
    const std::size_t end = valid_prefix(log);
    if (end == log.size() || all_zero(std::string_view(log).substr(end))) continue;
    tear = LogTear{path.filename().string() + " at byte " + std::to_string(end), {}};
    scan_behind(log, end + 1, *tear);
  }
  return tear;
}

}  // namespace lumbung::storage
