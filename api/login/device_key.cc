#include "api/login/device_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "engine/check.h"

namespace lumbung::api::login {
namespace {

/// SubjectPublicKeyInfo up to the point: id-ecPublicKey, prime256v1, a bit string of 65 bytes.
constexpr std::string_view kSpkiPrefix(
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
    "\x03\x42\x00",
    26);
static_assert(kSpkiPrefix.size() + DeviceKey::kRawBytes == DeviceKey::kSpkiBytes);

constexpr std::string_view kDomain("lumbung.device.v1\0", 18);
constexpr std::size_t kScalarBytes = 32;

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// What strangers send makes OpenSSL queue errors on this thread; nobody else shall find them.
struct ErrorsForgotten {
  ~ErrorsForgotten() { ERR_clear_error(); }
};

/// Null unless the point is on the curve. The group's cofactor is 1, so it is then of its order.
KeyHandle load(std::string_view raw) {
  char curve[] = "P-256";
  std::string point(raw);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  CHECK(context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY,
                        const_cast<OSSL_PARAM*>(parameters)) != 1) {
    return nullptr;
  }
  return KeyHandle(key);
}

/// The DER form that OpenSSL wants; nullopt for the wrong length.
std::optional<std::string> as_der(std::string_view signature) {
  if (signature.size() != kSignatureBytes) return std::nullopt;
  Number r(BN_bin2bn(bytes_of(signature), kScalarBytes, nullptr));
  Number s(BN_bin2bn(bytes_of(signature) + kScalarBytes, kScalarBytes, nullptr));
  const Signature pair(ECDSA_SIG_new());
  CHECK(r && s && pair && ECDSA_SIG_set0(pair.get(), r.get(), s.get()) == 1);
  (void)r.release();  // the pair has them now
  (void)s.release();
  unsigned char* out = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &out);
  CHECK(size > 0);
  std::string der(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

}  // namespace

std::string signed_message(Purpose purpose, const engine::CoopId& coop, const DeviceId& device,
                           const storage::Hash& subject) {
  std::string message(kDomain);
  message += static_cast<char>(purpose);
  message.append(coop.bytes.data(), coop.bytes.size());
  message.append(reinterpret_cast<const char*>(device.bytes.data()), device.bytes.size());
  message.append(storage::view_of(subject));
  return message;
}

std::optional<DeviceKey> DeviceKey::parse(std::string_view bytes) {
  const ErrorsForgotten errors_forgotten;
  if (bytes.size() == kSpkiBytes && bytes.starts_with(kSpkiPrefix)) {
    bytes.remove_prefix(kSpkiPrefix.size());
  }
  if (bytes.size() != kRawBytes || bytes[0] != 4) return std::nullopt;
  const KeyHandle handle = load(bytes);
  if (!handle) return std::nullopt;
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, handle.get(), nullptr));
  if (!context || EVP_PKEY_public_check_quick(context.get()) != 1) return std::nullopt;
  DeviceKey key;
  std::copy(bytes.begin(), bytes.end(), key.raw_.begin());
  return key;
}

bool DeviceKey::verify(std::string_view message, std::string_view signature) const {
  const ErrorsForgotten errors_forgotten;
  const auto der = as_der(signature);
  if (!der) return false;
  const KeyHandle handle = load(raw());
  const DigestContext context(EVP_MD_CTX_new());
  CHECK(handle && context &&
        EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, handle.get(),
                                nullptr) == 1);
  return EVP_DigestVerify(context.get(), bytes_of(*der), der->size(), bytes_of(message),
                          message.size()) == 1;
}

}  // namespace lumbung::api::login
