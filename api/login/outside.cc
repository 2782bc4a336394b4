#include "api/login/outside.h"

#include <sodium.h>
#include <time.h>

#include <chrono>
#include <utility>

#include "engine/check.h"

namespace lumbung::api::login {

using engine::Timestamp;

namespace {

constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

Timestamp utc_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

Timestamp since_boot() {
  timespec now{};
  CHECK(::clock_gettime(CLOCK_BOOTTIME, &now) == 0);
  return {std::int64_t{now.tv_sec} * kSecondUs + now.tv_nsec / 1'000};
}

void system_random(std::span<unsigned char> out) {
  CHECK(sodium_init() >= 0);
  randombytes_buf(out.data(), out.size());
}

}  // namespace

Clock or_utc_clock(Clock given) {
  return given ? std::move(given) : utc_now;
}

Clock or_boot_clock(Clock given) {
  return given ? std::move(given) : since_boot;
}

RandomBytes or_random_bytes(RandomBytes given) {
  return given ? std::move(given) : system_random;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    other.wipe();
  }
  return *this;
}

void Secret::wipe() {
  bytes_.resize(bytes_.capacity());
  sodium_memzero(bytes_.data(), bytes_.size());
  bytes_.clear();
}

std::string base64url(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), kBase64);
  text.pop_back();  // the terminating zero
  return text;
}

std::optional<std::string> from_base64url(std::string_view text, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t got = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &got, nullptr, kBase64) != 0 ||
      got != size) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace lumbung::api::login
