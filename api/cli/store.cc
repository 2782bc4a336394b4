// verify, rebuild, checkpoint.
#include <unistd.h>

#include <charconv>
#include <system_error>

#include "api/cli/audit.h"
#include "api/cli/call.h"
#include "api/cli/leaf.h"

namespace lumbung::api::cli {
namespace {

namespace fs = std::filesystem;
using storage::AuditFinding;
using storage::AuditReport;
using Heads = std::map<engine::CoopId, storage::Head>;

// --- verify ---

struct VerifyArguments {
  std::string journal;
  std::vector<std::string> heads;
};

/// "DESA:812:9f…": a head known from elsewhere.
std::pair<engine::CoopId, storage::Head> parse_head(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.rfind(':');
  if (first != std::string::npos && first < second) {
    const auto coop = engine::CoopId::parse(std::string_view(text).substr(0, first));
    const auto hash = storage::parse_hash(std::string_view(text).substr(second + 1));
    storage::Head head;
    const char* end = text.data() + second;
    const auto number = std::from_chars(text.data() + first + 1, end, head.block_no.value);
    if (coop && hash && number.ec == std::errc{} && number.ptr == end && head.block_no.value > 0) {
      head.hash = *hash;
      return {*coop, head};
    }
  }
  throw Failure(kUsage, "'" + text + "' is no head: COOP:BLOCK:HASH, the hash in hex");
}

/// Asks the server that owns the directory for a checkpoint and audits that.
AuditReport audit_beside_server(const Alone& call, const Heads& heads,
                                const storage::Progress& progress) {
  const fs::path data = data_directory(call.config);
  const fs::path copy = fs::absolute(data / ("verify-" + std::to_string(::getpid())));
  RemoteCall remote;
  remote.arguments = {"--quiet", "checkpoint", copy.string()};
  remote.directory = "/";
  const auto code = call_server(data, remote, call.out, call.err);
  if (!code) throw storage::StoreBusy("another process owns the data directory");
  if (*code != kOk) throw Failure(kIoError, "the server made no checkpoint to verify");
  struct Removal {
    const fs::path& path;
    ~Removal() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  } removal{copy};
  return storage::audit_directory(copy, heads, progress);
}

AuditReport audit(const Alone& call, const VerifyArguments& arguments, const Heads& heads,
                  const storage::Progress& progress) {
  if (!arguments.journal.empty()) {
    if (!fs::is_regular_file(arguments.journal)) {
      throw Failure(kIoError, arguments.journal + ": there is no such file");
    }
    return storage::audit_file(arguments.journal, heads, progress);
  }
  try {
    return storage::audit_directory(data_directory(call.config), heads, progress);
  } catch (const storage::StoreBusy&) {
    return audit_beside_server(call, heads, progress);
  }
}

std::string text_of(const AuditFinding& finding) {
  std::string text(finding.coop.text());
  if (finding.block_no) text += " block " + std::to_string(finding.block_no->value);
  if (finding.offset) text += " byte " + std::to_string(*finding.offset);
  if (!finding.column.empty()) text += " column " + finding.column;
  if (finding.event) text += " event " + std::to_string(finding.event->value);
  if (!finding.field.empty()) text += " field " + finding.field;
  return (text.empty() ? "" : text + ": ") + finding.what;
}

void render_report(json::Writer& out, const AuditReport& report) {
  out.begin_object().member("sound", report.sound()).key("cooperatives").begin_array();
  for (const auto& book : report.books) {
    out.begin_object()
        .member("coop", book.coop.text())
        .member("blocks", book.blocks)
        .member("events", book.head.last_event.value)
        .member("head", storage::hex(book.head.hash))
        .end_object();
  }
  out.end_array().key("findings").begin_array();
  for (const AuditFinding& finding : report.findings) {
    out.begin_object().member("coop", finding.coop.text());
    if (finding.block_no) out.member("block", finding.block_no->value);
    if (finding.offset) out.member("offset", *finding.offset);
    if (!finding.column.empty()) out.member("column", finding.column);
    if (finding.event) out.member("event", finding.event->value);
    if (!finding.field.empty()) out.member("field", finding.field);
    out.member("what", finding.what).end_object();
  }
  out.end_array().end_object();
}

int verify(Alone& call, const VerifyArguments& arguments) {
  Heads heads;
  for (const std::string& text : arguments.heads) heads.insert(parse_head(text));
  AuditReport report;
  {
    Progress progress(call.err, "verify", call.progress);
    report = audit(call, arguments, heads, [&](auto done, auto all) { progress.at(done, all); });
  }
  tell(call, report);
  return report.sound() ? kOk : kFindings;
}

// --- rebuild, checkpoint ---

int rebuild(Alone& call, const Nothing&) {
  storage::Ledger::rebuild(data_directory(call.config));
  return kOk;
}

struct PathArguments {
  std::string path;
};

int checkpoint(Call& call, const PathArguments& arguments) {
  const fs::path target = call.directory / arguments.path;
  if (fs::exists(target)) throw Failure(kFailed, target.string() + ": exists already");
  call.ledger.checkpoint(target);
  note(call, target.string() + " is a data directory of its own");
  return kOk;
}

}  // namespace

void tell(const Alone& call, const AuditReport& report) {
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) { render_report(out, report); });
    return;
  }
  for (const AuditFinding& finding : report.findings) call.out << text_of(finding) << '\n';
  for (const auto& book : report.books) {
    call.out << "head " << book.coop.text() << ':' << book.blocks << ':'
             << storage::hex(book.head.hash) << " events " << book.head.last_event.value << '\n';
  }
  if (call.config.quiet) return;
  call.err << (report.sound() ? "sound" : std::to_string(report.findings.size()) + " findings")
           << '\n';
}

void add_store(CLI::App& program, Plan& plan) {
  CLI::App& verify_app = *program.add_subcommand(
      "verify", "Walk the chain, replay it by the rules, compare everything derived from it");
  auto& of_verify = alone(verify_app, plan, verify);
  verify_app
      .add_option("--journal", of_verify.journal,
                  "Verify blocks exported to this file; needs no data directory")
      ->type_name("FILE");
  verify_app.add_option("--head", of_verify.heads, "A head known from elsewhere; may be repeated")
      ->type_name("COOP:BLOCK:HASH");

  alone(*program.add_subcommand("rebuild", "Build everything derived anew from the journal"), plan,
        rebuild);

  CLI::App& checkpoint_app = *program.add_subcommand(
      "checkpoint", "Make a consistent copy of the journal, without persons");
  checkpoint_app
      .add_option("target", on_books(checkpoint_app, plan, checkpoint).path,
                  "The directory to make")
      ->required();
}

}  // namespace lumbung::api::cli
