#include "api/people/name_index.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <mutex>
#include <utility>

#include "engine/check.h"

namespace lumbung::api::people {

bool NameIndex::before(const Record& a, const Record& b) {
  const int order = a.words.name().compare(b.words.name());
  return order != 0 ? order < 0 : a.id < b.id;
}

void NameIndex::put(const Person& person) {
  Record record{person.id,
                PersonWords(person.name, person.number, person.phones, person.other_names)};
  const std::unique_lock lock(mutex_);
  erase_locked(person.id);
  ids_.insert(person.id);
  if (shelves_.empty()) {
    shelves_.emplace_back().push_back(std::move(record));
    return;
  }
  // The last shelf that begins before the person, or the first.
  auto shelf = std::ranges::upper_bound(shelves_, record, before,
                                        [](const Shelf& s) -> const Record& { return s.front(); });
  if (shelf != shelves_.begin()) --shelf;
  if (shelf->size() == kShelfMax) {
    const auto middle = shelf->begin() + kShelfMax / 2;
    Shelf upper(std::make_move_iterator(middle), std::make_move_iterator(shelf->end()));
    shelf->erase(middle, shelf->end());
    const bool is_upper = before(upper.front(), record);
    shelf = shelves_.insert(shelf + 1, std::move(upper)) - (is_upper ? 0 : 1);
  }
  shelf->insert(std::ranges::upper_bound(*shelf, record, before), std::move(record));
}

bool NameIndex::erase(PersonId id) {
  const std::unique_lock lock(mutex_);
  return erase_locked(id);
}

bool NameIndex::erase_locked(PersonId id) {
  if (ids_.erase(id) == 0) return false;
  for (auto shelf = shelves_.begin(); shelf != shelves_.end(); ++shelf) {
    const auto record = std::ranges::find(*shelf, id, &Record::id);
    if (record == shelf->end()) continue;
    shelf->erase(record);
    if (shelf->empty()) shelves_.erase(shelf);
    return true;
  }
  CHECK(false);
}

std::size_t NameIndex::size() const {
  const std::shared_lock lock(mutex_);
  return ids_.size();
}

NameIndex::Page NameIndex::search(std::string_view text, std::size_t offset,
                                  std::size_t limit) const {
  constexpr std::size_t kMatches = 3;
  Page page;
  const auto query = NameQuery::read(text);
  if (!query) return page;
  const std::size_t wanted = limit > SIZE_MAX - offset ? SIZE_MAX : offset + limit;
  std::array<std::vector<PersonId>, kMatches> found;  // by match, each in order of name
  std::array<std::size_t, kMatches> counts{};
  {
    const std::shared_lock lock(mutex_);
    for (const Shelf& shelf : shelves_) {
      for (const Record& record : shelf) {
        const auto match = query->match(record.words);
        if (!match) continue;
        const auto kind = static_cast<std::size_t>(*match);
        ++counts[kind];
        if (found[kind].size() < wanted) found[kind].push_back(record.id);
      }
    }
  }
  std::size_t at = 0;  // in the order of all that match
  for (std::size_t kind = 0; kind < kMatches; ++kind) {
    page.total += counts[kind];
    const std::size_t skipped = std::min(offset - std::min(offset, at), counts[kind]);
    for (std::size_t i = skipped; i < found[kind].size() && page.hits.size() < limit; ++i) {
      page.hits.push_back({found[kind][i], static_cast<Match>(kind)});
    }
    at += counts[kind];
  }
  return page;
}

}  // namespace lumbung::api::people
