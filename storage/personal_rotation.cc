// A cooperative's key is replaced: the new one into the key file, the persons' keys under it in
// batches, the old one out of the database, then out of the file. A crash between any two of these
// leaves two keys in the file, by which the next opening knows that it has to go on.
#include <limits>

#include "engine/bytes.h"
#include "storage/ledger.h"
#include "storage/personal_rep.h"

namespace lumbung::storage {
namespace {

using engine::CoopId;

constexpr std::int64_t kPersonsABatch = 256;

struct PersonKeySlot {
  PersonId person;
  std::int64_t slot = 0;
};

/// Persons who are not erased, from `from` on in the order of the stored number.
std::vector<PersonKeySlot> batch_of(Database& database, const CoopId& coop, std::int64_t from) {
  auto row = database.statement(
      "SELECT person, key_slot FROM person "
      "WHERE coop = ? AND person >= ? AND key_slot IS NOT NULL ORDER BY person LIMIT ?");
  row.bind_bytes(1, as_stored(coop)).bind(2, from).bind(3, kPersonsABatch);
  std::vector<PersonKeySlot> batch;
  while (row.step()) {
    batch.push_back({{static_cast<std::uint64_t>(row.number(0))}, row.number(1)});
  }
  return batch;
}

/// A document that was put with texts to be found by.
struct FoundByText {
  DocumentId id;
  std::vector<std::int64_t> slots;
  std::string sealed;
};

std::vector<FoundByText> found_by_text(Database& database, const CoopId& coop, PersonId person) {
  auto row = database.statement(
      "SELECT kind, number, lookups, sealed FROM document "
      "WHERE coop = ? AND person = ? AND length(lookups) > 0");
  row.bind_bytes(1, as_stored(coop)).bind(2, as_stored(person));
  std::vector<FoundByText> all;
  while (row.step()) {
    all.push_back({{coop, person, static_cast<DocumentKind>(row.number(0)),
                    static_cast<std::uint64_t>(row.number(1))},
                   slots_of(row.bytes(2)),
                   std::string(row.bytes(3))});
  }
  return all;
}

enum class Rewrap { kDone, kAlreadyDone, kDamaged };

/// The person's key under the newest one, and the tags of the blind index by it.
Rewrap rewrap(PersonalStore::Rep& rep, const CoopId& coop, const PersonKeySlot& of,
              KeyGeneration newest) {
  SecretKey key;
  const auto generation = rep.unwrap(coop, of.person, of.slot, key);
  if (!generation) return Rewrap::kDamaged;
  if (*generation == newest) return Rewrap::kAlreadyDone;
  const CoopKey& newest_key = *rep.ring.find(coop, newest);
  std::vector<std::pair<std::int64_t, LookupSlot>> moved;
  for (const FoundByText& found : found_by_text(*rep.database, coop, of.person)) {
    const auto document = open_document(key, found.id, found.sealed);
    if (!document || document->lookups.size() != found.slots.size()) return Rewrap::kDamaged;
    for (std::size_t i = 0; i < found.slots.size(); ++i) {
      const auto bytes = rep.slots.get(found.slots[i]);
      const auto before = bytes ? LookupSlot::parse(*bytes) : std::nullopt;
      if (!before || before->document != found.id) return Rewrap::kDamaged;
      rep.forget_tag(before->tag, found.slots[i]);
      moved.emplace_back(found.slots[i], LookupSlot{found.id, rep.tag(newest_key, found.id.kind,
                                                                      document->lookups[i])});
    }
  }
  for (const auto& [slot, lookup] : moved) {
    rep.slots.set(slot, lookup.bytes());
    rep.remember_tag(lookup.tag, slot);
  }
  rep.slots.set(of.slot, rep.wrap(coop, of.person, newest, key));
  return Rewrap::kDone;
}

}  // namespace

RotationReport PersonalStore::Rep::finish_rotation(const CoopId& coop) {
  RotationReport report;
  {
    const std::lock_guard lock(mutex);
    Writing writing(*this);
    report.generation = know_newest_key(coop);
    writing.commit(/*destroys=*/false);
  }
  step(RotationStep::kKeyKnown);
  for (std::optional<std::int64_t> from = std::numeric_limits<std::int64_t>::min(); from;) {
    {
      const std::lock_guard lock(mutex);
      const auto batch = batch_of(sound_database(), coop, *from);
      if (batch.empty()) break;
      Writing writing(*this);
      for (const PersonKeySlot& of : batch) {
        const Rewrap done = rewrap(*this, coop, of, report.generation);
        report.rewrapped += done == Rewrap::kDone ? 1 : 0;
        if (done == Rewrap::kDamaged) report.damaged.push_back(of.person);
      }
      writing.commit(/*destroys=*/false);  // what is overwritten goes with the old key
      const std::int64_t last = as_stored(batch.back().person);
      from =
          last == std::numeric_limits<std::int64_t>::max() ? std::nullopt : std::optional(last + 1);
    }
    step(RotationStep::kSomeRewrapped);
  }
  if (!report.damaged.empty()) return report;
  {
    const std::lock_guard lock(mutex);
    Writing writing(*this);
    database->statement("DELETE FROM generation WHERE coop = ? AND generation < ?")
        .bind_bytes(1, as_stored(coop))
        .bind(2, report.generation)
        .run();
    writing.commit(/*destroys=*/true);
  }
  step(RotationStep::kOldForgotten);
  {
    const std::lock_guard lock(mutex);
    change_keys([&](KeyRing& keys) {
      for (const KeyGeneration generation : keys.generations(coop)) {
        if (generation < report.generation) keys.drop(coop, generation);
      }
    });
  }
  step(RotationStep::kOldDestroyed);
  return report;
}

RotationReport PersonalStore::rotate_keys(const CoopId& coop) {
  const std::lock_guard rotation(rep_->rotating);
  {
    const std::lock_guard lock(rep_->mutex);
    rep_->sound_database();
    const auto generations = rep_->ring.generations(coop);
    if (generations.empty()) return {};
    if (generations.size() == 1) {
      rep_->change_keys([&](KeyRing& ring) { ring.add(coop); });
    }
  }
  rep_->step(RotationStep::kKeyAdded);
  return rep_->finish_rotation(coop);
}

}  // namespace lumbung::storage
