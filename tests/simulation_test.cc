// Random requests to the stored ledger and to the naive model, with the journal failing at any
// commit, restarts, and all that can be read compared; in bursts of a few, and with the pipeline
// saturated. A failure names its seed; the same seed is the same run. LUMBUNG_SIM_SEEDS
// (environment) is how many seeds each test takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <set>

#include "storage/audit.h"
#include "tests/batch_generator.h"
#include "tests/command_generator.h"
#include "tests/compare.h"
#include "tests/fault_journal.h"
#include "tests/ledger_world.h"
#include "tests/temporary_directory.h"
#include "tests/watcher.h"

namespace lumbung::tests {
namespace {

using engine::CoopId;
using engine::RefusalCode;
using storage::Answer;

std::uint64_t seed_count(std::uint64_t otherwise) {
  const char* said = std::getenv("LUMBUNG_SIM_SEEDS");
  return said == nullptr ? otherwise : std::strtoull(said, nullptr, 10);
}

bool same_answer(const Answer& a, const Answer& b) {
  return a.outcome == b.outcome && a.replayed == b.replayed && a.event == b.event &&
         a.booking_date == b.booking_date && a.at == b.at && a.refusal.code == b.refusal.code;
}

std::string text_of(const Answer& answer) {
  std::string text;
  switch (answer.outcome) {
    case Answer::Outcome::kDone:
      text = "done";
      break;
    case Answer::Outcome::kRefused:
      text = name_of(answer.refusal.code);
      break;
    case Answer::Outcome::kUnknown:
      text = "unknown";
      break;
  }
  if (answer.replayed) text += " replayed";
  return text + ", event " + std::to_string(answer.event.value) + " at " +
         std::to_string(answer.at.us);
}

bool is_lost(const Answer& answer) {
  return answer.outcome == Answer::Outcome::kUnknown ||
         (answer.outcome == Answer::Outcome::kRefused &&
          answer.refusal.code == RefusalCode::writer_stopped);
}

enum class Carrier { kEmbedded, kMemory };

enum class Load {
  kBursts,     // up to thirty requests at once
  kSaturated,  // batches of up to a block among them, and somebody watching
};

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kSaturatedSeeds = 1;  // the model is slow enough as it is
constexpr int kSaturatedLives = 2;
#else
constexpr std::uint64_t kSaturatedSeeds = 2;
constexpr int kSaturatedLives = 3;
#endif

/// One node through many restarts.
class Simulation {
 public:
  /// The first life fails at its commit `fault_at`, from 0; the others where the seed says.
  Simulation(std::uint64_t seed, Carrier carrier, std::uint64_t fault_at, Fault fault,
             Load load = Load::kBursts)
      : generator_(seed),
        batches_(seed),
        faults_(seed ^ 0x5eed),
        in_memory_(carrier == Carrier::kMemory),
        saturated_(load == Load::kSaturated),
        fault_at_(fault_at),
        fault_(fault),
        world_(options(seed)) {}

  void run(int lives, int bursts_a_life) {
    for (int life = 0; life < lives && !testing::Test::HasFailure(); ++life) {
      SCOPED_TRACE("life " + std::to_string(life));
      for (int burst = 0; burst < bursts_a_life && !testing::Test::HasFailure(); ++burst) {
        if (!run_burst()) break;
      }
      restart();
      compare_all();
    }
    finish();
  }

 private:
  Random& random() { return generator_.random(); }

  storage::Ledger::Options options(std::uint64_t seed) {
    storage::Ledger::Options options;
    options.directory = directory_.path();
    options.create = true;
    options.run_events = std::uint64_t{16} << (seed % 4);
    options.wrap_journal = [this](std::unique_ptr<storage::Journal> embedded) {
      if (in_memory_) embedded = std::make_unique<MemoryJournal>(disk_);
      return std::make_unique<FaultJournal>(std::move(embedded),
                                            [this](std::uint64_t n) { return plan(n); });
    };
    return options;
  }

  Fault plan(std::uint64_t n) const { return n == fault_at_ ? fault_ : Fault::kNone; }

  void plan_next_life() {
    static const std::vector<Fault> kFaults{Fault::kLost,    Fault::kLost,   Fault::kWritten,
                                            Fault::kWritten, Fault::kFenced, Fault::kSequence};
    fault_at_ = faults_.below(saturated_ ? 10 : 40);
    fault_ = faults_.one_in(6) ? Fault::kNone : faults_.one_of(kFaults);
  }

  /// Many requests in flight at once; their outcomes must be those of one after the other. False
  /// when the writer stopped.
  bool run_burst() {
    tick();
    std::vector<Request> requests;
    std::vector<std::vector<Answer>> answers;
    std::vector<std::vector<Answer>> predicted;
    Model ahead = model_;
    const auto ask = [&](Request request) {
      predicted.push_back(answers_to(ahead, request));
      requests.push_back(std::move(request));
    };
    if (saturated_) add_batches(ahead, ask);
    const std::uint64_t size = random().one_in(3) ? 1 : 1 + random().below(30);
    for (std::uint64_t i = 0; i < size; ++i) ask(generator_.next(ahead));
    std::optional<Watcher> watcher;
    if (saturated_) watcher.emplace(world_.ledger(), BatchGenerator::coop(), random().next());
    answers = submit_all(requests);
    if (watcher) watcher->stop();

    std::size_t told = 0;
    while (told < requests.size() &&
           !std::any_of(answers[told].begin(), answers[told].end(), is_lost)) {
      expect_answers(requests[told], answers[told], predicted[told]);
      ++told;
    }
    if (told == requests.size()) {
      model_ = std::move(ahead);
      if (watcher) watcher->expect_shown_is_true(model_);
      if (random().one_in(4)) ask_about_the_past(4);
      return true;
    }
    for (std::size_t i = told; i < requests.size(); ++i) {
      EXPECT_TRUE(std::all_of(answers[i].begin(), answers[i].end(), is_lost))
          << "a request was answered behind one that was not";
    }
    in_doubt_ = std::move(requests);
    told_ = told;
    reads_go_on();
    if (watcher) watcher->expect_shown_is_true(model_);
    return false;
  }

  /// One batch as long as a block, and some of any length, with requests to others between them.
  template <class Ask>
  void add_batches(const Model& ahead, const Ask& ask) {
    if (!ahead.coop(BatchGenerator::coop())) {
      for (const Request& request : BatchGenerator::opening()) ask(request);
    }
    const std::uint64_t count = 3 + random().below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      ask(batches_.next(i == 0, ahead.coop(BatchGenerator::coop())->head.last_event));
      if (random().one_in(2)) ask(generator_.next(ahead));
    }
  }

  std::vector<std::vector<Answer>> submit_all(const std::vector<Request>& requests) {
    std::vector<std::promise<std::vector<Answer>>> promises(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const Request& request = requests[i];
      if (request.batch) {
        world_.ledger().submit_batch(
            request.coop, request.commands, *request.batch,
            [&, i](const std::vector<Answer>& told) { promises[i].set_value(told); });
      } else {
        world_.ledger().submit(request.coop, request.commands.front(),
                               [&, i](const Answer& told) { promises[i].set_value({told}); });
      }
    }
    std::vector<std::vector<Answer>> answers;
    for (auto& promise : promises) answers.push_back(promise.get_future().get());
    return answers;
  }

  void expect_answers(const Request& request, const std::vector<Answer>& is,
                      const std::vector<Answer>& should) {
    ASSERT_EQ(is.size(), should.size());
    for (std::size_t i = 0; i < is.size(); ++i) {
      EXPECT_TRUE(same_answer(is[i], should[i]))
          << request.coop.text() << ", command kind " << request.commands[i].body.index()
          << ", key " << request.commands[i].key.text() << ": is " << text_of(is[i])
          << ", should be " << text_of(should[i]);
    }
  }

  /// The clock mostly goes on, and now and then back.
  void tick() {
    now_us_ +=
        random().one_in(10) ? -random().between(0, 5'000'000) : random().between(0, 2'000'000);
    world_.set_clock({now_us_});
    model_.set_clock({now_us_});
  }

  /// How many of the requests in doubt the ledger has: the only number for which the model has as
  /// many events everywhere. The model is left there.
  void settle_doubt(std::size_t at_least) {
    std::size_t done = 0;
    for (; done < at_least; ++done) answers_to(model_, in_doubt_[done]);
    while (done < in_doubt_.size() && !is_where_the_model_is()) {
      answers_to(model_, in_doubt_[done++]);
    }
    EXPECT_TRUE(is_where_the_model_is()) << "what is there is no prefix of what was asked";
    in_doubt_.erase(in_doubt_.begin(), in_doubt_.begin() + static_cast<std::ptrdiff_t>(done));
  }

  bool is_where_the_model_is() {
    const auto ids = world_.ledger().coops();
    if (ids != model_.coops()) return false;
    return std::all_of(ids.begin(), ids.end(), [&](const CoopId& id) {
      return world_.coop(id)->head.last_event == model_.coop(id)->head.last_event;
    });
  }

  /// A stopped ledger takes nothing more, and shows what was durable when it stopped.
  void reads_go_on() {
    settle_doubt(told_);
    told_ = 0;
    const CoopId id =
        world_.ledger().coops().empty() ? *CoopId::parse("KOP-X") : world_.ledger().coops().front();
    const Answer answer =
        world_.ask(id, {*engine::Key::parse("too-late"), {}, engine::CloseDay{{1}, {2}}});
    EXPECT_EQ(answer.outcome, Answer::Outcome::kRefused);
    EXPECT_EQ(answer.refusal.code, RefusalCode::writer_stopped);
    EXPECT_EQ(answer.event, engine::EventNo{});
    EXPECT_TRUE(world_.ledger().queue_status().writer_stopped);
    compare_all();
  }

  void restart() {
    world_.close();
    if (in_memory_) forget_derived();
    if (saturated_ && !in_memory_) audit();
    plan_next_life();
    world_.options().trust_snapshots = !random().one_in(3);
    world_.reopen();
    settle_doubt(0);
    // Who was not answered asks again: what had happened is told, what had not happens now.
    const std::vector<Request> again = std::exchange(in_doubt_, {});
    std::vector<std::vector<Answer>> should;
    Model ahead = model_;
    for (const Request& request : again) should.push_back(answers_to(ahead, request));
    const auto is = submit_all(again);
    for (std::size_t i = 0; i < again.size(); ++i) {
      if (std::any_of(is[i].begin(), is[i].end(), is_lost)) {
        in_doubt_ = again;
        return reads_go_on_after(i);
      }
      expect_answers(again[i], is[i], should[i]);
    }
    model_ = std::move(ahead);
  }

  /// The next fault struck while the last one's requests were asked again.
  void reads_go_on_after(std::size_t told) {
    told_ = told;
    reads_go_on();
    restart();
  }

  /// What only the journal need not forget: the store's files may be any older ones, or none.
  void forget_derived() {
    const auto older = older_.path() / "store";
    const auto copy_all = std::filesystem::copy_options::recursive;
    switch (faults_.below(6)) {
      case 0:
        std::filesystem::remove_all(older);
        std::filesystem::copy(directory_.path(), older, copy_all);
        break;
      case 1:
        if (!std::filesystem::exists(older)) break;
        std::filesystem::remove_all(directory_.path());
        std::filesystem::copy(older, directory_.path(), copy_all);
        break;
      case 2:
        std::filesystem::remove_all(directory_.path());
        break;
      default:
        break;
    }
  }

  void compare_all() {
    ASSERT_EQ(world_.ledger().coops(), model_.coops());
    for (const CoopId& id : model_.coops()) {
      // What was compared at the last restart cannot have changed but by a bug of that restart.
      const bool all = random().one_in(3) && id != BatchGenerator::coop();
      expect_same_state(world_, model_, id, all ? engine::EventNo{1} : recent(id));
    }
    ask_about_the_past(30);
  }

  engine::EventNo recent(const CoopId& id) const {
    const std::uint64_t last = model_.coop(id)->head.last_event.value;
    return {last - std::min(last - 1, std::uint64_t{200})};
  }

  void ask_about_the_past(int questions) {
    for (const CoopId& id : model_.coops()) {
      expect_same_past(world_, model_, id, random(), questions);
    }
  }

  /// From nothing but the journal, and by the auditor.
  void finish() {
    if (testing::Test::HasFailure()) return;
    fault_ = Fault::kNone;
    world_.options().trust_snapshots = false;
    restart();
    for (const CoopId& id : model_.coops()) {
      // The model adds everything up for every event: of the long book it is asked for the end, and
      // all events are compared as they stand.
      expect_same_state(world_, model_, id,
                        id == BatchGenerator::coop() ? recent(id) : engine::EventNo{1});
      expect_same_events(id);
    }
    world_.close();
    if (in_memory_) return;
    EXPECT_EQ(audit(), model_.coops().size());
  }

  void expect_same_events(const CoopId& id) {
    engine::EventNo no{};
    world_.ledger().events(id, {1}, [&](const engine::Event& event) {
      ++no.value;
      const auto should = model_.event(id, no);
      const bool is_same = should && same_event(event, *should, /*with_parameters=*/false);
      EXPECT_TRUE(is_same) << "event " << no.value;
      return is_same;
    });
    EXPECT_EQ(no, model_.coop(id)->head.last_event);
  }

  /// Blocks, snapshot and index as they lie there, whatever the last life was doing when it ended.
  /// Returns how many books there are.
  std::size_t audit() const {
    const storage::AuditReport report = storage::audit_directory(directory_.path(), {});
    for (const storage::AuditFinding& finding : report.findings) ADD_FAILURE() << finding.what;
    return report.books.size();
  }

  TemporaryDirectory directory_;
  TemporaryDirectory older_;
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  CommandGenerator generator_;
  BatchGenerator batches_;
  Random faults_;
  const bool in_memory_;
  const bool saturated_;
  std::uint64_t fault_at_;  // of the life that runs
  Fault fault_;
  std::int64_t now_us_ = 1'767'000'000'000'000;
  Model model_;
  LedgerWorld world_;
  std::vector<Request> in_doubt_;
  std::size_t told_ = 0;  // of in_doubt_: how many were answered
};

TEST(SimulationTest, OverTheEmbeddedJournal) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "RocksDB is not instrumented, and two threads writing to it look like a race";
#endif
  for (std::uint64_t seed = 1; seed <= seed_count(4) && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed, Carrier::kEmbedded, 25, Fault::kLost).run(/*lives=*/8, /*bursts_a_life=*/30);
  }
}

TEST(SimulationTest, OverAJournalInMemory) {
  for (std::uint64_t seed = 1001; seed <= 1000 + seed_count(4) && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed, Carrier::kMemory, 25, Fault::kWritten).run(/*lives=*/8, /*bursts_a_life=*/30);
  }
}

TEST(SimulationTest, SaturatedOverTheEmbeddedJournal) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "RocksDB is not instrumented, and two threads writing to it look like a race";
#endif
  for (std::uint64_t seed = 2001; seed <= 2000 + seed_count(kSaturatedSeeds) && !HasFailure();
       ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed, Carrier::kEmbedded, 5, Fault::kWritten, Load::kSaturated)
        .run(kSaturatedLives, /*bursts_a_life=*/2);
  }
}

TEST(SimulationTest, SaturatedOverAJournalInMemory) {
  for (std::uint64_t seed = 3001; seed <= 3000 + seed_count(kSaturatedSeeds) && !HasFailure();
       ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed, Carrier::kMemory, 5, Fault::kLost, Load::kSaturated)
        .run(kSaturatedLives, /*bursts_a_life=*/2);
  }
}

// Not at random: a power cut right before and right after each of the first commits.
TEST(SimulationTest, EveryCommitCanBeTheLast) {
  for (std::uint64_t at = 0; at < 20 && !HasFailure(); ++at) {
    for (const Fault fault : {Fault::kLost, Fault::kWritten}) {
      SCOPED_TRACE("commit " + std::to_string(at));
      Simulation(7, Carrier::kMemory, at, fault).run(/*lives=*/1, /*bursts_a_life=*/60);
    }
  }
}

// The requests are worth something only while they get everywhere.
TEST(SimulationTest, RequestsReachEverything) {
  std::set<std::size_t> happened;
  std::set<std::string> told;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CommandGenerator generator(seed);
    Model model;
    for (int i = 0; i < 3000; ++i) {
      for (const Answer& answer : answers_to(model, generator.next(model))) {
        if (answer.outcome == Answer::Outcome::kRefused) {
          told.insert(std::string(name_of(answer.refusal.code)));
        }
      }
    }
    for (const CoopId& id : model.coops()) {
      for (std::uint64_t no = 1; no <= model.coop(id)->head.last_event.value; ++no) {
        happened.insert(model.event(id, {no})->body.index());
      }
    }
  }
  EXPECT_EQ(happened.size(), std::variant_size_v<engine::EventBody>);
  const std::set<std::string> elsewhere{"batch_empty", "batch_too_large", "queue_full",
                                        "writer_stopped"};
  for (unsigned number = 0; number < 256; ++number) {
    const auto code = engine::refusal_of_number(static_cast<std::uint8_t>(number));
    if (code && elsewhere.count(std::string(name_of(*code))) == 0) {
      EXPECT_EQ(told.count(std::string(name_of(*code))), 1U) << name_of(*code);
    }
  }
}

}  // namespace
}  // namespace lumbung::tests
