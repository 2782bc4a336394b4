// Persons made up for tests and benchmarks, and the naive search that the index is compared with:
// a list of words a person, looked at one by one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "api/people/name.h"
#include "api/people/name_index.h"

namespace lumbung::tests {

struct MadeUpPerson {
  std::uint32_t id = 0;
  std::string name;
  std::string number;
  std::vector<std::string> phones;
};

/// `random` has below(bound), as tests::Random and api::Random do.
template <class Random>
MadeUpPerson made_up_person(std::uint32_t id, Random& random) {
  static constexpr std::string_view kWords[] = {
      "Muhammad",    "Muh.",     "Moch.",    "Ahmad",   "Achmad",     "Siti",       "Sitti",
      "Nur",         "Nur'aini", "Noer",     "Abdul",   "Abd.",       "Rahman",     "Rochman",
      "Budi",        "Budhi",    "Santoso",  "Suharto", "Soeharto",   "Wati",       "Sri",
      "Dewi",        "Dwi",      "Tri",      "Eko",     "Agus",       "Slamet",     "Suparman",
      "Sugeng",      "Wahyuni",  "Lestari",  "Rahayu",  "Ningsih",    "Fatimah",    "Aisyah",
      "Khadijah",    "Zainab",   "Umar",     "Usman",   "Ali",        "Hasan",      "Husein",
      "Yusuf",       "Yusup",    "Ibrahim",  "Ismail",  "Sulaiman",   "Wayan",      "Made",
      "Nyoman",      "Ketut",    "Komang",   "Putu",    "Gede",       "I",          "Ni",
      "Simanjuntak", "Siregar",  "Nasution", "Lubis",   "Tampubolon", "Sitorus",    "Ginting",
      "Tarigan",     "Yohanes",  "Maria",    "Yosef",   "Kristina",   "Bernadetha", "Fransiskus",
      "Lalu",        "Baiq",     "H.",       "Hj.",     "Jos\u00e9",  "Tjahjono",   "Djoko",
      "Purnomo",     "Hidayat",  "Kurniawan"};
  const auto digits = [&](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('0' + random.below(10));
    return text;
  };
  MadeUpPerson person;
  person.id = id;
  const std::uint64_t words = 1 + random.below(4);
  for (std::uint64_t i = 0; i < words; ++i) {
    if (i > 0) person.name += random.below(20) == 0 ? "-" : " ";
    person.name += kWords[random.below(std::size(kWords))];
  }
  if (random.below(10) != 0) person.number = "A-" + digits(5);
  const std::uint64_t phones = random.below(3);
  for (std::uint64_t i = 0; i < phones; ++i) {
    person.phones.push_back((random.below(5) == 0 ? "+8529" : "+628") + digits(9));
  }
  return person;
}

inline void put(api::people::NameIndex& index, const MadeUpPerson& person) {
  const std::vector<std::string_view> phones(person.phones.begin(), person.phones.end());
  index.put({person.id, person.name, person.number, phones});
}

/// What the header of the index says, word for word and without any thought of speed.
class NaivePersons {
 public:
  void put(const MadeUpPerson& person) {
    Known known;
    known.order = text_of(api::people::folded(person.name));
    for (const std::string& word : split(known.order)) {
      known.words.push_back(word);
      known.words.push_back(text_of(api::people::key_of_word(word)));
    }
    known.words.push_back(plain(person.number));
    for (std::string phone : person.phones) {
      std::erase_if(phone, [](char c) { return c < '0' || c > '9'; });
      known.words.push_back(phone);
    }
    persons_[person.id] = known;
  }
  void erase(std::uint32_t id) { persons_.erase(id); }

  api::people::NameIndex::Page search(const std::string& query, std::size_t offset,
                                      std::size_t limit) const {
    std::vector<std::tuple<int, std::string, std::uint32_t>> found;
    for (const auto& [id, known] : persons_) {
      const int match = match_of(query, known.words);
      if (match < kNone) found.emplace_back(match, known.order, id);
    }
    std::ranges::sort(found);
    api::people::NameIndex::Page page;
    page.total = found.size();
    for (std::size_t i = offset; i < found.size() && i < offset + limit; ++i) {
      page.hits.push_back(
          {std::get<2>(found[i]), static_cast<api::people::Match>(std::get<0>(found[i]))});
    }
    return page;
  }

 private:
  struct Known {
    std::string order;
    std::vector<std::string> words;
  };
  static constexpr int kNone = 3;

  static std::string text_of(const api::people::WipedText& text) {
    return std::string(text.begin(), text.end());
  }
  static std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words(1);
    for (const char c : text) {
      if (c == ' ') {
        words.emplace_back();
      } else {
        words.back() += c;
      }
    }
    std::erase(words, "");
    return words;
  }
  static std::string plain(const std::string& text) {
    std::string kept;
    for (const char c : text) {
      if (c >= 'A' && c <= 'Z') kept += static_cast<char>(c + 32);
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) kept += c;
    }
    return kept;
  }

  static int match_of(const std::string& looked_for, const std::string& word) {
    if (looked_for.empty() || word.empty()) return kNone;
    if (looked_for == word) return 0;
    const auto at = word.find(looked_for);
    return at == 0 ? 1 : at == word.npos ? kNone : 2;
  }
  static int best_of(const std::string& looked_for, const std::vector<std::string>& words) {
    int best = kNone;
    for (const std::string& word : words) best = std::min(best, match_of(looked_for, word));
    return best;
  }
  static int best_start(const std::string& looked_for, const std::vector<std::string>& words) {
    int best = kNone;
    for (const std::string& word : words) {
      const int match = match_of(looked_for, word);
      if (match < 2) best = std::min(best, match);
    }
    return best;
  }

  static int part_match(const std::string& part, const std::vector<std::string>& words) {
    int best = kNone;
    const auto pieces = split(text_of(api::people::folded(part)));
    const bool ascii = std::ranges::none_of(part, [](char c) { return (c & 0x80) != 0; });
    const bool is_number = ascii && part.find_first_of("0123456789") != part.npos;
    if (pieces.size() == 1 || (!pieces.empty() && !is_number)) {
      int worst = 0;
      for (const std::string& piece : pieces) {
        const int folded = best_of(piece, words);
        const int key = best_of(text_of(api::people::key_of_word(piece)), words);
        worst = std::max(worst, std::min(folded, key));
      }
      best = worst;
    }
    if (ascii) best = std::min(best, best_of(plain(part), words));
    if (part.find_first_not_of("0123456789+-.()/") == part.npos) {
      const std::string digits = plain(part);
      if (digits.starts_with("00")) {
        best = std::min(best, best_start(digits.substr(2), words));
      } else if (part.starts_with('+')) {
        best = std::min(best, best_start(digits.substr(digits.starts_with('0') ? 1 : 0), words));
      } else if (digits.size() > 1 && digits.starts_with('0')) {
        best = std::min(best, best_start("62" + digits.substr(1), words));
      }
    }
    return best;
  }

  static int match_of(const std::string& query, const std::vector<std::string>& words) {
    int worst = 0;
    for (const std::string& part : split(query)) {
      const bool says_nothing = text_of(api::people::folded(part)).empty();
      if (!says_nothing) worst = std::max(worst, part_match(part, words));
    }
    return worst;
  }

  std::map<std::uint32_t, Known> persons_;
};

/// A part of something that the person is known by, as somebody might type it.
template <class Random>
std::string made_up_query(const MadeUpPerson& person, Random& random) {
  const auto part_of = [&](const std::string& text) {
    if (text.empty()) return text;
    const std::size_t from = random.below(3) == 0 ? random.below(text.size()) : 0;
    return text.substr(from, 1 + random.below(text.size() - from));
  };
  switch (random.below(8)) {
    case 0:
      return part_of(person.number);
    case 1:
      return person.phones.empty() ? "0812" : part_of(person.phones.front());
    case 2:
      return person.phones.empty() || !person.phones.front().starts_with("+62")
                 ? "0062"
                 : "0" + part_of(person.phones.front().substr(3));
    case 3:
      return part_of(person.name) + " " + part_of(person.name);
    case 4:
      return person.name;
    case 5:
      return part_of(person.number) + " " + part_of(person.name);
    default:
      return part_of(person.name);
  }
}

}  // namespace lumbung::tests
