// The command line: which subcommands there are, and how one is carried out.
//
// A subcommand that works on the books is one function of (books, its parsed arguments). The
// program calls it itself when the data directory is free. When a server owns the directory, the
// same arguments and the bytes of the input files go to the server (admin_socket.h), which calls
// the same function and sends back what it wrote.
#pragma once

#include <filesystem>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "api/admin_socket.h"
#include "api/auth.h"
#include "api/config.h"
#include "api/people/persons.h"
#include "storage/ledger.h"

namespace CLI {
class App;
}

namespace lumbung::api::cli {

/// The exit codes of the program; those from 64 on are the ones of sysexits(3).
enum Exit : int {
  kOk = 0,
  kFailed = 1,
  kFindings = 2,  // verify found something, or the journal is damaged
  kUsage = 64,
  kBadData = 65,
  kUnavailable = 69,
  kIoError = 74,
  kConfigError = 78,
};

/// Ends a subcommand: the sentence goes to stderr, the code to the shell.
struct Failure : std::runtime_error {
  Failure(Exit exit_code, const std::string& sentence)
      : std::runtime_error(sentence), code(exit_code) {}
  Exit code;
};

/// The data directory that was named. Throws Failure when none was, and unless `may_be_new` also
/// when it is not there.
std::filesystem::path data_directory(const Config& config, bool may_be_new = false);

/// The name of standard input among the input files.
inline constexpr std::string_view kStdin = "-";

/// What is known of persons; opened by the first call.
using OpenPersons = std::function<people::Persons&()>;

using OpenInput = std::function<std::unique_ptr<std::istream>(const std::string& name)>;

/// What a subcommand that works on the books is given. One thread.
struct Call {
  storage::Ledger& ledger;
  Tokens& tokens;
  std::function<login::Users&()> users;  // beside no server they are read when first asked for
  OpenPersons persons;
  const Config& config;
  OpenInput open_input;             // an input file by its name; throws Failure
  std::filesystem::path directory;  // what relative names of other files are relative to
  std::ostream& out;                // data
  std::ostream& err;                // talk
  bool progress = false;            // somebody watches err
};

/// What a subcommand that does without the books, or that opens them itself, is given.
struct Alone {
  const Config& config;
  std::ostream& out;
  std::ostream& err;
  bool progress = false;
};

/// What the command line turned out to ask for.
struct Plan {
  Given given;
  std::function<int(Call&)> on_books;  // either this is set, once parsed
  std::function<int(Alone&)> alone;    // or this
  std::vector<std::string> inputs;     // the files that on_books reads
  bool create = false;                 // on_books may make the data directory
  bool shows_persons = false;          // what on_books writes must not lie on any disk
};

/// The program's command line, read once. One thread.
class CommandLine {
 public:
  CommandLine();
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// nullopt: the plan is ready. Otherwise the exit code: help was asked for and written to `out`,
  /// or the arguments are wrong and `err` says how.
  std::optional<int> parse(const std::vector<std::string>& arguments, std::ostream& out,
                           std::ostream& err);
  const Plan& plan() const { return plan_; }

 private:
  Plan plan_;
  std::unique_ptr<CLI::App> app_;
};

/// Where a process talks to.
struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;
};

/// The whole program. Returns the exit code.
int run(const std::vector<std::string>& arguments, const Streams& streams,
        const Environment& environment);

/// A subcommand that came through the admin socket, carried out with the server's books. Returns
/// the exit code.
int run_for_client(const RemoteCall& remote, storage::Ledger& ledger, Tokens& tokens,
                   login::Users& users, people::Persons& persons, std::ostream& out,
                   std::ostream& err);
/// Whether what that subcommand writes to `out` is personal data.
bool shows_persons(const RemoteCall& remote);

// Each adds its group of subcommands to the program's.
void add_books(CLI::App& program, Plan& plan);       // init, coops
void add_accounts(CLI::App& program, Plan& plan);    // account …
void add_days(CLI::App& program, Plan& plan);        // day …, month …
void add_principals(CLI::App& program, Plan& plan);  // role …, token …
void add_users(CLI::App& program, Plan& plan);       // user …
void add_entries(CLI::App& program, Plan& plan);     // post, import
void add_reports(CLI::App& program, Plan& plan);     // statement, trial-balance, export
void add_persons(CLI::App& program, Plan& plan);     // person …
void add_store(CLI::App& program, Plan& plan);       // verify, rebuild, checkpoint
void add_backup(CLI::App& program, Plan& plan);      // backup, restore
void add_service(CLI::App& program, Plan& plan);     // serve, demo, torture
void add_bench(CLI::App& program, Plan& plan);       // bench
void add_program(CLI::App& program, Plan& plan);     // config, version, completion

}  // namespace lumbung::api::cli
