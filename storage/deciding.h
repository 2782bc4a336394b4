// DecidingBook: the writer's side of one cooperative, ahead of the disk. Looks requests up by their
// keys, decides, applies, and seals blocks. Books take turns: from begin() to take_blocks() the
// block builder, which all share, is this one's. Writer thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/book.h"
#include "engine/command.h"
#include "engine/policy.h"
#include "engine/view.h"
#include "storage/codec.h"
#include "storage/journal.h"
#include "storage/key_table.h"
#include "storage/ledger.h"
#include "storage/published.h"

namespace lumbung::storage {

/// What the journal remembers of a request, as its caller was and will be told.
Answer answer_of(const engine::Event& event, bool replayed);

class DecidingBook {
 public:
  DecidingBook(engine::CoopId coop, std::shared_ptr<PublishedBook> published,
               const engine::Policy& policy, std::uint64_t epoch, BlockBuilder& builder);

  /// Continues from what is published. Called once, before the first request.
  void recover(KeyTable keys);

  /// A commit begins: its events are recorded at `now`, or at the last record time if that is
  /// later. True when the clock stepped back.
  bool begin(engine::Timestamp now);
  /// `print`: the fingerprint of the command's key.
  Answer ask(const engine::Command& command, std::uint64_t print);
  /// Asks the processor to fetch what the command will touch: a batch goes through memory at
  /// random.
  void prefetch(const engine::Command& command, std::uint64_t print) const;
  /// All or none, under the first command's key and principal.
  Answer ask_atomic(const std::vector<engine::Command>& commands);
  /// Seals the open block and puts all blocks of this commit behind those in `blocks`, in order.
  void take_blocks(Blocks& blocks);

  bool opened() const { return book_.opened(); }
  const std::shared_ptr<PublishedBook>& published() const { return published_; }

 private:
  class PastView;
  std::optional<engine::Event> find(engine::PrincipalHandle principal, const engine::Key& key,
                                    std::uint64_t print);
  std::optional<engine::Event> past_event(engine::EventNo no);
  bool posts_simply(const engine::Command& command, engine::SimpleEntry& entry) const;
  Answer post(const engine::Command& command, const engine::SimpleEntry& entry);
  engine::Event stamped(const engine::Command& command, engine::EventBody body) const;
  void append(const engine::Event& event);
  void seal();
  Answer refuse(const engine::Command& command, const engine::Digest& digest,
                const engine::Refusal& refusal, std::uint64_t print);

  const engine::CoopId coop_;
  const std::shared_ptr<PublishedBook> published_;
  const engine::Policy& policy_;
  const std::uint64_t epoch_;
  engine::Book book_;
  KeyTable keys_;
  Head head_;  // of the last sealed block
  engine::BlockNo durable_{};
  engine::Timestamp now_{};
  BlockBuilder& builder_;
  Blocks sealed_;                                    // of this commit
  std::deque<std::shared_ptr<const Block>> recent_;  // sealed and perhaps not published yet
};

}  // namespace lumbung::storage
