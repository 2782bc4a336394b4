#include "api/people/name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lumbung::api::people {
namespace {

std::string fold(std::string_view name) {
  return std::string(view_of(folded(name)));
}
std::string key(std::string_view name) {
  return std::string(view_of(search_key(name)));
}

TEST(Folded, ForgivesCaseMarksAndPunctuation) {
  struct Row {
    std::string_view name;
    std::string_view folded;
  };
  constexpr Row kRows[] = {
      {"", ""},
      {"Siti", "siti"},
      {"  H. Abdul   Rahman, S.Pd. ", "h abdul rahman s pd"},
      {"Nur'aini", "nuraini"},
      {"Nur\u2019aini", "nuraini"},
      {"Ma\u02bfruf", "maruf"},
      {"Siti-Nurbaya", "siti nurbaya"},
      {"I Gusti Ngurah Ray II 2", "i gusti ngurah ray ii 2"},
      {"\u00a0Wayan\u2003Sudana\u00a0", "wayan sudana"},
      {"!!!", ""},
      {"\xff\xfe"
       "A\xc3",
       "a"},
      {"A\xed\xa0\x80"
       "B",
       "a b"},  // a lone surrogate is no UTF-8
      {"A\xc0\xaf"
       "B",
       "a b"},  // nor is an overlong slash
      {"\u9673\u7f8e\u9f61 Mei Ling", "\u9673\u7f8e\u9f61 mei ling"},
      {"\u0645\u062d\u0645\u062f", "\u0645\u062d\u0645\u062f"},
      // Letters by the decompositions of UnicodeData.txt (field 5).
      {"\u00c9", "e"},   // 0045 0301
      {"\u00f1", "n"},   // 006E 0303
      {"\u00e7", "c"},   // 0063 0327
      {"\u0101", "a"},   // 0061 0304
      {"\u012a", "i"},   // 0049 0304
      {"\u016b", "u"},   // 0075 0304
      {"\u0161", "s"},   // 0073 030C
      {"\u017e", "z"},   // 007A 030C
      {"\u01b0", "u"},   // 0075 031B
      {"\u0219", "s"},   // 0073 0326
      {"\u1e24", "h"},   // 0048 0323
      {"\u1e25", "h"},   // 0068 0323
      {"\u1e63", "s"},   // 0073 0323
      {"\u1ea1", "a"},   // 0061 0323
      {"\u1ebf", "e"},   // 00EA 0301
      {"\u1ec5", "e"},   // 00EA 0303
      {"\u1ef9", "y"},   // 0079 0303
      {"e\u0301", "e"},  // decomposed already
      // Letters without a decomposition.
      {"\u00d8", "o"},
      {"\u0111", "d"},
      {"\u0142", "l"},
      {"\u0131", "i"},
      {"Stra\u00dfe", "strasse"},
      {"\u00c6sa", "aesa"},
      {"\u00de\u00f3r", "thor"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(fold(row.name), row.folded) << row.name;
    EXPECT_EQ(fold(fold(row.name)), row.folded) << row.name;
  }
}

/// Spellings of one name: all of a row have one key.
TEST(SearchKey, ForgivesSpelling) {
  const std::vector<std::vector<std::string_view>> rows = {
      {"Muhammad", "Muhamad", "Mohammad", "Mohamad", "Mochammad", "Mochamad", "Moehammad", "Muh.",
       "Moh.", "Moch.", "Much.", "Mhd.", "Mohd.", "Muhd", "Mohammed", "MUHAMMAD"},
      {"Ahmad", "Achmad", "Akhmad", "Akhmat", "Ahmat", "Achmed"},
      {"Siti", "Sitti", "SITI", "Sity", "St.", "Sti."},
      {"Soeharto", "Suharto"},
      {"Soekarno", "Sukarno"},
      {"Djoko Tjahjono", "Joko Cahjono"},
      {"Njoman", "Nyoman"},
      {"Sjarif", "Syarif", "Sharif", "Sarif", "Syarief"},
      {"Abdul Rahman", "Abd. Rachman", "Abdoel Rahman"},
      {"Nur", "Noer", "Noor", "Nor"},
      {"Ramadhan", "Ramadan"},
      {"Dzulfikar", "Zulfikar", "Zulfiqar"},
      {"Thoriq", "Torik", "Thorik"},
      {"Utsman", "Usman", "Oesman"},
      {"Taufiq", "Taufik", "Tawfiq"},
      {"Zaenal", "Zainal", "Zaynal"},
      {"Hariyanto", "Haryanto", "Harianto"},
      {"Suwarno", "Suarno"},
      {"Fatimah", "Fatima", "Fathimah"},
      {"Yusuf", "Yusup", "Jusuf", "Yusof", "Yoesoef"},
      {"Yahya", "Jahja", "Jahya"},
      {"Aisyah", "Aisha", "Aisya"},
      {"Chandra", "Candra"},
      {"Christina", "Kristina"},
      {"Aziz", "Azis"},
      {"Rahmat", "Rachmad", "Rakhmat"},
      {"Husain", "Husein", "Hussein", "Husin", "Husen"},
      {"Budhi", "Budi", "Boedi"},
      {"Nur'aini", "Nuraini", "Nur\u2019aeni"},
      {"Umar", "Omar", "Oemar"},
  };
  for (const auto& row : rows) {
    for (const std::string_view name : row) {
      EXPECT_EQ(key(name), key(row.front())) << name;
    }
  }
}

TEST(SearchKey, KeepsDifferentNamesApart) {
  const std::vector<std::string_view> names = {
      "Muhammad", "Mahmud",  "Ahmad", "Hamid", "Siti",   "Suti",  "Santi", "Suharto", "Suhartini",
      "Budi",     "Bude",    "Joko",  "Jaka",  "Nur",    "Nura",  "Dewi",  "Dwi",     "Rahmat",
      "Rohmat",   "Fatimah", "Fatma", "Hasan", "Husain", "Umar",  "Imam",  "Iman",    "Agus",
      "Slamet",   "Selamat", "Wati",  "Yati",  "Yanto",  "Yanti", "Eko",   "Eka",     "Putri"};
  for (const auto a : names) {
    for (const auto b : names) {
      EXPECT_EQ(key(a) == key(b), a == b) << a << " " << b;
    }
  }
}

TEST(SearchKey, HasAsManyWordsAsTheName) {
  EXPECT_EQ(key("Siti Nur'aini  H."), key("Siti") + " " + key("Nuraini") + " h");
  EXPECT_EQ(key("..."), "");
}

TEST(Words, AreTheStretchesBetweenBlanks) {
  std::vector<std::string> words;
  for_each_word("  a bc  d ", [&](std::string_view word) { words.emplace_back(word); });
  EXPECT_EQ(words, (std::vector<std::string>{"a", "bc", "d"}));
}

}  // namespace
}  // namespace lumbung::api::people
