#include "storage/secret_slots.h"

#include "engine/check.h"
#include "storage/ledger.h"

namespace lumbung::storage {
namespace {

bool in_use(std::string_view bytes) {
  return bytes.front() != '\0';
}

std::string_view of_full_size(std::string_view bytes) {
  if (bytes.size() != SecretSlots::kBytes) throw StoreError("a slot of the personal store is cut");
  return bytes;
}

std::string padded(std::string_view bytes) {
  CHECK(!bytes.empty() && bytes.size() <= SecretSlots::kBytes && in_use(bytes));
  std::string all(bytes);
  all.resize(SecretSlots::kBytes);
  return all;
}

}  // namespace

SecretSlots::SecretSlots(Database& database) : database_(database) {
  auto rows = database_.statement("SELECT slot, bytes FROM secret ORDER BY slot");
  while (rows.step()) {
    if (!in_use(of_full_size(rows.bytes(1)))) free_.push_back(rows.number(0));
  }
}

void SecretSlots::for_each(const Each& each) {
  auto rows = database_.statement("SELECT slot, bytes FROM secret ORDER BY slot");
  while (rows.step()) {
    const auto bytes = of_full_size(rows.bytes(1));
    if (in_use(bytes)) each(rows.number(0), bytes);
  }
}

std::int64_t SecretSlots::add(std::string_view bytes) {
  if (!free_.empty()) {
    const std::int64_t slot = free_.back();
    free_.pop_back();
    write(slot, padded(bytes));
    return slot;
  }
  const std::string all = padded(bytes);
  database_.statement("INSERT INTO secret (bytes) VALUES (?)").bind_bytes(1, all).run();
  return database_.last_inserted();
}

void SecretSlots::set(std::int64_t slot, std::string_view bytes) {
  write(slot, padded(bytes));
}

void SecretSlots::clear(std::int64_t slot) {
  write(slot, std::string(kBytes, '\0'));
  free_.push_back(slot);
}

std::optional<std::string> SecretSlots::get(std::int64_t slot) {
  auto row = database_.statement("SELECT bytes FROM secret WHERE slot = ?");
  row.bind(1, slot);
  if (!row.step()) return std::nullopt;
  const auto bytes = of_full_size(row.bytes(0));
  if (!in_use(bytes)) return std::nullopt;
  return std::string(bytes);
}

void SecretSlots::write(std::int64_t slot, std::string_view bytes) {
  database_.overwrite("secret", "bytes", slot, bytes);
}

}  // namespace lumbung::storage
