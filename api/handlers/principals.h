// Principals and the roles that they hold. Grants are journalled like everything else.
#pragma once

#include "api/exchange.h"

namespace lumbung::api::handlers {

http::Response list_principals(const Exchange& exchange);
void grant_role(ExchangePtr exchange);
void revoke_role(ExchangePtr exchange);

}  // namespace lumbung::api::handlers
