#include "storage/personal_store.h"

#include <algorithm>

#include "engine/check.h"
#include "storage/durable_file.h"
#include "storage/ledger.h"
#include "storage/personal_rep.h"

namespace lumbung::storage {
namespace {

using engine::CoopId;
namespace fs = std::filesystem;

constexpr std::int64_t kNoTables = 0;  // a new file, or one whose beginning a crash took back
constexpr std::int64_t kFormat = 1;

// Two rules of the tables are kept by SQLite itself: what was recorded of accesses stays as it was,
// and an id of a cooperative, a person or a kind never stands for two rows.
constexpr const char* kTables = R"sql(
CREATE TABLE generation (
  coop BLOB NOT NULL, generation INTEGER NOT NULL, proof BLOB NOT NULL,
  PRIMARY KEY (coop, generation)) STRICT, WITHOUT ROWID;
CREATE TABLE secret (slot INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE person (
  coop BLOB NOT NULL, person INTEGER NOT NULL, key_slot INTEGER, added_us INTEGER NOT NULL,
  erased_us INTEGER, erased_by INTEGER, erased_why TEXT,
  PRIMARY KEY (coop, person)) STRICT, WITHOUT ROWID;
CREATE TABLE document (
  id INTEGER PRIMARY KEY, coop BLOB NOT NULL, person INTEGER NOT NULL, kind INTEGER NOT NULL,
  number INTEGER NOT NULL, lookups BLOB NOT NULL, sealed BLOB NOT NULL,
  UNIQUE (coop, person, kind, number)) STRICT;
CREATE INDEX document_by_kind ON document (coop, kind, person, number);
CREATE TABLE access (
  id INTEGER PRIMARY KEY, coop BLOB NOT NULL, person INTEGER NOT NULL, kind INTEGER NOT NULL,
  number INTEGER NOT NULL, at_us INTEGER NOT NULL, principal INTEGER NOT NULL, token BLOB,
  purpose TEXT NOT NULL) STRICT;
CREATE INDEX access_of_person ON access (coop, person, id);
CREATE INDEX access_by_principal ON access (coop, principal, id);
CREATE INDEX access_by_time ON access (coop, at_us);
CREATE TRIGGER access_is_not_changed BEFORE UPDATE ON access
  BEGIN SELECT RAISE(ABORT, 'accesses are only added'); END;
CREATE TRIGGER access_is_not_removed BEFORE DELETE ON access
  BEGIN SELECT RAISE(ABORT, 'accesses are only added'); END;
)sql";

void make_tables(Database& database) {
  Database::Transaction transaction(database);
  database.execute(kTables);
  database.execute("PRAGMA application_id = 1280658768; PRAGMA user_version = 1");  // "LUMP"
  transaction.commit();
}

std::int64_t format_of(Database& database) {
  auto row = database.statement("PRAGMA user_version");
  CHECK(row.step());
  return row.number(0);
}

/// The keys that the database was written under must be in the ring.
void require_keys_of(Database& database, const KeyRing& ring, const fs::path& keys_file) {
  auto row = database.statement("SELECT coop, generation, proof FROM generation");
  while (row.step()) {
    CoopId coop;
    const auto bytes = row.bytes(0);
    if (bytes.size() != coop.bytes.size()) throw StoreError("a row of the personal store is cut");
    std::ranges::copy(bytes, coop.bytes.begin());
    const CoopKey* const key = ring.find(coop, static_cast<KeyGeneration>(row.number(1)));
    if (key == nullptr || storage::view_of(key->proof) != row.bytes(2)) {
      throw StoreError(keys_file.string() + ": are not the keys of this personal store");
    }
  }
}

/// A database that is missing is not to be replaced by an empty one: its keys would be there.
std::unique_ptr<Database> open_database(const PersonalStore::Options& options) {
  const fs::path path = options.directory / kDatabaseName;
  const auto require_no_keys = [&] {
    const auto keys = load_keys(options.keys_file);
    if (keys && !keys->empty()) {
      throw StoreError(path.string() + ": is missing, and its keys are there");
    }
  };
  if (!fs::exists(path)) require_no_keys();
  auto database = std::make_unique<Database>(path, Database::Mode::kOwner);
  if (format_of(*database) == kNoTables) require_no_keys();
  return database;
}

KeyRing open_keys(const PersonalStore::Options& options, bool is_new) {
  discard_unfinished(options.keys_file);
  auto keys = load_keys(options.keys_file);
  if (keys) return std::move(*keys);
  if (!is_new) {
    throw StoreError(options.keys_file.string() + ": is missing, and its personal store is there");
  }
  make_private_directory(fs::absolute(options.keys_file).parent_path());
  create_keys(options.keys_file, {});
  return {};
}

void require_put(std::string_view content, std::span<const std::string_view> lookups) {
  CHECK(content.size() <= PersonalStore::kContentMax);
  CHECK(lookups.size() <= PersonalStore::kLookupsMax);
  CHECK(std::ranges::all_of(
      lookups, [](auto text) { return text.size() <= PersonalStore::kLookupTextMax; }));
}

/// What a document that stays as it is answers to being put once more.
PutDone put_again(const SecretKey& key, const DocumentId& id, const DocumentRow& there,
                  std::string_view content, std::span<const std::string_view> lookups) {
  const auto open = open_document(key, id, there.sealed);
  if (!open) return {PersonalAnswer::kDamaged, {}};
  if (open->content != content || !std::ranges::equal(open->lookups, lookups)) {
    return {PersonalAnswer::kTaken, {}};
  }
  return {PersonalAnswer::kDone, digest_of(key, id, *open)};
}

}  // namespace

bool is_written_once(DocumentKind kind) {
  return kind == DocumentKind::kNote || kind == DocumentKind::kMessage ||
         kind == DocumentKind::kContract;
}

PersonalStore::PersonalStore(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
PersonalStore::~PersonalStore() = default;

std::unique_ptr<PersonalStore> PersonalStore::open(Options options) {
  if (options.keys_file.empty()) options.keys_file = options.directory / kKeysName;
  make_private_directory(fs::absolute(options.directory));
  auto database = open_database(options);
  const bool is_new = format_of(*database) == kNoTables;
  KeyRing ring = open_keys(options, is_new);
  if (is_new) make_tables(*database);
  if (format_of(*database) != kFormat) {
    throw StoreError((options.directory / kDatabaseName).string() +
                     ": has a form that is not known");
  }
  require_keys_of(*database, ring, options.keys_file);
  auto rep = std::make_unique<Rep>(std::move(options), std::move(database), std::move(ring));
  for (const CoopId& coop : rep->ring.coops()) {
    if (rep->ring.generations(coop).size() > 1) rep->finish_rotation(coop);
  }
  return std::unique_ptr<PersonalStore>(new PersonalStore(std::move(rep)));
}

PersonalAnswer PersonalStore::add_person(const CoopId& coop, PersonId person,
                                         engine::Timestamp at) {
  const std::lock_guard lock(rep_->mutex);
  rep_->sound_database();
  if (const auto there = rep_->person(coop, person)) {
    return there->erasure ? PersonalAnswer::kErased : PersonalAnswer::kDone;
  }
  rep_->require_coop_key(coop);
  SecretKey key;
  Rep::Writing writing(*rep_);
  rep_->insert_person(coop, person, at, key);
  writing.commit(/*destroys=*/false);
  return PersonalAnswer::kDone;
}

PersonStatus PersonalStore::status(const CoopId& coop, PersonId person) {
  const std::lock_guard lock(rep_->mutex);
  rep_->sound_database();
  const auto there = rep_->person(coop, person);
  if (!there) return {};
  return {there->erasure ? PersonalAnswer::kErased : PersonalAnswer::kDone, there->erasure};
}

PutDone PersonalStore::put(const DocumentId& id, std::string_view content,
                           std::span<const std::string_view> lookups) {
  require_put(content, lookups);
  const std::lock_guard lock(rep_->mutex);
  rep_->sound_database();
  SecretKey key;
  const Rep::Keyed person = rep_->keyed(id.coop, id.person, key);
  if (person.answer != PersonalAnswer::kDone) return {person.answer, {}};
  const auto before = rep_->document(id);
  if (before && is_written_once(id.kind)) return put_again(key, id, *before, content, lookups);
  Rep::Writing writing(*rep_);
  const Hash digest = rep_->write_document(id, key, person.generation, before, content, lookups);
  writing.commit(/*destroys=*/before.has_value());
  return {PersonalAnswer::kDone, digest};
}

PutDone PersonalStore::put_first(const DocumentId& id, std::string_view content,
                                 std::span<const std::string_view> lookups, engine::Timestamp at) {
  require_put(content, lookups);
  const std::lock_guard lock(rep_->mutex);
  rep_->sound_database();
  SecretKey key;
  Rep::Keyed person = rep_->keyed(id.coop, id.person, key);
  if (person.answer == PersonalAnswer::kDone) {
    if (const auto before = rep_->document(id)) {
      return put_again(key, id, *before, content, lookups);
    }
  } else if (person.answer == PersonalAnswer::kUnknown) {
    rep_->require_coop_key(id.coop);
  } else {
    return {person.answer, {}};
  }
  Rep::Writing writing(*rep_);
  if (person.answer == PersonalAnswer::kUnknown) {
    person.generation = rep_->insert_person(id.coop, id.person, at, key);
  }
  const Hash digest = rep_->write_document(id, key, person.generation, {}, content, lookups);
  writing.commit(/*destroys=*/false);
  return {PersonalAnswer::kDone, digest};
}

PersonalAnswer PersonalStore::remove(const DocumentId& id) {
  const std::lock_guard lock(rep_->mutex);
  Database& database = rep_->sound_database();
  const auto person = rep_->person(id.coop, id.person);
  if (!person) return PersonalAnswer::kUnknown;
  if (person->erasure) return PersonalAnswer::kErased;
  const auto there = rep_->document(id);
  if (!there) return PersonalAnswer::kUnknown;
  Rep::Writing writing(*rep_);
  rep_->clear_lookups(id, there->lookup_slots);
  database.statement("DELETE FROM document WHERE id = ?").bind(1, there->id).run();
  writing.commit(/*destroys=*/true);
  return PersonalAnswer::kDone;
}

std::vector<DocumentEntry> PersonalStore::list(const CoopId& coop, PersonId person) {
  const std::lock_guard lock(rep_->mutex);
  auto row = rep_->sound_database().statement(
      "SELECT kind, number, length(sealed) FROM document WHERE coop = ? AND person = ? "
      "ORDER BY kind, number");
  row.bind_bytes(1, as_stored(coop)).bind(2, as_stored(person));
  std::vector<DocumentEntry> all;
  while (row.step()) {
    all.push_back({static_cast<DocumentKind>(row.number(0)),
                   static_cast<std::uint64_t>(row.number(1)),
                   static_cast<std::uint64_t>(row.number(2))});
  }
  return all;
}

Verdict PersonalStore::verify(const DocumentId& id, const Hash& digest) {
  const std::lock_guard lock(rep_->mutex);
  rep_->sound_database();
  SecretKey key;
  OpenDocument document;
  switch (rep_->open(id, key, document)) {
    case PersonalAnswer::kErased:
      return Verdict::kErased;
    case PersonalAnswer::kUnknown:
      return Verdict::kUnknown;
    case PersonalAnswer::kDamaged:
      return Verdict::kDamaged;
    case PersonalAnswer::kTaken:
    case PersonalAnswer::kDone:
      break;
  }
  return equal_in_constant_time(digest_of(key, id, document), digest) ? Verdict::kMatches
                                                                      : Verdict::kDiffers;
}

std::vector<LookupHit> PersonalStore::find(const CoopId& coop, DocumentKind kind,
                                           std::string_view text) {
  const std::lock_guard lock(rep_->mutex);
  rep_->sound_database();
  std::vector<LookupHit> hits;
  for (const KeyGeneration generation : rep_->ring.generations(coop)) {
    const Hash tag = rep_->tag(*rep_->ring.find(coop, generation), kind, text);
    for (const auto& [slot, lookup] : rep_->lookups_with(tag)) {
      SecretKey key;
      OpenDocument document;
      const DocumentId& id = lookup.document;
      const bool is_confirmed = id.coop == coop && id.kind == kind &&
                                rep_->open(id, key, document) == PersonalAnswer::kDone &&
                                std::ranges::count(document.lookups, text) != 0;
      hits.push_back(
          {id.person, id.number, is_confirmed ? PersonalAnswer::kDone : PersonalAnswer::kDamaged});
    }
  }
  std::ranges::sort(hits, {},
                    [](const LookupHit& hit) { return std::pair(hit.person, hit.number); });
  return hits;
}

void PersonalStore::visit(const CoopId& coop, DocumentKind kind, const Each& each) {
  const std::lock_guard lock(rep_->mutex);
  auto row = rep_->sound_database().statement(
      "SELECT person, number, sealed FROM document WHERE coop = ? AND kind = ? "
      "ORDER BY person, number");
  row.bind_bytes(1, as_stored(coop)).bind(2, as_stored(kind));
  while (row.step()) {
    const DocumentId id{coop,
                        {static_cast<std::uint64_t>(row.number(0))},
                        kind,
                        static_cast<std::uint64_t>(row.number(1))};
    SecretKey key;
    Reading reading{rep_->keyed(coop, id.person, key).answer, {}};
    if (reading.answer == PersonalAnswer::kDone) {
      const auto document = open_document(key, id, row.bytes(2));
      if (!document) reading.answer = PersonalAnswer::kDamaged;
      if (document) reading.content.assign(document->content.begin(), document->content.end());
    }
    each(id, reading);
  }
}

std::vector<CoopId> PersonalStore::coops() {
  const std::lock_guard lock(rep_->mutex);
  return rep_->ring.coops();
}

PersonalAnswer PersonalStore::erase(const CoopId& coop, PersonId id, const Erasure& erasure) {
  CHECK(engine::is_reference(erasure.why));
  const std::lock_guard lock(rep_->mutex);
  Database& database = rep_->sound_database();
  const auto person = rep_->person(coop, id);
  if (!person) return PersonalAnswer::kUnknown;
  if (person->erasure) return PersonalAnswer::kErased;
  Rep::Writing writing(*rep_);
  rep_->slots.clear(person->key_slot);
  rep_->clear_all_lookups(coop, id);
  database.statement("DELETE FROM document WHERE coop = ? AND person = ?")
      .bind_bytes(1, as_stored(coop))
      .bind(2, as_stored(id))
      .run();
  database
      .statement(
          "UPDATE person SET key_slot = NULL, erased_us = ?, erased_by = ?, erased_why = ? "
          "WHERE coop = ? AND person = ?")
      .bind(1, erasure.at.us)
      .bind(2, erasure.by.value)
      .bind_text(3, erasure.why)
      .bind_bytes(4, as_stored(coop))
      .bind(5, as_stored(id))
      .run();
  writing.commit(/*destroys=*/true);
  return PersonalAnswer::kDone;
}

}  // namespace lumbung::storage
