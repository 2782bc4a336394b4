// docs/accounting.md has the tables of the engine, row by row, so that none is read about that is
// not there, and none is there that cannot be read about.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "engine/chart.h"
#include "engine/refusal.h"

namespace lumbung::tests {
namespace {

/// The groups of every line of the page that matches.
std::vector<std::vector<std::string>> rows_of(const char* pattern) {
  std::ifstream page(LUMBUNG_SOURCE_DIR "/docs/accounting.md");
  EXPECT_TRUE(page);
  const std::regex regex(pattern);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(page, line);) {
    std::smatch found;
    if (std::regex_match(line, found, regex)) rows.emplace_back(found.begin() + 1, found.end());
  }
  return rows;
}

TEST(AccountingPage, HasTheRefusalsInTheirOrder) {
  std::vector<std::vector<std::string>> expected;
#define REFUSAL(number, code, sentence) expected.push_back({#code, #number, sentence});
#include "engine/refusal.def"
#undef REFUSAL
  EXPECT_EQ(rows_of(R"(\| `([a-z_]+)` \| (\d+) \| (.*) \|)"), expected);
}

TEST(AccountingPage, HasTheDefaultChart) {
  std::vector<std::vector<std::string>> expected;
  for (const engine::ChartRow& row : engine::default_chart()) {
    expected.push_back({std::string(row.code), std::string(row.title),
                        row.normal == engine::Side::kDebit ? "D" : "C",
                        row.is_control ? "through members" : "yes", row.may_not_overdraw ? "0" : "",
                        std::string(row.role)});
  }
  EXPECT_EQ(rows_of(R"(\| (\d{4}) \| (.*) \| ([DC]) \| (.*) \| (.*) \| `(\w+)` \|)"), expected);
}

}  // namespace
}  // namespace lumbung::tests
