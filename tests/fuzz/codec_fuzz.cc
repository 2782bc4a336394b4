// Any bytes as a block. As they are, they are nearly always refused by their hash; put in a frame
// and hashed, they reach the columns. What is read whole must be encoded to the same bytes again, a
// row must be readable alone, and a byte that is blamed for a damage must be the one.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/bytes.h"
#include "engine/check.h"
#include "engine/rules.h"
#include "storage/codec.h"
#include "storage/damage.h"
#include "storage/digest.h"

namespace {

using namespace lumbung;
using namespace lumbung::storage;

/// The bytes as header, directory and columns, with the length, hash and checksum they need.
std::string framed(std::string bytes) {
  if (bytes.size() < kHeaderBytes) bytes.resize(kHeaderBytes);
  const auto length = static_cast<std::uint32_t>(bytes.size() - kHeaderBytes);
  std::memcpy(bytes.data() + 104, &length, 4);
  bytes.append(view_of(sha256(bytes)));
  const std::uint32_t checksum = crc32c(bytes);
  engine::ByteWriter(bytes).put(checksum);
  return bytes;
}

/// Reads all rows; false when one cannot be read.
bool read_rows(const BlockView& view, std::vector<engine::Event>& events) {
  BlockView::Rows rows(view);
  engine::Event event;
  while (rows.next(event)) events.push_back(event);
  return !rows.error();
}

/// What the rules would let in: the bounds of codec and leaf are made for that.
bool is_writable(const engine::Event& event) {
  const engine::Entry* entry = engine::entry_of(event.body);
  return entry == nullptr || engine::is_metadata(entry->metadata);
}

void check_whole(const BlockView& view, const std::vector<engine::Event>& events) {
  CHECK(events.size() == view.header().count);
  BlockBuilder builder;
  for (const engine::Event& event : events) {
    if (!builder.fits(event)) return;  // the bound of a full block is above what it takes
    builder.append(event);
  }
  const std::size_t bound = builder.bound();
  CHECK(builder.seal(view.header()).bytes == view.bytes());
  const bool is_bounded = std::ranges::all_of(events, is_writable);
  CHECK(!is_bounded || view.bytes().size() <= bound);
  const auto row = static_cast<std::uint32_t>(view.header().epoch % events.size());
  CHECK(view.event(row) == events[row]);
  for (const engine::Event& event : events) {
    if (is_writable(event)) CHECK(!leaf_of(view.header().coop, event).empty());
  }
}

void parse(std::string_view bytes) {
  std::vector<engine::Event> believed;
  const auto trusting = BlockView::parse(bytes, Trust::kBytes);
  if (const auto* view = std::get_if<BlockView>(&trusting)) read_rows(*view, believed);

  const auto parsed = BlockView::parse(bytes, Trust::kNothing);
  if (const auto* error = std::get_if<CodecError>(&parsed)) {
    CHECK(error->offset <= bytes.size());
    place_name(bytes, error->offset);
    return;
  }
  const auto& view = std::get<BlockView>(parsed);
  CHECK(std::holds_alternative<BlockView>(trusting));
  std::vector<engine::Event> events;
  const bool is_whole = read_rows(view, events);
  CHECK(events == believed);
  if (is_whole) check_whole(view, events);
}

/// A byte that is blamed makes hash and checksum right when it is put back.
void blame(std::string bytes) {
  const auto changed = find_changed_byte(bytes);
  if (!changed) return;
  CHECK(bytes[changed->offset] == static_cast<char>(changed->is) && changed->is != changed->was);
  bytes[changed->offset] = static_cast<char>(changed->was);
  const auto parsed = BlockView::parse(bytes, Trust::kNothing);
  const auto* error = std::get_if<CodecError>(&parsed);
  CHECK(error == nullptr || (error->column != "hash" && error->column != "checksum"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  block_length(bytes);
  parse(bytes);
  // A golden block as it is has its trailer; without it the same columns come again.
  parse(framed(bytes.substr(0, size - std::min(size, kTrailerBytes))));
  if (size < 4096) blame(bytes);
  return 0;
}
