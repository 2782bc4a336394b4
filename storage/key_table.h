// KeyTable: which event answered a request, by its idempotency key. Exact without holding keys:
// eight bytes an event say where to look, and the event itself says whether it is the one. Not
// thread-safe: the writer's.
//
// A look-up touches one line at random in a table of hundreds of megabytes, and in pages of 4 KiB
// the processor would search its page tables first: that took as long as deciding the entry. So all
// segments of one size lie in one piece of memory for which large pages are asked.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "engine/id.h"
#include "engine/prefetch.h"

namespace lumbung::storage {

/// 64 bits of (principal, key), never 0. Frozen: runs store it.
std::uint64_t fingerprint(engine::PrincipalHandle principal, engine::Key::Form form,
                          std::string_view bytes);
inline std::uint64_t fingerprint(engine::PrincipalHandle principal, const engine::Key& key) {
  return fingerprint(principal, key.form(), key.bytes());
}

class KeyTable {
 public:
  KeyTable() = default;
  // Not to be copied: segments point into rooms that the copy would write to as well.
  KeyTable(KeyTable&&) = default;
  KeyTable& operator=(KeyTable&&) = default;

  void insert(std::uint64_t fingerprint, engine::EventNo event);
  /// The same for consecutive events from `first` on; 0 where one has no key. Segment by segment,
  /// so that memory is touched in turn and not at random.
  void insert_all(std::span<const std::uint64_t> fingerprints, engine::EventNo first);

  /// The first candidate that `is_it` confirms. Candidates share 39 bits of the fingerprint, so of
  /// the look-ups of unknown keys one in 2^39 / size() reads an event in vain.
  template <class IsIt>
  std::optional<engine::EventNo> find(std::uint64_t fingerprint, const IsIt& is_it) const {
    const Segment& segment = segments_[fingerprint & (kSegments - 1)];
    if (segment.size == 0) return std::nullopt;
    const std::uint64_t tag = fingerprint >> kTagShift;
    for (std::size_t i = segment.place(tag); segment.slots[i] != 0; i = segment.after(i)) {
      if (segment.slots[i] >> kEventBits != tag) continue;
      const engine::EventNo event{segment.slots[i] & kEventMask};
      if (is_it(event)) return event;
    }
    return std::nullopt;
  }
  /// Asks the processor to fetch where the fingerprint would stand.
  void prefetch(std::uint64_t fingerprint) const {
    const Segment& segment = segments_[fingerprint & (kSegments - 1)];
    if (segment.size != 0) {
      engine::prefetch_line(&segment.slots[segment.place(fingerprint >> kTagShift)]);
    }
  }
  std::uint64_t size() const { return size_; }

 private:
  // A slot is a tag of 31 bits and an event number of 33: more events than there is memory for
  // slots.
  static constexpr unsigned kEventBits = 33;
  static constexpr std::uint64_t kEventMask = (std::uint64_t{1} << kEventBits) - 1;
  static constexpr unsigned kTagBits = 31;
  static constexpr unsigned kTagShift = 64 - kTagBits;
  // Many small segments that grow one by one: no long stall when a big table doubles.
  static constexpr std::size_t kSegments = 256;

  /// Room for all segments of one size, zero at first. Pages never touched take no memory.
  using Room = std::shared_ptr<std::uint64_t>;

  struct Segment {
    Room room;                       // keeps `slots`
    std::uint64_t* slots = nullptr;  // 0 is free
    std::size_t size = 0;            // a power of two, or 0
    std::size_t used = 0;
    unsigned shift = kTagBits;  // tag >> shift is the place: growing keeps the order of tags
    std::size_t place(std::uint64_t tag) const { return static_cast<std::size_t>(tag >> shift); }
    std::size_t after(std::size_t i) const { return (i + 1) & (size - 1); }
    void add(std::uint64_t slot);
  };

  static std::uint64_t slot_of(std::uint64_t fingerprint, engine::EventNo event);
  static Room make_room(std::size_t slots);
  /// Makes room for so many more.
  void reserve(Segment& segment, std::size_t more);

  std::array<Segment, kSegments> segments_;
  Room newest_;                  // of the largest segments
  std::size_t newest_size_ = 0;  // theirs
  std::uint64_t size_ = 0;
};

}  // namespace lumbung::storage
