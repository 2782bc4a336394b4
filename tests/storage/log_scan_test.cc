// RocksDB's write-ahead log as it lies on the disk, with bytes changed, cut off and added.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "storage/key.h"
#include "storage/store.h"
#include "tests/files.h"
#include "tests/storage/random_events.h"
#include "tests/temporary_directory.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;
using testing::ElementsAre;
using testing::EndsWith;

class LogScanTest : public ::testing::Test {
 protected:
  /// Blocks numbered on, a synced write each; each knows the one before durable.
  void write_blocks(int count, std::size_t events = 1) {
    for (int i = 0; i < count; ++i) {
      BlockHeader header = random_header(random_);
      header.block_no = {++last_block_};
      header.durable_block = {last_block_ - 1};
      const Block block = sealed(header, random_events(random_, events));
      Store::Batch batch;
      batch.put(Family::kJournal, journal_key(block.header.coop, block.header.block_no),
                block.bytes);
      store_->write(std::move(batch), /*synced=*/true);
    }
  }
  void write_beside(const std::string& key, const std::string& value) {
    Store::Batch batch;
    batch.put(Family::kBeside, key, value);
    store_->write(std::move(batch), /*synced=*/true);
  }
  void open() {
    store_.reset();
    store_ = Store::open(directory_.path(), Store::Mode::kCreate);
  }
  void close() { store_.reset(); }

  std::vector<std::filesystem::path> logs() const {
    std::set<std::filesystem::path> sorted;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      if (entry.path().extension() == ".log") sorted.insert(entry.path());
    }
    return {sorted.begin(), sorted.end()};
  }
  std::optional<LogTear> scan() const { return find_log_tear(directory_.path()); }
  /// Block numbers that something behind the tear knew durable.
  static std::vector<std::uint64_t> known(const std::optional<LogTear>& tear) {
    std::vector<std::uint64_t> numbers;
    EXPECT_TRUE(tear.has_value());
    if (!tear) return numbers;
    for (const auto& [coop, block_no] : tear->known_durable) {
      EXPECT_EQ(coop.text(), "KSP-ACAK");
      numbers.push_back(block_no.value);
    }
    return numbers;
  }
  /// Where the records of a log begin, by the format of RocksDB's log_format.h: checksum u32,
  /// length u16, type u8, data; blocks of 32 KiB.
  static std::vector<std::size_t> records(std::string_view log) {
    std::vector<std::size_t> begins;
    for (std::size_t at = 0; at + 7 <= log.size();) {
      if (32768 - at % 32768 < 7) {
        at += 32768 - at % 32768;
        continue;
      }
      begins.push_back(at);
      std::uint16_t length = 0;
      std::memcpy(&length, &log[at + 4], 2);
      at += 7U + length;
    }
    return begins;
  }

  Random random_{9};
  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
  std::uint64_t last_block_ = 0;
};

TEST_F(LogScanTest, AWholeLogHasNoTear) {
  open();
  EXPECT_EQ(scan(), std::nullopt);
  write_blocks(10);
  close();
  ASSERT_EQ(logs().size(), 1U);
  EXPECT_EQ(records(read_file(logs()[0])).size(), 10U);
  EXPECT_EQ(scan(), std::nullopt);
}

TEST_F(LogScanTest, EveryChangedByteIsATearAndWhatIsBehindIsRead) {
  open();
  write_blocks(6);
  close();
  const auto path = logs().at(0);
  const std::string log = read_file(path);
  const auto begins = records(log);
  ASSERT_EQ(begins.size(), 6U);
  for (std::size_t at = 0; at < log.size(); ++at) {
    const auto record = static_cast<std::size_t>(
        std::upper_bound(begins.begin(), begins.end(), at) - begins.begin());
    write_file(path, flipped(log, at, static_cast<char>(1U << random_.below(8))));
    const auto tear = scan();
    std::vector<std::uint64_t> durable;  // block n+1 behind the tear knew block n durable
    for (std::uint64_t block = record; block < 6; ++block) durable.push_back(block);
    ASSERT_EQ(known(tear), durable) << at;
    ASSERT_EQ(tear->place,
              path.filename().string() + " at byte " + std::to_string(begins[record - 1]));
  }
}

TEST_F(LogScanTest, ALogThatIsCutOffHasNothingBehindItsTear) {
  open();
  write_blocks(4);
  close();
  const auto path = logs().at(0);
  const std::string log = read_file(path);
  const auto begins = records(log);
  for (std::size_t size = 0; size < log.size(); ++size) {
    write_file(path, std::string_view(log).substr(0, size));
    const auto tear = scan();
    if (std::find(begins.begin(), begins.end(), size) != begins.end()) {
      EXPECT_EQ(tear, std::nullopt) << size;
      continue;
    }
    // A few zeros of a record's beginning look like none.
    if (tear) {
      EXPECT_TRUE(known(tear).empty()) << size;
    }
  }
}

TEST_F(LogScanTest, ZerosAtTheEndWereNeverWritten) {
  open();
  write_blocks(3);
  close();
  const auto path = logs().at(0);
  const std::string log = read_file(path);
  for (const std::size_t zeros : {1U, 6U, 7U, 100U, 32768U, 100'000U}) {
    write_file(path, log + std::string(zeros, '\0'));
    EXPECT_EQ(scan(), std::nullopt) << zeros;
  }
  write_file(path, log + std::string(100, '\0') + "x");
  EXPECT_TRUE(known(scan()).empty());
  std::string noise(5'000, '\0');
  for (char& c : noise) c = static_cast<char>(random_.next());
  write_file(path, log + noise);
  EXPECT_TRUE(known(scan()).empty());
}

TEST_F(LogScanTest, ZerosInTheMiddleAreATear) {
  open();
  write_blocks(6);
  close();
  const auto path = logs().at(0);
  std::string log = read_file(path);
  const auto begins = records(log);
  std::fill(log.begin() + static_cast<std::ptrdiff_t>(begins[2]),
            log.begin() + static_cast<std::ptrdiff_t>(begins[3]), '\0');
  write_file(path, log);
  EXPECT_THAT(known(scan()), ElementsAre(3, 4, 5));
}

TEST_F(LogScanTest, BlocksOfManyRecords) {
  open();
  write_blocks(4, 900);  // each of more than one fragment of 32 KiB
  close();
  const auto path = logs().at(0);
  const std::string log = read_file(path);
  ASSERT_GT(log.size(), 4U * 40'000);
  EXPECT_EQ(scan(), std::nullopt);
  for (const std::size_t begin : records(log)) {
    write_file(path, flipped(log, begin + 3));
    const auto tear = scan();
    ASSERT_TRUE(tear.has_value());
    EXPECT_THAT(tear->place, EndsWith(" at byte " + std::to_string(begin)));
  }
  // In the first block's second fragment: three blocks can be read behind it.
  write_file(path, flipped(log, 32768 + 100));
  EXPECT_THAT(known(scan()), ElementsAre(1, 2, 3));
}

TEST_F(LogScanTest, AHeaderAcrossTwoRecordsIsRead) {
  int across = 0;
  for (std::size_t filler = 32'560; filler < 32'720; filler += 16) {
    TemporaryDirectory directory;
    store_ = Store::open(directory.path(), Store::Mode::kCreate);
    write_beside("filler", std::string(filler, 'f'));
    last_block_ = 41;
    write_blocks(1);
    close();
    const auto path = directory.path() / [&] {
      for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
        if (entry.path().extension() == ".log") return entry.path().filename();
      }
      return std::filesystem::path();
    }();
    const std::string log = read_file(path);
    const std::size_t magic = log.find("LMBG");
    across += magic == std::string::npos || (magic < 32768 && magic + 108 > 32768) ? 1 : 0;
    ASSERT_EQ(find_log_tear(directory.path()), std::nullopt) << filler;
    write_file(path, flipped(log, 1'000));
    EXPECT_THAT(known(find_log_tear(directory.path())), ElementsAre(41)) << filler;
  }
  EXPECT_GE(across, 5);
}

TEST_F(LogScanTest, WhatOnlyLooksLikeABlockKnowsNothing) {
  open();
  write_blocks(1);
  write_beside("a", std::string("LMBG1234AB") + std::string(200, '\0'));
  write_beside("b", "LMBG");
  write_beside("c", std::string("LMBG\1\0\1\1ab", 10) + std::string(200, '\0'));
  close();
  const auto path = logs().at(0);
  write_file(path, flipped(read_file(path), 20));
  EXPECT_TRUE(known(scan()).empty());
}

TEST_F(LogScanTest, ATearInOneLogAndBlocksInTheNext) {
  open();
  write_blocks(3);
  open();  // goes on in a second log
  write_blocks(2);
  close();
  const auto files = logs();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(scan(), std::nullopt);
  const std::string first = read_file(files[0]);
  const auto begins = records(first);
  write_file(files[0], flipped(first, begins[2] + 10));
  EXPECT_THAT(known(scan()), ElementsAre(3, 4));
  write_file(files[0], std::string_view(first).substr(0, first.size() - 1));
  EXPECT_THAT(known(scan()), ElementsAre(3, 4));
  // A tear in each: what the second can still tell is told.
  const std::string second = read_file(files[1]);
  write_file(files[1], flipped(second, 10));
  EXPECT_THAT(known(scan()), ElementsAre(4));
  // The first is gone: nothing is torn, and what it held is missed elsewhere.
  write_file(files[1], second);
  std::filesystem::remove(files[0]);
  EXPECT_EQ(scan(), std::nullopt);
}

TEST_F(LogScanTest, WithoutALogThereIsNoTear) {
  EXPECT_EQ(scan(), std::nullopt);
  EXPECT_EQ(find_log_tear(directory_.path() / "nowhere"), std::nullopt);
  write_file(directory_.path() / "000001.log", "");
  EXPECT_EQ(scan(), std::nullopt);
  write_file(directory_.path() / "000001.log", "x");
  EXPECT_TRUE(known(scan()).empty());
}

}  // namespace
}  // namespace lumbung::tests
