#include "storage/chain.h"

namespace lumbung::storage {

std::optional<ChainBreak> Chain::follow(const BlockView& block) {
  const BlockHeader& header = block.header();
  if (header.coop != coop_) return ChainBreak{"cooperative", "belongs to another cooperative"};
  if (header.block_no.value != head_.block_no.value + 1) {
    return ChainBreak{"block_no", "block " + std::to_string(head_.block_no.value + 1) +
                                      " was expected here, this is block " +
                                      std::to_string(header.block_no.value)};
  }
  if (header.previous != head_.hash) {
    return ChainBreak{"previous", "does not carry the hash of block " +
                                      std::to_string(head_.block_no.value)};
  }
  if (header.first_event.value != head_.last_event.value + 1) {
    return ChainBreak{"first_event", "event numbers have a gap"};
  }
  if (header.epoch < epoch_) return ChainBreak{"epoch", "the epoch falls"};
  if (header.stamped_time < time_) return ChainBreak{"stamped_time", "record time goes back"};
  if (header.durable_block >= header.block_no || header.durable_block < durable_) {
    return ChainBreak{"durable_block", "what was known durable falls or runs ahead"};
  }
  head_ = {header.block_no, block.hash(), header.last_event()};
  epoch_ = header.epoch;
  time_ = header.stamped_time;
  durable_ = header.durable_block;
  return std::nullopt;
}

}  // namespace lumbung::storage
