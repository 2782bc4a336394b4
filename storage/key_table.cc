#include "storage/key_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/money.h"

namespace lumbung::storage {
namespace {

/// Both halves of a 64 x 64 bit product, folded: each bit of the input reaches each of the output.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const engine::Uint128 product = static_cast<engine::Uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Odd constants without structure: the fractional parts of the square roots of 2, 3 and 5.
constexpr std::uint64_t kSqrt2 = 0x6a09e667f3bcc909U;
constexpr std::uint64_t kSqrt3 = 0xbb67ae8584caa73bU;
constexpr std::uint64_t kSqrt5 = 0x3c6ef372fe94f82bU;

}  // namespace

std::uint64_t fingerprint(engine::PrincipalHandle principal, engine::Key::Form form,
                          std::string_view bytes) {
  std::uint64_t state =
      mix(kSqrt2 ^ principal.value, kSqrt3 ^ (static_cast<std::uint64_t>(form) << 32) ^
                                        static_cast<std::uint64_t>(bytes.size()));
  for (std::size_t i = 0; i < bytes.size(); i += 16) {
    std::uint64_t words[2] = {};
    std::memcpy(words, bytes.data() + i, std::min<std::size_t>(16, bytes.size() - i));
    state = mix(state ^ words[0] ^ kSqrt2, words[1] ^ kSqrt5);
  }
  const std::uint64_t print = mix(state, kSqrt3);
  return print == 0 ? 1 : print;
}

std::uint64_t KeyTable::slot_of(std::uint64_t print, engine::EventNo event) {
  CHECK(event.value != 0 && event.value <= kEventMask);
  return (print >> kTagShift) << kEventBits | event.value;
}

void KeyTable::insert(std::uint64_t print, engine::EventNo event) {
  Segment& segment = segments_[print & (kSegments - 1)];
  reserve(segment, 1);
  segment.add(slot_of(print, event));
  ++size_;
}

void KeyTable::insert_all(std::span<const std::uint64_t> prints, engine::EventNo first) {
  std::array<std::vector<std::uint64_t>, kSegments> slots;
  for (auto& of_segment : slots) of_segment.reserve(prints.size() / kSegments * 5 / 4);
  for (std::size_t i = 0; i < prints.size(); ++i) {
    if (prints[i] == 0) continue;
    slots[prints[i] & (kSegments - 1)].push_back(slot_of(prints[i], {first.value + i}));
  }
  for (std::size_t s = 0; s < kSegments; ++s) {
    reserve(segments_[s], slots[s].size());
    for (const std::uint64_t slot : slots[s]) segments_[s].add(slot);
    size_ += slots[s].size();
  }
}

KeyTable::Room KeyTable::make_room(std::size_t slots) {
  constexpr std::size_t kLargePage = 2 << 20;
  const std::size_t bytes = slots * sizeof(std::uint64_t);
  if (bytes < kLargePage) {
    void* const memory = std::calloc(slots, sizeof(std::uint64_t));
    if (memory == nullptr) throw std::bad_alloc();
    return {static_cast<std::uint64_t*>(memory), std::free};
  }
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  madvise(memory, bytes,
          MADV_HUGEPAGE);  // a wish: where it is not granted the table is only slower
  return {static_cast<std::uint64_t*>(memory), [bytes](void* at) { munmap(at, bytes); }};
}

void KeyTable::reserve(Segment& segment, std::size_t more) {
  // At most three quarters full.
  std::size_t size = std::max<std::size_t>(segment.size, 8);
  while ((segment.used + more) * 4 > size * 3) size *= 2;
  if (size == segment.size) return;
  if (size > newest_size_) {
    newest_ = make_room(size * kSegments);
    newest_size_ = size;
  }
  // A segment that lags behind by more than one size gets room of its own.
  const bool has_place = size == newest_size_;
  const Segment old = segment;
  segment.room = has_place ? newest_ : make_room(size);
  segment.slots = segment.room.get() +
                  (has_place ? static_cast<std::size_t>(&segment - segments_.data()) * size : 0);
  segment.size = size;
  const auto bits = static_cast<unsigned>(__builtin_ctzll(size));
  CHECK(bits < kTagBits);
  segment.shift = kTagBits - bits;
  segment.used = 0;
  for (std::size_t i = 0; i < old.size; ++i) {
    if (old.slots[i] != 0) segment.add(old.slots[i]);
  }
}

void KeyTable::Segment::add(std::uint64_t slot) {
  std::size_t i = place(slot >> kEventBits);
  while (slots[i] != 0) i = after(i);
  slots[i] = slot;
  ++used;
}

}  // namespace lumbung::storage
