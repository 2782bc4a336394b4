#include <algorithm>

#include "engine/bytes.h"
#include "engine/check.h"
#include "storage/codec.h"

namespace lumbung::storage {
namespace {

using namespace engine;

// Bytes a value takes at the most in its packed column.
constexpr std::size_t kKindBytes = 1;
constexpr std::size_t kFormBytes = 1;
constexpr std::size_t kPrincipalBytes = 4;
constexpr std::size_t kHandleBytes = 4;
constexpr std::size_t kSideBytes = 1;
constexpr std::size_t kLegCountBytes = 1;
constexpr std::size_t kAmountBytes = 8;
constexpr std::size_t kLengthBytes = 2;
constexpr std::size_t kEventBytes = 8;
constexpr std::size_t kBatchSizeBytes = 2;
constexpr std::size_t kDateBytes = 5;
constexpr std::size_t kBitmapBytes = 1;  // a bit in each of the three bitmaps
constexpr std::size_t kDigestBytes = sizeof(Digest);

void put_texts(std::string& out, const std::vector<std::uint64_t>& lengths,
               const std::string& bytes) {
  append_packed(out, lengths);
  out.append(bytes);
}

void put_rows(std::string& out, const std::vector<std::uint64_t>& rows, std::uint32_t count) {
  const std::size_t begin = out.size();
  out.resize(begin + (count + 7) / 8);
  for (const std::uint64_t row : rows) {
    out[begin + row / 8] =
        static_cast<char>(static_cast<unsigned char>(out[begin + row / 8]) | (1U << (row % 8)));
  }
}

bool all_are(const std::vector<std::uint64_t>& values, std::uint64_t value) {
  return std::all_of(values.begin(), values.end(), [=](std::uint64_t v) { return v == value; });
}

/// Writes the directory and then the columns, which must come in the order of their ids.
class ColumnWriter {
 public:
  /// Into two strings whose room is used again.
  ColumnWriter(std::string& directory, std::string& columns)
      : directory_(directory), columns_(columns) {
    directory_.clear();
    columns_.clear();
  }
  template <class Write>
  void add(Column column, bool present, Write write) {
    if (!present) return;
    const std::size_t begin = columns_.size();
    write(columns_);
    ByteWriter out(directory_);
    out.put(static_cast<std::uint8_t>(column));
    out.put(static_cast<std::uint32_t>(columns_.size() - begin));
    ++count_;
  }
  void add_numbers(Column column, const std::vector<std::uint64_t>& values) {
    add(column, !values.empty(), [&](std::string& out) { append_packed(out, values); });
  }
  void add_bytes(Column column, const std::string& bytes) {
    add(column, !bytes.empty(), [&](std::string& out) { out.append(bytes); });
  }
  std::size_t size() const { return 1 + directory_.size() + columns_.size(); }
  void finish(std::string& out) const {
    out.push_back(static_cast<char>(count_));
    out.append(directory_);
    out.append(columns_);
  }

 private:
  std::string& directory_;
  std::string& columns_;
  std::uint8_t count_ = 0;
};

}  // namespace

std::size_t BlockBuilder::bound_of(const Entry& entry) {
  std::size_t bound =
      kLegCountBytes + entry.legs.size() * (kHandleBytes + kSideBytes + kAmountBytes);
  if (entry.value_date) bound += kDateBytes;
  if (!entry.metadata.empty()) bound += kLengthBytes + encode_metadata(entry.metadata).size();
  return bound;
}

std::size_t BlockBuilder::bound_of(const Event& event) {
  std::size_t bound = kKindBytes + kFormBytes + kPrincipalBytes + kBitmapBytes + kLengthBytes +
                      event.key.bytes().size();
  if (event.digest) bound += kDigestBytes;
  if (event.batch_size > 0) bound += kBatchSizeBytes;
  if (const Entry* entry = entry_of(event.body)) bound += bound_of(*entry);
  const Kind kind = kind_of(event.body);
  if (kind == Kind::kEntryReversed) bound += 2 * kEventBytes;
  if (const auto* refused = std::get_if<Refused>(&event.body)) {
    bound += kLengthBytes + encode_refusal(refused->refusal).size();
  }
  if (has_payload(kind)) bound += kLengthBytes + encode_payload(event.body).size();
  return bound;
}

std::size_t BlockBuilder::bound_of_batch(const std::vector<Command>& commands) {
  std::size_t bound = kFrameBound + kDigestBytes + kBatchSizeBytes;
  for (const Command& command : commands) {
    bound += kKindBytes + kFormBytes + kPrincipalBytes + kBitmapBytes;
    if (const auto* post = std::get_if<PostEntry>(&command.body)) bound += bound_of(post->entry);
  }
  return bound + kLengthBytes + (commands.empty() ? 0 : commands.front().key.bytes().size());
}

bool BlockBuilder::fits(const Event& event) const {
  return count_ < kBlockEventsMax && bound_ + bound_of(event) <= kBlockBytesMax;
}

std::size_t BlockBuilder::bound_of_simple(const Key& key) {
  return kKindBytes + kFormBytes + kPrincipalBytes + kBitmapBytes + kLengthBytes +
         key.bytes().size() + 2 * kHandleBytes + kAmountBytes;
}

void BlockBuilder::begin_row(EventNo no, Date booking_date, Timestamp at) {
  if (count_ == 0) {
    first_event_ = no;
    business_date_ = booking_date;
    stamped_time_ = at;
  }
  CHECK(no.value == first_event_.value + count_);
  CHECK(booking_date == business_date_);
  CHECK(at == stamped_time_);
}

void BlockBuilder::append(const SimpleRow& row) {
  begin_row(row.no, row.booking_date, row.at);
  kinds_.push_back(static_cast<std::uint64_t>(Kind::kSimpleEntry));
  principals_.push_back(row.principal.value);
  add_key(row.key);
  add_simple(row.entry.debit, row.entry.credit, row.entry.amount);
  bound_ += bound_of_simple(row.key);
  ++count_;
}

void BlockBuilder::append(const Event& event) {
  begin_row(event.no, event.booking_date, event.at);
  const Kind kind = kind_of(event.body);
  kinds_.push_back(static_cast<std::uint64_t>(kind));
  principals_.push_back(event.principal.value);
  add_key(event.key);
  if (event.digest) {
    digests_.append(reinterpret_cast<const char*>(event.digest->data()), event.digest->size());
  }
  CHECK(event.digest.has_value() == (has_digest(kind) || event.batch_size > 0));
  if (event.batch_size > 0) {
    batch_rows_.push_back(count_);
    batch_sizes_.push_back(event.batch_size);
  }
  if (const Entry* entry = entry_of(event.body)) add_entry(kind, *entry);
  if (const auto* reversed = std::get_if<EntryReversed>(&event.body)) {
    reversal_targets_.push_back(reversed->target.value);
    reversal_legs_.push_back(reversed->target_legs);
  }
  if (const auto* refused = std::get_if<Refused>(&event.body)) {
    refusals_.add(encode_refusal(refused->refusal));
  }
  if (has_payload(kind)) payloads_.add(encode_payload(event.body));
  bound_ += bound_of(event);
  ++count_;
}

void BlockBuilder::add_simple(AccountHandle debit, AccountHandle credit, Amount amount) {
  debits_.push_back(debit.value);
  credits_.push_back(credit.value);
  amounts_.push_back(static_cast<std::uint64_t>(amount.minor));
}

void BlockBuilder::add_entry(Kind kind, const Entry& entry) {
  if (kind == Kind::kSimpleEntry) {
    add_simple(entry.legs[0].account, entry.legs[1].account, entry.legs[0].amount);
  } else {
    leg_counts_.push_back(entry.legs.size());
    for (const Posting& leg : entry.legs) {
      leg_accounts_.push_back(leg.account.value);
      leg_sides_.push_back(static_cast<std::uint64_t>(leg.side));
      leg_amounts_.push_back(static_cast<std::uint64_t>(leg.amount.minor));
    }
  }
  if (entry.value_date) {
    CHECK(*entry.value_date != business_date_);
    value_date_rows_.push_back(count_);
    value_dates_.push_back(zigzag(*entry.value_date - business_date_));
  }
  if (!entry.metadata.empty()) {
    metadata_rows_.push_back(count_);
    metadata_.add(encode_metadata(entry.metadata));
  }
}

void BlockBuilder::add_key(const Key& key) {
  key_forms_.push_back(static_cast<std::uint64_t>(key.form()));
  switch (key.form()) {
    case Key::Form::kUuid:
    case Key::Form::kUlid:
      key16_.append(key.bytes());
      break;
    case Key::Form::kText:
      key_texts_.add(key.bytes());
      break;
    case Key::Form::kHash:
      key_hash_.append(key.bytes());
      break;
    case Key::Form::kNone:
      break;
  }
}

Block BlockBuilder::seal(BlockHeader header) {
  CHECK(count_ > 0);
  header.first_event = first_event_;
  header.count = count_;
  header.business_date = business_date_;
  header.stamped_time = stamped_time_;

  ColumnWriter columns(directory_bytes_, column_bytes_);
  columns.add(Column::kKind, !all_are(kinds_, static_cast<std::uint64_t>(Kind::kSimpleEntry)),
              [&](std::string& out) { append_packed(out, kinds_); });
  columns.add_numbers(Column::kDebit, debits_);
  columns.add_numbers(Column::kCredit, credits_);
  columns.add_numbers(Column::kAmount, amounts_);
  columns.add_numbers(Column::kLegCount, leg_counts_);
  columns.add_numbers(Column::kLegAccount, leg_accounts_);
  columns.add_numbers(Column::kLegSide, leg_sides_);
  columns.add_numbers(Column::kLegAmount, leg_amounts_);
  columns.add(Column::kPrincipal, !all_are(principals_, 0),
              [&](std::string& out) { append_packed(out, principals_); });
  columns.add(Column::kKeyForm, !all_are(key_forms_, static_cast<std::uint64_t>(Key::Form::kUuid)),
              [&](std::string& out) { append_packed(out, key_forms_); });
  columns.add_bytes(Column::kKey16, key16_);
  columns.add(Column::kKeyText, !key_texts_.lengths.empty(),
              [&](std::string& out) { put_texts(out, key_texts_.lengths, key_texts_.bytes); });
  columns.add_bytes(Column::kKeyHash, key_hash_);
  columns.add_bytes(Column::kDigest, digests_);
  columns.add(Column::kBatchSize, !batch_rows_.empty(), [&](std::string& out) {
    put_rows(out, batch_rows_, count_);
    append_packed(out, batch_sizes_);
  });
  columns.add(Column::kValueDate, !value_date_rows_.empty(), [&](std::string& out) {
    put_rows(out, value_date_rows_, count_);
    append_packed(out, value_dates_);
  });
  columns.add_numbers(Column::kReversalTarget, reversal_targets_);
  columns.add_numbers(Column::kReversalLegs, reversal_legs_);
  columns.add(Column::kMetadata, !metadata_rows_.empty(), [&](std::string& out) {
    put_rows(out, metadata_rows_, count_);
    put_texts(out, metadata_.lengths, metadata_.bytes);
  });
  columns.add(Column::kRefusal, !refusals_.lengths.empty(),
              [&](std::string& out) { put_texts(out, refusals_.lengths, refusals_.bytes); });
  columns.add(Column::kPayload, !payloads_.lengths.empty(),
              [&](std::string& out) { put_texts(out, payloads_.lengths, payloads_.bytes); });

  Block block;
  block.header = header;
  block.bytes.reserve(kHeaderBytes + columns.size() + kTrailerBytes);
  ByteWriter out(block.bytes);
  out.bytes("LMBG");
  out.put(std::uint16_t{1});  // version
  out.put(std::uint8_t{1});   // codec: these columns
  out.put(std::uint8_t{1});   // hash: SHA-256
  out.bytes({header.coop.bytes.data(), header.coop.bytes.size()});
  out.put(header.block_no.value);
  out.put(header.epoch);
  out.bytes(view_of(header.previous));
  out.put(header.first_event.value);
  out.put(header.count);
  out.put(header.business_date.days);
  out.put(header.stamped_time.us);
  out.put(header.durable_block.value);
  out.put(static_cast<std::uint32_t>(columns.size()));
  CHECK(block.bytes.size() == kHeaderBytes);
  columns.finish(block.bytes);
  block.hash = sha256(block.bytes);
  out.bytes(view_of(block.hash));
  out.put(crc32c(block.bytes));
  CHECK(block.bytes.size() <= kBlockBytesMax);
  clear();
  return block;
}

void BlockBuilder::clear() {
  count_ = 0;
  bound_ = kFrameBound;
  for (Numbers* numbers :
       {&kinds_, &debits_, &credits_, &amounts_, &leg_counts_, &leg_accounts_, &leg_sides_,
        &leg_amounts_, &principals_, &key_forms_, &batch_rows_, &batch_sizes_, &value_date_rows_,
        &value_dates_, &reversal_targets_, &reversal_legs_, &metadata_rows_}) {
    numbers->clear();
  }
  for (std::string* bytes : {&key16_, &key_hash_, &digests_}) bytes->clear();
  for (Texts* texts : {&key_texts_, &metadata_, &refusals_, &payloads_}) texts->clear();
}

}  // namespace lumbung::storage
