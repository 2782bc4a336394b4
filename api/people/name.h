// Names, for comparing alone: a name is kept as its bearer writes it, and never replaced by what is
// made of it here.
//
// Two forms of a name are compared. `folded` forgives case, marks and punctuation. The search key
// forgives spelling as well: Soeharto and Suharto, Achmad and Akhmad and Ahmat, Moh. and Muhammad.
// Its rules are the two tables in name.cc. The key is no name and is shown to nobody.
#pragma once

#include <string_view>

#include "api/people/wiped.h"

namespace lumbung::api::people {

/// The words of a name with one blank between them: Latin letters in lower case and without marks,
/// apostrophes left out ("Nur'aini" is one word), other punctuation a blank. Letters of other
/// scripts stay. Any bytes may come in; what is not UTF-8 counts as a blank.
WipedText folded(std::string_view name);

/// The key of one word of a folded name; not empty unless the word is. REQUIRES: no blank in it.
WipedText key_of_word(std::string_view folded_word);

/// The keys of a name's words with one blank between them.
WipedText search_key(std::string_view name);

/// Calls `use` with each stretch of `text` between blanks, none of them empty.
template <class Use>
void for_each_word(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!word.empty()) use(word);
    text.remove_prefix(word.size() + (word.size() < text.size() ? 1 : 0));
  }
}

}  // namespace lumbung::api::people
