// Persons of several cooperatives over one personal store: put, changed, found, erased, and who has
// read what. What the index finds is held against its own tests; here it must follow the store.
#include "api/people/persons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>

#include "storage/database.h"
#include "storage/ledger.h"
#include "storage/personal_backup.h"
#include "tests/files.h"
#include "tests/temporary_directory.h"

namespace lumbung::api::people {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Answer = Persons::Answer;

const engine::CoopId kDesa = *engine::CoopId::parse("DESA");
const engine::CoopId kKota = *engine::CoopId::parse("KOTA");
const engine::Date kToday = *engine::parse_date("2026-04-30");
constexpr engine::Timestamp kNoon{1'777'525'200'000'000};
constexpr std::string_view kNikOfSiti = "3578084102030001";
constexpr std::string_view kNikOfBudi = "3578080102030001";

PersonRecord named(std::string name, std::string_view nik = {}) {
  PersonRecord record;
  record.name = std::move(name);
  record.nik = nik;
  return record;
}

storage::Access by_teller(std::string purpose = "counter") {
  return {{7}, std::nullopt, kNoon, std::move(purpose)};
}

std::vector<std::string> told(const std::vector<Finding>& findings) {
  std::vector<std::string> all;
  for (const Finding& finding : findings) {
    all.push_back(finding.pointer + " " + std::string(finding.wording->name));
  }
  return all;
}

class PersonsTest : public testing::Test {
 protected:
  PersonsTest() { open(); }

  void open() {
    persons.reset();
    persons = Persons::open(
        {.directory = directory(), .keys_file = {}, .member_number = [this](const PersonKey& key) {
           const auto found = numbers.find({key.coop, key.person.value});
           return found == numbers.end() ? std::string() : found->second;
         }});
  }
  std::filesystem::path directory() const { return temporary.path() / "personal"; }

  static PersonKey desa(std::uint32_t person) { return {kDesa, {person}}; }
  /// As whoever registers the next person: the journal has given one number less.
  Persons::Written put(const PersonKey& key, PersonRecord record) {
    return persons->put(key, std::move(record), {key.person.value - 1}, kNoon, kToday);
  }
  Persons::Written change(const PersonKey& key, PersonRecord record) {
    return persons->change(key, std::move(record), by_teller("correction"), kToday);
  }
  std::string name_of(const PersonKey& key) { return persons->get(key, by_teller()).record.name; }
  std::vector<std::uint32_t> found(std::string_view text, const engine::CoopId& coop = kDesa) {
    std::vector<std::uint32_t> all;
    for (const auto& hit : persons->search(coop, text, 0, 20, by_teller("search")).hits) {
      all.push_back(hit.person.value);
    }
    return all;
  }
  std::vector<std::string> purposes_of(const PersonKey& key) {
    std::vector<std::string> all;
    for (const auto& row : persons->accesses_of(key, 0, 100)) all.push_back(row.access.purpose);
    return all;
  }

  tests::TemporaryDirectory temporary;
  std::map<std::pair<engine::CoopId, std::uint32_t>, std::string> numbers;
  std::unique_ptr<Persons> persons;
};

TEST_F(PersonsTest, WhatIsPutIsReadAndCanBeCited) {
  PersonRecord siti = named("Siti Nurbaya", kNikOfSiti);
  siti.phones = {"0812-3456-7890"};
  siti.address = "Dusun Krajan";
  const auto written = put(desa(1), siti);
  ASSERT_TRUE(written.done());
  for (int i = 0; i < 2; ++i, open()) {
    const auto got = persons->get(desa(1), by_teller());
    ASSERT_EQ(got.answer, Answer::kDone);
    siti.phones = {"+6281234567890"};
    EXPECT_EQ(got.record, siti);
    EXPECT_EQ(persons->verify(desa(1), written.digest), storage::Verdict::kMatches);
    EXPECT_EQ(persons->get({kKota, {1}}, by_teller()).answer, Answer::kUnknown);
    EXPECT_EQ(persons->get(desa(2), by_teller()).answer, Answer::kUnknown);
  }
}

TEST_F(PersonsTest, DigestsAreSaltedAndKeyed) {
  const auto first = put(desa(1), named("Siti"));
  const auto second = put(desa(2), named("Siti"));
  const auto other = put({kKota, {1}}, named("Siti"));
  EXPECT_NE(first.digest, second.digest);
  EXPECT_NE(first.digest, other.digest);
  EXPECT_NE(first.digest, storage::sha256(encode_record(named("Siti"))));
  EXPECT_NE(change(desa(1), named("Siti")).digest, first.digest);
}

TEST_F(PersonsTest, PuttingAgainGivesTheSameDigestAlsoBehindTheEvent) {
  const auto first = put(desa(1), named("Siti", kNikOfSiti));
  open();
  EXPECT_EQ(put(desa(1), named("Siti", "35.7808.410203.0001")).digest, first.digest);
  const auto behind = persons->put(desa(1), named("Siti", kNikOfSiti), {1}, kNoon, kToday);
  EXPECT_TRUE(behind.done());
  EXPECT_EQ(behind.digest, first.digest);
}

TEST_F(PersonsTest, ANumberOfTheJournalIsNotGivenToAnother) {
  ASSERT_TRUE(put(desa(1), named("Siti")).done());
  const auto other = persons->put(desa(1), named("Budi"), {1}, kNoon, kToday);
  EXPECT_EQ(other.answer, Answer::kTaken);
  EXPECT_EQ(name_of(desa(1)), "Siti");
  EXPECT_THAT(found("budi"), IsEmpty());
}

TEST_F(PersonsTest, WhatARegisteringLeftThatDidNotComeToItsEventGivesWay) {
  ASSERT_TRUE(put(desa(1), named("Siti", kNikOfSiti)).done());
  EXPECT_THAT(found("siti"), ElementsAre(1));
  const auto next = put(desa(1), named("Budi", kNikOfBudi));
  ASSERT_TRUE(next.done());
  EXPECT_EQ(name_of(desa(1)), "Budi");
  EXPECT_EQ(persons->verify(desa(1), next.digest), storage::Verdict::kMatches);
  EXPECT_THAT(found("siti"), IsEmpty());
  EXPECT_THAT(persons->with_nik(kDesa, kNikOfSiti, kToday), IsEmpty());
}

TEST_F(PersonsTest, AChangeTakesThePlaceOfWhatWasThere) {
  const auto first = put(desa(1), named("Siti", kNikOfSiti));
  EXPECT_THAT(found("siti"), ElementsAre(1));
  const auto second = change(desa(1), named("Aminah", kNikOfBudi));
  ASSERT_TRUE(second.done());
  EXPECT_EQ(name_of(desa(1)), "Aminah");
  EXPECT_EQ(persons->verify(desa(1), first.digest), storage::Verdict::kDiffers);
  EXPECT_EQ(persons->verify(desa(1), second.digest), storage::Verdict::kMatches);
  EXPECT_THAT(found("siti"), IsEmpty());
  EXPECT_THAT(found("aminah"), ElementsAre(1));
  EXPECT_THAT(persons->with_nik(kDesa, kNikOfSiti, kToday), IsEmpty());
  EXPECT_EQ(persons->with_nik(kDesa, kNikOfBudi, kToday).size(), 1u);
  EXPECT_EQ(purposes_of(desa(1)).at(1), "correction");
  EXPECT_EQ(change(desa(2), named("Nobody")).answer, Answer::kUnknown);
}

TEST_F(PersonsTest, AWrongRecordChangesNothing) {
  ASSERT_TRUE(put(desa(1), named("Siti", kNikOfSiti)).done());
  const auto wrong = put(desa(2), named("Budi", "3578083202030001"));
  EXPECT_FALSE(wrong.done());
  EXPECT_THAT(told(wrong.judgement.refusals), ElementsAre("/nik nik_day_invalid"));
  EXPECT_EQ(persons->get(desa(2), by_teller()).answer, Answer::kUnknown);
  EXPECT_FALSE(change(desa(1), named("---")).done());
  EXPECT_EQ(name_of(desa(1)), "Siti");
  EXPECT_THAT(purposes_of(desa(1)), ElementsAre("counter")) << "what was refused is no access";
}

TEST_F(PersonsTest, AnUnknownRegionIsAWarning) {
  const auto written = put(desa(1), named("Siti", "9999080102030001"));
  EXPECT_TRUE(written.done());
  EXPECT_THAT(told(written.judgement.warnings), ElementsAre("/nik nik_region_unknown"));
}

TEST_F(PersonsTest, ANikOfAnotherIsToldWithTheNumber) {
  ASSERT_TRUE(put(desa(1), named("Siti", kNikOfSiti)).done());
  ASSERT_TRUE(put(desa(2), named("Budi", kNikOfBudi)).done());
  for (int i = 0; i < 2; ++i, open()) {
    const auto again = put(desa(3), named("Sitti", "3578 0841 0203 0001"));
    EXPECT_FALSE(again.done());
    EXPECT_EQ(again.other, PersonNo{1});
    EXPECT_THAT(told(again.judgement.refusals), ElementsAre("/nik nik_taken"));
    const auto changed = change(desa(2), named("Budi", kNikOfSiti));
    EXPECT_FALSE(changed.done());
    EXPECT_EQ(changed.other, PersonNo{1});
  }
  EXPECT_TRUE(change(desa(1), named("Siti Nurbaya", kNikOfSiti)).done()) << "one's own is none";
  EXPECT_TRUE(put({kKota, {1}}, named("Siti", kNikOfSiti)).done()) << "nor another cooperative's";
}

// --- finding ---

TEST_F(PersonsTest, AreFoundByNamesNumbersAndPhones) {
  numbers[{kDesa, 1}] = "A-0012";
  PersonRecord siti = named("Siti Nurbaya");
  siti.other_names = {"Bu Warung"};
  siti.phones = {"081234567890"};
  ASSERT_TRUE(put(desa(1), siti).done());
  ASSERT_TRUE(put(desa(2), named("Suharto")).done());
  ASSERT_TRUE(put({kKota, {5}}, named("Siti Aminah")).done());
  for (int i = 0; i < 2; ++i, open()) {
    for (const std::string_view text : {"siti", "nurb", "warung", "A-0012", "0012", "0812345"}) {
      EXPECT_THAT(found(text), ElementsAre(1)) << text;
    }
    EXPECT_THAT(found("soeharto"), ElementsAre(2));
    EXPECT_THAT(found("siti", kKota), ElementsAre(5));
    EXPECT_THAT(found(""), ElementsAre(1, 2));
    EXPECT_THAT(found(std::string(kNikOfSiti)), IsEmpty());
  }
  const auto page = persons->search(kDesa, "siti", 0, 20, by_teller("search"));
  ASSERT_EQ(page.hits.size(), 1u);
  EXPECT_EQ(page.hits[0].name, "Siti Nurbaya");
  EXPECT_EQ(page.hits[0].match, Match::kExact);
  EXPECT_EQ(persons->search(kDesa, "", 1, 1, by_teller("search")).hits.at(0).person.value, 2u);
  EXPECT_EQ(persons->search(kDesa, "", 1, 1, by_teller("search")).total, 2u);
}

TEST_F(PersonsTest, AMemberNumberIsFoundOnceItIsGiven) {
  ASSERT_TRUE(put(desa(1), named("Siti")).done());
  EXPECT_THAT(found("A-77"), IsEmpty());
  numbers[{kDesa, 1}] = "A-77";
  persons->member_number_changed(desa(1));
  EXPECT_THAT(found("A-77"), ElementsAre(1));
  EXPECT_THAT(found("siti"), ElementsAre(1));
  persons->member_number_changed(desa(9));
  EXPECT_THAT(found(""), ElementsAre(1));
}

TEST_F(PersonsTest, IndexesAreBuiltForAllCooperatives) {
  ASSERT_TRUE(put(desa(1), named("Siti")).done());
  ASSERT_TRUE(put({kKota, {1}}, named("Budi")).done());
  open();
  EXPECT_TRUE(persons->build_indexes().empty());
  EXPECT_THAT(found("budi", kKota), ElementsAre(1));
  ASSERT_TRUE(put(desa(2), named("Sitti")).done());
  EXPECT_THAT(found("siti"), ElementsAre(1, 2));
}

TEST_F(PersonsTest, WhoIsDamagedIsNamedAndTheOthersAreFound) {
  for (std::uint32_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(put(desa(i), named("Siti " + std::to_string(i))).done());
  }
  persons.reset();
  {
    storage::Database file(directory() / "personal.db", storage::Database::Mode::kOwner);
    file.execute("UPDATE document SET sealed = zeroblob(length(sealed)) WHERE person = 2");
  }
  open();
  const auto damaged = persons->build_indexes();
  ASSERT_EQ(damaged.size(), 1u);
  EXPECT_EQ(damaged[0].coop, kDesa);
  EXPECT_EQ(damaged[0].person, PersonNo{2});
  EXPECT_THAT(found("siti"), ElementsAre(1, 3));
  EXPECT_EQ(persons->get(desa(2), by_teller()).answer, Answer::kDamaged);
}

// --- who has read ---

TEST_F(PersonsTest, EachReadingIsRecordedWithItsPurpose) {
  ASSERT_TRUE(put(desa(1), named("Siti")).done());
  ASSERT_TRUE(put(desa(2), named("Budi")).done());
  EXPECT_THAT(purposes_of(desa(1)), IsEmpty());
  persons->get(desa(1), by_teller("loan-check"));
  found("siti");
  persons->with_nik(kDesa, kNikOfSiti, kToday);
  persons->verify(desa(1), {});
  EXPECT_THAT(purposes_of(desa(1)), ElementsAre("loan-check", "search"));
  EXPECT_THAT(purposes_of(desa(2)), IsEmpty()) << "who was not shown was not read";
  open();
  persons->build_indexes();
  EXPECT_THAT(purposes_of(desa(1)), ElementsAre("loan-check", "search"));
}

TEST_F(PersonsTest, TheListAfterABreachHasWhoWasReadAndNobodyElse) {
  for (std::uint32_t i = 1; i <= 4; ++i) {
    ASSERT_TRUE(put(desa(i), named("Siti " + std::to_string(i))).done());
  }
  const engine::Timestamp later{kNoon.us + 1'000'000};
  persons->get(desa(1), {{7}, std::nullopt, kNoon, "counter"});
  persons->get(desa(2), {{7}, std::nullopt, later, "counter"});
  persons->get(desa(2), {{7}, std::nullopt, later, "counter"});
  persons->get(desa(3), {{8}, std::nullopt, later, "counter"});
  persons->get(desa(4), {{9}, storage::sha256("token"), later, "counter"});
  const auto affected = [&](storage::BreachQuery query) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
    for (const auto& one : persons->affected(kDesa, query)) {
      all.emplace_back(one.person.value, one.reads);
    }
    return all;
  };
  const engine::Timestamp end{later.us + 1};
  EXPECT_THAT(affected({engine::PrincipalHandle{7}, {}, kNoon, end}),
              ElementsAre(std::pair(1, 1), std::pair(2, 2)));
  EXPECT_THAT(affected({engine::PrincipalHandle{7}, {}, later, end}), ElementsAre(std::pair(2, 2)));
  EXPECT_THAT(affected({engine::PrincipalHandle{8}, storage::sha256("token"), kNoon, end}),
              ElementsAre(std::pair(3, 1), std::pair(4, 1)));
  EXPECT_EQ(persons->everybody(kDesa).size(), 4u);
  EXPECT_THAT(persons->everybody(kKota), IsEmpty());
}

// --- erasing ---

TEST_F(PersonsTest, ErasingWaitsForTheLaw) {
  ASSERT_TRUE(put(desa(1), named("Siti", kNikOfSiti)).done());
  const storage::Erasure erasure{kNoon, {3}, "request"};
  for (const engine::Date until : {kToday, kToday + 1}) {
    const auto refused = persons->erase(desa(1), erasure, until, kToday);
    EXPECT_FALSE(refused.done());
    EXPECT_EQ(refused.refused_until, until);
  }
  EXPECT_EQ(name_of(desa(1)), "Siti");
  EXPECT_TRUE(persons->erase(desa(1), erasure, kToday - 1, kToday).done());
  EXPECT_EQ(persons->erase(desa(1), erasure, std::nullopt, kToday).answer, Answer::kErased);
  EXPECT_EQ(persons->erase(desa(2), erasure, std::nullopt, kToday).answer, Answer::kUnknown);
}

TEST_F(PersonsTest, WhoIsErasedIsNowhere) {
  const auto written = put(desa(1), named("Siti", kNikOfSiti));
  ASSERT_TRUE(put(desa(2), named("Sitti")).done());
  EXPECT_THAT(found("siti"), ElementsAre(1, 2));
  const storage::Erasure erasure{kNoon, {3}, "request"};
  ASSERT_TRUE(persons->erase(desa(1), erasure, std::nullopt, kToday).done());
  for (int i = 0; i < 2; ++i, open()) {
    EXPECT_THAT(found("siti"), ElementsAre(2));
    EXPECT_THAT(persons->with_nik(kDesa, kNikOfSiti, kToday), IsEmpty());
    EXPECT_EQ(persons->everybody(kDesa).size(), 1u);
    const auto got = persons->get(desa(1), by_teller());
    EXPECT_EQ(got.answer, Answer::kErased);
    EXPECT_EQ(got.record, PersonRecord());
    EXPECT_EQ(got.erasure, erasure);
    EXPECT_EQ(persons->verify(desa(1), written.digest), storage::Verdict::kErased);
    EXPECT_EQ(put(desa(1), named("Siti")).answer, Answer::kErased);
    EXPECT_EQ(change(desa(1), named("Siti")).answer, Answer::kErased);
  }
  EXPECT_THAT(purposes_of(desa(1)), ElementsAre("search")) << "who had read it is still known";
  EXPECT_TRUE(put(desa(3), named("Siti", kNikOfSiti)).done()) << "the NIK is free again";
}

// --- keys and copies ---

TEST_F(PersonsTest, RotationChangesNothingThatIsSeen) {
  const auto written = put(desa(1), named("Siti", kNikOfSiti));
  const std::string keys = tests::read_file(directory() / "keys");
  EXPECT_EQ(persons->rotate_keys(kDesa).rewrapped, 1u);
  EXPECT_NE(tests::read_file(directory() / "keys"), keys);
  for (int i = 0; i < 2; ++i, open()) {
    EXPECT_EQ(name_of(desa(1)), "Siti");
    EXPECT_EQ(persons->verify(desa(1), written.digest), storage::Verdict::kMatches);
    EXPECT_EQ(persons->with_nik(kDesa, kNikOfSiti, kToday).size(), 1u);
  }
}

TEST_F(PersonsTest, ACopyIsAStoreOfItsOwn) {
  ASSERT_TRUE(put(desa(1), named("Siti", kNikOfSiti)).done());
  const auto copy = temporary.path() / "copy";
  persons->backup(copy, {}, storage::BackupKeys::kCopied);
  EXPECT_EQ(storage::check_pair(copy, copy / "keys", {}), storage::PairFault::kNone);
  persons = Persons::open({.directory = copy});
  EXPECT_EQ(name_of(desa(1)), "Siti");
  EXPECT_THAT(found("siti"), ElementsAre(1));
}

TEST_F(PersonsTest, ManyThreadsAtOnce) {
  constexpr std::uint32_t kEach = 20;
  std::vector<std::thread> threads;
  for (const engine::CoopId& coop : {kDesa, kKota}) {
    threads.emplace_back([&, coop] {
      for (std::uint32_t i = 1; i <= kEach; ++i) {
        ASSERT_TRUE(put({coop, {i}}, named("Siti " + std::to_string(i))).done());
        if (i % 5 != 0) continue;
        ASSERT_TRUE(change({coop, {i}}, named("Budi")).done());
      }
    });
    threads.emplace_back([&, coop] {
      for (std::uint32_t i = 0; i < kEach; ++i) {
        for (const auto& hit : persons->search(coop, "siti", 0, 20, by_teller("search")).hits) {
          ASSERT_FALSE(hit.name.empty());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const engine::CoopId& coop : {kDesa, kKota}) {
    EXPECT_EQ(persons->search(coop, "siti", 0, 20, by_teller("search")).total, kEach * 4 / 5);
    EXPECT_EQ(persons->search(coop, "budi", 0, 20, by_teller("search")).total, kEach / 5);
  }
}

}  // namespace
}  // namespace lumbung::api::people
