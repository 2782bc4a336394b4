#include "api/people/name.h"

#include <algorithm>
#include <cstdint>

namespace lumbung::api::people {
namespace {

// ------------------------------------------------------------------------------------- folding

/// The letter that a character is without case and marks, after the compatibility decomposition of
/// Unicode 15 (field 5 of UnicodeData.txt) and, where that has none, by its shape; '.': none.
struct FoldedRange {
  std::uint32_t first;
  std::string_view letters;
};

constexpr FoldedRange kFolded[] = {
    {0x00c0,
     "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y"
     "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkklllllll"
     "lllnnnnnnn..oooooo..rrrrrrssssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"},
    {0x0180,
     "b..............e................oo.............uu..............."
     ".............aaiioouuuuuuuuuu.aaaa....ggkkoooo..j...gg..nnaa..oo"
     "aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy............"
     "...b............"},
    {0x1e00,
     "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
     "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
     "wwwwwwwwwwxxxxyyzzzzzzhtwy.s....aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
     "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......"},
};

struct FoldedPair {
  std::uint32_t character;
  std::string_view letters;
};

constexpr FoldedPair kFoldedPairs[] = {
    {0x00c6, "ae"}, {0x00de, "th"}, {0x00df, "ss"}, {0x00e6, "ae"}, {0x00fe, "th"}, {0x0132, "ij"},
    {0x0133, "ij"}, {0x014a, "ng"}, {0x014b, "ng"}, {0x0152, "oe"}, {0x0153, "oe"}, {0x01c4, "dz"},
    {0x01c5, "dz"}, {0x01c6, "dz"}, {0x01c7, "lj"}, {0x01c8, "lj"}, {0x01c9, "lj"}, {0x01ca, "nj"},
    {0x01cb, "nj"}, {0x01cc, "nj"}, {0x01e2, "ae"}, {0x01e3, "ae"}, {0x01f1, "dz"}, {0x01f2, "dz"},
    {0x01f3, "dz"}, {0x01fc, "ae"}, {0x01fd, "ae"}, {0x1e9e, "ss"},
};

/// What people write within a word for an apostrophe: ' ` ´ ʹ to ʿ ‘ to ‛ ′ ‵.
constexpr bool is_apostrophe(std::uint32_t c) {
  return c == '\'' || c == '`' || c == 0xb4 || (c >= 0x2b9 && c <= 0x2bf) ||
         (c >= 0x2018 && c <= 0x201b) || c == 0x2032 || c == 0x2035;
}

constexpr bool is_combining_mark(std::uint32_t c) {
  return c >= 0x300 && c <= 0x36f;
}

/// Controls, blanks, signs and punctuation outside ASCII that a name may come with.
constexpr bool is_gap(std::uint32_t c) {
  return (c >= 0x80 && c < 0xc0) || c == 0xd7 || c == 0xf7 || (c >= 0x2000 && c <= 0x206f) ||
         (c >= 0x3000 && c <= 0x3003) || c == 0xfeff || c == 0xfffd;
}

struct Character {
  std::uint32_t value = 0xfffd;
  std::size_t bytes = 1;
};

/// The first character of `text`, or one byte as U+FFFD where that is no UTF-8 (RFC 3629).
/// REQUIRES: text is not empty.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  std::uint32_t value = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kLeast[bytes] || value > 0x10ffff || is_surrogate) return {};
  return {value, bytes};
}

/// Letters to append for a character outside ASCII; empty when it stays what it is.
std::string_view letters_of(std::uint32_t c) {
  for (const FoldedRange& range : kFolded) {
    if (c < range.first || c >= range.first + range.letters.size()) continue;
    const std::string_view letter = range.letters.substr(c - range.first, 1);
    if (letter != ".") return letter;
  }
  const auto* pair = std::ranges::find(kFoldedPairs, c, &FoldedPair::character);
  return pair == std::end(kFoldedPairs) ? std::string_view{} : pair->letters;
}

// -------------------------------------------------------------------------------------- keys

/// One spelling for another. The tables are in the spelling of a folded word.
struct Spelling {
  std::string_view from;
  std::string_view to;
};

/// Letters, wherever they stand; each row works on what the rows before have left.
constexpr Spelling kLetters[] = {
    {"oe", "u"},    // spelling before 1947: Soeharto, Suharto
    {"tj", "c"},    // spelling before 1972: Tjahjono, Cahyono
    {"dj", "j"},    // spelling before 1972: Djoko, Joko
    {"nj", "ny"},   // spelling before 1972: Njoman, Nyoman
    {"sj", "s"},    // spelling before 1972 of sy: Sjarif, Syarif
    {"sy", "s"},    // Arabic sh: Syarif, Sharif, Sarif
    {"sh", "s"},    // the same in English spelling: Aisha, Aisyah
    {"chr", "kr"},  // Christina, Kristina
    {"ch", "h"},    // Arabic kh, spelling before 1972: Achmad, Akhmad, Ahmad
    {"kh", "h"},    // Arabic kh: Khasanah, Hasanah
    {"dh", "d"},    // Javanese and Arabic dh: Ramadhan, Ramadan; Budhi, Budi
    {"dz", "z"},    // Arabic dh: Dzulfikar, Zulfikar
    {"th", "t"},    // Arabic and Javanese th: Thoriq, Toriq; Fathur, Fatur
    {"ts", "s"},    // Arabic th: Utsman, Usman
    {"bh", "b"},    // Sanskrit: Bhakti, Bakti
    {"gh", "g"},    // Arabic gh: Ghofur, Gofur
    {"ph", "f"},    // Greek: Stephanus, Stefanus
    {"v", "f"},     // said alike: Novi, Nofi
    {"q", "k"},     // Arabic q: Taufiq, Taufik
    {"x", "ks"},    // Alex, Aleks
    {"y", "i"},     // Hariyanto, Haryanto, Harianto; Andy, Andi
    {"w", "u"},     // Suwarno, Suarno; Fawzi, Fauzi
    {"ie", "i"},    // Dutch: Soetardjie, Sutarji
    {"ae", "ai"},   // Arabic ai: Zaenal, Zainal; Jaelani, Jailani
};

/// Letters at the end of a word of four letters or more, after the others.
constexpr Spelling kEnds[] = {
    {"h", ""},   // Arabic feminine: Fatimah, Fatima
    {"d", "t"},  // said alike: Ahmad, Ahmat; Rahmad, Rahmat
    {"z", "s"},  // said alike: Aziz, Azis
    {"p", "f"},  // Sundanese: Yusup, Yusuf; Arip, Arif
};
constexpr std::size_t kEndsWordMin = 4;

/// Whole words, in the spelling that the rows above and the loss of doubled letters leave.
constexpr Spelling kWords[] = {
    {"muh", "muhamat"},      // Muh. and Much.
    {"moh", "muhamat"},      // Moh. and Moch.
    {"mhd", "muhamat"},      // Mhd.
    {"moht", "muhamat"},     // Mohd., as in Malaysia
    {"muht", "muhamat"},     // Muhd.
    {"mohamat", "muhamat"},  // Mohammad, Mochamad
    {"mohamet", "muhamat"},  // Mohammed
    {"muhamet", "muhamat"},  // Muhammed
    {"ahmet", "ahmat"},      // Achmed
    {"abd", "abdul"},        // Abd. Rahman
    {"sti", "siti"},         // Sti. Aminah; Syti
    {"st", "siti"},          // St. Aminah
    {"nor", "nur"},          // Noor, Nor, as in Malaysia and South Kalimantan
    {"omar", "umar"},        // Omar, Umar
    {"husin", "husain"},     // Husin, Husain
    {"husen", "husain"},     // Husen
    {"husein", "husain"},    // Hussein
    {"iusof", "iusuf"},      // Yusof, as in Malaysia
    {"jusuf", "iusuf"},      // Jusuf: j for y before 1972, which letters alone do not tell
    {"jahia", "iahia"},      // Jahja, Yahya
    {"jahja", "iahia"},      // Jahja, Yahya
    {"handra", "candra"},    // Chandra, Candra: not the Arabic ch
    {"hintia", "cintia"},    // Chintya, Cintya
};

void replace_all(WipedText& word, const Spelling& spelling) {
  for (auto at = word.begin();;) {
    at = std::search(at, word.end(), spelling.from.begin(), spelling.from.end());
    if (at == word.end()) return;
    const auto index = at - word.begin();
    const auto length = static_cast<std::ptrdiff_t>(spelling.from.size());
    at = word.erase(at, at + length);
    word.insert(at, spelling.to.begin(), spelling.to.end());
    at = word.begin() + index + static_cast<std::ptrdiff_t>(spelling.to.size());
  }
}

constexpr bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

void merge_doubled_letters(WipedText& word) {
  const auto end =
      std::unique(word.begin(), word.end(), [](char a, char b) { return a == b && is_letter(a); });
  word.erase(end, word.end());
}

}  // namespace

WipedText folded(std::string_view name) {
  WipedText text;
  text.reserve(name.size());
  bool gap = false;
  const auto add = [&](std::string_view letters) {
    if (gap && !text.empty()) text.push_back(' ');
    gap = false;
    append(text, letters);
  };
  while (!name.empty()) {
    const Character character = first_character(name);
    const std::uint32_t c = character.value;
    const std::string_view bytes = name.substr(0, character.bytes);
    name.remove_prefix(character.bytes);
    if (is_apostrophe(c) || is_combining_mark(c)) continue;
    if (c >= 'A' && c <= 'Z') {
      const char lower = static_cast<char>(c - 'A' + 'a');
      add({&lower, 1});
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      add(bytes);
    } else if (c < 0x80 || is_gap(c)) {
      gap = true;
    } else {
      const std::string_view letters = letters_of(c);
      add(letters.empty() ? bytes : letters);
    }
  }
  return text;
}

WipedText key_of_word(std::string_view folded_word) {
  WipedText word(folded_word.begin(), folded_word.end());
  for (const Spelling& spelling : kLetters) replace_all(word, spelling);
  merge_doubled_letters(word);
  for (const Spelling& spelling : kEnds) {
    if (word.size() < kEndsWordMin || !view_of(word).ends_with(spelling.from)) continue;
    word.resize(word.size() - spelling.from.size());
    append(word, spelling.to);
    break;
  }
  for (const Spelling& spelling : kWords) {
    if (view_of(word) != spelling.from) continue;
    word.assign(spelling.to.begin(), spelling.to.end());
    break;
  }
  return word;
}

WipedText search_key(std::string_view name) {
  WipedText key;
  for_each_word(view_of(folded(name)), [&](std::string_view word) {
    if (!key.empty()) key.push_back(' ');
    append(key, view_of(key_of_word(word)));
  });
  return key;
}

}  // namespace lumbung::api::people
