#include "engine/chart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/rules.h"

namespace lumbung::engine {
namespace {

struct Row {
  const char* code;
  char normal;  // D or C
};

// The codes and normal sides of docs/accounting.md, which has them from the charts of Indonesian
// cooperatives; the first digit is the class.
constexpr Row kDocumented[] = {
    {"1101", 'D'}, {"1102", 'D'}, {"1103", 'D'}, {"1201", 'D'}, {"1202", 'D'}, {"1301", 'D'},
    {"1302", 'D'}, {"1308", 'C'}, {"1309", 'C'}, {"1401", 'D'}, {"1402", 'D'}, {"1403", 'D'},
    {"1404", 'D'}, {"1501", 'D'}, {"1509", 'C'}, {"2101", 'C'}, {"2102", 'C'}, {"2103", 'C'},
    {"2201", 'C'}, {"2202", 'C'}, {"2203", 'C'}, {"2204", 'C'}, {"2301", 'C'}, {"2302", 'C'},
    {"2401", 'C'}, {"2402", 'C'}, {"2501", 'C'}, {"3101", 'C'}, {"3102", 'C'}, {"3201", 'C'},
    {"3202", 'C'}, {"3301", 'C'}, {"3901", 'C'}, {"3902", 'C'}, {"4101", 'C'}, {"4102", 'C'},
    {"4201", 'C'}, {"4202", 'C'}, {"4203", 'C'}, {"4204", 'C'}, {"4901", 'C'}, {"5101", 'D'},
    {"5102", 'D'}, {"5201", 'D'}, {"5301", 'D'}, {"5302", 'D'}, {"5303", 'D'}, {"5304", 'D'},
    {"5305", 'D'}, {"5901", 'D'}, {"8101", 'D'}, {"8901", 'C'},
};

TEST(Chart, IsTheDocumentedOne) {
  const auto chart = default_chart();
  ASSERT_EQ(chart.size(), std::size(kDocumented));
  for (std::size_t i = 0; i < chart.size(); ++i) {
    EXPECT_EQ(chart[i].code, kDocumented[i].code);
    EXPECT_EQ(chart[i].normal, kDocumented[i].normal == 'D' ? Side::kDebit : Side::kCredit)
        << chart[i].code;
  }
}

TEST(Chart, ClassIsTheFirstDigit) {
  const std::map<char, AccountType> classes{
      {'1', AccountType::kAsset},  {'2', AccountType::kLiability}, {'3', AccountType::kEquity},
      {'4', AccountType::kIncome}, {'5', AccountType::kExpense},   {'8', AccountType::kMemo}};
  for (const ChartRow& row : default_chart()) {
    EXPECT_EQ(row.type, classes.at(row.code[0])) << row.code;
  }
}

TEST(Chart, CodesRolesAndTitlesAreItsOwn) {
  std::set<std::string_view> codes, roles, titles;
  for (const ChartRow& row : default_chart()) {
    EXPECT_TRUE(codes.insert(row.code).second) << row.code;
    EXPECT_TRUE(roles.insert(row.role).second) << row.role;
    EXPECT_TRUE(titles.insert(row.title).second) << row.title;
    EXPECT_TRUE(is_reference(row.code));
    EXPECT_FALSE(row.title.empty());
    EXPECT_EQ(title_of(row.code), row.title);
    EXPECT_EQ(find_role(default_chart(), row.role), &row);
    // A control account takes no postings, so a floor on it would bind nothing.
    EXPECT_FALSE(row.is_control && row.may_not_overdraw) << row.code;
  }
  EXPECT_EQ(find_role(default_chart(), "no_such_role"), nullptr);
  EXPECT_EQ(title_of("9999"), "");
  EXPECT_EQ(find_role(default_chart(), "tills")->code, "1102");
  EXPECT_EQ(find_role(default_chart(), "voluntary_savings")->code, "2101");
}

// What members and tills have accounts under is a control account.
TEST(Chart, SubLedgersRollUp) {
  for (const char* role :
       {"tills", "cash_in_transit", "banks", "loan_principal", "voluntary_savings", "term_savings",
        "purpose_savings", "principal_savings", "mandatory_savings", "surplus_payable",
        "prepaid_instalments"}) {
    EXPECT_TRUE(find_role(default_chart(), role)->is_control) << role;
  }
}

class NoPast : public View {
 public:
  using View::View;
  std::optional<Event> event(EventNo) const override { return std::nullopt; }
};

TEST(Chart, OpensInAFreshBook) {
  Book book;
  const NoPast view(book);
  Event event;
  event.no = {1};
  event.booking_date = *parse_date("2026-01-05");
  event.body =
      OpenCooperative{*CoopId::parse("KOP-1"), kIDR, "Asia/Jakarta", event.booking_date, false};
  ASSERT_FALSE(event_violation(view, event));
  book.apply(event);
  const auto commands = opening_commands(default_chart(), kIDR);
  ASSERT_EQ(commands.size(), default_chart().size());
  for (const OpenAccount& open : commands) {
    ++event.no.value;
    event.body = open;
    ASSERT_FALSE(event_violation(view, event)) << open.code;
    book.apply(event);
  }
  for (const ChartRow& row : default_chart()) {
    const AccountHandle handle = book.find_account(row.code);
    ASSERT_TRUE(book.has_account(handle));
    EXPECT_EQ(book.account(handle).has(Account::kControl), row.is_control);
    EXPECT_EQ(book.account(handle).floor, row.may_not_overdraw ? 0 : Account::kNoFloor);
    EXPECT_EQ(book.account(handle).currency, kIDR);
  }
}

}  // namespace
}  // namespace lumbung::engine
