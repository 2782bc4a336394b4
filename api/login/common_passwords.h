// The passwords that are tried first: the 220 commonest of ten or more characters in the list of
// leaked passwords that comes with zxcvbn 4.4.2 (MIT, Dropbox), vulgar ones left out; and ours,
// what a village cooperative in Indonesia would think of. Shorter ones need no row: they are
// refused for their length.
#pragma once

#include <string_view>

namespace lumbung::api::login {

/// Whether the password, its ASCII letters in lower case, is in the list. Any thread.
bool is_common_password(std::string_view lower_case);

}  // namespace lumbung::api::login
