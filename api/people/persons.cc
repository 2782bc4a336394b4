#include "api/people/persons.h"

#include <utility>

#include "engine/check.h"

namespace lumbung::api::people {
namespace {

using engine::CoopId;
using storage::DocumentId;
using storage::DocumentKind;
using storage::PersonalAnswer;

/// A record is one document: all of it is there, or changed, or nothing.
DocumentId document_of(const PersonKey& key) {
  CHECK(key.person.value > 0);
  return {key.coop, {key.person.value}, DocumentKind::kIdentity, 1};
}

PersonNo number_of(storage::PersonId person) {
  CHECK(person.value <= UINT32_MAX);
  return {static_cast<std::uint32_t>(person.value)};
}

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

/// What the document is found by.
std::vector<std::string_view> lookups_of(const PersonRecord& record) {
  if (record.nik.empty()) return {};
  return {record.nik};
}

/// The record of a document; kDamaged when its content is none.
PersonalAnswer read_record(const storage::Reading& reading, PersonRecord& record) {
  if (reading.answer != PersonalAnswer::kDone) return reading.answer;
  auto decoded = decode_record(storage::view_of(reading.content));
  if (!decoded.errors.empty()) return PersonalAnswer::kDamaged;
  record = std::move(decoded.record);
  return PersonalAnswer::kDone;
}

}  // namespace

Persons::Persons(std::unique_ptr<storage::PersonalStore> store, MemberNumber member_number)
    : store_(std::move(store)), member_number_(std::move(member_number)) {}

Persons::~Persons() = default;

std::unique_ptr<Persons> Persons::open(Options options) {
  auto store = storage::PersonalStore::open(
      {std::move(options.directory), std::move(options.keys_file), {}});
  return std::unique_ptr<Persons>(new Persons(std::move(store), std::move(options.member_number)));
}

// ------------------------------------------------------------------------------------- the index

Persons::Village& Persons::village(const CoopId& coop) {
  const std::lock_guard lock(mutex_);
  auto& village = villages_[coop];
  if (!village) village = std::make_unique<Village>();
  return *village;
}

void Persons::add_to_index(const PersonKey& key, const PersonRecord& record, Village& village) {
  const std::string number = member_number_ ? member_number_(key) : std::string();
  const auto phones = views_of(record.phones);
  const auto other_names = views_of(record.other_names);
  village.index.put({key.person.value, record.name, number, phones, other_names});
}

void Persons::build(const CoopId& coop, Village& village) {
  if (village.is_built) return;
  village.damaged.clear();
  store_->visit(coop, DocumentKind::kIdentity,
                [&](const DocumentId& id, const storage::Reading& reading) {
                  const PersonKey key{coop, number_of(id.person)};
                  PersonRecord record;
                  if (read_record(reading, record) == PersonalAnswer::kDone) {
                    add_to_index(key, record, village);
                  } else {
                    village.damaged.push_back(key.person);
                  }
                });
  village.is_built = true;
}

std::vector<PersonKey> Persons::build_indexes() {
  std::vector<PersonKey> damaged;
  for (const CoopId& coop : store_->coops()) {
    Village& village = this->village(coop);
    const std::lock_guard lock(village.writing);
    build(coop, village);
    for (const PersonNo person : village.damaged) damaged.push_back({coop, person});
  }
  return damaged;
}

void Persons::member_number_changed(const PersonKey& key) {
  Village& village = this->village(key.coop);
  const std::lock_guard lock(village.writing);
  if (!village.is_built) return;
  PersonRecord record;
  const auto answer = read_record(store_->read_for_index(document_of(key)), record);
  if (answer == PersonalAnswer::kDone) add_to_index(key, record, village);
}

// ----------------------------------------------------------------------------------- the records

Persons::Written Persons::judged(const PersonKey& key, PersonRecord& record, engine::Date today) {
  Written written;
  written.judgement = judge(record, today);
  if (!written.judgement.refusals.empty() || record.nik.empty()) return written;
  for (const auto& hit : store_->find(key.coop, DocumentKind::kIdentity, record.nik)) {
    const PersonNo other = number_of(hit.person);
    if (other == key.person) continue;
    written.other = other;
    written.judgement.refusals.push_back({"/nik", &nik_taken()});
    break;
  }
  return written;
}

Persons::Written Persons::written(const PersonKey& key, const PersonRecord& record,
                                  Village& village, Written judged, const storage::PutDone& done) {
  judged.answer = done.answer;
  judged.digest = done.digest;
  if (judged.done() && village.is_built) add_to_index(key, record, village);
  return judged;
}

Persons::Written Persons::put(const PersonKey& key, PersonRecord record, PersonNo last_given,
                              engine::Timestamp at, engine::Date today) {
  Village& village = this->village(key.coop);
  const std::lock_guard lock(village.writing);
  Written judged = this->judged(key, record, today);
  if (!judged.judgement.refusals.empty()) return judged;
  const std::string content = encode_record(record);
  CHECK(decode_record(content).errors.empty());
  const DocumentId document = document_of(key);
  const auto lookups = lookups_of(record);
  auto done = store_->put_first(document, content, lookups, at);
  if (done.answer == PersonalAnswer::kTaken && key.person > last_given) {
    done = store_->put(document, content, lookups);
  }
  return written(key, record, village, std::move(judged), done);
}

Persons::Written Persons::change(const PersonKey& key, PersonRecord record,
                                 const storage::Access& access, engine::Date today) {
  Village& village = this->village(key.coop);
  const std::lock_guard lock(village.writing);
  const DocumentId document = document_of(key);
  Written judged = this->judged(key, record, today);
  judged.answer = store_->status(key.coop, document.person).answer;
  if (judged.answer != PersonalAnswer::kDone || !judged.judgement.refusals.empty()) return judged;
  const std::string content = encode_record(record);
  CHECK(decode_record(content).errors.empty());
  const storage::PersonalStore::Shown shown{document, access};
  store_->record({&shown, 1});
  const auto done = store_->put(document, content, lookups_of(record));
  return written(key, record, village, std::move(judged), done);
}

Persons::Got Persons::get(const PersonKey& key, const storage::Access& access) {
  return std::move(get(key.coop, {&key.person, 1}, access).front());
}

std::vector<Persons::Got> Persons::get(const CoopId& coop, std::span<const PersonNo> persons,
                                       const storage::Access& access) {
  std::vector<DocumentId> documents;
  for (const PersonNo person : persons) documents.push_back(document_of({coop, person}));
  const auto readings = store_->read(documents, access);
  std::vector<Got> all(readings.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].answer = read_record(readings[i], all[i].record);
    if (all[i].answer == PersonalAnswer::kErased) {
      all[i].erasure = store_->status(coop, documents[i].person).erasure;
    }
  }
  return all;
}

storage::Verdict Persons::verify(const PersonKey& key, const storage::Hash& digest) {
  return store_->verify(document_of(key), digest);
}

// --------------------------------------------------------------------------------------- finding

Persons::Page Persons::search(const CoopId& coop, std::string_view text, std::size_t offset,
                              std::size_t limit, const storage::Access& access) {
  CHECK(limit <= kPageMax);
  Village& village = this->village(coop);
  {
    const std::lock_guard lock(village.writing);
    build(coop, village);
  }
  const NameIndex::Page found = village.index.search(text, offset, limit);
  std::vector<DocumentId> documents;
  for (const auto& hit : found.hits) documents.push_back(document_of({coop, {hit.id}}));
  const auto readings = store_->read(documents, access);
  Page page;
  page.total = found.total;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    PersonRecord record;
    if (read_record(readings[i], record) != PersonalAnswer::kDone) continue;
    page.hits.push_back({{found.hits[i].id}, found.hits[i].match, std::move(record.name)});
  }
  return page;
}

std::vector<PersonNo> Persons::with_nik(const CoopId& coop, std::string_view nik,
                                        engine::Date today) {
  std::vector<PersonNo> persons;
  const auto reading = read_nik(nik, today);
  const auto* read = std::get_if<Nik>(&reading);
  if (read == nullptr) return persons;
  for (const auto& hit : store_->find(coop, DocumentKind::kIdentity, read->digits)) {
    persons.push_back(number_of(hit.person));
  }
  return persons;
}

// --------------------------------------------------------------------------- erasing, who has read

Persons::Erased Persons::erase(const PersonKey& key, const storage::Erasure& erasure,
                               std::optional<engine::Date> retained_until, engine::Date today) {
  Village& village = this->village(key.coop);
  const std::lock_guard lock(village.writing);
  const storage::PersonId person = document_of(key).person;
  const Answer status = store_->status(key.coop, person).answer;
  if (status != Answer::kDone) return {status, {}};
  if (retained_until && today <= *retained_until) return {status, retained_until};
  const Answer answer = store_->erase(key.coop, person, erasure);
  village.index.erase(key.person.value);
  return {answer, {}};
}

std::vector<storage::AccessRow> Persons::accesses_of(const PersonKey& key, std::uint64_t after,
                                                     std::uint32_t limit) {
  return store_->accesses_of(key.coop, document_of(key).person, after, limit);
}

std::vector<storage::Affected> Persons::affected(const CoopId& coop,
                                                 const storage::BreachQuery& query) {
  return store_->affected(coop, query);
}

std::vector<PersonNo> Persons::everybody(const CoopId& coop) {
  std::vector<PersonNo> persons;
  store_->visit(coop, DocumentKind::kIdentity, [&](const DocumentId& id, const storage::Reading&) {
    persons.push_back(number_of(id.person));
  });
  return persons;
}

// --------------------------------------------------------------------------------- keys and copies

storage::RotationReport Persons::rotate_keys(const CoopId& coop) {
  return store_->rotate_keys(coop);
}

void Persons::backup(const std::filesystem::path& target, const storage::Heads& heads,
                     storage::BackupKeys keys) {
  store_->backup(target, heads, keys);
}

}  // namespace lumbung::api::people
