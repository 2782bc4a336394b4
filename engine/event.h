// All that can have happened: what the journal holds. Closed: a new kind gets a number of its own and
// old numbers never change meaning.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "engine/command.h"
#include "engine/refusal.h"

namespace lumbung::engine {

/// Entry posted as asked; the booking date is the event's.
struct EntryPosted {
  Entry entry;
  friend bool operator==(const EntryPosted&, const EntryPosted&) = default;
};

/// The entry has the sides of the target's legs swapped. Bit i of target_legs is set when leg i of
/// the target is reversed; the entry's legs stand in that order.
struct EntryReversed {
  EventNo target;
  std::uint64_t target_legs = 0;
  Entry entry;
  friend bool operator==(const EntryReversed&, const EntryReversed&) = default;
};

struct HoldSettled {
  EventNo hold;
  Amount taken;               // of what was held
  bool release_rest = false;
  Entry entry;
  friend bool operator==(const HoldSettled&, const HoldSettled&) = default;
};

/// Asked, and refused by the core: moves nothing, is remembered under its key.
struct Refused {
  Refusal refusal;
  friend bool operator==(const Refused&, const Refused&) = default;
};

// The other kinds happen exactly as they were asked, so the command is the fact.
using EventBody =
    std::variant<EntryPosted, Refused, EntryReversed, OpenCooperative, GrantRole, RevokeRole,
                 OpenAccount, SetLimits, FreezeAccount, UnfreezeAccount, CloseAccount, PlaceHold,
                 HoldSettled, ReleaseHold, ExpireHold, CloseDay, CloseMonth>;

using Digest = std::array<std::uint8_t, 16>;

/// One row of the journal.
struct Event {
  EventNo no{};
  Date booking_date;  // the business date that was open (of CloseDay: the one it closes)
  Timestamp at;       // record time, that of its block
  PrincipalHandle principal{};
  Key key;            // empty within an atomic batch after its first event
  std::uint32_t batch_size = 0;   // above 0: this and the next batch_size - 1 events are one batch
  std::optional<Digest> digest;   // of the request, where the event does not say it all
  EventBody body;
  friend bool operator==(const Event&, const Event&) = default;
};

/// The entry an event moves money by; nullptr for the kinds that move none.
const Entry* entry_of(const EventBody& body);

}  // namespace lumbung::engine
