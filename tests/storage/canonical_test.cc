// Equal content has exactly one encoding: every other is made here by editing a block and hashing
// it again, and must be refused at the column it is in.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>

#include "engine/bytes.h"
#include "storage/codec.h"
#include "storage/digest.h"
#include "tests/storage/random_events.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;

/// A block taken apart, to be put together otherwise.
struct LooseBlock {
  std::string header;
  std::vector<std::pair<std::uint8_t, std::string>> columns;
  std::string behind;  // bytes after the last column

  explicit LooseBlock(const std::string& bytes) : header(bytes.substr(0, kHeaderBytes)) {
    ByteReader directory(std::string_view(bytes).substr(kHeaderBytes));
    const auto count = directory.get<std::uint8_t>();
    std::size_t at = kHeaderBytes + 1 + 5U * count;
    for (unsigned i = 0; i < count; ++i) {
      const auto id = directory.get<std::uint8_t>();
      const auto length = directory.get<std::uint32_t>();
      columns.emplace_back(id, bytes.substr(at, length));
      at += length;
    }
  }
  /// The column, made where its id belongs if it is not there.
  std::string& operator[](Column column) {
    const auto id = static_cast<std::uint8_t>(column);
    auto at = columns.begin();
    while (at != columns.end() && at->first < id) ++at;
    if (at == columns.end() || at->first != id) at = columns.insert(at, {id, ""});
    return at->second;
  }
  void drop(Column column) {
    std::erase_if(columns,
                  [=](const auto& c) { return c.first == static_cast<std::uint8_t>(column); });
  }
  std::string bytes() const {
    std::string body(1, static_cast<char>(columns.size()));
    for (const auto& [id, content] : columns) {
      ByteWriter out(body);
      out.put(id);
      out.put(static_cast<std::uint32_t>(content.size()));
    }
    for (const auto& [id, content] : columns) body += content;
    body += behind;
    std::string block = header;
    const auto length = static_cast<std::uint32_t>(body.size());
    std::memcpy(block.data() + 104, &length, 4);
    return seal(block + body);
  }
  static std::string seal(std::string block) {
    block.append(view_of(sha256(block)));
    const std::uint32_t checksum = crc32c(block);
    ByteWriter(block).put(checksum);
    return block;
  }
};

/// The column that a block is refused at, by parse or by reading its rows; empty: it is good.
std::string refused_at(const std::string& bytes) {
  const auto parsed = BlockView::parse(bytes, Trust::kNothing);
  if (const auto* error = std::get_if<CodecError>(&parsed)) return std::string(error->column);
  BlockView::Rows rows(std::get<BlockView>(parsed));
  Event event;
  while (rows.next(event)) {
  }
  return rows.error() ? std::string(rows.error()->column) : "";
}

std::string packed(const std::vector<std::uint64_t>& values) {
  std::string out;
  append_packed(out, values);
  return out;
}

std::string packed_as(std::uint64_t base, std::uint8_t width, std::string_view stored) {
  std::string out;
  ByteWriter writer(out);
  writer.put(base);
  writer.put(width);
  writer.bytes(stored);
  return out;
}

std::string texts(const std::vector<std::string>& all) {
  std::vector<std::uint64_t> lengths;
  std::string joined;
  for (const std::string& text : all) {
    lengths.push_back(text.size());
    joined += text;
  }
  return packed(lengths) + joined;
}

Event base_event(std::uint64_t no) {
  Event event;
  event.no = {no};
  event.booking_date = Date{20'000};
  event.at = {1};
  event.key = *Key::of_stored(Key::Form::kUuid, std::string(15, '\0') + static_cast<char>(no));
  return event;
}

Entry entry_of_legs(std::initializer_list<Posting> legs) {
  return {Legs(legs), {}, {}};
}

/// Five rows: two simple entries, one of three legs with value date and metadata, one refusal, one
/// account opened.
LooseBlock five_rows() {
  std::vector<Event> events;
  for (std::uint64_t no = 1; no <= 5; ++no) events.push_back(base_event(no));
  events[0].body =
      EntryPosted{entry_of_legs({{{1}, Side::kDebit, {100}}, {{2}, Side::kCredit, {100}}})};
  events[1].body =
      EntryPosted{entry_of_legs({{{3}, Side::kDebit, {900}}, {{2}, Side::kCredit, {900}}})};
  Entry rich = entry_of_legs(
      {{{1}, Side::kDebit, {300}}, {{2}, Side::kCredit, {100}}, {{3}, Side::kCredit, {200}}});
  rich.value_date = Date{19'990};
  rich.metadata = {{"a", std::int64_t{1}}};
  events[2].body = EntryPosted{rich};
  events[3].body = Refused{Refusal(RefusalCode::unbalanced, Param{ParamKind::kAmount, 5})};
  events[3].digest.emplace();
  OpenAccount account;
  account.code = "1101";
  account.type = AccountType::kAsset;
  account.floor = Amount{0};
  events[4].body = account;
  events[4].digest.emplace();
  BlockHeader header;
  header.coop = *CoopId::parse("KSP");
  header.block_no = {1};
  header.epoch = 1;
  return LooseBlock(sealed(header, events).bytes);
}

using Edit = std::function<void(LooseBlock&)>;

void expect_refused(std::string_view column, const Edit& edit) {
  LooseBlock block = five_rows();
  edit(block);
  EXPECT_EQ(refused_at(block.bytes()), column);
}

/// Writes over the header.
template <class Number>
Edit header_with(std::size_t offset, Number value) {
  return
      [=](LooseBlock& block) { std::memcpy(block.header.data() + offset, &value, sizeof value); };
}

TEST(CanonicalTest, TheBlockItselfIsGood) {
  LooseBlock block = five_rows();
  EXPECT_EQ(refused_at(block.bytes()), "");
  EXPECT_EQ(block.bytes(), LooseBlock(block.bytes()).bytes());
}

TEST(CanonicalTest, Header) {
  expect_refused("header", header_with(0, 'l'));
  expect_refused("header", header_with(4, std::uint16_t{2}));
  expect_refused("header", header_with(6, std::uint8_t{2}));
  expect_refused("header", header_with(7, std::uint8_t{2}));
  expect_refused("header", header_with(8, 'k'));               // no capital
  expect_refused("header", header_with(9, std::uint16_t{0}));  // one letter
  expect_refused("header", header_with(20, 'K'));              // something behind the padding
  expect_refused("header", header_with(80, std::uint32_t{0}));
  expect_refused("header", header_with(80, std::uint32_t{8191}));
  expect_refused("header", header_with(84, std::int32_t{2'932'897}));  // 10000-01-01
  expect_refused("header", header_with(84, std::int32_t{-719'163}));   // before year 1
  LooseBlock block = five_rows();
  block[Column::kPayload].resize(kBlockBytesMax);
  EXPECT_EQ(refused_at(block.bytes()), "header");
  // A length that leaves bytes over, or is short of them.
  for (const int difference : {-1, 1}) {
    std::string bytes = five_rows().bytes();
    std::uint32_t length = 0;
    std::memcpy(&length, &bytes[104], 4);
    length += static_cast<std::uint32_t>(difference);
    std::memcpy(&bytes[104], &length, 4);
    EXPECT_EQ(refused_at(LooseBlock::seal(bytes.substr(0, bytes.size() - 36))), "header");
  }
}

TEST(CanonicalTest, HashAndChecksum) {
  std::string bytes = five_rows().bytes();
  bytes[bytes.size() - 1] = static_cast<char>(bytes[bytes.size() - 1] ^ 1);
  EXPECT_EQ(refused_at(bytes), "checksum");
  bytes = five_rows().bytes();
  bytes[50] = static_cast<char>(bytes[50] ^ 1);
  bytes.resize(bytes.size() - 4);
  const std::uint32_t checksum = crc32c(bytes);
  ByteWriter(bytes).put(checksum);
  EXPECT_EQ(refused_at(bytes), "hash");
}

TEST(CanonicalTest, Directory) {
  expect_refused("directory", [](LooseBlock& b) { b.columns.emplace_back(22, ""); });  // reserved
  expect_refused("directory", [](LooseBlock& b) { b.columns.emplace_back(25, "x"); });
  expect_refused("directory", [](LooseBlock& b) { b.columns.emplace_back(255, "x"); });
  expect_refused("directory", [](LooseBlock& b) { b.columns.insert(b.columns.begin(), {0, ""}); });
  expect_refused("directory", [](LooseBlock& b) { b.columns.push_back(b.columns.back()); });
  expect_refused("directory", [](LooseBlock& b) { std::swap(b.columns[0], b.columns[1]); });
  expect_refused("directory", [](LooseBlock& b) { b.behind = std::string(1, '\0'); });
  // More columns are claimed than there is room for.
  std::string bytes = five_rows().bytes();
  bytes[108] = static_cast<char>(255);
  EXPECT_EQ(refused_at(LooseBlock::seal(bytes.substr(0, bytes.size() - 36))), "directory");
}

TEST(CanonicalTest, ColumnsThatNoRowHas) {
  for (const Column column : {Column::kReversalTarget, Column::kReversalLegs}) {
    expect_refused(name_of(column), [=](LooseBlock& b) { b[column] = packed({}); });
  }
  expect_refused("key_text", [](LooseBlock& b) { b[Column::kKeyText] = texts({}); });
  expect_refused("key_hash", [](LooseBlock& b) { b[Column::kKeyHash] = ""; });
  for (const Column column : {Column::kBatchSize, Column::kValueDate}) {
    expect_refused(name_of(column),
                   [=](LooseBlock& b) { b[column] = std::string(1, '\0') + packed({}); });
  }
  expect_refused("metadata",
                 [](LooseBlock& b) { b[Column::kMetadata] = std::string(1, '\0') + texts({}); });
}

TEST(CanonicalTest, ColumnsThatAreMissing) {
  for (const Column column :
       {Column::kDebit, Column::kCredit, Column::kAmount, Column::kLegCount, Column::kLegAccount,
        Column::kLegSide, Column::kLegAmount, Column::kKey16, Column::kDigest, Column::kRefusal,
        Column::kPayload}) {
    expect_refused(name_of(column), [=](LooseBlock& b) { b.drop(column); });
  }
}

TEST(CanonicalTest, ColumnsOfAnotherLength) {
  for (const auto& [id, content] : five_rows().columns) {
    const auto column = static_cast<Column>(id);
    SCOPED_TRACE(name_of(column));
    expect_refused(name_of(column), [=](LooseBlock& b) { b[column].push_back('\0'); });
    expect_refused(name_of(column), [=](LooseBlock& b) { b[column].pop_back(); });
    expect_refused(name_of(column), [=](LooseBlock& b) { b[column].clear(); });
  }
}

TEST(CanonicalTest, PackedNumbersHaveTheLeastBaseAndWidth) {
  // Debits are 1 and 3.
  ASSERT_EQ(five_rows()[Column::kDebit], packed_as(1, 1, std::string("\0\2", 2)));
  const auto debits = [](std::string bytes) {
    return [=](LooseBlock& b) { b[Column::kDebit] = bytes; };
  };
  expect_refused("debit", debits(packed_as(0, 1, "\1\3")));
  expect_refused("debit", debits(packed_as(1, 2, std::string("\0\0\2\0", 4))));
  expect_refused("debit",
                 debits(packed_as(2, 8, std::string(8, '\xff') + "\1" + std::string(7, '\0'))));
  expect_refused("debit", debits(packed_as(1, 9, std::string(18, '\0'))));
  expect_refused("debit", debits(packed_as(7, 1, std::string(2, '\0'))));  // both are 7: width 0
  EXPECT_EQ(refused_at([] {
              LooseBlock b = five_rows();
              b[Column::kDebit] = packed_as(7, 0, "");
              return b.bytes();
            }()),
            "");
  // Nothing wraps around 2^64.
  expect_refused("amount", [](LooseBlock& b) {
    b[Column::kAmount] = packed_as(~std::uint64_t{0}, 1, std::string("\0\2", 2));
  });
  expect_refused("refusal", [](LooseBlock& b) {  // lengths of texts are packed numbers too
    b[Column::kRefusal] = packed_as(9, 1, "\1") + std::string(10, '\0');
  });
}

TEST(CanonicalTest, ColumnsThatSayWhatTheirAbsenceSays) {
  Event event = base_event(1);
  event.body =
      EntryPosted{entry_of_legs({{{1}, Side::kDebit, {100}}, {{2}, Side::kCredit, {100}}})};
  BlockHeader header;
  header.coop = *CoopId::parse("KSP");
  const std::string good = sealed(header, {event}).bytes;
  const auto with = [&](Column column, std::uint64_t value) {
    LooseBlock block(good);
    block[column] = packed({value});
    return block.bytes();
  };
  EXPECT_EQ(refused_at(good), "");
  EXPECT_EQ(refused_at(with(Column::kKind, 1)), "kind");
  EXPECT_EQ(refused_at(with(Column::kPrincipal, 0)), "principal");
  EXPECT_EQ(refused_at(with(Column::kPrincipal, 1)), "");
  EXPECT_EQ(refused_at(with(Column::kKeyForm, 1)), "key_form");
  EXPECT_EQ(refused_at(with(Column::kKeyForm, 2)), "");
}

TEST(CanonicalTest, RowsOfSparseColumns) {
  const std::string value = packed({zigzag(-10)});
  const auto value_date = [&](std::string rows) {
    return [=](LooseBlock& b) { b[Column::kValueDate] = rows + value; };
  };
  EXPECT_EQ(five_rows()[Column::kValueDate], "\x04" + value);
  expect_refused("value_date", value_date("\x24"));  // a bit beyond the fifth row
  expect_refused("value_date", value_date("\x08"));  // a refusal has no value date
  expect_refused("value_date", value_date("\x10"));  // nor has an account
  const std::string text = texts({std::string("\1\1a\0\1\0\0\0\0\0\0\0", 12)});
  ASSERT_EQ(five_rows()[Column::kMetadata], "\x04" + text);
  for (const std::string rows : {"\x24", "\x08", "\x10"}) {
    expect_refused("metadata", [=](LooseBlock& b) { b[Column::kMetadata] = rows + text; });
  }
}

TEST(CanonicalTest, BatchesLieWithinTheirBlock) {
  const auto batch = [](std::uint64_t size) {
    return [=](LooseBlock& b) {
      b[Column::kBatchSize] = "\x02" + packed({size});
      b[Column::kDigest] += std::string(16, 'd');
    };
  };
  LooseBlock good = five_rows();
  batch(4)(good);
  EXPECT_EQ(refused_at(good.bytes()), "");
  expect_refused("batch_size", batch(0));
  expect_refused("batch_size", batch(5));
  expect_refused("batch_size", batch((std::uint64_t{1} << 32) + 1));
  expect_refused("digest", [&](LooseBlock& b) {  // its digest is missing
    b[Column::kBatchSize] = "\x02" + packed({1});
  });
}

TEST(CanonicalTest, ValuesOfRows) {
  const auto kinds = [](std::vector<std::uint64_t> values) {
    return [=](LooseBlock& b) { b[Column::kKind] = packed(values); };
  };
  ASSERT_EQ(five_rows()[Column::kKind], packed({1, 1, 2, 3, 8}));
  expect_refused("kind", kinds({1, 1, 2, 3, 0}));
  expect_refused("kind", kinds({1, 1, 2, 3, 19}));
  // A simple entry is written as one.
  expect_refused("kind", [](LooseBlock& b) {
    b[Column::kLegCount] = packed({2});
    b[Column::kLegAccount] = packed({1, 2});
    b[Column::kLegSide] = packed({0, 1});
    b[Column::kLegAmount] = packed({50, 50});
  });
  constexpr std::uint64_t kBeyond = std::uint64_t{1} << 32;
  expect_refused("debit", [](LooseBlock& b) { b[Column::kDebit] = packed({1, kBeyond}); });
  expect_refused("debit", [](LooseBlock& b) { b[Column::kCredit] = packed({kBeyond, 2}); });
  expect_refused("leg_account", [](LooseBlock& b) {
    b[Column::kLegAccount] = packed({1, 2, kBeyond});
  });
  expect_refused("leg_side", [](LooseBlock& b) { b[Column::kLegSide] = packed({0, 1, 2}); });
  expect_refused("leg_count", [](LooseBlock& b) { b[Column::kLegCount] = packed({65}); });
  expect_refused("principal", [](LooseBlock& b) {
    b[Column::kPrincipal] = packed({0, 0, 0, 0, kBeyond});
  });
  for (const std::int64_t days :
       {std::int64_t{0}, std::int64_t{2'912'897}, std::int64_t{1} << 32}) {
    expect_refused("value_date",
                   [=](LooseBlock& b) { b[Column::kValueDate] = "\x04" + packed({zigzag(days)}); });
  }
}

TEST(CanonicalTest, Keys) {
  const auto first_key = [](std::string text) {
    return [=](LooseBlock& b) {
      b[Column::kKeyForm] = packed({3, 1, 1, 1, 1});
      b[Column::kKey16].erase(0, 16);
      b[Column::kKeyText] = texts({text});
    };
  };
  LooseBlock good = five_rows();
  first_key("k-1")(good);
  EXPECT_EQ(refused_at(good.bytes()), "");
  expect_refused("key_text", first_key(""));
  expect_refused("key_text", first_key(std::string(65, 'k')));
  expect_refused("key_text", first_key("a b"));
  expect_refused("key_text", first_key("\x7f"));
  // Texts that have a shorter form.
  expect_refused("key_text", first_key("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
  expect_refused("key_text", first_key("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  expect_refused("key_form", [](LooseBlock& b) { b[Column::kKeyForm] = packed({5, 1, 1, 1, 1}); });
}

TEST(CanonicalTest, MetadataRefusalsAndPayloads) {
  const auto metadata = [](std::string text) {
    return [=](LooseBlock& b) { b[Column::kMetadata] = "\x04" + texts({text}); };
  };
  expect_refused("metadata", metadata(std::string(1, '\0')));           // none: then it is absent
  expect_refused("metadata", metadata(std::string("\1\1a\3", 4)));      // no such tag
  expect_refused("metadata", metadata(std::string("\1\1a\2\1bc", 7)));  // a byte left over
  expect_refused("metadata", metadata(std::string("\1\1a\2\3bc", 7)));  // a byte short
  expect_refused("metadata", metadata(std::string("\1\1a\1\xff\xff\xff\x7f", 8)));  // no date

  const auto refusal = [](std::string text) {
    return [=](LooseBlock& b) { b[Column::kRefusal] = texts({text}); };
  };
  const std::string param("\3\5\0\0\0\0\0\0\0", 9);
  LooseBlock good = five_rows();
  refusal("\x3d" + param + param + param + param)(good);
  EXPECT_EQ(refused_at(good.bytes()), "");
  expect_refused("refusal", refusal(""));
  expect_refused("refusal", refusal(std::string(1, '\0')));  // no such code
  expect_refused("refusal", refusal("\x3d" + param + param + param + param + param));
  expect_refused("refusal", refusal("\x3d" + param.substr(0, 8)));
  for (const char kind : {'\0', '\x09'}) {
    expect_refused("refusal", refusal("\x3d" + (kind + param.substr(1))));
  }

  const auto payload = [](std::string text) {
    return [=](LooseBlock& b) { b[Column::kPayload] = texts({text}); };
  };
  const std::string account = [] {  // code, type, normal, currency, control
    return std::string(
        "\4"
        "1101"
        "\1\0\x68\1\0\0\0\0",
        13);
  }();
  LooseBlock plain = five_rows();
  payload(account + '\0')(plain);
  EXPECT_EQ(refused_at(plain.bytes()), "");
  expect_refused("payload", payload(account + "\x08"));                       // unknown flag
  expect_refused("payload", payload(account + '\0' + '\0'));                  // a byte left over
  expect_refused("payload", payload(account + '\1' + std::string(7, '\0')));  // floor cut short
  std::string odd = account + '\0';
  odd[5] = '\7';  // type
  expect_refused("payload", payload(odd));
  odd[5] = '\0';
  expect_refused("payload", payload(odd));
  odd[5] = '\1';
  odd[6] = '\2';  // normal side
  expect_refused("payload", payload(odd));
}

struct OddPayload {
  std::uint64_t kind;
  std::string_view what;
  std::string bytes;
};

TEST(CanonicalTest, PayloadsOfTheOtherKinds) {
  using namespace std::string_literals;
  const std::string far = "\xff\xff\xff\x7f"s;
  const OddPayload odd[] = {
      {5, "truth of 2", "\x68\x01\3UTC\0\0\0\0\2"s},
      {5, "no date", "\x68\x01\3UTC"s + far + "\0"s},
      {6, "role 0", "\0\1a"s},
      {7, "role 7", "\7\1a"s},
      {9, "flag of a control account", "\1\0\0\0\4"s},
      {10, "a byte short", "\1\0\0"s},
      {11, "a byte long", "\1\0\0\0\0"s},
      {12, "nothing", ""s},
      {13, "truth of 2", "\1\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0"s},
      {13, "no date", "\1\0\0\0\1\0\0\0\0\0\0\0\1"s + far},
      {15, "a byte short", "\1\0\0\0\0\0\0"s},
      {16, "a byte long", "\1\0\0\0\0\0\0\0\0"s},
      {17, "no date", "\0\0\0\0"s + far},
      {18, "no month", far},
      {18, "before year 1", "\x0b\0\0\0"s},
  };
  for (const OddPayload& o : odd) {
    SCOPED_TRACE(std::to_string(o.kind) + ": " + std::string(o.what));
    expect_refused("payload", [&](LooseBlock& b) {
      b[Column::kKind] = packed({1, 1, 2, 3, o.kind});
      b[Column::kPayload] = texts({o.bytes});
    });
  }
}

}  // namespace
}  // namespace lumbung::tests
