#include "api/people/name_query.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "api/people/name.h"

namespace lumbung::api::people {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// ASCII letters in lower case and digits, without what stands between them.
WipedText plain(std::string_view text) {
  WipedText kept;
  for (const char c : text) {
    if (is_digit(c) || (c >= 'a' && c <= 'z')) kept.push_back(c);
    if (c >= 'A' && c <= 'Z') kept.push_back(static_cast<char>(c - 'A' + 'a'));
  }
  return kept;
}

WipedText digits_of(std::string_view text) {
  WipedText kept;
  std::ranges::copy_if(text, std::back_inserter(kept), is_digit);
  return kept;
}

void add_word(WipedText& words, std::string_view word) {
  if (word.empty()) return;
  append(words, word);
  words.push_back(' ');
}

void add_name(WipedText& words, std::string_view folded_name) {
  add_word(words, folded_name);
  for_each_word(folded_name, [&](std::string_view word) {
    const WipedText key = key_of_word(word);
    if (view_of(key) != word) add_word(words, view_of(key));
  });
}

/// The beginning of a phone number with its country code, behind a blank; empty when the part is
/// none.
WipedText phone_start(std::string_view part) {
  if (part.find_first_not_of("0123456789+-.()/") != part.npos) return {};
  const WipedText digits = digits_of(part);
  std::string_view number = view_of(digits);
  const bool has_code = part.starts_with('+') || number.starts_with("00");
  if (!has_code && !number.starts_with('0')) return {};
  number.remove_prefix(number.starts_with("00") ? 2 : number.starts_with('0') ? 1 : 0);
  if (number.empty()) return {};
  WipedText start;
  append(start, has_code ? " " : " 62");
  append(start, number);
  return start;
}

}  // namespace

// ------------------------------------------------------------------------------------- a person

PairSet::PairSet(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    const unsigned first = static_cast<unsigned char>(text[i - 1]);
    const unsigned second = static_cast<unsigned char>(text[i]);
    const unsigned bit = ((first << 8 | second) * 0x9e3779b1U) >> 24;  // Knuth's golden ratio
    bits_[bit / 64] |= std::uint64_t{1} << bit % 64;
  }
}

PairSet::~PairSet() {
  sodium_memzero(bits_.data(), sizeof bits_);
}

bool PairSet::has_all_of(const PairSet& other) const {
  std::uint64_t missing = 0;
  for (std::size_t i = 0; i < bits_.size(); ++i) missing |= other.bits_[i] & ~bits_[i];
  return missing == 0;
}

PersonWords::PersonWords(std::string_view name, std::string_view number,
                         std::span<const std::string_view> phones,
                         std::span<const std::string_view> other_names) {
  const WipedText folded_name = folded(name);
  name_bytes_ = folded_name.size();
  WipedText words;
  words.push_back(' ');
  add_name(words, view_of(folded_name));
  for (const std::string_view other : other_names) add_name(words, view_of(folded(other)));
  add_word(words, view_of(plain(number)));
  for (const std::string_view phone : phones) add_word(words, view_of(digits_of(phone)));
  text_.assign(words.begin(), words.end());  // in no more memory than it takes
  pairs_ = PairSet(view_of(text_));
}

// -------------------------------------------------------------------------------------- a query

std::optional<NameQuery> NameQuery::read(std::string_view query) {
  if (query.size() > kBytesMax) return std::nullopt;
  NameQuery read;
  for_each_word(query, [&](std::string_view text) {
    Part part = read_part(text);
    if (!part.pieces.empty() || !part.whole.empty()) read.parts_.push_back(std::move(part));
  });
  if (read.parts_.size() > kPartsMax) return std::nullopt;
  return read;
}

NameQuery::Part NameQuery::read_part(std::string_view text) {
  Part part;
  for_each_word(view_of(folded(text)), [&](std::string_view word) {
    Choice piece;
    add_needle(piece, WipedText(word.begin(), word.end()));
    add_needle(piece, key_of_word(word));
    part.pieces.push_back(std::move(piece));
  });
  const bool is_ascii = std::ranges::all_of(text, [](char c) { return (c & 0x80) == 0; });
  if (is_ascii) {
    // "a-0012" is a number: its pieces would be found in half of all persons.
    if (part.pieces.size() > 1 && std::ranges::any_of(text, is_digit)) part.pieces.clear();
    WipedText whole = plain(text);
    const bool is_piece = part.pieces.size() == 1 && part.pieces[0][0].text == whole;
    if (!is_piece) add_needle(part.whole, std::move(whole));
  }
  add_needle(part.whole, phone_start(text), /*at_start=*/true);
  return part;
}

void NameQuery::add_needle(Choice& choice, WipedText text, bool at_start) {
  if (text.empty()) return;
  const bool is_known =
      std::ranges::any_of(choice, [&](const Needle& needle) { return needle.text == text; });
  if (is_known) return;
  const PairSet pairs(view_of(text));
  choice.push_back({std::move(text), at_start, pairs});
}

std::optional<Match> NameQuery::match(const PersonWords& words) const {
  Match worst = Match::kExact;
  for (const Part& part : parts_) {
    const auto match = match_of(part, words, worst);
    if (!match) return std::nullopt;
    worst = std::max(worst, *match);
  }
  return worst;
}

std::optional<Match> NameQuery::match_of(const Part& part, const PersonWords& words, Match enough) {
  const std::optional<Match> best = match_of(part.whole, words, enough);
  if (part.pieces.empty() || (best && *best <= enough)) return best;
  Match worst = Match::kExact;
  for (const Choice& piece : part.pieces) {
    const auto match = match_of(piece, words, std::max(enough, worst));
    if (!match) return best;
    worst = std::max(worst, *match);
  }
  return best ? std::min(*best, worst) : worst;
}

std::optional<Match> NameQuery::match_of(const Choice& choice, const PersonWords& words,
                                         Match enough) {
  std::optional<Match> best;
  for (const Needle& needle : choice) {
    if (!words.pairs().has_all_of(needle.pairs)) continue;
    const auto match = match_of(needle, words, enough);
    if (match && (!best || *match < *best)) best = match;
    if (best && *best <= enough) break;
  }
  return best;
}

std::optional<Match> NameQuery::match_of(const Needle& needle, const PersonWords& words,
                                         Match enough) {
  const std::string_view sought = view_of(needle.text);
  const std::string_view text = words.text();
  const char* const end = text.data() + text.size();
  std::optional<Match> best;
  for (const char* at = text.data(); !best || *best > enough; ++at) {
    at = static_cast<const char*>(
        ::memmem(at, static_cast<std::size_t>(end - at), sought.data(), sought.size()));
    if (at == nullptr) break;
    // A blank stands before the first word and behind the last.
    if (!needle.at_start && at[-1] != ' ') {
      best = best ? best : Match::kInfix;
    } else if (at[sought.size()] == ' ') {
      best = Match::kExact;
    } else {
      best = Match::kPrefix;
    }
  }
  return best;
}

}  // namespace lumbung::api::people
