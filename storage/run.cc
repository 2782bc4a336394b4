#include "storage/run.h"

#include <algorithm>

#include "engine/check.h"
#include "storage/key_table.h"

namespace lumbung::storage {

void Run::begin_block(const BlockHeader& header) {
  blocks_.push_back({header.first_event, header.block_no, header.stamped_time});
}

std::uint32_t Run::begin_event(engine::EventNo no, std::uint64_t print) {
  CHECK(no.value == first_event_.value + event_count());
  last_event_ = no;
  keys_.push_back(print);
  return static_cast<std::uint32_t>(no.value - first_event_.value);
}

void Run::chain(std::int64_t amount, std::uint32_t offset, engine::AccountHandle account,
                std::uint32_t leg) {
  const std::uint32_t h = account.value;
  if (h >= heads_.size()) heads_.resize(h + h / 2 + 1);
  Chain& head = heads_[h];
  postings_.push_back({amount, offset, h, head.newest, leg});
  head.newest = static_cast<std::uint32_t>(postings_.size());
  if (++head.length % kMilestone == 0) set_milestone(h);
}

void Run::set_milestone(std::uint32_t account) {
  std::vector<Milestone>& milestones = milestones_[account];
  const std::uint32_t last = milestones.empty() ? 0 : milestones.back().posting;
  Milestone next{heads_[account].newest, milestones.empty() ? Moved{} : milestones.back().moved};
  for (std::uint32_t at = next.posting; at != last; at = postings_[at - 1].previous) {
    next.moved.add(postings_[at - 1].amount);
  }
  milestones.push_back(next);
}

std::pair<const Run::Milestone*, const Run::Milestone*> Run::around(engine::AccountHandle account,
                                                                    engine::EventNo event) const {
  const auto found = milestones_.find(account.value);
  if (found == milestones_.end()) return {nullptr, nullptr};
  const std::vector<Milestone>& all = found->second;
  const auto behind =
      std::upper_bound(all.begin(), all.end(), event, [&](engine::EventNo no, const Milestone& m) {
        return no < event_of(postings_[m.posting - 1]);
      });
  return {behind == all.begin() ? nullptr : &*std::prev(behind),
          behind == all.end() ? nullptr : &*behind};
}

Run::Moved Run::moved_through(engine::AccountHandle account, engine::EventNo event) const {
  const auto [last, behind] = around(account, event);
  Moved moved = last == nullptr ? Moved{} : last->moved;
  const Posting* const stop = last == nullptr ? nullptr : &postings_[last->posting - 1];
  const Posting* p = behind == nullptr ? newest(account) : &postings_[behind->posting - 1];
  for (; p != stop; p = before(*p)) {
    if (event_of(*p) <= event) moved.add(p->amount);
  }
  return moved;
}

std::pair<const Run::Posting*, Run::Moved> Run::near(engine::AccountHandle account,
                                                     engine::EventNo event) const {
  const Milestone* const behind = around(account, event).second;
  if (behind != nullptr) return {&postings_[behind->posting - 1], behind->moved};
  return {newest(account), moved_through(account, last_event_)};
}

void Run::add(engine::EventNo no, std::uint64_t print, const engine::SimpleEntry& entry) {
  const std::uint32_t offset = begin_event(no, print);
  chain(entry.amount.minor, offset, entry.debit, 0);
  chain(-entry.amount.minor, offset, entry.credit, 1);
}

void Run::add(const engine::Event& event) {
  const std::uint32_t offset =
      begin_event(event.no, event.key.empty() ? 0 : fingerprint(event.principal, event.key));
  const engine::Entry* entry = engine::entry_of(event.body);
  if (entry == nullptr) return;
  std::uint32_t leg_no = 0;
  for (const engine::Posting& leg : entry->legs) {
    const std::int64_t amount =
        leg.side == engine::Side::kDebit ? leg.amount.minor : -leg.amount.minor;
    chain(amount, offset, leg.account, leg_no);
    if (entry->value_date) {
      late_.push_back({leg.account, event.no, static_cast<std::uint8_t>(leg_no), amount,
                       event.booking_date, *entry->value_date});
    }
    ++leg_no;
  }
}

}  // namespace lumbung::storage
