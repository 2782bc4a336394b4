// Who has read what: the record of it, and the list that a notice of a breach begins with.
#include "tests/storage/personal/fixture.h"

namespace lumbung::storage {
namespace {

class AccessRecord : public PersonalFixture {
 protected:
  AccessRecord() {
    open();
    for (const std::uint64_t person : {1, 2, 3}) {
      add(person, "name");
      EXPECT_EQ(store->put(document(person, DocumentKind::kPhone), "+62").answer,
                PersonalAnswer::kDone);
    }
  }
  static Access access(std::uint32_t principal, std::int64_t at_us,
                       std::optional<Hash> token = {}) {
    return {{principal}, token, {at_us}, "counter"};
  }
  void read_as(const DocumentId& id, const Access& by) {
    EXPECT_EQ(store->read(id, by).answer, PersonalAnswer::kDone);
  }
  std::vector<std::uint64_t> persons(const BreachQuery& query) {
    std::vector<std::uint64_t> numbers;
    for (const Affected& one : store->affected(kDesa, query)) numbers.push_back(one.person.value);
    return numbers;
  }
};

TEST_F(AccessRecord, OfManyReadTogetherHasThoseThatWereRead) {
  ASSERT_EQ(store->erase(kDesa, {2}, {kNoon, {1}, "x"}), PersonalAnswer::kDone);
  const DocumentId documents[] = {identity(1), identity(2), identity(9), identity(3)};
  const auto readings = store->read(documents, access(12, 1'000));
  ASSERT_EQ(readings.size(), 4u);
  EXPECT_EQ(view_of(readings[0].content), "name");
  EXPECT_EQ(readings[1].answer, PersonalAnswer::kErased);
  EXPECT_EQ(readings[2].answer, PersonalAnswer::kUnknown);
  EXPECT_EQ(view_of(readings[3].content), "name");
  const auto rows = store->accesses_by(kDesa, {12}, 0, 10);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].document, identity(1));
  EXPECT_EQ(rows[1].document, identity(3));
  EXPECT_EQ(view_of(store->read_for_index(identity(1)).content), "name");
  EXPECT_EQ(store->accesses_by(kDesa, {12}, 0, 10).size(), 2u);
}

TEST_F(AccessRecord, HasEveryReadingOnceWithAllThatIsKnownOfIt) {
  Hash token{};
  token[0] = 0xff;
  read_as(identity(1), {{12}, token, {1'000}, "loan.application"});
  read_as(document(1, DocumentKind::kPhone), access(13, 2'000));
  read_as(identity(2), access(12, 3'000));
  for (int i = 0; i < 2; ++i, reopen()) {
    const auto of_one = store->accesses_of(kDesa, {1}, 0, 10);
    ASSERT_EQ(of_one.size(), 2u);
    EXPECT_EQ(of_one[0].document, identity(1));
    EXPECT_EQ(of_one[0].access.principal.value, 12u);
    EXPECT_EQ(of_one[0].access.token, token);
    EXPECT_EQ(of_one[0].access.at.us, 1'000);
    EXPECT_EQ(of_one[0].access.purpose, "loan.application");
    EXPECT_EQ(of_one[1].document, document(1, DocumentKind::kPhone));
    EXPECT_EQ(of_one[1].access.token, std::nullopt);
    EXPECT_LT(of_one[0].number, of_one[1].number);
    const auto by_twelve = store->accesses_by(kDesa, {12}, 0, 10);
    ASSERT_EQ(by_twelve.size(), 2u);
    EXPECT_EQ(by_twelve[1].document, identity(2));
    EXPECT_TRUE(store->accesses_of(kOther, {1}, 0, 10).empty());
    EXPECT_TRUE(store->accesses_by(kOther, {12}, 0, 10).empty());
  }
}

TEST_F(AccessRecord, HasNoneWhereNothingWasGivenOut) {
  EXPECT_EQ(store->read(identity(9), access(12, 1)).answer, PersonalAnswer::kUnknown);
  EXPECT_EQ(store->read(identity(1, 9), access(12, 1)).answer, PersonalAnswer::kUnknown);
  ASSERT_EQ(store->erase(kDesa, {1}, {kNoon, {1}, "x"}), PersonalAnswer::kDone);
  EXPECT_EQ(store->read(identity(1), access(12, 1)).answer, PersonalAnswer::kErased);
  EXPECT_TRUE(store->accesses_by(kDesa, {12}, 0, 10).empty());
}

TEST_F(AccessRecord, IsReadInPages) {
  std::vector<PersonalStore::Shown> shown;
  for (std::uint64_t i = 0; i < 25; ++i) {
    shown.push_back({identity(1 + i % 3), access(12, static_cast<std::int64_t>(i))});
  }
  store->record(shown);
  store->record({});
  std::vector<std::int64_t> times;
  std::uint64_t after = 0;
  for (;;) {
    const auto page = store->accesses_by(kDesa, {12}, after, 10);
    if (page.empty()) break;
    EXPECT_LE(page.size(), 10u);
    for (const AccessRow& row : page) times.push_back(row.access.at.us);
    after = page.back().number;
  }
  ASSERT_EQ(times.size(), 25u);
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_EQ(times[i], static_cast<std::int64_t>(i));
  EXPECT_EQ(store->accesses_of(kDesa, {1}, 0, 100).size(), 9u);
}

TEST_F(AccessRecord, NamesWhomABreachConcerns) {
  Hash token{};
  token[5] = 1;
  Hash other_token{};
  read_as(identity(3), access(12, 100));
  read_as(document(3, DocumentKind::kPhone), access(12, 150, other_token));
  read_as(identity(3), access(12, 180));
  read_as(identity(1), access(13, 120, token));
  read_as(identity(2), access(13, 130));
  read_as(identity(2), access(12, 200));
  const engine::PrincipalHandle twelve{12};
  EXPECT_EQ(persons({twelve, {}, {100}, {200}}), std::vector<std::uint64_t>{3});
  EXPECT_EQ(persons({twelve, {}, {100}, {201}}), (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(persons({twelve, {}, {101}, {150}}), std::vector<std::uint64_t>{});
  EXPECT_EQ(persons({{}, token, {0}, {1'000}}), std::vector<std::uint64_t>{1});
  EXPECT_EQ(persons({twelve, token, {0}, {200}}), (std::vector<std::uint64_t>{1, 3}));
  EXPECT_EQ(persons({{}, {}, {0}, {1'000}}), std::vector<std::uint64_t>{});

  const auto affected = store->affected(kDesa, {twelve, {}, {0}, {200}});
  ASSERT_EQ(affected.size(), 1u);
  EXPECT_EQ(affected[0].kinds, (std::vector{DocumentKind::kIdentity, DocumentKind::kPhone}));
  EXPECT_EQ(affected[0].reads, 3u);
  EXPECT_EQ(affected[0].first.us, 100);
  EXPECT_EQ(affected[0].last.us, 180);
}

TEST_F(AccessRecord, OutlivesThePerson) {
  read_as(identity(1), access(12, 100));
  ASSERT_EQ(store->erase(kDesa, {1}, {kNoon, {1}, "x"}), PersonalAnswer::kDone);
  EXPECT_EQ(persons({engine::PrincipalHandle{12}, {}, {0}, {200}}), std::vector<std::uint64_t>{1});
}

TEST_F(AccessRecord, IsOnlyAddedTo) {
  read_as(identity(1), access(12, 100));
  close();
  EXPECT_THROW(run_on(database_file(), "DELETE FROM access"), StoreError);
  EXPECT_THROW(run_on(database_file(), "UPDATE access SET principal = 1"), StoreError);
  open();
  EXPECT_EQ(store->accesses_by(kDesa, {12}, 0, 10).size(), 1u);
}

}  // namespace
}  // namespace lumbung::storage
