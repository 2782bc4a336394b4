// Opening a book: the cooperative and the accounts of its chart, under keys that follow from what
// is opened, so that one that was cut short is completed when it is asked for again. And what
// stands beside it: what the cooperative is called, and what is known of persons.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "api/config.h"
#include "api/people/persons.h"
#include "engine/command.h"
#include "engine/id.h"
#include "storage/ledger.h"

namespace lumbung::api {

/// True when something was opened; false when all of it was there. Throws cli::Failure when it is
/// refused, or when the journal cannot be written.
bool open_book(storage::Ledger& ledger, const engine::OpenCooperative& open,
               const std::vector<engine::OpenAccount>& accounts);

/// What people call the cooperative; kept beside the journal. Its id when it has no name.
std::string coop_name(const storage::Ledger& ledger, const engine::CoopId& coop);
void set_coop_name(storage::Ledger& ledger, const engine::CoopId& coop, const std::string& name);

/// The personal store of a data directory, DATA/personal; made where there is none yet. Throws what
/// people::Persons::open throws.
std::filesystem::path personal_directory(const std::filesystem::path& data);
std::unique_ptr<people::Persons> open_persons(const Config& config);

}  // namespace lumbung::api
