// What is done to a whole data directory: a copy while it is in use, and projections made anew.
#include <array>

#include "storage/head_file.h"
#include "storage/pipeline.h"
#include "storage/projections.h"
#include "storage/recovery.h"

namespace lumbung::storage {

Heads Ledger::checkpoint(const std::filesystem::path& target) const {
  std::error_code error;
  if (std::filesystem::exists(target, error)) {
    throw StoreError(target.string() + " is there already");
  }
  std::filesystem::create_directories(target, error);
  if (error) throw StoreError(target.string() + ": " + error.message());
  copy_store(store_directory(target));
  const auto copy = Store::open(store_directory(target), Store::Mode::kReadOnly);
  Heads heads = heads_in(*copy);
  write_head_file(target, heads);
  return heads;
}

void Ledger::rebuild(const std::filesystem::path& directory) {
  Options options;
  options.directory = directory;
  {
    refuse_damaged_log(directory);
    const auto store = Store::open(store_directory(directory), Store::Mode::kExisting);
    drop_projections(*store);
  }
  // Opening replays what no projection has, and closing writes it.
  open(std::move(options));
}

}  // namespace lumbung::storage
