// The members that several answers share, for wire_out.cc and wire_event.cc alone.
#pragma once

#include <optional>
#include <string_view>

#include "api/directory.h"
#include "api/json.h"
#include "engine/date.h"
#include "engine/id.h"
#include "engine/money.h"
#include "engine/refusal.h"

namespace lumbung::api::wire {

void amount(json::Writer& out, std::string_view name, engine::Int128 minor, int exponent);
/// null when there is none.
void optional_amount(json::Writer& out, std::string_view name,
                     const std::optional<engine::Int128>& minor, int exponent);
void date(json::Writer& out, std::string_view name, engine::Date value);
void time(json::Writer& out, std::string_view name, engine::Timestamp value);
void number(json::Writer& out, std::string_view name, engine::EventNo value);
/// "code", "detail", "params". `directory`: nullptr where no account can be meant.
void refusal(json::Writer& out, const engine::Refusal& value, Directory* directory);
/// "params" alone: {"account","available",…}, what the refusal says in figures.
void refusal_params(json::Writer& out, const engine::Refusal& value, Directory* directory);

}  // namespace lumbung::api::wire
