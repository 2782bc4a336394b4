#include "api/cursor.h"

#include <sodium.h>

#include <algorithm>
#include <vector>

#include "engine/check.h"

namespace lumbung::api {

namespace {

constexpr std::string_view kBeside = "cursor/secret";
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

/// Big-endian, `bytes` of the number.
void append_number(std::string& out, std::uint64_t number, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Cursors::Cursors(storage::Ledger& ledger) {
  CHECK(sodium_init() >= 0);
  const auto stored = ledger.beside(kBeside);
  if (stored && stored->size() == secret_.size()) {
    std::copy(stored->begin(), stored->end(), secret_.begin());
    return;
  }
  randombytes_buf(secret_.data(), secret_.size());
  ledger.set_beside(
      kBeside, std::string_view(reinterpret_cast<const char*>(secret_.data()), secret_.size()));
}

std::string Cursors::seal(std::string_view list, const Place& place) const {
  std::string sealed;
  append_number(sealed, place.major, 8);
  append_number(sealed, place.minor, 4);
  const Seal seal = seal_of(list, sealed);
  sealed.append(reinterpret_cast<const char*>(seal.data()), seal.size());
  std::string text(sodium_base64_encoded_len(sealed.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes_of(sealed), sealed.size(), kBase64);
  text.pop_back();  // the terminating zero
  return text;
}

std::optional<Place> Cursors::open(std::string_view list, std::string_view cursor) const {
  std::string sealed(kPlaceBytes + kSealBytes, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(sealed.data()), sealed.size(),
                        cursor.data(), cursor.size(), nullptr, &size, nullptr, kBase64) != 0 ||
      size != sealed.size()) {
    return std::nullopt;
  }
  const std::string_view place = std::string_view(sealed).substr(0, kPlaceBytes);
  const Seal wanted = seal_of(list, place);
  if (sodium_memcmp(wanted.data(), sealed.data() + kPlaceBytes, kSealBytes) != 0) {
    return std::nullopt;
  }
  return Place{read_number(place.substr(0, 8)),
               static_cast<std::uint32_t>(read_number(place.substr(8)))};
}

Cursors::Seal Cursors::seal_of(std::string_view list, std::string_view place) const {
  // Places have one length, so the two texts cannot be divided in another way.
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, secret_.data(), secret_.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(list), list.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(place), place.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> full;
  crypto_auth_hmacsha256_final(&state, full.data());
  Seal seal;
  std::copy_n(full.begin(), seal.size(), seal.begin());
  return seal;
}

}  // namespace lumbung::api
