// Who has read what: recorded before anything is given out, asked for by person, by principal, and
// after a breach.
#include <algorithm>
#include <map>

#include "engine/check.h"
#include "storage/personal_rep.h"

namespace lumbung::storage {
namespace {

using engine::CoopId;

std::optional<Hash> hash_of(std::string_view bytes) {
  Hash hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::ranges::copy(bytes, hash.begin());
  return hash;
}

/// Columns: id, person, kind, number, at_us, principal, token, purpose.
std::vector<AccessRow> rows_of(const CoopId& coop, Database::Statement& row) {
  std::vector<AccessRow> all;
  while (row.step()) {
    AccessRow access;
    access.number = static_cast<std::uint64_t>(row.number(0));
    access.document = {coop,
                       {static_cast<std::uint64_t>(row.number(1))},
                       static_cast<DocumentKind>(row.number(2)),
                       static_cast<std::uint64_t>(row.number(3))};
    access.access = {{static_cast<std::uint32_t>(row.number(5))},
                     hash_of(row.bytes(6)),
                     {row.number(4)},
                     std::string(row.bytes(7))};
    all.push_back(std::move(access));
  }
  return all;
}

}  // namespace

void PersonalStore::Rep::insert_accesses(std::span<const Shown> shown) {
  for (const auto& [document, access] : shown) {
    CHECK(engine::is_reference(access.purpose));
    auto row = database->statement(
        "INSERT INTO access (coop, person, kind, number, at_us, principal, token, purpose) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind_bytes(1, as_stored(document.coop))
        .bind(2, as_stored(document.person))
        .bind(3, as_stored(document.kind))
        .bind(4, as_stored(document.number))
        .bind(5, access.at.us)
        .bind(6, access.principal.value)
        .bind_text(8, access.purpose);
    if (access.token) {
      row.bind_bytes(7, storage::view_of(*access.token));
    } else {
      row.bind_null(7);
    }
    row.run();
  }
}

Reading PersonalStore::read(const DocumentId& id, const Access& access) {
  return std::move(read({&id, 1}, access).front());
}

std::vector<Reading> PersonalStore::read(std::span<const DocumentId> ids, const Access& access) {
  const std::lock_guard lock(rep_->mutex);
  rep_->sound_database();
  std::vector<Reading> readings;
  std::vector<Shown> shown;
  for (const DocumentId& id : ids) {
    readings.push_back(rep_->reading(id));
    if (readings.back().answer == PersonalAnswer::kDone) shown.push_back({id, access});
  }
  if (shown.empty()) return readings;
  Rep::Writing writing(*rep_);
  rep_->insert_accesses(shown);
  writing.commit(/*destroys=*/false);
  return readings;
}

Reading PersonalStore::read_for_index(const DocumentId& id) {
  const std::lock_guard lock(rep_->mutex);
  rep_->sound_database();
  return rep_->reading(id);
}

void PersonalStore::record(std::span<const Shown> shown) {
  if (shown.empty()) return;
  const std::lock_guard lock(rep_->mutex);
  Rep::Writing writing(*rep_);
  rep_->insert_accesses(shown);
  writing.commit(/*destroys=*/false);
}

std::vector<AccessRow> PersonalStore::accesses_of(const CoopId& coop, PersonId person,
                                                  std::uint64_t after, std::uint32_t limit) {
  const std::lock_guard lock(rep_->mutex);
  auto row = rep_->sound_database().statement(
      "SELECT id, person, kind, number, at_us, principal, token, purpose FROM access "
      "WHERE coop = ? AND person = ? AND id > ? ORDER BY id LIMIT ?");
  row.bind_bytes(1, as_stored(coop))
      .bind(2, as_stored(person))
      .bind(3, as_stored(after))
      .bind(4, limit);
  return rows_of(coop, row);
}

std::vector<AccessRow> PersonalStore::accesses_by(const CoopId& coop,
                                                  engine::PrincipalHandle principal,
                                                  std::uint64_t after, std::uint32_t limit) {
  const std::lock_guard lock(rep_->mutex);
  auto row = rep_->sound_database().statement(
      "SELECT id, person, kind, number, at_us, principal, token, purpose FROM access "
      "WHERE coop = ? AND principal = ? AND id > ? ORDER BY id LIMIT ?");
  row.bind_bytes(1, as_stored(coop))
      .bind(2, principal.value)
      .bind(3, as_stored(after))
      .bind(4, limit);
  return rows_of(coop, row);
}

std::vector<Affected> PersonalStore::affected(const CoopId& coop, const BreachQuery& query) {
  const std::lock_guard lock(rep_->mutex);
  // A parameter that is NULL equals nothing, which is what an absent half of the query means.
  auto row = rep_->sound_database().statement(
      "SELECT person, kind, count(*), min(at_us), max(at_us) FROM access "
      "WHERE coop = ? AND at_us >= ? AND at_us < ? AND (principal = ? OR token = ?) "
      "GROUP BY person, kind");
  row.bind_bytes(1, as_stored(coop)).bind(2, query.from.us).bind(3, query.until.us);
  if (query.principal) {
    row.bind(4, query.principal->value);
  } else {
    row.bind_null(4);
  }
  if (query.token) {
    row.bind_bytes(5, storage::view_of(*query.token));
  } else {
    row.bind_null(5);
  }
  std::map<PersonId, Affected> persons;  // the numbers are unsigned, SQLite's order is not
  while (row.step()) {
    const PersonId person{static_cast<std::uint64_t>(row.number(0))};
    const engine::Timestamp first{row.number(3)};
    const engine::Timestamp last{row.number(4)};
    Affected& one = persons.try_emplace(person, Affected{person, {}, 0, first, last}).first->second;
    one.kinds.push_back(static_cast<DocumentKind>(row.number(1)));
    one.reads += static_cast<std::uint64_t>(row.number(2));
    one.first = std::min(one.first, first);
    one.last = std::max(one.last, last);
  }
  std::vector<Affected> all;
  for (auto& [person, one] : persons) {
    std::ranges::sort(one.kinds);
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace lumbung::storage
