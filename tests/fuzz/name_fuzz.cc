// Any bytes as a name, a number and a query, one a line: what is made of a name has the form that
// it is said to have, and the index finds what the naive search finds.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/people/name.h"
#include "api/people/name_index.h"
#include "engine/check.h"
#include "tests/api/people/people_model.h"

namespace {

using namespace lumbung;
using namespace lumbung::api::people;

std::string next_line(std::string_view& text) {
  const std::string line(text.substr(0, text.find('\n')));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

std::size_t count_words(std::string_view text) {
  std::size_t count = 0;
  for_each_word(text, [&](std::string_view) { ++count; });
  return count;
}

void check_form(std::string_view text) {
  CHECK(!text.starts_with(' ') && !text.ends_with(' '));
  CHECK(text.find("  ") == text.npos);
  CHECK(std::ranges::none_of(text, [](char c) {
    return (c & 0x80) == 0 && c != ' ' && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9');
  }));
}

void check_name(const std::string& name) {
  const WipedText once = folded(name);
  check_form(view_of(once));
  CHECK(folded(view_of(once)) == once);
  const WipedText key = search_key(name);
  check_form(view_of(key));
  CHECK(count_words(view_of(key)) == count_words(view_of(once)));
  CHECK(search_key(view_of(once)) == key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string query = next_line(rest);
  check_name(query);
  NameIndex index;
  tests::NaivePersons naive;
  for (std::uint64_t id = 1; !rest.empty() && id <= 8; ++id) {
    tests::MadeUpPerson person;
    person.id = id;
    person.name = next_line(rest);
    person.number = next_line(rest);
    person.phones = {next_line(rest)};
    check_name(person.name);
    tests::put(index, person);
    naive.put(person);
  }
  const auto page = index.search(query, 0, 4);
  const bool is_bounded =
      query.size() <= NameQuery::kBytesMax && count_words(query) <= NameQuery::kPartsMax;
  if (!is_bounded) return 0;
  const auto expected = naive.search(query, 0, 4);
  CHECK(page.total == expected.total && page.hits == expected.hits);
  return 0;
}
