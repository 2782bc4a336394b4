#include "api/demo.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>

#include "api/auth.h"
#include "api/cli/cli.h"
#include "api/demo_year.h"
#include "api/http/listen.h"
#include "api/open_book.h"
#include "engine/chart.h"
#include "storage/digest.h"
#include "storage/ledger.h"

namespace lumbung::api {
namespace {

constexpr std::string_view kCoop = "DESA-SUKAMAJU";
constexpr const char* kName = "KSP Desa Sukamaju";
constexpr std::string_view kTokensFile = "demo-tokens.txt";

struct Officer {
  engine::Role role;
  std::string_view principal;
};

constexpr std::array kOfficers{
    Officer{engine::Role::kAdmin, "admin-1"},
    Officer{engine::Role::kTreasurer, kDemoTreasurer},
    Officer{engine::Role::kTeller, kDemoTeller},
    Officer{engine::Role::kApprover, "ketua-1"},
    Officer{engine::Role::kAuditor, "pengawas-1"},
};

// Common given names; who is called what follows from the numbers alone.
constexpr std::array<std::string_view, 24> kFirst{
    "Siti", "Agus", "Dewi",   "Budi", "Sri",     "Joko", "Rina",  "Slamet",
    "Wati", "Hadi", "Yanti",  "Eko",  "Lestari", "Tono", "Fitri", "Bambang",
    "Nur",  "Imam", "Endang", "Rudi", "Tuti",    "Dedi", "Ani",   "Wawan"};
constexpr std::array<std::string_view, 20> kSecond{
    "Rahayu",  "Santoso", "Wulandari", "Prasetyo", "Handayani", "Wibowo", "Lestari",
    "Nugroho", "Susanti", "Hidayat",   "Astuti",   "Setiawan",  "Kusuma", "Purnomo",
    "Utami",   "Saputra", "Maryani",   "Gunawan",  "Pertiwi",   "Hartono"};

std::string member_name(std::size_t index) {
  const std::size_t second = (index / kFirst.size() + 7 * (index % kFirst.size())) % kSecond.size();
  return std::string(kFirst[index % kFirst.size()]) + " " + std::string(kSecond[second]);
}

/// Names are of people and stay beside the journal, where they can be erased.
void name_members(storage::Ledger& ledger, const engine::CoopId& coop) {
  for (std::size_t i = 0; i < kDemoMembers; ++i) {
    const std::string key = "member/" + std::string(coop.text()) + "/" + demo_member_id(i);
    if (!ledger.beside(key)) ledger.set_beside(key, member_name(i));
  }
}

void grant_roles(storage::Ledger& ledger, const engine::CoopId& coop) {
  std::vector<engine::Command> commands;
  for (const Officer& officer : kOfficers) {
    const auto key = storage::key_of("demo.role." + std::string(name_of(officer.role)));
    commands.push_back(
        {*key, engine::kOperator, engine::GrantRole{std::string(officer.principal), officer.role}});
  }
  for (const auto& answer :
       ledger.ask_batch(coop, std::move(commands), storage::BatchMode::kPerItem)) {
    if (answer.outcome != storage::Answer::Outcome::kDone) {
      throw cli::Failure(cli::kFailed, "the book is not the demo's: a role was refused");
    }
  }
}

void write_tokens(storage::Ledger& ledger, const engine::CoopId& coop,
                  const std::filesystem::path& file) {
  if (std::filesystem::exists(file)) return;
  Tokens tokens(ledger);
  std::string lines;
  for (const Officer& officer : kOfficers) {
    const auto token = tokens.create(coop, officer.principal, "demo");
    lines += std::string(name_of(officer.role)) + " " + std::string(officer.principal) + " " +
             token->secret + "\n";
  }
  const http::FileDescriptor fd(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0 ||
      ::write(fd.get(), lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) {
    throw std::filesystem::filesystem_error("cannot be written", file,
                                            std::error_code(errno, std::generic_category()));
  }
}

}  // namespace

DemoResult make_demo(const std::filesystem::path& data,
                     const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const engine::CoopId coop = *engine::CoopId::parse(kCoop);
  engine::OpenCooperative open;
  open.coop = coop;
  open.currency = engine::kIDR;
  open.zone = "Asia/Jakarta";
  open.first_day = DemoYear::first_day();

  // The clock is the demo's own: the journal then is the same every time.
  std::atomic<std::int64_t> clock_us = std::int64_t{open.first_day.days} * 86'400 * 1'000'000;
  storage::Ledger::Options options;
  options.directory = data;
  options.create = true;
  options.clock = [&clock_us] { return engine::Timestamp{clock_us.load()}; };
  const auto ledger = storage::Ledger::open(std::move(options));

  open_book(*ledger, open, engine::opening_commands(engine::default_chart(), open.currency));
  set_coop_name(*ledger, coop, kName);
  grant_roles(*ledger, coop);
  name_members(*ledger, coop);
  DemoYear year(*ledger, coop, clock_us);
  year.run(progress);
  DemoResult result;
  result.entries = year.entries();
  result.days = year.days();
  result.tokens_file = data / kTokensFile;
  write_tokens(*ledger, coop, result.tokens_file);
  return result;
}

}  // namespace lumbung::api
