#include <algorithm>
#include <boost/container/static_vector.hpp>

#include "engine/bytes.h"
#include "engine/check.h"
#include "storage/codec.h"

namespace lumbung::storage {
namespace {

using namespace engine;

constexpr std::string_view kMagic = "LMBG";

struct HeaderField {
  std::size_t offset;
  std::string_view name;
};
constexpr HeaderField kHeaderFields[] = {
    {0, "magic"},          {4, "version"},   {6, "codec"},          {7, "hash_algorithm"},
    {8, "cooperative"},    {24, "block_no"}, {32, "epoch"},         {40, "previous"},
    {72, "first_event"},   {80, "count"},    {84, "business_date"}, {88, "stamped_time"},
    {96, "durable_block"}, {104, "length"},
};

struct Slot {
  Column column;
  std::size_t offset;
  std::size_t length;
};

// As many as a directory's first byte can claim.
using Slots = boost::container::static_vector<Slot, 255>;

/// The directory as far as it makes sense; offsets from the start of the block.
Slots read_directory(std::string_view block) {
  Slots slots;
  if (block.size() < kHeaderBytes + kTrailerBytes + 1) return slots;
  ByteReader in(block.substr(kHeaderBytes, block.size() - kHeaderBytes - kTrailerBytes));
  const auto count = in.get<std::uint8_t>();
  std::size_t offset = kHeaderBytes + 1 + std::size_t{count} * 5;
  for (unsigned i = 0; i < count; ++i) {
    const auto id = in.get<std::uint8_t>();
    const auto length = in.get<std::uint32_t>();
    if (in.failed()) break;
    slots.push_back({static_cast<Column>(id), offset, length});
    offset += length;
  }
  return slots;
}

}  // namespace

/// Takes a block apart: header, directory, then each column against the rows that have it.
class ColumnParser {
 public:
  ColumnParser(std::string_view bytes, Trust trust) : bytes_(bytes), trust_(trust) {
    view_.bytes_ = bytes;
  }

  std::variant<BlockView, CodecError> parse() {
    if (!read_header() || !check_bytes() || !read_columns()) return *error_;
    return view_;
  }

 private:
  bool fail(std::size_t offset, std::string_view column, std::string what) {
    if (!error_) error_ = CodecError{offset, column, std::move(what)};
    return false;
  }

  bool read_header() {
    if (bytes_.size() < kHeaderBytes + kTrailerBytes + 1) return fail(0, "header", "too short");
    if (bytes_.substr(0, 4) != kMagic) return fail(0, "header", "no magic");
    ByteReader in(bytes_.substr(4));
    if (in.get<std::uint16_t>() != 1) return fail(4, "header", "unknown version");
    if (in.get<std::uint8_t>() != 1) return fail(6, "header", "unknown codec");
    if (in.get<std::uint8_t>() != 1) return fail(7, "header", "unknown hash algorithm");
    BlockHeader& header = view_.header_;
    const std::string_view coop = in.bytes(16);
    const auto id = CoopId::parse(coop.substr(0, std::min(coop.find('\0'), coop.size())));
    if (!id || std::string_view(id->bytes.data(), 16) != coop) {
      return fail(8, "header", "no cooperative's id");
    }
    header.coop = *id;
    header.block_no.value = in.get<std::uint64_t>();
    header.epoch = in.get<std::uint64_t>();
    std::ranges::copy(in.bytes(32), header.previous.begin());
    header.first_event.value = in.get<std::uint64_t>();
    header.count = in.get<std::uint32_t>();
    header.business_date.days = in.get<std::int32_t>();
    if (!in_range(header.business_date)) return fail(84, "header", "no date");
    header.stamped_time.us = in.get<std::int64_t>();
    header.durable_block.value = in.get<std::uint64_t>();
    const auto length = in.get<std::uint32_t>();
    if (header.count == 0 || header.count > kBlockEventsMax) return fail(80, "header", "bad count");
    if (bytes_.size() > kBlockBytesMax || kHeaderBytes + length + kTrailerBytes != bytes_.size()) {
      return fail(104, "header", "length does not match");
    }
    const std::string_view hash = bytes_.substr(bytes_.size() - kTrailerBytes, 32);
    std::ranges::copy(hash, view_.hash_.begin());
    return true;
  }

  bool check_bytes() {
    if (trust_ == Trust::kBytes) return true;
    const std::size_t crc_at = bytes_.size() - 4;
    ByteReader in(bytes_.substr(crc_at));
    if (in.get<std::uint32_t>() != crc32c(bytes_.substr(0, crc_at))) {
      return fail(crc_at, "checksum", "the CRC-32C does not match the bytes");
    }
    const std::size_t hash_at = bytes_.size() - kTrailerBytes;
    if (sha256(bytes_.substr(0, hash_at)) != view_.hash_) {
      return fail(hash_at, "hash", "the SHA-256 does not match the bytes");
    }
    return true;
  }

  bool read_columns() {
    const std::size_t end = bytes_.size() - kTrailerBytes;
    slots_ = read_directory(bytes_);
    const auto claimed = static_cast<unsigned char>(bytes_[kHeaderBytes]);
    if (slots_.size() != claimed) return fail(kHeaderBytes, "directory", "cut short");
    std::size_t expected_end = kHeaderBytes + 1 + slots_.size() * 5;
    std::uint8_t last = 0;
    for (const Slot& slot : slots_) {
      const auto id = static_cast<std::uint8_t>(slot.column);
      if (id <= last || id > kColumnMax) {
        return fail(kHeaderBytes, "directory", "unknown column or not in order");
      }
      last = id;
      expected_end += slot.length;
      if (expected_end > end) return fail(kHeaderBytes, "directory", "columns past the end");
      view_.has_[id] = true;
      view_.offsets_[id] = slot.offset;
    }
    if (expected_end != end) return fail(kHeaderBytes, "directory", "bytes after the columns");
    if (!count_kinds() || !take_all()) return false;
    return next_slot_ == slots_.size() ||
           fail(kHeaderBytes, "directory", "a column that no row has");
  }

  /// The kinds say how many rows every other column has.
  bool count_kinds() {
    const std::size_t n = view_.header_.count;
    if (view_.has(Column::kKind)) {
      if (!take_numbers(Column::kKind, n, view_.kinds_)) return false;
      if (view_.kinds_.size() == n && !scan_kinds()) return false;
      if (simple_ == n) return fail_at(Column::kKind, "not canonical: all rows are simple entries");
    } else {
      simple_ = n;
    }
    return true;
  }

  bool scan_kinds() {
    for (std::size_t i = 0; i < view_.kinds_.size(); ++i) {
      const std::uint64_t raw = view_.kinds_[i];
      if (raw == 0 || raw > kKindMax) return fail_at(Column::kKind, "unknown kind");
      const auto kind = static_cast<Kind>(raw);
      if (kind == Kind::kSimpleEntry) ++simple_;
      if (has_legs(kind)) ++entries_;
      if (kind == Kind::kEntryReversed) ++reversals_;
      if (kind == Kind::kRefused) ++refusals_;
      if (has_payload(kind)) ++payloads_;
      if (has_digest(kind)) ++digests_;
    }
    return true;
  }

  bool take_all() {
    BlockView& v = view_;
    const std::size_t n = v.header_.count;
    if (!take_numbers(Column::kDebit, simple_, v.debits_) ||
        !take_numbers(Column::kCredit, simple_, v.credits_) ||
        !take_numbers(Column::kAmount, simple_, v.amounts_) ||
        !take_numbers(Column::kLegCount, entries_, v.leg_counts_)) {
      return false;
    }
    std::size_t legs = 0;
    for (std::size_t i = 0; i < entries_; ++i) {
      if (v.leg_counts_[i] > kLegsMax) return fail_at(Column::kLegCount, "too many legs");
      legs += v.leg_counts_[i];
    }
    if (!take_numbers(Column::kLegAccount, legs, v.leg_accounts_) ||
        !take_numbers(Column::kLegSide, legs, v.leg_sides_) ||
        !take_numbers(Column::kLegAmount, legs, v.leg_amounts_)) {
      return false;
    }
    if (v.has(Column::kPrincipal)) {
      if (!take_numbers(Column::kPrincipal, n, v.principals_)) return false;
      if (all_are(v.principals_, 0)) return fail_at(Column::kPrincipal, "not canonical: all zero");
    }
    return take_keys() && take_sparse();
  }

  bool take_keys() {
    BlockView& v = view_;
    const std::size_t n = v.header_.count;
    std::size_t key16 = n;
    std::size_t texts = 0;
    std::size_t hashes = 0;
    if (v.has(Column::kKeyForm)) {
      if (!take_numbers(Column::kKeyForm, n, v.key_forms_)) return false;
      if (all_are(v.key_forms_, static_cast<std::uint64_t>(Key::Form::kUuid))) {
        return fail_at(Column::kKeyForm, "not canonical: all UUIDs");
      }
      key16 = 0;
      for (std::size_t i = 0; i < n; ++i) {
        switch (v.key_forms_[i]) {
          case 0:
            break;
          case 1:
          case 2:
            ++key16;
            break;
          case 3:
            ++texts;
            break;
          case 4:
            ++hashes;
            break;
          default:
            return fail_at(Column::kKeyForm, "unknown form of key");
        }
      }
    }
    return take_bytes(Column::kKey16, key16 * 16, v.key16_) &&
           take_texts(Column::kKeyText, texts, v.key_texts_) &&
           take_bytes(Column::kKeyHash, hashes * 32, v.key_hash_);
  }

  bool take_sparse() {
    BlockView& v = view_;
    // Rows that begin a batch have a digest beside those whose kind asks for one.
    if (v.has(Column::kBatchSize)) {
      std::string_view batch = slot_bytes_of(Column::kBatchSize);
      const auto rows = Bitmap::take(batch, v.header_.count);
      if (!rows) return fail_at(Column::kBatchSize, "cut short");
      for (std::size_t i = 0; i < v.header_.count; ++i) {
        if ((*rows)[i] && !has_digest(v.kind(static_cast<std::uint32_t>(i)))) ++digests_;
      }
    }
    return take_bytes(Column::kDigest, digests_ * 16, v.digests_) &&
           take_rows(Column::kBatchSize, v.batch_rows_, v.batch_sizes_) &&
           take_rows(Column::kValueDate, v.value_date_rows_, v.value_dates_) &&
           only_entries(Column::kValueDate, v.value_date_rows_) &&
           take_numbers(Column::kReversalTarget, reversals_, v.reversal_targets_) &&
           take_numbers(Column::kReversalLegs, reversals_, v.reversal_legs_) && take_metadata() &&
           take_texts(Column::kRefusal, refusals_, v.refusals_) &&
           take_texts(Column::kPayload, payloads_, v.payloads_);
  }

  bool take_metadata() {
    if (!view_.has(Column::kMetadata)) return true;
    std::string_view bytes;
    if (!begin(Column::kMetadata, bytes)) return false;
    const auto rows = Bitmap::take(bytes, view_.header_.count);
    if (!rows || (trust_ == Trust::kNothing && !rows->canonical())) {
      return fail_at(Column::kMetadata, "bad rows");
    }
    view_.metadata_rows_ = *rows;
    const auto texts = PackedTexts::take(bytes, rows->count());
    if (!texts || !bytes.empty()) return fail_at(Column::kMetadata, "wrong length");
    if (trust_ == Trust::kNothing && !texts->canonical()) return not_canonical(Column::kMetadata);
    view_.metadata_ = *texts;
    return only_entries(Column::kMetadata, *rows);
  }

  bool only_entries(Column column, const Bitmap& rows) {
    if (trust_ == Trust::kBytes || !view_.has(column)) return true;
    for (std::uint32_t i = 0; i < view_.header_.count; ++i) {
      const Kind kind = view_.kind(i);
      if (rows[i] && kind != Kind::kSimpleEntry && !has_legs(kind)) {
        return fail_at(column, "not canonical: a row that is no entry");
      }
    }
    return true;
  }

  /// Columns come in the order of their ids; a column without rows is absent.
  bool begin(Column column, std::string_view& bytes) {
    if (next_slot_ >= slots_.size() || slots_[next_slot_].column != column) {
      return fail(kHeaderBytes, name_of(column), "column missing");
    }
    const Slot& slot = slots_[next_slot_++];
    bytes = bytes_.substr(slot.offset, slot.length);
    return true;
  }

  std::string_view slot_bytes_of(Column column) const {
    for (const Slot& slot : slots_) {
      if (slot.column == column) return bytes_.substr(slot.offset, slot.length);
    }
    return {};
  }

  bool absent(Column column, std::size_t count) {
    if (count > 0) return false;
    if (view_.has(column)) fail_at(column, "not canonical: a column without rows");
    return true;
  }

  bool take_numbers(Column column, std::size_t count, Packed& out) {
    if (absent(column, count)) return !error_;
    std::string_view bytes;
    if (!begin(column, bytes)) return false;
    const auto packed = Packed::take(bytes, count);
    if (!packed || !bytes.empty()) return fail_at(column, "wrong length");
    if (trust_ == Trust::kNothing && !packed->canonical()) return not_canonical(column);
    out = *packed;
    return true;
  }

  bool take_texts(Column column, std::size_t count, PackedTexts& out) {
    if (absent(column, count)) return !error_;
    std::string_view bytes;
    if (!begin(column, bytes)) return false;
    const auto texts = PackedTexts::take(bytes, count);
    if (!texts || !bytes.empty()) return fail_at(column, "wrong length");
    if (trust_ == Trust::kNothing && !texts->canonical()) return not_canonical(column);
    out = *texts;
    return true;
  }

  bool take_bytes(Column column, std::size_t size, std::string_view& out) {
    if (absent(column, size)) return !error_;
    if (!begin(column, out)) return false;
    return out.size() == size || fail_at(column, "wrong length");
  }

  bool take_rows(Column column, Bitmap& rows, Packed& values) {
    if (!view_.has(column)) return true;
    std::string_view bytes;
    if (!begin(column, bytes)) return false;
    const auto bitmap = Bitmap::take(bytes, view_.header_.count);
    if (!bitmap) return fail_at(column, "bad rows");
    const auto packed = Packed::take(bytes, bitmap->count());
    if (!packed || !bytes.empty()) return fail_at(column, "wrong length");
    if (trust_ == Trust::kNothing && (!bitmap->canonical() || !packed->canonical())) {
      return not_canonical(column);
    }
    rows = *bitmap;
    values = *packed;
    return true;
  }

  static bool all_are(const Packed& values, std::uint64_t value) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] != value) return false;
    }
    return true;
  }

  bool fail_at(Column column, std::string what) {
    return fail(view_.offsets_[static_cast<std::size_t>(column)], name_of(column), std::move(what));
  }
  bool not_canonical(Column column) { return fail_at(column, "not in its one canonical form"); }

  std::string_view bytes_;
  Trust trust_;
  BlockView view_;
  std::optional<CodecError> error_;
  Slots slots_;
  std::size_t next_slot_ = 0;
  std::size_t simple_ = 0, entries_ = 0, reversals_ = 0, refusals_ = 0, payloads_ = 0, digests_ = 0;
};

std::variant<BlockView, CodecError> BlockView::parse(std::string_view bytes, Trust trust) {
  return ColumnParser(bytes, trust).parse();
}

bool BlockView::Rows::fail(Column column, std::string what) {
  error_ = CodecError{view_->offsets_[static_cast<std::size_t>(column)], name_of(column),
                      std::move(what) + " in row " + std::to_string(row_)};
  return false;
}

bool BlockView::Rows::read_key(Event& event) {
  const BlockView& v = *view_;
  const auto form =
      v.has(Column::kKeyForm) ? static_cast<Key::Form>(v.key_forms_[row_]) : Key::Form::kUuid;
  std::string_view bytes;
  switch (form) {
    case Key::Form::kNone:
      event.key = Key();
      return true;
    case Key::Form::kUuid:
    case Key::Form::kUlid:
      bytes = v.key16_.substr(key16_ * 16, 16);
      break;
    case Key::Form::kText:
      bytes = v.key_texts_.text(key_text_, key_text_at_);
      break;
    case Key::Form::kHash:
      bytes = v.key_hash_.substr(key_hash_ * 32, 32);
      break;
  }
  const auto key = Key::of_stored(form, bytes);
  if (!key) return fail(Column::kKeyText, "no canonical key");
  event.key = *key;
  return true;
}

namespace {

/// Written where it stays: a leg put together first and then copied costs a stall a leg.
void set_leg(Posting& leg, std::uint64_t account, Side side, std::uint64_t amount) {
  leg.account.value = static_cast<std::uint32_t>(account);
  leg.side = side;
  leg.amount.minor = static_cast<std::int64_t>(amount);
}

}  // namespace

bool BlockView::Rows::read_entry(Kind kind, Entry& entry) {
  const BlockView& v = *view_;
  if (kind == Kind::kSimpleEntry) {
    const std::uint64_t debit = v.debits_[simple_];
    const std::uint64_t credit = v.credits_[simple_];
    const std::uint64_t amount = v.amounts_[simple_];
    if ((debit | credit) >> 32 != 0) return fail(Column::kDebit, "no account handle");
    entry.legs.resize(2);
    set_leg(entry.legs[0], debit, Side::kDebit, amount);
    set_leg(entry.legs[1], credit, Side::kCredit, amount);
  } else {
    const std::size_t count = v.leg_counts_[entries_];
    entry.legs.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t account = v.leg_accounts_[legs_ + i];
      const std::uint64_t side = v.leg_sides_[legs_ + i];
      if (account >> 32 != 0) return fail(Column::kLegAccount, "no account handle");
      if (side > 1) return fail(Column::kLegSide, "no side");
      set_leg(entry.legs[i], account, static_cast<Side>(side), v.leg_amounts_[legs_ + i]);
    }
  }
  entry.value_date.reset();
  if (v.has(Column::kValueDate) && v.value_date_rows_[row_]) {
    const std::int64_t offset = unzigzag(v.value_dates_[value_dates_]);
    if (offset == 0 || offset != static_cast<std::int32_t>(offset)) {
      return fail(Column::kValueDate, "not canonical: the booking date itself");
    }
    const Date date{static_cast<std::int32_t>(v.header_.business_date.days + offset)};
    if (!in_range(date)) return fail(Column::kValueDate, "no date");
    entry.value_date = date;
  }
  entry.metadata.clear();
  if (v.has(Column::kMetadata) && v.metadata_rows_[row_]) {
    auto metadata = decode_metadata(v.metadata_.text(metadata_, metadata_at_));
    if (!metadata || metadata->empty()) return fail(Column::kMetadata, "no metadata");
    entry.metadata = std::move(*metadata);
  }
  return true;
}

/// Counts the row that was just read or passed over.
void BlockView::Rows::step(Kind kind) {
  const BlockView& v = *view_;
  const auto form =
      v.has(Column::kKeyForm) ? static_cast<Key::Form>(v.key_forms_[row_]) : Key::Form::kUuid;
  if (form == Key::Form::kUuid || form == Key::Form::kUlid) ++key16_;
  if (form == Key::Form::kText) key_text_at_ += v.key_texts_.length(key_text_++);
  if (form == Key::Form::kHash) ++key_hash_;
  const bool begins_batch = v.has(Column::kBatchSize) && v.batch_rows_[row_];
  if (begins_batch) ++batches_;
  if (begins_batch || has_digest(kind)) ++digests_;
  if (v.has(Column::kValueDate) && v.value_date_rows_[row_]) ++value_dates_;
  if (v.has(Column::kMetadata) && v.metadata_rows_[row_]) {
    metadata_at_ += v.metadata_.length(metadata_++);
  }
  if (kind == Kind::kSimpleEntry) ++simple_;
  if (has_legs(kind)) legs_ += v.leg_counts_[entries_++];
  if (kind == Kind::kEntryReversed) ++reversals_;
  if (kind == Kind::kRefused) refusals_at_ += v.refusals_.length(refusals_++);
  if (has_payload(kind)) payloads_at_ += v.payloads_.length(payloads_++);
  ++row_;
}

bool BlockView::Rows::peek(Simple& simple) const {
  const BlockView& v = *view_;
  if (error_ || row_ >= v.header_.count || v.kind(row_) != Kind::kSimpleEntry) return false;
  if (v.has(Column::kKeyForm) && static_cast<Key::Form>(v.key_forms_[row_]) != Key::Form::kUuid) {
    return false;
  }
  if ((v.has(Column::kValueDate) && v.value_date_rows_[row_]) ||
      (v.has(Column::kMetadata) && v.metadata_rows_[row_]) ||
      (v.has(Column::kBatchSize) && v.batch_rows_[row_])) {
    return false;
  }
  const std::uint64_t debit = v.debits_[simple_];
  const std::uint64_t credit = v.credits_[simple_];
  const std::uint64_t principal = v.has(Column::kPrincipal) ? v.principals_[row_] : 0;
  if ((debit | credit | principal) >> 32 != 0) return false;
  simple.principal.value = static_cast<std::uint32_t>(principal);
  simple.uuid = {v.key16_.data() + key16_ * 16, 16};
  simple.entry = {{static_cast<std::uint32_t>(debit)},
                  {static_cast<std::uint32_t>(credit)},
                  {static_cast<std::int64_t>(v.amounts_[simple_])}};
  return true;
}

bool BlockView::Rows::next(Event& event) {
  const BlockView& v = *view_;
  if (error_ || row_ >= v.header_.count) return false;
  const Kind kind = v.kind(row_);
  event.no = EventNo{v.header_.first_event.value + row_};
  event.booking_date = v.header_.business_date;
  event.at = v.header_.stamped_time;
  event.principal = {};
  if (v.has(Column::kPrincipal)) {
    if (v.principals_[row_] >> 32 != 0) return fail(Column::kPrincipal, "no principal");
    event.principal.value = static_cast<std::uint32_t>(v.principals_[row_]);
  }
  if (!read_key(event)) return false;
  event.batch_size = 0;
  event.digest.reset();
  const bool begins_batch = v.has(Column::kBatchSize) && v.batch_rows_[row_];
  if (begins_batch) {
    const std::uint64_t size = v.batch_sizes_[batches_];
    if (size == 0 || size > v.header_.count - row_) return fail(Column::kBatchSize, "bad batch");
    event.batch_size = static_cast<std::uint32_t>(size);
  }
  if (begins_batch || has_digest(kind)) {
    event.digest.emplace();
    std::memcpy(event.digest->data(), v.digests_.data() + digests_ * 16, 16);
  }
  if (kind == Kind::kSimpleEntry || kind == Kind::kEntry) {
    auto* posted = std::get_if<EntryPosted>(&event.body);
    if (posted == nullptr) posted = &event.body.emplace<EntryPosted>();
    if (!read_entry(kind, posted->entry)) return false;
    if (kind == Kind::kEntry && kind_of(event.body) != kind) {
      return fail(Column::kKind, "not canonical: a simple entry");
    }
  } else if (kind == Kind::kRefused) {
    const auto refusal = decode_refusal(v.refusals_.text(refusals_, refusals_at_));
    if (!refusal) return fail(Column::kRefusal, "no refusal");
    event.body = Refused{*refusal};
  } else if (kind == Kind::kEntryReversed) {
    auto& reversed = event.body.emplace<EntryReversed>();
    reversed.target.value = v.reversal_targets_[reversals_];
    reversed.target_legs = v.reversal_legs_[reversals_];
    if (!read_entry(kind, reversed.entry)) return false;
  } else {
    auto body = decode_payload(kind, v.payloads_.text(payloads_, payloads_at_), v.header_.coop);
    if (!body) return fail(Column::kPayload, "no canonical payload");
    event.body = std::move(*body);
    if (auto* settled = std::get_if<HoldSettled>(&event.body)) {
      if (!read_entry(kind, settled->entry)) return false;
    }
  }
  step(kind);
  return true;
}

void BlockView::Rows::skip_to(std::uint32_t row) {
  CHECK(row >= row_ && row <= view_->header_.count);
  while (row_ < row) step(view_->kind(row_));
}

Event BlockView::event(std::uint32_t row) const {
  Rows rows(*this);
  rows.skip_to(row);
  Event event;
  CHECK(rows.next(event));
  return event;
}

std::optional<std::size_t> block_length(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || bytes.substr(0, 4) != kMagic) return std::nullopt;
  ByteReader in(bytes.substr(104, 4));
  return kHeaderBytes + in.get<std::uint32_t>() + kTrailerBytes;
}

std::string place_name(std::string_view block, std::size_t offset) {
  if (offset < kHeaderBytes) {
    std::string_view name;
    for (const HeaderField& field : kHeaderFields) {
      if (field.offset <= offset) name = field.name;
    }
    return "header." + std::string(name);
  }
  if (offset + 4 >= block.size()) return "checksum";
  if (offset + kTrailerBytes >= block.size()) return "hash";
  for (const Slot& slot : read_directory(block)) {
    const auto id = static_cast<std::uint8_t>(slot.column);
    if (offset < slot.offset || offset >= slot.offset + slot.length) continue;
    if (id == 0 || id > kColumnMax) return "column " + std::to_string(id);
    return std::string(name_of(slot.column));
  }
  return "directory";
}

}  // namespace lumbung::storage
