// Snapshots: a book's image in the store, so that opening does not replay years; and how far the
// index goes. Both are derived, carry the block they stand for, and are never believed against it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/book.h"
#include "storage/block.h"
#include "storage/store.h"

namespace lumbung::storage {

/// The page number under which a cooperative's index says how far it goes.
inline constexpr std::uint32_t kIndexedPage = 0xffffffff;

std::string encode_indexed(engine::EventNo event);
/// 0 when nothing is indexed.
engine::EventNo load_indexed(const Store& store, const engine::CoopId& coop);

struct Snapshot {
  engine::Book book;
  Head head;  // of the last block in the book
};

void save_snapshot(Store& store, const engine::CoopId& coop, std::string_view image,
                   const Head& head);
/// nullopt when there is none. Throws StoreError when there is one that is not what was saved.
std::optional<Snapshot> load_snapshot(const Store& store, const engine::CoopId& coop);

}  // namespace lumbung::storage
