// CSV (RFC 4180): a reader that says where a record is wrong and goes on behind it, and a writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lumbung::api {

/// A field of more bytes is taken for a quote that was never closed. The widest cell of a
/// spreadsheet is 32,767 characters.
inline constexpr std::size_t kCsvFieldMax = 32767;
inline constexpr std::size_t kCsvFieldsMax = 1024;

struct CsvRecord {
  struct Error {
    std::size_t field = 0;  // index from 0
    std::string what;
  };

  std::uint64_t line = 0;  // where it begins, from 1; a quoted field may run over several
  std::size_t offset = 0;  // bytes before it
  std::vector<std::string> fields;
  std::optional<Error> error;  // set: the fields mean nothing
};

/// Reads records one by one. Lines end in LF or CRLF; blank lines are no records. Bytes are taken
/// as they are. `text` must outlive it. One thread.
class CsvReader {
 public:
  CsvReader(std::string_view text, char separator) : text_(text), separator_(separator) {}

  /// False at the end; `record` is overwritten and its buffers are used again. After an error the
  /// next record begins on the line behind the one where the wrong one began.
  bool next(CsvRecord& record);

  /// Goes to where a record begins. REQUIRES: both are of one record.
  void seek(std::size_t offset, std::uint64_t line) {
    at_ = offset;
    line_ = line;
  }

 private:
  /// Whether a line ended here.
  bool skip_line_end();
  /// The three below return what is wrong, empty when nothing is.
  std::string_view read_record(CsvRecord& record, std::size_t& count);
  std::string_view read_field(std::string& field);
  std::string_view read_quoted(std::string& field);

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
};

/// Appends records to a string, fields quoted where they must be, lines ended by CRLF.
class CsvWriter {
 public:
  /// `out` is appended to and must outlive the writer.
  explicit CsvWriter(std::string& out) : out_(out) {}

  CsvWriter& field(std::string_view text);
  void end_record();

 private:
  std::string& out_;
  bool first_ = true;  // of its record
};

}  // namespace lumbung::api
