// Asking the processor for memory ahead of its use: a batch goes through accounts and keys at random,
// and each miss would cost more than all that is done to the line.
#pragma once

#include <cstddef>

namespace lumbung::engine {

/// Begins to fetch the cache line at `place`. Any thread.
inline void prefetch_line(const void* place) {
  __builtin_prefetch(place);
  // Without this, g++ takes a function that does nothing but prefetch for one without effect and
  // drops the calls of it.
  asm volatile("" : : "r"(place));
}

/// Every line of an object.
template <class T>
void prefetch_object(const T& object) {
  const auto* bytes = reinterpret_cast<const char*>(&object);
  for (std::size_t at = 0; at < sizeof(T); at += 64) prefetch_line(bytes + at);
}

}  // namespace lumbung::engine
