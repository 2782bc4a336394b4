// Puts persons into a data directory that nobody has open, as whoever registers them will:
//   put_persons DATA COOP LAST_GIVEN
// One person a line of stdin, `NUMBER RECORD` with a record as JSON; the digest of each to stdout.
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "api/people/persons.h"
#include "engine/check.h"
#include "storage/digest.h"

int main(int argc, char** argv) {
  using namespace lumbung;
  CHECK(argc == 4);
  const auto persons =
      api::people::Persons::open({.directory = std::filesystem::path(argv[1]) / "personal"});
  const auto coop = *engine::CoopId::parse(argv[2]);
  const auto last_given = static_cast<std::uint32_t>(std::atoi(argv[3]));
  const engine::Timestamp now{std::chrono::duration_cast<std::chrono::microseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count()};
  std::uint32_t number = 0;
  std::string json;
  while (std::cin >> number && std::getline(std::cin >> std::ws, json)) {
    auto decoded = api::people::decode_record(json);
    CHECK(decoded.errors.empty());
    const auto written = persons->put({coop, {number}}, std::move(decoded.record), {last_given},
                                      now, engine::local_date(now, *engine::find_zone("UTC")));
    if (!written.done()) return 1;
    std::cout << storage::hex(written.digest) << '\n';
  }
  return 0;
}
