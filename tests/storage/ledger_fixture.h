// A ledger of its own for each test, with small runs, a clock that the test sets, and a disk that
// can be made to wait.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "storage/ledger.h"
#include "tests/recorded_world.h"
#include "tests/temporary_directory.h"

namespace lumbung::tests {

/// Holds commits back from the disk, and tells how many have come. Any thread.
class Gate {
 public:
  void close();
  void open();
  void came();
  void wait_until_open();
  /// Returns when that many commits have come since the start.
  void wait_for(std::uint64_t commits);

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool is_open_ = true;
  std::uint64_t commits_ = 0;
};

class LedgerTest : public ::testing::Test {
 protected:
  // The accounts of open_book().
  static constexpr engine::AccountHandle kCash{1}, kMembers{2}, kMember{3}, kOther{4}, kIncome{5};
  static inline const engine::CoopId kCoop = *engine::CoopId::parse("KSP-UJI");
  static inline const engine::Date kFirstDay = engine::date_of({2026, 1, 5});
  static constexpr std::int64_t kStart_us = 1'767'600'000'000'000;

  LedgerTest() { now_us_ = kStart_us; }
  ~LedgerTest() override { gate_.open(); }

  storage::Ledger::Options options(const std::filesystem::path& directory);
  std::filesystem::path data() const { return directory_.path() / "data"; }
  /// Closes the ledger if one is open.
  void open();
  void close() { ledger_.reset(); }
  /// Opens a ledger with cash, a control account of two members, and income.
  void open_book();
  /// What a loss of power would leave now: a copy of the files as they are. REQUIRES: nothing is
  /// being written.
  std::filesystem::path crash_image();

  engine::Command command(const std::string& key, engine::CommandBody body,
                          engine::PrincipalHandle principal = engine::kOperator) const;
  storage::Answer ask(const std::string& key, engine::CommandBody body,
                      engine::PrincipalHandle principal = engine::kOperator);
  /// Under a key of its own; it must be done.
  engine::EventNo done(engine::CommandBody body);
  /// Debit `to`, credit `from`.
  static engine::PostEntry transfer(engine::AccountHandle to, engine::AccountHandle from,
                                    std::int64_t rupiah);
  /// Events so far, 0 when there is no book.
  std::uint64_t events() const;
  std::int64_t posted(engine::AccountHandle account) const;
  /// All events, and what they add up to.
  Record record() const;

  TemporaryDirectory directory_;
  Gate gate_;
  std::atomic<std::int64_t> now_us_;
  std::size_t queue_max_ = 1000;
  bool trust_snapshots_ = true;
  std::unique_ptr<storage::Ledger> ledger_;
  int next_key_ = 0;
};

/// Says whether two answers are the same but for `replayed`.
bool same_but_replayed(const storage::Answer& a, const storage::Answer& b);

}  // namespace lumbung::tests
