// The process: whether it lives, whether it can serve, what it is, its figures, and the files that
// it carries.
#pragma once

#include "api/exchange.h"

namespace lumbung::api::handlers {

http::Response read_health(const Exchange& exchange);
http::Response read_readiness(const Exchange& exchange);
http::Response read_version(const Exchange& exchange);
http::Response read_metrics(const Exchange& exchange);
http::Response read_asset(const Exchange& exchange);

}  // namespace lumbung::api::handlers
