#include "api/login/seal_key.h"

#include <sodium.h>

#include <array>

#include "api/login/credentials.h"
#include "storage/durable_file.h"
#include "storage/ledger.h"

namespace lumbung::api::login {

namespace {

void refuse_unless_private(const std::filesystem::path& path) {
  using std::filesystem::perms;
  constexpr perms kOthers = perms::group_all | perms::others_all;
  if ((std::filesystem::status(path).permissions() & kOthers) != perms::none) {
    throw storage::StoreError(path.string() + ": others than its owner may read it");
  }
}

}  // namespace

Secret new_seal_key(const RandomBytes& random) {
  std::array<unsigned char, Credentials::kSealKeyBytes> bytes;
  or_random_bytes(random)(bytes);
  Secret key(view_of(bytes));
  sodium_memzero(bytes.data(), bytes.size());
  return key;
}

Secret seal_key_of(const std::filesystem::path& data, const RandomBytes& random) {
  const std::filesystem::path path = data / kSealKeyName;
  storage::discard_unfinished(path);
  if (const auto bytes = storage::read_whole_file(path, Credentials::kSealKeyBytes)) {
    refuse_unless_private(path);
    if (bytes->size() != Credentials::kSealKeyBytes) {
      throw storage::StoreError(path.string() + ": is no key: it has " +
                                std::to_string(bytes->size()) + " bytes");
    }
    return Secret(storage::view_of(*bytes));
  }
  Secret key = new_seal_key(random);
  storage::create_private_file_whole(path, key.view());
  return key;
}

}  // namespace lumbung::api::login
