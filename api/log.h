// Log: one line of JSON an event, to stderr or a file. No line has a token, a body or a name of a
// person.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace lumbung::api {

/// Any thread.
class Log {
 public:
  /// `file`: appended to; empty: stderr. Throws std::runtime_error when it cannot be opened.
  explicit Log(const std::string& file);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// {"time","level":"info","event",…}. On its way to the file when it returns.
  void info(std::string_view event, Fields fields = {});
  void error(std::string_view event, Fields fields = {});
  /// {"time","access":line}. Never blocks: of a burst that the file does not keep up with, the
  /// oldest lines are dropped.
  void access(std::string_view line);

  /// Opens the file anew under its name, after somebody has moved it away.
  void reopen();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lumbung::api
