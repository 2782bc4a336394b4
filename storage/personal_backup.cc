#include "storage/personal_backup.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <thread>

#include "engine/check.h"
#include "storage/durable_file.h"
#include "storage/ledger.h"
#include "storage/personal_rep.h"

namespace lumbung::storage {
namespace {

using engine::CoopId;
namespace fs = std::filesystem;

constexpr std::string_view kFirstLine = "lumbung personal backup 1";
constexpr std::size_t kManifestMax = std::size_t{4} << 20;

/// One word of a line, in turn; a line that is short or long is failed.
class Words {
 public:
  explicit Words(std::string_view line) : line_(line) {}

  std::string_view next() {
    if (is_over_) failed_ = true;
    const std::size_t end = std::min(line_.find(' '), line_.size());
    const auto word = line_.substr(0, end);
    is_over_ = end == line_.size();
    line_.remove_prefix(is_over_ ? end : end + 1);
    return word;
  }
  template <class Number>
  Number number() {
    const auto word = next();
    Number value{};
    const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
    if (read.ec != std::errc{} || read.ptr != word.data() + word.size()) failed_ = true;
    return value;
  }
  Hash hash() {
    const auto parsed = parse_hash(next());
    if (!parsed) failed_ = true;
    return parsed.value_or(Hash{});
  }
  CoopId coop() {
    const auto parsed = CoopId::parse(next());
    if (!parsed) failed_ = true;
    return parsed.value_or(CoopId{});
  }
  /// Every word was there and could be read, and there is none more.
  bool done() const { return is_over_ && !failed_; }

 private:
  std::string_view line_;
  bool is_over_ = false;
  bool failed_ = false;
};

bool parse_line(std::string_view line, BackupManifest& manifest) {
  Words words(line);
  const auto word = words.next();
  if (word == "database") {
    manifest.database = words.hash();
    manifest.database_bytes = words.number<std::uint64_t>();
  } else if (word == "keys") {
    manifest.keys_are = words.next() == "copied" ? BackupKeys::kCopied : BackupKeys::kApart;
  } else if (word == "key") {
    BackupManifest::Key key;
    key.coop = words.coop();
    key.generation = words.number<KeyGeneration>();
    key.proof = words.hash();
    manifest.keys.push_back(key);
  } else if (word == "head") {
    const CoopId coop = words.coop();
    Head head;
    head.block_no.value = words.number<std::uint64_t>();
    head.last_event.value = words.number<std::uint64_t>();
    head.hash = words.hash();
    manifest.heads[coop] = head;
  } else {
    return word == "sha256" || line == kFirstLine;
  }
  return words.done();
}

Hash hash_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Sha256 hash;
  std::string piece(std::size_t{1} << 20, '\0');
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    hash.update(std::string_view(piece).substr(0, static_cast<std::size_t>(file.gcount())));
  }
  if (!file.eof()) throw StoreError(path.string() + ": cannot be read");
  return hash.finish();
}

std::vector<BackupManifest::Key> keys_of(Database& database, const KeyRing& ring) {
  auto row =
      database.statement("SELECT coop, generation FROM generation ORDER BY coop, generation");
  std::vector<BackupManifest::Key> keys;
  while (row.step()) {
    BackupManifest::Key key;
    std::ranges::copy(row.bytes(0).substr(0, key.coop.bytes.size()), key.coop.bytes.begin());
    key.generation = static_cast<KeyGeneration>(row.number(1));
    const CoopKey* const known = ring.find(key.coop, key.generation);
    CHECK(known != nullptr);
    key.proof = known->proof;
    keys.push_back(key);
  }
  return keys;
}

}  // namespace

std::string BackupManifest::text() const {
  std::string text = std::string(kFirstLine) + "\ndatabase " + hex(database) + ' ' +
                     std::to_string(database_bytes) + "\nkeys " +
                     (keys_are == BackupKeys::kCopied ? "copied" : "apart") + '\n';
  for (const Key& key : keys) {
    text += "key " + std::string(key.coop.text()) + ' ' + std::to_string(key.generation) + ' ' +
            hex(key.proof) + '\n';
  }
  for (const auto& [coop, head] : heads) {
    text += "head " + std::string(coop.text()) + ' ' + std::to_string(head.block_no.value) + ' ' +
            std::to_string(head.last_event.value) + ' ' + hex(head.hash) + '\n';
  }
  text += "sha256 " + hex(sha256(text)) + '\n';
  return text;
}

std::optional<BackupManifest> BackupManifest::parse(std::string_view text) {
  const std::string_view whole = text;
  BackupManifest manifest;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == text.npos || !parse_line(text.substr(0, end), manifest)) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  // One comparison sees to the order, repetitions, missing lines, leading zeros and the checksum.
  if (manifest.text() != whole) return std::nullopt;
  return manifest;
}

std::string_view sentence_of(PairFault fault) {
  switch (fault) {
    case PairFault::kNone:
      return "the copy of the personal store is whole";
    case PairFault::kNoManifest:
      return "the copy of the personal store has no manifest: it was not finished, or is none";
    case PairFault::kManifestDamaged:
      return "the manifest of the personal store's copy was damaged";
    case PairFault::kDatabaseMissing:
      return "the copy of the personal store has no database";
    case PairFault::kDatabaseOther:
      return "the database is not the one that the manifest of the personal store's copy names";
    case PairFault::kKeysMissing:
      return "the key file of the personal store's copy is not there";
    case PairFault::kKeysOther:
      return "the key file does not open this copy of the personal store";
    case PairFault::kHeadsOther:
      return "the copy of the personal store was made for another copy of the journal";
  }
  CHECK(false);
}

PairFault check_pair(const fs::path& directory, const fs::path& keys_file, const Heads& heads) {
  const auto text = read_whole_file(directory / kManifestName, kManifestMax);
  if (!text) return PairFault::kNoManifest;
  const auto manifest = BackupManifest::parse(view_of(*text));
  if (!manifest) return PairFault::kManifestDamaged;
  const fs::path database = directory / kDatabaseName;
  if (!fs::exists(database)) return PairFault::kDatabaseMissing;
  if (fs::file_size(database) != manifest->database_bytes ||
      hash_of_file(database) != manifest->database) {
    return PairFault::kDatabaseOther;
  }
  const auto ring = load_keys(keys_file);
  if (!ring) return PairFault::kKeysMissing;
  for (const auto& key : manifest->keys) {
    const CoopKey* const known = ring->find(key.coop, key.generation);
    if (known == nullptr || known->proof != key.proof) return PairFault::kKeysOther;
  }
  return manifest->heads == heads ? PairFault::kNone : PairFault::kHeadsOther;
}

void PersonalStore::backup(const fs::path& target, const Heads& heads, BackupKeys keys) {
  if (fs::exists(target)) throw StoreError(target.string() + " is there already");
  make_private_directory(fs::absolute(target));
  BackupManifest manifest;
  manifest.keys_are = keys;
  manifest.heads = heads;
  WipedBytes ring;
  {
    const std::lock_guard rotation(rep_->rotating);  // no key goes while the copy needs it
    std::unique_lock lock(rep_->mutex);
    rep_->sound_database().copy_to(target / kDatabaseName, [&] {
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
      rep_->sound_database();
    });
    manifest.keys = keys_of(*rep_->database, rep_->ring);
    if (keys == BackupKeys::kCopied) ring = rep_->ring.text();
  }
  manifest.database = hash_of_file(target / kDatabaseName);
  manifest.database_bytes = fs::file_size(target / kDatabaseName);
  if (keys == BackupKeys::kCopied) create_private_file(target / kKeysName, view_of(ring));
  // Last: without it there is no backup.
  create_private_file(target / kManifestName, manifest.text());
}

}  // namespace lumbung::storage
