// role grant, revoke, list; token create, list, revoke.
#include "api/cli/call.h"
#include "api/cli/leaf.h"
#include "api/wire.h"

namespace lumbung::api::cli {
namespace {

// --- roles: in the journal ---

struct RoleArguments {
  std::string principal;
  std::optional<engine::Role> role;
  std::string key;
};

template <class Command>
int change_role(Call& call, const RoleArguments& arguments) {
  return ask(call, coop_of(call), Command{arguments.principal, *arguments.role}, arguments.key);
}

int list_roles(Call& call, const Nothing&) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  Table table{"PRINCIPAL", "ROLES"};
  std::string text;
  json::Writer out(text);
  out.begin_array();
  for (const auto& principal : call.ledger.principals(coop)) {
    const Roles roles{principal.roles};
    out.begin_object().member("principal", principal.name).key("roles").begin_array();
    for (const std::string_view role : names_of(roles)) out.value(role);
    out.end_array().end_object();
    table.row({principal.name, text_of(roles, ", ")});
  }
  out.end_array();
  print_list(call, text, table);
  return kOk;
}

// --- tokens: beside it ---

struct TokenArguments {
  std::string principal;
  std::string label;
  std::optional<engine::Timestamp> expires;
};

void render_token(json::Writer& out, const TokenInfo& token) {
  out.member("id", token.id)
      .member("principal", token.principal)
      .member("label", token.label)
      .member("created", engine::format_timestamp(token.created))
      .key("expires");
  if (token.expires) {
    out.value(engine::format_timestamp(*token.expires));
  } else {
    out.null();
  }
}

int create_token(Call& call, const TokenArguments& arguments) {
  const auto token =
      call.tokens.create(coop_of(call), arguments.principal, arguments.label, arguments.expires);
  if (!token) throw Failure(kFailed, refusal_sentence(token.refusal()));
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) {
      out.begin_object().member("token", token->secret);
      render_token(out, token->info);
      out.end_object();
    });
    return kOk;
  }
  call.out << token->secret << '\n';
  note(call, "this is shown only once; its id is " + token->info.id);
  return kOk;
}

int list_tokens(Call& call, const Nothing&) {
  const auto tokens = call.tokens.list(coop_of(call));
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) {
      out.begin_array();
      for (const TokenInfo& token : tokens) {
        out.begin_object();
        render_token(out, token);
        out.end_object();
      }
      out.end_array();
    });
    return kOk;
  }
  Table table{"ID", "PRINCIPAL", "CREATED", "EXPIRES", "LABEL"};
  for (const TokenInfo& token : tokens) {
    table.row({token.id, token.principal, engine::format_timestamp(token.created),
               token.expires ? engine::format_timestamp(*token.expires) : "never", token.label});
  }
  table.print(call.out);
  return kOk;
}

struct IdArguments {
  std::string id;
};

int revoke_token(Call& call, const IdArguments& arguments) {
  const auto coop = coop_of(call);
  if (!call.tokens.revoke(coop, arguments.id)) {
    throw Failure(kFailed, std::string(coop.text()) + " has no token of this id");
  }
  note(call, "revoked");
  return kOk;
}

}  // namespace

void add_principals(CLI::App& program, Plan& plan) {
  CLI::App& role = group(program, "role", "Say who may do what");
  const auto add_change = [&](const std::string& name, const std::string& help,
                              int (*run)(Call&, const RoleArguments&)) {
    CLI::App& app = *role.add_subcommand(name, help);
    auto& arguments = on_books(app, plan, run);
    app.add_option("principal", arguments.principal, "Whose: a user, partner or device")
        ->required();
    add_parsed(app, "role", arguments.role, "The role", &engine::parse_role,
               "admin, treasurer, teller, approver, auditor or integrator")
        ->required();
    add_key(app, arguments.key);
  };
  add_change("grant", "Grant a role", change_role<engine::GrantRole>);
  add_change("revoke", "Take a role back", change_role<engine::RevokeRole>);
  on_books(*role.add_subcommand("list", "List principals and their roles"), plan, list_roles);

  CLI::App& token = group(program, "token", "Make and revoke what HTTP callers show");
  CLI::App& create = *token.add_subcommand("create", "Make a token and show it, once");
  auto& arguments = on_books(create, plan, create_token);
  create.add_option("principal", arguments.principal, "Whose it is; needs a role first")
      ->required();
  create.add_option("--label", arguments.label, "A word to know it by");
  add_parsed(create, "--expires", arguments.expires, "When it ends; never",
             &engine::parse_timestamp, "a time such as 2026-12-31T17:00:00Z")
      ->type_name("TIME");
  on_books(*token.add_subcommand("list", "List tokens, without their secrets"), plan, list_tokens);
  CLI::App& revoke = *token.add_subcommand("revoke", "Let a token work no longer");
  revoke.add_option("id", on_books(revoke, plan, revoke_token).id, "As token list shows it")
      ->required();
}

}  // namespace lumbung::api::cli
