// Directory: what the codes and names of one cooperative stand for, in front of the ledger's locks.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/id.h"
#include "engine/money.h"
#include "storage/ledger.h"

namespace lumbung::api {

/// What a code stands for in one cooperative.
struct AccountRef {
  engine::AccountHandle handle;
  engine::Currency currency{};
  std::uint8_t exponent = 0;  // of the currency
};

/// What a handle is called.
struct AccountName {
  std::string code;  // empty: not asked for yet
  engine::Currency currency{};
  std::uint8_t exponent = 0;
};

/// Account codes and principals' names of one cooperative, both ways. None of them ever changes or
/// goes, so what was found once is kept, and a batch asks the ledger once an account. One thread at
/// a time: Directories lends them out.
class Directory {
 public:
  /// `ledger` must outlive it.
  Directory(const storage::Ledger& ledger, const engine::CoopId& coop);

  const engine::CoopId& coop() const { return coop_; }
  /// The book's; IDR while there is no book.
  engine::Currency currency() const { return currency_; }
  /// nullopt when no published account has this code.
  std::optional<AccountRef> find(std::string_view code);
  /// The same for many codes at once, an answer each: they are fetched from memory together, and
  /// the ledger is asked once for all that are new.
  void find_all(std::span<const std::string_view> codes,
                std::vector<std::optional<AccountRef>>& refs);
  /// nullptr when no published account has this handle. Valid until the next call.
  const AccountName* find(engine::AccountHandle handle);
  /// REQUIRES: the handle is of a published account. Valid until the next call.
  const AccountName& account(engine::AccountHandle handle);
  /// REQUIRES: a published principal. Valid until the next call.
  const std::string& principal(engine::PrincipalHandle handle);

 private:
  /// Open addressing, linear; the code itself stands in accounts_.
  struct Slot {
    std::uint32_t tag = 0;         // the upper half of the code's hash
    engine::AccountHandle handle;  // 0: the slot is free
  };

  /// The first slot from `at` on that has this tag or is free.
  std::size_t probe(std::uint32_t tag, std::size_t at) const;
  std::optional<AccountRef> recall(std::size_t hash, std::string_view code) const;
  const AccountName& keep(engine::AccountHandle handle, std::string_view code,
                          engine::Currency currency);
  void remember(std::size_t hash, std::string_view code, const storage::AccountFound& found);
  void insert(std::size_t hash, engine::AccountHandle handle);
  void grow();

  const storage::Ledger& ledger_;
  engine::CoopId coop_;
  engine::Currency currency_ = engine::kIDR;
  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::size_t taken_ = 0;
  std::vector<AccountName> accounts_;    // by handle
  std::vector<std::string> principals_;  // by handle; empty: not asked for yet

  // Of find_all; kept between calls for their memory.
  std::vector<std::size_t> hashes_;
  std::vector<std::string_view> new_codes_;
  std::vector<std::size_t> new_places_;
};

/// Directories of all cooperatives, as many of each as were needed at once. Any thread.
class Directories {
 public:
  /// Gives the directory back when it goes.
  class Lease {
   public:
    Lease(Directories& owner, std::unique_ptr<Directory> directory)
        : owner_(&owner), directory_(std::move(directory)) {}
    ~Lease() {
      if (directory_) owner_->take_back(std::move(directory_));
    }
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    Directory& operator*() const { return *directory_; }
    Directory* operator->() const { return directory_.get(); }

   private:
    Directories* owner_;
    std::unique_ptr<Directory> directory_;
  };

  /// `ledger` must outlive it.
  explicit Directories(const storage::Ledger& ledger) : ledger_(ledger) {}

  /// REQUIRES: there is such a cooperative.
  Lease lend(const engine::CoopId& coop);

 private:
  void take_back(std::unique_ptr<Directory> directory);

  const storage::Ledger& ledger_;
  std::mutex mutex_;
  /// Under mutex_; the last one given back is lent first, since it knows most.
  std::unordered_map<engine::CoopId, std::vector<std::unique_ptr<Directory>>> idle_;
};

}  // namespace lumbung::api
