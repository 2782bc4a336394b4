// Any bytes as a key file of the personal store: refused, or to the byte what its keys are written
// as. A sum is put under what has none, so that more than the sum is tried.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/check.h"
#include "storage/personal_keys.h"

namespace {

using namespace lumbung::storage;

void parse(std::string_view text) {
  const auto ring = KeyRing::parse(text);
  if (!ring) return;
  CHECK(view_of(ring->text()) == text);
  for (const auto& coop : ring->coops()) {
    const auto generations = ring->generations(coop);
    CHECK(!generations.empty());
    for (const KeyGeneration generation : generations) {
      CHECK(generation > 0 && ring->find(coop, generation) != nullptr);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  parse(text);
  parse(text + "sha256 " + hex(sha256(text)) + "\n");
  return 0;
}
