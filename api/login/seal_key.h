// The key under which TOTP secrets are sealed: 32 random bytes in a file of their own beside the
// store, so that whoever has a copy of the store alone (a checkpoint, say) can make no codes.
#pragma once

#include <filesystem>
#include <string_view>

#include "api/login/outside.h"

namespace lumbung::api::login {

inline constexpr std::string_view kSealKeyName = "login.key";

/// A key that is kept nowhere.
Secret new_seal_key(const RandomBytes& random = {});

/// The key of a data directory, which this process owns; made now, durably and with mode 0600, when
/// there is none. Throws StoreError when the file is of another size, or when others than its owner
/// may read it.
Secret seal_key_of(const std::filesystem::path& data, const RandomBytes& random = {});

}  // namespace lumbung::api::login
