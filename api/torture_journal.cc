#include "api/torture_journal.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace lumbung::api {
namespace {

using std::chrono::steady_clock;
using storage::Blocks;

constexpr std::chrono::milliseconds kLateness{500};

class UnsyncedJournal : public storage::Journal {
 public:
  explicit UnsyncedJournal(std::unique_ptr<storage::Journal> inner)
      : inner_(std::move(inner)), writer_([this] { write_late(); }) {}

  ~UnsyncedJournal() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    writer_.join();
  }

  TakeOver take_over() override { return inner_->take_over(); }

  storage::Ticket append(Blocks commit) override {
    const std::lock_guard lock(mutex_);
    late_.push_back({steady_clock::now() + kLateness, std::move(commit)});
    changed_.notify_all();
    return ++tickets_;
  }

  storage::Appended wait(storage::Ticket) override { return storage::Appended::kDurable; }

  void read(const engine::CoopId& coop, engine::BlockNo from,
            const std::function<bool(std::string_view)>& each) const override {
    const auto late = late_blocks(coop);  // first: what is written meanwhile is then there twice
    bool wanted = true;
    inner_->read(coop, from, [&](std::string_view bytes) {
      ++from.value;
      wanted = each(bytes);
      return wanted;
    });
    for (const auto& block : late) {
      if (!wanted) return;
      if (block->header.block_no == from) {
        ++from.value;
        wanted = each(block->bytes);
      }
    }
  }

  storage::Head head(const engine::CoopId& coop) const override {
    const auto late = late_blocks(coop);
    if (late.empty()) return inner_->head(coop);
    const storage::Block& last = *late.back();
    return {last.header.block_no, last.hash, last.header.last_event()};
  }

 private:
  struct Late {
    steady_clock::time_point due;
    Blocks commit;
  };

  Blocks late_blocks(const engine::CoopId& coop) const {
    const std::lock_guard lock(mutex_);
    Blocks blocks;
    for (const Late& late : late_) {
      for (const auto& block : late.commit) {
        if (block->header.coop == coop) blocks.push_back(block);
      }
    }
    return blocks;
  }

  void write_late() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ending_ || !late_.empty(); });
      if (late_.empty()) return;
      changed_.wait_until(lock, late_.front().due, [this] { return ending_; });
      const Blocks commit = late_.front().commit;
      lock.unlock();
      inner_->wait(inner_->append(commit));
      lock.lock();
      late_.pop_front();  // only now: until it is written, it is read from here
    }
  }

  const std::unique_ptr<storage::Journal> inner_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Late> late_;        // under mutex_; in order
  storage::Ticket tickets_ = 0;  // under mutex_
  bool ending_ = false;          // under mutex_
  std::thread writer_;
};

}  // namespace

std::unique_ptr<storage::Journal> make_unsynced_journal(std::unique_ptr<storage::Journal> inner) {
  return std::make_unique<UnsyncedJournal>(std::move(inner));
}

}  // namespace lumbung::api
