// Cookie fields, and with the same bytes the fields that tell who made the browser ask. A naive
// split by ';' must find the same session id, or a reason why there is none.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/login/sessions.h"
#include "engine/check.h"

namespace {

using namespace lumbung::api::login;

std::optional<std::string> naive_id(const std::string& field) {
  int count = 0;
  std::string id;
  for (std::size_t at = 0; at <= field.size();) {
    const std::size_t end = std::min(field.find(';', at), field.size());
    std::string pair = field.substr(at, end - at);
    at = end + 1;
    pair.erase(0, pair.find_first_not_of(" \t"));
    pair.erase(pair.find_last_not_of(" \t") + 1);
    if (pair.rfind("__Host-sid=", 0) != 0) continue;
    ++count;
    id = pair.substr(11);
  }
  if (count != 1 || id.size() != 43) return std::nullopt;
  for (const char c : id) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!digit && !letter && c != '-' && c != '_') return std::nullopt;
  }
  return id;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string field(reinterpret_cast<const char*>(data), size);
  const auto id = session_id_of(field);
  const auto naive = naive_id(field);
  CHECK(id.has_value() == naive.has_value());
  if (id) {
    CHECK(*id == *naive);
    CHECK(id->data() >= field.data() && id->data() + id->size() <= field.data() + field.size());
  }
  constexpr std::string_view kOurs[] = {"https://desa.example"};
  CHECK(is_same_origin(field, std::nullopt, kOurs) == (field == "same-origin" || field == "none"));
  CHECK(is_same_origin(std::nullopt, field, kOurs) == (field == kOurs[0]));
  static Sessions sessions;
  CHECK(!sessions.find(field) && !sessions.csrf_matches(field, field));
  return 0;
}
