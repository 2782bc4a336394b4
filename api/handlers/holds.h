// Holds: reserve money, then book it or give it back.
#pragma once

#include "api/exchange.h"

namespace lumbung::api::handlers {

void place_hold(ExchangePtr exchange);
http::Response read_hold(const Exchange& exchange);
void settle_hold(ExchangePtr exchange);
void release_hold(ExchangePtr exchange);
void expire_hold(ExchangePtr exchange);

}  // namespace lumbung::api::handlers
