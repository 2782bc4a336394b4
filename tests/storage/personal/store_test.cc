// Persons and documents: what is put is read, found and verified; what was changed from outside is
// damaged and nothing else.
#include "storage/personal_store.h"

#include <sys/stat.h>

#include <random>

#include "tests/files.h"
#include "tests/storage/personal/fixture.h"

namespace lumbung::storage {
namespace {

namespace fs = std::filesystem;

class PersonalStoreTest : public PersonalFixture {
 protected:
  PersonalStoreTest() { open(); }

  std::vector<std::uint64_t> persons_with(std::string_view nik) {
    std::vector<std::uint64_t> persons;
    for (const LookupHit& hit : store->find(kDesa, DocumentKind::kIdentity, nik)) {
      EXPECT_EQ(hit.answer, PersonalAnswer::kDone);
      persons.push_back(hit.person.value);
    }
    return persons;
  }
};

TEST_F(PersonalStoreTest, ReadsWhatWasPutAlsoAfterReopening) {
  add(1, "Siti");
  add(2, "Muhammad");
  const std::string photo(3'000'000, '\xff');
  ASSERT_EQ(store->put(document(1, DocumentKind::kPhoto), photo).answer, PersonalAnswer::kDone);
  ASSERT_EQ(store->put(document(1, DocumentKind::kNote), "").answer, PersonalAnswer::kDone);
  for (int i = 0; i < 2; ++i, reopen()) {
    EXPECT_EQ(read(identity(1)), "Siti");
    EXPECT_EQ(read(identity(2)), "Muhammad");
    EXPECT_EQ(read(document(1, DocumentKind::kPhoto)), photo);
    EXPECT_EQ(read(document(1, DocumentKind::kNote)), "");
  }
}

TEST_F(PersonalStoreTest, AFirstDocumentBringsItsPersonAndStaysAsItIs) {
  const std::string_view nik[] = {"3307010101800001"};
  const auto first = store->put_first(identity(1), "Siti", nik, kNoon);
  ASSERT_EQ(first.answer, PersonalAnswer::kDone);
  EXPECT_EQ(store->coops(), std::vector{kDesa});
  for (int i = 0; i < 2; ++i, reopen()) {
    EXPECT_EQ(read(identity(1)), "Siti");
    EXPECT_EQ(persons_with(nik[0]), std::vector<std::uint64_t>{1});
    const auto again = store->put_first(identity(1), "Siti", nik, kNoon);
    EXPECT_EQ(again.answer, PersonalAnswer::kDone);
    EXPECT_EQ(again.digest, first.digest);
    EXPECT_EQ(store->verify(identity(1), first.digest), Verdict::kMatches);
    EXPECT_EQ(store->put_first(identity(1), "Budi", nik, kNoon).answer, PersonalAnswer::kTaken);
    EXPECT_EQ(store->put_first(identity(1), "Siti", {}, kNoon).answer, PersonalAnswer::kTaken);
  }
  ASSERT_EQ(store->add_person(kDesa, {2}, kNoon), PersonalAnswer::kDone);
  EXPECT_EQ(store->put_first(identity(2), "Budi", {}, kNoon).answer, PersonalAnswer::kDone);
  EXPECT_EQ(read(identity(2)), "Budi");
  ASSERT_EQ(store->erase(kDesa, {2}, {kNoon, {1}, "x"}), PersonalAnswer::kDone);
  EXPECT_EQ(store->put_first(identity(2), "Budi", {}, kNoon).answer, PersonalAnswer::kErased);
}

TEST_F(PersonalStoreTest, CooperativesPersonsKindsAndNumbersAreApart) {
  const std::uint64_t largest = ~std::uint64_t{0};
  for (const auto& coop : {kDesa, kOther}) {
    for (const std::uint64_t person : {std::uint64_t{0}, std::uint64_t{1}, largest}) {
      ASSERT_EQ(store->add_person(coop, {person}, kNoon), PersonalAnswer::kDone);
      for (const auto kind : {DocumentKind::kAddress, DocumentKind::kPhone}) {
        for (const std::uint64_t number : {std::uint64_t{0}, largest}) {
          const std::string content = std::string(coop.text()) + std::to_string(person) +
                                      std::to_string(static_cast<int>(kind)) +
                                      std::to_string(number);
          ASSERT_EQ(store->put({coop, {person}, kind, number}, content).answer,
                    PersonalAnswer::kDone);
        }
      }
    }
  }
  EXPECT_EQ(read({kOther, {largest}, DocumentKind::kPhone, largest}),
            "DESA-DUA18446744073709551615318446744073709551615");
  EXPECT_EQ(read({kDesa, {0}, DocumentKind::kAddress, 0}), "DESA-SATU020");
  EXPECT_EQ(store->list(kDesa, {1}).size(), 4u);
}

TEST_F(PersonalStoreTest, UnknownIsUnknown) {
  EXPECT_EQ(read(identity(1)), "unknown");
  EXPECT_EQ(store->put(identity(1), "x").answer, PersonalAnswer::kUnknown);
  EXPECT_EQ(store->status(kDesa, {1}).answer, PersonalAnswer::kUnknown);
  EXPECT_EQ(store->remove(identity(1)), PersonalAnswer::kUnknown);
  EXPECT_EQ(store->erase(kDesa, {1}, {kNoon, {1}, "x"}), PersonalAnswer::kUnknown);
  EXPECT_EQ(store->verify(identity(1), {}), Verdict::kUnknown);
  add(1, "Siti");
  EXPECT_EQ(read(identity(1, 2)), "unknown");
  EXPECT_EQ(read({kOther, {1}, DocumentKind::kIdentity, 1}), "unknown");
  EXPECT_EQ(store->remove(identity(1, 2)), PersonalAnswer::kUnknown);
  EXPECT_EQ(store->verify(identity(1, 2), {}), Verdict::kUnknown);
  EXPECT_EQ(store->status(kDesa, {1}).answer, PersonalAnswer::kDone);
}

TEST_F(PersonalStoreTest, AddingAPersonTwiceKeepsWhatThereIs) {
  add(1, "Siti");
  EXPECT_EQ(store->add_person(kDesa, {1}, kNoon), PersonalAnswer::kDone);
  EXPECT_EQ(read(identity(1)), "Siti");
}

TEST_F(PersonalStoreTest, ReplacesWhatMayChangeAndWhatItIsFoundBy) {
  add(1, "Siti");
  const std::string_view corrected[] = {"3307015501800001", "+6281234567890"};
  ASSERT_EQ(store->put(identity(1), "Sitti", corrected).answer, PersonalAnswer::kDone);
  for (int i = 0; i < 2; ++i, reopen()) {
    EXPECT_EQ(read(identity(1)), "Sitti");
    EXPECT_TRUE(persons_with(nik_of(1)).empty());
    EXPECT_EQ(persons_with(corrected[0]), std::vector<std::uint64_t>{1});
    EXPECT_EQ(persons_with(corrected[1]), std::vector<std::uint64_t>{1});
  }
}

TEST_F(PersonalStoreTest, WhatEventsCiteIsWrittenOnce) {
  add(1, "Siti");
  for (const auto kind : {DocumentKind::kNote, DocumentKind::kMessage, DocumentKind::kContract}) {
    const auto first = store->put(document(1, kind), "as agreed");
    ASSERT_EQ(first.answer, PersonalAnswer::kDone);
    const auto again = store->put(document(1, kind), "as agreed");
    EXPECT_EQ(again.answer, PersonalAnswer::kDone);
    EXPECT_EQ(again.digest, first.digest);
    EXPECT_EQ(store->put(document(1, kind), "otherwise").answer, PersonalAnswer::kTaken);
    EXPECT_EQ(read(document(1, kind)), "as agreed");
  }
}

TEST_F(PersonalStoreTest, DigestsAreOfOneDocumentAndSalted) {
  add(1, "Siti");
  const Hash first = store->put(document(1, DocumentKind::kNote, 1), "the same").digest;
  const Hash second = store->put(document(1, DocumentKind::kNote, 2), "the same").digest;
  EXPECT_NE(first, second);
  EXPECT_EQ(store->verify(document(1, DocumentKind::kNote, 1), first), Verdict::kMatches);
  EXPECT_EQ(store->verify(document(1, DocumentKind::kNote, 2), first), Verdict::kDiffers);
  reopen();
  EXPECT_EQ(store->verify(document(1, DocumentKind::kNote, 2), second), Verdict::kMatches);
  // Put away and written again, it is another one: the salt is fresh.
  const Hash before = store->put(identity(1), "Siti").digest;
  const Hash after = store->put(identity(1), "Siti").digest;
  EXPECT_NE(before, after);
  EXPECT_EQ(store->verify(identity(1), before), Verdict::kDiffers);
}

TEST_F(PersonalStoreTest, FindsEverybodyWithANumberInOneCooperative) {
  add(2, "Siti");
  add(1, "Budi");
  const std::string nik = nik_of(2);
  const std::string_view lookups[] = {nik};
  ASSERT_EQ(store->put(identity(1, 2), "Budi again", lookups).answer, PersonalAnswer::kDone);
  ASSERT_EQ(store->add_person(kOther, {3}, kNoon), PersonalAnswer::kDone);
  ASSERT_EQ(store->put({kOther, {3}, DocumentKind::kIdentity, 1}, "x", lookups).answer,
            PersonalAnswer::kDone);
  for (int i = 0; i < 2; ++i, reopen()) {
    EXPECT_EQ(persons_with(nik), (std::vector<std::uint64_t>{1, 2}));
    EXPECT_TRUE(store->find(kDesa, DocumentKind::kPhone, nik).empty());
    EXPECT_TRUE(persons_with("3307010101800099").empty());
    EXPECT_EQ(store->find(kOther, DocumentKind::kIdentity, nik).size(), 1u);
  }
}

TEST_F(PersonalStoreTest, RemovesOneDocument) {
  add(1, "Siti");
  ASSERT_EQ(store->put(document(1, DocumentKind::kPhone), "+62").answer, PersonalAnswer::kDone);
  EXPECT_EQ(store->remove(identity(1)), PersonalAnswer::kDone);
  EXPECT_EQ(read(identity(1)), "unknown");
  EXPECT_TRUE(persons_with(nik_of(1)).empty());
  EXPECT_EQ(read(document(1, DocumentKind::kPhone)), "+62");
  EXPECT_EQ(store->list(kDesa, {1}).size(), 1u);
}

TEST_F(PersonalStoreTest, VisitsAKindInTheOrderOfPersons) {
  for (const std::uint64_t person : {3, 1, 2}) add(person, "name " + std::to_string(person));
  ASSERT_EQ(store->put(document(1, DocumentKind::kPhone), "+62").answer, PersonalAnswer::kDone);
  std::vector<std::string> seen;
  store->visit(kDesa, DocumentKind::kIdentity, [&](const DocumentId& id, const Reading& reading) {
    EXPECT_EQ(reading.answer, PersonalAnswer::kDone);
    seen.push_back(std::to_string(id.person.value) + " " + std::string(view_of(reading.content)));
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"1 name 1", "2 name 2", "3 name 3"}));
}

TEST_F(PersonalStoreTest, ShowsNothingInItsFiles) {
  add(1, "Siti Nurhaliza binti Ahmad");
  ASSERT_EQ(store->put(document(1, DocumentKind::kNote), "owes the shop").answer,
            PersonalAnswer::kDone);
  for (const auto& secret : {std::string("Siti"), std::string("owes"), nik_of(1)}) {
    EXPECT_TRUE(files_with(directory(), secret).empty()) << secret;
  }
}

TEST_F(PersonalStoreTest, FilesAreForTheirOwnerAlone) {
  add(1, "Siti");
  for (const auto& entry : fs::recursive_directory_iterator(temporary.path())) {
    struct stat status {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 077u, 0u) << entry.path();
  }
}

TEST_F(PersonalStoreTest, HasOneOwner) {
  EXPECT_THROW(PersonalStore::open({directory(), {}, {}}), StoreBusy);
}

// --- halves and mixtures ---

TEST_F(PersonalStoreTest, OpensWithItsOwnKeysOnly) {
  add(1, "Siti");
  close();
  const fs::path mine = temporary.path() / "mine";
  fs::rename(keys_file(), mine);
  EXPECT_THROW(open(), StoreError) << "without keys";
  EXPECT_FALSE(fs::exists(keys_file())) << "and makes none";

  const fs::path other = temporary.path() / "other";
  {
    const auto stranger = PersonalStore::open({other, {}, {}});
    ASSERT_EQ(stranger->add_person(kDesa, {1}, kNoon), PersonalAnswer::kDone);
  }
  fs::copy(other / "keys", keys_file());
  EXPECT_THROW(open(), StoreError) << "with another store's";

  store = PersonalStore::open({directory(), mine, {}});
  EXPECT_EQ(read(identity(1)), "Siti");
  close();
  fs::remove(database_file());
  EXPECT_THROW(PersonalStore::open({directory(), mine, {}}), StoreError) << "without database";
  EXPECT_FALSE(fs::exists(database_file()));
}

// --- tampering ---

class Tampered : public PersonalStoreTest {
 protected:
  Tampered() {
    add(1, "Siti");
    add(2, "Budi");
    close();
  }

  std::string run_and_read(const std::string& sql, const DocumentId& id) {
    run_on(database_file(), sql);
    open();
    std::string answer = read(id);
    close();
    return answer;
  }
};

TEST_F(Tampered, SwappedDocumentsAreDamaged) {
  const std::string swap =
      "UPDATE document SET sealed = (SELECT sealed FROM document d WHERE d.person = "
      "3 - document.person) ";
  EXPECT_EQ(run_and_read(swap + "WHERE person = 1", identity(1)), "damaged");
  EXPECT_EQ(run_and_read("SELECT 1", identity(2)), "Budi");
}

TEST_F(Tampered, DocumentUnderAnotherNumberKindOrCooperativeIsDamaged) {
  EXPECT_EQ(run_and_read("UPDATE document SET number = 9 WHERE person = 1", identity(1, 9)),
            "damaged");
  EXPECT_EQ(run_and_read("UPDATE document SET kind = 3 WHERE person = 1",
                         document(1, DocumentKind::kPhone, 9)),
            "damaged");
  EXPECT_EQ(run_and_read("UPDATE document SET kind = 1, number = 1 WHERE person = 1", identity(1)),
            "Siti");
}

TEST_F(Tampered, SwappedKeysAreDamaged) {
  const auto slots = person_slots_in(database_file());
  run_on(database_file(), "UPDATE person SET key_slot = " + std::to_string(slots.at(1).key_slot) +
                              " WHERE person = 2");
  open();
  EXPECT_EQ(read(identity(2)), "damaged");
  EXPECT_EQ(store->put(identity(2), "x").answer, PersonalAnswer::kDamaged);
  EXPECT_EQ(store->verify(identity(2), {}), Verdict::kDamaged);
}

TEST_F(Tampered, WholePersonUnderAnotherCooperativeIsDamaged) {
  open();
  ASSERT_EQ(store->add_person(kOther, {9}, kNoon), PersonalAnswer::kDone);
  close();
  run_on(database_file(),
         "UPDATE person SET coop = (SELECT coop FROM person WHERE person = 9) WHERE person = 1;"
         "UPDATE document SET coop = (SELECT coop FROM person WHERE person = 9) WHERE person = 1");
  open();
  EXPECT_EQ(read({kOther, {1}, DocumentKind::kIdentity, 1}), "damaged");
}

TEST_F(Tampered, AnyByteOfASealIsDamage) {
  for (std::size_t at = 1; at <= 40 + 32 + 1 + 17 + 4; ++at) {
    const std::string place = std::to_string(at);
    // Replaces one byte by its value with the lowest bit flipped.
    run_on(database_file(),
           "CREATE TABLE IF NOT EXISTS whole AS SELECT sealed FROM document WHERE person = 1;"
           "UPDATE document SET sealed = (SELECT CAST(substr(sealed, 1, " +
               place +
               " - 1) || "
               "CASE WHEN substr(sealed, " +
               place +
               ", 1) = x'41' THEN x'42' ELSE x'41' END || "
               "substr(sealed, " +
               place + " + 1) AS BLOB) FROM whole) WHERE person = 1");
    open();
    EXPECT_EQ(read(identity(1)), "damaged") << at;
    EXPECT_EQ(read(identity(2)), "Budi");
    const auto hits = store->find(kDesa, DocumentKind::kIdentity, nik_of(1));
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_EQ(hits[0].answer, PersonalAnswer::kDamaged);
    store->visit(kDesa, DocumentKind::kIdentity, [](const DocumentId& id, const Reading& reading) {
      EXPECT_EQ(reading.answer,
                id.person.value == 1 ? PersonalAnswer::kDamaged : PersonalAnswer::kDone);
    });
    close();
  }
}

TEST_F(Tampered, AnyByteOfAWrappedKeyIsDamage) {
  const auto slots = person_slots_in(database_file());
  for (std::size_t at = 0; at < 77; ++at) {
    std::string bytes = slots_in(database_file()).at(slots.at(1).key_slot);
    const std::string whole = hex(bytes);
    bytes = tests::flipped(bytes, at, '\x40');
    const auto set_to = [&](const std::string& text) {
      return "UPDATE secret SET bytes = x'" + text +
             "' WHERE slot = " + std::to_string(slots.at(1).key_slot);
    };
    EXPECT_EQ(run_and_read(set_to(hex(bytes)), identity(1)), "damaged") << at;
    EXPECT_EQ(run_and_read(set_to(whole), identity(1)), "Siti") << at;
  }
}

TEST_F(Tampered, TagThatLeadsToAnotherPersonIsNotBelieved) {
  // Person 2's slot gets person 1's tag.
  const auto persons = person_slots_in(database_file());
  for (const auto& [slot, bytes] : slots_in(database_file())) {
    if (bytes.find(persons.at(2).tags.at(0)) == bytes.npos) continue;
    const std::string other = bytes.substr(0, 34) + persons.at(1).tags.at(0) + bytes.substr(66);
    run_on(database_file(),
           "UPDATE secret SET bytes = x'" + hex(other) + "' WHERE slot = " + std::to_string(slot));
  }
  open();
  const auto hits = store->find(kDesa, DocumentKind::kIdentity, nik_of(1));
  ASSERT_EQ(hits.size(), 2u);
  EXPECT_EQ(hits[0].answer, PersonalAnswer::kDone);
  EXPECT_EQ(hits[1].person.value, 2u);
  EXPECT_EQ(hits[1].answer, PersonalAnswer::kDamaged);
}

// Whatever byte of the file changes: what is read is what was put, or it is no reading.
TEST_F(Tampered, NoByteOfTheFileChangesAContent) {
  const std::string whole = tests::read_file(database_file());
  std::mt19937 random(20'260'131);
  for (int i = 0; i < 400; ++i) {
    const std::size_t at = random() % whole.size();
    const auto mask = static_cast<char>(1u << (random() % 8));
    tests::write_file(database_file(), tests::flipped(whole, at, mask));
    try {
      open();
      for (const auto& [person, name] : {std::pair(1, "Siti"), {2, "Budi"}}) {
        const Reading reading =
            store->read(identity(static_cast<std::uint64_t>(person)), by_teller());
        if (reading.answer == PersonalAnswer::kDone) {
          EXPECT_EQ(view_of(reading.content), name) << at;
        }
      }
    } catch (const StoreError&) {
    }
    close();
  }
}

}  // namespace
}  // namespace lumbung::storage
