#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/refusal.h"
#include "storage/audit.h"
#include "tests/compare.h"
#include "tests/ledger_world.h"
#include "tests/model.h"
#include "tests/story_runner.h"
#include "tests/temporary_directory.h"

namespace lumbung::tests {
namespace {

using engine::RefusalCode;

std::vector<std::filesystem::path> scripts() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(LUMBUNG_SCRIPTS_DIR)) {
    if (entry.path().extension() == ".test") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string name_of_case(const testing::TestParamInfo<std::filesystem::path>& info) {
  return info.param.stem().string();
}

class Story : public testing::TestWithParam<std::filesystem::path> {
 protected:
  void tell(World& world) { StoryRunner(world, GetParam()).run(text_of(GetParam())); }
};

TEST_P(Story, HoldsInTheEngine) {
  const auto world = make_engine_world();
  tell(*world);
}

TEST_P(Story, HoldsInTheModel) {
  Model model;
  tell(model);
}

TEST_P(Story, HoldsInTheStoredLedger) {
  const auto engine_world = make_engine_world();
  tell(*engine_world);
  const TemporaryDirectory directory;
  storage::Ledger::Options options;
  options.directory = directory.path();
  options.create = true;
  options.run_events = 16;  // so short that most of a story is read from the index
  {
    LedgerWorld world(options);
    tell(world);
  }
  const storage::AuditReport report = storage::audit_directory(directory.path(), {});
  for (const storage::AuditFinding& finding : report.findings) ADD_FAILURE() << finding.what;
  for (const storage::AuditedBook& audited : report.books) {
    EXPECT_TRUE(audited.book == replay(*engine_world, audited.coop)) << audited.coop.text();
  }
  // Once more from the disk: with what the last close left, then from the journal alone.
  for (const bool trust_snapshots : {true, false}) {
    options.trust_snapshots = trust_snapshots;
    const LedgerWorld world(options);
    for (const char* id : {"KOP-1", "KOP-A", "KOP-B", "KOP-MYR", "KOP-SEN"}) {
      expect_same_state(world, *engine_world, *engine::CoopId::parse(id));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Scripts, Story, testing::ValuesIn(scripts()), name_of_case);

// One script per refusal at least, so that none is a word without a case.
TEST(Stories, ProvokeEveryRefusal) {
  std::set<std::string> told;
  for (const auto& path : scripts()) {
    const auto world = make_engine_world();
    StoryRunner runner(*world, path);
    runner.run(text_of(path));
    told.insert(runner.refusals().begin(), runner.refusals().end());
  }
  const std::set<std::string> elsewhere{
      "queue_full",      // ledger_threads_test: needs a full queue
      "writer_stopped",  // simulation_test: needs a journal that fails
      "batch_empty",     // told by the edge: an empty batch has no key to be remembered by
  };
  for (unsigned number = 0; number < 256; ++number) {
    const auto code = engine::refusal_of_number(static_cast<std::uint8_t>(number));
    if (!code) continue;
    const std::string name(name_of(*code));
    EXPECT_NE(told.count(name), elsewhere.count(name)) << name;
  }
}

}  // namespace
}  // namespace lumbung::tests
