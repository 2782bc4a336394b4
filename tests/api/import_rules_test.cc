#include "api/import_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace lumbung::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// The smallest rules there are.
constexpr std::string_view kLeast = R"(
source = "bank"
[file]
columns = ["id", "day", "member", "sum", "text"]
[row]
id = "id"
account = "2101-{member}"
date = "day"
date_form = "yyyy-mm-dd"
amount = "sum"
positive = "credit"
[[contra]]
when = {}
account = "1101"
)";

std::string replaced(std::string_view part, std::string_view by) {
  std::string text(kLeast);
  const std::size_t at = text.find(part);
  EXPECT_NE(at, text.npos) << part;
  return text.replace(at, part.size(), by);
}

std::string failure(std::string_view toml) {
  try {
    parse_import_rules(toml, "r.toml");
    return "";
  } catch (const ImportRulesError& error) {
    return error.what();
  }
}

std::string more(std::string_view lines) {
  return std::string(kLeast) + std::string(lines);
}

TEST(ImportRules, TheLeastThatIsNeeded) {
  const ImportRules rules = parse_import_rules(kLeast, "r.toml");
  EXPECT_EQ(rules.principal(), "import.bank");
  EXPECT_EQ(rules.separator, ',');
  EXPECT_EQ(rules.encoding, Encoding::kUtf8);
  EXPECT_TRUE(rules.has_header);
  EXPECT_EQ(rules.positive, engine::Side::kCredit);
  EXPECT_THAT(rules.account.parts, SizeIs(1));
  EXPECT_EQ(rules.account.parts[0].before, "2101-");
  EXPECT_EQ(rules.account.parts[0].column, 2U);
  EXPECT_THAT(rules.contras, SizeIs(1));
  EXPECT_THAT(rules.contras[0].when, IsEmpty());
  EXPECT_FALSE(rules.balance);
  EXPECT_FALSE(rules.open_missing);
  EXPECT_FALSE(rules.book.currency);
  EXPECT_FALSE(rules.close_days);
}

TEST(ImportRules, AKeyThatNobodyAsksForIsAnError) {
  EXPECT_EQ(failure(more("accont = \"1102\"\n")), "r.toml:15: \"accont\" is no rule");
  EXPECT_EQ(failure(replaced("date = ", "dates = ")), "r.toml:5: \"date\" is missing");
  EXPECT_EQ(failure(more("[book]\nday = 1\n")), "r.toml:16: \"day\" is no rule");
  EXPECT_THAT(failure("source = \n"), HasSubstr("r.toml:1: "));
}

TEST(ImportRules, NamesMustBeKnown) {
  EXPECT_EQ(failure(replaced("\"sum\"\npos", "\"summ\"\npos")),
            "r.toml:10: there is no column \"summ\"");
  EXPECT_EQ(failure(replaced("{member}", "{memb}")),
            "r.toml:7: \"{\" is followed by the name of a column and \"}\"");
  EXPECT_EQ(failure(replaced("{member}", "{member")),
            "r.toml:7: \"{\" is followed by the name of a column and \"}\"");
  EXPECT_EQ(failure(replaced("when = {}", "when = { color = \"red\" }")),
            "r.toml:13: there is no column \"color\"");
  EXPECT_EQ(failure(replaced("\"credit\"", "\"plus\"")), "r.toml:11: \"plus\" is no positive");
  EXPECT_EQ(failure(replaced("\"text\"]", "\"id\"]")),
            "r.toml:4: a column has a name of its own: \"id\"");
  EXPECT_EQ(failure(replaced("\"bank\"", "\"my bank\"")),
            "r.toml:2: a source is at most 33 of [A-Za-z0-9-./]");
  EXPECT_EQ(failure(more("[book]\ncurrency = \"RUPIAH\"\n")),
            "r.toml:16: this is no ISO 4217 currency");
  EXPECT_EQ(failure(more("[book]\nfirst_day = 2026-02-30\n")).substr(0, 9), "r.toml:16");
  EXPECT_EQ(failure(more("[book]\nzone = \"Europe/Prague\"\n")),
            "r.toml:16: the zone is Asia/Jakarta, Asia/Makassar, Asia/Jayapura or UTC");
  EXPECT_EQ(failure(replaced("columns", "encoding = \"CP1252\"\ncolumns")),
            "r.toml:4: \"CP1252\" is no encoding");
  EXPECT_EQ(failure(replaced("columns", "separator = \"|\"\ncolumns")),
            "r.toml:4: \"|\" cannot be the separator");
}

TEST(ImportRules, TheSideIsToldInExactlyOneWay) {
  const auto about_sides = HasSubstr("a row has an amount with [[side]] rules");
  EXPECT_THAT(failure(replaced("positive = \"credit\"\n", "")), about_sides);
  EXPECT_THAT(failure(more("[[side]]\nwhen = {}\nside = \"debit\"\n")), about_sides);
  EXPECT_THAT(failure(replaced("positive = \"credit\"", "debit = \"text\"")), about_sides);
  EXPECT_THAT(failure(replaced("amount = \"sum\"\npositive = \"credit\"", "debit = \"sum\"")),
              about_sides);
  EXPECT_EQ(failure(replaced("amount = \"sum\"\npositive = \"credit\"",
                             "debit = \"sum\"\ncredit = \"text\"")),
            "");
}

TEST(ImportRules, MetadataMustBeAllowedInAnEntry) {
  EXPECT_EQ(
      failure(more("[[metadata]]\nname = \"Symbol\"\ncolumn = \"text\"\n")),
      "r.toml:1: metadata has at most 8 names [a-z][a-z0-9_]{0,15}, each once, and references "
      "[A-Za-z0-9-./]{1,40}");
  EXPECT_EQ(failure(more("[[metadata]]\nname = \"s\"\ncolumn = \"text\"\nmap = { a = \"b c\" }\n")),
            "r.toml:18: a cell is mapped to at most 40 of [A-Za-z0-9-./]");
}

TEST(ImportRules, AccountsAreOpenedFromThem) {
  const ImportRules rules = parse_import_rules(more(R"([open_missing]
type = "liability"
normal = "credit"
control = "2101"
floor = "0"
[[account]]
code = ["1201-A", "1201-B"]
type = "asset"
normal = "debit"
control = "1201"
)"),
                                               "r.toml");
  ASSERT_TRUE(rules.open_missing);
  EXPECT_EQ(rules.open_missing->floor, "0");
  ASSERT_THAT(rules.accounts, SizeIs(2));
  EXPECT_EQ(rules.accounts[1].code, "1201-B");
  EXPECT_EQ(rules.accounts[1].control, "1201");
  EXPECT_EQ(failure(more("[open_missing]\ntype = \"debt\"\nnormal = \"credit\"\n")),
            "r.toml:16: \"debt\" is no type");
  EXPECT_EQ(
      failure(more("[open_missing]\ntype = \"asset\"\nnormal = \"debit\"\nfloor = \"low\"\n")),
      "r.toml:18: \"low\" is no amount");
}

TEST(CellTest, TextsAndExpressionsAreOfTheWholeCell) {
  const CellTest texts = CellTest::one_of({"VYDAJ", "VYBER"});
  EXPECT_TRUE(texts.holds("VYBER"));
  EXPECT_FALSE(texts.holds("VYBER KARTOU"));
  EXPECT_FALSE(texts.holds(""));
  const auto expression = CellTest::matching("[A-Z]{2}|x*");
  ASSERT_TRUE(expression);
  EXPECT_TRUE(expression->holds("AB"));
  EXPECT_TRUE(expression->holds("xxx"));
  EXPECT_TRUE(expression->holds(""));
  EXPECT_FALSE(expression->holds("ABC"));
  EXPECT_FALSE(expression->holds("xAB"));
  EXPECT_FALSE(CellTest::matching("(a"));
}

std::string read_date(std::string form, std::string_view cell, int from = 1969) {
  const auto date = DateForm{std::move(form), from}.read(cell);
  return date ? engine::format_date(*date) : "none";
}

TEST(DateForm, ReadsTheFormsOfSources) {
  EXPECT_EQ(read_date("yymmdd", "930101"), "1993-01-01");
  EXPECT_EQ(read_date("yyyy-mm-dd", "2026-11-25"), "2026-11-25");
  EXPECT_EQ(read_date("dd/mm/yyyy", "29/02/2024"), "2024-02-29");
  EXPECT_EQ(read_date("dd.mm.yy", "31.12.99"), "1999-12-31");
  EXPECT_EQ(read_date("dd/mm/yyyy", "29/02/2026"), "none");
  EXPECT_EQ(read_date("dd/mm/yyyy", "2/02/2026"), "none");
  EXPECT_EQ(read_date("dd/mm/yyyy", "02-02-2026"), "none");
  EXPECT_EQ(read_date("yymmdd", "93010a"), "none");
  EXPECT_EQ(read_date("yymmdd", "931301"), "none");
  EXPECT_EQ(read_date("yymmdd", ""), "none");
}

// POSIX strptime %y: 69 to 99 are of the twentieth century, 00 to 68 of the twenty-first.
TEST(DateForm, TwoDigitYearsLieInAWindow) {
  EXPECT_EQ(read_date("yymmdd", "690101"), "1969-01-01");
  EXPECT_EQ(read_date("yymmdd", "680101"), "2068-01-01");
  EXPECT_EQ(read_date("yymmdd", "000229"), "2000-02-29");
  EXPECT_EQ(read_date("yymmdd", "930101", 1900), "1993-01-01");
  EXPECT_EQ(read_date("yymmdd", "930101", 2000), "2093-01-01");
}

TEST(DateForm, HasEachPartOnce) {
  for (const std::string_view form :
       {"yyyy-mm", "yyyy-mm-dd-dd", "yyy-mm-dd", "y-y-mm-dd", "m-m-yydd"}) {
    EXPECT_THAT(failure(replaced("yyyy-mm-dd", form)),
                HasSubstr("a date form has yyyy or yy, mm and dd, each once"))
        << form;
  }
}

std::string read_number(DecimalForm form, std::string_view cell, int exponent = 2) {
  const auto minor = form.read(cell, exponent);
  return minor ? std::to_string(*minor) : "none";
}

TEST(DecimalForm, ReadsTheFormsOfSources) {
  const DecimalForm plain;
  EXPECT_EQ(read_number(plain, "700.00"), "70000");
  EXPECT_EQ(read_number(plain, "24.2"), "2420");
  EXPECT_EQ(read_number(plain, "700"), "70000");
  EXPECT_EQ(read_number(plain, "-0.05"), "-5");
  EXPECT_EQ(read_number(plain, "+1"), "100");
  EXPECT_EQ(read_number(plain, "0"), "0");
  EXPECT_EQ(read_number(plain, "7", 0), "7");
  const DecimalForm indonesian{',', '.'};
  EXPECT_EQ(read_number(indonesian, "1.234.567,89"), "123456789");
  EXPECT_EQ(read_number(indonesian, "1234567,89"), "123456789");
  EXPECT_EQ(read_number(indonesian, "12.345"), "1234500");
  EXPECT_EQ(read_number(indonesian, "-100.000"), "-10000000");
  EXPECT_EQ(read_number({'.', '\''}, "1'000.50"), "100050");
}

TEST(DecimalForm, RefusesEverythingElse) {
  const DecimalForm plain;
  for (const std::string_view cell :
       {"", "-", ".", "1.", ".5", "1.234", "1,5", "1 000", "--1", "1e3", "0x1", "1.5-", "Rp1", " 1",
        "1000000000000000.01", "\xd9\xa1"}) {
    EXPECT_EQ(read_number(plain, cell), "none") << cell;
  }
  EXPECT_EQ(read_number(plain, "999999999999999.99"), "99999999999999999");
  EXPECT_EQ(read_number(plain, "7.0", 0), "none");
  const DecimalForm indonesian{',', '.'};
  for (const std::string_view cell : {"1.23", "1.2345", "1234.567", ".123", "1..234", "1.234.56",
                                      "1,234.56", "1.234,567", "1.234,"}) {
    EXPECT_EQ(read_number(indonesian, cell), "none") << cell;
  }
}

TEST(ImportRules, TheFilesOfTheRepositoryAreRules) {
  for (const std::string name : {"pkdd99", "small"}) {
    std::ifstream file(LUMBUNG_TEST_DATA_DIR "/" + name + ".toml");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_EQ(parse_import_rules(text.str(), name).source, name);
  }
}

}  // namespace
}  // namespace lumbung::api
