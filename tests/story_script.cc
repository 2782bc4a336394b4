#include "tests/story_script.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace lumbung::tests {

std::vector<ScriptLine> parse_script(std::string_view text) {
  std::vector<ScriptLine> top;
  // The lines that a next one may belong to, outermost first, with their indentation.
  std::vector<std::pair<std::size_t, std::vector<ScriptLine>*>> open{{0, &top}};
  std::istringstream in{std::string(text)};
  int number = 0;
  for (std::string row; std::getline(in, row);) {
    ++number;
    row.resize(std::min(row.find('#'), row.size()));
    const std::size_t indent = row.find_first_not_of(' ');
    if (indent == std::string::npos) continue;
    while (open.size() > 1 && open.back().first > indent) open.pop_back();
    if (indent > open.back().first) {
      if (open.back().second->empty()) throw std::invalid_argument("nothing to stand below");
      open.emplace_back(indent, &open.back().second->back().below);
    }
    ScriptLine line;
    line.number = number;
    std::istringstream words(row);
    for (std::string word; words >> word;) line.words.push_back(word);
    open.back().second->push_back(std::move(line));
  }
  return top;
}

Phrase::Phrase(const ScriptLine& line, std::size_t operands) {
  if (line.words.size() <= operands) throw std::invalid_argument("too few words");
  const auto begin = line.words.begin() + 1;
  operands_.assign(begin, begin + static_cast<std::ptrdiff_t>(operands));
  for (std::size_t i = operands + 1; i < line.words.size(); ++i) {
    const std::string& word = line.words[i];
    const auto equals = word.find('=');
    if (equals != std::string::npos) {
      auto& into = outcome_.empty() ? options_ : expected_;
      if (!into.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
        throw std::invalid_argument("said twice: " + word);
      }
    } else if (outcome_.empty()) {
      outcome_ = word;
    } else if (word == "replayed") {
      replayed_ = true;
    } else {
      throw std::invalid_argument("not understood: " + word);
    }
  }
}

std::optional<std::string> Phrase::take(const std::string& name) {
  const auto found = options_.find(name);
  if (found == options_.end()) return std::nullopt;
  std::string value = found->second;
  options_.erase(found);
  return value;
}

std::string Phrase::take_or(const std::string& name, const std::string& otherwise) {
  return take(name).value_or(otherwise);
}

std::vector<std::string> Phrase::left() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : options_) names.push_back(name);
  return names;
}

engine::Int128 parse_money(const std::string& text, int exponent) {
  std::string digits;
  int after_point = -1;  // digits after the point, -1: no point yet
  for (std::size_t i = text[0] == '-' ? 1 : 0; i < text.size(); ++i) {
    if (text[i] == '_') continue;
    if (text[i] == '.' && after_point < 0) {
      after_point = 0;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') throw std::invalid_argument("no amount: " + text);
    digits.push_back(text[i]);
    if (after_point >= 0) ++after_point;
  }
  after_point = std::max(after_point, 0);
  if (digits.empty() || digits.size() > 30 || after_point > exponent) {
    throw std::invalid_argument("no amount: " + text);
  }
  digits.append(static_cast<std::size_t>(exponent - after_point), '0');
  engine::Int128 value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return text[0] == '-' ? -value : value;
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

}  // namespace lumbung::tests
