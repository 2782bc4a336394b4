// A process that is killed while it writes: what it acknowledged is there.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "tests/storage/personal/fixture.h"

namespace lumbung::storage {
namespace {

class PersonalCrash : public PersonalFixture {};

std::string content_of(std::uint64_t number) {
  return "note " + std::to_string(number) + std::string(number % 5'000, 'n');
}

struct Acknowledged {
  std::uint64_t number = 0;
  Hash digest{};
};

TEST_F(PersonalCrash, EveryAcknowledgedPutIsThere) {
  open();
  add(1, "Siti");
  close();
  std::mt19937 random(42);
  std::uint64_t next = 1;
  std::vector<Acknowledged> all;
  for (int life = 0; life < 25; ++life) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      open();
      for (std::uint64_t number = next;; ++number) {
        const auto put = store->put(document(1, DocumentKind::kNote, number), content_of(number));
        if (put.answer != PersonalAnswer::kDone) ::_exit(1);
        const Acknowledged acknowledged{number, put.digest};
        if (::write(ends[1], &acknowledged, sizeof acknowledged) != sizeof acknowledged) ::_exit(2);
      }
    }
    ::close(ends[1]);
    ::usleep(static_cast<useconds_t>(2'000 + random() % 20'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    Acknowledged one;
    while (::read(ends[0], &one, sizeof one) == sizeof one) {
      all.push_back(one);
      next = one.number + 1;
    }
    ::close(ends[0]);
    open();
    EXPECT_EQ(read(identity(1)), "Siti");
    for (const auto& [number, digest] : all) {
      ASSERT_EQ(store->verify(document(1, DocumentKind::kNote, number), digest), Verdict::kMatches);
    }
    // One that was not acknowledged is there wholly or not at all, and can be put again.
    const auto again = store->put(document(1, DocumentKind::kNote, next), content_of(next));
    ASSERT_EQ(again.answer, PersonalAnswer::kDone);
    all.push_back({next, again.digest});
    ++next;
    close();
  }
  EXPECT_GT(all.size(), 100u);
}

// The first moments of a directory: killed anywhere, the next process goes on with it.
TEST_F(PersonalCrash, BeginningsAreWholeOrBegunAgain) {
  for (useconds_t after_us = 0; after_us < 12'000; after_us += 400) {
    std::filesystem::remove_all(directory());
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      open();
      add(1, "Siti");
      ::_exit(0);
    }
    ::usleep(after_us);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    open();
    const std::string there = read(identity(1));
    EXPECT_TRUE(there == "Siti" || there == "unknown") << there;
    add(1, "Siti");
    EXPECT_EQ(read(identity(1)), "Siti");
    close();
  }
}

// What is left when the key file could not be written: the store says so until it is opened again.
TEST_F(PersonalCrash, AfterAFailedWriteNothingIsReadOrWritten) {
  open();
  add(1, "Siti");
  const auto beside = directory() / "keys.new";
  std::filesystem::create_directory(beside);  // in the way of the next key file
  EXPECT_THROW(store->rotate_keys(kDesa), StoreError);
  EXPECT_THROW(read(identity(1)), StoreError);
  EXPECT_THROW(store->put(identity(1), "x"), StoreError);
  EXPECT_THROW(store->find(kDesa, DocumentKind::kIdentity, "x"), StoreError);
  EXPECT_THROW(store->add_person(kDesa, {2}, kNoon), StoreError);
  close();
  std::filesystem::remove(beside);
  open();
  EXPECT_EQ(read(identity(1)), "Siti");
  EXPECT_EQ(store->rotate_keys(kDesa).generation, 2u);
}

}  // namespace
}  // namespace lumbung::storage
