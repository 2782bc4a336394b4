#include "api/people/regions.h"

#include <algorithm>
#include <functional>

namespace lumbung::api::people {
namespace {

constexpr Region kRegions[] = {
#define REGION(code, name) {code, name},
#include "api/people/regions.def"
#undef REGION
};

struct Move {
  std::uint16_t code;
  std::uint16_t now;
};

constexpr Move kMoves[] = {
#define MOVED(code, now) {code, now},
#include "api/people/regions_moved.def"
#undef MOVED
};

/// A province stands where its regency 00 would.
constexpr unsigned place_of(unsigned code) {
  return code < 100 ? code * 100 : code;
}
constexpr unsigned place_of(const Region& region) {
  return place_of(region.code);
}
constexpr unsigned place_of(const Move& move) {
  return move.code;
}

template <class Row>
constexpr const Row* find(std::span<const Row> rows, unsigned place) {
  const auto found = std::ranges::lower_bound(rows, place, std::less{},
                                              [](const Row& row) { return place_of(row); });
  return found != rows.end() && place_of(*found) == place ? &*found : nullptr;
}

template <class Row>
constexpr bool ascending(std::span<const Row> rows) {
  return std::ranges::adjacent_find(rows, [](const Row& a, const Row& b) {
           return place_of(a) >= place_of(b);
         }) == rows.end();
}

static_assert(ascending(std::span<const Region>(kRegions)));
static_assert(ascending(std::span<const Move>(kMoves)));
static_assert(std::ranges::all_of(kMoves, [](const Move& move) {
  const std::span<const Region> regions(kRegions);
  return find(regions, move.code) == nullptr && find(regions, move.now) != nullptr;
}));

}  // namespace

std::span<const Region> regions() {
  return kRegions;
}

const Region* find_region(unsigned code) {
  const Region* region = find(regions(), place_of(code));
  return region != nullptr && region->code == code ? region : nullptr;
}

const Region* moved_region(unsigned code) {
  const Move* move = find(std::span<const Move>(kMoves), code);
  return move == nullptr ? nullptr : find_region(move->now);
}

}  // namespace lumbung::api::people
