// Torture: random commands against a disk that is about to fail, and a check that every answer that
// was given is given again. The contract with its harness stands in tests/faults/torture.py.
#pragma once

#include <cstdint>
#include <filesystem>
#include <ostream>

namespace lumbung::api {

struct TortureOptions {
  std::filesystem::path data;
  std::uint64_t seed = 1;
  std::uint64_t count = 0;  // commands; 0: until something ends the process
  /// Batches of up to 8,190 entries, several always in flight, an index run a block, and a reader.
  /// The same for the whole life of a directory, and for its check.
  bool saturate = false;
};

/// Opens or makes the data directory and posts, at most 64 commands in flight; with `saturate` at
/// most 6 batches, of at most 512 answers each. Each answer is one line once it is durable: `ack
/// KEY EVENT_NO` or `ack KEY refused CODE EVENT_NO`. Returns the exit code: 74 when the journal
/// could not be written any more, 1 when a reader was told what cannot be.
int torture(const TortureOptions& options, std::ostream& out);

/// Asks every key of the file's lines again and replays the whole journal. `lost KEY` and `differs
/// KEY` say which answers are gone or have changed. Returns the exit code.
int check_torture(const TortureOptions& options, const std::filesystem::path& acks,
                  std::ostream& out);

}  // namespace lumbung::api
