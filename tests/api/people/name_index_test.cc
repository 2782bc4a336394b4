#include "api/people/name_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/api/people/people_model.h"
#include "tests/random.h"

namespace lumbung::api::people {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using tests::MadeUpPerson;

std::vector<NameIndex::PersonId> ids(const NameIndex::Page& page) {
  std::vector<NameIndex::PersonId> found;
  for (const NameIndex::Hit& hit : page.hits) found.push_back(hit.id);
  return found;
}

class OfAVillage : public testing::Test {
 protected:
  OfAVillage() {
    for (const MadeUpPerson& person : {
             MadeUpPerson{1, "Siti Nurbaya", "A-0001", {"+6281234567890"}},
             MadeUpPerson{2, "Muhammad Yusuf", "A-0002", {"+60123456789"}},
             MadeUpPerson{3, "Moh. Yusup Soeharto", "A-0012", {}},
             MadeUpPerson{4, "Nur'aini", "", {"+6285112345678", "+85251234567"}},
             MadeUpPerson{5, "Suharto", "B-0001", {}},
             MadeUpPerson{6, "Suharto", "B-0002", {}},
             MadeUpPerson{7, "Sri Wahyuni", "B-0003", {}},
             MadeUpPerson{8, "Jos\u00e9 \u9673", "C-1", {}},
         }) {
      tests::put(index_, person);
    }
  }
  std::vector<NameIndex::PersonId> found(std::string_view query) const {
    return ids(index_.search(query, 0, 20));
  }

  NameIndex index_;
};

TEST_F(OfAVillage, AnyWordInAnyOrder) {
  EXPECT_THAT(found("nurbaya siti"), ElementsAre(1));
  EXPECT_THAT(found("SITI  NUR"), ElementsAre(1));
  EXPECT_THAT(found("siti yusuf"), IsEmpty());
}

TEST_F(OfAVillage, ExactBeforePrefixBeforeInfixThenNameThenId) {
  EXPECT_THAT(index_.search("suharto", 0, 20).hits,
              ElementsAre(NameIndex::Hit{3, Match::kExact}, NameIndex::Hit{5, Match::kExact},
                          NameIndex::Hit{6, Match::kExact}));
  EXPECT_THAT(index_.search("nur", 0, 20).hits,
              ElementsAre(NameIndex::Hit{4, Match::kPrefix}, NameIndex::Hit{1, Match::kPrefix}));
  EXPECT_THAT(index_.search("ya", 0, 20).hits, ElementsAre(NameIndex::Hit{1, Match::kInfix}));
}

TEST_F(OfAVillage, OtherSpellings) {
  EXPECT_THAT(found("moehammad joesoef"), ElementsAre(3, 2));
  EXPECT_THAT(found("mochamad yusuf"), ElementsAre(3, 2));
  EXPECT_THAT(found("soeharto"), ElementsAre(3, 5, 6));
  EXPECT_THAT(found("nuraini"), ElementsAre(4));
  EXPECT_THAT(found("nur\u2019aeni"), ElementsAre(4));
  EXPECT_THAT(found("jose"), ElementsAre(8));
  EXPECT_THAT(found("\u9673"), ElementsAre(8));
}

TEST_F(OfAVillage, MemberNumbersAndPhones) {
  EXPECT_THAT(found("a-0001"), ElementsAre(1));
  EXPECT_THAT(found("A0001"), ElementsAre(1));
  EXPECT_THAT(found("a-00"), ElementsAre(3, 2, 1));
  EXPECT_THAT(found("081234567890"), ElementsAre(1));
  EXPECT_THAT(found("0812-3456"), ElementsAre(1));
  EXPECT_THAT(found("+62812"), ElementsAre(1));
  EXPECT_THAT(found("0060123"), ElementsAre(2));
  EXPECT_THAT(found("5678"), ElementsAre(2, 4, 1));
  EXPECT_THAT(found("51234567"), ElementsAre(4));
  EXPECT_THAT(found("siti 7890"), ElementsAre(1));
}

TEST_F(OfAVillage, PagesFollowEachOther) {
  const auto all = index_.search("", 0, 100);
  EXPECT_EQ(all.total, 8U);
  EXPECT_THAT(ids(all), ElementsAre(8, 3, 2, 4, 1, 7, 5, 6));
  EXPECT_THAT(found("- !"), ElementsAre(8, 3, 2, 4, 1, 7, 5, 6));
  const auto whole = index_.search("u", 0, SIZE_MAX);
  for (std::size_t offset = 0; offset <= 9; ++offset) {
    const auto page = index_.search("u", offset, 2);
    EXPECT_EQ(page.total, whole.total);
    const std::size_t from = std::min(offset, whole.hits.size());
    const std::size_t to = std::min(offset + 2, whole.hits.size());
    EXPECT_THAT(page.hits, testing::ElementsAreArray(whole.hits.data() + from, to - from));
  }
  EXPECT_THAT(index_.search("u", SIZE_MAX, SIZE_MAX).hits, IsEmpty());
  EXPECT_THAT(index_.search("u", 0, 0).hits, IsEmpty());
}

TEST_F(OfAVillage, APersonIsReplacedAndErased) {
  tests::put(index_, {1, "Siti Aminah", "A-0001", {}});
  EXPECT_EQ(index_.size(), 8U);
  EXPECT_THAT(found("nurbaya"), IsEmpty());
  EXPECT_THAT(found("081234567890"), IsEmpty());
  EXPECT_THAT(found("aminah"), ElementsAre(1));
  EXPECT_TRUE(index_.erase(1));
  EXPECT_FALSE(index_.erase(1));
  EXPECT_THAT(found("siti"), IsEmpty());
  EXPECT_EQ(index_.size(), 7U);
}

TEST_F(OfAVillage, TooLongAQueryFindsNobody) {
  EXPECT_THAT(found(std::string(NameQuery::kBytesMax + 1, ' ')), IsEmpty());
  std::string parts;
  for (std::size_t i = 0; i < NameQuery::kPartsMax; ++i) parts += "s ";
  EXPECT_FALSE(found(parts).empty());
  EXPECT_THAT(found(parts + "s"), IsEmpty());
}

TEST_F(OfAVillage, APersonMayHaveNoName) {
  index_.put({9, "", "", {}});
  index_.put({10, "...", "D-1", {}});
  EXPECT_THAT(found("d1"), ElementsAre(10));
  EXPECT_THAT(ids(index_.search("", 0, 2)), ElementsAre(9, 10));
  EXPECT_TRUE(index_.erase(9));
}

void expect_same(const NameIndex& index, const tests::NaivePersons& naive, const std::string& query,
                 std::size_t offset) {
  const auto expected = naive.search(query, offset, 20);
  const auto page = index.search(query, offset, 20);
  ASSERT_EQ(page.total, expected.total) << query;
  ASSERT_EQ(page.hits, expected.hits) << query;
}

TEST(NameIndex, FindsWhatANaiveSearchFindsAmongFiftyThousand) {
  constexpr std::uint32_t kPersons = 50'000;
  tests::Random random(4);
  NameIndex index;
  tests::NaivePersons naive;
  std::vector<MadeUpPerson> persons;
  for (std::uint32_t id = 1; id <= kPersons; ++id) {
    persons.push_back(tests::made_up_person(id, random));
    tests::put(index, persons.back());
    naive.put(persons.back());
  }
  EXPECT_EQ(index.size(), kPersons);
  for (int i = 0; i < 25; ++i) {
    expect_same(index, naive, tests::made_up_query(random.one_of(persons), random),
                random.below(3) * 20);
  }
}

TEST(NameIndex, FollowsRandomChanges) {
  tests::Random random(5);
  NameIndex index;
  tests::NaivePersons naive;
  std::vector<MadeUpPerson> persons;
  for (int i = 0; i < 3'000; ++i) {
    const auto id = static_cast<std::uint32_t>(random.below(300));
    if (random.one_in(4)) {
      index.erase(id);
      naive.erase(id);
    } else {
      persons.push_back(tests::made_up_person(id, random));
      tests::put(index, persons.back());
      naive.put(persons.back());
    }
    if (persons.empty() || !random.one_in(5)) continue;
    expect_same(index, naive, tests::made_up_query(random.one_of(persons), random),
                random.below(40));
  }
}

TEST(NameIndex, IsReadWhileItChanges) {
  NameIndex index;
  tests::put(index, {0, "Selalu Ada", "Z-0", {}});
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        EXPECT_THAT(ids(index.search("selalu ada", 0, 20)), ElementsAre(0));
        EXPECT_GE(index.size(), 1U);
      }
    });
  }
  tests::Random random(6);
  for (int i = 0; i < 1'000; ++i) {
    const auto id = static_cast<std::uint32_t>(1 + random.below(50));
    if (random.one_in(3)) {
      index.erase(id);
    } else {
      tests::put(index, tests::made_up_person(id, random));
    }
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace lumbung::api::people
