#include "storage/head_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "storage/digest.h"
#include "storage/durable_file.h"
#include "storage/ledger.h"

namespace lumbung::storage {
namespace {

constexpr std::string_view kFirstLine = "lumbung heads 1\n";
constexpr std::string_view kSumWord = "sha256 ";

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw StoreError(path.string() + ": " + std::generic_category().message(errno));
}

void write_synced(const std::filesystem::path& path, std::string_view text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) fail(path);
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0) fail(path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) fail(path);
}

}  // namespace

void write_head_file(const std::filesystem::path& directory, const Heads& heads) {
  std::string text(kFirstLine);
  for (const auto& [coop, head] : heads) {
    text += std::string(coop.text()) + ' ' + std::to_string(head.block_no.value) + ' ' +
            std::to_string(head.last_event.value) + ' ' + hex(head.hash) + '\n';
  }
  text += std::string(kSumWord) + hex(sha256(text)) + '\n';
  const auto target = directory / "HEAD";
  const auto beside = directory / "HEAD.new";
  write_synced(beside, text);
  std::error_code error;
  std::filesystem::rename(beside, target, error);
  if (error) throw StoreError(target.string() + ": " + error.message());
  sync_directory(directory);
}

Heads read_head_file(const std::filesystem::path& directory) {
  Heads heads;
  std::ifstream file(directory / "HEAD", std::ios::binary);
  if (!file) return heads;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t sum_at = text.rfind(kSumWord);
  const JournalDamaged damaged("HEAD is not what was written at the last clean close");
  if (sum_at == std::string::npos || !text.starts_with(kFirstLine) ||
      text.substr(sum_at) !=
          std::string(kSumWord) + hex(sha256(std::string_view(text).substr(0, sum_at))) + '\n') {
    throw damaged;
  }
  std::istringstream lines(text.substr(kFirstLine.size(), sum_at - kFirstLine.size()));
  std::string coop;
  std::string hash;
  Head head;
  while (lines >> coop >> head.block_no.value >> head.last_event.value >> hash) {
    const auto id = engine::CoopId::parse(coop);
    const auto parsed = parse_hash(hash);
    if (!id || !parsed) throw damaged;
    head.hash = *parsed;
    heads[*id] = head;
  }
  return heads;
}

}  // namespace lumbung::storage
