#include "tests/storage/personal/fixture.h"

#include <cstring>

#include "storage/database.h"
#include "tests/files.h"

namespace lumbung::storage {

DocumentId PersonalFixture::identity(std::uint64_t person, std::uint64_t number) {
  return {kDesa, {person}, DocumentKind::kIdentity, number};
}

DocumentId PersonalFixture::document(std::uint64_t person, DocumentKind kind,
                                     std::uint64_t number) {
  return {kDesa, {person}, kind, number};
}

Access PersonalFixture::by_teller(std::string purpose) {
  return {{7}, std::nullopt, kNoon, std::move(purpose)};
}

std::string PersonalFixture::nik_of(std::uint64_t person) {
  return std::to_string(3'307'010'101'800'000 + person);
}

void PersonalFixture::open(std::function<void(RotationStep)> on_step) {
  store = PersonalStore::open({directory(), {}, std::move(on_step)});
}

void PersonalFixture::add(std::uint64_t person, std::string_view name) {
  ASSERT_EQ(store->add_person(kDesa, {person}, kNoon), PersonalAnswer::kDone);
  const std::string nik = nik_of(person);
  const std::string_view lookups[] = {nik};
  ASSERT_EQ(store->put(identity(person), name, lookups).answer, PersonalAnswer::kDone);
}

std::string PersonalFixture::read(const DocumentId& id) {
  const Reading reading = store->read(id, by_teller());
  if (reading.answer != PersonalAnswer::kDone) {
    EXPECT_TRUE(reading.content.empty());
    return name_of(reading.answer);
  }
  return std::string(view_of(reading.content));
}

std::map<std::string, std::string> bytes_under(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files[entry.path()] = tests::read_file(entry.path());
  }
  return files;
}

std::vector<std::string> files_with(const std::filesystem::path& directory,
                                    std::string_view bytes) {
  std::vector<std::string> found;
  for (const auto& [path, content] : bytes_under(directory)) {
    if (content.find(bytes) != content.npos) found.push_back(path);
  }
  return found;
}

std::map<std::int64_t, std::string> slots_in(const std::filesystem::path& database) {
  Database file(database, Database::Mode::kReadOnly);
  auto row = file.statement("SELECT slot, bytes FROM secret");
  std::map<std::int64_t, std::string> slots;
  while (row.step()) slots[row.number(0)] = row.bytes(1);
  return slots;
}

std::map<std::uint64_t, PersonSlots> person_slots_in(const std::filesystem::path& database) {
  const auto slots = slots_in(database);
  Database file(database, Database::Mode::kReadOnly);
  auto row = file.statement("SELECT person, key_slot FROM person WHERE key_slot IS NOT NULL");
  std::map<std::uint64_t, PersonSlots> persons;
  while (row.step()) {
    PersonSlots& person = persons[static_cast<std::uint64_t>(row.number(0))];
    person.key_slot = row.number(1);
    // One byte of kind, four of generation, then nonce, key and tag.
    person.key = slots.at(person.key_slot).substr(5, 72);
  }
  for (const auto& [slot, bytes] : slots) {
    if (bytes[0] != 2) continue;
    std::uint64_t person = 0;
    std::memcpy(&person, bytes.data() + 17, sizeof person);
    persons[person].tags.push_back(bytes.substr(34, 32));
  }
  return persons;
}

void run_on(const std::filesystem::path& database, const std::string& sql) {
  Database file(database, Database::Mode::kOwner);
  file.execute(sql.c_str());
}

std::string name_of(PersonalAnswer answer) {
  switch (answer) {
    case PersonalAnswer::kDone:
      return "done";
    case PersonalAnswer::kUnknown:
      return "unknown";
    case PersonalAnswer::kErased:
      return "erased";
    case PersonalAnswer::kDamaged:
      return "damaged";
    case PersonalAnswer::kTaken:
      return "taken";
  }
  return "?";
}

}  // namespace lumbung::storage
