#include "api/cli/cli.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "api/admin_socket.h"
#include "api/export.h"
#include "api/import_rules.h"
#include "api/login/seal_key.h"
#include "api/login/users.h"
#include "api/open_book.h"

namespace lumbung::api::cli {
namespace {

constexpr const char* kDescription =
    "Lumbung: a ledger for savings-and-loan cooperatives.\n"
    "Data goes to stdout, talk to stderr. A command beside a running server is carried out by it.";
constexpr const char* kFooter =
    "Exit codes: 0 done, 1 failed or refused, 2 findings, 64 usage, 65 bad data, 69 unavailable,\n"
    "74 input or output, 78 configuration.";

/// Puts the flags of the settings on the subcommands that have them.
void add_settings(CLI::App& program, Plan& plan) {
  program
      .add_option_function<std::string>(
          "--config", [&plan](const std::string& text) { plan.given["config"] = text; },
          "The configuration file")
      ->type_name("FILE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  for (const Setting& setting : settings()) {
    if (setting.flag.empty()) continue;
    CLI::App& owner =
        setting.command.empty() ? program : *program.get_subcommand(std::string(setting.command));
    const std::string key(setting.key);
    const std::string flag(setting.flag);
    const std::string help(setting.help);
    if (setting.value.empty()) {
      owner.add_flag_function(
          flag, [&plan, key](std::int64_t) { plan.given[key] = "true"; }, help);
    } else {
      owner
          .add_option_function<std::string>(
              flag, [&plan, key](const std::string& text) { plan.given[key] = text; }, help)
          ->type_name(std::string(setting.value))
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
  }
}

/// A stream over standard input that does not own it.
std::unique_ptr<std::istream> borrow(std::istream& in) {
  return std::make_unique<std::istream>(in.rdbuf());
}

std::unique_ptr<std::istream> open_file(const std::string& name) {
  auto file = std::make_unique<std::ifstream>(name, std::ios::binary);
  // A directory opens and fails at the first byte.
  if (!*file || std::filesystem::is_directory(name)) {
    throw Failure(kIoError, name + ": cannot be read");
  }
  return file;
}

OpenInput opener(std::istream& in) {
  return [&in](const std::string& name) { return name == kStdin ? borrow(in) : open_file(name); };
}

/// The same invocation for the server: what this process merged comes first, so that it holds where
/// the arguments say nothing; of a repeated option the last counts.
RemoteCall remote_call(const std::vector<std::string>& arguments, const Plan& plan,
                       const Config& config, std::istream& in) {
  RemoteCall call;
  for (const Setting& setting : settings()) {
    if (!setting.command.empty() || setting.flag.empty() || setting.key == "data") continue;
    if (const auto* words = std::get_if<std::string Config::*>(&setting.field)) {
      if (config.**words != "") {
        call.arguments.push_back(std::string(setting.flag));
        call.arguments.push_back(config.**words);
      }
    } else if (const auto* truth = std::get_if<bool Config::*>(&setting.field)) {
      if (config.**truth) call.arguments.push_back(std::string(setting.flag));
    }
  }
  call.arguments.insert(call.arguments.end(), arguments.begin(), arguments.end());
  call.directory = std::filesystem::current_path().string();
  const OpenInput open = opener(in);
  for (const std::string& name : plan.inputs) {
    if (call.files.contains(name)) continue;  // stdin is there only once
    const auto file = open(name);
    call.files[name].assign(std::istreambuf_iterator<char>(*file), {});
  }
  return call;
}

int run_on_books(const Plan& plan, const std::vector<std::string>& arguments, const Config& config,
                 const Streams& streams) {
  storage::Ledger::Options options;
  options.directory = data_directory(config, /*may_be_new=*/plan.create);
  options.create = plan.create;
  options.policy = config.policy();
  std::unique_ptr<storage::Ledger> ledger;
  try {
    ledger = storage::Ledger::open(std::move(options));
  } catch (const storage::StoreBusy& busy) {
    const auto call = remote_call(arguments, plan, config, streams.in);
    if (const auto code = call_server(config.data, call, streams.out, streams.err)) return *code;
    throw;
  }
  Tokens tokens(*ledger);
  std::optional<login::Users> users;
  const auto own_users = [&]() -> login::Users& {
    if (!users) users.emplace(*ledger, login::seal_key_of(config.data));
    return *users;
  };
  std::unique_ptr<people::Persons> persons;
  const OpenPersons open = [&]() -> people::Persons& {
    if (!persons) persons = open_persons(config);
    return *persons;
  };
  Call call{*ledger,
            tokens,
            own_users,
            open,
            config,
            opener(streams.in),
            std::filesystem::current_path(),
            streams.out,
            streams.err,
            streams.err_is_terminal && !config.quiet};
  return plan.on_books(call);
}

/// Calls `body`; of what it throws, says the sentence on `err` and returns the exit code.
int guarded(std::ostream& err, const std::string& prefix, const std::function<int()>& body) {
  const auto say = [&](const std::exception& error, int code) {
    err << prefix << error.what() << '\n';
    return code;
  };
  try {
    return body();
  } catch (const Failure& failure) {
    return say(failure, failure.code);
  } catch (const ConfigError& error) {
    return say(error, kConfigError);
  } catch (const ImportRulesError& error) {
    return say(error, kBadData);
  } catch (const ExportError& error) {
    return say(error, kUsage);
  } catch (const storage::JournalDamaged& error) {
    return say(error, kFindings);
  } catch (const storage::StoreBusy& error) {
    return say(error, kUnavailable);
  } catch (const storage::StoreError& error) {
    return say(error, kIoError);
  } catch (const std::filesystem::filesystem_error& error) {
    return say(error, kIoError);
  } catch (const std::exception& error) {
    return say(error, kFailed);
  }
}

}  // namespace

std::filesystem::path data_directory(const Config& config, bool may_be_new) {
  if (config.data.empty()) {
    throw Failure(kUsage, "which data directory? give --data DIR or set LUMBUNG_DATA");
  }
  if (!may_be_new && !std::filesystem::is_directory(config.data)) {
    throw Failure(kIoError,
                  config.data + ": there is no such data directory; lumbung init makes one");
  }
  return config.data;
}

CommandLine::CommandLine() : app_(std::make_unique<CLI::App>(kDescription, "lumbung")) {
  CLI::App& app = *app_;
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kFooter);
  app.set_version_flag("--version", "lumbung " LUMBUNG_VERSION);
  add_books(app, plan_);
  add_accounts(app, plan_);
  add_days(app, plan_);
  add_principals(app, plan_);
  add_users(app, plan_);
  add_entries(app, plan_);
  add_reports(app, plan_);
  add_persons(app, plan_);
  add_store(app, plan_);
  add_backup(app, plan_);
  add_service(app, plan_);
  add_bench(app, plan_);
  add_program(app, plan_);
  add_settings(app, plan_);
}

CommandLine::~CommandLine() = default;

std::optional<int> CommandLine::parse(const std::vector<std::string>& arguments, std::ostream& out,
                                      std::ostream& err) {
  try {
    app_->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    // CLI11 has codes of its own from 100 on; help and --version are its "errors" with code 0.
    return app_->exit(error, out, err) == 0 ? kOk : kUsage;
  }
}

bool shows_persons(const RemoteCall& remote) {
  CommandLine line;
  std::ostringstream ignored;
  return !line.parse(remote.arguments, ignored, ignored) && line.plan().shows_persons;
}

int run_for_client(const RemoteCall& remote, storage::Ledger& ledger, Tokens& tokens,
                   login::Users& users, people::Persons& persons, std::ostream& out,
                   std::ostream& err) {
  CommandLine line;
  if (const auto code = line.parse(remote.arguments, out, err)) return *code;
  return guarded(err, "lumbung: ", [&] {
    if (!line.plan().on_books) throw Failure(kUsage, "a server does not carry this out for others");
    const Config config = config_of(line.plan().given);
    const OpenInput open = [&](const std::string& name) {
      const auto found = remote.files.find(name);
      if (found == remote.files.end()) throw Failure(kIoError, name + ": did not come along");
      return std::make_unique<std::istringstream>(found->second);
    };
    const auto the_servers = [&users]() -> login::Users& { return users; };
    const OpenPersons open_persons = [&]() -> people::Persons& { return persons; };
    Call call{ledger, tokens, the_servers, open_persons, config, open, remote.directory, out, err};
    return line.plan().on_books(call);
  });
}

int run(const std::vector<std::string>& arguments, const Streams& streams,
        const Environment& environment) {
  CommandLine line;
  if (const auto code = line.parse(arguments, streams.out, streams.err)) return *code;
  std::string prefix = "lumbung: ";
  return guarded(streams.err, prefix, [&] {
    const Config config = load_config(line.plan().given, environment);
    if (streams.err_is_terminal && !config.no_color) prefix = "\x1b[1;31mlumbung:\x1b[0m ";
    int code = kOk;
    if (line.plan().alone) {
      Alone call{config, streams.out, streams.err, streams.err_is_terminal && !config.quiet};
      code = line.plan().alone(call);
    } else {
      code = run_on_books(line.plan(), arguments, config, streams);
    }
    streams.out.flush();
    if (!streams.out) throw Failure(kIoError, "standard output cannot be written");
    return code;
  });
}

}  // namespace lumbung::api::cli
