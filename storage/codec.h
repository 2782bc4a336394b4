// Events to blocks and back: docs/journal-format.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/event.h"
#include "storage/block.h"
#include "storage/columns.h"
#include "storage/payload.h"

namespace lumbung::storage {

/// Header up to and including `length`; hash and checksum follow the columns.
inline constexpr std::size_t kHeaderBytes = 108;
inline constexpr std::size_t kTrailerBytes = 36;
/// What a block takes at the most besides its events: header, trailer, directory, and what stands
/// once a column (prefixes, the last byte of a bitmap).
inline constexpr std::size_t kFrameBound =
    kHeaderBytes + kTrailerBytes + 1 + kColumnMax * (5 + 2 * Packed::kPrefix + 1);

/// Collects the events of the open block by column. Writer thread only.
class BlockBuilder {
 public:
  /// Events of one block share booking date and record time. REQUIRES: fits(event).
  void append(const engine::Event& event);
  /// The same of a posted entry that says nothing else. REQUIRES: fits_simple(row.key).
  struct SimpleRow {
    engine::EventNo no{};
    engine::Date booking_date;
    engine::Timestamp at;
    engine::PrincipalHandle principal{};
    const engine::Key& key;
    engine::SimpleEntry entry;
  };
  void append(const SimpleRow& row);
  bool fits_simple(const engine::Key& key) const {
    return count_ < kBlockEventsMax && bound_ + bound_of_simple(key) <= kBlockBytesMax;
  }
  /// False when the event must go into the next block.
  bool fits(const engine::Event& event) const;
  /// Bytes a block of just this atomic batch takes at the most: known before it is decided.
  static std::size_t bound_of_batch(const std::vector<engine::Command>& commands);
  /// Whether all of an atomic batch goes into this block.
  bool fits_batch(const std::vector<engine::Command>& commands) const {
    return count_ + commands.size() <= kBlockEventsMax &&
           bound_ - kFrameBound + bound_of_batch(commands) <= kBlockBytesMax;
  }

  std::uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// Upper bound of the sealed size.
  std::size_t bound() const { return bound_; }
  engine::EventNo first_event() const { return first_event_; }

  /// Encodes, hashes and empties the builder. `header.count`, `first_event`, `business_date` and
  /// `stamped_time` are filled in here. REQUIRES: not empty.
  Block seal(BlockHeader header);

 private:
  using Numbers = std::vector<std::uint64_t>;
  struct Texts {
    Numbers lengths;
    std::string bytes;
    void add(std::string_view text) {
      lengths.push_back(text.size());
      bytes.append(text);
    }
    void clear() {
      lengths.clear();
      bytes.clear();
    }
  };
  void begin_row(engine::EventNo no, engine::Date booking_date, engine::Timestamp at);
  void add_simple(engine::AccountHandle debit, engine::AccountHandle credit, engine::Amount amount);
  void add_entry(Kind kind, const engine::Entry& entry);
  void add_key(const engine::Key& key);
  void clear();
  static std::size_t bound_of_simple(const engine::Key& key);
  static std::size_t bound_of(const engine::Entry& entry);
  static std::size_t bound_of(const engine::Event& event);

  std::uint32_t count_ = 0;
  std::size_t bound_ = kFrameBound;
  engine::EventNo first_event_{};
  engine::Date business_date_;
  engine::Timestamp stamped_time_;
  Numbers kinds_, debits_, credits_, amounts_;
  Numbers leg_counts_, leg_accounts_, leg_sides_, leg_amounts_;
  Numbers principals_, key_forms_;
  std::string key16_, key_hash_, digests_;
  Texts key_texts_;
  Numbers batch_rows_, batch_sizes_;
  Numbers value_date_rows_, value_dates_;
  Numbers reversal_targets_, reversal_legs_;
  Numbers metadata_rows_;
  Texts metadata_, refusals_, payloads_;
  std::string directory_bytes_, column_bytes_;  // of the block that is being sealed
};

/// Where and why bytes are no block.
struct CodecError {
  std::size_t offset = 0;   // byte of the block
  std::string_view column;  // "header", a column's name, "hash" or "checksum"
  std::string what;
};

/// How much is believed: a block that this process sealed or has checked needs no hashing again.
enum class Trust { kNothing, kBytes };

/// A parsed block. Immutable; points into the caller's bytes, which must outlive it.
class BlockView {
 public:
  /// With Trust::kNothing the checksum, the hash and the one canonical form are checked as well.
  static std::variant<BlockView, CodecError> parse(std::string_view bytes, Trust trust);

  const BlockHeader& header() const { return header_; }
  const Hash& hash() const { return hash_; }
  std::string_view bytes() const { return bytes_; }

  /// Reads rows in order. Not thread-safe; many may read one view.
  class Rows {
   public:
    explicit Rows(const BlockView& view) : view_(&view) {}
    /// False at the end and on an error. Reuses what `event` holds.
    bool next(engine::Event& event);
    /// A row that posts a simple entry under a UUID and says nothing else, as nearly every row
    /// does.
    struct Simple {
      engine::PrincipalHandle principal{};
      std::string_view uuid;  // 16 bytes of the view
      engine::SimpleEntry entry;
    };
    /// Looks at the next row; false when it is of another kind, says more, or is at fault: next()
    /// tells.
    bool peek(Simple& simple) const;
    /// Passes over the row that peek() has shown.
    void pass_simple() {
      ++row_;
      ++simple_;
      ++key16_;
    }
    /// The number of the next row; header().count at the end.
    std::uint32_t row() const { return row_; }
    /// Passes over rows so that the next one read is `row`. REQUIRES: not yet past it.
    void skip_to(std::uint32_t row);
    const std::optional<CodecError>& error() const { return error_; }

   private:
    friend class BlockView;
    bool read_key(engine::Event& event);
    bool read_entry(Kind kind, engine::Entry& entry);
    bool fail(Column column, std::string what);
    void step(Kind kind);

    const BlockView* view_;
    std::uint32_t row_ = 0;
    // How many rows before this one have each column: the place of the next value in it.
    std::size_t simple_ = 0, entries_ = 0, legs_ = 0, key16_ = 0, key_text_ = 0, key_text_at_ = 0,
                key_hash_ = 0, digests_ = 0, batches_ = 0, value_dates_ = 0, reversals_ = 0,
                metadata_ = 0, metadata_at_ = 0, refusals_ = 0, refusals_at_ = 0, payloads_ = 0,
                payloads_at_ = 0;
    std::optional<CodecError> error_;
  };

  /// The event of that row alone. REQUIRES: row < header().count and the view was checked.
  engine::Event event(std::uint32_t row) const;
  /// Calls `each` with the accounts of a simple entry some rows ahead, so that they can be fetched.
  /// `simple` counts the simple entries that were read.
  template <class Each>
  void accounts_ahead(std::size_t simple, const Each& each) const {
    if (simple >= debits_.size()) return;
    each(engine::AccountHandle{static_cast<std::uint32_t>(debits_[simple])});
    each(engine::AccountHandle{static_cast<std::uint32_t>(credits_[simple])});
  }
  /// Kind of a row.
  Kind kind(std::uint32_t row) const {
    return has_[static_cast<std::size_t>(Column::kKind)] ? static_cast<Kind>(kinds_[row])
                                                         : Kind::kSimpleEntry;
  }

 private:
  friend class ColumnParser;
  bool has(Column column) const { return has_[static_cast<std::size_t>(column)]; }

  std::string_view bytes_;
  BlockHeader header_;
  Hash hash_{};
  std::array<bool, kColumnMax + 1> has_{};
  std::array<std::size_t, kColumnMax + 1> offsets_{};
  Packed kinds_, debits_, credits_, amounts_, leg_counts_, leg_accounts_, leg_sides_, leg_amounts_,
      principals_, key_forms_, batch_sizes_, value_dates_, reversal_targets_, reversal_legs_;
  Bitmap batch_rows_, value_date_rows_, metadata_rows_;
  std::string_view key16_, key_hash_, digests_;
  PackedTexts key_texts_, metadata_, refusals_, payloads_;
};

/// The length a block's header claims, so that concatenated blocks can be told apart; nullopt when
/// `bytes` does not begin with a header.
std::optional<std::size_t> block_length(std::string_view bytes);

/// What stands at an offset: "header.previous", a column's name, "directory", "hash", "checksum".
std::string place_name(std::string_view block, std::size_t offset);

}  // namespace lumbung::storage
