// Recovery: from a data directory to books in memory. Everything that a crash may leave is read here;
// everything that only damage can leave is JournalDamaged.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "storage/head_file.h"
#include "storage/journal.h"
#include "storage/key_table.h"
#include "storage/published.h"
#include "storage/store.h"

namespace lumbung::storage {

inline std::filesystem::path store_directory(const std::filesystem::path& data) {
  return data / "rocks";
}

/// Looks at the log before anything writes to it. Throws JournalDamaged when the tear at its end
/// swallowed a block that was durable.
void refuse_damaged_log(const std::filesystem::path& data);

/// The journals must reach at least to where the last clean close left them. Throws JournalDamaged.
void check_heads(const Heads& known, const Journal& journal);

struct RecoveredBook {
  std::shared_ptr<PublishedBook> published;
  KeyTable keys;
};

/// Replays what snapshot and index do not have yet, checking chain and rules of every block read.
/// Takes full runs into the index on the way. `trust_snapshots` false: reads every block. Throws JournalDamaged, StoreError.
RecoveredBook recover_book(Store& store, const Journal& journal, const engine::CoopId& coop,
                           std::uint64_t run_events, bool trust_snapshots);

}  // namespace lumbung::storage
