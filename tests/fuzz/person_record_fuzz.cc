// Any bytes as the record of a person. What is accepted is written to bytes that are read as the
// same record, before and after it was judged.
#include <cstdint>
#include <string_view>

#include "api/people/record.h"
#include "engine/check.h"

namespace {

using namespace lumbung;
using namespace lumbung::api::people;

void check_survives(const PersonRecord& record) {
  const std::string json = encode_record(record);
  const auto again = decode_record(json);
  CHECK(again.errors.empty() && again.record == record);
  CHECK(encode_record(again.record) == json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const engine::Date today = engine::date_of({1900, 1, 1}) + (data[0] << 8 | data[1]);
  auto decoded = decode_record({reinterpret_cast<const char*>(data) + 2, size - 2});
  if (!decoded.errors.empty()) return 0;
  PersonRecord& record = decoded.record;
  check_survives(record);
  if (!judge(record, today).refusals.empty()) return 0;
  check_survives(record);
  const PersonRecord once = record;
  CHECK(judge(record, today).refusals.empty());
  CHECK(record == once);
  return 0;
}
