#include "api/directory.h"

#include <functional>

#include "engine/check.h"
#include "engine/prefetch.h"

namespace lumbung::api {

using engine::AccountHandle;
using engine::PrincipalHandle;

namespace {

constexpr std::size_t kFirstSlots = 256;

std::size_t hash_of(std::string_view code) {
  return std::hash<std::string_view>{}(code);
}

std::uint32_t tag_of(std::size_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

Directory::Directory(const storage::Ledger& ledger, const engine::CoopId& coop)
    : ledger_(ledger), coop_(coop), slots_(kFirstSlots) {
  if (const auto status = ledger_.coop(coop_)) currency_ = status->currency;
}

std::optional<AccountRef> Directory::find(std::string_view code) {
  const std::size_t hash = hash_of(code);
  if (const auto known = recall(hash, code)) return known;
  const auto found = ledger_.find_accounts(coop_, {&code, 1}).front();
  if (found.handle.value == 0) return std::nullopt;
  remember(hash, code, found);
  return recall(hash, code);
}

void Directory::find_all(std::span<const std::string_view> codes,
                         std::vector<std::optional<AccountRef>>& refs) {
  hashes_.clear();
  for (const std::string_view code : codes) {
    hashes_.push_back(hash_of(code));
    engine::prefetch_line(&slots_[hashes_.back() & (slots_.size() - 1)]);
  }
  for (const std::size_t hash : hashes_) {
    const AccountHandle likely = slots_[probe(tag_of(hash), hash)].handle;
    if (likely.value == 0) continue;
    const AccountName& name = accounts_[likely.value];  // begins and ends in different lines, maybe
    engine::prefetch_line(&name);
    engine::prefetch_line(&name.exponent);
  }
  refs.clear();
  new_codes_.clear();
  new_places_.clear();
  for (std::size_t i = 0; i < codes.size(); ++i) {
    refs.push_back(recall(hashes_[i], codes[i]));
    if (refs.back()) continue;
    new_codes_.push_back(codes[i]);
    new_places_.push_back(i);
  }
  if (new_codes_.empty()) return;
  const auto found = ledger_.find_accounts(coop_, new_codes_);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].handle.value == 0) continue;
    const std::size_t hash = hashes_[new_places_[i]];
    auto& ref = refs[new_places_[i]];
    ref = recall(hash, new_codes_[i]);  // the same code may stand here twice
    if (ref) continue;
    remember(hash, new_codes_[i], found[i]);
    ref = recall(hash, new_codes_[i]);
  }
}

std::size_t Directory::probe(std::uint32_t tag, std::size_t at) const {
  const std::size_t mask = slots_.size() - 1;
  at &= mask;
  while (slots_[at].handle.value != 0 && slots_[at].tag != tag) at = (at + 1) & mask;
  return at;
}

std::optional<AccountRef> Directory::recall(std::size_t hash, std::string_view code) const {
  const std::uint32_t tag = tag_of(hash);
  for (std::size_t at = probe(tag, hash); slots_[at].handle.value != 0; at = probe(tag, at + 1)) {
    const AccountName& name = accounts_[slots_[at].handle.value];
    if (name.code == code) return AccountRef{slots_[at].handle, name.currency, name.exponent};
  }
  return std::nullopt;
}

const AccountName* Directory::find(AccountHandle handle) {
  if (handle.value < accounts_.size() && !accounts_[handle.value].code.empty()) {
    return &accounts_[handle.value];
  }
  const auto view = ledger_.account(coop_, handle);
  if (!view) return nullptr;
  return &keep(handle, view->info.code, view->line.currency);
}

const AccountName& Directory::account(AccountHandle handle) {
  const AccountName* name = find(handle);
  CHECK(name != nullptr);
  return *name;
}

const std::string& Directory::principal(PrincipalHandle handle) {
  if (handle.value >= principals_.size()) principals_.resize(handle.value + std::size_t{1});
  std::string& name = principals_[handle.value];
  if (name.empty()) {
    const auto found = ledger_.principal(coop_, handle);
    CHECK(found.has_value());
    name = found->name;
  }
  return name;
}

const AccountName& Directory::keep(AccountHandle handle, std::string_view code,
                                   engine::Currency currency) {
  if (handle.value >= accounts_.size()) accounts_.resize(handle.value + std::size_t{1});
  const int exponent = engine::exponent_of(currency);
  accounts_[handle.value] = {std::string(code), currency, static_cast<std::uint8_t>(exponent)};
  return accounts_[handle.value];
}

void Directory::remember(std::size_t hash, std::string_view code,
                         const storage::AccountFound& found) {
  keep(found.handle, code, found.currency);
  if (2 * (taken_ + 1) > slots_.size()) grow();
  insert(hash, found.handle);
  ++taken_;
}

void Directory::insert(std::size_t hash, AccountHandle handle) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].handle.value != 0) at = (at + 1) & mask;
  slots_[at] = {tag_of(hash), handle};
}

void Directory::grow() {
  const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
  for (const Slot& slot : before) {
    if (slot.handle.value == 0) continue;
    insert(hash_of(accounts_[slot.handle.value].code), slot.handle);
  }
}

Directories::Lease Directories::lend(const engine::CoopId& coop) {
  {
    const std::lock_guard lock(mutex_);
    auto& idle = idle_[coop];
    if (!idle.empty()) {
      auto directory = std::move(idle.back());
      idle.pop_back();
      return {*this, std::move(directory)};
    }
  }
  return {*this, std::make_unique<Directory>(ledger_, coop)};
}

void Directories::take_back(std::unique_ptr<Directory> directory) {
  const std::lock_guard lock(mutex_);
  idle_[directory->coop()].push_back(std::move(directory));
}

}  // namespace lumbung::api
