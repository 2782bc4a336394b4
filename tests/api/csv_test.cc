#include "api/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/gzip.h"

namespace lumbung::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A record as "line: field|field", an error as "line: !field what".
std::vector<std::string> read(std::string_view text, char separator = ',') {
  std::vector<std::string> out;
  CsvReader reader(text, separator);
  CsvRecord record;
  while (reader.next(record)) {
    std::string line = std::to_string(record.line) + ": ";
    if (record.error) {
      line += "!" + std::to_string(record.error->field) + " " + record.error->what;
    } else {
      for (std::size_t i = 0; i < record.fields.size(); ++i) {
        line += (i > 0 ? "|" : "") + record.fields[i];
      }
    }
    out.push_back(line);
  }
  return out;
}

// RFC 4180, section 2, rules 1 to 7, with its own examples.
TEST(CsvReader, ReadsTheExamplesOfTheStandard) {
  EXPECT_THAT(read("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n"),
              ElementsAre("1: aaa|bbb|ccc", "2: zzz|yyy|xxx"));
  EXPECT_THAT(read("aaa,bbb,ccc\r\nzzz,yyy,xxx"), ElementsAre("1: aaa|bbb|ccc", "2: zzz|yyy|xxx"));
  EXPECT_THAT(read("\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx"),
              ElementsAre("1: aaa|bbb|ccc", "2: zzz|yyy|xxx"));
  EXPECT_THAT(read("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx"),
              ElementsAre("1: aaa|b\r\nbb|ccc", "3: zzz|yyy|xxx"));
  EXPECT_THAT(read("\"aaa\",\"b\"\"bb\",\"ccc\""), ElementsAre("1: aaa|b\"bb|ccc"));
}

// Read by the csv module of Python 3.11 with strict=True, which gives the same fields.
TEST(CsvReader, ReadsWhatPythonReads) {
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read("a"), ElementsAre("1: a"));
  EXPECT_THAT(read(","), ElementsAre("1: |"));
  EXPECT_THAT(read("a;\n;b\n", ';'), ElementsAre("1: a|", "2: |b"));
  EXPECT_THAT(read("a\tb,c\n", '\t'), ElementsAre("1: a|b,c"));
  EXPECT_THAT(read("\"\",\"\"\"\"\n"), ElementsAre("1: |\""));
  EXPECT_THAT(read("\"a\n\nb\";\"c;d\"\ne;f\n", ';'), ElementsAre("1: a\n\nb|c;d", "4: e|f"));
  EXPECT_THAT(read(" a , b \n"), ElementsAre("1:  a | b "));
  EXPECT_THAT(read("\xe9,\x80\n"), ElementsAre("1: \xe9|\x80"));
}

TEST(CsvReader, BlankLinesAreNoRecords) {
  EXPECT_THAT(read("\n\r\na,b\n\n\nc,d\r\n\r\n"), ElementsAre("3: a|b", "6: c|d"));
}

TEST(CsvReader, GoesOnBehindAWrongLine) {
  EXPECT_THAT(read("a,b\"c,d\ne,f\n"),
              ElementsAre("1: !1 a quote stands within an unquoted field", "2: e|f"));
  EXPECT_THAT(read("\"a\"b,c\ne,f\n"),
              ElementsAre("1: !0 text stands behind the closing quote", "2: e|f"));
  EXPECT_THAT(read("a,b\rc\ne,f\n"),
              ElementsAre("1: !1 a carriage return stands within a line", "2: e|f"));
  EXPECT_THAT(read("a,\"b\ne,f\ng,h\n"),
              ElementsAre("1: !1 the quote is never closed", "2: e|f", "3: g|h"));
}

TEST(CsvReader, FieldsAndTheirNumberAreBounded) {
  const std::string longest(kCsvFieldMax, 'x');
  EXPECT_THAT(read(longest + "," + longest), ElementsAre("1: " + longest + "|" + longest));
  EXPECT_THAT(read("\"" + longest + "\""), ElementsAre("1: " + longest));
  EXPECT_THAT(read(longest + "x\na\n"), ElementsAre("1: !0 the field is too long", "2: a"));
  EXPECT_THAT(read("\"" + longest + "x\"\na\n"),
              ElementsAre("1: !0 the field is too long, or its quote is never closed", "2: a"));

  const std::string most(kCsvFieldsMax - 1, ',');
  CsvReader reader(most, ',');
  CsvRecord record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_THAT(record.fields, SizeIs(kCsvFieldsMax));
  EXPECT_THAT(read(most + ",\na\n"),
              ElementsAre("1: !1024 there are more fields than a line may have", "2: a"));
}

TEST(CsvReader, RecordsAreFoundAgainByTheirPlace) {
  CsvReader reader("a,b\n\"c\n\",d\n\ne,f\n", ',');
  std::vector<std::pair<std::size_t, std::uint64_t>> places;
  CsvRecord record;
  while (reader.next(record)) places.emplace_back(record.offset, record.line);
  EXPECT_THAT(places, ElementsAre(std::pair(0, 1), std::pair(4, 2), std::pair(12, 5)));
  reader.seek(4, 2);
  ASSERT_TRUE(reader.next(record));
  EXPECT_THAT(record.fields, ElementsAre("c\n", "d"));
  ASSERT_TRUE(reader.next(record));
  EXPECT_THAT(record.fields, ElementsAre("e", "f"));
  EXPECT_EQ(record.line, 5U);
}

TEST(CsvWriter, QuotesWhatTheStandardWantsQuoted) {
  std::string out;
  CsvWriter csv(out);
  csv.field("").field("a").field("b,c").field("d\"e").field("f\r\ng").field("");
  csv.end_record();
  csv.field("h").end_record();
  EXPECT_EQ(out, ",a,\"b,c\",\"d\"\"e\",\"f\r\ng\",\r\nh\r\n");
}

std::string unhex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

constexpr std::string_view kPlain = "trans_id;amount\n1;700.00\n";

/// `printf 'trans_id;amount\n1;700.00\n' | gzip -9n | xxd -p`
std::string zipped() {
  return unhex(
      "1f8b08000000000002032b294acc2b8ecf4cb14ecccd2fcd2be132b43637"
      "30d03330e00200069bf3bb19000000");
}

/// `printf '' | gzip -n | xxd -p`
std::string zipped_nothing() {
  return unhex("1f8b080000000000000303000000000000000000");
}

std::string failure(std::string_view bytes, std::size_t max_bytes = 1000) {
  try {
    return "read " + gunzip(bytes, max_bytes);
  } catch (const GzipError& error) {
    return error.what();
  }
}

TEST(Gzip, IsKnownByItsFirstBytes) {
  EXPECT_TRUE(is_gzip(zipped()));
  EXPECT_FALSE(is_gzip(kPlain));
  EXPECT_FALSE(is_gzip("\x1f"));
  EXPECT_FALSE(is_gzip(""));
}

TEST(Gzip, ReadsAllMembers) {
  EXPECT_EQ(gunzip(zipped(), 1000), kPlain);
  EXPECT_EQ(gunzip(zipped_nothing(), 1000), "");
  EXPECT_EQ(gunzip(zipped_nothing() + zipped() + zipped(), 1000),
            std::string(kPlain) + std::string(kPlain));
}

TEST(Gzip, HoldsAtMostWhatIsAllowed) {
  EXPECT_EQ(gunzip(zipped(), kPlain.size()), kPlain);
  EXPECT_EQ(failure(zipped(), kPlain.size() - 1), "the gzip file holds too much");
  EXPECT_EQ(gunzip(zipped_nothing(), 0), "");
  EXPECT_EQ(failure(zipped(), 0), "the gzip file holds too much");
}

TEST(Gzip, RefusesWhatIsCutOrDamaged) {
  const std::string whole = zipped();
  for (std::size_t size = 2; size < whole.size(); ++size) {
    EXPECT_EQ(failure(whole.substr(0, size)), "the gzip file ends too early") << size;
  }
  std::string damaged = whole;
  damaged[20] = static_cast<char>(damaged[20] ^ 1);
  EXPECT_EQ(failure(damaged), "the gzip file is damaged");
  EXPECT_EQ(failure(whole + "rest"), "the gzip file is damaged");
}

}  // namespace
}  // namespace lumbung::api
