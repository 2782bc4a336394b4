// Finds persons by parts of what they are called: a name, a member number, a phone number.
//
// It lives in memory alone, filled from the sealed store of persons when a cooperative is opened,
// and scans all it holds: fifty thousand persons are a few megabytes, which takes milliseconds and
// needs no second structure that could disagree with the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "api/people/name_query.h"

namespace lumbung::api::people {

/// The persons of one cooperative. Any thread; searches run beside each other.
///
/// A person's words are the folded words of the names, the keys of these (name.h), the member
/// number in lower case without punctuation, and the digits of each phone. A query is taken apart
/// at its blanks. Each part must fit: by being a word, beginning one or lying within one. A part
/// with punctuation fits without it ("a-0012"), or, where it has no digit, by its pieces
/// ("siti-nur"). Digits with a 0 in front also begin an Indonesian phone number, and those with 00
/// or + one of any country. Of several parts the one that fits worst tells how well a person
/// matches.
class NameIndex {
 public:
  using PersonId = std::uint32_t;  ///< the number that the journal has given

  struct Person {
    PersonId id{};
    std::string_view name;                       ///< UTF-8, as it is written
    std::string_view number;                     ///< of the member; empty: has none
    std::span<const std::string_view> phones{};  ///< E.164, or other text whose digits count
    std::span<const std::string_view> other_names{};
  };

  struct Hit {
    PersonId id{};
    Match match{};
    friend bool operator==(const Hit&, const Hit&) = default;
  };

  struct Page {
    std::vector<Hit> hits;
    std::size_t total = 0;  ///< persons that match, on this page or not
  };

  NameIndex() = default;
  NameIndex(const NameIndex&) = delete;
  NameIndex& operator=(const NameIndex&) = delete;

  /// Adds the person, or replaces what was known of this id. What it replaces is zeroed.
  void put(const Person& person);

  /// What was known is zeroed before this returns. False when there is no such person.
  bool erase(PersonId id);

  std::size_t size() const;

  /// The persons that match, ordered by match, then by folded name byte by byte, then by id; of
  /// these, `limit` from `offset` on. A query without a letter or a digit matches everybody, one
  /// beyond the bounds of NameQuery nobody.
  Page search(std::string_view text, std::size_t offset, std::size_t limit) const;

 private:
  struct Record {
    PersonId id;
    PersonWords words;
  };
  /// A run of persons in order of name and id: short, so that adding one moves few, and in one
  /// piece, so that looking through them costs no wait for each.
  using Shelf = std::vector<Record>;
  static constexpr std::size_t kShelfMax = 256;

  static bool before(const Record& a, const Record& b);
  bool erase_locked(PersonId id);

  mutable std::shared_mutex mutex_;
  std::vector<Shelf> shelves_;        // under mutex_; in order, none empty
  std::unordered_set<PersonId> ids_;  // under mutex_: of all persons on the shelves
};

}  // namespace lumbung::api::people
