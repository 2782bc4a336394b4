// CHECK(cond): a bug stops the process, in every build. It is for what can only be false through a
// mistake in this program; input that is wrong is a Refusal, a disk that fails is an exception.
#pragma once

namespace lumbung::engine {

/// Prints the failed condition to stderr and aborts. Any thread.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace lumbung::engine

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) [[unlikely]]                                           \
      ::lumbung::engine::check_failed(#condition, __FILE__, __LINE__);       \
  } while (false)
