// Opening again: after a clean close, after a crash, and over damage.
#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

#include "storage/codec.h"
#include "storage/head_file.h"
#include "storage/key.h"
#include "storage/recovery.h"
#include "storage/snapshot.h"
#include "tests/files.h"
#include "tests/random.h"
#include "tests/storage/ledger_fixture.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;
using testing::HasSubstr;

constexpr std::array kDerived{Family::kLocator, Family::kPostings, Family::kLate, Family::kKeys,
                              Family::kSnapshot};

class RecoveryTest : public LedgerTest {
 protected:
  RecoveryTest() { open_book(); }

  /// Entries in blocks of 1 to 5, some valued on another day, holds, reversals and refusals.
  void fill(int blocks) {
    for (int i = 0; i < blocks; ++i) {
      now_us_ = now_us_ + 1'000;
      std::vector<Command> commands;
      for (std::uint64_t n = 1 + random_.below(5); n > 0; --n) {
        commands.push_back(command("f" + std::to_string(next_key_++), random_body()));
      }
      ledger_->ask_batch(kCoop, commands, BatchMode::kPerItem);
    }
  }
  CommandBody random_body() {
    PostEntry post = transfer(kCash, random_.one_in(2) ? kMember : kOther, random_.between(1, 900));
    switch (random_.below(6)) {
      case 0:
        post.entry.value_date = kFirstDay - 1;
        return post;
      case 1:
        return PlaceHold{kMember, {100}, {}};
      case 2:
        return ReverseEntry{{7 + random_.below(40)}, {}, {}, {}, {}};
      case 3:
        return transfer(kOther, kCash, 50);
      default:
        return post;
    }
  }

  /// The book as the snapshot of a clean close has it.
  std::string image(const std::filesystem::path& data) const {
    const auto store = Store::open(store_directory(data), Store::Mode::kReadOnly);
    const auto snapshot = load_snapshot(*store, kCoop);
    EXPECT_TRUE(snapshot.has_value());
    return snapshot ? snapshot->book.image() : "";
  }
  static std::map<std::string, std::string> rows(const Store& store, Family family) {
    std::map<std::string, std::string> rows;
    Store::Cursor cursor = store.cursor(family);
    for (cursor.seek(""); cursor.valid(); cursor.next()) rows.emplace(cursor.key(), cursor.value());
    return rows;
  }
  static auto derived_rows(const std::filesystem::path& data) {
    std::vector<std::map<std::string, std::string>> all;
    const auto store = Store::open(store_directory(data), Store::Mode::kReadOnly);
    for (const Family family : kDerived) all.push_back(rows(*store, family));
    return all;
  }
  void expect_damaged(const std::filesystem::path& data, const std::string& why) {
    // Twice: looking must not destroy the evidence.
    for (int i = 0; i < 2; ++i) {
      try {
        Ledger::open(options(data));
        ADD_FAILURE() << "opened, though " << why;
      } catch (const JournalDamaged& damaged) {
        EXPECT_THAT(damaged.what(), HasSubstr(why));
      }
    }
  }
  /// The newest log that has something in it.
  static std::filesystem::path log_of(const std::filesystem::path& data) {
    std::set<std::filesystem::path> logs;
    for (const auto& entry : std::filesystem::directory_iterator(store_directory(data))) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) logs.insert(entry.path());
    }
    EXPECT_FALSE(logs.empty());
    return *logs.rbegin();
  }
  /// Opens, closes cleanly, and says how many events were there.
  std::uint64_t events_in(const std::filesystem::path& data) {
    const auto ledger = Ledger::open(options(data));
    return ledger->coop(kCoop)->head.last_event.value;
  }

  Random random_{7};
};

TEST_F(RecoveryTest, SnapshotAndTailAreTheWholeReplay) {
  fill(20);
  open();  // a clean close: a snapshot
  fill(25);
  const std::uint64_t last = events();
  crash();
  const auto replayed = copy(data());
  EXPECT_EQ(events_in(data()), last);
  trust_snapshots_ = false;
  EXPECT_EQ(events_in(replayed), last);
  EXPECT_EQ(image(data()), image(replayed));
}

TEST_F(RecoveryTest, AnIndexOfAnotherReleaseIsMadeAnew) {
  fill(60);
  close();
  const auto should = derived_rows(data());
  const std::string image_now = image(data());
  for (const std::string_view form : {"1", "", "77"}) {
    {
      const auto store = Store::open(store_directory(data()), Store::Mode::kExisting);
      Store::Batch batch;
      if (form.empty()) {
        batch.remove(Family::kMeta, "index_form");
      } else {
        batch.put(Family::kMeta, "index_form", form);
      }
      for (const Family family : kDerived) {
        for (const auto& [key, value] : rows(*store, family)) batch.put(family, key, value + "?");
      }
      store->write(std::move(batch), /*synced=*/true);
    }
    events_in(data());
    EXPECT_EQ(derived_rows(data()), should) << form;
    EXPECT_EQ(image(data()), image_now) << form;
  }
}

TEST_F(RecoveryTest, ASnapshotMayLieBehindTheIndex) {
  fill(5);
  close();
  const auto family = Family::kSnapshot;
  const auto old_rows = rows(*Store::open(store_directory(data()), Store::Mode::kReadOnly), family);
  open();
  fill(40);
  const std::uint64_t last = events();
  close();
  const std::string image_now = image(data());
  // A crash may lose the newer snapshot and keep what was indexed before it.
  {
    const auto store = Store::open(store_directory(data()), Store::Mode::kExisting);
    Store::Batch batch;
    for (const auto& [key, value] : old_rows) {
      if (!key.ends_with("\xff\xff\xff\xff")) batch.put(family, key, value);
    }
    store->write(std::move(batch), /*synced=*/true);
    EXPECT_GT(load_indexed(*store, kCoop), load_snapshot(*store, kCoop)->head.last_event);
  }
  open();
  EXPECT_EQ(events(), last);
  for (const AccountHandle account : {kCash, kMember, kOther}) {
    EXPECT_EQ(cpp_int(ledger_->totals(kCoop, account, Moment::at({now_us_ - 15'000}))->debits),
              record().sums(account, Moment::at({now_us_ - 15'000})).debits);
  }
  close();
  EXPECT_EQ(image(data()), image_now);
  // The runs that follow know the totals before them.
  open();
  fill(20);
  close();
  const auto rebuilt = copy(data());
  Ledger::rebuild(rebuilt);
  EXPECT_EQ(derived_rows(data()), derived_rows(rebuilt));
}

TEST_F(RecoveryTest, RebuildingMakesTheSameBytes) {
  fill(60);
  close();
  const auto before = derived_rows(data());
  for (const auto& rows : before) EXPECT_FALSE(rows.empty());
  const auto copied = copy(data());
  Ledger::rebuild(copied);
  EXPECT_EQ(derived_rows(copied), before);
  EXPECT_EQ(image(copied), image(data()));
}

TEST_F(RecoveryTest, TheIndexDoesNotDependOnRestarts) {
  // The same requests: in one life, with clean closes between, and with crashes between.
  close();
  std::vector<std::vector<std::map<std::string, std::string>>> lives;
  const auto start = copy(data());
  for (const bool crashes : {false, false, true}) {
    data_ = copy(start);
    random_ = Random(7);
    now_us_ = kStart_us;
    open();
    for (int i = 0; i < 40; ++i) {
      next_key_ = 1'000 + 10 * i;  // the same keys, whatever else was asked
      fill(1);
      if (lives.empty() || i % 3 != 0) continue;
      if (crashes) crash();
      open();
    }
    close();
    lives.push_back(derived_rows(data()));
  }
  for (std::size_t family = 0; family + 1 < kDerived.size();
       ++family) {                                            // not the snapshot: it has
    EXPECT_EQ(lives[0][family], lives[1][family]) << family;  // the hash of a block
    // After a crash the last run may not be indexed yet; no row may be another.
    EXPECT_FALSE(lives[2][family].empty());
    for (const auto& [key, value] : lives[2][family]) EXPECT_EQ(lives[0][family].at(key), value);
  }
}

/// What is dropped for a rebuild goes family by family, first what says how far the others go.
TEST_F(RecoveryTest, ARebuildThatWasKilledIsTakenUpAgain) {
  fill(60);
  close();
  const auto should = derived_rows(data());
  const auto whole = copy(data());
  constexpr std::array kInTurn{Family::kSnapshot, Family::kLocator, Family::kPostings,
                               Family::kLate, Family::kKeys};
  for (std::size_t dropped = 1; dropped <= kInTurn.size(); ++dropped) {
    const auto halfway = copy(whole);
    {
      const auto store = Store::open(store_directory(halfway), Store::Mode::kExisting);
      for (std::size_t i = 0; i < dropped; ++i) store->clear(kInTurn[i]);
    }
    events_in(halfway);
    EXPECT_EQ(derived_rows(halfway), should) << dropped;
  }
}

TEST_F(RecoveryTest, TheLengthOfRunsIsFrozen) {
  fill(30);
  close();
  const auto copied = copy(data());
  auto others = options(copied);
  others.run_events = 1 << 20;
  Ledger::open(others).reset();
  Ledger::rebuild(copied);
  EXPECT_EQ(derived_rows(copied)[1], derived_rows(data())[1]);
}

TEST_F(RecoveryTest, ACheckpointOpensByItself) {
  fill(30);
  ledger_->set_beside("token", "hash");
  const auto target = directory_.path() / "checkpoint";
  const Heads heads = ledger_->checkpoint(target);
  const std::uint64_t then = events();
  EXPECT_EQ(heads, (Heads{{kCoop, ledger_->coop(kCoop)->head}}));
  EXPECT_EQ(heads, read_head_file(target));
  EXPECT_THROW(ledger_->checkpoint(target), StoreError);
  fill(10);
  const auto restored = Ledger::open(options(target));
  EXPECT_EQ(restored->coop(kCoop)->head.last_event.value, then);
  EXPECT_EQ(restored->beside("token"), "hash");
  EXPECT_EQ(restored->ask(kCoop, command("new", transfer(kCash, kMember, 1))).event,
            EventNo{then + 1});
}

// Whatever comes meanwhile: the heads are those of the copy, not of some moment before or after.
TEST_F(RecoveryTest, ACheckpointKnowsWhereItEndsWhileOthersWrite) {
  fill(30);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      ledger_->ask(kCoop, command("beside-" + std::to_string(i), transfer(kCash, kMember, 1)));
    }
  });
  std::vector<std::pair<std::filesystem::path, Heads>> copies;
  for (int i = 0; i < 5; ++i) {
    const auto target = directory_.path() / ("checkpoint-" + std::to_string(i));
    copies.emplace_back(target, ledger_->checkpoint(target));
  }
  stop = true;
  writer.join();
  for (const auto& [target, heads] : copies) {
    EXPECT_EQ(Ledger::open(options(target))->coop(kCoop)->head, heads.at(kCoop));
  }
}

// --- HEAD ---

TEST_F(RecoveryTest, AJournalThatIsShorterThanItsHeadIsDamaged) {
  fill(3);
  close();
  const auto shorter = copy(data());
  open();
  fill(3);
  close();
  write_file(shorter / "HEAD", read_file(data() / "HEAD"));
  expect_damaged(shorter, "but at the last clean close it had block");
  // The journal may be longer: HEAD is only written at a clean close.
  open();
  fill(3);
  const std::uint64_t last = events();
  crash();
  EXPECT_EQ(events_in(data()), last);
}

TEST_F(RecoveryTest, AJournalThatIsAnotherThanItsHeadIsDamaged) {
  close();
  const auto other = copy(data());
  open();
  done(transfer(kCash, kMember, 1));
  close();
  {
    const auto ledger = Ledger::open(options(other));
    ledger->ask(kCoop, command("k", transfer(kCash, kMember, 2)));
  }
  write_file(other / "HEAD", read_file(data() / "HEAD"));
  expect_damaged(other, "is not the one that HEAD names");
}

TEST_F(RecoveryTest, EveryChangedByteOfHeadIsDamage) {
  close();
  const std::string head = read_file(data() / "HEAD");
  const Heads read = read_head_file(data());
  EXPECT_EQ(read.at(kCoop).last_event, EventNo{6});
  for (std::size_t at = 0; at < head.size(); ++at) {
    write_file(data() / "HEAD", flipped(head, at, '\1'));
    EXPECT_THROW(read_head_file(data()), JournalDamaged) << at;
    write_file(data() / "HEAD", std::string_view(head).substr(0, at));
    EXPECT_THROW(read_head_file(data()), JournalDamaged) << at;
  }
  write_file(data() / "HEAD", head + "\n");
  EXPECT_THROW(read_head_file(data()), JournalDamaged);
  expect_damaged(data(), "HEAD is not what was written");
  write_file(data() / "HEAD", head);
  open();
}

TEST_F(RecoveryTest, HeadsOfSeveralCooperativesComeBack) {
  Heads heads;
  for (const std::string_view id : {"AB", "KSP-0123456789AB", "Z-9"}) {
    heads[*CoopId::parse(id)] = {
        {heads.size() + 1}, sha256(id), {heads.size() * 1'000'000'000'000}};
  }
  write_head_file(data(), heads);
  EXPECT_EQ(read_head_file(data()), heads);
  write_head_file(data(), {});
  EXPECT_TRUE(read_head_file(data()).empty());
  std::filesystem::remove(data() / "HEAD");
  EXPECT_TRUE(read_head_file(data()).empty());
}

// --- the write-ahead log ---

TEST_F(RecoveryTest, ATornTailIsDroppedAndTheBookGoesOn) {
  for (int i = 0; i < 5; ++i) done(transfer(kCash, kMember, 1 + i));
  crash();
  const std::string log = read_file(log_of(data()));
  for (const std::string& torn : {log.substr(0, log.size() - 1), flipped(log, log.size() - 3),
                                  log.substr(0, log.size() - 40) + std::string(4'096, '\0')}) {
    const auto image = copy(data());
    write_file(log_of(image), torn);
    {
      const auto ledger = Ledger::open(options(image));
      EXPECT_EQ(ledger->coop(kCoop)->head.last_event, EventNo{10});
      // The lost request was never known: asked again, it is done anew.
      EXPECT_EQ(ledger->ask(kCoop, command("again", transfer(kCash, kMember, 5))).event,
                EventNo{11});
    }
    EXPECT_EQ(events_in(image), 11U);
  }
}

TEST_F(RecoveryTest, ATornTailStaysHarmlessThroughLaterCrashes) {
  done(transfer(kCash, kMember, 1));
  done(transfer(kCash, kMember, 2));
  crash();
  const auto path = log_of(data());
  write_file(path, read_file(path).substr(0, std::filesystem::file_size(path) - 5));
  std::uint64_t last = 7;
  for (int life = 0; life < 4; ++life) {
    open();
    ASSERT_EQ(events(), last);
    for (int i = 0; i < 3; ++i) done(transfer(kCash, kMember, 1));
    last += 3;
    crash();
  }
  EXPECT_EQ(events_in(data()), last);
}

TEST_F(RecoveryTest, DamageInTheMiddleOfTheLogIsNeverOpened) {
  for (int i = 0; i < 6; ++i) done(transfer(kCash, kMember, 1 + i));
  crash();
  const std::string log = read_file(log_of(data()));
  // The last commit begins where its block does, a little before the magic of the last block.
  const std::size_t last_commit = log.rfind("LMBG") - 60;
  const auto image = copy(data());
  const auto path = log_of(image);
  for (std::size_t at = 0; at < last_commit; at += 97) {
    const std::string damaged = flipped(log, at);
    write_file(path, damaged);
    SCOPED_TRACE(at);
    expect_damaged(image, "the write-ahead log is damaged in its middle");
    EXPECT_EQ(read_file(path), damaged);
  }
  write_file(path, log);
  EXPECT_EQ(events_in(image), 12U);
}

// --- the store ---

TEST_F(RecoveryTest, OneProcessOwnsADirectory) {
  EXPECT_THROW(Ledger::open(options(data())), StoreBusy);
  close();
  open();
}

TEST_F(RecoveryTest, ADirectoryIsMadeOnlyWhenThatIsAsked) {
  auto absent = options(directory_.path() / "absent");
  absent.create = false;
  EXPECT_THROW(Ledger::open(absent), StoreError);
  EXPECT_FALSE(std::filesystem::exists(absent.directory));
  std::filesystem::create_directories(absent.directory);
  EXPECT_THROW(Ledger::open(absent), StoreError);
  write_file(directory_.path() / "file", "");
  EXPECT_THROW(Ledger::open(options(directory_.path() / "file")), StoreError);
}

TEST_F(RecoveryTest, ADamagedSnapshotIsNotBelieved) {
  fill(10);
  close();
  {
    const auto store = Store::open(store_directory(data()), Store::Mode::kExisting);
    const std::string key = page_key(kCoop, 1);
    Store::Batch batch;
    batch.put(Family::kSnapshot, key, flipped(*store->get(Family::kSnapshot, key), 100));
    store->write(std::move(batch), /*synced=*/true);
  }
  EXPECT_THROW(open(), StoreError);
  trust_snapshots_ = false;
  open();
  close();
  trust_snapshots_ = true;
  open();
}

/// Replaces or removes (no bytes) a stored block.
void put_block(const std::filesystem::path& data, const CoopId& coop, std::uint64_t no,
               std::optional<std::string> bytes) {
  const auto store = Store::open(store_directory(data), Store::Mode::kExisting);
  Store::Batch batch;
  if (bytes) {
    batch.put(Family::kJournal, journal_key(coop, {no}), *bytes);
  } else {
    batch.remove(Family::kJournal, journal_key(coop, {no}));
  }
  store->write(std::move(batch), /*synced=*/true);
}

TEST_F(RecoveryTest, ABlockThatIsChangedMissingOrOutOfPlaceIsDamage) {
  for (int i = 0; i < 4; ++i) done(transfer(kCash, kMember, 1 + i));  // blocks 7 to 10
  std::map<std::uint64_t, std::string> blocks;
  ledger_->blocks(kCoop, {1}, [&](std::string_view bytes) {
    blocks[blocks.size() + 1] = bytes;
    return true;
  });
  ASSERT_EQ(blocks.size(), 10U);
  crash();
  trust_snapshots_ = false;
  const auto expect = [&](std::uint64_t no, std::optional<std::string> bytes,
                          const std::string& why) {
    const auto image = copy(data());
    put_block(image, kCoop, no, std::move(bytes));
    expect_damaged(image, why);
  };
  expect(8, flipped(blocks[8], 150), "block 8 of KSP-UJI: checksum");
  expect(8, std::nullopt, "block 8");
  expect(8, blocks[7], "block 8");
  expect(8, "", "block 8");
  expect(1, std::nullopt, "block 1");
}

TEST_F(RecoveryTest, AForgedBlockThatBreaksARuleIsDamage) {
  done(transfer(kCash, kMember, 100));
  const Head head = ledger_->coop(kCoop)->head;
  crash();
  const auto forge = [&](const EventBody& body, Date booking_date, std::int64_t at_us) {
    Event event;
    event.no = {head.last_event.value + 1};
    event.booking_date = booking_date;
    event.at = {at_us};
    event.key = *Key::parse("forged");
    event.body = body;
    if (has_digest(kind_of(body))) event.digest.emplace();
    BlockBuilder builder;
    builder.append(event);
    BlockHeader header;
    header.coop = kCoop;
    header.block_no = {head.block_no.value + 1};
    header.epoch = 1;
    header.previous = head.hash;
    header.durable_block = head.block_no;
    const auto image = copy(data());
    put_block(image, kCoop, header.block_no.value, builder.seal(header).bytes);
    return image;
  };
  Entry unbalanced = transfer(kCash, kMember, 1).entry;
  unbalanced.legs[1].amount.minor = 99;
  expect_damaged(forge(EntryPosted{unbalanced}, kFirstDay, kStart_us),
                 "event 8 of KSP-UJI breaks rule I1");
  expect_damaged(forge(EntryPosted{transfer(kMember, kCash, 101).entry}, kFirstDay, kStart_us),
                 "breaks rule I4");
  expect_damaged(forge(EntryPosted{transfer(kCash, kMember, 1).entry}, kFirstDay - 1, kStart_us),
                 "breaks rule I7");
  expect_damaged(forge(ReleaseHold{{7}}, kFirstDay, kStart_us), "breaks rule I5");
  expect_damaged(forge(EntryPosted{transfer(kCash, kMember, 1).entry}, kFirstDay, kStart_us - 1),
                 "record time goes back");
  EXPECT_EQ(events_in(forge(EntryPosted{transfer(kCash, kMember, 1).entry}, kFirstDay, kStart_us)),
            8U);
}

}  // namespace
}  // namespace lumbung::tests
