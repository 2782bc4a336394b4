#include "storage/digest.h"

#include <nmmintrin.h>
#include <openssl/evp.h>

#include <cstring>

#include "engine/check.h"

namespace lumbung::storage {
namespace {

using engine::Key;

const EVP_MD* sha256_algorithm() {
  // Fetched once: a look-up by name at every block would cost as much as hashing a small one.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(algorithm != nullptr);
  return algorithm;
}

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// CRC-32C by table, for processors without SSE 4.2; reflected polynomial 0x82F63B78.
constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
    table[i] = crc;
  }
  return table;
}

constexpr auto kTable = make_table();

std::uint32_t crc_by_table(std::uint32_t crc, const char* at, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    crc = kTable[(crc ^ static_cast<unsigned char>(at[i])) & 0xff] ^ (crc >> 8);
  }
  return crc;
}

__attribute__((target("sse4.2"))) std::uint32_t crc_by_instruction(std::uint32_t crc,
                                                                   const char* at,
                                                                   std::size_t size) {
  std::uint64_t wide = crc;
  for (; size >= 8; size -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (; size > 0; --size, ++at) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return narrow;
}

/// Whether the instruction is there and computes what the table does.
bool trust_instruction() {
  if (!__builtin_cpu_supports("sse4.2")) return false;
  std::array<char, 67> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i + 7);
  for (std::size_t from = 0; from < 9; ++from) {
    const char* at = bytes.data() + from;
    const std::size_t size = bytes.size() - from;
    if (crc_by_instruction(~0U, at, size) != crc_by_table(~0U, at, size)) return false;
  }
  return true;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, ContextDeleter> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  CHECK(EVP_DigestInit_ex2(state_->context.get(), sha256_algorithm(), nullptr) == 1);
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

Hash Sha256::finish() {
  Hash hash;
  CHECK(EVP_DigestFinal_ex(state_->context.get(), hash.data(), nullptr) == 1);
  return hash;
}

Hash sha256(std::string_view bytes) {
  thread_local Sha256::State reused;
  Hash hash;
  CHECK(EVP_DigestInit_ex2(reused.context.get(), sha256_algorithm(), nullptr) == 1);
  CHECK(EVP_DigestUpdate(reused.context.get(), bytes.data(), bytes.size()) == 1);
  CHECK(EVP_DigestFinal_ex(reused.context.get(), hash.data(), nullptr) == 1);
  return hash;
}

Hash leaf_hash(std::string_view leaf) {
  Sha256 hash;
  hash.update(std::string_view("\0", 1));
  hash.update(leaf);
  return hash.finish();
}

std::uint32_t crc32c_extend(std::uint32_t crc, std::string_view bytes) {
  static const bool has_instruction = trust_instruction();
  const std::uint32_t start = ~crc;
  return ~(has_instruction ? crc_by_instruction(start, bytes.data(), bytes.size())
                           : crc_by_table(start, bytes.data(), bytes.size()));
}

std::uint32_t crc32c(std::string_view bytes) {
  return crc32c_extend(0, bytes);
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

std::string hex(const Hash& hash) {
  return hex(view_of(hash));
}

std::optional<Hash> parse_hash(std::string_view text) {
  Hash hash;
  if (text.size() != hash.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return hash;
}

std::optional<Key> key_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (auto key = Key::parse(text)) return key;
  return Key::of_hash(sha256(text));
}

}  // namespace lumbung::storage
