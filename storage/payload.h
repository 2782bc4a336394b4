// Bodies of events as bytes, the request digest, and the leaf: docs/journal-format.md, sections
// "payload", "digest" and "leaf". Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/command.h"
#include "engine/event.h"

namespace lumbung::storage {

/// Frozen numbers of the `kind` column.
enum class Kind : std::uint8_t {
  kSimpleEntry = 1,  // exactly two legs, debit first, of one amount
  kEntry = 2,
  kRefused = 3,
  kEntryReversed = 4,
  kCoopOpened = 5,
  kRoleGranted = 6,
  kRoleRevoked = 7,
  kAccountOpened = 8,
  kLimitsSet = 9,
  kAccountFrozen = 10,
  kAccountUnfrozen = 11,
  kAccountClosed = 12,
  kHoldPlaced = 13,
  kHoldSettled = 14,
  kHoldReleased = 15,
  kHoldExpired = 16,
  kDayClosed = 17,
  kMonthClosed = 18,
};

inline constexpr std::uint8_t kKindMax = 18;

Kind kind_of(const engine::EventBody& body);
/// "entry_posted", "account_opened": the name in JSON exports.
std::string_view name_of(Kind kind);

/// Its legs stand in the leg columns.
constexpr bool has_legs(Kind kind) {
  return kind == Kind::kEntry || kind == Kind::kEntryReversed || kind == Kind::kHoldSettled;
}
/// It has a payload of its own.
constexpr bool has_payload(Kind kind) { return kind >= Kind::kCoopOpened; }
/// The event does not say all that was asked, so the request's digest stands beside it.
constexpr bool has_digest(Kind kind) { return kind != Kind::kSimpleEntry && kind != Kind::kEntry; }

/// The payload of an event whose kind has one.
std::string encode_payload(const engine::EventBody& body);
/// Entry, target and the like come from other columns and are left empty. nullopt: not canonical.
std::optional<engine::EventBody> decode_payload(Kind kind, std::string_view bytes,
                                                const engine::CoopId& coop);

std::string encode_metadata(const engine::Metadata& metadata);
std::optional<engine::Metadata> decode_metadata(std::string_view bytes);
std::string encode_refusal(const engine::Refusal& refusal);
std::optional<engine::Refusal> decode_refusal(std::string_view bytes);

/// First 16 bytes of the SHA-256 of the canonical command: what was asked, before stamping.
engine::Digest digest_of(const engine::CommandBody& body);
/// Of an atomic batch: over the items in order.
engine::Digest digest_of_batch(const std::vector<engine::Command>& commands);

/// The request behind an event of a kind that happens exactly as it was asked and has a digest;
/// nullopt of the other kinds.
std::optional<engine::CommandBody> request_of(const engine::EventBody& body);

/// Whether `event` is what came of exactly this request, as far as the request goes.
bool same_request(const engine::CommandBody& body, const engine::Event& event);

/// The canonical row encoding of one event: the leaf that RFC 6962 trees hash. At most 65,535 bytes.
std::string leaf_of(const engine::CoopId& coop, const engine::Event& event);

}  // namespace lumbung::storage
