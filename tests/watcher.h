// Watcher: somebody who reads one cooperative while requests are in flight, and keeps what he was
// shown until there is a model to hold it against.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "tests/model.h"
#include "tests/random.h"

namespace lumbung::tests {

class Watcher {
 public:
  /// Reads on a thread of its own from now on. The ledger must be there until stop().
  Watcher(const storage::Ledger& ledger, engine::CoopId coop, std::uint64_t seed);
  ~Watcher() { stop(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void stop();
  /// After stop(): nothing was shown that did not happen, and every balance and statement is that
  /// of the model's events up to the one it was told to be of. Differences are failures of the
  /// test.
  void expect_shown_is_true(const Model& model) const;

 private:
  struct Page {
    engine::AccountHandle account;
    storage::Statement statement;
  };

  void watch();
  void expect_balances(const Model& model) const;
  void expect_pages(const Model& model) const;

  const storage::Ledger& ledger_;
  const engine::CoopId coop_;
  Random random_;  // watching thread
  std::vector<storage::TrialBalance>
      balances_;             // one of each event that was the last; watching thread
  std::vector<Page> pages_;  // watching thread
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace lumbung::tests
