// What the name index looks for, and in what: the words of one person.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "api/people/wiped.h"

namespace lumbung::api::people {

/// How well a person fits a query; the better first.
enum class Match : std::uint8_t { kExact, kPrefix, kInfix };

/// Which pairs of neighbouring bytes a text has, as a set that may hold more than it was given:
/// what has a pair that is missing cannot lie in the text. It tells this from 32 bytes, without the
/// text.
class PairSet {
 public:
  PairSet() = default;
  explicit PairSet(std::string_view text);
  PairSet(const PairSet&) = default;
  PairSet& operator=(const PairSet&) = default;
  ~PairSet();  // zeroes it: it tells something of the text

  bool has_all_of(const PairSet& other) const;

 private:
  std::array<std::uint64_t, 4> bits_{};
};

/// All that a person is found by. Immutable once filled; zeroed when it goes.
class PersonWords {
 public:
  /// `number`: of the member; empty: has none. `phones`: E.164, or other text whose digits count.
  PersonWords(std::string_view name, std::string_view number,
              std::span<const std::string_view> phones,
              std::span<const std::string_view> other_names = {});

  /// The folded name: what persons are put in order by.
  std::string_view name() const { return view_of(text_).substr(1, name_bytes_); }
  /// Each word between blanks: " siti nurbaia a0012 6281234567890 ".
  std::string_view text() const { return view_of(text_); }
  const PairSet& pairs() const { return pairs_; }

 private:
  std::size_t name_bytes_ = 0;
  WipedText text_;
  PairSet pairs_;
};

/// A query, taken apart once and held against each person. Immutable, any thread.
class NameQuery {
 public:
  static constexpr std::size_t kBytesMax = 200;
  static constexpr std::size_t kPartsMax = 16;

  /// nullopt when it is longer or has more parts: such a query finds nobody.
  static std::optional<NameQuery> read(std::string_view query);

  /// nullopt when a part of the query is not found.
  std::optional<Match> match(const PersonWords& words) const;

 private:
  struct Needle {
    WipedText text;         // with a blank in front where it is only sought there
    bool at_start = false;  // only at the start of a word
    PairSet pairs;
  };
  using Choice = std::vector<Needle>;  // one of them must be found

  /// A stretch of the query between blanks.
  struct Part {
    std::vector<Choice> pieces;  // of a name: each of them must be found, or
    Choice whole;                // the part as a whole
  };

  static Part read_part(std::string_view text);
  static void add_needle(Choice& choice, WipedText text, bool at_start = false);
  // The best match; once it is as good as `enough`, there is no search for a better one.
  static std::optional<Match> match_of(const Needle& needle, const PersonWords& words,
                                       Match enough);
  static std::optional<Match> match_of(const Choice& choice, const PersonWords& words,
                                       Match enough);
  static std::optional<Match> match_of(const Part& part, const PersonWords& words, Match enough);

  std::vector<Part> parts_;
};

}  // namespace lumbung::api::people
