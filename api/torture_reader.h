// Someone who reads while torture posts, and checks what he is told against itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "api/random.h"
#include "engine/id.h"
#include "storage/ledger.h"

namespace lumbung::api {

/// Asks without a pause, on a thread of its own, until it goes out of scope. The ledger must
/// outlive it.
class TortureReader {
 public:
  TortureReader(const storage::Ledger& ledger, std::uint64_t seed);
  ~TortureReader();
  TortureReader(const TortureReader&) = delete;
  TortureReader& operator=(const TortureReader&) = delete;

  /// The first thing that was wrong, as a sentence; empty: nothing so far. Any thread.
  std::string complaint() const;

 private:
  void read();
  /// Each says what is wrong; empty: nothing.
  std::string wrong_with_balances();
  std::string wrong_with_statement();
  std::string wrong_with_past();

  const storage::Ledger& ledger_;
  Random random_;             // reading thread
  engine::EventNo newest_{};  // reading thread: the last event it has seen
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::string complaint_;  // under mutex_
  std::thread thread_;
};

}  // namespace lumbung::api
