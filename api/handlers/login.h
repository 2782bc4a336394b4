// Logging in and out, and what people do with their own password and authenticator.
#pragma once

#include "api/exchange.h"

namespace lumbung::api::handlers {

void log_in(ExchangePtr exchange);
void log_out(ExchangePtr exchange);
http::Response read_session(const Exchange& exchange);
void change_password(ExchangePtr exchange);
void begin_totp(ExchangePtr exchange);
void confirm_totp(ExchangePtr exchange);
void remove_totp(ExchangePtr exchange);

}  // namespace lumbung::api::handlers
