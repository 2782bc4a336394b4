// Config: what the program runs with, merged from four places, of which an earlier one wins:
// the command line, the environment, a TOML file, the default. One table of settings drives all
// four, `lumbung config` and the man page's list.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "engine/policy.h"

namespace lumbung::api {

/// A file or variable that cannot be understood; the message is one sentence that names it.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Origin : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };

struct Config {
  std::string data;                    // the data directory; empty: not given
  std::string keys_file;               // of the personal store; empty: in the data directory
  std::string coop;                    // empty: the only one there is
  std::string principal = "operator";  // who asks
  bool json = false;
  bool quiet = false;
  bool no_color = false;

  std::string listen = "127.0.0.1:8080";
  std::string hosts;        // with commas between; empty: every host
  std::string web_origins;  // with commas between; empty: that of the host that is asked
  std::string proxies;      // with commas between
  std::int64_t io_threads = 1;
  std::int64_t connections_max = 1000;
  std::int64_t connections_per_address_max = 128;
  std::string log_file;  // empty: stderr

  std::int64_t value_date_back_days = engine::Policy{}.value_date_back_days;
  std::int64_t value_date_ahead_days = engine::Policy{}.value_date_ahead_days;
  std::int64_t next_day_gap_days = engine::Policy{}.next_day_gap_days;

  std::string file;                            // the TOML file that was read; empty: none
  std::map<std::string_view, Origin> origins;  // by Setting::key

  engine::Policy policy() const;
};

/// A row of the table.
struct Setting {
  std::string_view key;  // in TOML: "serve.listen" is listen of [serve]
  std::string_view environment;
  std::string_view flag;     // empty: has none
  std::string_view command;  // the subcommand that has the flag; empty: all of them
  std::string_view value;    // what the flag takes, for the help; empty for a switch
  std::string_view help;
  std::variant<std::string Config::*, bool Config::*, std::int64_t Config::*> field;
  std::int64_t min = 0;
  std::int64_t max = 0;
};

std::span<const Setting> settings();

/// What the command line said, by Setting::key; "config" is the file's path.
using Given = std::map<std::string, std::string, std::less<>>;
/// The variable of that name; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Read when neither --config nor LUMBUNG_CONFIG names another and when it is there.
inline constexpr std::string_view kDefaultConfigFile = "/etc/lumbung/lumbung.toml";

/// Throws ConfigError.
Config load_config(const Given& given, const Environment& environment);
/// The settings of an invocation that another process has merged already. Throws ConfigError.
Config config_of(const Given& given);

/// A TOML file that says the same, with where each value came from beside it; or JSON.
std::string print_config(const Config& config);
std::string print_config_json(const Config& config);

}  // namespace lumbung::api
