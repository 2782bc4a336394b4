// Memory for personal data: overwritten before it is given back.
#pragma once

#include <sodium.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace lumbung::api::people {

/// Zeroes what it is given back. Stateless, any thread.
template <class T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) {}

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* at, std::size_t count) {
    sodium_memzero(at, count * sizeof(T));
    std::allocator<T>().deallocate(at, count);
  }
  friend bool operator==(WipingAllocator, WipingAllocator) { return true; }
};

/// Text that leaves nothing behind. No std::string, since that keeps short text within itself,
/// where no allocator sees it go.
using WipedText = std::vector<char, WipingAllocator<char>>;

inline std::string_view view_of(const WipedText& text) {
  return {text.data(), text.size()};
}

inline void append(WipedText& text, std::string_view more) {
  text.insert(text.end(), more.begin(), more.end());
}

}  // namespace lumbung::api::people
