// One year of a village's cooperative, day by day. Everything follows from fixed seeds and from
// what happened before, so the journal is the same every time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/random.h"
#include "engine/command.h"
#include "engine/date.h"
#include "storage/ledger.h"

namespace lumbung::api {

inline constexpr std::size_t kDemoMembers = 240;
inline constexpr std::string_view kDemoTreasurer = "bendahara-1";
inline constexpr std::string_view kDemoTeller = "kasir-1";

/// "M001" for 0.
std::string demo_member_id(std::size_t index);

class DemoYear {
 public:
  /// `clock`: what the ledger reads as the time; set before each batch. Both must outlive it.
  DemoYear(storage::Ledger& ledger, const engine::CoopId& coop,
           std::atomic<std::int64_t>& clock_us);

  static engine::Date first_day();
  /// From the first day to 31 December, each closed. Throws cli::Failure when an answer is not the
  /// one that was expected.
  void run(const std::function<void(std::uint64_t done, std::uint64_t all)>& progress);

  std::uint64_t entries() const { return entries_; }
  std::uint64_t days() const { return days_; }

 private:
  using Rupiah = std::int64_t;
  using Then = std::function<void(engine::EventNo)>;

  struct Member {
    std::string id;
    engine::Date joins;
    int pays_on = 1;  // day of the month for simpanan wajib
    int habit = 1;    // how much is saved at a time, in 5,000 rupiah
    int sent_on = 0;  // day of the month when money comes from abroad; 0: nobody is abroad
    Rupiah sent = 0;  // about how much
    bool joined = false;
    Rupiah savings = 0;  // simpanan sukarela
    Rupiah held = 0;
    engine::Month paid_for{};  // simpanan wajib, the last month
    engine::AccountHandle principal, mandatory, voluntary, remittance;
  };

  /// A withdrawal that was announced the day before.
  struct Announced {
    std::size_t member;
    engine::EventNo hold;
    Rupiah amount;
  };
  /// A deposit that the teller keyed wrongly, and how much too much.
  struct Mistake {
    std::size_t member;
    engine::EventNo entry;
    Rupiah too_much;
    bool whole;
  };

  // --- asking ---

  void ask(engine::PrincipalHandle principal, engine::CommandBody body, Then then = {});
  void ask_refused(engine::PrincipalHandle principal, engine::CommandBody body,
                   engine::RefusalCode code);
  /// Posts what was asked for since the last time as one batch, stamped with this time of day.
  void post_at(int hour, int minute);

  // --- a day ---

  void do_day(engine::Date date);
  void open_day();
  void admit_members();
  void take_mandatory_savings();
  void take_deposits();
  void pay_announced();
  void pay_withdrawals();
  void correct_mistakes();
  void receive_remittances();
  void pay_expenses();
  void end_month();
  void bring_cash_home();
  void close_day();

  void deposit(std::size_t index, Rupiah amount);
  void withdraw(std::size_t index, Rupiah amount);
  void announce(std::size_t index, Rupiah amount);
  void open_accounts_of(const std::vector<std::size_t>& joining);
  /// Makes sure that the till can pay this; false when not even the vault can.
  bool fill_till(Rupiah amount);
  void move(engine::AccountHandle from, engine::AccountHandle to, Rupiah amount,
            std::string_view kind, engine::PrincipalHandle principal);
  engine::PostEntry entry(engine::Legs legs, std::string_view kind);
  engine::AccountHandle account(const std::string& code) const;
  engine::Date next_business_day(engine::Date date) const;
  /// The business day on which what was due on that day of the month is done.
  bool is_due(int day_of_month) const;

  struct Asked {
    Then then;
    engine::RefusalCode refused{};  // expected; 0: none
  };

  storage::Ledger& ledger_;
  const engine::CoopId coop_;
  std::atomic<std::int64_t>& clock_us_;
  const engine::Holidays holidays_;
  engine::PrincipalHandle treasurer_, teller_;
  engine::AccountHandle till_, vault_, bank_;
  std::vector<Member> members_;
  std::vector<Announced> announced_;
  std::vector<Mistake> mistakes_;
  Rupiah in_till_ = 0;
  Rupiah in_vault_ = 0;
  Rupiah in_bank_ = 0;
  engine::Date today_;
  Random random_{0};  // of the day
  std::uint64_t asked_today_ = 0;
  std::vector<engine::Command> commands_;
  std::vector<Asked> asked_;
  std::uint64_t entries_ = 0;
  std::uint64_t days_ = 0;
};

}  // namespace lumbung::api
