// Everything at once, from several threads; run by ThreadSanitizer too.
#include <thread>

#include "storage/personal_backup.h"
#include "tests/storage/personal/fixture.h"

namespace lumbung::storage {
namespace {

class PersonalThreads : public PersonalFixture {};

TEST_F(PersonalThreads, TakeTurns) {
  open();
  constexpr std::uint64_t kThreads = 3;
  constexpr std::uint64_t kEach = 40;
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        const std::uint64_t person = 1 + thread * kEach + i;
        add(person, "name " + std::to_string(person));
        EXPECT_EQ(read(identity(person)), "name " + std::to_string(person));
        EXPECT_EQ(store->find(kDesa, DocumentKind::kIdentity, nik_of(person)).size(), 1u);
        if (i % 8 == 7) {
          EXPECT_EQ(store->erase(kDesa, {person}, {kNoon, {1}, "x"}), PersonalAnswer::kDone);
        }
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(store->rotate_keys(kDesa).damaged.empty());
  });
  threads.emplace_back([&] {
    for (int i = 0; i < 3; ++i) {
      const auto copy = temporary.path() / ("copy" + std::to_string(i));
      store->backup(copy, {}, BackupKeys::kCopied);
      EXPECT_EQ(check_pair(copy, copy / "keys", {}), PairFault::kNone);
    }
  });
  for (std::thread& thread : threads) thread.join();
  reopen();
  for (std::uint64_t person = 1; person <= kThreads * kEach; ++person) {
    const bool is_erased = (person - 1) % kEach % 8 == 7;
    EXPECT_EQ(read(identity(person)), is_erased ? "erased" : "name " + std::to_string(person));
  }
}

}  // namespace
}  // namespace lumbung::storage
