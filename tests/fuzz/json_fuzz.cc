// The JSON walk and the writer. Nothing may crash; what is accepted ends where a naive scan of
// brackets and quotes says it ends; what the writer writes is read back as it was.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/json.h"
#include "engine/check.h"

namespace {

using namespace lumbung::api::json;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Where the first value of a well-formed text ends.
std::size_t end_of_value(std::string_view json) {
  std::size_t at = 0;
  std::size_t depth = 0;
  while (is_blank(json[at])) ++at;
  do {
    const char c = json[at++];
    if (c == '"') {
      while (json[at] != '"') at += json[at] == '\\' ? 2 : 1;
      ++at;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (depth == 0) {  // a bare scalar
      while (at < json.size() && !is_blank(json[at])) ++at;
    }
  } while (depth > 0);
  return at;
}

enum : std::size_t { kKey, kAmount, kCount, kFlag, kNote, kLegs, kTags };
constexpr FieldSpec kFields[] = {{"key", kRequired}, {"amount"}, {"count"}, {"flag"},
                                 {"note"},           {"legs"},   {"tags"}};
constexpr TextRule kKeyRule{1, 64, Charset::visible_ascii()};

bool read_field(std::size_t field, Value& value) {
  std::string_view text;
  std::int64_t number = 0;
  std::uint64_t natural = 0;
  bool flag = false;
  switch (field) {
    case kKey:
      return value.text(text, kKeyRule);
    case kAmount:
      return value.string(text) && (text != "bad" || value.fail("it is bad"));
    case kCount:
      return value.type() == Type::kNumber ? value.integer(number, -1000, 1000)
                                           : value.integer(natural);
    case kFlag:
      return value.is_null() ? value.null() : value.boolean(flag);
    case kNote:
      return true;  // left unread: walked all the same
    case kTags:
      return value.map(8, [](std::string_view, Value& tag) { return tag.skip(); });
    default:
      return value.array(0, 64, [&](std::size_t, Value& leg) {
        return leg.object(
            kFields, [&](std::size_t inner, Value& member) { return read_field(inner, member); });
      });
  }
}

bool has_control_character(std::string_view utf8) {
  return !Charset::text().holds(utf8);
}

void round_trip(Parser& parser, std::string_view text) {
  std::string json;
  Writer writer(json);
  writer.begin_array().value(text).end_array();
  CHECK(parser.validate(json));
  bool same = false;
  const auto errors = parser.array(json, 1, 1, [&](std::size_t, Value& value) {
    std::string_view read;
    if (!value.string(read)) return false;
    same = read == text;
    return true;
  });
  CHECK(errors.empty() ? same : has_control_character(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Parser parser;
  const std::string_view json(reinterpret_cast<const char*>(data), size);

  const bool valid = parser.validate(json);
  if (valid) {
    for (std::size_t at = end_of_value(json); at < json.size(); ++at) CHECK(is_blank(json[at]));
    CHECK(simdjson::validate_utf8(json));
  }

  const auto errors = parser.object(
      json, kFields, [](std::size_t field, Value& value) { return read_field(field, value); });
  CHECK(errors.size() <= kErrorsMax);
  if (errors.empty()) CHECK(valid);
  for (const Error& error : errors) {
    CHECK(!error.detail.empty() && (error.pointer.empty() || error.pointer[0] == '/'));
    if (error.code == Code::kMalformed) CHECK(!valid);
  }

  if (simdjson::validate_utf8(json)) round_trip(parser, json);
  return 0;
}
