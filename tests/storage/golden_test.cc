// The golden blocks: bytes that must never change. What each holds was said once by
// tests/golden/describe.py, which knows the format from docs/journal-format.md alone.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "storage/audit.h"
#include "storage/chain.h"
#include "storage/codec.h"
#include "storage/payload.h"
#include "tests/files.h"
#include "tests/temporary_directory.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;

const std::filesystem::path kDirectory = LUMBUNG_GOLDEN_DIR;

std::vector<std::filesystem::path> golden_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory)) {
    if (entry.path().extension() == ".block") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The golden block and what it must hold.
class GoldenTest : public ::testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    bytes_ = read_file(GetParam());
    said_ = parser_.load(std::filesystem::path(GetParam()).replace_extension(".json").string());
    auto parsed = BlockView::parse(bytes_, Trust::kNothing);
    const auto* error = std::get_if<CodecError>(&parsed);
    ASSERT_EQ(error, nullptr) << error->column << ": " << error->what;
    view_ = std::get<BlockView>(parsed);
    BlockView::Rows rows(*view_);
    for (Event event; rows.next(event);) events_.push_back(event);
    ASSERT_FALSE(rows.error().has_value()) << rows.error()->what;
  }
  std::string_view text(const char* name) const { return said_[name].get_string(); }
  std::uint64_t number(const char* name) const { return said_[name].get_uint64(); }

  std::string bytes_;
  simdjson::dom::parser parser_;
  simdjson::dom::element said_;
  std::optional<BlockView> view_;
  std::vector<Event> events_;
};

TEST_P(GoldenTest, HoldsWhatWasSaid) {
  const BlockHeader& header = view_->header();
  EXPECT_EQ(header.coop.text(), text("cooperative"));
  EXPECT_EQ(header.block_no.value, number("block_no"));
  EXPECT_EQ(header.epoch, number("epoch"));
  EXPECT_EQ(hex(header.previous), text("previous"));
  EXPECT_EQ(header.first_event.value, number("first_event"));
  EXPECT_EQ(header.count, number("count"));
  EXPECT_EQ(format_date(header.business_date), text("business_date"));
  EXPECT_EQ(header.stamped_time.us, static_cast<std::int64_t>(said_["stamped_time"]));
  EXPECT_EQ(header.durable_block.value, number("durable_block"));
  EXPECT_EQ(hex(view_->hash()), text("hash"));
  std::uint32_t checksum = 0;
  std::memcpy(&checksum, &bytes_[bytes_.size() - 4], 4);
  EXPECT_EQ(checksum, number("checksum"));

  const simdjson::dom::array said_events = said_["events"];
  ASSERT_EQ(said_events.size(), events_.size());
  std::size_t row = 0;
  for (const simdjson::dom::element said : said_events) {
    const Event& event = events_[row++];
    SCOPED_TRACE(event.no.value);
    const std::string leaf = leaf_of(header.coop, event);
    EXPECT_EQ(event.no.value, static_cast<std::uint64_t>(said["no"]));
    EXPECT_EQ(static_cast<std::uint64_t>(kind_of(event.body)),
              static_cast<std::uint64_t>(said["kind"]));
    EXPECT_EQ(hex(leaf), std::string_view(said["leaf"]));
    EXPECT_EQ(hex(leaf_hash(leaf)), std::string_view(said["leaf_hash"]));
  }
}

TEST_P(GoldenTest, IsEncodedToTheSameBytes) {
  BlockBuilder builder;
  for (const Event& event : events_) builder.append(event);
  EXPECT_EQ(hex(builder.seal(view_->header()).bytes), hex(bytes_));
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenTest, ::testing::ValuesIn(golden_files()),
                         [](const auto& file) { return file.param.stem().string(); });

TEST(GoldenSetTest, HasEveryKindAndEveryColumn) {
  std::set<Kind> kinds;
  std::set<unsigned> columns;
  std::set<Key::Form> forms;
  std::set<std::size_t> metadata;
  std::set<std::size_t> params;
  for (const auto& path : golden_files()) {
    const std::string bytes = read_file(path);
    const auto count = static_cast<unsigned char>(bytes[kHeaderBytes]);
    for (unsigned i = 0; i < count; ++i) {
      columns.insert(static_cast<unsigned char>(bytes[kHeaderBytes + 1 + 5 * i]));
    }
    const auto parsed = BlockView::parse(bytes, Trust::kNothing);
    const auto& view = std::get<BlockView>(parsed);
    BlockView::Rows rows(view);
    for (Event event; rows.next(event);) {
      kinds.insert(view.kind(static_cast<std::uint32_t>(event.no.value) -
                             static_cast<std::uint32_t>(view.header().first_event.value)));
      forms.insert(event.key.form());
      if (const Entry* entry = entry_of(event.body)) {
        for (const MetadataItem& item : entry->metadata) metadata.insert(item.value.index());
      }
      if (const auto* refused = std::get_if<Refused>(&event.body)) {
        params.insert(static_cast<std::size_t>(std::ranges::count_if(
            refused->refusal.params, [](Param p) { return p.kind != ParamKind::kNone; })));
      }
    }
  }
  EXPECT_EQ(kinds.size(), kKindMax);
  EXPECT_EQ(columns.size(), kColumnMax);
  EXPECT_EQ(forms.size(), 5U);
  EXPECT_EQ(metadata.size(), 3U);
  EXPECT_EQ(params.size(), 5U);
}

TEST(GoldenSetTest, TheBlocksOfACooperativeAreASoundJournal) {
  std::map<CoopId, std::map<std::uint64_t, std::string>> journals;
  for (const auto& path : golden_files()) {
    const std::string bytes = read_file(path);
    const auto parsed = BlockView::parse(bytes, Trust::kNothing);
    const BlockHeader& header = std::get<BlockView>(parsed).header();
    EXPECT_TRUE(journals[header.coop].emplace(header.block_no.value, bytes).second) << path;
  }
  EXPECT_EQ(journals.size(), 3U);
  const TemporaryDirectory directory;
  const auto file = directory.path() / "exported.blocks";
  std::ofstream out(file, std::ios::binary);
  for (const auto& [coop, blocks] : journals) {
    Chain chain(coop);
    for (const auto& [no, bytes] : blocks) {
      out << bytes;
      const auto parsed = BlockView::parse(bytes, Trust::kNothing);
      const auto broken = chain.follow(std::get<BlockView>(parsed));
      EXPECT_FALSE(broken.has_value()) << broken->field << ": " << broken->what;
    }
  }
  out.close();
  const AuditReport report = audit_file(file, {});
  for (const AuditFinding& finding : report.findings) ADD_FAILURE() << finding.what;
  EXPECT_EQ(report.books.size(), 3U);
}

/// The bytes that docs/journal-format.md writes out under that mark, in hex. A line has the offset,
/// the bytes, and behind three blanks their meaning.
std::string written_out(const std::string& mark) {
  std::ifstream page(LUMBUNG_DOCS_DIR "/journal-format.md");
  std::string line;
  while (std::getline(page, line) && line != "<!-- golden:" + mark + " -->") {
  }
  while (std::getline(page, line) && !line.starts_with("```")) {
  }
  std::string written;
  while (std::getline(page, line) && !line.starts_with("```")) {
    EXPECT_EQ(line.substr(0, 4), hex(std::string{static_cast<char>(written.size() / 2 >> 8),
                                                 static_cast<char>(written.size() / 2)}));
    for (const char c : line.substr(4, line.find("   ", 6) - 4)) {
      if (c != ' ') written.push_back(c);
    }
  }
  return written;
}

TEST(GoldenSetTest, TheWorkedExampleOfThePageIsTheFirstBlock) {
  EXPECT_EQ(written_out("first_block"), hex(read_file(kDirectory / "first_block.block")));
  simdjson::dom::parser parser;
  const simdjson::dom::element said = parser.load((kDirectory / "first_block.json").string());
  const simdjson::dom::element fourth = said["events"].at(3);
  EXPECT_EQ(written_out("first_leaf"), std::string_view(fourth["leaf"]));
  EXPECT_EQ(written_out("first_leaf_hash"), std::string_view(fourth["leaf_hash"]));
}

}  // namespace
}  // namespace lumbung::tests
