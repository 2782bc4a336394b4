// The second reading of a message's framing, by Boost.Beast, and the decoder of chunked bodies. No
// request goes on unless the gate and Beast agree on where it ends. All of Beast is behind this
// file.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "api/http/http.h"

namespace lumbung::api::http {

/// Bytes of chunk extensions in one body. RFC 9112 section 7.1.1 wants a limit.
inline constexpr std::size_t kChunkExtensionsMax = 1024;

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

  enum class Progress { kMore, kDone, kMalformed, kTooLarge };
  /// Decodes what has come of a chunked body and appends it to `body`. `consumed` bytes are done
  /// with; the others are to be given again, with more behind them.
  /// REQUIRES: begin() was true for a chunked message.
  Progress decode(std::string_view bytes, std::size_t body_limit, std::string& body,
                  std::size_t& consumed);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace lumbung::api::http
