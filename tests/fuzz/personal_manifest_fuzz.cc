// Any bytes as the manifest of a copy of the personal store: refused, or to the byte what it says.
// A sum is put under what has none, so that more than the sum is tried.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/check.h"
#include "storage/personal_backup.h"

namespace {

using namespace lumbung::storage;

void parse(std::string_view text) {
  const auto manifest = BackupManifest::parse(text);
  if (!manifest) return;
  CHECK(manifest->text() == text);
  const auto again = BackupManifest::parse(text);
  CHECK(again && again->keys == manifest->keys && again->heads == manifest->heads);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  parse(text);
  parse(text + "sha256 " + hex(sha256(text)) + "\n");
  return 0;
}
