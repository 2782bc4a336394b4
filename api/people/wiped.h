// Text of personal data: overwritten before its memory is given back.
#pragma once

#include "storage/wiped.h"

namespace lumbung::api::people {

using WipedText = storage::WipedBytes;
using storage::append;
using storage::view_of;

}  // namespace lumbung::api::people
