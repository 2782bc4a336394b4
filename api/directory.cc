#include "api/directory.h"

#include <functional>

#include "engine/check.h"

namespace lumbung::api {

using engine::AccountHandle;
using engine::PrincipalHandle;

namespace {

constexpr std::size_t kFirstSlots = 256;

std::uint32_t tag_of(std::size_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

Directory::Directory(const storage::Ledger& ledger, const engine::CoopId& coop)
    : ledger_(ledger), coop_(coop), slots_(kFirstSlots) {
  if (const auto status = ledger_.coop(coop_)) currency_ = status->currency;
}

std::optional<AccountRef> Directory::find(std::string_view code) {
  const std::size_t hash = std::hash<std::string_view>{}(code);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at].handle.value != 0; at = (at + 1) & mask) {
    if (slots_[at].tag != tag_of(hash)) continue;
    const AccountName& name = accounts_[slots_[at].handle.value];
    if (name.code == code) return AccountRef{slots_[at].handle, name.currency, name.exponent};
  }
  const auto handle = ledger_.find_account(coop_, code);
  if (!handle) return std::nullopt;
  const AccountName& name = account(*handle);
  remember(hash, *handle);
  return AccountRef{*handle, name.currency, name.exponent};
}

const AccountName* Directory::find(AccountHandle handle) {
  if (handle.value < accounts_.size() && !accounts_[handle.value].code.empty()) {
    return &accounts_[handle.value];
  }
  const auto view = ledger_.account(coop_, handle);
  if (!view) return nullptr;
  if (handle.value >= accounts_.size()) accounts_.resize(handle.value + std::size_t{1});
  const int exponent = engine::exponent_of(view->line.currency);
  accounts_[handle.value] = {view->info.code, view->line.currency,
                             static_cast<std::uint8_t>(exponent)};
  return &accounts_[handle.value];
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

void Directory::remember(std::size_t hash, AccountHandle handle) {
  if (2 * (taken_ + 1) > slots_.size()) grow();
  insert(hash, handle);
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
    insert(std::hash<std::string_view>{}(accounts_[slot.handle.value].code), slot.handle);
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
