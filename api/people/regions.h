// The provinces, regencies and cities of Indonesia by the codes of the Ministry of Home Affairs:
// those that a NIK and a family card begin with.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lumbung::api::people {

/// Immutable, any thread.
struct Region {
  std::uint16_t code;     ///< two digits: a province; four: a regency or a city in it
  std::string_view name;  ///< "Jawa Timur", "Kabupaten Malang", "Kota Surabaya"
};

/// All there are now; each province before what lies in it.
std::span<const Region> regions();

/// nullptr when no region has this code now.
const Region* find_region(unsigned code);

/// What a regency is now whose code was given up when its province was divided; nullptr for any
/// other code.
const Region* moved_region(unsigned code);

}  // namespace lumbung::api::people
