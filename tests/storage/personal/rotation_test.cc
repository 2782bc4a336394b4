// A cooperative's key is replaced, also by a process that is killed at any point of it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <ostream>

#include "tests/files.h"
#include "tests/storage/personal/fixture.h"

namespace lumbung::storage {
namespace {

constexpr std::uint64_t kPersons = 600;  // three batches

class Rotation : public PersonalFixture {
 protected:
  Rotation() { open(); }

  void fill(std::uint64_t persons) {
    for (std::uint64_t person = 1; person <= persons; ++person) {
      add(person, "name " + std::to_string(person));
    }
  }
  std::vector<KeyGeneration> generations() { return load_keys(keys_file())->generations(kDesa); }
  /// As the key file writes it.
  std::string key_now() {
    const auto ring = load_keys(keys_file());
    return hex(ring->find(kDesa, ring->generations(kDesa).back())->key.view());
  }
  void expect_whole(std::uint64_t persons) {
    std::uint64_t count = 0;
    store->visit(kDesa, DocumentKind::kIdentity, [&](const DocumentId& id, const Reading& reading) {
      ++count;
      EXPECT_EQ(reading.answer, PersonalAnswer::kDone);
      EXPECT_EQ(view_of(reading.content), "name " + std::to_string(id.person.value));
    });
    EXPECT_EQ(count, persons);
    for (std::uint64_t person = 1; person <= persons; ++person) {
      const auto hits = store->find(kDesa, DocumentKind::kIdentity, nik_of(person));
      ASSERT_EQ(hits.size(), 1u);
      EXPECT_EQ(hits[0].person.value, person);
      EXPECT_EQ(hits[0].answer, PersonalAnswer::kDone);
    }
  }
  /// Runs `work` in a process of its own, which `work` or `kill_after` kills.
  template <class Work>
  void in_a_process_that_dies(const Work& work, std::optional<useconds_t> kill_after_us = {}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      work();
      ::_exit(0);
    }
    if (kill_after_us) {
      ::usleep(*kill_after_us);
      ::kill(child, SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
                (kill_after_us && WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
};

TEST_F(Rotation, WrapsAnewWhatThereIsAndDestroysTheOldKey) {
  fill(kPersons);
  const std::string old_key = key_now();
  const auto before = [&] {
    close();
    auto slots = person_slots_in(database_file());
    open();
    return slots;
  }();
  const Hash digest = store->put(document(1, DocumentKind::kNote), "a note").digest;
  const RotationReport report = store->rotate_keys(kDesa);
  EXPECT_EQ(report.generation, 2u);
  EXPECT_EQ(report.rewrapped, kPersons);
  EXPECT_TRUE(report.damaged.empty());
  EXPECT_EQ(generations(), std::vector<KeyGeneration>{2});
  EXPECT_TRUE(files_with(directory(), old_key).empty());
  for (int i = 0; i < 2; ++i, reopen()) {
    expect_whole(kPersons);
    EXPECT_EQ(store->verify(document(1, DocumentKind::kNote), digest), Verdict::kMatches);
  }
  std::string all;
  for (const auto& [path, bytes] : bytes_under(directory())) all += bytes;
  for (const auto& [person, slots] : before) {
    EXPECT_EQ(all.find(slots.key), all.npos);
    EXPECT_EQ(all.find(slots.tags.at(0)), all.npos);
  }
}

TEST_F(Rotation, TouchesOneCooperative) {
  fill(1);
  ASSERT_EQ(store->add_person(kOther, {1}, kNoon), PersonalAnswer::kDone);
  ASSERT_EQ(store->put({kOther, {1}, DocumentKind::kPhone, 1}, "+62").answer,
            PersonalAnswer::kDone);
  EXPECT_EQ(store->rotate_keys(kDesa).generation, 2u);
  EXPECT_EQ(store->rotate_keys(kDesa).generation, 3u);
  EXPECT_EQ(load_keys(keys_file())->generations(kOther), std::vector<KeyGeneration>{1});
  reopen();
  EXPECT_EQ(read({kOther, {1}, DocumentKind::kPhone, 1}), "+62");
  expect_whole(1);
}

TEST_F(Rotation, OfAnUnknownCooperativeDoesNothing) {
  EXPECT_EQ(store->rotate_keys(kDesa).generation, 0u);
  EXPECT_TRUE(load_keys(keys_file())->empty());
}

struct Death {
  const char* name;
  RotationStep step;
  int times;  // the step at which it dies has come so often
};

void PrintTo(const Death& death, std::ostream* out) {
  *out << death.name;
}

class KilledRotation : public Rotation, public testing::WithParamInterface<Death> {};

TEST_P(KilledRotation, IsFinishedByTheNextOpening) {
  fill(kPersons);
  close();
  const std::string old_key = key_now();
  in_a_process_that_dies([&] {
    int times = 0;
    open([&](RotationStep step) {
      if (step == GetParam().step && ++times == GetParam().times) ::raise(SIGKILL);
    });
    store->rotate_keys(kDesa);
  });
  open();
  EXPECT_EQ(generations(), std::vector<KeyGeneration>{2});
  EXPECT_TRUE(files_with(directory(), old_key).empty());
  expect_whole(kPersons);
  EXPECT_EQ(store->rotate_keys(kDesa).generation, 3u) << "the next one is a new one";
  reopen();
  expect_whole(kPersons);
}

INSTANTIATE_TEST_SUITE_P(AtEachStep, KilledRotation,
                         testing::Values(Death{"KeyAdded", RotationStep::kKeyAdded, 1},
                                         Death{"KeyKnown", RotationStep::kKeyKnown, 1},
                                         Death{"FirstBatch", RotationStep::kSomeRewrapped, 1},
                                         Death{"SecondBatch", RotationStep::kSomeRewrapped, 2},
                                         Death{"LastBatch", RotationStep::kSomeRewrapped, 3},
                                         Death{"OldForgotten", RotationStep::kOldForgotten, 1},
                                         Death{"OldDestroyed", RotationStep::kOldDestroyed, 1}),
                         [](const auto& test) { return test.param.name; });

TEST_F(Rotation, KilledAnywhereLosesNothing) {
  fill(kPersons);
  close();
  for (useconds_t after_us = 0; after_us < 30'000; after_us += 1'500) {
    in_a_process_that_dies(
        [&] {
          open();
          for (;;) store->rotate_keys(kDesa);
        },
        after_us);
    open();
    EXPECT_EQ(generations().size(), 1u);
    EXPECT_FALSE(std::filesystem::exists(directory() / "keys.new"));
    expect_whole(kPersons);
    close();
  }
}

// A person's key that does not open cannot be wrapped anew. A backup may still give it back, so the
// old key stays until somebody decides about the person.
TEST_F(Rotation, KeepsTheOldKeyForTheDamaged) {
  fill(300);
  close();
  const auto slots = person_slots_in(database_file());
  std::string bytes = slots_in(database_file()).at(slots.at(2).key_slot);
  const auto set_to = [&](const std::string& text) {
    run_on(database_file(), "UPDATE secret SET bytes = x'" + hex(text) +
                                "' WHERE slot = " + std::to_string(slots.at(2).key_slot));
  };
  set_to(tests::flipped(bytes, 40));
  open();
  RotationReport report = store->rotate_keys(kDesa);
  EXPECT_EQ(report.damaged, std::vector<PersonId>{{2}});
  EXPECT_EQ(report.rewrapped, 299u);
  EXPECT_EQ(generations(), (std::vector<KeyGeneration>{1, 2}));
  EXPECT_EQ(read(identity(2)), "damaged");
  EXPECT_EQ(read(identity(3)), "name 3");
  add(301, "name 301");

  close();
  set_to(bytes);  // repaired from a backup
  open();         // and the opening goes on
  EXPECT_EQ(generations(), std::vector<KeyGeneration>{2});
  expect_whole(301);
}

TEST_F(Rotation, GoesOnWhenTheDamagedAreErased) {
  fill(3);
  close();
  run_on(database_file(), "UPDATE document SET sealed = x'00' WHERE person = 2");
  open();
  EXPECT_EQ(store->rotate_keys(kDesa).damaged, std::vector<PersonId>{{2}});
  EXPECT_EQ(store->find(kDesa, DocumentKind::kIdentity, nik_of(2)).size(), 1u)
      << "the tag of the old key still leads to the damaged document";
  ASSERT_EQ(store->erase(kDesa, {2}, {kNoon, {1}, "damaged"}), PersonalAnswer::kDone);
  const RotationReport report = store->rotate_keys(kDesa);
  EXPECT_TRUE(report.damaged.empty());
  EXPECT_EQ(report.generation, 2u);
  EXPECT_EQ(generations(), std::vector<KeyGeneration>{2});
}

}  // namespace
}  // namespace lumbung::storage
