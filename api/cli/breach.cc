// person access, person breach: who has read what, and who is to be told when it was not meant for
// them.
#include "api/cli/call.h"
#include "api/cli/person.h"
#include "storage/digest.h"

namespace lumbung::api::cli {
namespace {

using people::PersonKey;
using people::PersonNo;
using people::Persons;

/// How much is asked of the store at once.
constexpr std::uint32_t kRowsAtOnce = 1000;

void add_time(CLI::App& app, const std::string& name, std::optional<engine::Timestamp>& time,
              const std::string& help) {
  add_parsed(app, name, time, help, &engine::parse_timestamp, "a time such as 2026-12-31T17:00:00Z")
      ->type_name("TIME");
}

// --- access ---

struct AccessArguments {
  std::optional<PersonNo> person;
};

int access(Call& call, const AccessArguments& arguments) {
  const PersonKey key = key_of(call, arguments.person);
  Table table{">NUMBER", "AT", "BY", "PURPOSE", "TOKEN"};
  std::string text;
  json::Writer out(text);
  out.begin_array();
  for (std::uint64_t after = 0;;) {
    const auto rows = call.persons().accesses_of(key, after, kRowsAtOnce);
    for (const storage::AccessRow& row : rows) {
      const std::string by = principal_name(call, key.coop, row.access.principal);
      const std::string at = engine::format_timestamp(row.access.at);
      const std::string token = row.access.token ? storage::hex(*row.access.token) : "";
      out.begin_object()
          .member("number", row.number)
          .member("at", at)
          .member("principal", by)
          .member("purpose", row.access.purpose);
      if (!token.empty()) out.member("token", token);
      out.end_object();
      table.row({std::to_string(row.number), at, by, row.access.purpose, token});
      after = row.number;
    }
    if (rows.size() < kRowsAtOnce) break;
  }
  out.end_array();
  print_list(call, text, table);
  return kOk;
}

// --- breach ---

struct BreachArguments {
  std::string by;
  std::string token;
  bool everybody = false;
  std::optional<engine::Timestamp> since;
  std::optional<engine::Timestamp> until;
  bool contacts = false;
  std::optional<std::string> purpose;
};

/// Whose data was read, or everybody with nothing read.
std::vector<storage::Affected> affected(Call& call, const engine::CoopId& coop,
                                        const BreachArguments& arguments) {
  if (arguments.everybody) {
    std::vector<storage::Affected> all;
    for (const PersonNo person : call.persons().everybody(coop)) {
      all.push_back({{person.value}, {}, 0, {}, {}});
    }
    return all;
  }
  storage::BreachQuery query;
  if (!arguments.by.empty()) {
    query.principal = call.ledger.find_principal(coop, arguments.by);
    if (!query.principal) {
      throw Failure(kFailed, "'" + arguments.by + "' was never granted a role in " +
                                 std::string(coop.text()));
    }
  }
  if (!arguments.token.empty()) {
    query.token = storage::parse_hash(arguments.token);
    if (!query.token) throw Failure(kUsage, "--token: not an id as token list shows it");
  }
  query.from = arguments.since.value_or(engine::Timestamp{0});
  query.until = arguments.until.value_or(engine::Timestamp{now().us + 1});
  return call.persons().affected(coop, query);
}

void render_affected(json::Writer& out, const storage::Affected& affected,
                     const Persons::Got& contact) {
  out.begin_object().member("person", affected.person.value);
  if (affected.reads > 0) {
    out.member("reads", affected.reads)
        .member("first", engine::format_timestamp(affected.first))
        .member("last", engine::format_timestamp(affected.last));
  }
  if (contact.answer == Persons::Answer::kErased) out.member("erased", true);
  if (contact.answer == Persons::Answer::kDamaged) out.member("damaged", true);
  if (contact.answer == Persons::Answer::kDone) render_record(out, contact.record);
  out.end_object();
}

/// How to reach those who are affected, in their order; without --contacts nothing is read.
std::vector<Persons::Got> contacts_of(Call& call, const engine::CoopId& coop,
                                      const std::vector<storage::Affected>& all,
                                      const BreachArguments& arguments) {
  std::vector<PersonNo> persons;
  for (const auto& one : all) {
    persons.push_back({static_cast<std::uint32_t>(one.person.value)});
  }
  if (!arguments.contacts) return std::vector<Persons::Got>(all.size());
  return call.persons().get(coop, persons, access_of(call, coop, arguments.purpose));
}

int breach(Call& call, const BreachArguments& arguments) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  if (arguments.everybody == (!arguments.by.empty() || !arguments.token.empty())) {
    throw Failure(kUsage, "whose reading? --by, --token, or both; or --everybody");
  }
  if (arguments.contacts && !arguments.purpose) {
    throw Failure(kUsage, "--contacts shows who they are: give --purpose");
  }
  const auto all = affected(call, coop, arguments);
  const auto contacts = contacts_of(call, coop, all, arguments);
  Table table{">PERSON", ">READS", "FIRST", "LAST", "NAME", "PHONES", "ADDRESS"};
  std::string text;
  json::Writer out(text);
  out.begin_array();
  for (std::size_t i = 0; i < all.size(); ++i) {
    render_affected(out, all[i], contacts[i]);
    const bool was_read = all[i].reads > 0;
    const auto& record = contacts[i].record;
    table.row({std::to_string(all[i].person.value), std::to_string(all[i].reads),
               was_read ? engine::format_timestamp(all[i].first) : "",
               was_read ? engine::format_timestamp(all[i].last) : "", record.name,
               joined(record.phones), record.address});
  }
  out.end_array();
  print_list(call, text, table);
  return kOk;
}

}  // namespace

void add_breach(CLI::App& person, Plan& plan) {
  CLI::App& access_app = *person.add_subcommand("access", "List who has read what of a person");
  add_person(access_app, on_books(access_app, plan, access).person);

  CLI::App& breach_app =
      *person.add_subcommand("breach", "List the persons to be told of a breach");
  auto& of_breach = on_persons(breach_app, plan, breach);
  breach_app.add_option("--by", of_breach.by, "Whose data this principal has read");
  breach_app.add_option("--token", of_breach.token, "Or was read with this token; its id");
  breach_app.add_flag("--everybody", of_breach.everybody, "Directory and keys got away");
  add_time(breach_app, "--since", of_breach.since, "From then on");
  add_time(breach_app, "--until", of_breach.until, "Before that");
  breach_app.add_flag("--contacts", of_breach.contacts, "With names, phones and addresses");
  add_purpose(breach_app, of_breach.purpose);
}

}  // namespace lumbung::api::cli
