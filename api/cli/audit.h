#pragma once

#include "api/cli/cli.h"
#include "storage/audit.h"

namespace lumbung::api::cli {

/// What was found, and the heads: whoever keeps them can prove later that nothing was changed.
void tell(const Alone& call, const storage::AuditReport& report);

}  // namespace lumbung::api::cli
