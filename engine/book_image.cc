// Book as bytes and back: what snapshots hold and what two replays are compared by.
#include <cstring>
#include <type_traits>

#include "engine/book.h"
#include "engine/bytes.h"

namespace lumbung::engine {
namespace {

constexpr std::uint32_t kVersion = 1;

// The line is stored as it lies in memory; that has one form only without padding.
static_assert(std::has_unique_object_representations_v<Account>);

std::optional<std::uint64_t> get_count(ByteReader& in, std::size_t least_bytes, std::size_t all) {
  const auto count = in.get<std::uint64_t>();
  if (in.failed() || count > all / least_bytes) return std::nullopt;
  return count;
}

}  // namespace

std::string Book::image() const {
  std::string bytes;
  bytes.reserve(256 + accounts_.size() * (sizeof(Account) + 24));
  ByteWriter out(bytes);
  out.put(kVersion);
  out.put(last_event_.value);
  out.put(last_time_.us);
  out.bytes({coop_.bytes.data(), coop_.bytes.size()});
  out.put(static_cast<std::uint16_t>(currency_));
  out.text(zone_);
  out.put(static_cast<std::uint8_t>(sen_allowed_));
  out.put(first_day_.days);
  out.put(open_day_.days);
  out.put(open_month_.index);
  out.put(std::uint64_t{closed_days_.size()});
  for (const auto& [date, event] : closed_days_) {
    out.put(date.days);
    out.put(event.value);
  }
  out.put(std::uint64_t{accounts_.size()});
  out.bytes({reinterpret_cast<const char*>(accounts_.data()), accounts_.size() * sizeof(Account)});
  for (const AccountInfo& info : infos_) {
    out.text(info.code);
    out.put(static_cast<std::uint8_t>(info.type));
    out.put(info.opened.value);
  }
  out.put(std::uint64_t{holds_.size()});
  for (const auto& [no, hold] : holds_) {
    out.put(no.value);
    out.put(hold.account.value);
    out.put(hold.remaining.minor);
    out.put(static_cast<std::uint8_t>(hold.last_day.has_value()));
    out.put(hold.last_day.value_or(Date{}).days);
  }
  out.put(std::uint64_t{reversals_.size()});
  for (const auto& [no, reversals] : reversals_) {
    out.put(no.value);
    out.put(std::uint64_t{reversals.taken.size()});
    for (const std::int64_t taken : reversals.taken) out.put(taken);
    out.put(std::uint64_t{reversals.by.size()});
    for (const EventNo by : reversals.by) out.put(by.value);
  }
  out.put(std::uint64_t{principals_.size()});
  for (const Principal& principal : principals_) {
    out.text(principal.name);
    out.put(principal.roles);
  }
  return bytes;
}

std::optional<Book> Book::of_image(std::string_view bytes) {
  ByteReader in(bytes);
  Book book;
  if (in.get<std::uint32_t>() != kVersion) return std::nullopt;
  book.last_event_.value = in.get<std::uint64_t>();
  book.last_time_.us = in.get<std::int64_t>();
  const std::string_view coop = in.bytes(book.coop_.bytes.size());
  if (in.failed()) return std::nullopt;
  std::memcpy(book.coop_.bytes.data(), coop.data(), coop.size());
  book.currency_ = static_cast<Currency>(in.get<std::uint16_t>());
  book.zone_ = std::string(in.text());
  book.sen_allowed_ = in.truth();
  book.first_day_.days = in.get<std::int32_t>();
  book.open_day_.days = in.get<std::int32_t>();
  book.open_month_.index = in.get<std::int32_t>();
  const auto days = get_count(in, 12, bytes.size());
  for (std::uint64_t i = 0; days && i < *days; ++i) {
    const Date date{in.get<std::int32_t>()};
    book.closed_days_.emplace_back(date, EventNo{in.get<std::uint64_t>()});
  }
  const auto accounts = get_count(in, sizeof(Account), bytes.size());
  if (!days || !accounts || *accounts == 0) return std::nullopt;
  const std::string_view lines = in.bytes(*accounts * sizeof(Account));
  if (in.failed()) return std::nullopt;
  book.accounts_.resize(*accounts);
  std::memcpy(book.accounts_.data(), lines.data(), lines.size());
  book.infos_.clear();
  for (std::uint32_t h = 0; h < *accounts; ++h) {
    AccountInfo info;
    info.code = std::string(in.text());
    info.type = static_cast<AccountType>(in.get<std::uint8_t>());
    info.opened.value = in.get<std::uint64_t>();
    if (h > 0) book.by_code_.emplace(info.code, AccountHandle{h});
    book.infos_.push_back(std::move(info));
  }
  const auto holds = get_count(in, 25, bytes.size());
  for (std::uint64_t i = 0; holds && i < *holds; ++i) {
    const EventNo no{in.get<std::uint64_t>()};
    Hold hold;
    hold.account.value = in.get<std::uint32_t>();
    hold.remaining.minor = in.get<std::int64_t>();
    const bool has_last_day = in.truth();
    const Date last_day{in.get<std::int32_t>()};
    if (has_last_day) hold.last_day = last_day;
    book.holds_.emplace(no, hold);
  }
  const auto reversed = get_count(in, 24, bytes.size());
  for (std::uint64_t i = 0; reversed && i < *reversed; ++i) {
    Reversals& reversals = book.reversals_[EventNo{in.get<std::uint64_t>()}];
    const auto taken = get_count(in, 8, bytes.size());
    for (std::uint64_t k = 0; taken && k < *taken; ++k) {
      reversals.taken.push_back(in.get<std::int64_t>());
    }
    const auto by = get_count(in, 8, bytes.size());
    for (std::uint64_t k = 0; by && k < *by; ++k) {
      reversals.by.push_back(EventNo{in.get<std::uint64_t>()});
    }
  }
  const auto principals = get_count(in, 5, bytes.size());
  book.principals_.clear();
  book.by_name_.clear();
  for (std::uint32_t i = 0; principals && i < *principals; ++i) {
    Principal principal;
    principal.name = std::string(in.text());
    principal.roles = in.get<std::uint32_t>();
    book.by_name_.emplace(principal.name, PrincipalHandle{i});
    book.principals_.push_back(std::move(principal));
  }
  if (!in.done() || book.principals_.empty()) return std::nullopt;
  return book;
}

}  // namespace lumbung::engine
