#include "api/http/framer.h"

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>

#include "api/http/gate.h"

namespace lumbung::api::http {

namespace beast = boost::beast;
using beast::error_code;

/// Beast's parser of header blocks, with nothing kept: target and fields are the gate's.
class Framer::Parser {
 public:
  class Message final : public beast::http::basic_parser<true> {
   public:
    Message() {
      header_limit(kHeadMax + 1);
      body_limit(boost::none);  // no body comes here
    }

   private:
    void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                         error_code&) override {}
    void on_response_impl(int, beast::string_view, int, error_code&) override {}
    void on_field_impl(beast::http::field, beast::string_view, beast::string_view,
                       error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view bytes, error_code&) override {
      return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override {
      return bytes.size();
    }
    void on_finish_impl(error_code&) override {}
  };

  std::optional<Message> message;
};

Framer::Framer() : parser_(std::make_unique<Parser>()) {}
Framer::~Framer() = default;

bool Framer::begin(std::string_view block, const RequestHead& head) {
  auto& message = parser_->message.emplace();
  chunks_ = ChunkDecoder();
  error_code error;
  const std::size_t read = message.put({block.data(), block.size()}, error);
  if (error || read != block.size() || !message.is_header_done()) return false;
  switch (head.framing) {
    case Framing::kNone:
      return !message.chunked() && !message.content_length() && message.is_done();
    case Framing::kLength:
      return !message.chunked() && message.content_length() == head.content_length;
    case Framing::kChunked:
      return message.chunked() && !message.content_length();
  }
  return false;
}

}  // namespace lumbung::api::http
