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
  std::vector<std::string> rows;
  double scale = 1;
};

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
  Table table({"row", ">per second", ">p50 us", ">p99 us", ">cpu ns", ">bytes", ">of raw log",
               ">others' cores", "checked"});
  for (const bench::BenchRow& row : report.rows) {
    table.row({row.name, text_of(row.rate_per_s), text_of(row.p50_us, 1), text_of(row.p99_us, 1),
               text_of(row.cpu_ns_per_entry), text_of(row.bytes_per_entry),
               text_of(row.ratio_to_raw_wal, 2), text_of(row.others_cores, 2),
               row.verified && row.model_equal ? "yes" : "WRONG"});
  }
  table.print(call.out);
}

int run_bench(Alone& call, const BenchArguments& arguments) {
  const auto names = bench::bench_row_names();
  for (const std::string& name : arguments.rows) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw Failure(kUsage, "'" + name + "' is no row");
    }
  }
  const bench::BenchOptions options{.parent = parent_of(call.config),
                                    .quick = arguments.quick,
                                    .rows = arguments.rows,
                                    .scale = arguments.scale};
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

}  // namespace

void add_bench(CLI::App& program, Plan& plan) {
  CLI::App& app = *program.add_subcommand(
      "bench", "Measure this machine in process and over HTTP, and check what was measured");
  auto& arguments = alone(app, plan, run_bench);
  app.add_flag("--quick", arguments.quick, "Smaller books, each row once; under two minutes");
  app.add_option("--row", arguments.rows, "Only this row; may be repeated")->type_name("NAME");
  app.add_option("--scale", arguments.scale, "So many times the size of the books")
      ->type_name("FACTOR")
      ->check(CLI::Range(0.0001, 100.0));
}

}  // namespace lumbung::api::cli
