#include "api/admin_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include "api/cli/cli.h"
#include "api/http/listen.h"
#include "api/json.h"

namespace lumbung::api {
namespace {

constexpr std::size_t kWorkers = 2;  // a long import leaves one for the short commands
constexpr std::size_t kCallsWaiting = 64;
constexpr std::size_t kArgumentsMax = 4096;
constexpr std::size_t kFilesMax = 16;
constexpr std::string_view kSpoolPrefix = "run-";

constexpr std::array kCallFields{json::FieldSpec{"arguments", json::kRequired},
                                 json::FieldSpec{"directory", json::kRequired},
                                 json::FieldSpec{"files", json::kRequired}};
constexpr std::array kFileFields{json::FieldSpec{"name", json::kRequired},
                                 json::FieldSpec{"bytes", json::kRequired}};
constexpr std::array kResultFields{
    json::FieldSpec{"exit_code", json::kRequired}, json::FieldSpec{"err_bytes", json::kRequired},
    json::FieldSpec{"out_bytes", json::kRequired}, json::FieldSpec{"out_file"}};

/// A line of JSON and the bytes after it.
std::pair<std::string_view, std::string_view> split_head(std::string_view body) {
  const std::size_t end = std::min(body.find('\n'), body.size());
  return {body.substr(0, end), body.substr(std::min(end + 1, body.size()))};
}

// --- the client ---

http::FileDescriptor connect_to(const std::filesystem::path& socket_path) {
  sockaddr_un address{};
  const std::string path = socket_path.string();
  if (path.size() >= sizeof address.sun_path) {
    throw cli::Failure(cli::kUnavailable, path + ": too long for the name of a socket");
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  http::FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0 ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EACCES || errno == EPERM) {
      throw cli::Failure(cli::kUnavailable,
                         path + ": a server owns the data directory, and you may not talk to it");
    }
    return {};
  }
  return fd;
}

/// Sends everything and reads to the end; whatever fails, the answer is then incomplete.
std::string exchange(int fd, std::string_view request) {
  while (!request.empty()) {
    const ssize_t sent = ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) break;  // the server may have answered already: it refuses by the head alone
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string answer;
  std::array<char, 1 << 16> piece;
  while (true) {
    const ssize_t got = ::recv(fd, piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return answer;
    answer.append(piece.data(), static_cast<std::size_t>(got));
  }
}

struct RemoteResult {
  std::int64_t exit_code = 0;
  std::uint64_t err_bytes = 0;
  std::uint64_t out_bytes = 0;
  std::string out_file;  // empty: there is none
};

std::optional<RemoteResult> decode_result(std::string_view line) {
  RemoteResult result;
  json::Parser parser;
  const auto errors =
      parser.object(line, kResultFields, [&](std::size_t field, json::Value& value) {
        switch (field) {
          case 0:
            return value.integer(result.exit_code, 0, 255);
          case 1:
            return value.integer(result.err_bytes);
          case 2:
            return value.integer(result.out_bytes);
          default: {
            std::string_view name;
            return value.string(name) && (result.out_file = name, true);
          }
        }
      });
  const bool is_spool = result.out_file.empty() || (result.out_file.starts_with(kSpoolPrefix) &&
                                                    result.out_file.find('/') == std::string::npos);
  if (!errors.empty() || !is_spool) return std::nullopt;
  return result;
}

/// Copies the file that the server left and takes it away.
void take_spool(const std::filesystem::path& path, std::ostream& out) {
  std::ifstream in(path, std::ios::binary);
  std::filesystem::remove(path);
  if (!in) throw cli::Failure(cli::kIoError, path.string() + ": cannot be read");
  if (in.peek() != std::ifstream::traits_type::eof()) out << in.rdbuf();
}

// --- the server ---

http::Response refusal(int status, std::string_view why) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = why;
  return response;
}

/// A new file in the data directory, for what a call writes to stdout.
std::filesystem::path make_spool(const std::filesystem::path& data) {
  std::string name = (data / kSpoolPrefix).string() + "XXXXXX";
  const http::FileDescriptor fd(::mkstemp(name.data()));
  if (fd.get() < 0) throw std::system_error(errno, std::generic_category(), name);
  return name;
}

void remove_left_spools(const std::filesystem::path& data) {
  for (const auto& entry : std::filesystem::directory_iterator(data)) {
    if (entry.is_regular_file() && entry.path().filename().string().starts_with(kSpoolPrefix)) {
      std::filesystem::remove(entry.path());
    }
  }
}

http::Response result_of(const RemoteResult& result, std::string_view err, std::string_view out) {
  http::Response response;
  response.content_type = "application/octet-stream";
  json::Writer head(response.body);
  head.begin_object()
      .member("exit_code", result.exit_code)
      .member("err_bytes", result.err_bytes)
      .member("out_bytes", result.out_bytes);
  if (!result.out_file.empty()) head.member("out_file", result.out_file);
  head.end_object();
  response.body += '\n';
  response.body.append(err).append(out);
  return response;
}

}  // namespace

std::string encode(const RemoteCall& call) {
  std::string body;
  json::Writer head(body);
  head.begin_object().key("arguments").begin_array();
  for (const std::string& argument : call.arguments) head.value(argument);
  head.end_array().member("directory", call.directory).key("files").begin_array();
  for (const auto& [name, bytes] : call.files) {
    head.begin_object().member("name", name).member("bytes", bytes.size()).end_object();
  }
  head.end_array().end_object();
  body += '\n';
  for (const auto& [name, bytes] : call.files) body += bytes;
  return body;
}

std::optional<RemoteCall> decode_remote_call(std::string_view body) {
  auto [head, rest] = split_head(body);
  RemoteCall call;
  bool complete = true;
  const auto take_string = [](json::Value& value, std::string& text) {
    std::string_view view;
    return value.string(view) && (text = view, true);
  };
  const auto take_file = [&](std::size_t, json::Value& value) {
    std::string name;
    std::uint64_t size = 0;
    const bool read = value.object(kFileFields, [&](std::size_t field, json::Value& member) {
      return field == 0 ? take_string(member, name) : member.integer(size);
    });
    if (!read) return false;
    complete = complete && size <= rest.size();
    call.files[name] = rest.substr(0, size);
    rest.remove_prefix(std::min<std::size_t>(size, rest.size()));
    return true;
  };
  json::Parser parser;
  const auto errors = parser.object(head, kCallFields, [&](std::size_t field, json::Value& value) {
    switch (field) {
      case 0:
        return value.array(0, kArgumentsMax, [&](std::size_t, json::Value& argument) {
          return take_string(argument, call.arguments.emplace_back());
        });
      case 1:
        return take_string(value, call.directory);
      default:
        return value.array(0, kFilesMax, take_file);
    }
  });
  if (!errors.empty() || !complete || !rest.empty()) return std::nullopt;
  return call;
}

std::optional<int> call_server(const std::filesystem::path& data, const RemoteCall& call,
                               std::ostream& out, std::ostream& err) {
  const http::FileDescriptor socket = connect_to(data / kAdminSocketName);
  if (socket.get() < 0) return std::nullopt;
  const std::string body = encode(call);
  if (body.size() > kAdminBodyMax) {
    throw cli::Failure(cli::kBadData,
                       "more input than the 64 MiB that go to a running server at once");
  }
  const std::string answer =
      exchange(socket.get(),
               "POST /run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
               "Content-Type: application/octet-stream\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body);
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  const std::size_t head_end = answer.find(kHeadEnd);
  if (head_end == std::string::npos) {
    throw cli::Failure(
        cli::kIoError,
        "the server ended before it answered: what was asked may or may not be done");
  }
  const auto [line, rest] = split_head(std::string_view(answer).substr(head_end + kHeadEnd.size()));
  if (!answer.starts_with("HTTP/1.1 200 ")) {
    throw cli::Failure(cli::kUnavailable, "the server does not take this: " + std::string(line));
  }
  const auto result = decode_result(line);
  if (!result || result->err_bytes > rest.size() ||
      result->out_bytes != rest.size() - result->err_bytes) {
    throw cli::Failure(cli::kIoError, "the server's answer is not complete");
  }
  if (!result->out_file.empty()) take_spool(data / result->out_file, out);
  err << rest.substr(0, result->err_bytes);
  out << rest.substr(result->err_bytes);
  return static_cast<int>(result->exit_code);
}

AdminHandler::AdminHandler(storage::Ledger& ledger, Tokens& tokens, login::Users& users,
                           people::Persons& persons, std::filesystem::path data)
    : ledger_(ledger),
      tokens_(tokens),
      users_(users),
      persons_(persons),
      data_(std::move(data)),
      workers_(kWorkers, kCallsWaiting) {
  remove_left_spools(data_);
}

std::optional<http::Response> AdminHandler::admit(http::RequestHead& head,
                                                  std::size_t& body_limit) {
  if (!head.peer_uid || (*head.peer_uid != ::geteuid() && *head.peer_uid != 0)) {
    return refusal(403, "only the server's own user and root");
  }
  if (head.segments.size() != 1 || head.segments.front() != "run") {
    return refusal(404, "there is only /run");
  }
  if (head.method != http::Method::kPost) return refusal(405, "only POST");
  body_limit = kAdminBodyMax;
  return std::nullopt;
}

void AdminHandler::handle(http::Request request, http::Reply reply) {
  const bool taken = workers_.offer([this, reply, body = std::move(request.body)] {
    try {
      reply(carry_out(body));
    } catch (const std::exception& error) {
      reply(refusal(500, error.what()));
    }
  });
  if (!taken) reply(refusal(503, "too many commands are waiting"));
}

http::Response AdminHandler::carry_out(const std::string& body) {
  const auto call = decode_remote_call(body);
  if (!call) return refusal(400, "this is no call of lumbung's command line");
  return cli::shows_persons(*call) ? carry_out_in_memory(*call) : carry_out_in_file(*call);
}

http::Response AdminHandler::carry_out_in_memory(const RemoteCall& call) {
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code = cli::run_for_client(call, ledger_, tokens_, users_, persons_, out, err);
  return result_of({exit_code, err.view().size(), out.view().size(), {}}, err.view(), out.view());
}

http::Response AdminHandler::carry_out_in_file(const RemoteCall& call) {
  const std::filesystem::path spool = make_spool(data_);
  std::ofstream out(spool, std::ios::binary);
  std::ostringstream err;
  int exit_code = cli::run_for_client(call, ledger_, tokens_, users_, persons_, out, err);
  out.close();
  if (!out) {
    err << "lumbung: " << spool.string() << ": cannot be written\n";
    exit_code = cli::kIoError;
  }
  return result_of({exit_code, err.view().size(), 0, spool.filename().string()}, err.view(), {});
}

}  // namespace lumbung::api
