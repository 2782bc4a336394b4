// post, import.
#include <iterator>

#include "api/cli/call.h"
#include "api/cli/leaf.h"
#include "api/directory.h"
#include "api/import.h"
#include "api/wire.h"

namespace lumbung::api::cli {
namespace {

using Outcome = storage::Answer::Outcome;

// --- post ---

constexpr std::size_t kLinesAtOnce = 1024;

struct PostArguments {
  std::string file;
};

/// The lines of one batch: what they ask for, and what each is told.
class LineBatch {
 public:
  LineBatch(Call& call, const engine::CoopId& coop, Directory& directory)
      : call_(call), coop_(coop), directory_(directory) {}

  /// A command to be posted; `line` is its number in the file.
  void add(std::uint64_t line, engine::Command command) {
    lines_.push_back(line);
    commands_.push_back(std::move(command));
  }
  bool full() const { return commands_.size() == kLinesAtOnce; }

  /// Posts what was added and writes the answers. True when nothing was refused.
  bool post() {
    bool all_done = true;
    std::vector<std::string> keys;
    for (const auto& command : commands_) keys.push_back(command.key.text());
    const auto answers =
        call_.ledger.ask_batch(coop_, std::move(commands_), storage::BatchMode::kPerItem);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      tell(lines_[i], keys[i], answers[i]);
      all_done = all_done && answers[i].outcome == Outcome::kDone;
    }
    commands_.clear();
    lines_.clear();
    return all_done;
  }

  void tell(std::uint64_t line, const std::string& key, const storage::Answer& answer) {
    if (answer.outcome == Outcome::kUnknown) {
      throw Failure(kIoError, "line " + std::to_string(line) +
                                  ": not known whether it was written; post the file again after a "
                                  "restart, and nothing is posted twice");
    }
    if (call_.config.json) {
      write_json(call_.out, [&](json::Writer& out) {
        out.begin_object().member("line", line).member("key", key);
        out.member("outcome", answer.outcome == Outcome::kDone ? "done" : "refused");
        if (answer.outcome == Outcome::kDone) {
          out.member("event", answer.event.value)
              .member("booking_date", engine::format_date(answer.booking_date))
              .member("replayed", answer.replayed);
        } else {
          out.key("refusal");
          render_refusal(out, answer.refusal, &directory_);
        }
        out.end_object();
      });
      return;
    }
    call_.out << line << ' ' << key << ' ';
    if (answer.outcome == Outcome::kDone) {
      call_.out << "event " << answer.event.value << (answer.replayed ? " known before" : "");
    } else {
      call_.out << refusal_sentence(answer.refusal);
    }
    call_.out << '\n';
  }

 private:
  Call& call_;
  const engine::CoopId coop_;
  Directory& directory_;
  std::vector<std::uint64_t> lines_;
  std::vector<engine::Command> commands_;
};

int post(Call& call, const PostArguments& arguments) {
  const auto coop = coop_of(call);
  status_of(call, coop);
  const auto principal = principal_of(call, coop);
  const auto file = call.open_input(arguments.file);
  json::Parser parser;
  Directory directory(call.ledger, coop);
  LineBatch batch(call, coop, directory);
  bool all_done = true;
  std::string text;
  for (std::uint64_t line = 1; std::getline(*file, text); ++line) {
    if (text.empty()) continue;
    auto item = decode_item(parser, text, directory, principal);
    if (!item.errors.empty()) {
      batch.post();  // what stands above it is posted; the corrected file may come whole again
      const auto& error = item.errors.front();
      throw Failure(kBadData, "line " + std::to_string(line) + ": " +
                                  (error.pointer.empty() ? "" : error.pointer + ": ") +
                                  error.detail);
    }
    if (!item.unknown.empty()) {
      storage::Answer answer;
      answer.outcome = Outcome::kRefused;
      answer.refusal = engine::Refusal(engine::RefusalCode::account_unknown);
      batch.tell(line, item.value.key.text(), answer);
      all_done = false;
      continue;
    }
    batch.add(line, std::move(item.value));
    if (batch.full()) all_done = batch.post() && all_done;
  }
  all_done = batch.post() && all_done;
  return all_done ? kOk : kFailed;
}

// --- import ---

struct ImportArguments {
  std::string file;
  std::string rules;
  bool commit = false;
};

std::string read_all(Call& call, const std::string& name) {
  const auto file = call.open_input(name);
  return {std::istreambuf_iterator<char>(*file), {}};
}

int import(Call& call, const ImportArguments& arguments) {
  const auto coop = coop_of(call);
  const ImportRules rules = parse_import_rules(read_all(call, arguments.rules), arguments.rules);
  const std::string bytes = read_all(call, arguments.file);
  ImportReport report;
  {
    Progress progress(call.err, "rows", call.progress);
    ImportOptions options;
    options.commit = arguments.commit;
    options.progress = [&](auto done, auto all) { progress.at(done, all); };
    options.policy = call.config.policy();
    report = import_csv(call.ledger, coop, rules, bytes, options);
  }
  if (call.config.json) {
    write_json(call.out, [&](json::Writer& out) { render_import(out, report); });
  } else {
    call.out << text_of(report);
  }
  return exit_code(report);
}

}  // namespace

void add_entries(CLI::App& program, Plan& plan) {
  CLI::App& post_app =
      *program.add_subcommand("post", "Post entries, one JSON object a line, each with its key");
  auto& of_post = on_books(post_app, plan, post);
  add_input(post_app, plan, "file", of_post.file, "The file; - or left out: standard input");
  // Called for this subcommand alone: no other one may wait for standard input.
  post_app.parse_complete_callback([&plan, &of_post] {
    if (!of_post.file.empty()) return;
    of_post.file = kStdin;
    plan.inputs.push_back(of_post.file);
  });

  CLI::App& import_app = *program.add_subcommand(
      "import", "Read a CSV file by rules; without --commit only say what would be posted");
  auto& of_import = on_books(import_app, plan, import);
  add_input(import_app, plan, "file", of_import.file, "The CSV file, perhaps gzipped")->required();
  add_input(import_app, plan, "--rules", of_import.rules, "The rules (TOML)")->required();
  import_app.add_flag_function(
      "--commit",
      [&plan, &of_import](std::int64_t) {
        of_import.commit = true;
        plan.create = true;  // the rules may open the book
      },
      "Post it");
}

}  // namespace lumbung::api::cli
