// What the subcommands that work on the books have in common.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/cli/cli.h"
#include "api/json.h"
#include "engine/command.h"
#include "engine/currency.h"
#include "engine/date.h"
#include "engine/id.h"

namespace lumbung::api::cli {

/// The cooperative of --coop, or the only one there is. Throws Failure.
engine::CoopId coop_of(const Call& call);
/// Throws Failure unless it is an id.
engine::CoopId parse_coop(const std::string& text);
/// The status of a cooperative. Throws Failure when there is none of this id.
storage::CoopStatus status_of(const Call& call, const engine::CoopId& coop);
/// Who asks (--as). Throws Failure when no role was ever granted to that name.
engine::PrincipalHandle principal_of(const Call& call, const engine::CoopId& coop);
/// Throws Failure when the cooperative has no account of this code.
storage::AccountView account_of(const Call& call, const engine::CoopId& coop,
                                const std::string& code);
/// A decimal amount of the currency, perhaps negative. Throws Failure.
engine::Amount parse_bound(const std::string& text, engine::Currency currency);

/// Asks, and says what became of it. `key`: empty: a new one is made up. Returns the exit code.
int ask(Call& call, const engine::CoopId& coop, engine::CommandBody body, const std::string& key);
/// "refused: insufficient_funds: the available …" with its parameters.
std::string refusal_sentence(const engine::Refusal& refusal);

/// The system's clock.
engine::Timestamp now();
/// Throws Failure unless there is such a cooperative.
engine::Date today_in(const Call& call, const engine::CoopId& coop);

/// A sentence for whoever watches; not with --quiet.
void note(const Call& call, const std::string& sentence);
/// Writes one JSON value and a line end.
template <class Render>
void write_json(std::ostream& out, const Render& render) {
  std::string text;
  json::Writer writer(text);
  render(writer);
  out << text << '\n';
}

/// Columns of text, as wide as they need to be. Headings that begin with '>' stand right, and so do
/// their columns.
class Table {
 public:
  explicit Table(std::initializer_list<std::string> headings);
  void row(std::vector<std::string> cells);
  void print(std::ostream& out) const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  // the headings first
};

/// A list as it was asked for: the JSON array, or the table.
void print_list(const Call& call, const std::string& json, const Table& table);

/// "37 %", in place, at most once a percent; of what nobody knows the end of, the MiB done.
class Progress {
 public:
  /// `err` must outlive it; `shown` false: writes nothing.
  Progress(std::ostream& err, std::string_view what, bool shown);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void at(std::uint64_t done, std::uint64_t all);

 private:
  std::ostream& err_;
  std::string what_;
  bool shown_;
  std::string last_;  // what stands there
};

}  // namespace lumbung::api::cli
