// config print, config check, version, completion.
#include "api/cli/call.h"
#include "api/cli/leaf.h"

namespace lumbung::api::cli {
namespace {

int print(Alone& call, const Nothing&) {
  call.out << (call.config.json ? print_config_json(call.config) : print_config(call.config));
  return kOk;
}

/// By now it has been read and found good.
int check(Alone& call, const Nothing&) {
  if (call.config.quiet) return kOk;
  call.err << (call.config.file.empty() ? std::string("no configuration file") : call.config.file)
           << ": good\n";
  return kOk;
}

int version(Alone& call, const Nothing&) {
  if (call.config.json) {
    write_json(call.out, [](json::Writer& out) {
      out.begin_object()
          .member("name", std::string_view("lumbung"))
          .member("version", std::string_view(LUMBUNG_VERSION))
          .end_object();
    });
  } else {
    call.out << "lumbung " LUMBUNG_VERSION "\n";
  }
  return kOk;
}

// --- completion: one case for each subcommand, with the words that may follow it ---

std::vector<const CLI::App*> visible(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); });
}

std::string words_after(const CLI::App& app, const CLI::App& program) {
  std::string words;
  for (const CLI::App* each : visible(app)) words += each->get_name() + " ";
  for (const CLI::App* owner : {&app, &program}) {
    for (const CLI::Option* option : owner->get_options()) {
      for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
    }
    if (&app == &program) break;
  }
  return words;
}

/// `path`: " account open", as the words so far are joined.
void add_cases(const CLI::App& app, const CLI::App& program, const std::string& path,
               std::string& paths, std::string& cases) {
  cases += "    '" + path + "') words='" + words_after(app, program) + "' ;;\n";
  for (const CLI::App* each : visible(app)) {
    const std::string below = path + " " + each->get_name();
    paths += (paths.empty() ? "'" : "|'") + below + "'";
    add_cases(*each, program, below, paths, cases);
  }
}

std::string bash_completion(const CLI::App& program) {
  std::string paths;
  std::string cases;
  add_cases(program, program, "", paths, cases);
  return "# bash completion for lumbung: source <(lumbung completion bash)\n"
         "_lumbung() {\n"
         "  local path='' word words=''\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$path $word\" in " +
         paths +
         ") path=\"$path $word\" ;; esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _lumbung lumbung\n";
}

}  // namespace

void add_program(CLI::App& program, Plan& plan) {
  CLI::App& config = group(program, "config", "Show and check the configuration");
  alone(*config.add_subcommand("print", "Print what holds, and where each value comes from"), plan,
        print);
  alone(*config.add_subcommand("check", "Read the configuration and say what is wrong with it"),
        plan, check);

  alone(*program.add_subcommand("version", "Print the version"), plan, version);

  CLI::App& completion = group(program, "completion", "Print a shell's completion script");
  completion.add_subcommand("bash", "For bash")->final_callback([&program, &plan] {
    plan.alone = [&program](Alone& call) {
      call.out << bash_completion(program);
      return kOk;
    };
  });
}

}  // namespace lumbung::api::cli
