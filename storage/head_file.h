// HEAD: where each journal ended at the last clean close, in a file of its own beside the store. A
// journal that is shorter, or has another block there, was damaged or cut.
#pragma once

#include <filesystem>
#include <map>

#include "engine/id.h"
#include "storage/block.h"

namespace lumbung::storage {

using Heads = std::map<engine::CoopId, Head>;

/// Written beside, synced, and renamed into place. Throws StoreError.
void write_head_file(const std::filesystem::path& directory, const Heads& heads);
/// Empty when there is no file yet. Throws JournalDamaged when it is not what was written.
Heads read_head_file(const std::filesystem::path& directory);

}  // namespace lumbung::storage
