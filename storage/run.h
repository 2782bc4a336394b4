// Run: what the events of some consecutive whole blocks did to accounts, in memory. The newest run
// of a cooperative answers for what the store's index does not have yet; a full run is sorted and
// taken into the store, and dropped here.
//
// A run ends with the first block that brings it to `run_events` events, so the rows it makes are a
// function of the journal alone. Written by one thread under its owner's lock; immutable once full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/container/deque.hpp>

#include "engine/event.h"
#include "engine/prefetch.h"
#include "storage/block.h"

namespace lumbung::storage {

class Run {
 public:
  /// What some postings of an account add to its totals.
  struct Moved {
    engine::Uint128 debits = 0;
    engine::Uint128 credits = 0;

    void add(std::int64_t amount) {
      (amount > 0 ? debits : credits) +=
          static_cast<engine::Uint128>(amount > 0 ? amount : -amount);
    }
    Moved operator-(const Moved& other) const {
      return {debits - other.debits, credits - other.credits};
    }
  };
  /// Grows by pieces of a size that the allocator keeps for the next run: what is there is never
  /// moved, and no page is asked of the system twice.
  template <class T>
  using Pieces = boost::container::deque<
      T, void, boost::container::deque_options_t<boost::container::block_size<1024>>>;

  /// One posting. Postings of one account are chained from the newest back.
  struct Posting {
    std::int64_t amount;   // minor units, debits above zero
    std::uint32_t offset;  // event number - first event of the run
    std::uint32_t account;
    std::uint32_t previous;  // index + 1 of the account's posting before, 0: none in this run
    std::uint32_t leg;
  };
  /// A posting whose value date is not its booking date.
  struct Late {
    engine::AccountHandle account;
    engine::EventNo event;
    std::uint8_t leg;
    std::int64_t amount;  // minor units, debits above zero
    engine::Date booking_date;
    engine::Date value_date;
  };
  struct BlockPlace {
    engine::EventNo first_event;
    engine::BlockNo block_no;
    engine::Timestamp time;
  };

  /// `accounts`: handles up to which there may soon be postings.
  explicit Run(engine::EventNo first_event, std::size_t accounts = 0)
      : first_event_(first_event), last_event_{first_event.value - 1}, heads_(accounts + 1) {}

  /// Blocks in order; before the events of that block.
  void begin_block(const BlockHeader& header);
  void add(const engine::Event& event);
  /// The same of a posted entry that says nothing else; `print` is its key's fingerprint.
  void add(engine::EventNo no, std::uint64_t print, const engine::SimpleEntry& entry);

  engine::EventNo first_event() const { return first_event_; }
  /// Of an empty run: the event before its first.
  engine::EventNo last_event() const { return last_event_; }
  std::uint64_t event_count() const { return last_event_.value + 1 - first_event_.value; }
  /// The newest posting of the account; nullptr when the run has none.
  const Posting* newest(engine::AccountHandle account) const {
    const std::uint32_t at = account.value < heads_.size() ? heads_[account.value].newest : 0;
    return at == 0 ? nullptr : &postings_[at - 1];
  }
  /// What the account's postings up to that event moved, its own among them. However many postings
  /// there are, no more than kMilestone are walked.
  Moved moved_through(engine::AccountHandle account, engine::EventNo event) const;
  /// A posting from which all are met that stand up to that event, walking back, after at most
  /// kMilestone others; and what the account's postings up to and with it moved. nullptr when the
  /// run has none.
  std::pair<const Posting*, Moved> near(engine::AccountHandle account, engine::EventNo event) const;
  void prefetch(engine::AccountHandle account) const {
    if (account.value < heads_.size()) engine::prefetch_line(&heads_[account.value]);
  }
  const Posting* before(const Posting& posting) const {
    return posting.previous == 0 ? nullptr : &postings_[posting.previous - 1];
  }
  engine::EventNo event_of(const Posting& posting) const {
    return {first_event_.value + posting.offset};
  }
  const Pieces<Posting>& postings() const { return postings_; }
  const std::vector<Late>& late() const { return late_; }
  const std::vector<BlockPlace>& blocks() const { return blocks_; }
  /// Key fingerprints in the order of events, 0 for those without a key.
  const Pieces<std::uint64_t>& keys() const { return keys_; }

 private:
  struct Chain {
    std::uint32_t newest = 0;  // index + 1, 0: none
    std::uint32_t length = 0;
  };
  // A busy account's chain is a long way back: of every so many postings, one is remembered with
  // what was moved through it.
  static constexpr std::uint32_t kMilestone = 256;
  struct Milestone {
    std::uint32_t posting;  // index + 1
    Moved moved;
  };

  void set_milestone(std::uint32_t account);
  /// The last of the account's milestones up to that event and the first one behind it; nullptr
  /// where there is none.
  std::pair<const Milestone*, const Milestone*> around(engine::AccountHandle account,
                                                       engine::EventNo event) const;

  /// The offset of the next event in the run.
  std::uint32_t begin_event(engine::EventNo no, std::uint64_t print);
  void chain(std::int64_t amount, std::uint32_t offset, engine::AccountHandle account,
             std::uint32_t leg);

  engine::EventNo first_event_;
  engine::EventNo last_event_;
  Pieces<Posting> postings_;
  std::vector<Chain> heads_;                                              // by account
  std::unordered_map<std::uint32_t, std::vector<Milestone>> milestones_;  // of few accounts
  std::vector<Late> late_;
  std::vector<BlockPlace> blocks_;
  Pieces<std::uint64_t> keys_;
};

}  // namespace lumbung::storage
