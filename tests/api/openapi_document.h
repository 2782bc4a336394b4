// What tests need to know of api/openapi.yaml, by a scanner of lines: the document is written by
// hand in one layout (two blanks a level, one operation below its method, parameters by reference),
// and a line that departs from it is an operation that a test misses.
#pragma once

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/check.h"

namespace lumbung::api {

struct Operation {
  std::string method;                // "GET"
  std::string path;                  // the template
  std::vector<std::string> roles;    // of x-roles
  bool is_public = false;            // security: []
  bool is_session = false;           // security: [{ session: [] }]
  std::set<std::string> parameters;  // names of the components that are referred to
  std::set<std::string> statuses;    // "200" and so on
  bool has_body = false;
};

struct OpenapiDocument {
  std::vector<Operation> operations;
  std::map<std::string, std::string> query_names;      // component → name, of those in the query
  std::map<std::string, std::set<std::string>> enums;  // schema of components → its values
};

inline std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before) + before.size();
  return std::string(text.substr(begin, text.find(after, begin) - begin));
}

inline OpenapiDocument read_openapi(const std::string& file) {
  std::ifstream in(file);
  CHECK(in.is_open());
  OpenapiDocument document;
  std::string line;
  std::string path, component, name;
  std::string top, section;  // "paths", "components"; below components "parameters", "schemas"
  Operation* operation = nullptr;
  bool in_enum = false;
  while (std::getline(in, line)) {
    const std::string_view text = line;
    const std::size_t depth = text.find_first_not_of(' ');
    if (depth == std::string_view::npos) continue;
    const std::string_view rest = text.substr(depth);
    const std::string key(rest.substr(0, rest.find(':')));
    if (depth == 0) top = key;
    if (top == "paths") {
      if (depth == 2) path = key;
      if (depth == 4) {
        operation = &document.operations.emplace_back();
        operation->method = key == "get" ? "GET" : key == "post" ? "POST" : key;
        operation->path = path;
      }
      if (operation == nullptr) continue;
      if (depth == 6 && key == "x-roles") {
        std::string roles = between(rest, "[", "]");
        while (!roles.empty()) {
          const std::size_t comma = std::min(roles.find(", "), roles.size());
          operation->roles.push_back(roles.substr(0, comma));
          roles.erase(0, comma + 2);
        }
      }
      if (depth == 6 && rest == "security: []") operation->is_public = true;
      if (depth == 6 && rest == "security: [{ session: [] }]") operation->is_session = true;
      if (depth == 6 && key == "requestBody") operation->has_body = true;
      if (rest.find("#/components/parameters/") != std::string_view::npos) {
        operation->parameters.insert(between(rest, "#/components/parameters/", "\""));
      }
      if (depth == 8 && rest.starts_with('"')) {
        operation->statuses.insert(std::string(rest.substr(1, 3)));
      }
    } else if (top == "components") {
      if (depth == 2) section = key;
      if (depth == 4) {
        component = key;
        in_enum = false;
      }
      if (depth == 6 && section == "schemas") {
        in_enum = key == "enum";
        std::string values = in_enum && rest.find('[') != std::string_view::npos
                                 ? between(rest, "[", "]")
                                 : std::string();
        while (!values.empty()) {
          const std::size_t comma = std::min(values.find(", "), values.size());
          document.enums[component].insert(values.substr(0, comma));
          values.erase(0, comma + 2);
        }
      }
      if (depth == 8 && in_enum && rest.starts_with("- ")) {
        document.enums[component].insert(std::string(rest.substr(2)));
      }
      if (depth == 6 && section == "parameters") {
        if (key == "name") name = rest.substr(6);
        if (rest == "in: query") document.query_names[component] = name;
      }
    }
  }
  return document;
}

inline OpenapiDocument read_openapi() {
  return read_openapi(LUMBUNG_SOURCE_DIR "/api/openapi.yaml");
}

}  // namespace lumbung::api
