// decide: the posting core. View + Command -> an event body, or the first refusal that applies in the
// order of refusal.def. Pure: the same view and command give the same answer on every machine.
#pragma once

#include "engine/command.h"
#include "engine/event.h"
#include "engine/policy.h"
#include "engine/refusal.h"
#include "engine/view.h"

namespace lumbung::engine {

/// What happens when this command is carried out now. The caller stamps number, time and date on it
/// and applies it to the book.
Result<EventBody> decide(const View& view, const Policy& policy, const Command& command);

}  // namespace lumbung::engine
