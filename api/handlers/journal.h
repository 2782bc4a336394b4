// The journal itself: blocks as they are stored, their headers, and events as JSON.
#pragma once

#include "api/exchange.h"

namespace lumbung::api::handlers {

http::Response list_blocks(const Exchange& exchange);
http::Response read_block(const Exchange& exchange);
http::Response list_events(const Exchange& exchange);

}  // namespace lumbung::api::handlers
