#include "api/open_book.h"

#include "api/cli/cli.h"
#include "storage/digest.h"

namespace lumbung::api {
namespace {

using Outcome = storage::Answer::Outcome;

std::string name_key(const engine::CoopId& coop) {
  return "coop/" + std::string(coop.text()) + "/name";
}

}  // namespace

bool open_book(storage::Ledger& ledger, const engine::OpenCooperative& open,
               const std::vector<engine::OpenAccount>& accounts) {
  const std::string id(open.coop.text());
  const auto key = [](const std::string& text) { return *storage::key_of(text); };
  const auto opened = ledger.ask(open.coop, {key("init"), engine::kOperator, open});
  if (opened.outcome == Outcome::kRefused) {
    throw cli::Failure(cli::kFailed, id + " exists already, and was opened in another way");
  }
  std::vector<engine::Command> commands;
  for (const engine::OpenAccount& account : accounts) {
    commands.push_back({key("init.account." + account.code), engine::kOperator, account});
  }
  auto answers = ledger.ask_batch(open.coop, commands, storage::BatchMode::kPerItem);
  answers.push_back(opened);
  bool anything_new = false;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].outcome == Outcome::kUnknown) {
      throw cli::Failure(cli::kIoError, "it is not known whether " + id + " was opened; ask again");
    }
    if (answers[i].outcome == Outcome::kRefused) {
      throw cli::Failure(cli::kFailed, "account " + accounts[i].code + " was refused: " +
                                           std::string(sentence_of(answers[i].refusal.code)));
    }
    anything_new = anything_new || !answers[i].replayed;
  }
  return anything_new;
}

std::string coop_name(const storage::Ledger& ledger, const engine::CoopId& coop) {
  return ledger.beside(name_key(coop)).value_or(std::string(coop.text()));
}

void set_coop_name(storage::Ledger& ledger, const engine::CoopId& coop, const std::string& name) {
  ledger.set_beside(name_key(coop), name);
}

std::filesystem::path personal_directory(const std::filesystem::path& data) {
  return data / "personal";
}

std::unique_ptr<people::Persons> open_persons(const Config& config) {
  return people::Persons::open(
      {.directory = personal_directory(config.data), .keys_file = config.keys_file});
}

}  // namespace lumbung::api
