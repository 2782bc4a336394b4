// All that can be asked of a cooperative's book. A command carries everything it needs: the core
// knows no clock, no random number and no configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/account.h"
#include "engine/date.h"
#include "engine/entry.h"
#include "engine/id.h"

namespace lumbung::engine {

/// Frozen numbers: they stand in the journal.
enum class Role : std::uint8_t {
  kAdmin = 1,
  kTreasurer = 2,
  kTeller = 3,
  kApprover = 4,
  kAuditor = 5,
  kIntegrator = 6,
};

std::string_view name_of(Role role);
std::optional<Role> parse_role(std::string_view name);

/// Opens the book itself: always its first event.
struct OpenCooperative {
  CoopId coop;
  Currency currency{};
  std::string zone;  // as find_zone knows it
  Date first_day;
  bool sen_allowed = false;  // whether rupiah may have sen
  friend bool operator==(const OpenCooperative&, const OpenCooperative&) = default;
};

struct GrantRole {
  std::string principal;
  Role role{};
  friend bool operator==(const GrantRole&, const GrantRole&) = default;
};

struct RevokeRole {
  std::string principal;
  Role role{};
  friend bool operator==(const RevokeRole&, const RevokeRole&) = default;
};

struct OpenAccount {
  std::string code;
  AccountType type{};
  Side normal{};
  Currency currency{};
  AccountHandle control{};    // 0: none
  bool is_control = false;    // takes no postings; is the sum of its members
  std::optional<Amount> floor;
  std::optional<Amount> ceiling;
  friend bool operator==(const OpenAccount&, const OpenAccount&) = default;
};

struct SetLimits {
  AccountHandle account;
  std::optional<Amount> floor;    // absent: none from now on
  std::optional<Amount> ceiling;  // absent: none from now on
  friend bool operator==(const SetLimits&, const SetLimits&) = default;
};

struct FreezeAccount {
  AccountHandle account;
  friend bool operator==(const FreezeAccount&, const FreezeAccount&) = default;
};

struct UnfreezeAccount {
  AccountHandle account;
  friend bool operator==(const UnfreezeAccount&, const UnfreezeAccount&) = default;
};

struct CloseAccount {
  AccountHandle account;
  friend bool operator==(const CloseAccount&, const CloseAccount&) = default;
};

struct PostEntry {
  Entry entry;
  std::optional<Date> booking_date;  // given: refused unless that day is the open one
  friend bool operator==(const PostEntry&, const PostEntry&) = default;
};

struct ReverseEntry {
  EventNo target;
  std::vector<Amount> amounts;  // one a leg of the target, 0 for a leg left alone; empty: all that remains
  std::optional<Date> booking_date;
  std::optional<Date> value_date;
  Metadata metadata;
  friend bool operator==(const ReverseEntry&, const ReverseEntry&) = default;
};

/// Reserves money that a later settlement takes from the account (on its opposite side).
struct PlaceHold {
  AccountHandle account;
  Amount amount;
  std::optional<Date> last_day;  // after this booking date it may be expired; absent: never
  friend bool operator==(const PlaceHold&, const PlaceHold&) = default;
};

/// Books what was reserved, whole or in part.
struct SettleHold {
  EventNo hold;
  Entry entry;                // takes from the held account at most what is still held
  bool release_rest = false;  // false: the rest stays held
  std::optional<Date> booking_date;
  friend bool operator==(const SettleHold&, const SettleHold&) = default;
};

struct ReleaseHold {
  EventNo hold;
  friend bool operator==(const ReleaseHold&, const ReleaseHold&) = default;
};

struct ExpireHold {
  EventNo hold;
  friend bool operator==(const ExpireHold&, const ExpireHold&) = default;
};

/// Closes the open business date and opens the next in the same event.
struct CloseDay {
  Date date;  // must be the open one
  Date next;
  friend bool operator==(const CloseDay&, const CloseDay&) = default;
};

struct CloseMonth {
  Month month;
  friend bool operator==(const CloseMonth&, const CloseMonth&) = default;
};

using CommandBody =
    std::variant<PostEntry, OpenCooperative, GrantRole, RevokeRole, OpenAccount, SetLimits,
                 FreezeAccount, UnfreezeAccount, CloseAccount, ReverseEntry, PlaceHold, SettleHold,
                 ReleaseHold, ExpireHold, CloseDay, CloseMonth>;

/// A request: who asks, under which key, for what. The key names it for ever within
/// (cooperative, principal).
struct Command {
  Key key;
  PrincipalHandle principal{};
  CommandBody body;
};

}  // namespace lumbung::engine
