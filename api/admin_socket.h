// The admin socket: how a command of the command line is carried out beside a running server.
//
// One process owns a data directory. While that is a server, it listens on DATA/admin.sock (mode
// 0600), and a subcommand that finds the directory taken sends itself there: POST /run. The body is
// one line of JSON and then the bytes of the input files in its order:
//
//     {"arguments":["--coop","DESA","account","list"],"directory":"/home/ani",
//      "files":[{"name":"-","bytes":512}]}
//
// The answer is one line of JSON and then what goes to stderr; what goes to stdout may be as long
// as a book, so it waits in a file of the data directory, which the client takes away:
//
//     {"exit_code":0,"err_bytes":0,"out_bytes":0,"out_file":"run-k2Jd0x"}
//
// What is known of persons lies in no file in clear: it follows behind what goes to stderr, and
// there is no `out_file`.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth.h"
#include "api/http/http.h"
#include "api/people/persons.h"
#include "api/workers.h"
#include "storage/ledger.h"

namespace lumbung::api {

namespace login {
class Users;
}

inline constexpr std::string_view kAdminSocketName = "admin.sock";
inline constexpr std::size_t kAdminBodyMax = 64 << 20;

/// A subcommand on its way to the server.
struct RemoteCall {
  std::vector<std::string> arguments;        // without the program's name
  std::string directory;                     // where it was given, absolute
  std::map<std::string, std::string> files;  // input files by name: their bytes
  friend bool operator==(const RemoteCall&, const RemoteCall&) = default;
};

std::string encode(const RemoteCall& call);
/// nullopt when it is not the form above.
std::optional<RemoteCall> decode_remote_call(std::string_view body);

/// Has the server of this data directory carry out the call, copies what it wrote and returns its
/// exit code; nullopt when no server listens there. Throws cli::Failure when the server does not
/// answer properly.
std::optional<int> call_server(const std::filesystem::path& data, const RemoteCall& call,
                               std::ostream& out, std::ostream& err);

/// Stands behind the admin socket: carries out calls on threads of its own. Takes them from this
/// process's user and from root alone. What it is given must outlive it.
class AdminHandler : public http::Handler {
 public:
  AdminHandler(storage::Ledger& ledger, Tokens& tokens, login::Users& users,
               people::Persons& persons, std::filesystem::path data);

  std::optional<http::Response> admit(http::RequestHead& head, std::size_t& body_limit) override;
  void handle(http::Request request, http::Reply reply) override;

 private:
  http::Response carry_out(const std::string& body);
  http::Response carry_out_in_memory(const RemoteCall& call);
  http::Response carry_out_in_file(const RemoteCall& call);

  storage::Ledger& ledger_;
  Tokens& tokens_;
  login::Users& users_;
  people::Persons& persons_;
  const std::filesystem::path data_;
  Workers workers_;  // ends first: its tasks use the others
};

}  // namespace lumbung::api
