// What erasing leaves: looked for in the raw bytes of every file, not asked of the store.
#include <algorithm>
#include <random>

#include "tests/files.h"
#include "tests/storage/personal/fixture.h"

namespace lumbung::storage {
namespace {

namespace fs = std::filesystem;

const Erasure kErasure{{kNoon.us + 1}, {12}, "pdp.request-2036.1"};

class Erase : public PersonalFixture {
 protected:
  Erase() { open(); }

  /// The slots of all persons now, by way of a copy, since the store has its file for itself.
  std::map<std::uint64_t, PersonSlots> slots_now() {
    const fs::path copy = temporary.path() / "copy.db";
    fs::copy_file(database_file(), copy);
    auto slots = person_slots_in(copy);
    fs::remove(copy);
    return slots;
  }
  void expect_gone(const PersonSlots& slots) {
    EXPECT_TRUE(files_with(directory(), slots.key).empty());
    // Neither half of it, in case a page was cut there.
    EXPECT_TRUE(files_with(directory(), slots.key.substr(0, 24)).empty());
    EXPECT_TRUE(files_with(directory(), slots.key.substr(40)).empty());
    for (const auto& tag : slots.tags) EXPECT_TRUE(files_with(directory(), tag).empty());
  }
};

TEST_F(Erase, IsAStateOfItsOwn) {
  add(1, "Siti");
  add(2, "Budi");
  const Hash digest = store->put(document(1, DocumentKind::kNote), "a note").digest;
  EXPECT_EQ(store->erase(kDesa, {1}, kErasure), PersonalAnswer::kDone);
  for (int i = 0; i < 2; ++i, reopen()) {
    EXPECT_EQ(read(identity(1)), "erased");
    EXPECT_EQ(read(identity(1, 99)), "erased");
    EXPECT_EQ(store->put(identity(1), "x").answer, PersonalAnswer::kErased);
    EXPECT_EQ(store->remove(identity(1)), PersonalAnswer::kErased);
    EXPECT_EQ(store->add_person(kDesa, {1}, kNoon), PersonalAnswer::kErased);
    EXPECT_EQ(store->verify(document(1, DocumentKind::kNote), digest), Verdict::kErased);
    EXPECT_TRUE(store->find(kDesa, DocumentKind::kIdentity, nik_of(1)).empty());
    EXPECT_TRUE(store->list(kDesa, {1}).empty());
    const PersonStatus status = store->status(kDesa, {1});
    EXPECT_EQ(status.answer, PersonalAnswer::kErased);
    EXPECT_EQ(status.erasure, kErasure);
    // A second one changes nothing of what is known of the first.
    EXPECT_EQ(store->erase(kDesa, {1}, {{kNoon.us + 2}, {1}, "again"}), PersonalAnswer::kErased);
    EXPECT_EQ(store->status(kDesa, {1}).erasure, kErasure);

    EXPECT_EQ(read(identity(2)), "Budi");
    EXPECT_EQ(read(identity(3)), "unknown");
    int visited = 0;
    store->visit(kDesa, DocumentKind::kIdentity,
                 [&](const DocumentId&, const Reading&) { ++visited; });
    EXPECT_EQ(visited, 1);
  }
}

TEST_F(Erase, LeavesNoByteOfTheKeyOrThePlaintext) {
  add(1, "Siti Nurhaliza");
  add(2, "Budi");
  const auto slots = slots_now();
  ASSERT_EQ(slots.at(1).tags.size(), 1u);
  EXPECT_FALSE(files_with(directory(), slots.at(1).key).empty())
      << "the search finds what is there";
  EXPECT_FALSE(files_with(directory(), slots.at(1).tags[0]).empty());
  ASSERT_EQ(store->erase(kDesa, {1}, kErasure), PersonalAnswer::kDone);
  for (int i = 0; i < 2; ++i, reopen()) {
    expect_gone(slots.at(1));
    EXPECT_TRUE(files_with(directory(), "Nurhaliza").empty());
    EXPECT_TRUE(files_with(directory(), nik_of(1)).empty());
    EXPECT_FALSE(files_with(directory(), slots.at(2).key).empty());
  }
}

// A crash between the commit and the overwriting of the journal, which then still has the pages as
// they were: a copy of the files is made to look like that.
TEST_F(Erase, IsFinishedByTheNextOpening) {
  add(1, "Siti");
  const auto slots = slots_now();
  ASSERT_EQ(store->erase(kDesa, {1}, kErasure), PersonalAnswer::kDone);
  close();
  const fs::path journal = directory() / "personal.db-journal";
  std::string bytes = tests::read_file(journal);
  ASSERT_GT(bytes.size(), 600u) << "the journal is kept";
  bytes.replace(500, slots.at(1).key.size(), slots.at(1).key);
  tests::write_file(journal, bytes);
  ASSERT_FALSE(files_with(directory(), slots.at(1).key).empty());
  open();
  expect_gone(slots.at(1));
}

// Thousands of rows that come and go, so that pages split, merge and are used again; secrets of the
// erased must not be left in any corner of them.
TEST_F(Erase, LeavesNothingInPagesThatWereSplitAndMerged) {
  std::mt19937_64 random(7);
  std::map<std::uint64_t, PersonSlots> erased;
  std::vector<std::uint64_t> alive;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 150; ++i) {
      const std::uint64_t person = random();
      add(person, std::string(random() % 600, 'n'));
      for (std::uint64_t number = 0; number < random() % 4; ++number) {
        const std::string phone = "+62" + std::to_string(random());
        const std::string_view lookups[] = {phone};
        ASSERT_EQ(store->put(document(person, DocumentKind::kPhone, number), phone, lookups).answer,
                  PersonalAnswer::kDone);
      }
      alive.push_back(person);
      if (random() % 4 == 0) {
        const std::uint64_t other = alive[random() % alive.size()];
        store->remove(document(other, DocumentKind::kPhone, 0));
      }
    }
    std::shuffle(alive.begin(), alive.end(), random);
    const auto slots = slots_now();
    for (int i = 0; i < 40; ++i) {
      ASSERT_EQ(store->erase(kDesa, {alive.back()}, kErasure), PersonalAnswer::kDone);
      erased[alive.back()] = slots.at(alive.back());
      alive.pop_back();
    }
    if (round == 3) {
      ASSERT_TRUE(store->rotate_keys(kDesa).damaged.empty());
      reopen();
    }
  }
  std::string all;
  for (const auto& [path, bytes] : bytes_under(directory())) all += bytes;
  for (const auto& [person, slots] : erased) {
    EXPECT_EQ(all.find(slots.key.substr(0, 24)), all.npos);
    EXPECT_EQ(all.find(slots.key.substr(40)), all.npos);
    for (const auto& tag : slots.tags) EXPECT_EQ(all.find(tag.substr(0, 16)), all.npos);
  }
  for (const std::uint64_t person : alive) {
    const auto hits = store->find(kDesa, DocumentKind::kIdentity, nik_of(person));
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_EQ(hits[0].person.value, person);
  }
}

TEST_F(Erase, WorksOnADamagedPerson) {
  add(1, "Siti");
  close();
  run_on(database_file(), "UPDATE secret SET bytes = x'" + std::string(2, '0') + "01" +
                              std::string(156, '7') + "' WHERE slot = 1");
  open();
  ASSERT_EQ(read(identity(1)), "damaged");
  EXPECT_EQ(store->erase(kDesa, {1}, kErasure), PersonalAnswer::kDone);
  EXPECT_EQ(read(identity(1)), "erased");
}

}  // namespace
}  // namespace lumbung::storage
