#include "api/log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/file_helper.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <cstdio>
#include <mutex>

#include "api/json.h"
#include "engine/date.h"

namespace lumbung::api {
namespace {

constexpr std::size_t kAccessLinesWaiting = 8192;

/// A file that can be opened anew, or stderr.
class LineSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LineSink(const std::string& file) : to_file_(!file.empty()) {
    if (to_file_) file_.open(file);
  }
  void reopen() {
    const std::lock_guard lock(mutex_);
    if (to_file_) file_.reopen(/*truncate=*/false);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (to_file_) {
      file_.write(line);
    } else {
      std::fwrite(line.data(), 1, line.size(), stderr);
    }
  }
  void flush_() override {
    if (to_file_) file_.flush();
  }

  const bool to_file_;
  spdlog::details::file_helper file_;
};

/// Begins a line with the time; the caller goes on and ends the object.
json::Writer begin_line(std::string& line) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  json::Writer out(line);
  out.begin_object().member("time", engine::format_timestamp({us}));
  return out;
}

std::string line_of(std::string_view level, std::string_view event, Log::Fields fields) {
  std::string line;
  json::Writer out = begin_line(line);
  out.member("level", level).member("event", event);
  for (const auto& [name, value] : fields) out.member(name, value);
  out.end_object();
  return line;
}

}  // namespace

struct Log::Impl {
  explicit Impl(const std::string& file)
      : sink(std::make_shared<LineSink>(file)),
        pool(std::make_shared<spdlog::details::thread_pool>(kAccessLinesWaiting, 1)),
        events("events", sink),
        accesses(std::make_shared<spdlog::async_logger>(
            "accesses", sink, pool, spdlog::async_overflow_policy::overrun_oldest)) {
    // spdlog does not escape: the line is JSON already, and the pattern adds nothing to it.
    sink->set_pattern("%v");
    events.flush_on(spdlog::level::info);
  }

  std::shared_ptr<LineSink> sink;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  spdlog::logger events;
  std::shared_ptr<spdlog::async_logger> accesses;
};

Log::Log(const std::string& file) : impl_(std::make_unique<Impl>(file)) {}

Log::~Log() = default;

void Log::info(std::string_view event, Fields fields) {
  impl_->events.info("{}", line_of("info", event, fields));
}

void Log::error(std::string_view event, Fields fields) {
  impl_->events.error("{}", line_of("error", event, fields));
}

void Log::access(std::string_view access_line) {
  std::string line;
  begin_line(line).key("access").raw(access_line).end_object();
  impl_->accesses->info("{}", line);
}

void Log::reopen() {
  impl_->accesses->flush();
  impl_->sink->reopen();
}

}  // namespace lumbung::api
