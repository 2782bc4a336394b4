// Any bytes as a NIK. What is accepted must be made of just the births and the sex that are told.
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "api/people/nik.h"
#include "engine/check.h"

namespace {

using namespace lumbung;
using namespace lumbung::api::people;

void check(const Nik& nik, engine::Date today) {
  CHECK(nik.digits.size() == 16);
  CHECK(nik.births.size() == 1 || nik.births.size() == 2);
  for (const engine::Date birth : nik.births) {
    CHECK(birth <= today && today - birth < 121 * 366);
    const auto ymd = engine::ymd_of(birth);
    char text[32];
    std::snprintf(text, sizeof text, "%02d%02d%02d", ymd.day + (nik.sex == Sex::kFemale ? 40 : 0),
                  ymd.month, ymd.year % 100);
    CHECK(nik.digits.substr(6, 6) == text);
  }
  CHECK(nik.digits.substr(12) != "0000");
  CHECK((nik.regency == nullptr) ==
        (!nik.warnings.empty() && nik.warnings[0] == NikWarning::kRegionUnknown));
  if (nik.regency != nullptr) CHECK(nik.province->code == nik.regency->code / 100);
  const auto again = read_nik(nik.digits, today, nik.births[0]);
  CHECK(std::get<Nik>(again).digits == nik.digits);
  CHECK(std::get<Nik>(again).births.size() == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const engine::Date today = engine::date_of({1900, 1, 1}) + (data[0] << 8 | data[1]);
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto reading = read_nik(text, today);
  if (const auto* nik = std::get_if<Nik>(&reading)) {
    check(*nik, today);
  } else {
    CHECK(!wording_of(std::get<NikRefusal>(reading)).sentence.empty());
  }
  return 0;
}
