// Persons: what is known of the persons of all cooperatives of a data directory, over the sealed
// personal store, and found by part of a name, a number or a phone in an index in memory.
//
// The journal gives a person a number and knows nothing else of them. Whoever registers a person
// puts the record here first, under the number that the event will give, and cites the digest in
// the event: so what an event cites is always there. What this costs, what lies where and under
// which key: docs/personal-data.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/people/name_index.h"
#include "api/people/record.h"
#include "engine/date.h"
#include "engine/id.h"
#include "storage/personal_store.h"

namespace lumbung::api::people {

/// Dense from 1 on in a cooperative, given by the event that registers the person.
using PersonNo = engine::Id<struct PersonNoTag, std::uint32_t>;

struct PersonKey {
  engine::CoopId coop;
  PersonNo person;
};

/// Any thread; writes to one cooperative take turns. One object a process. What the personal store
/// throws goes through: StoreError when the disk has failed.
class Persons {
 public:
  using Answer = storage::PersonalAnswer;
  /// The member number that the journal has for a person now; empty: none. Any thread.
  using MemberNumber = std::function<std::string(const PersonKey&)>;

  static constexpr std::size_t kPageMax = 100;

  struct Options {
    std::filesystem::path directory;
    std::filesystem::path keys_file = {};  // empty: `keys` in the directory
    MemberNumber member_number = {};       // absent: nobody has one
  };

  /// Throws what storage::PersonalStore::open throws. The indexes are built by `build_indexes`, or
  /// each by the first search in it.
  static std::unique_ptr<Persons> open(Options options);
  ~Persons();
  Persons(const Persons&) = delete;
  Persons& operator=(const Persons&) = delete;

  // --- records ---

  struct Written {
    /// kDone; kUnknown, of `change`: no such person; kErased; kDamaged; kTaken, of `put`: the
    /// number has another record. Only kDone has written anything.
    Answer answer = Answer::kUnknown;
    Judgement judgement;            // with refusals nothing was written, whatever `answer` says
    std::optional<PersonNo> other;  // has this NIK already: one of the refusals
    storage::Hash digest{};         // of kDone: keyed and salted, for the event that cites it
    bool done() const { return answer == Answer::kDone && judgement.refusals.empty(); }
  };

  /// A new person's record, on the disk when it returns. Put again unchanged, it gives the same
  /// digest, also behind the event. `last_given`: the last number of the journal: what lies beyond
  /// it under this number was left by a registering that did not come to its event, and gives way.
  /// REQUIRES: person.value > 0; `record` within the limits of record.h; nobody else registers
  /// under this number at the same time.
  Written put(const PersonKey& key, PersonRecord record, PersonNo last_given, engine::Timestamp at,
              engine::Date today);
  /// Another record in the place of the one there is, which is not kept: an event that cited it
  /// only proves from then on that it was another. The access is recorded before.
  /// REQUIRES: as above.
  Written change(const PersonKey& key, PersonRecord record, const storage::Access& access,
                 engine::Date today);

  struct Got {
    Answer answer = Answer::kUnknown;              // kDone, kUnknown, kErased, kDamaged
    PersonRecord record;                           // of kDone
    std::optional<storage::Erasure> erasure = {};  // of kErased
  };
  /// The access is recorded, on the disk, before anything is given out; here and below.
  Got get(const PersonKey& key, const storage::Access& access);
  /// Many at once, an answer each.
  std::vector<Got> get(const engine::CoopId& coop, std::span<const PersonNo> persons,
                       const storage::Access& access);
  /// Whether the record is the one that an event cites by this digest.
  storage::Verdict verify(const PersonKey& key, const storage::Hash& digest);

  // --- finding ---

  struct Hit {
    PersonNo person;
    Match match{};
    std::string name;  // as it is written
  };
  struct Page {
    std::vector<Hit> hits;
    std::size_t total = 0;  // persons that match, on this page or not
  };
  /// As NameIndex::search; names are shown, and so recorded. Somebody who is erased meanwhile is
  /// left out. REQUIRES: limit <= kPageMax.
  Page search(const engine::CoopId& coop, std::string_view text, std::size_t offset,
              std::size_t limit, const storage::Access& access);
  /// Whose NIK this is, by the keyed look-up: numbers alone, so nothing is recorded. None when it
  /// is no NIK.
  std::vector<PersonNo> with_nik(const engine::CoopId& coop, std::string_view nik,
                                 engine::Date today);
  /// The journal has another member number for the person now.
  void member_number_changed(const PersonKey& key);
  /// Builds the indexes of all cooperatives. Returns who is not found by them: their key or record
  /// is damaged.
  std::vector<PersonKey> build_indexes();

  // --- erasing ---

  struct Erased {
    Answer answer = Answer::kUnknown;           // kDone, kUnknown, kErased
    std::optional<engine::Date> refused_until;  // nothing was done, since the law holds the data
    bool done() const { return answer == Answer::kDone && !refused_until; }
  };
  /// Destroys all that is known of a person, for good. `retained_until`: the last day on which a
  /// law holds the data (retention.h); absent: none does.
  /// REQUIRES: `erasure.why` is a reference.
  Erased erase(const PersonKey& key, const storage::Erasure& erasure,
               std::optional<engine::Date> retained_until, engine::Date today);

  // --- who has read ---

  /// At most `limit` rows with a number above `after`, ascending.
  std::vector<storage::AccessRow> accesses_of(const PersonKey& key, std::uint64_t after,
                                              std::uint32_t limit);
  /// Whose data a principal or a token has read: what a notice of a breach begins with.
  std::vector<storage::Affected> affected(const engine::CoopId& coop,
                                          const storage::BreachQuery& query);
  /// Everybody of whom there is a record: who is affected when directory and keys got away.
  std::vector<PersonNo> everybody(const engine::CoopId& coop);

  // --- keys and copies ---

  storage::RotationReport rotate_keys(const engine::CoopId& coop);
  /// As PersonalStore::backup.
  void backup(const std::filesystem::path& target, const storage::Heads& heads,
              storage::BackupKeys keys);

 private:
  /// What is in memory of one cooperative.
  struct Village {
    std::mutex writing;             // held by whoever writes or builds
    bool is_built = false;          // under writing
    std::vector<PersonNo> damaged;  // under writing: not in the index
    NameIndex index;
  };

  Persons(std::unique_ptr<storage::PersonalStore> store, MemberNumber member_number);

  Village& village(const engine::CoopId& coop);
  void build(const engine::CoopId& coop, Village& village);
  void add_to_index(const PersonKey& key, const PersonRecord& record, Village& village);
  Written judged(const PersonKey& key, PersonRecord& record, engine::Date today);
  Written written(const PersonKey& key, const PersonRecord& record, Village& village,
                  Written judged, const storage::PutDone& done);

  const std::unique_ptr<storage::PersonalStore> store_;
  const MemberNumber member_number_;
  std::mutex mutex_;
  std::map<engine::CoopId, std::unique_ptr<Village>> villages_;  // under mutex_; none ever goes
};

}  // namespace lumbung::api::people
