// A personal store for a reader that shares no code with it (read_by_python_test.py).
//   make_store make DIRECTORY                                makes one and tells what is in it
//   make_store read DIRECTORY COOP PERSON KIND NUMBER DIGEST what it reads, and whether it verifies
#include <cstdlib>
#include <iostream>

#include "engine/check.h"
#include "storage/personal_store.h"

namespace {

using namespace lumbung;
using namespace lumbung::storage;

constexpr engine::Timestamp kNoon{1'770'000'000'000'000};

void put(PersonalStore& store, const DocumentId& id, const std::string& content,
         const std::vector<std::string_view>& lookups = {}) {
  const PutDone done = store.put(id, content, lookups);
  CHECK(done.answer == PersonalAnswer::kDone);
  std::cout << id.coop.text() << ' ' << id.person.value << ' ' << static_cast<int>(id.kind) << ' '
            << id.number << ' ' << hex(done.digest) << " content:" << hex(content);
  for (const auto text : lookups) std::cout << " lookup:" << hex(text);
  std::cout << '\n';
}

int make(const char* directory) {
  const auto store = PersonalStore::open({directory, {}, {}});
  const auto desa = *engine::CoopId::parse("DESA-SATU");
  const auto longest = *engine::CoopId::parse("KOPERASI-DESA-12");
  for (const auto& coop : {desa, longest}) {
    for (const std::uint64_t person : {std::uint64_t{1}, std::uint64_t{2}, ~std::uint64_t{0}}) {
      CHECK(store->add_person(coop, {person}, kNoon) == PersonalAnswer::kDone);
    }
  }
  CHECK(store->rotate_keys(longest).generation == 2);
  put(*store, {desa, {1}, DocumentKind::kIdentity, 1}, "Siti Nurhaliza", {"3307015501800001"});
  put(*store, {desa, {1}, DocumentKind::kPhone, 7}, "+6281234567890",
      {"+6281234567890", "081234567890"});
  put(*store, {desa, {2}, DocumentKind::kNote, ~std::uint64_t{0}}, "");
  put(*store, {desa, {~std::uint64_t{0}}, DocumentKind::kPhoto, 1}, std::string(100'000, '\xfe'));
  put(*store, {longest, {1}, DocumentKind::kIdentity, 1}, "Siti Nurhaliza", {"3307015501800001"});
  put(*store, {longest, {2}, DocumentKind::kContract, 3}, "two years in Taichung");
  put(*store, {longest, {2}, DocumentKind::kMessage, 4}, std::string(63, 'm'));
  CHECK(store->erase(desa, {2}, {kNoon, {1}, "x"}) == PersonalAnswer::kDone);
  CHECK(store->rotate_keys(desa).generation == 2);
  CHECK(store->rotate_keys(desa).generation == 3);
  return 0;
}

int read(char** words) {
  const auto store = PersonalStore::open({words[2], {}, {}});
  const DocumentId id{*engine::CoopId::parse(words[3]),
                      {std::strtoull(words[4], nullptr, 10)},
                      static_cast<DocumentKind>(std::atoi(words[5])),
                      std::strtoull(words[6], nullptr, 10)};
  const Reading reading = store->read(id, {{1}, {}, kNoon, "test"});
  if (reading.answer != PersonalAnswer::kDone) return 1;
  const Verdict verdict = store->verify(id, *parse_hash(words[7]));
  std::cout << hex(view_of(reading.content)) << (verdict == Verdict::kMatches ? " matches" : "")
            << '\n';
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count == 3 && std::string_view(words[1]) == "make") return make(words[2]);
  if (count == 8 && std::string_view(words[1]) == "read") return read(words);
  return 2;
}
