// Accounts: open, list, read, their balance and statement, and what may be done with them.
#pragma once

#include "api/exchange.h"

namespace lumbung::api::handlers {

void open_account(ExchangePtr exchange);
http::Response list_accounts(const Exchange& exchange);
http::Response read_account(const Exchange& exchange);
http::Response read_balance(const Exchange& exchange);
http::Response list_postings(const Exchange& exchange);
void freeze_account(ExchangePtr exchange);
void unfreeze_account(ExchangePtr exchange);
void close_account(ExchangePtr exchange);
void set_limits(ExchangePtr exchange);

}  // namespace lumbung::api::handlers
