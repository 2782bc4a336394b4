#include "storage/run.h"

#include "engine/check.h"
#include "storage/key_table.h"

namespace lumbung::storage {

void Run::begin_block(const BlockHeader& header) {
  blocks_.push_back({header.first_event, header.block_no, header.stamped_time});
}

void Run::add(const engine::Event& event) {
  CHECK(event.no.value == first_event_.value + event_count());
  last_event_ = event.no;
  keys_.push_back(event.key.empty() ? 0 : fingerprint(event.principal, event.key));
  const engine::Entry* entry = engine::entry_of(event.body);
  if (entry == nullptr) return;
  const auto offset = static_cast<std::uint32_t>(event.no.value - first_event_.value);
  std::uint32_t leg_no = 0;
  for (const engine::Posting& leg : entry->legs) {
    const std::uint32_t account = leg.account.value;
    if (account >= heads_.size()) heads_.resize(account + account / 2 + 1);
    const std::int64_t amount =
        leg.side == engine::Side::kDebit ? leg.amount.minor : -leg.amount.minor;
    postings_.push_back({amount, offset, account, heads_[account], leg_no});
    heads_[account] = static_cast<std::uint32_t>(postings_.size());
    if (entry->value_date) {
      late_.push_back({leg.account, event.no, static_cast<std::uint8_t>(leg_no), amount,
                       event.booking_date, *entry->value_date});
    }
    ++leg_no;
  }
}

}  // namespace lumbung::storage
