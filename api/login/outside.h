// What the login classes take from the outside, so that tests can give their own: the time and
// random bytes. And how secrets are held and written.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/date.h"
#include "engine/id.h"

namespace lumbung::api::login {

/// A time in microseconds: UTC, or since any fixed moment where a class says so. Any thread.
using Clock = std::function<engine::Timestamp()>;
/// Fills `out` with bytes that nobody can guess. Any thread.
using RandomBytes = std::function<void(std::span<unsigned char> out)>;

inline constexpr std::int64_t kSecondUs = 1'000'000;
inline constexpr std::int64_t kMinuteUs = 60 * kSecondUs;
inline constexpr std::int64_t kHourUs = 60 * kMinuteUs;
inline constexpr std::int64_t kDayUs = 24 * kHourUs;

/// `given`, or the system's UTC clock when it is empty.
Clock or_utc_clock(Clock given);
/// `given`, or the time since the machine's start when it is empty: it runs on while the machine
/// is suspended, and nobody can set it back, which would keep alive what has ended.
Clock or_boot_clock(Clock given);
/// `given`, or libsodium's generator when it is empty.
RandomBytes or_random_bytes(RandomBytes given);

/// Text or bytes that are overwritten when they go. Moves only.
class Secret {
 public:
  Secret() = default;
  /// Takes a copy; the original is the caller's to wipe.
  explicit Secret(std::string_view bytes) : bytes_(bytes) {}
  ~Secret() { wipe(); }
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  std::string_view view() const { return bytes_; }

 private:
  /// Also what a short text leaves in the object when it is moved.
  void wipe();

  std::string bytes_;
};

/// One user of one cooperative: the journal knows the name, and the number says nothing outside it.
struct UserId {
  engine::CoopId coop;
  engine::PrincipalHandle principal;
  friend auto operator<=>(const UserId&, const UserId&) = default;
};

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view bytes);
/// nullopt unless `text` is the base64url form of exactly `size` bytes, unused bits zero.
std::optional<std::string> from_base64url(std::string_view text, std::size_t size);

inline std::string_view view_of(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace lumbung::api::login
