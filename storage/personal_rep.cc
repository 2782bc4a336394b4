#include "storage/personal_rep.h"

#include <algorithm>
#include <cstring>

#include "engine/bytes.h"
#include "engine/check.h"
#include "storage/ledger.h"

namespace lumbung::storage {
namespace {

using engine::ByteReader;
using engine::ByteWriter;
using engine::CoopId;

// What a slot holds, in its first byte; 0 is a free one.
constexpr std::uint8_t kKeySlot = 1;
constexpr std::uint8_t kLookupSlot = 2;

constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kSealedKeyBytes = kSealOverhead + sizeof(SecretKey::bytes);
static_assert(1 + sizeof(KeyGeneration) + kSealedKeyBytes <= SecretSlots::kBytes);

Binding bound_to(std::string_view label, const DocumentId& id) {
  return Binding(label)
      .add(id.coop)
      .add(id.person.value)
      .add(static_cast<std::uint8_t>(id.kind))
      .add(id.number);
}

Binding key_bound_to(const CoopId& coop, PersonId person, KeyGeneration generation) {
  return Binding("lumbung.personal.key.v1").add(coop).add(person.value).add(generation);
}

std::uint64_t first_bytes(const Hash& tag) {
  std::uint64_t first;
  std::memcpy(&first, tag.data(), sizeof first);
  return first;
}

}  // namespace

// --- documents ---

std::string seal_document(const SecretKey& person_key, const DocumentId& id,
                          std::span<const std::string_view> lookups, std::string_view content) {
  WipedBytes plain;
  std::size_t size = kSaltBytes + 1 + content.size();
  for (const auto text : lookups) size += 1 + text.size();
  plain.reserve(size);
  SecretKey salt;
  fill_random(salt);
  append(plain, salt.view());
  plain.push_back(static_cast<char>(lookups.size()));
  for (const auto text : lookups) {
    plain.push_back(static_cast<char>(text.size()));
    append(plain, text);
  }
  append(plain, content);
  SecretKey key;
  derive(person_key, "lumbung.personal.document.v1", key);
  return seal(key, bound_to("lumbung.personal.document.v1", id), view_of(plain));
}

std::optional<OpenDocument> open_document(const SecretKey& person_key, const DocumentId& id,
                                          std::string_view sealed) {
  SecretKey key;
  derive(person_key, "lumbung.personal.document.v1", key);
  auto plain = unseal(key, bound_to("lumbung.personal.document.v1", id), sealed);
  if (!plain) return std::nullopt;
  OpenDocument document;
  document.plain = std::move(*plain);
  ByteReader in(view_of(document.plain));
  document.salt = in.bytes(kSaltBytes);
  const auto count = in.get<std::uint8_t>();
  for (std::uint8_t i = 0; i < count; ++i) document.lookups.push_back(in.text());
  if (in.failed()) return std::nullopt;
  document.content = view_of(document.plain).substr(in.at());
  return document;
}

Hash digest_of(const SecretKey& person_key, const DocumentId& id, const OpenDocument& document) {
  SecretKey key;
  derive(person_key, "lumbung.personal.digest.v1", key);
  const Binding named = bound_to("lumbung.personal.digest.v1", id);
  return KeyedDigest(key).add(named.view()).add(document.salt).add(document.content).finish();
}

std::vector<std::int64_t> slots_of(std::string_view bytes) {
  std::vector<std::int64_t> slots;
  ByteReader in(bytes);
  while (!in.failed() && !in.done()) slots.push_back(in.get<std::int64_t>());
  if (in.failed()) throw StoreError("a row of the personal store is cut");
  return slots;
}

std::string bytes_of_slots(std::span<const std::int64_t> slots) {
  std::string bytes;
  for (const std::int64_t slot : slots) ByteWriter(bytes).put(slot);
  return bytes;
}

std::optional<LookupSlot> LookupSlot::parse(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.get<std::uint8_t>() != kLookupSlot) return std::nullopt;
  LookupSlot slot;
  std::ranges::copy(in.bytes(slot.document.coop.bytes.size()), slot.document.coop.bytes.begin());
  slot.document.person.value = in.get<std::uint64_t>();
  slot.document.kind = static_cast<DocumentKind>(in.get<std::uint8_t>());
  slot.document.number = in.get<std::uint64_t>();
  std::ranges::copy(in.bytes(slot.tag.size()), slot.tag.begin());
  return slot;
}

std::string LookupSlot::bytes() const {
  std::string bytes;
  ByteWriter out(bytes);
  out.put(kLookupSlot);
  out.bytes(as_stored(document.coop));
  out.put(document.person.value);
  out.put(static_cast<std::uint8_t>(document.kind));
  out.put(document.number);
  out.bytes(storage::view_of(tag));
  return bytes;
}

// --- Rep ---

PersonalStore::Rep::Rep(Options given, std::unique_ptr<Database> opened, KeyRing keys)
    : options(std::move(given)),
      database(std::move(opened)),
      ring(std::move(keys)),
      slots(*database) {
  slots.for_each([this](std::int64_t slot, std::string_view bytes) {
    if (const auto lookup = LookupSlot::parse(bytes)) remember_tag(lookup->tag, slot);
  });
}

PersonalStore::Rep::Writing::Writing(Rep& rep) : rep_(rep), transaction_(rep.sound_database()) {}

PersonalStore::Rep::Writing::~Writing() {
  if (!committed_) rep_.is_failed = true;
}

void PersonalStore::Rep::Writing::commit(bool destroys) {
  transaction_.commit();
  if (destroys) rep_.database->scrub_journal();
  committed_ = true;
}

Database& PersonalStore::Rep::sound_database() {
  if (is_failed) {
    throw StoreError(
        "a write of the personal store has failed: nothing is read or written in it "
        "until it is opened again");
  }
  return *database;
}

KeyGeneration PersonalStore::Rep::know_newest_key(const CoopId& coop) {
  const KeyGeneration newest = ring.generations(coop).back();
  database->statement("INSERT OR IGNORE INTO generation (coop, generation, proof) VALUES (?, ?, ?)")
      .bind_bytes(1, as_stored(coop))
      .bind(2, newest)
      .bind_bytes(3, storage::view_of(ring.find(coop, newest)->proof))
      .run();
  return newest;
}

std::optional<PersonRow> PersonalStore::Rep::person(const CoopId& coop, PersonId id) {
  auto row = database->statement(
      "SELECT key_slot, erased_us, erased_by, erased_why FROM person WHERE coop = ? AND person = "
      "?");
  row.bind_bytes(1, as_stored(coop)).bind(2, as_stored(id));
  if (!row.step()) return std::nullopt;
  PersonRow person;
  if (row.is_null(0)) {
    person.erasure = Erasure{
        {row.number(1)}, {static_cast<std::uint32_t>(row.number(2))}, std::string(row.bytes(3))};
  } else {
    person.key_slot = row.number(0);
  }
  return person;
}

std::optional<DocumentRow> PersonalStore::Rep::document(const DocumentId& id) {
  auto row = database->statement(
      "SELECT id, lookups, sealed FROM document "
      "WHERE coop = ? AND person = ? AND kind = ? AND number = ?");
  row.bind_bytes(1, as_stored(id.coop))
      .bind(2, as_stored(id.person))
      .bind(3, as_stored(id.kind))
      .bind(4, as_stored(id.number));
  if (!row.step()) return std::nullopt;
  return DocumentRow{row.number(0), slots_of(row.bytes(1)), std::string(row.bytes(2))};
}

Reading PersonalStore::Rep::reading(const DocumentId& id) {
  SecretKey key;
  OpenDocument document;
  const PersonalAnswer answer = open(id, key, document);
  return {answer, {document.content.begin(), document.content.end()}};
}

void PersonalStore::Rep::require_coop_key(const CoopId& coop) {
  if (!ring.generations(coop).empty()) return;
  change_keys([&](KeyRing& keys) { keys.add(coop); });
}

KeyGeneration PersonalStore::Rep::insert_person(const CoopId& coop, PersonId id,
                                                engine::Timestamp at, SecretKey& key) {
  fill_random(key);
  const KeyGeneration generation = know_newest_key(coop);
  const std::int64_t slot = slots.add(wrap(coop, id, generation, key));
  database->statement("INSERT INTO person (coop, person, key_slot, added_us) VALUES (?, ?, ?, ?)")
      .bind_bytes(1, as_stored(coop))
      .bind(2, as_stored(id))
      .bind(3, slot)
      .bind(4, at.us)
      .run();
  return generation;
}

Hash PersonalStore::Rep::write_document(const DocumentId& id, const SecretKey& key,
                                        KeyGeneration generation,
                                        const std::optional<DocumentRow>& before,
                                        std::string_view content,
                                        std::span<const std::string_view> lookups) {
  const std::string sealed = seal_document(key, id, lookups, content);
  if (before) clear_lookups(id, before->lookup_slots);
  const std::string slot_bytes =
      bytes_of_slots(add_lookups(id, *ring.find(id.coop, generation), lookups));
  database
      ->statement(
          "INSERT INTO document (coop, person, kind, number, lookups, sealed) "
          "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (coop, person, kind, number) "
          "DO UPDATE SET lookups = excluded.lookups, sealed = excluded.sealed")
      .bind_bytes(1, as_stored(id.coop))
      .bind(2, as_stored(id.person))
      .bind(3, as_stored(id.kind))
      .bind(4, as_stored(id.number))
      .bind_bytes(5, slot_bytes)
      .bind_bytes(6, sealed)
      .run();
  const auto written = open_document(key, id, sealed);
  CHECK(written);
  return digest_of(key, id, *written);
}

std::string PersonalStore::Rep::wrap(const CoopId& coop, PersonId person, KeyGeneration generation,
                                     const SecretKey& key) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put(kKeySlot);
  out.put(generation);
  out.bytes(
      seal(ring.find(coop, generation)->wrap, key_bound_to(coop, person, generation), key.view()));
  return bytes;
}

std::optional<KeyGeneration> PersonalStore::Rep::unwrap(const CoopId& coop, PersonId person,
                                                        std::int64_t slot, SecretKey& key) {
  const auto bytes = slots.get(slot);
  if (!bytes) return std::nullopt;
  ByteReader in(*bytes);
  const bool is_key = in.get<std::uint8_t>() == kKeySlot;
  const auto generation = in.get<KeyGeneration>();
  const CoopKey* const coop_key = ring.find(coop, generation);
  if (!is_key || coop_key == nullptr) return std::nullopt;
  const auto plain =
      unseal(coop_key->wrap, key_bound_to(coop, person, generation), in.bytes(kSealedKeyBytes));
  if (!plain || plain->size() != key.bytes.size()) return std::nullopt;
  std::ranges::copy(*plain, key.bytes.begin());
  return generation;
}

PersonalStore::Rep::Keyed PersonalStore::Rep::keyed(const CoopId& coop, PersonId id,
                                                    SecretKey& key) {
  const auto row = person(coop, id);
  if (!row) return {PersonalAnswer::kUnknown};
  if (row->erasure) return {PersonalAnswer::kErased};
  const auto generation = unwrap(coop, id, row->key_slot, key);
  if (!generation) return {PersonalAnswer::kDamaged};
  return {PersonalAnswer::kDone, *generation};
}

PersonalAnswer PersonalStore::Rep::open(const DocumentId& id, SecretKey& key,
                                        OpenDocument& opened) {
  const Keyed owner = keyed(id.coop, id.person, key);
  if (owner.answer != PersonalAnswer::kDone) return owner.answer;
  const auto row = document(id);
  if (!row) return PersonalAnswer::kUnknown;
  auto plain = open_document(key, id, row->sealed);
  if (!plain) return PersonalAnswer::kDamaged;
  opened = std::move(*plain);
  return PersonalAnswer::kDone;
}

Hash PersonalStore::Rep::tag(const CoopKey& key, DocumentKind kind, std::string_view text) const {
  const char kind_byte = static_cast<char>(kind);
  return KeyedDigest(key.lookup).add({&kind_byte, 1}).add(text).finish();
}

std::vector<std::int64_t> PersonalStore::Rep::add_lookups(const DocumentId& id, const CoopKey& key,
                                                          std::span<const std::string_view> texts) {
  std::vector<std::int64_t> added;
  for (const std::string_view text : texts) {
    const LookupSlot lookup{id, tag(key, id.kind, text)};
    const std::int64_t slot = slots.add(lookup.bytes());
    remember_tag(lookup.tag, slot);
    added.push_back(slot);
  }
  return added;
}

void PersonalStore::Rep::clear_lookups(const DocumentId& id,
                                       std::span<const std::int64_t> lookup_slots) {
  for (const std::int64_t slot : lookup_slots) {
    const auto bytes = slots.get(slot);
    const auto lookup = bytes ? LookupSlot::parse(*bytes) : std::nullopt;
    // A list of slots that was tampered with must not destroy another person's.
    if (!lookup || lookup->document != id) continue;
    forget_tag(lookup->tag, slot);
    slots.clear(slot);
  }
}

void PersonalStore::Rep::clear_all_lookups(const CoopId& coop, PersonId person) {
  std::vector<std::pair<std::int64_t, Hash>> theirs;
  slots.for_each([&](std::int64_t slot, std::string_view bytes) {
    const auto lookup = LookupSlot::parse(bytes);
    if (lookup && lookup->document.coop == coop && lookup->document.person == person) {
      theirs.emplace_back(slot, lookup->tag);
    }
  });
  for (const auto& [slot, tag] : theirs) {
    forget_tag(tag, slot);
    slots.clear(slot);
  }
}

void PersonalStore::Rep::remember_tag(const Hash& tag, std::int64_t slot) {
  slots_of_tag.emplace(first_bytes(tag), slot);
}

void PersonalStore::Rep::forget_tag(const Hash& tag, std::int64_t slot) {
  const auto [begin, end] = slots_of_tag.equal_range(first_bytes(tag));
  const auto at = std::find_if(begin, end, [&](const auto& entry) { return entry.second == slot; });
  if (at != end) slots_of_tag.erase(at);
}

std::vector<std::pair<std::int64_t, LookupSlot>> PersonalStore::Rep::lookups_with(const Hash& tag) {
  std::vector<std::pair<std::int64_t, LookupSlot>> found;
  const auto [begin, end] = slots_of_tag.equal_range(first_bytes(tag));
  for (auto at = begin; at != end; ++at) {
    const auto bytes = slots.get(at->second);
    const auto lookup = bytes ? LookupSlot::parse(*bytes) : std::nullopt;
    if (lookup && lookup->tag == tag) found.emplace_back(at->second, *lookup);
  }
  return found;
}

void PersonalStore::Rep::step(RotationStep at) const {
  if (options.on_step) options.on_step(at);
}

}  // namespace lumbung::storage
