// serve, demo, torture.
#include "api/cli/call.h"
#include "api/cli/leaf.h"
#include "api/demo.h"
#include "api/serve.h"
#include "api/torture.h"

namespace lumbung::api::cli {
namespace {

int run_serve(Alone& call, const Nothing&) {
  return serve(call.config);
}

int run_demo(Alone& call, const Nothing&) {
  const auto data = data_directory(call.config, /*may_be_new=*/true);
  DemoResult result;
  {
    Progress progress(call.err, "demo", call.progress);
    result = make_demo(data, [&](auto done, auto all) { progress.at(done, all); });
  }
  if (!call.config.quiet) {
    call.err << "DESA-SUKAMAJU: " << result.entries << " entries of " << result.days
             << " days; a token for each role is in " << result.tokens_file.string() << '\n';
  }
  return kOk;
}

struct TortureArguments : TortureOptions {
  std::string check_file;
};

int run_torture(Alone& call, const TortureArguments& arguments) {
  TortureOptions options = arguments;
  options.data = data_directory(call.config, /*may_be_new=*/true);
  return arguments.check_file.empty() ? torture(options, call.out)
                                      : check_torture(options, arguments.check_file, call.out);
}

}  // namespace

void add_service(CLI::App& program, Plan& plan) {
  alone(*program.add_subcommand("serve", "Serve the books over HTTP"), plan, run_serve);

  alone(*program.add_subcommand("demo", "Make a village's cooperative with one year of entries"),
        plan, run_demo);

  CLI::App& torture_app = *program.add_subcommand(
      "torture", "Post random commands until the disk is gone, or check what is left of them");
  torture_app.group("");  // not shown: it is for tests/faults
  auto& arguments = alone(torture_app, plan, run_torture);
  torture_app.add_option("--seed", arguments.seed, "Which commands");
  torture_app.add_option("--count", arguments.count, "End after so many; 0: never");
  torture_app.add_flag("--saturate", arguments.saturate, "Big batches, several in flight");
  torture_app.add_option("--check", arguments.check_file,
                         "Ask every key of this file's ack lines again");
}

}  // namespace lumbung::api::cli
