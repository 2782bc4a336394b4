// What the index has known of an erased person is in no memory that it gave back. Memory cannot be
// looked at once it is free, so this program's own operator delete looks just before.
#include "api/people/wiped.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "api/people/name_index.h"

namespace {

constexpr std::string_view kPlanted[] = {"plantedname", "991177", "8123331117"};

std::atomic<bool> watching = false;
std::atomic<int> leaks = 0;

void give_back(void* at) noexcept {
  if (at != nullptr && watching) {
    const std::string_view memory(static_cast<const char*>(at), malloc_usable_size(at));
    for (const std::string_view planted : kPlanted) {
      if (memory.find(planted) != memory.npos) ++leaks;
    }
  }
  std::free(at);
}

}  // namespace

void* operator new(std::size_t size) {
  void* at = std::malloc(size == 0 ? 1 : size);
  if (at == nullptr) throw std::bad_alloc();
  return at;
}
void operator delete(void* at) noexcept {
  give_back(at);
}
void operator delete(void* at, std::size_t) noexcept {
  give_back(at);
}

namespace lumbung::api::people {
namespace {

class Wiped : public testing::Test {
 protected:
  Wiped() { leaks = 0; }
  ~Wiped() override { watching = false; }

  static void put(NameIndex& index, NameIndex::PersonId id) {
    static constexpr std::string_view kPhones[] = {"+628123331117"};
    index.put({id, "Siti Zzplantedname Binti Zzplantedname", "M-991177", kPhones});
  }
};

TEST_F(Wiped, TheWatchmanSeesWhatIsLeft) {
  auto text = std::make_unique<std::string>("a long text with a plantedname in it");
  watching = true;
  text.reset();
  EXPECT_EQ(leaks, 1);
}

TEST_F(Wiped, TextIsGoneBeforeItsMemoryIs) {
  watching = true;
  {
    WipedText text;
    for (int i = 0; i < 100; ++i) append(text, "plantedname");  // grows, and leaves memory behind
    text.resize(5);
  }
  EXPECT_EQ(leaks, 0);
}

TEST_F(Wiped, AnErasedPersonLeavesNothing) {
  NameIndex index;
  watching = true;
  put(index, 1);
  EXPECT_EQ(index.search("zzplantedname 991177 08123331117", 0, 20).total, 1U);
  EXPECT_TRUE(index.erase(1));
  EXPECT_EQ(leaks, 0);
}

TEST_F(Wiped, AReplacedPersonLeavesNothing) {
  NameIndex index;
  watching = true;
  put(index, 1);
  index.put({1, "Siti", "", {}});
  EXPECT_EQ(leaks, 0);
}

TEST_F(Wiped, AnIndexLeavesNothing) {
  auto index = std::make_unique<NameIndex>();
  watching = true;
  for (NameIndex::PersonId id = 0; id < 100; ++id) put(*index, id);
  index.reset();
  EXPECT_EQ(leaks, 0);
}

}  // namespace
}  // namespace lumbung::api::people
