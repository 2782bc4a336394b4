// bench.
#include "api/bench.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "api/cli/call.h"
#include "api/cli/leaf.h"

namespace lumbung::api::cli {
namespace {

struct BenchArguments {
  bool quick = false;
  bool full = false;
  std::vector<std::string> rows;
  double scale = 1;
  bool is_custom = false;  // one of the following was given
  bench::Work custom;
  std::size_t clients = 64;
};

constexpr std::uint64_t kCommandsWaitingMax = 65536;  // the ledger's queue

/// The disk that is measured: the data directory's when one is named.
std::filesystem::path parent_of(const Config& config) {
  return config.data.empty() ? std::filesystem::temp_directory_path() : data_directory(config);
}

std::string text_of(const std::optional<double>& number, int digits = 0) {
  if (!number) return "";
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, *number);
  return {text.data(), static_cast<std::size_t>(size)};
}

void print(const Alone& call, const bench::BenchReport& report) {
  const auto& machine = report.machine;
  call.out << machine.cores << " cores of " << machine.cpu << ", " << machine.memory_mib << " MiB, "
           << machine.kernel << ", " << machine.file_system << ", g++ " << machine.compiler
           << "\nsynced commits of 4 KiB " << text_of(report.sync_4k_us) << " us, of 256 KiB "
           << text_of(report.sync_256k_us) << " us\n\n";
  Table table({"row", ">per second", ">p50 us", ">p99 us", ">p99.9 us", ">cpu ns", ">bytes",
               ">of raw log", ">longest stall ms", ">others' cores", "checked"});
  for (const bench::BenchRow& row : report.rows) {
    table.row({row.name, text_of(row.rate_per_s), text_of(row.p50_us, 1), text_of(row.p99_us, 1),
               text_of(row.p999_us, 1), text_of(row.cpu_ns_per_entry), text_of(row.bytes_per_entry),
               text_of(row.ratio_to_raw_wal, 2), text_of(row.longest_stall_ms, 1),
               text_of(row.others_cores, 2), row.verified && row.model_equal ? "yes" : "WRONG"});
  }
  table.print(call.out);
  for (const bench::BenchRow& row : report.rows) {
    if (row.last_to_first_slice) {
      call.out << row.name << ": the last slice at " << text_of(row.last_to_first_slice, 2)
               << " of the first one's rate\n";
    }
    if (row.memory_mib_at_third) {
      call.out << row.name << ": " << text_of(row.memory_mib_at_third)
               << " MiB resident after a third of the time, " << text_of(row.memory_mib_at_end)
               << " at the end\n";
    }
    if (row.memory_bytes_per_entry) {
      call.out << row.name << ": " << text_of(row.memory_bytes_per_entry, 1)
               << " bytes of memory an entry\n";
    }
  }
}

/// The work of the row "custom". Throws Failure when the options contradict each other.
bench::Work custom_work(const BenchArguments& arguments) {
  bench::Work work = arguments.custom;
  bench::Load& load = work.load;
  if (work.over_http) {
    load.in_flight = arguments.clients;
  } else if (load.in_flight * load.batch > kCommandsWaitingMax) {
    throw Failure(kUsage, "more than " + std::to_string(kCommandsWaitingMax) +
                              " entries cannot wait at once");
  }
  return work;
}

int run_bench(Alone& call, const BenchArguments& arguments) {
  const auto names = bench::bench_row_names();
  for (const std::string& name : arguments.rows) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw Failure(kUsage, "'" + name + "' is no row");
    }
  }
  bench::BenchOptions options;
  options.books = {parent_of(call.config), arguments.quick, arguments.scale};
  options.rows = arguments.rows;
  options.full = arguments.full;
  if (arguments.is_custom) options.custom = custom_work(arguments);
  const auto report = bench::run_bench(options, [&](std::string_view name) {
    if (!call.config.quiet) call.err << name << '\n';
  });
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) { bench::render_bench(out, report); });
  } else {
    print(call, report);
  }
  return report.sound() ? kOk : kFailed;
}

/// The options that make a row of one's own; none goes with --row or --full.
void add_custom(CLI::App& app, BenchArguments& arguments, CLI::Option& rows, CLI::Option& full) {
  bench::Work& work = arguments.custom;
  work.load.entries = 1'000'000;
  CLI::Option_group& group = *app.add_option_group("A row of your own");
  std::vector<CLI::Option*> options;
  const auto number = [&](const std::string& name, auto& value, const std::string& help,
                          std::uint64_t least, std::uint64_t most) {
    options.push_back(group.add_option(name, value, help)
                          ->type_name("N")
                          ->check(CLI::Range(least, most))
                          ->capture_default_str());
  };
  number("--entries", work.load.entries, "Entries posted", 1, 1'000'000'000);
  number("--accounts", work.stream.accounts, "Accounts of each cooperative", 2, 10'000'000);
  number("--coops", work.coops, "Cooperatives, each request for one of them", 1, 10'000);
  number("--batch", work.load.batch, "Entries a request", 1, 8190);
  number("--in-flight", work.load.in_flight, "Requests on their way at once, in process", 1, 65536);
  number("--clients", arguments.clients, "Kept connections, over HTTP", 1, 8192);
  options.push_back(
      group.add_option("--zipf", work.stream.zipf, "Accounts by Zipf's law; 0: evenly")
          ->type_name("THETA")
          ->check(CLI::Range(0.0, 5.0)));
  options.push_back(group.add_flag("--hot", work.stream.hot, "Every entry credits one account"));
  options.push_back(
      group.add_flag("--http", work.over_http, "Over loopback instead of in process"));
  options.push_back(group.add_option("--seconds", work.load.seconds_max, "At most so long")
                        ->type_name("S")
                        ->check(CLI::PositiveNumber));
  group.get_option("--in-flight")->excludes("--http");
  group.get_option("--clients")->needs("--http");
  group.get_option("--seconds")->excludes("--http");  // its requests are made ahead
  for (CLI::Option* option : options) {
    option->excludes(&rows)->excludes(&full);
    option->each([&arguments](const std::string&) { arguments.is_custom = true; });
  }
}

}  // namespace

void add_bench(CLI::App& program, Plan& plan) {
  CLI::App& app = *program.add_subcommand(
      "bench", "Measure this machine in process and over HTTP, and check what was measured");
  auto& arguments = alone(app, plan, run_bench);
  CLI::Option& quick =
      *app.add_flag("--quick", arguments.quick, "Smaller books, each row once; under two minutes");
  CLI::Option& full = *app.add_flag("--full", arguments.full,
                                    "Also growth to 50 million entries and ten minutes' soak")
                           ->excludes(&quick);
  CLI::Option& rows =
      *app.add_option("--row", arguments.rows, "Only this row; may be repeated")->type_name("NAME");
  app.add_option("--scale", arguments.scale, "So many times the size of the books")
      ->type_name("FACTOR")
      ->check(CLI::Range(0.0001, 100.0));
  add_custom(app, arguments, rows, full);
}

}  // namespace lumbung::api::cli
