#include "storage/run.h"

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
  postings_.push_back({amount, offset, h, heads_[h], leg});
  heads_[h] = static_cast<std::uint32_t>(postings_.size());
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
