// The text of a story: lines and what stands indented below them, and one line taken apart into
// operands, options and the expected outcome. docs of the language: tests/scripts/README.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/money.h"

namespace lumbung::tests {

struct ScriptLine {
  int number = 0;
  std::vector<std::string> words;
  std::vector<ScriptLine> below;
};

/// '#' begins a comment. A line that is indented deeper belongs to the one above it.
std::vector<ScriptLine> parse_script(std::string_view text);

/// verb operand... name=value... [outcome [replayed] name=value...]
class Phrase {
 public:
  /// `operands` words after the verb are operands. Throws std::invalid_argument when there are
  /// fewer.
  Phrase(const ScriptLine& line, std::size_t operands);

  const std::string& operand(std::size_t i) const { return operands_[i]; }
  /// The value of an option, once: what nobody takes is an error of the script.
  std::optional<std::string> take(const std::string& name);
  std::string take_or(const std::string& name, const std::string& otherwise);
  /// Names that nobody took.
  std::vector<std::string> left() const;

  /// Empty: the line does not say, so what was asked shall happen.
  const std::string& outcome() const { return outcome_; }
  bool replayed() const { return replayed_; }
  const std::map<std::string, std::string>& expected() const { return expected_; }

 private:
  std::vector<std::string> operands_;
  std::map<std::string, std::string> options_;
  std::string outcome_;
  bool replayed_ = false;
  std::map<std::string, std::string> expected_;
};

/// "1_250.50" with an exponent of 2 is 125050 minor units. Throws std::invalid_argument.
engine::Int128 parse_money(const std::string& text, int exponent);

std::vector<std::string> split_at_commas(const std::string& text);

}  // namespace lumbung::tests
