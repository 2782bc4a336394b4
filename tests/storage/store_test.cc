#include "storage/store.h"

#include <gtest/gtest.h>

#include "storage/key.h"
#include "storage/ledger.h"
#include "storage/snapshot.h"
#include "tests/files.h"
#include "tests/temporary_directory.h"

namespace lumbung::tests {
namespace {

using namespace storage;
using Rows = std::vector<std::pair<std::string, std::string>>;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { open(); }
  void open(Store::Mode mode = Store::Mode::kCreate) {
    store_.reset();
    store_ = Store::open(directory_.path() / "rocks", mode);
  }
  void put(Family family, const std::string& key, const std::string& value) {
    Store::Batch batch;
    batch.put(family, key, value);
    store_->write(std::move(batch), /*synced=*/false);
  }
  void ingest(const Rows& rows) {
    store_->ingest(Family::kPostings, [&](const Store::PutRow& put) {
      for (const auto& [key, value] : rows) put(key, value);
    });
  }
  Rows all(Family family) const {
    Rows rows;
    Store::Cursor cursor = store_->cursor(family);
    for (cursor.seek(""); cursor.valid(); cursor.next())
      rows.emplace_back(cursor.key(), cursor.value());
    return rows;
  }
  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, FamiliesAreApart) {
  put(Family::kJournal, "k", "journal");
  put(Family::kKeys, "k", "keys");
  EXPECT_EQ(store_->get(Family::kJournal, "k"), "journal");
  EXPECT_EQ(store_->get(Family::kKeys, "k"), "keys");
  EXPECT_EQ(store_->get(Family::kLate, "k"), std::nullopt);
  open();
  EXPECT_EQ(store_->get(Family::kJournal, "k"), "journal");
}

TEST_F(StoreTest, ABatchIsWrittenInItsOrder) {
  Store::Batch batch;
  batch.put(Family::kMeta, "a", "1");
  batch.put(Family::kMeta, "b", "2");
  batch.put(Family::kMeta, "a", "3");
  batch.remove(Family::kMeta, "b");
  batch.remove(Family::kMeta, "never there");
  store_->write(std::move(batch), /*synced=*/true);
  EXPECT_EQ(all(Family::kMeta), (Rows{{"a", "3"}}));
}

TEST_F(StoreTest, CursorsWalkBothWaysOverWhatWasThere) {
  for (const std::string key : {"a", "b1", "b2", "c"}) put(Family::kLate, key, "v" + key);
  Store::Cursor cursor = store_->cursor(Family::kLate);
  put(Family::kLate, "b3", "too late");
  cursor.seek("b");
  EXPECT_EQ(cursor.key(), "b1");
  EXPECT_EQ(cursor.value(), "vb1");
  EXPECT_TRUE(cursor.at_prefix("b"));
  cursor.next();
  cursor.next();
  EXPECT_EQ(cursor.key(), "c");
  EXPECT_FALSE(cursor.at_prefix("b"));
  cursor.seek_for_prev("b9");
  EXPECT_EQ(cursor.key(), "b2");
  cursor.prev();
  cursor.prev();
  EXPECT_EQ(cursor.key(), "a");
  cursor.prev();
  EXPECT_FALSE(cursor.valid());
  EXPECT_FALSE(cursor.at_prefix(""));
  cursor.seek("d");
  EXPECT_FALSE(cursor.valid());
}

TEST_F(StoreTest, SortedRowsAreTakenInBesideOthers) {
  put(Family::kPostings, "b", "written");
  ingest({{"a", "1"}, {"c", "2"}});
  ingest({});
  EXPECT_EQ(all(Family::kPostings), (Rows{{"a", "1"}, {"b", "written"}, {"c", "2"}}));
  // What a crash left half done is taken in once more.
  ingest({{"a", "1"}, {"c", "2"}, {"d", "3"}});
  EXPECT_EQ(all(Family::kPostings).size(), 4U);
  open();
  EXPECT_EQ(all(Family::kPostings).size(), 4U);
}

TEST_F(StoreTest, AFamilyIsClearedAndTheOthersStay) {
  ingest({{"a", "1"}, {"c", "2"}});
  put(Family::kPostings, "b", "written");
  put(Family::kLate, "a", "stays");
  EXPECT_GT(store_->file_bytes(Family::kPostings), 0U);
  store_->clear(Family::kPostings);
  EXPECT_TRUE(all(Family::kPostings).empty());
  EXPECT_EQ(store_->file_bytes(Family::kPostings), 0U);
  put(Family::kPostings, "c", "again");
  open();
  EXPECT_EQ(all(Family::kPostings), (Rows{{"c", "again"}}));
  EXPECT_EQ(all(Family::kLate), (Rows{{"a", "stays"}}));
}

TEST_F(StoreTest, ACopyHasWhatWasThereAndGoesItsOwnWay) {
  put(Family::kBeside, "k", "1");
  store_->checkpoint(directory_.path() / "copy");
  put(Family::kBeside, "k", "2");
  const auto copied = Store::open(directory_.path() / "copy", Store::Mode::kExisting);
  EXPECT_EQ(copied->get(Family::kBeside, "k"), "1");
  EXPECT_THROW(store_->checkpoint(directory_.path() / "copy"), StoreError);
}

TEST_F(StoreTest, ModesOfOpening) {
  EXPECT_THROW(Store::open(directory_.path() / "rocks", Store::Mode::kExisting), StoreBusy);
  EXPECT_THROW(Store::open(directory_.path() / "absent", Store::Mode::kExisting), StoreError);
  EXPECT_THROW(Store::open(directory_.path() / "absent", Store::Mode::kReadOnly), StoreError);
  put(Family::kMeta, "k", "v");
  open(Store::Mode::kReadOnly);
  EXPECT_EQ(store_->get(Family::kMeta, "k"), "v");
  EXPECT_THROW(put(Family::kMeta, "k", "w"), StoreError);
}

TEST_F(StoreTest, AChangedFileIsFoundByItsChecksums) {
  for (int i = 0; i < 100; ++i)
    put(Family::kJournal, "k" + std::to_string(i), std::string(100, 'v'));
  store_->flush();
  store_->verify_checksums();
  store_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path() / "rocks")) {
    if (entry.path().extension() != ".sst") continue;
    const std::string bytes = read_file(entry.path());
    write_file(entry.path(), flipped(bytes, bytes.size() / 3));
  }
  open();
  EXPECT_THROW(store_->verify_checksums(), StoreError);
  EXPECT_THROW(all(Family::kJournal), StoreError);
}

// --- snapshots ---

engine::Book book_of(int accounts) {
  engine::Book book;
  engine::Event event;
  event.no = {1};
  event.body = engine::OpenCooperative{*engine::CoopId::parse("KSP"), engine::kIDR, "UTC",
                                       engine::Date{20'000}, false};
  book.apply(event);
  for (int i = 0; i < accounts; ++i) {
    ++event.no.value;
    engine::OpenAccount account;
    account.code = std::to_string(i);
    event.body = account;
    book.apply(event);
  }
  return book;
}

TEST_F(StoreTest, ASnapshotOfAnySizeComesBack) {
  const engine::CoopId coop = *engine::CoopId::parse("KSP");
  EXPECT_FALSE(load_snapshot(*store_, coop).has_value());
  EXPECT_EQ(load_indexed(*store_, coop), engine::EventNo{});
  // Several pages, then fewer: pages of the larger one stay behind and are not read.
  for (const int accounts : {30'000, 3, 20'000}) {
    const engine::Book book = book_of(accounts);
    const Head head{{7}, sha256("head"), book.last_event()};
    save_snapshot(*store_, coop, book.image(), head);
    const auto snapshot = load_snapshot(*store_, coop);
    ASSERT_TRUE(snapshot.has_value());
    EXPECT_EQ(snapshot->head, head);
    EXPECT_EQ(snapshot->book, book);
    EXPECT_EQ(snapshot->book.image(), book.image());
  }
  EXPECT_FALSE(load_snapshot(*store_, *engine::CoopId::parse("KSP-2")).has_value());
}

TEST_F(StoreTest, EveryChangedByteOfASnapshotIsFound) {
  const engine::CoopId coop = *engine::CoopId::parse("KSP");
  const engine::Book book = book_of(3);
  save_snapshot(*store_, coop, book.image(), {{7}, sha256("head"), book.last_event()});
  for (const std::uint32_t page : {0U, 1U}) {
    const std::string key = page_key(coop, page);
    const std::string bytes = *store_->get(Family::kSnapshot, key);
    // Of page 0, the head that it stands for is held against the journal when it is used.
    for (std::size_t at = page == 0 ? 48 : 0; at < bytes.size(); ++at) {
      put(Family::kSnapshot, key, flipped(bytes, at, '\1'));
      EXPECT_THROW(load_snapshot(*store_, coop), StoreError) << page << ' ' << at;
    }
    put(Family::kSnapshot, key, bytes.substr(1));
    EXPECT_THROW(load_snapshot(*store_, coop), StoreError);
    put(Family::kSnapshot, key, bytes);
    EXPECT_TRUE(load_snapshot(*store_, coop).has_value());
  }
  Store::Batch batch;
  batch.remove(Family::kSnapshot, page_key(coop, 1));
  store_->write(std::move(batch), /*synced=*/false);
  EXPECT_THROW(load_snapshot(*store_, coop), StoreError);
  put(Family::kSnapshot, page_key(coop, kIndexedPage), "short");
  EXPECT_THROW(load_indexed(*store_, coop), StoreError);
  put(Family::kSnapshot, page_key(coop, kIndexedPage), encode_indexed({123}));
  EXPECT_EQ(load_indexed(*store_, coop), engine::EventNo{123});
}

}  // namespace
}  // namespace lumbung::tests
