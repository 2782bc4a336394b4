// Book: the state of one cooperative, a pure function of its journal.
//
// apply() is the only way it changes, live and in replay alike, and may not refuse: an event that
// breaks a rule here is a bug or a forgery and stops the process (the auditor asks rules.h first).
// Not thread-safe: its owner guards it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/account.h"
#include "engine/check.h"
#include "engine/date.h"
#include "engine/event.h"
#include "engine/id.h"
#include "engine/prefetch.h"

namespace lumbung::engine {

struct Hold {
  AccountHandle account;
  Amount remaining;
  std::optional<Date> last_day;
  friend bool operator==(const Hold&, const Hold&) = default;
};

/// What has been taken back of an entry so far.
struct Reversals {
  std::vector<std::int64_t> taken;  // minor units a leg of the target, as far as any was touched
  std::vector<EventNo> by;
  friend bool operator==(const Reversals&, const Reversals&) = default;
};

struct Principal {
  std::string name;
  std::uint32_t roles = 0;  // bit n: Role n
  bool holds(Role role) const { return (roles >> static_cast<unsigned>(role) & 1U) != 0; }
  friend bool operator==(const Principal&, const Principal&) = default;
};

class Book {
 public:
  /// REQUIRES: no violation of rules.h.
  void apply(const Event& event);
  /// apply() of an EntryPosted of just this. REQUIRES: holds().
  void apply(EventNo no, Timestamp at, const SimpleEntry& entry) {
    CHECK(no.value == last_event_.value + 1 && at >= last_time_);
    const auto amount = static_cast<Uint128>(entry.amount.minor);
    accounts_[entry.debit.value].debits += amount;
    accounts_[entry.credit.value].credits += amount;
    last_event_ = no;
    last_time_ = at;
  }
  /// Undoes the last apply of an EntryPosted: an atomic batch that fails at a later item leaves
  /// nothing. REQUIRES: `event` is the last one applied.
  void take_back(const Event& event);

  /// 0 before the first event.
  EventNo last_event() const { return last_event_; }
  Timestamp last_time() const { return last_time_; }
  bool opened() const { return last_event_.value > 0; }

  const CoopId& coop() const { return coop_; }
  Currency currency() const { return currency_; }
  const std::string& zone() const { return zone_; }
  bool sen_allowed() const { return sen_allowed_; }
  Date first_day() const { return first_day_; }
  Date open_day() const { return open_day_; }
  /// The first month that is not closed.
  Month open_month() const { return open_month_; }
  /// The last event booked on or before that date; 0 when there is none.
  EventNo last_event_of(Date date) const;
  /// The business date an event was booked on. REQUIRES: no <= last_event().
  Date booking_date_of(EventNo no) const;

  /// How many accounts there are; their handles are 1..account_count().
  std::uint32_t account_count() const { return static_cast<std::uint32_t>(accounts_.size() - 1); }
  bool has_account(AccountHandle h) const { return h.value != 0 && h.value < accounts_.size(); }
  const Account& account(AccountHandle h) const { return accounts_[h.value]; }
  const AccountInfo& info(AccountHandle h) const { return infos_[h.value]; }
  /// 0 when no account has this code.
  AccountHandle find_account(std::string_view code) const;
  /// Ask the processor to fetch the account's line: a batch touches accounts at random.
  void prefetch(AccountHandle h) const {
    if (h.value < accounts_.size()) prefetch_line(&accounts_[h.value]);
  }

  /// nullptr when it never was or has ended.
  const Hold* find_hold(EventNo hold) const;
  const std::map<EventNo, Hold>& holds() const { return holds_; }
  /// nullptr when nothing of it was reversed.
  const Reversals* find_reversals(EventNo entry) const;
  const std::map<EventNo, Reversals>& reversals() const { return reversals_; }

  std::uint32_t principal_count() const { return static_cast<std::uint32_t>(principals_.size()); }
  bool has_principal(PrincipalHandle p) const { return p.value < principals_.size(); }
  const Principal& principal(PrincipalHandle p) const { return principals_[p.value]; }
  std::optional<PrincipalHandle> find_principal(std::string_view name) const;

  friend bool operator==(const Book&, const Book&);
  /// The book as canonical bytes: equal books are equal bytes.
  std::string image() const;
  /// nullopt: not the image of a book.
  static std::optional<Book> of_image(std::string_view bytes);

 private:
  void post(const Entry& entry);
  void apply_body(const Event& event, const EntryPosted& body);
  void apply_body(const Event& event, const Refused& body);
  void apply_body(const Event& event, const EntryReversed& body);
  void apply_body(const Event& event, const OpenCooperative& body);
  void apply_body(const Event& event, const GrantRole& body);
  void apply_body(const Event& event, const RevokeRole& body);
  void apply_body(const Event& event, const OpenAccount& body);
  void apply_body(const Event& event, const SetLimits& body);
  void apply_body(const Event& event, const FreezeAccount& body);
  void apply_body(const Event& event, const UnfreezeAccount& body);
  void apply_body(const Event& event, const CloseAccount& body);
  void apply_body(const Event& event, const PlaceHold& body);
  void apply_body(const Event& event, const HoldSettled& body);
  void apply_body(const Event& event, const ReleaseHold& body);
  void apply_body(const Event& event, const ExpireHold& body);
  void apply_body(const Event& event, const CloseDay& body);
  void apply_body(const Event& event, const CloseMonth& body);
  void end_hold(EventNo hold);

  EventNo last_event_{};
  Timestamp last_time_{};
  CoopId coop_;
  Currency currency_{};
  std::string zone_;
  bool sen_allowed_ = false;
  Date first_day_;
  Date open_day_;
  Month open_month_{};
  std::vector<std::pair<Date, EventNo>> closed_days_;  // with the event that closed each, ascending
  std::vector<Account> accounts_{Account{}};           // [0] is no account
  std::vector<AccountInfo> infos_{AccountInfo{}};
  std::unordered_map<std::string, AccountHandle> by_code_;
  std::map<EventNo, Hold> holds_;  // the open ones
  std::map<EventNo, Reversals> reversals_;
  std::vector<Principal> principals_{Principal{"operator", 0}};
  std::unordered_map<std::string, PrincipalHandle> by_name_{{"operator", kOperator}};
};

}  // namespace lumbung::engine
