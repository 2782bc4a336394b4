// person show, find, change, erase, rotate-key.
//
// Whoever holds the data directory may see what is known of persons, and says why: it is recorded
// as any other reading.
#include <charconv>
#include <iterator>

#include "api/cli/call.h"
#include "api/cli/person.h"
#include "api/people/retention.h"
#include "engine/check.h"
#include "storage/digest.h"

namespace lumbung::api::cli {
namespace {

using people::PersonKey;
using people::PersonNo;
using people::Persons;

std::optional<std::string> parse_reference(std::string_view text) {
  if (!engine::is_reference(text)) return {};
  return std::string(text);
}

/// Throws Failure for all but kDone.
void require_done(const PersonKey& key, Persons::Answer answer) {
  const std::string who =
      std::string(key.coop.text()) + ": person " + std::to_string(key.person.value);
  switch (answer) {
    case Persons::Answer::kDone:
      return;
    case Persons::Answer::kUnknown:
      throw Failure(kFailed, who + " is not known");
    case Persons::Answer::kErased:
      throw Failure(kFailed, who + " was erased");
    case Persons::Answer::kDamaged:
      throw Failure(kFindings, who + ": what was kept is damaged");
    case Persons::Answer::kTaken:
      break;
  }
  CHECK(false);
}

// --- show ---

struct ShowArguments {
  std::optional<PersonNo> person;
  std::optional<std::string> purpose;
};

void print_record(std::ostream& out, const people::PersonRecord& record) {
  const auto line = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) out << name << std::string(14 - name.size(), ' ') << text << '\n';
  };
  line("name", record.name);
  line("other names", joined(record.other_names));
  line("nik", record.nik);
  line("born", record.born ? engine::format_date(*record.born) : "");
  line("sex", record.sex ? name_of(*record.sex) : "");
  line("phones", joined(record.phones));
  line("address", record.address);
  line("job", record.job);
  line("note", record.note);
}

int show(Call& call, const ShowArguments& arguments) {
  const PersonKey key = key_of(call, arguments.person);
  const auto got = call.persons().get(key, access_of(call, key.coop, arguments.purpose));
  if (got.erasure) {
    throw Failure(kFailed,
                  std::string(key.coop.text()) + ": person " + std::to_string(key.person.value) +
                      " was erased at " + engine::format_timestamp(got.erasure->at) + " by " +
                      principal_name(call, key.coop, got.erasure->by) + ": " + got.erasure->why);
  }
  require_done(key, got.answer);
  if (!call.config.json) {
    print_record(call.out, got.record);
    return kOk;
  }
  write_json(call.out, [&](json::Writer& out) {
    out.begin_object().member("person", key.person.value);
    render_record(out, got.record);
    out.end_object();
  });
  return kOk;
}

// --- find ---

struct FindArguments {
  std::string text;
  std::uint64_t offset = 0;
  std::uint64_t limit = 20;
  std::optional<std::string> purpose;
};

std::string_view name_of(people::Match match) {
  switch (match) {
    case people::Match::kExact:
      return "exact";
    case people::Match::kPrefix:
      return "prefix";
    case people::Match::kInfix:
      return "infix";
  }
  CHECK(false);
}

/// A NIK is not in the index: whoever has it is looked up and read.
Persons::Page with_nik(Call& call, const engine::CoopId& coop, const std::string& nik,
                       const storage::Access& access) {
  Persons::Page page;
  for (const PersonNo person : call.persons().with_nik(coop, nik, today_in(call, coop))) {
    auto got = call.persons().get({coop, person}, access);
    if (got.answer != Persons::Answer::kDone) continue;
    page.hits.push_back({person, people::Match::kExact, std::move(got.record.name)});
  }
  page.total = page.hits.size();
  return page;
}

int find(Call& call, const FindArguments& arguments) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  std::string text = arguments.text;
  if (text == kStdin) std::getline(*call.open_input(text), text);
  const auto access = access_of(call, coop, arguments.purpose);
  auto page = with_nik(call, coop, text, access);
  if (page.hits.empty()) {
    page = call.persons().search(coop, text, arguments.offset, arguments.limit, access);
  }
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) {
      out.begin_object().member("total", page.total).key("persons").begin_array();
      for (const auto& hit : page.hits) {
        out.begin_object()
            .member("person", hit.person.value)
            .member("name", hit.name)
            .member("match", name_of(hit.match))
            .end_object();
      }
      out.end_array().end_object();
    });
    return kOk;
  }
  Table table{">PERSON", "NAME"};
  for (const auto& hit : page.hits) table.row({std::to_string(hit.person.value), hit.name});
  table.print(call.out);
  note(call, std::to_string(page.hits.size()) + " of " + std::to_string(page.total));
  return kOk;
}

// --- change ---

struct ChangeArguments {
  std::optional<PersonNo> person;
  std::string file;
  std::optional<std::string> purpose;
};

void render_findings(json::Writer& out, std::string_view name,
                     const std::vector<people::Finding>& findings) {
  out.key(name).begin_array();
  for (const auto& finding : findings) {
    out.begin_object()
        .member("pointer", finding.pointer)
        .member("code", finding.wording->name)
        .member("detail", finding.wording->sentence)
        .end_object();
  }
  out.end_array();
}

void say(std::ostream& err, std::string_view what, const std::vector<people::Finding>& findings) {
  for (const auto& finding : findings) {
    err << what << ": " << finding.pointer << ": " << finding.wording->name << ": "
        << finding.wording->sentence << '\n';
  }
}

people::PersonRecord read_record(Call& call, const std::string& name) {
  const auto file = call.open_input(name);
  const std::string text{std::istreambuf_iterator<char>(*file), {}};
  auto decoded = people::decode_record(text);
  if (decoded.errors.empty()) return std::move(decoded.record);
  const json::Error& first = decoded.errors.front();
  const std::string place = first.pointer.empty() ? name : name + ": " + first.pointer;
  throw Failure(kBadData, place + ": " + first.detail);
}

int change(Call& call, const ChangeArguments& arguments) {
  const PersonKey key = key_of(call, arguments.person);
  const auto written =
      call.persons().change(key, read_record(call, arguments.file),
                            access_of(call, key.coop, arguments.purpose), today_in(call, key.coop));
  require_done(key, written.answer);
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) {
      out.begin_object().member("person", key.person.value).member("done", written.done());
      if (written.done()) out.member("digest", storage::hex(written.digest));
      render_findings(out, "refusals", written.judgement.refusals);
      if (written.other) out.member("other_person", written.other->value);
      render_findings(out, "warnings", written.judgement.warnings);
      out.end_object();
    });
  }
  say(call.err, "refused", written.judgement.refusals);
  say(call.err, "warning", written.judgement.warnings);
  if (!written.done()) {
    throw Failure(kFailed, written.other
                               ? "nothing was changed: person " +
                                     std::to_string(written.other->value) + " has this NIK"
                               : "nothing was changed");
  }
  if (!call.config.json) call.out << storage::hex(written.digest) << '\n';
  return kOk;
}

// --- erase ---

struct EraseArguments {
  std::optional<PersonNo> person;
  std::optional<std::string> why;
  std::optional<engine::Date> last_entry;
  std::optional<engine::Date> relation_ended;
  bool no_ties = false;
};

/// The last day on which one of the ties holds; nullopt when there are none.
std::optional<engine::Date> retained_until(const EraseArguments& arguments) {
  std::optional<engine::Date> until;
  const auto hold = [&](people::Tie tie, const std::optional<engine::Date>& ended) {
    if (ended) until = std::max(until, std::optional(people::retained_until(tie, *ended)));
  };
  hold(people::Tie::kEntries, arguments.last_entry);
  hold(people::Tie::kRelation, arguments.relation_ended);
  if (until.has_value() == arguments.no_ties) {
    throw Failure(kUsage,
                  "say what the law may hold the data by: --last-entry, --relation-ended, or both; "
                  "or --no-ties");
  }
  return until;
}

int erase(Call& call, const EraseArguments& arguments) {
  const PersonKey key = key_of(call, arguments.person);
  const auto until = retained_until(arguments);
  const storage::Erasure erasure{now(), principal_of(call, key.coop), *arguments.why};
  const auto erased = call.persons().erase(key, erasure, until, today_in(call, key.coop));
  require_done(key, erased.answer);
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) {
      out.begin_object()
          .member("person", key.person.value)
          .member("erased", !erased.refused_until.has_value());
      if (erased.refused_until) {
        out.member("retained_until", engine::format_date(*erased.refused_until));
      }
      out.end_object();
    });
  }
  if (erased.refused_until) {
    std::string laws;
    for (const auto& row : people::retentions()) laws += "; " + std::string(row.law);
    throw Failure(kFailed, "refused: the law holds the data until " +
                               engine::format_date(*erased.refused_until) + laws);
  }
  note(call, "erased for good; copies made before still have what they had");
  return kOk;
}

// --- rotate-key ---

int rotate_key(Call& call, const Nothing&) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  const auto report = call.persons().rotate_keys(coop);
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) {
      out.begin_object()
          .member("generation", report.generation)
          .member("rewrapped", report.rewrapped)
          .key("damaged")
          .begin_array();
      for (const auto person : report.damaged) out.value(person.value);
      out.end_array().end_object();
    });
  } else {
    call.out << "key " << report.generation << ", " << report.rewrapped << " persons under it\n";
  }
  if (report.damaged.empty()) return kOk;
  throw Failure(kFindings, std::to_string(report.damaged.size()) +
                               " persons are damaged: the key before is kept for them");
}

}  // namespace

std::optional<PersonNo> parse_person(std::string_view text) {
  PersonNo person;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), person.value);
  if (error != std::errc{} || end != text.data() + text.size() || person.value == 0) return {};
  return person;
}

void add_person(CLI::App& app, std::optional<PersonNo>& person) {
  add_parsed(app, "person", person, "The number of the person", &parse_person,
             "a person's number, from 1 on")
      ->required();
}

CLI::Option* add_reason(CLI::App& app, const std::string& name, std::optional<std::string>& reason,
                        const std::string& help) {
  return add_parsed(app, name, reason, help, &parse_reference,
                    "a word of A-Z, a-z, 0-9 and -./, 40 at most")
      ->type_name("CODE");
}

CLI::Option* add_purpose(CLI::App& app, std::optional<std::string>& purpose) {
  return add_reason(app, "--purpose", purpose, "Why; recorded with the reading");
}

PersonKey key_of(const Call& call, const std::optional<PersonNo>& person) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  return {coop, *person};
}

storage::Access access_of(const Call& call, const engine::CoopId& coop,
                          const std::optional<std::string>& purpose) {
  return {principal_of(call, coop), std::nullopt, now(), *purpose};
}

std::string principal_name(const Call& call, const engine::CoopId& coop,
                           engine::PrincipalHandle handle) {
  const auto principal = call.ledger.principal(coop, handle);
  return principal ? principal->name : std::to_string(handle.value);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

void add_persons(CLI::App& program, Plan& plan) {
  CLI::App& person = group(program, "person", "See, change and erase what is known of persons");

  CLI::App& show_app = *person.add_subcommand("show", "Show what is known of a person");
  auto& of_show = on_persons(show_app, plan, show);
  add_person(show_app, of_show.person);
  add_purpose(show_app, of_show.purpose)->required();

  CLI::App& find_app =
      *person.add_subcommand("find", "Find persons by parts of name, number or phone, or by NIK");
  auto& of_find = on_persons(find_app, plan, find);
  find_app
      .add_option_function<std::string>(
          "text",
          [&plan, &of_find](const std::string& text) {
            of_find.text = text;
            if (text == kStdin) plan.inputs.push_back(text);
          },
          "What to look for; -: a line of stdin, which no list of processes shows")
      ->required();
  find_app.add_option("--limit", of_find.limit, "At most so many")
      ->check(CLI::Range(std::size_t{1}, Persons::kPageMax));
  find_app.add_option("--offset", of_find.offset, "Without the first ones");
  add_purpose(find_app, of_find.purpose)->required();

  CLI::App& change_app =
      *person.add_subcommand("change", "Put another record in the place of a person's");
  auto& of_change = on_persons(change_app, plan, change);
  add_person(change_app, of_change.person);
  add_input(change_app, plan, "file", of_change.file, "The record, one JSON object; -: stdin")
      ->required();
  add_purpose(change_app, of_change.purpose)->required();

  CLI::App& erase_app = *person.add_subcommand("erase", "Erase a person for good");
  auto& of_erase = on_books(erase_app, plan, erase);
  add_person(erase_app, of_erase.person);
  add_reason(erase_app, "--why", of_erase.why, "Why; kept with the erasing")->required();
  add_date(erase_app, "--last-entry", of_erase.last_entry, "Of the last entry about the person");
  add_date(erase_app, "--relation-ended", of_erase.relation_ended,
           "When the person ceased to be a member or a customer");
  erase_app.add_flag("--no-ties", of_erase.no_ties,
                     "The person never was in the books nor a member");

  add_breach(person, plan);

  on_books(*person.add_subcommand("rotate-key", "Replace the cooperative's key by a new one"), plan,
           rotate_key);
}

}  // namespace lumbung::api::cli
