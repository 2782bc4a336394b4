#pragma once

#include <string_view>

namespace lumbung::api::people {

/// How a refusal or a warning is told. Immutable, any thread.
struct Wording {
  std::string_view name;      ///< "nik_day_invalid": stable, the name on the wire
  std::string_view sentence;  ///< one English sentence for people, without any of what was read
};

}  // namespace lumbung::api::people
