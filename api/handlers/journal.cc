#include "api/handlers/journal.h"

#include <limits>
#include <stdexcept>

#include "storage/codec.h"

namespace lumbung::api::handlers {

using http::Response;

namespace {

/// Where a page of numbered things begins: "from" or a cursor, not both.
struct Start {
  std::size_t limit = kPageDefault;
  std::uint64_t from = 1;
  std::optional<Response> problem;
};

Start start_of(const Exchange& exchange, std::string_view list) {
  Start start;
  const auto limit = page_limit(exchange.head());
  const auto from = exchange.head().parameter("from");
  const auto cursor = exchange.head().parameter("cursor");
  if (!limit || (from && cursor)) {
    start.problem = problem(Fault::kInvalidParameter);
    return start;
  }
  start.limit = *limit;
  if (from) {
    const auto number = parse_whole(*from, 1, std::numeric_limits<std::uint64_t>::max());
    if (!number) start.problem = problem(Fault::kInvalidParameter);
    start.from = number.value_or(1);
  }
  if (cursor) {
    const auto place = exchange.services().cursors.open(list, *cursor);
    if (!place) start.problem = problem(Fault::kInvalidCursor);
    start.from = place.value_or(Place{}).major;
  }
  return start;
}

/// The stored bytes as a block. Throws std::runtime_error: what is read here was checked before.
storage::BlockView parse(std::string_view bytes) {
  auto parsed = storage::BlockView::parse(bytes, storage::Trust::kBytes);
  if (const auto* error = std::get_if<storage::CodecError>(&parsed)) {
    throw std::runtime_error("a stored block cannot be read: " + error->what);
  }
  return std::get<storage::BlockView>(parsed);
}

void render_block(json::Writer& out, const storage::BlockView& block) {
  const storage::BlockHeader& header = block.header();
  out.begin_object().member("block", header.block_no.value).member("epoch", header.epoch);
  out.member("previous", std::string_view(storage::hex(header.previous)));
  out.member("hash", std::string_view(storage::hex(block.hash())));
  out.member("first_event", header.first_event.value).member("count", header.count);
  out.member("business_date", std::string_view(engine::format_date(header.business_date)));
  out.member("recorded_at", std::string_view(engine::format_timestamp(header.stamped_time)));
  out.member("durable_block", header.durable_block.value);
  out.member("bytes", block.bytes().size()).end_object();
}

/// {"items":[…],"next_cursor"?}. `each_item(from, on_item)` calls on_item with a number and how to
/// write it, until that returns false.
template <class EachItem>
Response page(const Exchange& exchange, std::string_view noun, const EachItem& each_item) {
  const std::string list = exchange.base().append("/journal/").append(noun);
  Start start = start_of(exchange, list);
  if (start.problem) return std::move(*start.problem);
  std::size_t count = 0;
  std::string next;
  Response response = json_response(200, [&](json::Writer& out) {
    out.begin_object().key("items").begin_array();
    each_item(start.from, [&](std::uint64_t number, const auto& render) {
      if (count++ == start.limit) {
        next = exchange.services().cursors.seal(list, {number, 0});
        return false;
      }
      render(out);
      return true;
    });
    out.end_array();
    if (!next.empty()) out.member("next_cursor", std::string_view(next));
    out.end_object();
  });
  link_next(exchange, response, next);
  return response;
}

}  // namespace

Response list_blocks(const Exchange& exchange) {
  return page(exchange, "blocks", [&](std::uint64_t from, const auto& on_item) {
    exchange.ledger().blocks(exchange.coop(), engine::BlockNo{from}, [&](std::string_view bytes) {
      const storage::BlockView block = parse(bytes);
      return on_item(block.header().block_no.value,
                     [&](json::Writer& out) { render_block(out, block); });
    });
  });
}

Response read_block(const Exchange& exchange) {
  const auto number = exchange.number();
  if (!number) return problem(Fault::kNotFound);
  Response response = problem(Fault::kNotFound);
  exchange.ledger().blocks(exchange.coop(), engine::BlockNo{number->value},
                           [&](std::string_view bytes) {
                             response = Response{};
                             response.content_type = "application/octet-stream";
                             response.body = bytes;
                             return false;
                           });
  return response.status == 200 ? tagged(exchange.head(), std::move(response)) : response;
}

Response list_events(const Exchange& exchange) {
  const auto directory = exchange.directory();
  return page(exchange, "events", [&](std::uint64_t from, const auto& on_item) {
    exchange.ledger().events(
        exchange.coop(), engine::EventNo{from}, [&](const engine::Event& event) {
          return on_item(event.no.value,
                         [&](json::Writer& out) { render_event_json(out, event, *directory); });
        });
  });
}

}  // namespace lumbung::api::handlers
