// Rules: what is true of every event ever, whatever today's policy says. Numbered in
// docs/accounting.md. One text, asked three times: decide() refuses by it, replay stops at it, and
// the auditor reports it.
#pragma once

#include <optional>
#include <string_view>

#include "engine/event.h"
#include "engine/refusal.h"
#include "engine/view.h"

namespace lumbung::engine {

/// An event that breaks a rule, named so that a reader of the journal finds the place.
struct Violation {
  int invariant = 0;       // n of "In" in docs/accounting.md
  std::string_view field;  // the column at fault, by the names of docs/journal-format.md
  Refusal refusal;         // what a request for such an event is told
};

using Finding = std::optional<Violation>;

/// At most 8 names, in order and each once, and values that are references where they are text.
bool is_metadata(const Metadata& metadata);

/// The entry alone: leg count, amounts, metadata.
Finding shape_violation(const Entry& entry);

/// The entry against the accounts: they exist, take postings, keep whole rupiah where they must,
/// and the sides balance per currency (I1).
Finding accounts_violation(const Book& book, const Entry& entry);

/// Floors and ceilings after the entry (I4). `held`: the account of the hold that the entry
/// settles, if it settles one: what it takes there was reserved for it and lowers nothing that is
/// available.
Finding funds_violation(const Book& book, const Entry& entry, AccountHandle held = {});

/// True only when shape_violation, accounts_violation and funds_violation all find nothing in such
/// an entry: one pass for the commonest one. False leaves it to them to say what is wrong, or
/// nothing.
bool holds(const Book& book, const SimpleEntry& entry);

/// How much of the hold an entry uses: what it takes from the held account.
Int128 taken_by(const Book& book, const Entry& entry, AccountHandle account);

/// The body of an event against the book it is about to be applied to: every rule above and those
/// of the other kinds. In order of precedence of refusal.def within the body.
Finding body_violation(const View& view, const EventBody& body);

/// The whole event: sequence (I2), record time, booking date in the open day (I7), principal, body.
Finding event_violation(const View& view, const Event& event);

}  // namespace lumbung::engine
