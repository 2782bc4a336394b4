// Names of things: cooperative, account, event, principal, and the caller's idempotency key.
// All immutable values.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lumbung::engine {

/// A number that must not be mistaken for another kind of number.
template <class Tag, class Rep>
struct Id {
  Rep value{};
  friend auto operator<=>(const Id&, const Id&) = default;
};

/// Dense, given in AccountOpened from 1 on; means nothing outside its journal. 0 is no account.
using AccountHandle = Id<struct AccountTag, std::uint32_t>;
/// Gap-free per cooperative from 1 on: the event's id and its receipt number. 0 is no event.
using EventNo = Id<struct EventTag, std::uint64_t>;
/// Gap-free per cooperative from 1 on.
using BlockNo = Id<struct BlockTag, std::uint64_t>;
/// Who asked. Dense, given by the first RoleGranted of a name; 0 is the operator of the machine,
/// who needs no grant because whoever holds the data directory holds the book.
using PrincipalHandle = Id<struct PrincipalTag, std::uint32_t>;

inline constexpr PrincipalHandle kOperator{0};

/// `[A-Z0-9-]{2,16}`, zero-padded to 16 bytes in keys and block headers (design decision 12).
struct CoopId {
  std::array<char, 16> bytes{};

  static std::optional<CoopId> parse(std::string_view text);
  std::string_view text() const {
    return {bytes.data(), std::find(bytes.begin(), bytes.end(), '\0')};
  }
  friend auto operator<=>(const CoopId&, const CoopId&) = default;
};

/// True of `[A-Za-z0-9-./]{1,40}`: account codes, principals' names, references. Free text cannot be
/// told from personal data, so the journal has none.
bool is_reference(std::string_view text);

inline constexpr std::size_t kReferenceMax = 40;

/// The caller's name for a request: 1 to 64 visible ASCII characters. A canonical UUID (lower case)
/// or ULID (upper case) takes 16 bytes; anything longer or with blanks comes in as its SHA-256.
class Key {
 public:
  enum class Form : std::uint8_t { kNone = 0, kUuid = 1, kUlid = 2, kText = 3, kHash = 4 };

  Key() = default;
  /// nullopt when the text is empty, longer than 64, or not all visible ASCII.
  static std::optional<Key> parse(std::string_view text);
  static Key of_hash(std::span<const std::uint8_t, 32> sha256);
  /// From stored bytes; nullopt unless they are the canonical form of some key.
  static std::optional<Key> of_stored(Form form, std::string_view bytes);

  Form form() const { return form_; }
  /// As stored: 16 bytes for a UUID or ULID, the text itself, or 32 bytes of hash.
  std::string_view bytes() const { return {bytes_.data(), size_}; }
  /// As the caller wrote it; a hash in hex.
  std::string text() const;
  bool empty() const { return form_ == Form::kNone; }

  friend bool operator==(const Key& a, const Key& b) {
    return a.form_ == b.form_ && a.bytes() == b.bytes();
  }

 private:
  Form form_ = Form::kNone;
  std::uint8_t size_ = 0;
  std::array<char, 64> bytes_;  // only the first size_ mean anything: copies must stay cheap
};

}  // namespace lumbung::engine

template <class Tag, class Rep>
struct std::hash<lumbung::engine::Id<Tag, Rep>> {
  std::size_t operator()(const lumbung::engine::Id<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};

template <>
struct std::hash<lumbung::engine::CoopId> {
  std::size_t operator()(const lumbung::engine::CoopId& id) const noexcept {
    return std::hash<std::string_view>{}({id.bytes.data(), id.bytes.size()});
  }
};
