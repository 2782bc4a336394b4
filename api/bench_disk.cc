#include "api/bench_disk.h"

#include <stdlib.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "api/bench_machine.h"
#include "api/random.h"
#include "engine/bytes.h"

namespace lumbung::api::bench {

ScratchDirectory::ScratchDirectory(const std::filesystem::path& parent) {
  std::string pattern = (parent / "lumbung-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), pattern);
  }
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;  // what stays behind is only rubbish
  std::filesystem::remove_all(path_, ignored);
}

RawWal::RawWal(const std::filesystem::path& parent)
    : directory_(parent),
      store_(storage::Store::open(directory_.path() / "raw", storage::Store::Mode::kCreate)) {}

std::vector<double> RawWal::write(std::uint64_t commits, std::size_t bytes) {
  Random random(bytes);
  std::string value(bytes, '\0');
  for (char& byte : value) byte = static_cast<char>(random.next());
  std::vector<double> seconds;
  seconds.reserve(commits);
  for (std::uint64_t i = 0; i < commits; ++i) {
    std::string key;
    engine::put_ordered(key, ++next_key_);
    const Stopwatch watch;
    storage::Store::Batch batch;
    batch.put(storage::Family::kJournal, key, value);
    store_->write(std::move(batch), /*synced=*/true);
    seconds.push_back(watch.seconds());
  }
  return seconds;
}

}  // namespace lumbung::api::bench
