// Entries (jurnal): post one, post many, read, reverse.
#pragma once

#include "api/exchange.h"

namespace lumbung::api::handlers {

void post_entry(ExchangePtr exchange);
void post_batch(ExchangePtr exchange);
http::Response read_entry(const Exchange& exchange);
void reverse_entry(ExchangePtr exchange);

}  // namespace lumbung::api::handlers
