// How a subcommand binds its options to its arguments and itself to the plan.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/cli/cli.h"
#include "engine/date.h"

namespace lumbung::api::cli {

/// A subcommand that only holds others.
inline CLI::App& group(CLI::App& parent, const std::string& name, const std::string& help) {
  CLI::App& app = *parent.add_subcommand(name, help);
  app.require_subcommand(1);
  return app;
}

/// When `leaf` is what was asked for, `run` is called with the books and these arguments. The
/// arguments returned are what its options are to be bound to; they live as long as the app.
/// `create`: it may make the data directory.
template <class Arguments>
Arguments& on_books(CLI::App& leaf, Plan& plan, int (*run)(Call&, const Arguments&),
                    bool create = false) {
  auto arguments = std::make_shared<Arguments>();
  leaf.final_callback([&plan, arguments, run, create] {
    plan.on_books = [arguments, run](Call& call) { return run(call, *arguments); };
    plan.create = plan.create || create;
  });
  return *arguments;
}

/// The same for a subcommand that writes what is known of persons.
template <class Arguments>
Arguments& on_persons(CLI::App& leaf, Plan& plan, int (*run)(Call&, const Arguments&)) {
  auto arguments = std::make_shared<Arguments>();
  leaf.final_callback([&plan, arguments, run] {
    plan.on_books = [arguments, run](Call& call) { return run(call, *arguments); };
    plan.shows_persons = true;
  });
  return *arguments;
}

/// The same for a subcommand that does without the books, or opens them itself.
template <class Arguments>
Arguments& alone(CLI::App& leaf, Plan& plan, int (*run)(Alone&, const Arguments&)) {
  auto arguments = std::make_shared<Arguments>();
  leaf.final_callback([&plan, arguments, run] {
    plan.alone = [arguments, run](Alone& call) { return run(call, *arguments); };
  });
  return *arguments;
}

/// Arguments of a subcommand that has none.
struct Nothing {};

/// An option whose text `parse` reads; what it cannot read is a usage error that says `wanted`.
template <class T>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, std::optional<T>& value,
                        const std::string& help, std::optional<T> (*parse)(std::string_view),
                        const std::string& wanted) {
  return app.add_option_function<std::string>(
      name,
      [&value, parse, name, wanted](const std::string& text) {
        value = parse(text);
        if (!value) throw CLI::ValidationError(name, "'" + text + "' is not " + wanted);
      },
      help);
}

inline CLI::Option* add_date(CLI::App& app, const std::string& name,
                             std::optional<engine::Date>& value, const std::string& help) {
  return add_parsed(app, name, value, help, &engine::parse_date, "a date YYYY-MM-DD")
      ->type_name("DATE");
}

/// The caller's name for what is asked, so that it can be asked again.
inline CLI::Option* add_key(CLI::App& app, std::string& key) {
  return app.add_option("--key", key, "Idempotency key; one is made up")->type_name("KEY");
}

/// A file that the subcommand reads: when a server runs the subcommand, its bytes go along.
inline CLI::Option* add_input(CLI::App& app, Plan& plan, const std::string& name,
                              std::string& value, const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&plan, &value](const std::string& text) {
            value = text;
            plan.inputs.push_back(text);
          },
          help)
      ->type_name("FILE");
}

}  // namespace lumbung::api::cli
