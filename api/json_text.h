// The parts of JSON that are plain text work, for json.cc: the grammar of bare scalars, and
// pointers. Charset and the escapes that Writer puts are in json_text.cc too. Pure functions: any
// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lumbung::api::json {

/// RFC 8259 section 6: the length of the int part with its sign; 0 when there is none.
std::size_t integer_length(std::string_view text);
/// Whether the text is a number (RFC 8259 section 6) or one of the three names (section 3).
bool is_bare_scalar(std::string_view text);

/// Without the white space of RFC 8259 section 2.
std::string_view trim_right(std::string_view text);
std::string_view trim(std::string_view text);

/// Appends a name as a reference token of a JSON pointer (RFC 6901 section 3). Of a long name, the
/// caller's choice, 64 bytes at most are repeated; it is cut at a character.
void append_pointer_name(std::string& pointer, std::string_view name);

/// How many characters from `text` on are printable ASCII but neither quote nor backslash.
/// REQUIRES: there is one that is not, and seven bytes behind it may be read.
std::size_t plain_length(const char* text);

}  // namespace lumbung::api::json
