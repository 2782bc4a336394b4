#include "api/bench_body.h"

namespace lumbung::api::bench {
namespace {

/// "1234.00": rupiah of the stream are whole.
std::string amount_text(std::int64_t minor) {
  return std::to_string(minor / 100) + ".00";
}

void append_legs(std::string& out, const engine::Command& command) {
  const auto& legs = std::get<engine::PostEntry>(command.body).entry.legs;
  const std::string amount = amount_text(legs[0].amount.minor);
  out.append(R"("legs":[{"account":")").append(code_of(legs[0].account.value));
  out.append(R"(","side":"debit","amount":")").append(amount);
  out.append(R"("},{"account":")").append(code_of(legs[1].account.value));
  out.append(R"(","side":"credit","amount":")").append(amount).append(R"("}])");
}

}  // namespace

std::string entry_body(const engine::Command& command) {
  std::string body = "{";
  append_legs(body, command);
  return body += '}';
}

std::string batch_body(Entries& entries, std::size_t size) {
  std::string body = R"({"mode":"per_item","entries":[)";
  for (std::size_t i = 0; i < size; ++i) {
    const engine::Command command = entries.next_command();
    body.append(i == 0 ? R"({"key":")" : R"(,{"key":")").append(command.key.text()).append("\",");
    append_legs(body, command);
    body += '}';
  }
  return body += "]}";
}

}  // namespace lumbung::api::bench
