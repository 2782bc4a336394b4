// The inside of PersonalStore, shared by its sources and by nobody else.
#pragma once

#include <mutex>
#include <unordered_map>

#include "storage/database.h"
#include "storage/personal_store.h"
#include "storage/seal.h"
#include "storage/secret_slots.h"

namespace lumbung::storage {

inline constexpr const char* kDatabaseName = "personal.db";
inline constexpr const char* kKeysName = "keys";
inline constexpr const char* kManifestName = "MANIFEST";

/// A document with its seal open; views into `plain`.
struct OpenDocument {
  WipedBytes plain;
  std::string_view salt;
  std::vector<std::string_view> lookups;
  std::string_view content;
};

/// A document as the database has it.
struct DocumentRow {
  std::int64_t id = 0;
  std::vector<std::int64_t> lookup_slots;
  std::string sealed;
};

struct PersonRow {
  std::int64_t key_slot = 0;
  std::optional<Erasure> erasure;  // then there is no slot
};

/// Where a tag of the blind index leads to.
struct LookupSlot {
  DocumentId document;
  Hash tag{};

  static std::optional<LookupSlot> parse(std::string_view bytes);
  std::string bytes() const;
};

struct PersonalStore::Rep {
  Rep(Options given, std::unique_ptr<Database> opened, KeyRing keys);

  /// A transaction that makes every later one impossible unless it was committed.
  class Writing {
   public:
    explicit Writing(Rep& rep);
    ~Writing();
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    /// `destroys`: what was overwritten must not stay readable in the rollback journal either.
    void commit(bool destroys);

   private:
    Rep& rep_;
    Database::Transaction transaction_;
    bool committed_ = false;
  };

  // All of these under `mutex`, but for the last two.
  /// Throws StoreError after a write has failed.
  Database& sound_database();
  /// Changes the keys in memory and in the file.
  template <class Change>
  void change_keys(const Change& change);
  /// Makes the database accept the newest key of the cooperative.
  KeyGeneration know_newest_key(const engine::CoopId& coop);
  std::optional<PersonRow> person(const engine::CoopId& coop, PersonId person);
  std::optional<DocumentRow> document(const DocumentId& id);
  /// Sees to it that the cooperative has a key. Before a transaction, since the key file is none.
  void require_coop_key(const engine::CoopId& coop);
  /// Adds a row and fills `key` with the person's new one. REQUIRES: both within a transaction.
  KeyGeneration insert_person(const engine::CoopId& coop, PersonId person, engine::Timestamp at,
                              SecretKey& key);
  /// Puts the document in the place of `before`, where there is one, and returns its digest.
  Hash write_document(const DocumentId& id, const SecretKey& key, KeyGeneration generation,
                      const std::optional<DocumentRow>& before, std::string_view content,
                      std::span<const std::string_view> lookups);
  struct Keyed {
    PersonalAnswer answer = PersonalAnswer::kUnknown;
    KeyGeneration generation = 0;  // what the key is wrapped under, when kDone
  };
  /// Fills `key` with the person's when kDone; else kUnknown, kErased or kDamaged.
  Keyed keyed(const engine::CoopId& coop, PersonId person, SecretKey& key);
  /// Fills both when kDone; else kUnknown, kErased or kDamaged.
  PersonalAnswer open(const DocumentId& id, SecretKey& key, OpenDocument& document);
  /// The content, for `read` and its like.
  Reading reading(const DocumentId& id);
  std::string wrap(const engine::CoopId& coop, PersonId person, KeyGeneration generation,
                   const SecretKey& key);
  /// The generation that the key is wrapped under; nullopt when it does not open.
  std::optional<KeyGeneration> unwrap(const engine::CoopId& coop, PersonId person,
                                      std::int64_t slot, SecretKey& key);
  Hash tag(const CoopKey& key, DocumentKind kind, std::string_view text) const;
  /// The slots, for the document's row.
  std::vector<std::int64_t> add_lookups(const DocumentId& id, const CoopKey& key,
                                        std::span<const std::string_view> texts);
  void clear_lookups(const DocumentId& id, std::span<const std::int64_t> lookup_slots);
  /// Whatever their documents say: by a walk through all slots.
  void clear_all_lookups(const engine::CoopId& coop, PersonId person);
  void remember_tag(const Hash& tag, std::int64_t slot);
  void forget_tag(const Hash& tag, std::int64_t slot);
  /// What the blind index has under a tag, with the slots.
  std::vector<std::pair<std::int64_t, LookupSlot>> lookups_with(const Hash& tag);
  void insert_accesses(std::span<const Shown> shown);
  RotationReport finish_rotation(const engine::CoopId& coop);
  void step(RotationStep at) const;

  const Options options;
  std::mutex rotating;  // held by a rotation or a backup; taken before `mutex`
  std::mutex mutex;
  std::unique_ptr<Database> database;  // this and all below under `mutex`
  KeyRing ring;
  /// First bytes of a tag -> its slot. In memory only: the pages of an index would keep tags.
  std::unordered_multimap<std::uint64_t, std::int64_t> slots_of_tag;
  SecretSlots slots;
  bool is_failed = false;
};

/// The seal and what is in it.
std::string seal_document(const SecretKey& person_key, const DocumentId& id,
                          std::span<const std::string_view> lookups, std::string_view content);
std::optional<OpenDocument> open_document(const SecretKey& person_key, const DocumentId& id,
                                          std::string_view sealed);
Hash digest_of(const SecretKey& person_key, const DocumentId& id, const OpenDocument& document);

std::vector<std::int64_t> slots_of(std::string_view bytes);
std::string bytes_of_slots(std::span<const std::int64_t> slots);

inline std::int64_t as_stored(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}
inline std::int64_t as_stored(PersonId person) {
  return as_stored(person.value);
}
inline std::int64_t as_stored(DocumentKind kind) {
  return static_cast<std::int64_t>(kind);
}
inline std::string_view as_stored(const engine::CoopId& coop) {
  return {coop.bytes.data(), coop.bytes.size()};
}

template <class Change>
void PersonalStore::Rep::change_keys(const Change& change) {
  sound_database();
  is_failed = true;  // unless all of it succeeds: memory and file would differ
  change(ring);
  save_keys(options.keys_file, ring);
  is_failed = false;
}

}  // namespace lumbung::storage
