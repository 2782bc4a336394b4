// The second reading of a message's framing, by Boost.Beast. No request goes on unless the gate and
// Beast agree on where it ends. All of Beast is behind this file.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "api/http/chunks.h"
#include "api/http/http.h"

namespace lumbung::api::http {

/// Reads one message after another. One thread.
class Framer {
 public:
  Framer();
  ~Framer();
  Framer(const Framer&) = delete;
  Framer& operator=(const Framer&) = delete;

  /// Begins a message with a block that the gate passed as `head`. False when Beast refuses it or
  /// reads another framing from it.
  bool begin(std::string_view block, const RequestHead& head);

  using Progress = ChunkDecoder::Progress;
  /// ChunkDecoder::decode of the message's body.
  /// REQUIRES: begin() was true for a chunked message.
  Progress decode(std::string_view bytes, std::size_t body_limit, std::string& body,
                  std::size_t& consumed) {
    return chunks_.decode(bytes, body_limit, body, consumed);
  }

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
  ChunkDecoder chunks_;
};

}  // namespace lumbung::api::http
