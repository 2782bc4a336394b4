// gzip (RFC 1952) by zlib. Any thread.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lumbung::api {

/// Not gzip from beginning to end, damaged, or larger than allowed; the message says which.
struct GzipError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// By the first two bytes, which no text begins with.
bool is_gzip(std::string_view bytes);

/// What all members hold, one after the other. Throws GzipError, also when that is more than
/// `max_bytes`: a few kilobytes of gzip can hold gigabytes.
std::string gunzip(std::string_view bytes, std::size_t max_bytes);

}  // namespace lumbung::api
