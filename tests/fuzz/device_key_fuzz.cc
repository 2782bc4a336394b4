// Public keys and signatures as devices send them. Nothing may crash; what is taken for a key has
// one of two forms and is a point that OpenSSL's own DER reader takes too; a signature that holds
// is one of the right length over this message and no other.
//
// Input: a byte with the key's length, the key, the signature, of which 64 bytes; the message.
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/login/device_key.h"
#include "engine/check.h"

namespace {

using lumbung::api::login::DeviceKey;

constexpr std::string_view kPrefix(
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
    "\x03\x42\x00",
    26);

bool openssl_takes(std::string_view spki) {
  const auto* at = reinterpret_cast<const unsigned char*>(spki.data());
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size()));
  const bool taken = key != nullptr;
  EVP_PKEY_free(key);
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const std::size_t key_size = static_cast<unsigned char>(input[0]);
  const std::string_view encoded = input.substr(1, key_size);
  input.remove_prefix(std::min(input.size(), 1 + key_size));
  const auto key = DeviceKey::parse(encoded);
  const std::string raw(encoded.substr(encoded.size() - std::min<std::size_t>(encoded.size(), 65)));
  const bool has_form = (encoded.size() == 65 || encoded == std::string(kPrefix) + raw) &&
                        raw.size() == 65 && raw[0] == 4;
  CHECK(key.has_value() == (has_form && openssl_takes(std::string(kPrefix) + raw)));
  if (!key) return 0;
  CHECK(key->raw() == raw && DeviceKey::parse(raw) == key);
  const std::string_view signature = input.substr(0, 64);
  const std::string message(input.substr(std::min<std::size_t>(input.size(), 64)));
  if (key->verify(message, signature)) {
    CHECK(signature.size() == 64);
    CHECK(!key->verify(message + "x", signature));
  }
  return 0;
}
