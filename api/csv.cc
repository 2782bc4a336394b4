#include "api/csv.h"

namespace lumbung::api {

bool CsvReader::next(CsvRecord& record) {
  while (skip_line_end()) {
  }
  if (at_ == text_.size()) return false;
  record.line = line_;
  record.offset = at_;
  record.error.reset();
  std::size_t count = 0;
  const std::string_view wrong = read_record(record, count);
  record.fields.resize(count);
  if (wrong.empty()) return true;
  record.error = CsvRecord::Error{count - 1, std::string(wrong)};
  // Nobody can tell what a wrong quote was meant to enclose; the next line is a fresh start.
  const std::size_t end = text_.find('\n', record.offset);
  at_ = end == std::string_view::npos ? text_.size() : end + 1;
  line_ = record.line + 1;
  return true;
}

bool CsvReader::skip_line_end() {
  const std::string_view rest = text_.substr(at_);
  const std::size_t length = rest.starts_with('\n') ? 1 : rest.starts_with("\r\n") ? 2 : 0;
  at_ += length;
  line_ += length == 0 ? 0 : 1;
  return length > 0;
}

std::string_view CsvReader::read_record(CsvRecord& record, std::size_t& count) {
  for (;; ++at_) {
    if (record.fields.size() == count) record.fields.emplace_back();
    std::string& field = record.fields[count++];
    field.clear();
    if (count > kCsvFieldsMax) return "there are more fields than a line may have";
    if (const auto wrong = read_field(field); !wrong.empty()) return wrong;
    if (at_ == text_.size() || skip_line_end()) return {};
  }
}

/// Up to, and not including, the separator or the line's end.
std::string_view CsvReader::read_field(std::string& field) {
  if (at_ < text_.size() && text_[at_] == '"') return read_quoted(field);
  const std::size_t begin = at_;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == separator_ || c == '\n') break;
    if (c == '"') return "a quote stands within an unquoted field";
    if (c != '\r') continue;
    if (text_.substr(at_).starts_with("\r\n")) break;
    return "a carriage return stands within a line";
  }
  if (at_ - begin > kCsvFieldMax) return "the field is too long";
  field.assign(text_.substr(begin, at_ - begin));
  return {};
}

std::string_view CsvReader::read_quoted(std::string& field) {
  for (++at_; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      const std::string_view rest = text_.substr(at_);
      const bool ends =
          rest.empty() || rest[0] == separator_ || rest[0] == '\n' || rest.starts_with("\r\n");
      if (ends) return {};
      if (rest[0] != '"') return "text stands behind the closing quote";
    }
    if (c == '\n') ++line_;
    if (field.size() == kCsvFieldMax) return "the field is too long, or its quote is never closed";
    field.push_back(c);
  }
  return "the quote is never closed";
}

CsvWriter& CsvWriter::field(std::string_view text) {
  if (!first_) out_ += ',';
  first_ = false;
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out_ += text;
    return *this;
  }
  out_ += '"';
  for (const char c : text) {
    if (c == '"') out_ += '"';
    out_ += c;
  }
  out_ += '"';
  return *this;
}

void CsvWriter::end_record() {
  out_ += "\r\n";
  first_ = true;
}

}  // namespace lumbung::api
