// user password, list, show, unlock, end-sessions, totp-off.
#include <sodium.h>

#include "api/cli/call.h"
#include "api/cli/leaf.h"
#include "api/login/users.h"

namespace lumbung::api::cli {
namespace {

using login::Secret;
using login::UserRow;
using Chosen = login::Credentials::Chosen;

struct UserArguments {
  std::string name;
  bool from_stdin = false;
};

UserRow user_of(Call& call, const std::string& name) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  auto user = call.users().find(coop, name);
  if (!user) {
    throw Failure(kFailed,
                  "'" + name + "' was never granted a role in " + std::string(coop.text()));
  }
  return *std::move(user);
}

// --- what is set ---

/// Sixteen characters that are not taken for each other, 80 random bits, as "k7wq-…": good to be
/// read out.
Secret one_time_password() {
  constexpr std::string_view kAlphabet = "23456789abcdefghijkmnpqrstuvwxyz";
  static_assert(kAlphabet.size() == 32);
  constexpr std::size_t kCharacters = 16;
  constexpr std::size_t kGroup = 4;
  std::array<unsigned char, kCharacters> random;
  randombytes_buf(random.data(), random.size());
  std::string text;
  for (std::size_t i = 0; i < kCharacters; ++i) {
    if (i > 0 && i % kGroup == 0) text += '-';
    text += kAlphabet[random[i] & 31U];
  }
  Secret secret(text);
  sodium_memzero(text.data(), text.size());
  sodium_memzero(random.data(), random.size());
  return secret;
}

/// One line of standard input, without its end.
Secret read_password(Call& call, const UserRow& user) {
  std::string line;
  std::getline(*call.open_input(std::string(kStdin)), line);
  if (line.ends_with('\r')) line.pop_back();
  Secret password(line);
  sodium_memzero(line.data(), line.size());
  if (const auto fault = login::fault_of(password.view(), user.name)) {
    throw Failure(kBadData, "refused: " + std::string(name_of(*fault)) + ": " +
                                std::string(sentence_of(*fault)));
  }
  return password;
}

int set_password(Call& call, const UserArguments& arguments) {
  const UserRow user = user_of(call, arguments.name);
  const Secret password = arguments.from_stdin ? read_password(call, user) : one_time_password();
  const Chosen chosen = arguments.from_stdin ? Chosen::kByUser : Chosen::kForUser;
  if (!call.users().set_password(user, Secret(password.view()), chosen)) {
    throw Failure(kUnavailable, "too many are logging in at this moment; try again");
  }
  if (arguments.from_stdin) {
    note(call, "set");
    return kOk;
  }
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) {
      out.begin_object().member("user", std::string_view(user.name));
      out.member("password", password.view()).end_object();
    });
    return kOk;
  }
  call.out << password.view() << '\n';
  note(call, "this is shown only once, and is to be changed at the first login within three days");
  return kOk;
}

int unlock(Call& call, const UserArguments& arguments) {
  call.users().unlock(user_of(call, arguments.name));
  note(call, "may try again");
  return kOk;
}

int end_sessions(Call& call, const UserArguments& arguments) {
  const std::size_t ended = call.users().end_sessions(user_of(call, arguments.name));
  note(call, std::to_string(ended) + " ended");
  return kOk;
}

int remove_totp(Call& call, const UserArguments& arguments) {
  const UserRow user = user_of(call, arguments.name);
  if (!user.known.has_totp) throw Failure(kFailed, "'" + user.name + "' has no authenticator");
  call.users().clear_totp(user);
  note(call, "removed");
  return kOk;
}

// --- what there is ---

std::string_view password_word(const UserRow& user) {
  if (!user.known.password_hash) return "none";
  return user.known.one_time ? "one-time" : "set";
}

std::string_view totp_word(const UserRow& user) {
  if (!user.known.has_totp) return "none";
  return user.totp_is_lost ? "lost" : "set";
}

void render_user(json::Writer& out, const UserRow& user) {
  out.begin_object().member("user", std::string_view(user.name)).key("roles").begin_array();
  for (const std::string_view role : names_of(user.roles)) out.value(role);
  out.end_array().member("password", password_word(user)).member("totp", totp_word(user));
  out.member("wrong_tries", user.known.wrong_tries).key("changed");
  if (user.known.password_hash) {
    out.value(std::string_view(engine::format_timestamp(user.known.changed)));
  } else {
    out.null();
  }
  out.member("sessions", user.sessions).end_object();
}

int print_users(Call& call, const std::vector<UserRow>& users, bool one) {
  Table table{"USER", "ROLES", "PASSWORD", "TOTP", ">WRONG", ">SESSIONS"};
  std::string text;
  json::Writer out(text);
  if (!one) out.begin_array();
  for (const UserRow& user : users) {
    table.row({user.name, text_of(user.roles, ", "), std::string(password_word(user)),
               std::string(totp_word(user)), std::to_string(user.known.wrong_tries),
               std::to_string(user.sessions)});
    render_user(out, user);
  }
  if (!one) out.end_array();
  print_list(call, text, table);
  return kOk;
}

int list(Call& call, const Nothing&) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  return print_users(call, call.users().list(coop), /*one=*/false);
}

int show(Call& call, const UserArguments& arguments) {
  return print_users(call, {user_of(call, arguments.name)}, /*one=*/true);
}

}  // namespace

void add_users(CLI::App& program, Plan& plan) {
  CLI::App& user = group(program, "user", "Say how people log in");
  const auto add =
      [&](const std::string& name, const std::string& help,
          int (*run)(Call&, const UserArguments&)) -> std::pair<CLI::App&, UserArguments&> {
    CLI::App& app = *user.add_subcommand(name, help);
    auto& arguments = on_books(app, plan, run);
    app.add_option("user", arguments.name, "The principal's name; holds a role")->required();
    return {app, arguments};
  };
  auto [password, of_password] =
      add("password", "Give a password for one login and show it, once", set_password);
  password.add_flag_function(
      "--stdin",
      [&plan, &arguments = of_password](std::int64_t) {
        arguments.from_stdin = true;
        plan.inputs.push_back(std::string(kStdin));
      },
      "Read the user's own password from standard input instead");
  on_books(*user.add_subcommand("list", "List users, without their secrets"), plan, list);
  add("show", "Show a user", show);
  add("unlock", "Let a user try again at once", unlock);
  add("end-sessions", "End all sessions of a user", end_sessions);
  add("totp-off", "Remove the authenticator of a user who has lost it", remove_totp);
}

}  // namespace lumbung::api::cli
