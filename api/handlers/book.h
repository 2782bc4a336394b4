// The book as a whole: its state, its days and months, its trial balance.
#pragma once

#include "api/exchange.h"

namespace lumbung::api::handlers {

http::Response read_status(const Exchange& exchange);
http::Response read_days(const Exchange& exchange);
void close_day(ExchangePtr exchange);
void close_month(ExchangePtr exchange);
http::Response read_trial_balance(const Exchange& exchange);

}  // namespace lumbung::api::handlers
