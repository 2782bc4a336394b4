// SecretSlots: short secrets of equal size that can be destroyed for certain.
//
// A row of a table is copied from page to page as its neighbours come and go, and SQLite's
// secure_delete zeroes only the last copy. A slot never moves: the table is only appended to, all
// its rows have one size, none is deleted, and a slot is overwritten where it lies.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/database.h"

namespace lumbung::storage {

/// One thread at a time. What was changed in a transaction that was taken back must not be used.
class SecretSlots {
 public:
  static constexpr std::size_t kBytes = 80;

  /// `database` must outlive it and have the table `secret`.
  explicit SecretSlots(Database& database);

  /// Every slot in use, ascending. `each` must not touch the slots.
  using Each = std::function<void(std::int64_t slot, std::string_view bytes)>;
  void for_each(const Each& each);

  // REQUIRES of all that change something: a transaction. Of bytes: not empty, at most kBytes, and
  // the first of them not zero.
  std::int64_t add(std::string_view bytes);
  void set(std::int64_t slot, std::string_view bytes);
  void clear(std::int64_t slot);
  /// All kBytes; nullopt when the slot is not in use.
  std::optional<std::string> get(std::int64_t slot);

 private:
  void write(std::int64_t slot, std::string_view bytes);

  Database& database_;
  std::vector<std::int64_t> free_;
};

}  // namespace lumbung::storage
