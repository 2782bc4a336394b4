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
  /// From now on commits are lost, and it is not known whether they are.
  void lose(bool lost) { loses_ = lost; }
  bool loses() const { return loses_; }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool is_open_ = true;
  std::uint64_t commits_ = 0;
  std::atomic<bool> loses_ = false;
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
  const std::filesystem::path& data() const { return data_; }
  /// Closes the ledger if one is open.
  void open();
  void close() { ledger_.reset(); }
  /// Opens a ledger with cash, a control account of two members, and income.
  void open_book();
  /// Closes the ledger as the loss of its process would: no snapshot, no HEAD, nothing flushed.
  void crash();
  std::filesystem::path copy(const std::filesystem::path& data);

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
  std::filesystem::path data_ = directory_.path() / "data";
  Gate gate_;
  std::atomic<std::int64_t> now_us_;
  std::size_t queue_max_ = 1000;
  bool trust_snapshots_ = true;
  std::unique_ptr<storage::Ledger> ledger_;
  int next_key_ = 0;
  int copies_ = 0;
};

/// Says whether two answers are the same but for `replayed`.
bool same_but_replayed(const storage::Answer& a, const storage::Answer& b);

}  // namespace lumbung::tests
