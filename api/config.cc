#include "api/config.h"

#include <toml++/toml.h>

#include <array>
#include <charconv>
#include <filesystem>

#include "api/json.h"

namespace lumbung::api {
namespace {

constexpr std::string_view kServe = "serve";

constexpr std::array kSettings{
    Setting{"data", "LUMBUNG_DATA", "--data", "", "DIR", "The data directory", &Config::data},
    Setting{"keys_file", "LUMBUNG_KEYS_FILE", "--keys-file", "", "FILE",
            "The keys of the personal store; DATA/personal/keys", &Config::keys_file},
    Setting{"coop", "LUMBUNG_COOP", "--coop", "", "ID",
            "The cooperative; may be left out where there is only one", &Config::coop},
    Setting{"as", "LUMBUNG_AS", "--as", "", "PRINCIPAL", "Who asks", &Config::principal},
    Setting{"json", "LUMBUNG_JSON", "--json", "", "", "Write JSON", &Config::json},
    Setting{"quiet", "LUMBUNG_QUIET", "--quiet", "", "", "Write nothing but data and errors",
            &Config::quiet},
    Setting{"no_color", "NO_COLOR", "--no-color", "", "", "Write without colours",
            &Config::no_color},
    Setting{"serve.listen", "LUMBUNG_LISTEN", "--listen", kServe, "HOST:PORT",
            "Where to listen; port 0: any free one", &Config::listen},
    Setting{"serve.hosts", "LUMBUNG_HOSTS", "--hosts", kServe, "NAMES",
            "The host names to answer for, with commas between; all when left out", &Config::hosts},
    Setting{
        "serve.origins", "LUMBUNG_ORIGINS", "--origins", kServe, "ORIGINS",
        "The origins whose pages people log in on, https://HOST each, with commas between; that "
        "of the host that is asked when left out",
        &Config::web_origins},
    Setting{"serve.proxies", "LUMBUNG_PROXIES", "--proxies", kServe, "ADDRESSES",
            "The proxies in front, with commas between, whose X-Forwarded-For is believed",
            &Config::proxies},
    Setting{"serve.io_threads", "LUMBUNG_IO_THREADS", "--io-threads", kServe, "N",
            "Threads that read and write connections", &Config::io_threads, 1, 64},
    Setting{"serve.connections_max", "LUMBUNG_CONNECTIONS_MAX", "--connections-max", kServe, "N",
            "Connections that are open at the same time", &Config::connections_max, 1, 65536},
    Setting{"serve.connections_per_address_max", "LUMBUNG_CONNECTIONS_PER_ADDRESS_MAX",
            "--connections-per-address-max", kServe, "N", "And from one address",
            &Config::connections_per_address_max, 1, 65536},
    Setting{"serve.log_file", "LUMBUNG_LOG_FILE", "--log-file", kServe, "FILE",
            "Where the log goes, opened anew at SIGHUP; stderr when left out", &Config::log_file},
    Setting{"policy.value_date_back_days", "LUMBUNG_VALUE_DATE_BACK_DAYS", "", "", "",
            "How far a value date may lie before the booking date", &Config::value_date_back_days,
            0, 36525},
    Setting{"policy.value_date_ahead_days", "LUMBUNG_VALUE_DATE_AHEAD_DAYS", "", "", "",
            "How far a value date may lie after the booking date", &Config::value_date_ahead_days,
            0, 36525},
    Setting{"policy.next_day_gap_days", "LUMBUNG_NEXT_DAY_GAP_DAYS", "", "", "",
            "The longest run of days from one business date to the next",
            &Config::next_day_gap_days, 1, 31},
};

/// "serve.listen" → {"serve", "listen"}; a key without a section has an empty one.
std::pair<std::string_view, std::string_view> section_and_name(std::string_view key) {
  const std::size_t dot = key.find('.');
  if (dot == std::string_view::npos) return {{}, key};
  return {key.substr(0, dot), key.substr(dot + 1)};
}

const Setting* find_setting(std::string_view section, std::string_view name) {
  for (const Setting& setting : kSettings) {
    if (section_and_name(setting.key) == std::pair(section, name)) return &setting;
  }
  return nullptr;
}

[[noreturn]] void refuse(std::string_view where, const std::string& wanted) {
  throw ConfigError(std::string(where) + " " + wanted);
}

void set_number(Config& config, const Setting& setting, std::int64_t Config::*field,
                std::int64_t number, std::string_view where) {
  if (number < setting.min || number > setting.max) {
    refuse(where,
           "must be from " + std::to_string(setting.min) + " to " + std::to_string(setting.max));
  }
  config.*field = number;
}

bool truth_of(std::string_view text, std::string_view where) {
  if (text == "1" || text == "true" || text == "yes") return true;
  if (text == "0" || text == "false" || text == "no" || text.empty()) return false;
  refuse(where, "must be true or false");
}

/// From the command line or the environment, where everything is text. `where` names it in errors.
void set_from_text(Config& config, const Setting& setting, std::string_view text, Origin origin,
                   std::string_view where) {
  if (const auto* words = std::get_if<std::string Config::*>(&setting.field)) {
    config.** words = text;
  } else if (const auto* truth = std::get_if<bool Config::*>(&setting.field)) {
    // https://no-color.org: present and not empty, whatever its value.
    config.** truth = setting.environment == "NO_COLOR" ? !text.empty() : truth_of(text, where);
  } else {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
      refuse(where, "must be a whole number");
    }
    set_number(config, setting, std::get<std::int64_t Config::*>(setting.field), number, where);
  }
  config.origins[setting.key] = origin;
}

void set_from_toml(Config& config, const Setting& setting, const toml::node& node,
                   std::string_view where) {
  if (const auto* words = std::get_if<std::string Config::*>(&setting.field)) {
    if (!node.is_string()) refuse(where, "must be a string");
    config.** words = **node.as_string();
  } else if (const auto* truth = std::get_if<bool Config::*>(&setting.field)) {
    if (!node.is_boolean()) refuse(where, "must be true or false");
    config.** truth = **node.as_boolean();
  } else {
    if (!node.is_integer()) refuse(where, "must be a whole number");
    set_number(config, setting, std::get<std::int64_t Config::*>(setting.field),
               **node.as_integer(), where);
  }
  config.origins[setting.key] = Origin::kFile;
}

std::string place(const std::string& path, const toml::source_position& position) {
  return path + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

void read_table(Config& config, const toml::table& table, std::string_view section,
                const std::string& path) {
  for (const auto& [key, node] : table) {
    const std::string where = place(path, node.source().begin) + ": ";
    if (section.empty() && node.is_table()) {
      read_table(config, *node.as_table(), key.str(), path);
      continue;
    }
    const Setting* setting = find_setting(section, key.str());
    if (setting == nullptr) refuse(where, "there is no setting '" + std::string(key.str()) + "'");
    set_from_toml(config, *setting, node, where + std::string(setting->key));
  }
}

void read_file(Config& config, const std::string& path) {
  if (!std::filesystem::exists(path)) throw ConfigError(path + ": there is no such file");
  try {
    read_table(config, toml::parse_file(path), {}, path);
  } catch (const toml::parse_error& error) {
    throw ConfigError(place(path, error.source().begin) + ": " + std::string(error.description()));
  }
  config.file = path;
}

/// Empty when there is none to read.
std::string file_to_read(const Given& given, const Environment& environment) {
  if (const auto found = given.find("config"); found != given.end()) return found->second;
  if (auto path = environment("LUMBUNG_CONFIG"); path && !path->empty()) return *path;
  const std::string usual(kDefaultConfigFile);
  return std::filesystem::exists(usual) ? usual : std::string();
}

void set_from_flags(Config& config, const Given& given) {
  for (const Setting& setting : kSettings) {
    if (const auto found = given.find(setting.key); found != given.end()) {
      set_from_text(config, setting, found->second, Origin::kFlag, setting.flag);
    }
  }
}

std::string origin_text(const Config& config, const Setting& setting) {
  const auto found = config.origins.find(setting.key);
  switch (found == config.origins.end() ? Origin::kDefault : found->second) {
    case Origin::kFlag:
      return "command line, " + std::string(setting.flag);
    case Origin::kEnvironment:
      return "environment, " + std::string(setting.environment);
    case Origin::kFile:
      return config.file;
    case Origin::kDefault:
      break;
  }
  return "default";
}

/// One value as JSON, which for these three types is also TOML (of texts without control
/// characters beyond the escapes that both have).
void write_value(json::Writer& out, const Config& config, const Setting& setting) {
  std::visit([&](auto field) { out.value(config.*field); }, setting.field);
}

}  // namespace

engine::Policy Config::policy() const {
  return {.value_date_back_days = static_cast<int>(value_date_back_days),
          .value_date_ahead_days = static_cast<int>(value_date_ahead_days),
          .next_day_gap_days = static_cast<int>(next_day_gap_days)};
}

std::span<const Setting> settings() {
  return kSettings;
}

Config load_config(const Given& given, const Environment& environment) {
  Config config;
  if (const std::string path = file_to_read(given, environment); !path.empty()) {
    read_file(config, path);
  }
  for (const Setting& setting : kSettings) {
    const std::string name(setting.environment);
    if (const auto text = environment(name)) {
      set_from_text(config, setting, *text, Origin::kEnvironment, name);
    }
  }
  set_from_flags(config, given);
  return config;
}

Config config_of(const Given& given) {
  Config config;
  set_from_flags(config, given);
  return config;
}

std::string print_config(const Config& config) {
  std::string out;
  std::string_view open_section;
  for (const Setting& setting : kSettings) {
    const auto [section, name] = section_and_name(setting.key);
    if (section != open_section) {
      out += "\n[" + std::string(section) + "]\n";
      open_section = section;
    }
    out += std::string(name) + " = ";
    json::Writer writer(out);
    write_value(writer, config, setting);
    out += "  # " + origin_text(config, setting) + "\n";
  }
  return out;
}

std::string print_config_json(const Config& config) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const Setting& setting : kSettings) {
    writer.key(setting.key).begin_object().key("value");
    write_value(writer, config, setting);
    writer.member("from", origin_text(config, setting)).end_object();
  }
  writer.end_object();
  out += '\n';
  return out;
}

}  // namespace lumbung::api
