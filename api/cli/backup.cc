// backup, restore: the journal and the personal store, both or neither.
#include <system_error>

#include "api/cli/audit.h"
#include "api/cli/call.h"
#include "api/cli/leaf.h"
#include "api/open_book.h"
#include "storage/durable_file.h"
#include "storage/personal_backup.h"

namespace lumbung::api::cli {
namespace {

namespace fs = std::filesystem;

/// Files of a personal store and of its copy (docs/personal-data.md).
constexpr const char* kKeysName = "keys";
constexpr const char* kManifestName = "MANIFEST";

// --- backup ---

struct BackupArguments {
  std::string target;
  bool keys_apart = false;
};

int backup(Call& call, const BackupArguments& arguments) {
  const fs::path target = call.directory / arguments.target;
  if (fs::exists(target)) throw Failure(kFailed, target.string() + ": exists already");
  people::Persons& persons = call.persons();
  // The journal first: what it cites of the personal store is there before it is cited.
  const storage::Heads heads = call.ledger.checkpoint(target);
  persons.backup(personal_directory(target), heads,
                 arguments.keys_apart ? storage::BackupKeys::kApart : storage::BackupKeys::kCopied);
  note(call, arguments.keys_apart
                 ? target.string() + " has no keys: restore needs the key file of today"
                 : target.string() + " can be read by whoever has it");
  return kOk;
}

// --- restore ---

struct RestoreArguments {
  std::string source;
  std::string keys;
};

/// A directory that is made whole under another name, and gone unless it was moved into place.
class Unfinished {
 public:
  explicit Unfinished(fs::path target) : target_(std::move(target)) {
    if (target_.filename().empty()) target_ = target_.parent_path();  // "data/"
    path_ = target_;
    path_ += ".restoring";
    fs::remove_all(path_);
  }
  ~Unfinished() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  const fs::path& path() const { return path_; }
  /// Durable when it returns.
  void put_in_place() {
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      storage::sync_file(entry.path());
    }
    storage::sync_directory(path_);
    fs::rename(path_, target_);
    storage::sync_directory(target_.parent_path());
  }

 private:
  fs::path target_;
  fs::path path_;
};

/// The keys that the copy is to be opened with: those of --keys, else its own, else those of the
/// setting, which stay where they are.
fs::path keys_for(const Alone& call, const RestoreArguments& arguments, const fs::path& personal) {
  const fs::path own = personal / kKeysName;
  if (!arguments.keys.empty()) {
    fs::remove(own);
    const auto ring = storage::load_keys(arguments.keys);
    if (!ring) throw Failure(kIoError, arguments.keys + ": there is no such key file");
    storage::create_keys(own, *ring);
  }
  return fs::exists(own) || call.config.keys_file.empty() ? own : fs::path(call.config.keys_file);
}

/// Throws Failure unless the copy of the personal store is whole and belongs to this journal.
void require_pair(const Alone& call, const RestoreArguments& arguments, const fs::path& part,
                  const storage::Heads& heads) {
  const fs::path personal = personal_directory(part);
  if (!fs::is_directory(personal)) {
    throw Failure(kFailed, arguments.source + ": has no personal part; nothing was restored");
  }
  const auto fault = storage::check_pair(personal, keys_for(call, arguments, personal), heads);
  if (fault != storage::PairFault::kNone) {
    throw Failure(
        fault == storage::PairFault::kHeadsOther || fault == storage::PairFault::kKeysOther
            ? kFailed
            : kFindings,
        arguments.source + ": " + std::string(sentence_of(fault)) + "; nothing was restored");
  }
}

int restore(Alone& call, const RestoreArguments& arguments) {
  const fs::path source = arguments.source;
  const fs::path data = data_directory(call.config, /*may_be_new=*/true);
  if (!fs::is_directory(source)) {
    throw Failure(kIoError, source.string() + ": there is no such backup");
  }
  if (fs::exists(data) && !(fs::is_directory(data) && fs::is_empty(data))) {
    throw Failure(kFailed,
                  data.string() + ": is not empty; a backup comes back into a new data directory");
  }
  Unfinished part(fs::absolute(data));
  fs::copy(source, part.path(), fs::copy_options::recursive);
  // What is looked at is the copy that comes into place.
  const auto report = storage::audit_directory(part.path(), {});
  tell(call, report);
  if (!report.sound()) {
    throw Failure(kFindings, source.string() + ": is damaged, nothing was restored");
  }
  storage::Heads heads;
  for (const auto& book : report.books) heads[book.coop] = book.head;
  require_pair(call, arguments, part.path(), heads);
  fs::remove(personal_directory(part.path()) / kManifestName);  // it is no copy from now on
  part.put_in_place();
  return kOk;
}

}  // namespace

void add_backup(CLI::App& program, Plan& plan) {
  CLI::App& backup_app =
      *program.add_subcommand("backup", "Copy the journal and what is known of persons");
  auto& of_backup = on_books(backup_app, plan, backup);
  backup_app.add_option("target", of_backup.target, "The directory to make")->required();
  backup_app.add_flag("--keys-apart", of_backup.keys_apart,
                      "Leave the keys out: the copy cannot be read without the key file");

  CLI::App& restore_app =
      *program.add_subcommand("restore", "Verify a backup and make it the new data directory");
  auto& of_restore = alone(restore_app, plan, restore);
  restore_app.add_option("source", of_restore.source, "The backup")->required();
  restore_app.add_option("--keys", of_restore.keys, "The key file, of a backup without keys")
      ->type_name("FILE");
}

}  // namespace lumbung::api::cli
