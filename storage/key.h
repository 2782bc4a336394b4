// Keys of the store: one table. Every key begins with the cooperative, so that one can be copied or
// dropped alone; numbers are big-endian, so that the order of keys is the order of numbers.
//
//   journal   coop block_no            postings  coop account event leg
//   locator   coop first_event         late      coop account event leg
//   keys      coop first_event         snapshot  coop page
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/id.h"
#include "engine/bytes.h"

namespace lumbung::storage {

inline constexpr std::size_t kCoopBytes = 16;

inline std::string coop_prefix(const engine::CoopId& coop) {
  return {coop.bytes.data(), coop.bytes.size()};
}

/// REQUIRES: a key of ours.
inline engine::CoopId coop_in_key(std::string_view key) {
  engine::CoopId coop;
  std::copy_n(key.begin(), std::min(key.size(), kCoopBytes), coop.bytes.begin());
  return coop;
}

inline std::string journal_key(const engine::CoopId& coop, engine::BlockNo block) {
  std::string key = coop_prefix(coop);
  engine::put_ordered(key, block.value);
  return key;
}

/// Of locator and keys.
inline std::string event_key(const engine::CoopId& coop, engine::EventNo event) {
  std::string key = coop_prefix(coop);
  engine::put_ordered(key, event.value);
  return key;
}

inline std::string account_prefix(const engine::CoopId& coop, engine::AccountHandle account) {
  std::string key = coop_prefix(coop);
  engine::put_ordered(key, account.value);
  return key;
}

/// Of postings and late.
inline std::string posting_key(const engine::CoopId& coop, engine::AccountHandle account,
                               engine::EventNo event, std::uint8_t leg) {
  std::string key = account_prefix(coop, account);
  engine::put_ordered(key, event.value);
  key.push_back(static_cast<char>(leg));
  return key;
}

inline std::string page_key(const engine::CoopId& coop, std::uint32_t page) {
  std::string key = coop_prefix(coop);
  engine::put_ordered(key, page);
  return key;
}

}  // namespace lumbung::storage
