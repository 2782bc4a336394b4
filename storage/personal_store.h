// PersonalStore: what is personal, beside a journal that holds nothing of it. Documents of persons,
// each sealed under the person's own key, which is wrapped under the cooperative's. Destroying a
// person's key erases the person. What lies where and under which key: docs/personal-data.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/date.h"
#include "engine/id.h"
#include "storage/digest.h"
#include "storage/head_file.h"
#include "storage/personal_keys.h"
#include "storage/wiped.h"

namespace lumbung::storage {

/// A person of one cooperative: opaque, and nothing outside it.
using PersonId = engine::Id<struct PersonTag, std::uint64_t>;

/// Frozen numbers: they stand in the database and in what digests and seals are bound to.
enum class DocumentKind : std::uint8_t {
  kIdentity = 1,
  kAddress = 2,
  kPhone = 3,
  kPhoto = 4,
  kNote = 5,
  kMessage = 6,
  kContract = 7,
};

/// Notes, messages and contracts are cited by events: once put they do not change.
bool is_written_once(DocumentKind kind);

struct DocumentId {
  engine::CoopId coop;
  PersonId person;
  DocumentKind kind{};
  std::uint64_t number = 0;  // the caller's, within the person and the kind
  friend auto operator<=>(const DocumentId&, const DocumentId&) = default;
};

/// What became of a request. `kErased` and `kDamaged` are states of their own: neither is ever told
/// as an empty document or an unknown person.
enum class PersonalAnswer : std::uint8_t {
  kDone,
  kUnknown,  // no such person, or no such document of theirs
  kErased,   // there was such a person
  kDamaged,  // the key or the document is not what was written
  kTaken,    // a document that is written once is there with another content
};

struct PutDone {
  PersonalAnswer answer = PersonalAnswer::kUnknown;
  Hash digest{};  // when kDone: for the event that cites the document
};

struct Reading {
  PersonalAnswer answer = PersonalAnswer::kUnknown;
  WipedBytes content;
};

enum class Verdict : std::uint8_t { kMatches, kDiffers, kUnknown, kErased, kDamaged };

/// Who reads, by what right they were let in, when and why.
struct Access {
  engine::PrincipalHandle principal;
  std::optional<Hash> token;  // SHA-256 of the token or session that was shown
  engine::Timestamp at;
  std::string purpose;  // a code, engine::is_reference
};

struct AccessRow {
  std::uint64_t number = 0;  // ascending from 1 on over all cooperatives
  DocumentId document;
  Access access;
};

/// Accesses by a principal, with a token, or both kinds together.
struct BreachQuery {
  std::optional<engine::PrincipalHandle> principal;
  std::optional<Hash> token;
  engine::Timestamp from;
  engine::Timestamp until;  // not included
};

struct Affected {
  PersonId person;
  std::vector<DocumentKind> kinds;
  std::uint64_t reads = 0;
  engine::Timestamp first;
  engine::Timestamp last;
};

struct Erasure {
  engine::Timestamp at;
  engine::PrincipalHandle by;
  std::string why;  // a code, engine::is_reference
  friend bool operator==(const Erasure&, const Erasure&) = default;
};

struct PersonStatus {
  PersonalAnswer answer = PersonalAnswer::kUnknown;  // kDone, kUnknown or kErased
  std::optional<Erasure> erasure;
};

struct DocumentEntry {
  DocumentKind kind{};
  std::uint64_t number = 0;
  std::uint64_t sealed_bytes = 0;
};

struct LookupHit {
  PersonId person;
  std::uint64_t number = 0;                       // of the document that was put with this text
  PersonalAnswer answer = PersonalAnswer::kDone;  // kDamaged when that document does not confirm it
};

/// The moments of a rotation at which a crash leaves something to be resumed.
enum class RotationStep : std::uint8_t {
  kKeyAdded,       // the key file holds the old and the new key
  kKeyKnown,       // the database accepts the new one
  kSomeRewrapped,  // after each batch of persons
  kOldForgotten,   // nothing in the database is under the old key
  kOldDestroyed,   // the key file holds the new key alone
};

struct RotationReport {
  KeyGeneration generation = 0;  // the newest; 0 when the cooperative has no key
  std::uint64_t rewrapped = 0;
  /// Their keys or documents are damaged. While there are any, the old key is kept, since it opens
  /// what a backup may still give back; erasing them lets the next rotation finish.
  std::vector<PersonId> damaged;
};

enum class BackupKeys : std::uint8_t {
  kApart,   // whoever takes the copy cannot read it; the key file must be kept elsewhere
  kCopied,  // the copy can be read by whoever has it
};

/// Any thread; calls take turns. Writes are on the disk when they return. After a failed write
/// every later one throws StoreError until the store is opened again, and so does reading, which
/// would go unrecorded.
class PersonalStore {
 public:
  static constexpr std::size_t kContentMax = std::size_t{16} << 20;
  static constexpr std::size_t kLookupsMax = 8;
  static constexpr std::size_t kLookupTextMax = 255;

  struct Options {
    std::filesystem::path directory;
    std::filesystem::path keys_file;  // empty: `keys` in the directory
    /// Told of each step of a rotation, without any lock held. For tests.
    std::function<void(RotationStep)> on_step;
  };

  /// Makes what is not there, finishes a rotation that was interrupted. Throws StoreBusy when
  /// another process has it; StoreError when the keys are missing, damaged, open to others than
  /// their owner, or not those of this database.
  static std::unique_ptr<PersonalStore> open(Options options);
  ~PersonalStore();
  PersonalStore(const PersonalStore&) = delete;
  PersonalStore& operator=(const PersonalStore&) = delete;

  // --- persons and documents ---

  /// kDone: there is such a person now. kErased: nobody comes back under an erased number.
  PersonalAnswer add_person(const engine::CoopId& coop, PersonId person, engine::Timestamp at);
  PersonStatus status(const engine::CoopId& coop, PersonId person);
  /// Puts a document, or another content in its place. `lookups`: normalised texts, such as a NIK,
  /// by which `find` shall find it; they replace the ones it was put with before. The same content
  /// put again under a number that is written once gives the same digest.
  /// REQUIRES: the sizes above.
  PutDone put(const DocumentId& document, std::string_view content,
              std::span<const std::string_view> lookups = {});
  /// The same for a document that is there for good once it is there, of whatever kind, and that
  /// brings its person along: both are added, or neither.
  PutDone put_first(const DocumentId& document, std::string_view content,
                    std::span<const std::string_view> lookups, engine::Timestamp at);
  /// The access is recorded, on the disk, before the content is given out.
  /// REQUIRES: `access.purpose` is a reference.
  Reading read(const DocumentId& document, const Access& access);
  /// Many at once, an answer each; the accesses are recorded together.
  std::vector<Reading> read(std::span<const DocumentId> documents, const Access& access);
  /// Nothing is recorded, as with `visit`.
  Reading read_for_index(const DocumentId& document);
  PersonalAnswer remove(const DocumentId& document);
  /// What there is of a person, without content; empty when unknown or erased.
  std::vector<DocumentEntry> list(const engine::CoopId& coop, PersonId person);
  /// Whether the document is the one that an event cites by this digest.
  Verdict verify(const DocumentId& document, const Hash& digest);
  /// Every document that was put with this text: several persons may have the same.
  std::vector<LookupHit> find(const engine::CoopId& coop, DocumentKind kind, std::string_view text);
  /// All documents of a kind in the order of persons, for an index in memory: nothing is recorded,
  /// so whoever shows something from there must `record` it. `each` must not call the store.
  using Each = std::function<void(const DocumentId&, const Reading&)>;
  void visit(const engine::CoopId& coop, DocumentKind kind, const Each& each);

  /// Destroys the key, the documents and what they are found by; keeps who did it, when and why.
  /// Whether the law allows it is for the caller to know. kErased when it was done before.
  /// REQUIRES: `erasure.why` is a reference.
  PersonalAnswer erase(const engine::CoopId& coop, PersonId person, const Erasure& erasure);

  // --- keys ---

  /// The cooperatives that have a key, and so, now or once, persons.
  std::vector<engine::CoopId> coops();
  /// A new key for the cooperative; all persons' keys are wrapped anew and the old one destroyed.
  /// Others may go on meanwhile. Finishes an interrupted rotation instead where there is one.
  RotationReport rotate_keys(const engine::CoopId& coop);

  // --- who has read ---

  struct Shown {
    DocumentId document;
    Access access;
  };
  /// Documents shown from elsewhere than `read`. Together or not at all.
  void record(std::span<const Shown> shown);
  /// At most `limit` rows with a number above `after`, ascending.
  std::vector<AccessRow> accesses_of(const engine::CoopId& coop, PersonId person,
                                     std::uint64_t after, std::uint32_t limit);
  std::vector<AccessRow> accesses_by(const engine::CoopId& coop, engine::PrincipalHandle principal,
                                     std::uint64_t after, std::uint32_t limit);
  /// Whose data was read: the list that a notice of a breach begins with. In the order of persons;
  /// those erased since are among them.
  std::vector<Affected> affected(const engine::CoopId& coop, const BreachQuery& query);

  // --- backup ---

  /// A consistent copy that opens as a store, and a manifest that ties it to the keys and to
  /// `heads`, the heads of the journal's copy made before it. Throws StoreError, also when `target`
  /// exists.
  void backup(const std::filesystem::path& target, const Heads& heads, BackupKeys keys);

  struct Rep;

 private:
  explicit PersonalStore(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace lumbung::storage
