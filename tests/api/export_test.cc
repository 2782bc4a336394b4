#include "api/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "storage/ledger.h"

namespace lumbung::api {
namespace {

using engine::AccountHandle;
using engine::AccountType;
using engine::Side;
using storage::Answer;
using storage::Ledger;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const engine::CoopId kCoop = *engine::CoopId::parse("KSP-02");
constexpr engine::Currency kUSD{840};

engine::Date day(std::string_view text) {
  return *engine::parse_date(text);
}

/// A book with one of everything that an export has to say. Its figures are small enough to be
/// checked by eye: the texts expected below were written by hand.
class ExportTest : public ::testing::Test {
 protected:
  ExportTest() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ =
        std::filesystem::path(::testing::TempDir()) / (std::string("export_") + test->name());
    std::filesystem::remove_all(directory_);
    Ledger::Options options;
    options.directory = directory_ / "data";
    options.create = true;
    options.clock = [] { return *engine::parse_timestamp("2026-01-05T08:00:00Z"); };
    std::filesystem::create_directories(directory_);
    ledger_ = Ledger::open(std::move(options));
    fill();
  }
  ~ExportTest() override {
    ledger_.reset();
    std::filesystem::remove_all(directory_);
  }

  void ask(engine::CommandBody body) {
    const auto key = engine::Key::parse("k-" + std::to_string(++asked_));
    const Answer answer = ledger_->ask(kCoop, {*key, engine::kOperator, std::move(body)});
    ASSERT_EQ(answer.outcome, Answer::Outcome::kDone) << name_of(answer.refusal.code);
    ASSERT_EQ(answer.event.value, static_cast<std::uint64_t>(asked_));
  }
  void open(std::string code, AccountType type, Side normal,
            engine::Currency currency = engine::kIDR, AccountHandle control = {},
            bool is_control = false) {
    ask(engine::OpenAccount{.code = std::move(code),
                            .type = type,
                            .normal = normal,
                            .currency = currency,
                            .control = control,
                            .is_control = is_control,
                            .floor = {},
                            .ceiling = {}});
  }

  void fill() {
    ask(engine::OpenCooperative{.coop = kCoop,
                                .currency = engine::kIDR,
                                .zone = "Asia/Jakarta",
                                .first_day = day("2026-01-02"),
                                .sen_allowed = false});
    open("1101", AccountType::kAsset, Side::kDebit);
    open("2101", AccountType::kLiability, Side::kCredit, engine::kIDR, {}, true);
    open("2101-A", AccountType::kLiability, Side::kCredit, engine::kIDR, {2});
    open("a/b.c", AccountType::kExpense, Side::kDebit);
    open("1109-USD", AccountType::kAsset, Side::kDebit, kUSD);
    open("1990-USD", AccountType::kAsset, Side::kDebit, kUSD);
    open("1990-IDR", AccountType::kAsset, Side::kDebit);
    open("8101", AccountType::kMemo, Side::kDebit);
    open("8901", AccountType::kMemo, Side::kCredit);
    engine::PostEntry deposit;  // 11
    deposit.entry.legs = {{{1}, Side::kDebit, {50'000'000}}, {{3}, Side::kCredit, {50'000'000}}};
    deposit.entry.metadata = {{"date", day("2026-01-01")}, {"uuid", std::string("u-1")}};
    ask(deposit);
    engine::PostEntry exchange;  // 12
    exchange.entry.legs = {{{5}, Side::kDebit, {1'000}},
                           {{6}, Side::kCredit, {1'000}},
                           {{7}, Side::kDebit, {16'350'000}},
                           {{1}, Side::kCredit, {16'350'000}}};
    ask(exchange);
    ask(engine::PlaceHold{.account = {3}, .amount = {10'000'000}, .last_day = {}});  // 13
    engine::SettleHold settle;                                                       // 14
    settle.hold = {13};
    settle.entry.legs = {{{3}, Side::kDebit, {6'000'000}}, {{1}, Side::kCredit, {6'000'000}}};
    ask(settle);
    engine::PostEntry memo;  // 15
    memo.entry.legs = {{{8}, Side::kDebit, {100'000}}, {{9}, Side::kCredit, {100'000}}};
    memo.entry.value_date = day("2026-01-01");
    ask(memo);
    ask(engine::CloseDay{day("2026-01-02"), day("2026-01-05")});  // 16
    engine::ReverseEntry reverse;                                 // 17
    reverse.target = {11};
    reverse.amounts = {{10'000'000}, {10'000'000}};
    ask(reverse);
    engine::PostEntry cost;  // 18
    cost.entry.legs = {{{4}, Side::kDebit, {250'000}}, {{1}, Side::kCredit, {250'000}}};
    cost.entry.metadata = {{"filename", std::string("f")},
                           {"lineno", std::int64_t{7}},
                           {"payee", std::string("p")},
                           {"type", std::string("X")},
                           {"uuid", std::string("u-1")}};
    ask(cost);
  }

  std::string text(const ExportOptions& options) {
    std::ostringstream out;
    export_book(*ledger_, kCoop, options, out);
    return out.str();
  }
  std::string text(ExportFormat format) { return text(ExportOptions{format, {}, {}}); }
  std::string failure(const ExportOptions& options) {
    try {
      text(options);
      return "";
    } catch (const ExportError& error) {
      return error.what();
    }
  }

  std::filesystem::path directory_;
  std::unique_ptr<Ledger> ledger_;
  int asked_ = 0;
};

constexpr std::string_view kHledgerHead = R"(; KSP-02
commodity IDR
commodity USD
account assets:1101
account liabilities:2101
account liabilities:2101:2101-A
account expenses:a/b.c
account assets:1109-USD
account assets:1990-USD
account assets:1990-IDR
account memo:8101
account memo:8901
)";

TEST_F(ExportTest, HledgerHasATransactionAnEntryAndABalanceAPosting) {
  EXPECT_EQ(text(ExportFormat::kHledger), std::string(kHledgerHead) + R"(
tag meta-date
tag meta-uuid

2026-01-02 (11) entry
    ; meta-date: 2026-01-01
    ; meta-uuid: u-1
    assets:1101  500000.00 IDR = 500000.00 IDR
    liabilities:2101:2101-A  -500000.00 IDR = -500000.00 IDR

2026-01-02 (12) entry
    assets:1109-USD  10.00 USD = 10.00 USD
    assets:1990-USD  -10.00 USD = -10.00 USD
    assets:1990-IDR  163500.00 IDR = 163500.00 IDR
    assets:1101  -163500.00 IDR = 336500.00 IDR

tag settles

2026-01-02 (14) hold_settled
    ; settles: 13
    liabilities:2101:2101-A  60000.00 IDR = -440000.00 IDR
    assets:1101  -60000.00 IDR = 276500.00 IDR

tag value-date

2026-01-02 (15) entry
    ; value-date: 2026-01-01
    memo:8101  1000.00 IDR = 1000.00 IDR
    memo:8901  -1000.00 IDR = -1000.00 IDR

tag reverses

2026-01-05 (17) reversal
    ; reverses: 11
    assets:1101  -100000.00 IDR = 176500.00 IDR
    liabilities:2101:2101-A  100000.00 IDR = -340000.00 IDR

tag meta-filename
tag meta-lineno
tag meta-payee
tag meta-type

2026-01-05 (18) entry
    ; meta-filename: f
    ; meta-lineno: 7
    ; meta-payee: p
    ; meta-type: X
    ; meta-uuid: u-1
    expenses:a/b.c  2500.00 IDR = 2500.00 IDR
    assets:1101  -2500.00 IDR = 174000.00 IDR
)");
}

TEST_F(ExportTest, APeriodBeginsWithOneOpeningTransaction) {
  EXPECT_EQ(text({ExportFormat::kHledger, day("2026-01-05"), day("2026-01-05")})
                .substr(kHledgerHead.size()),
            R"(
2026-01-04 (opening) opening
    assets:1101  276500.00 IDR = 276500.00 IDR
    liabilities:2101:2101-A  -440000.00 IDR = -440000.00 IDR
    expenses:a/b.c  0.00 IDR = 0.00 IDR
    assets:1109-USD  10.00 USD = 10.00 USD
    assets:1990-USD  -10.00 USD = -10.00 USD
    assets:1990-IDR  163500.00 IDR = 163500.00 IDR
    memo:8101  1000.00 IDR = 1000.00 IDR
    memo:8901  -1000.00 IDR = -1000.00 IDR

tag reverses

2026-01-05 (17) reversal
    ; reverses: 11
    assets:1101  -100000.00 IDR = 176500.00 IDR
    liabilities:2101:2101-A  100000.00 IDR = -340000.00 IDR

tag meta-filename
tag meta-lineno
tag meta-payee
tag meta-type
tag meta-uuid

2026-01-05 (18) entry
    ; meta-filename: f
    ; meta-lineno: 7
    ; meta-payee: p
    ; meta-type: X
    ; meta-uuid: u-1
    expenses:a/b.c  2500.00 IDR = 2500.00 IDR
    assets:1101  -2500.00 IDR = 174000.00 IDR
)");
  // Days that are not over, or not there yet, open with what is posted so far.
  EXPECT_EQ(text({ExportFormat::kHledger, day("2026-01-06"), {}}).substr(kHledgerHead.size()),
            R"(
2026-01-05 (opening) opening
    assets:1101  174000.00 IDR = 174000.00 IDR
    liabilities:2101:2101-A  -340000.00 IDR = -340000.00 IDR
    expenses:a/b.c  2500.00 IDR = 2500.00 IDR
    assets:1109-USD  10.00 USD = 10.00 USD
    assets:1990-USD  -10.00 USD = -10.00 USD
    assets:1990-IDR  163500.00 IDR = 163500.00 IDR
    memo:8101  1000.00 IDR = 1000.00 IDR
    memo:8901  -1000.00 IDR = -1000.00 IDR
)");
  // The last day of a period is in it; the first of a book has nothing before it.
  const std::string first = text({ExportFormat::kHledger, day("2026-01-02"), day("2026-01-02")});
  EXPECT_THAT(first,
              HasSubstr("2026-01-01 (opening) opening\n    assets:1101  0.00 IDR = 0.00 IDR"));
  EXPECT_THAT(first, HasSubstr("(15) entry"));
  EXPECT_THAT(first, ::testing::Not(HasSubstr("(17)")));
}

TEST_F(ExportTest, BeancountHasTheDaysBalancesOnTheNextDay) {
  EXPECT_EQ(text(ExportFormat::kBeancount), R"(option "title" "KSP-02"
option "operating_currency" "IDR"

2026-01-02 open Assets:1101 IDR
  code: "1101"
2026-01-02 open Liabilities:2101 IDR
  code: "2101"
2026-01-02 open Liabilities:2101:2101-A IDR
  code: "2101-A"
2026-01-02 open Expenses:X-a-sb-dc IDR
  code: "a/b.c"
2026-01-02 open Assets:1109-USD USD
  code: "1109-USD"
2026-01-02 open Assets:1990-USD USD
  code: "1990-USD"
2026-01-02 open Assets:1990-IDR IDR
  code: "1990-IDR"
2026-01-02 open Equity:Memo:8101 IDR
  code: "8101"
2026-01-02 open Equity:Memo:8901 IDR
  code: "8901"

2026-01-02 * "entry" ^11
  meta-date: 2026-01-01
  meta-uuid: "u-1"
  Assets:1101  500000.00 IDR
  Liabilities:2101:2101-A  -500000.00 IDR

2026-01-02 * "entry" ^12
  Assets:1109-USD  10.00 USD
  Assets:1990-USD  -10.00 USD
  Assets:1990-IDR  163500.00 IDR
  Assets:1101  -163500.00 IDR

2026-01-02 * "hold_settled" ^14
  settles: 13
  Liabilities:2101:2101-A  60000.00 IDR
  Assets:1101  -60000.00 IDR

2026-01-02 * "entry" ^15
  value-date: 2026-01-01
  Equity:Memo:8101  1000.00 IDR
  Equity:Memo:8901  -1000.00 IDR

2026-01-03 balance Assets:1101  276500.00 ~ 0 IDR
2026-01-03 balance Liabilities:2101:2101-A  -440000.00 ~ 0 IDR
2026-01-03 balance Assets:1109-USD  10.00 ~ 0 USD
2026-01-03 balance Assets:1990-USD  -10.00 ~ 0 USD
2026-01-03 balance Assets:1990-IDR  163500.00 ~ 0 IDR
2026-01-03 balance Equity:Memo:8101  1000.00 ~ 0 IDR
2026-01-03 balance Equity:Memo:8901  -1000.00 ~ 0 IDR

2026-01-05 * "reversal" ^17
  reverses: 11
  Assets:1101  -100000.00 IDR
  Liabilities:2101:2101-A  100000.00 IDR

2026-01-05 * "entry" ^18
  meta-filename: "f"
  meta-lineno: 7
  meta-payee: "p"
  meta-type: "X"
  meta-uuid: "u-1"
  Expenses:X-a-sb-dc  2500.00 IDR
  Assets:1101  -2500.00 IDR

2026-01-06 balance Assets:1101  174000.00 ~ 0 IDR
2026-01-06 balance Liabilities:2101:2101-A  -340000.00 ~ 0 IDR
2026-01-06 balance Expenses:X-a-sb-dc  2500.00 ~ 0 IDR
)");
}

TEST_F(ExportTest, CsvHasARowALeg) {
  const std::string head =
      "event,kind,booking_date,value_date,recorded_at,principal,key,leg,account,side,amount,"
      "currency,"
      "balance,reverses,settles,metadata\r\n";
  const std::string all = text(ExportFormat::kCsv);
  EXPECT_THAT(
      all,
      StartsWith(head + "11,entry,2026-01-02,2026-01-02,2026-01-05T08:00:00.000000Z,operator,"
                        "k-11,0,1101,debit,500000.00,IDR,500000.00,,,date=2026-01-01 uuid=u-1\r\n"
                        "11,entry,2026-01-02,2026-01-02,2026-01-05T08:00:00.000000Z,operator,"
                        "k-11,1,2101-A,credit,500000.00,IDR,500000.00,,,date=2026-01-01 "
                        "uuid=u-1\r\n"));
  EXPECT_THAT(all, HasSubstr("14,hold_settled,2026-01-02,2026-01-02,2026-01-05T08:00:00.000000Z,"
                             "operator,k-14,0,2101-A,debit,60000.00,IDR,440000.00,,13,\r\n"));
  EXPECT_THAT(all, HasSubstr("15,entry,2026-01-02,2026-01-01,"));
  EXPECT_THAT(all, HasSubstr("k-17,1,2101-A,debit,100000.00,IDR,340000.00,11,,\r\n"));
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 1 + 2 + 4 + 2 + 2 + 2 + 2);

  EXPECT_THAT(
      text({ExportFormat::kCsv, day("2026-01-05"), {}}),
      StartsWith(head + ",opening,2026-01-04,,,,,0,1101,debit,276500.00,IDR,276500.00,,,\r\n"
                        ",opening,2026-01-04,,,,,1,2101-A,credit,440000.00,IDR,440000.00,,,\r\n"
                        ",opening,2026-01-04,,,,,2,a/b.c,debit,0.00,IDR,0.00,,,\r\n"));
}

TEST_F(ExportTest, JsonlHasALineAnEntry) {
  const std::string all = text(ExportFormat::kJsonl);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 6);
  EXPECT_THAT(all, StartsWith(R"({"event":11,"kind":"entry","booking_date":"2026-01-02",)"));
  EXPECT_THAT(all, HasSubstr(R"({"event":17,"kind":"reversal",)"));
  const std::string period = text({ExportFormat::kJsonl, day("2026-01-05"), {}});
  EXPECT_EQ(std::count(period.begin(), period.end(), '\n'), 3);
  EXPECT_THAT(period, StartsWith(R"({"kind":"opening","booking_date":"2026-01-04","legs":[)"
                                 R"({"account":"1101","side":"debit","amount":"276500.00"},)"
                                 R"({"account":"2101-A","side":"credit","amount":"440000.00"},)"
                                 R"({"account":"1109-USD","side":"debit","amount":"10.00"},)"));
}

TEST_F(ExportTest, BlocksAreTheBytesOfTheJournal) {
  std::string stored;
  ledger_->blocks(kCoop, {1}, [&](std::string_view block) {
    stored += block;
    return true;
  });
  EXPECT_FALSE(stored.empty());
  EXPECT_EQ(text(ExportFormat::kBlocks), stored);
}

TEST_F(ExportTest, RefusesWhatCannotBeExported) {
  EXPECT_EQ(failure({ExportFormat::kHledger, day("2026-01-05"), day("2026-01-02")}),
            "the period ends before it begins");
  EXPECT_EQ(failure({ExportFormat::kBlocks, {}, day("2026-01-02")}),
            "blocks are exported whole: a chain is proved from its first block on");
  std::ostringstream out;
  EXPECT_THROW(export_book(*ledger_, *engine::CoopId::parse("NONE"), {}, out), ExportError);
  EXPECT_EQ(out.str(), "");
}

TEST_F(ExportTest, StopsWhenTheReaderIsGone) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  export_book(*ledger_, kCoop, {}, out);
  EXPECT_EQ(out.str(), "");
}

TEST(ExportFormats, HaveTheirNames) {
  EXPECT_EQ(parse_export_format("hledger"), ExportFormat::kHledger);
  EXPECT_EQ(parse_export_format("blocks"), ExportFormat::kBlocks);
  EXPECT_EQ(parse_export_format("xlsx"), std::nullopt);
}

/// Runs a program on a file; its exit code.
int run(const std::string& command) {
  return std::system((command + " >/dev/null").c_str());  // NOLINT(cert-env33-c)
}

bool is_installed(const std::string& program) {
  return run("command -v " + program + " 2>&1") == 0;
}

// What hledger, ledger-cli and beancount say of it, who wrote the formats.
TEST_F(ExportTest, OutsideProgramsAccept) {
  struct Reader {
    std::string program;
    ExportFormat format;
    std::string command;  // before the file
  };
  const Reader readers[] = {
      {"hledger", ExportFormat::kHledger, "hledger check -s -f "},
      {"ledger", ExportFormat::kHledger, "ledger --strict --pedantic bal --flat -f "},
      {"bean-check", ExportFormat::kBeancount, "bean-check "}};
  std::string missing;
  for (const Reader& reader : readers) {
    if (!is_installed(reader.program)) {
      missing += " " + reader.program;
      continue;
    }
    for (const auto& from : {std::optional<engine::Date>(), std::optional(day("2026-01-02")),
                             std::optional(day("2026-01-05")), std::optional(day("2027-01-01"))}) {
      const std::filesystem::path file = directory_ / "exported";
      std::ofstream(file) << text({reader.format, from, {}});
      EXPECT_EQ(run(reader.command + file.string()), 0)
          << reader.program << (from ? engine::format_date(*from) : "");
    }
  }
  if (!missing.empty()) GTEST_SKIP() << "not installed:" << missing;
}

}  // namespace
}  // namespace lumbung::api
