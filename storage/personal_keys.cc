#include "storage/personal_keys.h"

#include <sys/stat.h>

#include <charconv>
#include <limits>
#include <new>
#include <string>

#include "engine/check.h"
#include "storage/durable_file.h"
#include "storage/ledger.h"
#include "storage/seal.h"

namespace lumbung::storage {
namespace {

using engine::CoopId;

constexpr std::string_view kFirstLine = "lumbung personal keys 1\n";
constexpr std::string_view kKeyWord = "key ";
constexpr std::string_view kSumWord = "sha256 ";
constexpr std::size_t kHexChars = 64;
constexpr std::size_t kFileMax = std::size_t{1} << 20;

void follow_from_key(const CoopId& coop, KeyGeneration generation, CoopKey& key) {
  derive(key.key, "lumbung.personal.wrap.v1", key.wrap);
  derive(key.key, "lumbung.personal.lookup.v1", key.lookup);
  const Binding named = Binding("lumbung.personal.proof.v1").add(coop).add(generation);
  key.proof = KeyedDigest(key.key).add(named.view()).finish();
}

/// Takes the text up to the next `end`, which goes too; nullopt when there is none.
std::optional<std::string_view> take(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  if (at == text.npos) return std::nullopt;
  const auto word = text.substr(0, at);
  text.remove_prefix(at + 1);
  return word;
}

}  // namespace

void KeyRing::Free::operator()(CoopKey* key) const {
  CHECK(sodium_mprotect_readwrite(key) == 0);
  key->~CoopKey();
  sodium_free(key);
}

KeyRing::Guarded KeyRing::make_room() {
  static_assert(alignof(CoopKey) == 1, "sodium_malloc aligns nothing");
  CHECK(sodium_init() >= 0);
  void* const room = sodium_malloc(sizeof(CoopKey));
  if (room == nullptr) throw std::bad_alloc();
  return Guarded(new (room) CoopKey);
}

void KeyRing::keep(const CoopId& coop, KeyGeneration generation, Guarded key) {
  follow_from_key(coop, generation, *key);
  CHECK(sodium_mprotect_readonly(key.get()) == 0);
  keys_.insert_or_assign({coop, generation}, std::move(key));
}

const CoopKey* KeyRing::find(const CoopId& coop, KeyGeneration generation) const {
  const auto found = keys_.find({coop, generation});
  return found == keys_.end() ? nullptr : found->second.get();
}

std::vector<KeyGeneration> KeyRing::generations(const CoopId& coop) const {
  std::vector<KeyGeneration> all;
  for (auto at = keys_.lower_bound({coop, 0}); at != keys_.end() && at->first.first == coop; ++at) {
    all.push_back(at->first.second);
  }
  return all;
}

std::vector<CoopId> KeyRing::coops() const {
  std::vector<CoopId> all;
  for (const auto& [name, key] : keys_) {
    if (all.empty() || all.back() != name.first) all.push_back(name.first);
  }
  return all;
}

KeyGeneration KeyRing::add(const CoopId& coop) {
  const auto before = generations(coop);
  CHECK(before.empty() || before.back() < std::numeric_limits<KeyGeneration>::max());
  const KeyGeneration generation = before.empty() ? 1 : before.back() + 1;
  Guarded key = make_room();
  fill_random(key->key);
  keep(coop, generation, std::move(key));
  return generation;
}

void KeyRing::drop(const CoopId& coop, KeyGeneration generation) {
  keys_.erase({coop, generation});
}

WipedBytes KeyRing::text() const {
  WipedBytes text;
  append(text, kFirstLine);
  std::array<char, kHexChars + 1> hex_key;
  for (const auto& [name, key] : keys_) {
    append(text, kKeyWord);
    append(text, name.first.text());
    append(text, " " + std::to_string(name.second) + " ");
    sodium_bin2hex(hex_key.data(), hex_key.size(), key->key.bytes.data(), key->key.bytes.size());
    append(text, {hex_key.data(), kHexChars});
    append(text, "\n");
  }
  sodium_memzero(hex_key.data(), hex_key.size());
  const std::string sum = hex(sha256(view_of(text)));
  append(text, kSumWord);
  append(text, sum + "\n");
  return text;
}

std::optional<KeyRing> KeyRing::parse(std::string_view text) {
  const std::string_view whole = text;
  KeyRing ring;
  if (!text.starts_with(kFirstLine)) return std::nullopt;
  text.remove_prefix(kFirstLine.size());
  while (text.starts_with(kKeyWord)) {
    text.remove_prefix(kKeyWord.size());
    const auto coop_word = take(text, ' ');
    const auto number = take(text, ' ');
    const auto key_word = take(text, '\n');
    if (!coop_word || !number || !key_word || key_word->size() != kHexChars) return std::nullopt;
    const auto coop = CoopId::parse(*coop_word);
    KeyGeneration generation = 0;
    const auto read = std::from_chars(number->data(), number->data() + number->size(), generation);
    if (!coop || read.ec != std::errc{} || generation == 0) return std::nullopt;
    Guarded key = make_room();
    if (sodium_hex2bin(key->key.bytes.data(), key->key.bytes.size(), key_word->data(),
                       key_word->size(), nullptr, nullptr, nullptr) != 0) {
      return std::nullopt;
    }
    ring.keep(*coop, generation, std::move(key));
  }
  // One comparison sees to the order, repetitions, leading zeros, capitals and the checksum.
  const WipedBytes canonical = ring.text();
  if (view_of(canonical) != whole) return std::nullopt;
  return ring;
}

std::optional<KeyRing> load_keys(const std::filesystem::path& path) {
  const auto text = read_whole_file(path, kFileMax);
  if (!text) return std::nullopt;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || (status.st_mode & 077) != 0) {
    throw StoreError(path.string() + ": others than its owner may read the keys; chmod 600 it");
  }
  auto ring = KeyRing::parse(view_of(*text));
  if (!ring) throw StoreError(path.string() + ": is no key file, or was damaged");
  return ring;
}

void create_keys(const std::filesystem::path& path, const KeyRing& ring) {
  create_private_file_whole(path, view_of(ring.text()));
}

void save_keys(const std::filesystem::path& path, const KeyRing& ring) {
  replace_private_file(path, view_of(ring.text()));
}

}  // namespace lumbung::storage
