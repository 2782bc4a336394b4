// A journal that lies: it says durable at once and writes later. Proves that the fault tests fail
// where they should.
#pragma once

#include <memory>

#include "storage/journal.h"

namespace lumbung::api {

std::unique_ptr<storage::Journal> make_unsynced_journal(std::unique_ptr<storage::Journal> inner);

}  // namespace lumbung::api
