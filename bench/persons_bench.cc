// Persons over their sealed store: opening fifty thousand with their index, a page of a search with
// all that is recorded of it, and a new person. On the disk of TMPDIR.
#include "api/people/persons.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "api/random.h"
#include "bench/bench.h"
#include "tests/api/people/people_model.h"
#include "tests/temporary_directory.h"

namespace lumbung::bench {
namespace {

using api::people::PersonRecord;
using api::people::Persons;

const engine::CoopId kCoop = *engine::CoopId::parse("DESA");
constexpr engine::Timestamp kNow{1'777'525'200'000'000};
constexpr std::size_t kPage = 20;

PersonRecord record_of(const tests::MadeUpPerson& person) {
  PersonRecord record;
  record.name = person.name;
  record.phones = person.phones;
  // Of Surabaya, born on 1 January 1980 or some day of the 27 years after it.
  char nik[64];
  const unsigned n = person.id;
  std::snprintf(nik, sizeof nik, "357808%02u%02u%02u%04u", 1 + n % 28, 1 + n / 28 % 12,
                (80 + n / 336 % 27) % 100, 1 + n / 9'072);
  record.nik = nik;
  record.address = "Dusun Krajan RT 02 RW 03, Desa Sukamaju";
  record.job = "petani";
  return record;
}

/// Put where syncs cost nothing, then copied to the disk.
struct Village {
  Village() {
    api::Random random(41);
    const tests::TemporaryDirectory in_memory;
    {
      const auto made = Persons::open({.directory = in_memory.path() / "personal"});
      const auto count = static_cast<std::uint32_t>(sized(50'000));
      for (std::uint32_t id = 1; id <= count; ++id) {
        persons.push_back(tests::made_up_person(id, random));
        is_whole = put(*made, persons.back()) && is_whole;
      }
    }
    std::filesystem::copy(in_memory.path() / "personal", path(),
                          std::filesystem::copy_options::recursive);
  }
  static bool put(Persons& made, const tests::MadeUpPerson& person) {
    PersonRecord record = record_of(person);
    return made
        .put({kCoop, {person.id}}, std::move(record), {person.id - 1}, kNow,
             engine::date_of({2026, 4, 30}))
        .done();
  }
  std::filesystem::path path() const { return directory.path() / "personal"; }

  api::bench::ScratchDirectory directory{disk()};
  std::vector<tests::MadeUpPerson> persons;
  bool is_whole = true;
};

const Village& village() {
  static const Village the_village;
  return the_village;
}

void open_all(benchmark::State& state) {
  if (!village().is_whole) return fail(state, "somebody could not be put");
  for (auto _ : state) {
    const auto persons = Persons::open({.directory = village().path()});
    if (!persons->build_indexes().empty()) return fail(state, "somebody is damaged");
    state.PauseTiming();
    const auto page = persons->search(kCoop, "", 0, 1, {{}, {}, kNow, "bench"});
    if (page.total != village().persons.size()) return fail(state, "somebody is missing");
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(village().persons.size()));
}

/// Parts of what persons are called, as somebody at a counter types them: their names are read from
/// the store, and that they were is on the disk before they are shown.
void search_recorded(benchmark::State& state) {
  const auto persons = Persons::open({.directory = village().path()});
  persons->build_indexes();
  api::Random random(42);
  std::vector<double> times_ms;
  for (auto _ : state) {
    state.PauseTiming();
    const auto& person = village().persons[random.below(village().persons.size())];
    const std::string query = tests::made_up_query(person, random);
    state.ResumeTiming();
    const api::bench::Stopwatch watch;
    const auto page = persons->search(kCoop, query, 0, kPage, {{}, {}, kNow, "bench"});
    times_ms.push_back(watch.seconds() * 1e3);
    if (page.hits.size() != std::min(page.total, kPage)) return fail(state, "a name is missing");
  }
  state.counters["p50_ms"] = api::bench::percentile(times_ms, 50);
  state.counters["p99_ms"] = api::bench::percentile(times_ms, 99);
  state.SetItemsProcessed(state.iterations());
}

void put_person(benchmark::State& state) {
  const api::bench::ScratchDirectory directory(disk());
  const auto persons = Persons::open({.directory = directory.path() / "personal"});
  api::Random random(43);
  std::uint32_t id = 0;
  for (auto _ : state) {
    ++id;
    if (!Village::put(*persons, tests::made_up_person(id, random))) {
      return fail(state, "somebody could not be put");
    }
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(open_all)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(search_recorded)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(put_person)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace lumbung::bench
