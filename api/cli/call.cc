#include "api/cli/call.h"

#include <sodium.h>

#include <algorithm>
#include <chrono>

#include "api/directory.h"
#include "api/wire.h"
#include "engine/check.h"
#include "storage/digest.h"

namespace lumbung::api::cli {
namespace {

/// 128 random bits: a key that nobody else makes up.
std::string made_up_key() {
  std::array<char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return "cli-" + storage::hex({bytes.data(), bytes.size()});
}

std::string ids_of(const std::vector<engine::CoopId>& coops) {
  std::string ids;
  for (const auto& coop : coops) ids += (ids.empty() ? "" : ", ") + std::string(coop.text());
  return ids;
}

}  // namespace

engine::CoopId parse_coop(const std::string& text) {
  const auto coop = engine::CoopId::parse(text);
  if (!coop) {
    throw Failure(kUsage, "'" + text + "' is no cooperative id: 2 to 16 of A-Z, 0-9 and '-'");
  }
  return *coop;
}

engine::CoopId coop_of(const Call& call) {
  if (!call.config.coop.empty()) return parse_coop(call.config.coop);
  const auto coops = call.ledger.coops();
  if (coops.size() == 1) return coops.front();
  if (coops.empty()) {
    throw Failure(kFailed, "there is no cooperative here yet; lumbung init opens one");
  }
  throw Failure(kUsage, "which cooperative? give --coop ID: " + ids_of(coops));
}

storage::CoopStatus status_of(const Call& call, const engine::CoopId& coop) {
  auto status = call.ledger.coop(coop);
  if (!status) {
    throw Failure(kFailed, "there is no cooperative " + std::string(coop.text()) + " here");
  }
  return *std::move(status);
}

engine::PrincipalHandle principal_of(const Call& call, const engine::CoopId& coop) {
  const auto handle = call.ledger.find_principal(coop, call.config.principal);
  if (!handle) {
    throw Failure(kFailed, "'" + call.config.principal + "' was never granted a role in " +
                               std::string(coop.text()));
  }
  return *handle;
}

storage::AccountView account_of(const Call& call, const engine::CoopId& coop,
                                const std::string& code) {
  status_of(call, coop);
  const auto handle = call.ledger.find_account(coop, code);
  auto account = handle ? call.ledger.account(coop, *handle) : std::nullopt;
  if (!account) {
    throw Failure(kFailed, std::string(coop.text()) + " has no account '" + code + "'");
  }
  return *std::move(account);
}

engine::Amount parse_bound(const std::string& text, engine::Currency currency) {
  const auto minor = engine::parse_signed(text, engine::exponent_of(currency));
  if (!minor || *minor > engine::kAmountMax || *minor < -engine::kAmountMax) {
    throw Failure(kUsage, "'" + text + "' is no amount of " +
                              std::string(engine::alpha_of(currency)) + ", such as " +
                              engine::format_amount(150'000, engine::exponent_of(currency)));
  }
  return {static_cast<std::int64_t>(*minor)};
}

std::string refusal_sentence(const engine::Refusal& refusal) {
  return "refused: " + std::string(name_of(refusal.code)) + ": " +
         std::string(sentence_of(refusal.code));
}

int ask(Call& call, const engine::CoopId& coop, engine::CommandBody body, const std::string& key) {
  const std::string text = key.empty() ? made_up_key() : key;
  const std::string_view kind = kind_of(body);
  const auto answer =
      call.ledger.ask(coop, {*storage::key_of(text), principal_of(call, coop), std::move(body)});
  switch (answer.outcome) {
    case storage::Answer::Outcome::kDone:
      if (call.config.json) {
        write_json(call.out, [&](json::Writer& out) { render_receipt(out, answer, kind); });
      } else {
        call.out << kind << ": event " << answer.event.value << ", booked on "
                 << engine::format_date(answer.booking_date)
                 << (answer.replayed ? ", known before" : "") << '\n';
      }
      return kOk;
    case storage::Answer::Outcome::kRefused:
      if (call.config.json) {
        Directory directory(call.ledger, coop);
        write_json(call.out,
                   [&](json::Writer& out) { render_refusal(out, answer.refusal, &directory); });
      }
      throw Failure(kFailed, refusal_sentence(answer.refusal));
    case storage::Answer::Outcome::kUnknown:
      break;
  }
  throw Failure(kIoError, "it is not known whether this was written; ask again with --key " + text +
                              " after a restart");
}

engine::Timestamp now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count()};
}

engine::Date today_in(const Call& call, const engine::CoopId& coop) {
  const auto zone = engine::find_zone(status_of(call, coop).zone);
  CHECK(zone.has_value());
  return local_date(now(), *zone);
}

void note(const Call& call, const std::string& sentence) {
  if (!call.config.quiet) call.err << sentence << '\n';
}

// --- Table ---

Table::Table(std::initializer_list<std::string> headings) {
  std::vector<std::string> names;
  for (const std::string& heading : headings) {
    right_.push_back(heading.starts_with('>'));
    names.push_back(right_.back() ? heading.substr(1) : heading);
  }
  rows_.push_back(std::move(names));
}

void Table::row(std::vector<std::string> cells) {
  rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& out) const {
  std::vector<std::size_t> widths(right_.size(), 0);
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  for (const auto& cells : rows_) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string blanks(widths[i] - cells[i].size(), ' ');
      line += (i == 0 ? "" : "  ") + (right_[i] ? blanks + cells[i] : cells[i] + blanks);
    }
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

void print_list(const Call& call, const std::string& json, const Table& table) {
  if (call.config.json) {
    call.out << json << '\n';
  } else {
    table.print(call.out);
  }
}

// --- Progress ---

Progress::Progress(std::ostream& err, std::string_view what, bool shown)
    : err_(err), what_(what), shown_(shown) {}

Progress::~Progress() {
  if (!last_.empty()) err_ << "\r\x1b[K" << std::flush;
}

void Progress::at(std::uint64_t done, std::uint64_t all) {
  if (!shown_) return;
  const std::string now = all == 0 ? std::to_string(done >> 20) + " MiB"
                                   : std::to_string(std::min(done, all) * 100 / all) + " %";
  if (now == last_) return;
  last_ = now;
  err_ << '\r' << what_ << ' ' << now << std::flush;
}

}  // namespace lumbung::api::cli
