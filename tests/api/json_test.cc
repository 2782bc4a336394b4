#include "api/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lumbung::api::json {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// "code pointer", in document order.
std::vector<std::string> brief(const std::vector<Error>& errors) {
  std::vector<std::string> lines;
  for (const Error& error : errors) {
    EXPECT_FALSE(error.detail.empty());
    lines.push_back(std::string(name(error.code)) + " " + error.pointer);
  }
  return lines;
}

// --- JSONTestSuite (nst, MIT): y_ must be accepted, n_ refused, i_ is free --------------------

/// The regular files of a gzipped tar archive (POSIX ustar), by name without its directories.
std::map<std::string, std::string> read_archive(const std::filesystem::path& path) {
  constexpr std::size_t kBlock = 512;
  constexpr std::size_t kSizeAt = 124;
  constexpr std::size_t kTypeAt = 156;
  std::map<std::string, std::string> files;
  const gzFile archive = gzopen(path.c_str(), "rb");
  if (archive == nullptr) return files;
  char header[kBlock];
  while (gzread(archive, header, kBlock) == static_cast<int>(kBlock) && header[0] != '\0') {
    const std::size_t size = std::strtoul(std::string(header + kSizeAt, 12).c_str(), nullptr, 8);
    std::string content((size + kBlock - 1) / kBlock * kBlock, '\0');
    if (!content.empty() &&
        gzread(archive, content.data(), static_cast<unsigned>(content.size())) <= 0)
      break;
    content.resize(size);
    if (header[kTypeAt] == '0' || header[kTypeAt] == '\0') {
      const std::string name(header, strnlen(header, 100));
      files[name.substr(name.rfind('/') + 1)] = std::move(content);
    }
  }
  gzclose(archive);
  return files;
}

TEST(JsonTestSuite, IsReadAsItsNamesSay) {
  const std::filesystem::path archive =
      std::filesystem::path(LUMBUNG_SHARED_DIR) / "data/json-test-suite/test_parsing.tar.gz";
  if (!std::filesystem::exists(archive)) {
    std::cerr << "SKIPPED: JSONTestSuite is not at " << archive << "\n";
    GTEST_SKIP() << "no " << archive;
  }
  const auto files = read_archive(archive);
  Parser parser;
  int accepted = 0;
  int refused = 0;
  int either = 0;
  for (const auto& [name, content] : files) {
    if (!name.ends_with(".json")) continue;
    const bool ok = parser.validate(content);
    if (name.starts_with("y_")) {
      EXPECT_TRUE(ok) << name;
      ++accepted;
    } else if (name.starts_with("n_")) {
      EXPECT_FALSE(ok) << name;
      ++refused;
    } else {
      ++either;
    }
    // The decoders see the same text: what validate refuses, they refuse too.
    const auto errors = parser.object(content, {}, [](std::size_t, Value&) { return true; });
    if (!ok) {
      EXPECT_THAT(errors, ::testing::Not(IsEmpty())) << name;
    }
  }
  EXPECT_EQ(accepted, 95);  // the suite's own counts
  EXPECT_EQ(refused, 188);
  EXPECT_EQ(either, 35);
}

// --- validate: cases beside the suite ----------------------------------------------------------

TEST(Validate, RefusesWhatIsLeftUnseenByAReaderThatSkips) {
  Parser parser;
  for (const char* text : {
           R"({"skip":[1,2,tru,"\q"],"a":"1"})",  // facade.md section 3, trap (a)
           R"({"a":1}{"b":2})",                   // trap (b)
           R"({"a":1} 2)",
           R"([1] ])",
           R"({"a":nul})",
           R"({"a":01})",
           R"({"a":-})",
           R"({"a":1.})",
           R"({"a":.5})",
           R"({"a":1e})",
           R"({"a":+1})",
           R"({"a":0x10})",
           R"({"a":NaN})",
           R"({"a":1/*c*/})",
           R"({"a":1,})",
           R"({'a':1})",
           R"({"a" "b"})",
           R"({"a":"\ud800"})",
           "{\"a\":\"\t\"}",
           "{\"a\":\"\xC0\xAF\"}",      // overlong '/', RFC 3629 section 10
           "{\"a\":\"\xED\xA0\x80\"}",  // a surrogate, RFC 3629 section 3
           "\xEF\xBB\xBF{}",
           "",
           " ",
           "\x01",
       }) {
    EXPECT_FALSE(parser.validate(text)) << text;
  }
  EXPECT_FALSE(parser.validate(std::string_view("{}\0", 3)));
}

TEST(Validate, AcceptsEveryKindOfNumberText) {
  // RFC 8259 section 6; the value does not matter, so none is too large.
  Parser parser;
  for (const char* text : {"0", "-0", "12", "-12.50", "1e400", "1E+2", "0.1e-7",
                           "123456789012345678901234567890", " 7 ", "[1 ,2]"})
    EXPECT_TRUE(parser.validate(text)) << text;
}

TEST(Validate, DepthEndsAtSixteen) {
  Parser parser;
  EXPECT_TRUE(parser.validate(repeated("[", 16) + repeated("]", 16)));
  EXPECT_FALSE(parser.validate(repeated("[", 17) + repeated("]", 17)));
  EXPECT_TRUE(parser.validate(repeated(R"({"a":)", 15) + "{}" + repeated("}", 15)));
  EXPECT_FALSE(parser.validate(repeated(R"({"a":)", 16) + "{}" + repeated("}", 16)));
  EXPECT_FALSE(parser.validate(repeated("[", 100'000)));
  EXPECT_FALSE(parser.validate(repeated(R"({"a":)", 100'000)));
  EXPECT_TRUE(parser.validate("{}"));  // and the next document starts anew
}

// --- the decoder of an object ------------------------------------------------------------------

struct Leg {
  std::string account;
  std::string amount;
};

struct Document {
  std::string key;
  std::int64_t value = 0;
  std::uint64_t count = 0;
  bool flag = false;
  bool note_is_null = false;
  std::vector<Leg> legs;
};

enum : std::size_t { kKey, kValue, kCount, kFlag, kNote, kLegs };
constexpr FieldSpec kDocumentFields[] = {{"key", kRequired}, {"value"}, {"count"},
                                         {"flag"},           {"note"},  {"legs"}};
enum : std::size_t { kAccount, kAmount };
constexpr FieldSpec kLegFields[] = {{"account", kRequired}, {"amount", kRequired}};
constexpr TextRule kKeyRule{1, 8, Charset::visible_ascii()};

bool read_leg(Value& value, Leg& leg) {
  return value.object(kLegFields, [&](std::size_t field, Value& member) {
    std::string_view text;
    if (!member.string(text)) return false;
    (field == kAccount ? leg.account : leg.amount) = text;
    return field != kAmount || !text.empty() || member.fail("an amount is wanted");
  });
}

std::vector<Error> read(std::string_view json, Document& out) {
  static Parser parser;  // reused, as a thread does
  return parser.object(json, kDocumentFields, [&](std::size_t field, Value& value) {
    switch (field) {
      case kKey: {
        std::string_view key;
        if (!value.text(key, kKeyRule)) return false;
        out.key = key;
        return true;
      }
      case kValue:
        return value.integer(out.value);
      case kCount:
        return value.integer(out.count, 1, 100);
      case kFlag:
        return value.boolean(out.flag);
      case kNote:
        out.note_is_null = value.is_null();
        return out.note_is_null ? value.null() : value.skip();
      default:
        return value.array(
            1, 3, [&](std::size_t, Value& leg) { return read_leg(leg, out.legs.emplace_back()); });
    }
  });
}

std::vector<std::string> errors_of(std::string_view json) {
  Document ignored;
  return brief(read(json, ignored));
}

TEST(Decoder, ReadsFieldsInAnyOrderWithEscapesResolved) {
  Document out;
  EXPECT_THAT(read(R"({ "legs":[{"amount":"10.00","account":"A\u00e9\n"},
                                {"account":"B","amount":"0"}],
                        "\u006bey":"k\u002d1", "flag":true, "note":null,
                        "value":-9223372036854775808, "count":100 })",
                   out)
                  .size(),
              1u);  // the newline
  out = {};
  ASSERT_THAT(read(R"({ "legs":[{"amount":"10.00","account":"A\u00e9"},
                                {"account":"B","amount":"0"}],
                        "\u006bey":"k\u002d1", "flag":true, "note":null,
                        "value":-9223372036854775808, "count":100 })",
                   out),
              IsEmpty());
  EXPECT_EQ(out.key, "k-1");
  EXPECT_EQ(out.value, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(out.count, 100u);
  EXPECT_TRUE(out.flag);
  EXPECT_TRUE(out.note_is_null);
  ASSERT_EQ(out.legs.size(), 2u);
  EXPECT_EQ(out.legs[0].account, "A\xC3\xA9");
  EXPECT_EQ(out.legs[0].amount, "10.00");
  EXPECT_EQ(out.legs[1].account, "B");
}

// Plain text is looked at eight bytes at a time: what is not plain may stand at any place of them.
TEST(Decoder, ReadsTextWhateverStandsInItAndWhere) {
  struct Row {
    std::string_view written;
    std::optional<std::string_view> means;  // absent: not accepted
  };
  constexpr Row kRows[] = {
      {"", ""},
      {" !#$%&'()*+,-./:;<=>?@[]^_`{|}~", " !#$%&'()*+,-./:;<=>?@[]^_`{|}~"},
      {R"(\")", "\""},
      {R"(\\)", "\\"},
      {R"(\/)", "/"},
      {R"(\u0041)", "A"},
      {R"(\u00e9)", "\xC3\xA9"},
      {"\xC3\xA9", "\xC3\xA9"},
      {"\xF0\x9F\x90\x98", "\xF0\x9F\x90\x98"},
      {R"(\n)", std::nullopt},
      {R"(\u0000)", std::nullopt},
      {R"(\u001f)", std::nullopt},
      {"\x7F", std::nullopt},
      {"\xC2\x80", std::nullopt},
  };
  Parser parser;
  for (const Row& row : kRows) {
    for (std::size_t before = 0; before < 17; ++before) {
      for (std::size_t behind = 0; behind < 9; ++behind) {
        const std::string head(before, 'a');
        const std::string tail(behind, 'z');
        std::optional<std::string> found;
        const auto errors = parser.array("[\"" + head + std::string(row.written) + tail + "\" ]", 1,
                                         1, [&](std::size_t, Value& value) {
                                           std::string_view text;
                                           if (!value.string(text)) return false;
                                           found = text;
                                           return true;
                                         });
        EXPECT_EQ(errors.empty(), row.means.has_value()) << row.written;
        if (!row.means) continue;
        EXPECT_EQ(found, head + std::string(*row.means) + tail);
      }
    }
  }
}

TEST(Decoder, NamesEachErrorByCodeAndPointer) {
  struct Row {
    const char* json;
    std::vector<std::string> errors;
  };
  const std::vector<Row> rows = {
      {R"({})", {"missing_field /key"}},
      {R"({"key":"a","x":1})", {"unknown_field /x"}},
      {R"({"key":"a","key":"b"})", {"duplicate_field /key"}},
      {R"({"key":"a","\u006bey":"b"})", {"duplicate_field /key"}},
      // RFC 6901 section 5: the pointers to "a/b" and "m~n" are /a~1b and /m~0n.
      {R"({"key":"a","a/b":1,"m~n":2,"":3})",
       {"unknown_field /a~1b", "unknown_field /m~0n", "unknown_field /"}},
      {R"({"key":5})", {"wrong_type /key"}},
      {R"({"key":null})", {"wrong_type /key"}},
      {R"({"key":["a"]})", {"wrong_type /key"}},
      {R"({"key":""})", {"bad_value /key"}},
      {R"({"key":"123456789"})", {"bad_value /key"}},
      {R"({"key":"a b"})", {"bad_value /key"}},
      {R"({"key":"\u0000"})", {"bad_value /key"}},
      {R"({"key":"é"})", {"bad_value /key"}},
      {R"({"key":"a","value":1.0})", {"bad_value /value"}},
      {R"({"key":"a","value":1e2})", {"bad_value /value"}},
      {R"({"key":"a","value":-0})", {"bad_value /value"}},
      {R"({"key":"a","value":9223372036854775808})", {"bad_value /value"}},
      {R"({"key":"a","value":123456789012345678901234567890})", {"bad_value /value"}},
      {R"({"key":"a","value":"1"})", {"wrong_type /value"}},
      {R"({"key":"a","count":0})", {"bad_value /count"}},
      {R"({"key":"a","count":101})", {"bad_value /count"}},
      {R"({"key":"a","count":-1})", {"bad_value /count"}},
      {R"({"key":"a","flag":1})", {"wrong_type /flag"}},
      {R"({"key":"a","flag":null})", {"wrong_type /flag"}},
      {R"({"key":"a","legs":{}})", {"wrong_type /legs"}},
      {R"({"key":"a","legs":[]})", {"bad_value /legs"}},
      {R"({"key":"a","legs":[{"account":"A","amount":"1"},7]})", {"wrong_type /legs/1"}},
      // A bare number where an amount is wanted.
      {R"({"key":"a","legs":[{"account":"A","amount":10.00}]})", {"wrong_type /legs/0/amount"}},
      {R"({"key":"a","legs":[{"account":"A","amount":""}]})", {"bad_value /legs/0/amount"}},
      {R"({"key":"a","legs":[{"account":"A\u007f","amount":"1"}]})", {"bad_value /legs/0/account"}},
      {R"({"key":"a","legs":[{"account":"A\u0085","amount":"1"}]})", {"bad_value /legs/0/account"}},
      {R"({"key":"a","legs":[{},{"account":"A"}]})",
       {"missing_field /legs/0/account", "missing_field /legs/0/amount",
        "missing_field /legs/1/amount"}},
      {R"({"key":"a","legs":[{"account":"A","amount":"1","amount":"2"}]})",
       {"duplicate_field /legs/0/amount"}},
      // Several at once, in document order; what follows an error is still looked at.
      {R"({"flag":7,"x":[[1],{}],"value":true,"legs":[[1,2],3]})",
       {"wrong_type /flag", "unknown_field /x", "wrong_type /value", "wrong_type /legs/0",
        "wrong_type /legs/1", "missing_field /key"}},
      {R"([])", {"wrong_type "}},
      {R"(7)", {"wrong_type "}},
  };
  for (const Row& row : rows) EXPECT_EQ(errors_of(row.json), row.errors) << row.json;
}

TEST(Decoder, StopsAtTheFirstPlaceThatIsNotJson) {
  for (const char* json : {
           R"({"key":"a")",
           R"({"key":"a"}})",
           R"({"key":"a"} {})",
           R"({"key":"a"},)",
           R"({"key":"a","note":tru})",
           R"({"key":"a","note":[1,2,tru]})",
           R"({"key":"a","note":{"deep":[1,{"x":01}]}})",
           R"({"key":"a","value":1.})",
           R"({"key":"a","value":--1})",
           R"({"key":"a","flag":TRUE})",
           R"({"key":"\q"})",
           R"({"key":"a" "value":1})",
           R"({key:"a"})",
           R"({"key":"a",})",
           "{\"key\":\"\xFF\"}",
           "\xEF\xBB\xBF{\"key\":\"a\"}",
       }) {
    Document ignored;
    const auto errors = read(json, ignored);
    ASSERT_FALSE(errors.empty()) << json;
    EXPECT_EQ(errors.back().code, Code::kMalformed) << json;
  }
}

TEST(Decoder, TooManyElementsTooDeepAndTooManyErrorsEndTheWalk) {
  const std::string leg = R"({"account":"A","amount":"1"})";
  EXPECT_THAT(errors_of(R"({"key":"a","legs":[)" + leg + "," + leg + "," + leg + "]}"), IsEmpty());
  EXPECT_THAT(errors_of(R"({"key":"a","legs":[)" + leg + "," + leg + "," + leg + "," + leg + "]}"),
              ElementsAre("too_many /legs"));
  EXPECT_THAT(errors_of(R"({"key":"a","note":)" + repeated("[", 15) + repeated("]", 15) + "}"),
              IsEmpty());
  EXPECT_THAT(errors_of(R"({"note":)" + repeated("[", 16) + repeated("]", 16) + "}"),
              ElementsAre("too_deep /note" + repeated("/0", 15)));
  std::string many = R"({"key":"a")";
  for (int i = 0; i < 40; ++i) many += R"(,"x)" + std::to_string(i) + R"(":0)";
  EXPECT_EQ(errors_of(many + "}").size(), kErrorsMax);
}

TEST(Decoder, CutsALongNameInAPointerAtACharacter) {
  // 63 bytes, then a character of two bytes which the 64th byte would split.
  const std::string name = repeated("a", 63) + "\xC3\xA9" + repeated("b", 50);
  EXPECT_THAT(errors_of(R"({"key":"a",")" + name + R"(":1})"),
              ElementsAre("unknown_field /" + repeated("a", 63) + "..."));
}

TEST(Decoder, WalksAValueThatACallbackLeavesUnread) {
  Parser parser;
  constexpr FieldSpec kFields[] = {{"a"}};
  const auto accept = [](std::size_t, Value&) { return true; };
  EXPECT_THAT(parser.object(R"({"a":[1,{"b":"c"}]})", kFields, accept), IsEmpty());
  EXPECT_THAT(brief(parser.object(R"({"a":[1,{"b":"\q"}]})", kFields, accept)),
              ElementsAre("malformed_json /a/1/b"));
  // A callback that refuses without a word still refuses.
  const auto refuse = [](std::size_t, Value&) { return false; };
  EXPECT_THAT(brief(parser.object(R"({"a":1})", kFields, refuse)), ElementsAre("bad_value /a"));
}

TEST(Decoder, ReadsAnArrayDocument) {
  Parser parser;
  std::vector<std::int64_t> numbers;
  const auto element = [&](std::size_t, Value& value) {
    return value.integer(numbers.emplace_back(), -5, 5);
  };
  EXPECT_THAT(parser.array("[1, -5, 5]", 0, 3, element), IsEmpty());
  EXPECT_THAT(numbers, ElementsAre(1, -5, 5));
  EXPECT_THAT(brief(parser.array("[1, 6, 2, 3]", 0, 3, element)),
              ElementsAre("bad_value /1", "too_many "));
  EXPECT_THAT(brief(parser.array("[]", 1, 3, element)), ElementsAre("bad_value "));
  EXPECT_THAT(brief(parser.array("{}", 0, 3, element)), ElementsAre("wrong_type "));
  EXPECT_THAT(brief(parser.array("[1] 2", 0, 3, element)), ElementsAre("malformed_json "));
}

TEST(Decoder, ReadsAnObjectOfAnyNamesEachOnce) {
  static constexpr FieldSpec kFields[] = {{"tags"}};
  Parser parser;
  std::vector<std::string> seen;
  const auto read = [&](std::string_view document) {
    seen.clear();
    return brief(parser.object(document, kFields, [&](std::size_t, Value& tags) {
      return tags.map(2, [&](std::string_view name, Value& value) {
        std::int64_t number = 0;
        if (!value.integer(number)) return false;
        seen.push_back(std::string(name) + "=" + std::to_string(number));
        return true;
      });
    }));
  };
  EXPECT_THAT(read(R"({"tags":{"b":1,"\u0061":2}})"), IsEmpty());
  EXPECT_THAT(seen, ElementsAre("b=1", "a=2"));
  EXPECT_THAT(read(R"({"tags":{}})"), IsEmpty());
  EXPECT_THAT(read(R"({"tags":{"a":1,"\u0061":2}})"), ElementsAre("duplicate_field /tags/a"));
  EXPECT_THAT(read(R"({"tags":{"a":1,"b":2,"c":3}})"), ElementsAre("too_many /tags"));
  EXPECT_THAT(read(R"({"tags":{"a":"1"}})"), ElementsAre("wrong_type /tags/a"));
  EXPECT_THAT(read(R"({"tags":[]})"), ElementsAre("wrong_type /tags"));
}

TEST(CharsetTest, HoldsItsCharactersAndNoOthers) {
  constexpr Charset reference = Charset::alphanumeric().with("-./");
  EXPECT_TRUE(reference.holds("INV-2024/01.b"));
  EXPECT_FALSE(reference.holds("a_b"));
  EXPECT_FALSE(reference.holds("a b"));
  EXPECT_FALSE(reference.holds("\xC3\xA9"));
  EXPECT_TRUE(reference.holds(""));
  EXPECT_TRUE(Charset::visible_ascii().holds("!~"));
  EXPECT_FALSE(Charset::visible_ascii().holds(" "));
  EXPECT_TRUE(Charset::text().holds("Ibu Sri \xC2\xA0\xE2\x82\xAC"));  // U+00A0, U+20AC
  EXPECT_FALSE(Charset::text().holds("\xC2\x9F"));                     // U+009F
  EXPECT_FALSE(Charset::text().holds("\x7F"));
  EXPECT_FALSE(Charset::text().holds("\n"));
}

// --- the writer --------------------------------------------------------------------------------

TEST(WriterTest, PutsCommasAndEscapesWhereTheyBelong) {
  std::string out;
  Writer writer(out);
  writer.begin_object()
      .member("id", "K-1")
      .member("n", std::numeric_limits<std::int64_t>::min())
      .member("u", std::numeric_limits<std::uint64_t>::max())
      .member("t", true)
      .key("empty")
      .begin_array()
      .end_array()
      .key("legs")
      .begin_array()
      .begin_object()
      .member("a", std::string("x"))
      .end_object()
      .value(false)
      .null()
      .raw("1.50")
      .end_array()
      .key("o")
      .begin_object()
      .end_object()
      .end_object();
  EXPECT_EQ(out, R"({"id":"K-1","n":-9223372036854775808,"u":18446744073709551615,"t":true,)"
                 R"("empty":[],"legs":[{"a":"x"},false,null,1.50],"o":{}})");
}

TEST(WriterTest, EscapesWhatRfc8259Section7Names) {
  std::string out;
  Writer(out).value(std::string_view("\"\\/\b\f\n\r\t\0\x1f\x7f \xC3\xA9", 14));
  EXPECT_EQ(out, "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0000\\u001f\x7f \xC3\xA9\"");
  Parser parser;
  EXPECT_TRUE(parser.validate(out));
}

}  // namespace
}  // namespace lumbung::api::json
