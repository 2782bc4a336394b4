#include "tests/fault_journal.h"

#include "engine/check.h"

namespace lumbung::tests {

using engine::BlockNo;
using engine::CoopId;
using storage::Appended;
using storage::Block;
using storage::Blocks;
using storage::Head;
using storage::Ticket;

namespace {

Head head_of(const std::vector<std::shared_ptr<const Block>>& chain) {
  if (chain.empty()) return {};
  const Block& last = *chain.back();
  return {last.header.block_no, last.hash, last.header.last_event()};
}

bool follows(const Block& block, const Head& head) {
  return block.header.block_no.value == head.block_no.value + 1 &&
         block.header.previous == head.hash &&
         block.header.first_event.value == head.last_event.value + 1;
}

}  // namespace

std::uint64_t MemoryDisk::raise_epoch() {
  const std::lock_guard lock(mutex_);
  return ++epoch_;
}

std::vector<std::pair<CoopId, Head>> MemoryDisk::heads() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<CoopId, Head>> heads;
  for (const auto& [coop, chain] : chains_) heads.emplace_back(coop, head_of(chain));
  return heads;
}

Head MemoryDisk::head(const CoopId& coop) const {
  const std::lock_guard lock(mutex_);
  const auto found = chains_.find(coop);
  return found == chains_.end() ? Head{} : head_of(found->second);
}

std::vector<std::shared_ptr<const Block>> MemoryDisk::blocks(const CoopId& coop,
                                                             BlockNo from) const {
  const std::lock_guard lock(mutex_);
  const auto found = chains_.find(coop);
  std::vector<std::shared_ptr<const Block>> blocks;
  if (found == chains_.end()) return blocks;
  for (const auto& block : found->second) {
    if (block->header.block_no >= from) blocks.push_back(block);
  }
  return blocks;
}

Appended MemoryDisk::write(const Blocks& commit, std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  if (epoch != epoch_) return Appended::kFenced;
  auto after = chains_;  // pointers only
  for (const auto& block : commit) {
    if (block->header.epoch != epoch) return Appended::kFenced;
    auto& chain = after[block->header.coop];
    const Head head = head_of(chain);
    if (block->header.block_no == head.block_no && block->hash == head.hash) continue;
    if (!follows(*block, head)) return Appended::kSequence;
    chain.push_back(block);
  }
  chains_ = std::move(after);
  return Appended::kDurable;
}

Ticket QueuedJournal::append(Blocks commit) {
  CHECK(!commit.empty());
  const std::lock_guard lock(mutex_);
  commits_.push_back(std::move(commit));
  return commits_.size();
}

Appended QueuedJournal::wait(Ticket ticket) {
  std::unique_lock lock(mutex_);
  CHECK(ticket <= commits_.size());
  while (done_ < ticket && outcome_ == Appended::kDurable) {
    const std::uint64_t n = done_;
    const Blocks commit = commits_[n];
    lock.unlock();
    const Appended outcome = write(n, commit);
    lock.lock();
    outcome_ = outcome;
    if (outcome == Appended::kDurable) ++done_;
  }
  return done_ >= ticket ? Appended::kDurable : outcome_;
}

storage::Journal::TakeOver MemoryJournal::take_over() {
  epoch_ = disk_->raise_epoch();
  return {epoch_, disk_->heads()};
}

Appended MemoryJournal::write(std::uint64_t, const Blocks& commit) {
  return disk_->write(commit, epoch_);
}

void MemoryJournal::read(const CoopId& coop, BlockNo from,
                         const std::function<bool(std::string_view)>& each) const {
  for (const auto& block : disk_->blocks(coop, from)) {
    if (!each(block->bytes)) return;
  }
}

Appended FaultJournal::write(std::uint64_t n, const Blocks& commit) {
  switch (plan_(n)) {
    case Fault::kNone:
      return inner_->wait(inner_->append(commit));
    case Fault::kLost:
      return Appended::kUnknown;
    case Fault::kWritten:
      CHECK(inner_->wait(inner_->append(commit)) == Appended::kDurable);
      return Appended::kUnknown;
    case Fault::kFenced:
      return Appended::kFenced;
    case Fault::kSequence:
      return Appended::kSequence;
  }
  CHECK(false);
}

}  // namespace lumbung::tests
