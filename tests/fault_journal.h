// Journals for tests: one in memory, whose disk outlives it, and one that fails where a test wants
// it to, in front of any other.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/journal.h"

namespace lumbung::tests {

/// What a loss of power leaves of a MemoryJournal. Any thread.
class MemoryDisk {
 public:
  std::uint64_t raise_epoch();
  std::vector<std::pair<engine::CoopId, storage::Head>> heads() const;
  storage::Head head(const engine::CoopId& coop) const;
  std::vector<std::shared_ptr<const storage::Block>> blocks(const engine::CoopId& coop,
                                                            engine::BlockNo from) const;
  /// All or none.
  storage::Appended write(const storage::Blocks& commit, std::uint64_t epoch);

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::map<engine::CoopId, std::vector<std::shared_ptr<const storage::Block>>> chains_;
  std::uint64_t epoch_ = 0;
};

/// Commits that wait in a queue until their outcome is asked for, one after the other.
class QueuedJournal : public storage::Journal {
 public:
  storage::Ticket append(storage::Blocks commit) override;
  storage::Appended wait(storage::Ticket ticket) override;

 protected:
  /// What becomes of the n-th commit, from 0. Called once each, in order, until one fails.
  virtual storage::Appended write(std::uint64_t n, const storage::Blocks& commit) = 0;

 private:
  std::mutex mutex_;  // guards what follows
  std::vector<storage::Blocks> commits_;
  storage::Ticket done_ = 0;
  storage::Appended outcome_ = storage::Appended::kDurable;
};

class MemoryJournal final : public QueuedJournal {
 public:
  explicit MemoryJournal(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}

  TakeOver take_over() override;
  void read(const engine::CoopId& coop, engine::BlockNo from,
            const std::function<bool(std::string_view)>& each) const override;
  storage::Head head(const engine::CoopId& coop) const override { return disk_->head(coop); }

 private:
  storage::Appended write(std::uint64_t n, const storage::Blocks& commit) override;

  const std::shared_ptr<MemoryDisk> disk_;
  std::uint64_t epoch_ = 0;  // set by take_over, before any other call
};

enum class Fault {
  kNone,
  kLost,      // Unknown, and the commit is not there
  kWritten,   // Unknown, though the commit is there
  kFenced,    // told that another writer took over
  kSequence,  // told that the commit does not follow
};

class FaultJournal final : public QueuedJournal {
 public:
  /// `plan`: what becomes of the n-th commit of this journal, from 0; called by the waiting thread.
  FaultJournal(std::unique_ptr<storage::Journal> inner, std::function<Fault(std::uint64_t n)> plan)
      : inner_(std::move(inner)), plan_(std::move(plan)) {}

  TakeOver take_over() override { return inner_->take_over(); }
  void read(const engine::CoopId& coop, engine::BlockNo from,
            const std::function<bool(std::string_view)>& each) const override {
    inner_->read(coop, from, each);
  }
  storage::Head head(const engine::CoopId& coop) const override { return inner_->head(coop); }

 private:
  storage::Appended write(std::uint64_t n, const storage::Blocks& commit) override;

  const std::unique_ptr<storage::Journal> inner_;
  const std::function<Fault(std::uint64_t)> plan_;
};

}  // namespace lumbung::tests
