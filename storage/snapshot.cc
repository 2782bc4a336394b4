#include "storage/snapshot.h"

#include <algorithm>

#include "engine/bytes.h"
#include "storage/digest.h"
#include "storage/key.h"
#include "storage/ledger.h"

namespace lumbung::storage {
namespace {

using engine::ByteReader;
using engine::ByteWriter;

constexpr std::size_t kPageBytes = 1 << 20;

}  // namespace

std::string encode_indexed(engine::EventNo event) {
  std::string bytes;
  ByteWriter(bytes).put(event.value);
  return bytes;
}

engine::EventNo load_indexed(const Store& store, const engine::CoopId& coop) {
  const auto row = store.get(Family::kSnapshot, page_key(coop, kIndexedPage));
  if (!row) return {};
  ByteReader in(*row);
  const engine::EventNo event{in.get<std::uint64_t>()};
  if (!in.done())
    throw StoreError("how far the index goes cannot be read: rebuild the projections");
  return event;
}

// Page 0 says what follows: head, size and hash of the image; pages 1.. are its pieces.
void save_snapshot(Store& store, const engine::CoopId& coop, std::string_view image,
                   const Head& head) {
  std::string header;
  ByteWriter out(header);
  out.put(head.block_no.value);
  out.bytes(view_of(head.hash));
  out.put(head.last_event.value);
  out.put(std::uint64_t{image.size()});
  out.bytes(view_of(sha256(image)));
  const auto put_all = [&](const auto& put) {
    put(page_key(coop, 0), header);
    std::uint32_t page = 1;
    for (std::size_t at = 0; at < image.size(); at += kPageBytes) {
      put(page_key(coop, page++), image.substr(at, kPageBytes));
    }
  };
  if (image.size() > kPageBytes) {
    // Past the log, on which commits wait.
    store.ingest(Family::kSnapshot, put_all);
    return;
  }
  Store::Batch batch;
  put_all([&](std::string_view key, std::string_view value) {
    batch.put(Family::kSnapshot, key, value);
  });
  store.write(std::move(batch), /*synced=*/false);
}

std::optional<Snapshot> load_snapshot(const Store& store, const engine::CoopId& coop) {
  const auto header = store.get(Family::kSnapshot, page_key(coop, 0));
  if (!header) return std::nullopt;
  ByteReader in(*header);
  Snapshot snapshot;
  snapshot.head.block_no.value = in.get<std::uint64_t>();
  std::ranges::copy(in.bytes(snapshot.head.hash.size()), snapshot.head.hash.begin());
  snapshot.head.last_event.value = in.get<std::uint64_t>();
  const auto size = in.get<std::uint64_t>();
  const std::string hash(in.bytes(32));
  std::string image;
  for (std::uint32_t page = 1; in.done() && image.size() < size; ++page) {
    const auto piece = store.get(Family::kSnapshot, page_key(coop, page));
    if (!piece || piece->empty()) break;
    image += *piece;
  }
  std::optional<engine::Book> book;
  if (in.done() && image.size() == size && view_of(sha256(image)) == hash) {
    book = engine::Book::of_image(image);
  }
  if (!book) throw StoreError("a snapshot is not what was saved: rebuild the projections");
  snapshot.book = std::move(*book);
  return snapshot;
}

}  // namespace lumbung::storage
