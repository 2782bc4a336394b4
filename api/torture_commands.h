// The commands of torture. Each is a function of its key alone, so that whoever has the key can ask
// the same again: "t7-123" is command 123 of seed 7, "t7-124-981" one that also needed to know
// something of the book (an event to reverse, the day to close), which then stands in the key.
// "s7-123" is atomic batch 123 of seed 7, of up to as many entries as a block takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command.h"
#include "engine/id.h"

namespace lumbung::api {

/// The cooperative that is tortured.
engine::CoopId torture_coop();

/// What a command of a seed and number is about to do, as far as its key must say more.
enum class Wants : std::uint8_t {
  kNothing,
  kEntry,  // the number of an event, preferably of an entry
  kHold,   // likewise of a hold
  kDay,    // the open day, in days since 1970-01-01
  kMonth,  // the first open month, by its index
};

/// One request: a command, or the entries of an atomic batch.
struct TortureRequest {
  std::vector<engine::Command> commands;
  bool atomic = false;
};

/// The commands that open the book: the same in every run, under keys of their own.
std::vector<std::string> setup_keys();

Wants wants_of(std::uint64_t seed, std::uint64_t number);
/// `argument`: of what the command wants; 0 where it wants nothing.
std::string torture_key(std::uint64_t seed, std::uint64_t number, std::uint64_t argument);
std::string torture_batch_key(std::uint64_t seed, std::uint64_t number);
/// nullopt when it is none of our keys.
std::optional<TortureRequest> torture_request(std::string_view key);

}  // namespace lumbung::api
