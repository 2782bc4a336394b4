// Memory for secrets and personal data: overwritten before it is given back.
#pragma once

#include <sodium.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace lumbung::storage {

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

/// Bytes that leave nothing behind. No std::string, since that keeps short text within itself,
/// where no allocator sees it go.
using WipedBytes = std::vector<char, WipingAllocator<char>>;

inline std::string_view view_of(const WipedBytes& bytes) {
  return {bytes.data(), bytes.size()};
}

inline void append(WipedBytes& bytes, std::string_view more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

/// A key of 32 bytes, overwritten when it goes. Stays where it was made.
struct SecretKey {
  std::array<unsigned char, 32> bytes{};

  SecretKey() = default;
  ~SecretKey() { sodium_memzero(bytes.data(), bytes.size()); }
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;

  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

}  // namespace lumbung::storage
