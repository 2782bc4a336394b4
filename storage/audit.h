// Audit: walk the chain, replay it into an empty book by the rules, and compare everything derived
// with what the journal implies. Believes no hash it has not computed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/book.h"
#include "storage/block.h"

namespace lumbung::storage {

/// One thing that is wrong, and where.
struct AuditFinding {
  engine::CoopId coop;
  std::optional<engine::BlockNo> block_no;
  std::optional<std::uint64_t> offset;  // byte within the block
  std::string column;                   // by the names of docs/journal-format.md; empty: none
  std::optional<engine::EventNo> event;
  std::string field;                    // of the event; empty: none
  std::string what;                     // a sentence
};

/// What one cooperative's journal says, after replay.
struct AuditedBook {
  engine::CoopId coop;
  Head head;
  std::uint64_t blocks = 0;
  engine::Book book;
};

struct AuditReport {
  std::vector<AuditFinding> findings;
  std::vector<AuditedBook> books;
  bool sound() const { return findings.empty(); }
};

/// Called now and then with bytes done of bytes in all (0: not known).
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// Audits exported blocks (`lumbung export --format blocks`): the concatenated blocks of one or more
/// cooperatives, each in order. `heads`: heads known from elsewhere (a printed receipt, an earlier
/// export) that the chains must pass through. Needs no database.
AuditReport audit_file(const std::filesystem::path& file,
                       const std::map<engine::CoopId, Head>& heads, const Progress& progress = {});

/// Audits a data directory that no process has open: HEAD, write-ahead log, blocks, and every
/// projection against a rebuild. Changes nothing. Throws StoreBusy.
AuditReport audit_directory(const std::filesystem::path& directory,
                            const std::map<engine::CoopId, Head>& heads,
                            const Progress& progress = {});

}  // namespace lumbung::storage
