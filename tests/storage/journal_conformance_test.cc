// What every Journal keeps to, whoever carries the blocks: storage/journal.h and the protocol of
// docs/journal-format.md. Each test runs on each carrier.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "storage/codec.h"
#include "storage/journal.h"
#include "storage/store.h"
#include "tests/fault_journal.h"
#include "tests/temporary_directory.h"

namespace lumbung::tests {
namespace {

using engine::BlockNo;
using engine::CoopId;
using storage::Appended;
using storage::Block;
using storage::Blocks;
using storage::Head;
using storage::Journal;

/// Where blocks are kept; each connection is a writer of its own.
class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual std::unique_ptr<Journal> connect() = 0;
  /// Like the loss of the process: everything is closed and found again.
  virtual void restart() = 0;
};

class EmbeddedCarrier : public Carrier {
 public:
  EmbeddedCarrier() { restart(); }
  std::unique_ptr<Journal> connect() override { return storage::make_embedded_journal(*store_); }
  void restart() override {
    store_.reset();
    store_ = storage::Store::open(directory_.path(), storage::Store::Mode::kCreate);
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<storage::Store> store_;
};

class MemoryCarrier : public Carrier {
 public:
  std::unique_ptr<Journal> connect() override { return std::make_unique<MemoryJournal>(disk_); }
  void restart() override {}

 private:
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

/// A FaultJournal that fails nowhere is as good as the one behind it.
class FaultCarrier : public MemoryCarrier {
 public:
  std::unique_ptr<Journal> connect() override {
    return std::make_unique<FaultJournal>(MemoryCarrier::connect(),
                                          [](std::uint64_t) { return Fault::kNone; });
  }
};

CoopId coop(const char* id) {
  return *CoopId::parse(id);
}

/// A block of one event behind `head`; `salt` makes another of the same number.
std::shared_ptr<const Block> block_after(const CoopId& id, const Head& head, std::uint64_t epoch,
                                         std::int64_t salt = 0) {
  engine::Event event;
  event.no = {head.last_event.value + 1};
  event.booking_date = *engine::parse_date("2026-01-05");
  event.at = {static_cast<std::int64_t>(event.no.value) * 1'000'000 + salt};
  event.key = *engine::Key::parse(std::to_string(event.no.value));
  event.body = engine::EntryPosted{
      {{{{1}, engine::Side::kDebit, {100}}, {{2}, engine::Side::kCredit, {100}}},
       std::nullopt,
       {}}};
  storage::BlockBuilder builder;
  builder.append(event);
  storage::BlockHeader header;
  header.coop = id;
  header.block_no = {head.block_no.value + 1};
  header.epoch = epoch;
  header.previous = head.hash;
  return std::make_shared<const Block>(builder.seal(header));
}

Head head_of(const Block& block) {
  return {block.header.block_no, block.hash, block.header.last_event()};
}

std::vector<std::string> bytes_from(const Journal& journal, const CoopId& id, BlockNo from) {
  std::vector<std::string> all;
  journal.read(id, from, [&](std::string_view bytes) {
    all.emplace_back(bytes);
    return true;
  });
  return all;
}

Appended put(Journal& journal, Blocks commit) {
  return journal.wait(journal.append(std::move(commit)));
}

using MakeCarrier = std::function<std::unique_ptr<Carrier>()>;

class JournalConformance : public testing::TestWithParam<std::pair<const char*, MakeCarrier>> {
 protected:
  std::unique_ptr<Carrier> carrier_ = GetParam().second();
  const CoopId a_ = coop("KOP-A");
  const CoopId b_ = coop("KOP-B");
};

TEST_P(JournalConformance, BeginsEmpty) {
  const auto journal = carrier_->connect();
  EXPECT_TRUE(journal->take_over().heads.empty());
  EXPECT_EQ(journal->head(a_), Head{});
  EXPECT_TRUE(bytes_from(*journal, a_, {1}).empty());
}

TEST_P(JournalConformance, KeepsWhatItCallsDurable) {
  std::vector<std::string> written;
  Head head;
  {
    const auto journal = carrier_->connect();
    const auto epoch = journal->take_over().epoch;
    for (int i = 0; i < 5; ++i) {
      const auto block = block_after(a_, head, epoch);
      ASSERT_EQ(put(*journal, {block}), Appended::kDurable);
      head = head_of(*block);
      written.push_back(block->bytes);
      EXPECT_EQ(journal->head(a_), head);
    }
    EXPECT_EQ(bytes_from(*journal, a_, {1}), written);
  }
  carrier_->restart();
  const auto journal = carrier_->connect();
  const Journal::TakeOver taken = journal->take_over();
  ASSERT_EQ(taken.heads.size(), 1U);
  EXPECT_EQ(taken.heads[0], std::pair(a_, head));
  EXPECT_EQ(journal->head(a_), head);
  EXPECT_EQ(bytes_from(*journal, a_, {1}), written);
  EXPECT_EQ(bytes_from(*journal, a_, {4}), std::vector(written.begin() + 3, written.end()));
  EXPECT_TRUE(bytes_from(*journal, a_, {6}).empty());
}

TEST_P(JournalConformance, ReadsUntilToldToStop) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  const auto one = block_after(a_, {}, epoch);
  const auto two = block_after(a_, head_of(*one), epoch);
  ASSERT_EQ(put(*journal, {one, two}), Appended::kDurable);
  int calls = 0;
  journal->read(a_, {1}, [&](std::string_view) { return ++calls < 1; });
  EXPECT_EQ(calls, 1);
}

TEST_P(JournalConformance, RaisesTheEpoch) {
  std::uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    const auto epoch = carrier_->connect()->take_over().epoch;
    EXPECT_GT(epoch, last);
    last = epoch;
    carrier_->restart();
  }
}

TEST_P(JournalConformance, TakesSeveralCooperativesInOneCommit) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  const auto a1 = block_after(a_, {}, epoch);
  const auto a2 = block_after(a_, head_of(*a1), epoch);
  const auto b1 = block_after(b_, {}, epoch);
  ASSERT_EQ(put(*journal, {a1, b1, a2}), Appended::kDurable);
  EXPECT_EQ(bytes_from(*journal, a_, {1}), (std::vector{a1->bytes, a2->bytes}));
  EXPECT_EQ(bytes_from(*journal, b_, {1}), std::vector{b1->bytes});
}

TEST_P(JournalConformance, KeepsOrderBehindOneWait) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  Head head;
  storage::Ticket last = 0;
  for (int i = 0; i < 4; ++i) {
    const auto block = block_after(a_, head, epoch);
    const auto ticket = journal->append({block});
    EXPECT_GT(ticket, last);
    last = ticket;
    head = head_of(*block);
  }
  // Waiting for the last one knows of all before it.
  EXPECT_EQ(journal->wait(last), Appended::kDurable);
  EXPECT_EQ(journal->head(a_), head);
  EXPECT_EQ(journal->wait(1), Appended::kDurable);
}

TEST_P(JournalConformance, FencesTheWriterBefore) {
  const auto first = carrier_->connect();
  const auto old_epoch = first->take_over().epoch;
  const auto one = block_after(a_, {}, old_epoch);
  ASSERT_EQ(put(*first, {one}), Appended::kDurable);
  const auto second = carrier_->connect();
  const auto epoch = second->take_over().epoch;
  EXPECT_EQ(put(*first, {block_after(a_, head_of(*one), old_epoch)}), Appended::kFenced);
  const auto two = block_after(a_, head_of(*one), epoch);
  EXPECT_EQ(put(*second, {two}), Appended::kDurable);
  EXPECT_EQ(bytes_from(*second, a_, {1}), (std::vector{one->bytes, two->bytes}));
}

TEST_P(JournalConformance, RefusesAnotherWritersEpochInABlock) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  EXPECT_EQ(put(*journal, {block_after(a_, {}, epoch + 1)}), Appended::kFenced);
  EXPECT_EQ(journal->head(a_), Head{});
}

TEST_P(JournalConformance, RefusesAGap) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  const auto one = block_after(a_, {}, epoch);
  const auto two = block_after(a_, head_of(*one), epoch);
  const auto three = block_after(a_, head_of(*two), epoch);
  ASSERT_EQ(put(*journal, {one}), Appended::kDurable);
  EXPECT_EQ(put(*journal, {three}), Appended::kSequence);
  EXPECT_EQ(journal->head(a_), head_of(*one));
}

TEST_P(JournalConformance, RefusesAnotherPrevious) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  const auto one = block_after(a_, {}, epoch);
  ASSERT_EQ(put(*journal, {one}), Appended::kDurable);
  Head elsewhere = head_of(*one);
  elsewhere.hash[7] ^= 1;
  EXPECT_EQ(put(*journal, {block_after(a_, elsewhere, epoch)}), Appended::kSequence);
  EXPECT_EQ(journal->head(a_), head_of(*one));
}

TEST_P(JournalConformance, RefusesAnotherFirstEvent) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  const auto one = block_after(a_, {}, epoch);
  ASSERT_EQ(put(*journal, {one}), Appended::kDurable);
  Head elsewhere = head_of(*one);
  ++elsewhere.last_event.value;
  EXPECT_EQ(put(*journal, {block_after(a_, elsewhere, epoch)}), Appended::kSequence);
  EXPECT_EQ(journal->head(a_), head_of(*one));
}

TEST_P(JournalConformance, TakesTheSameBytesAgain) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  const auto one = block_after(a_, {}, epoch);
  ASSERT_EQ(put(*journal, {one}), Appended::kDurable);
  EXPECT_EQ(put(*journal, {one}), Appended::kDurable);
  EXPECT_EQ(bytes_from(*journal, a_, {1}), std::vector{one->bytes});
  // Also beside something new, as a writer does that does not know what of its commit arrived.
  const auto two = block_after(a_, head_of(*one), epoch);
  EXPECT_EQ(put(*journal, {one, two}), Appended::kDurable);
  EXPECT_EQ(bytes_from(*journal, a_, {1}), (std::vector{one->bytes, two->bytes}));
}

TEST_P(JournalConformance, RefusesOtherBytesUnderTheSameNumber) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  const auto one = block_after(a_, {}, epoch);
  ASSERT_EQ(put(*journal, {one}), Appended::kDurable);
  EXPECT_EQ(put(*journal, {block_after(a_, {}, epoch, 1)}), Appended::kSequence);
  EXPECT_EQ(bytes_from(*journal, a_, {1}), std::vector{one->bytes});
}

TEST_P(JournalConformance, WritesAllOrNone) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  const auto a1 = block_after(a_, {}, epoch);
  const auto b1 = block_after(b_, {}, epoch);
  const auto b3 = block_after(b_, head_of(*block_after(b_, head_of(*b1), epoch)), epoch);
  EXPECT_EQ(put(*journal, {a1, b1, b3}), Appended::kSequence);
  carrier_->restart();
  const auto after = carrier_->connect();
  EXPECT_TRUE(after->take_over().heads.empty());
}

TEST_P(JournalConformance, TakesNoMoreAfterAFailure) {
  const auto journal = carrier_->connect();
  const auto epoch = journal->take_over().epoch;
  const auto one = block_after(a_, {}, epoch);
  const auto two = block_after(a_, head_of(*one), epoch);
  ASSERT_EQ(put(*journal, {two}), Appended::kSequence);
  EXPECT_EQ(put(*journal, {one}), Appended::kSequence);
  EXPECT_EQ(journal->head(a_), Head{});
}

template <class Kind>
std::unique_ptr<Carrier> make() {
  return std::make_unique<Kind>();
}

INSTANTIATE_TEST_SUITE_P(
    Carriers, JournalConformance,
    testing::Values(std::pair<const char*, MakeCarrier>("Embedded", make<EmbeddedCarrier>),
                    std::pair<const char*, MakeCarrier>("Memory", make<MemoryCarrier>),
                    std::pair<const char*, MakeCarrier>("Fault", make<FaultCarrier>)),
    [](const auto& carrier) { return std::string(carrier.param.first); });

// "Unknown" at every step: whichever it was, the writer reads the head, sends the very same bytes
// again where they are missing, and the history is the one it meant to write.
TEST(FaultJournalTest, UnknownIsResolvedByTheHead) {
  constexpr int kCommits = 6;
  for (const Fault fault : {Fault::kLost, Fault::kWritten}) {
    for (std::uint64_t at = 0; at < kCommits; ++at) {
      const CoopId id = coop("KOP-A");
      const auto disk = std::make_shared<MemoryDisk>();
      FaultJournal journal(std::make_unique<MemoryJournal>(disk),
                           [&](std::uint64_t n) { return n == at ? fault : Fault::kNone; });
      const auto epoch = journal.take_over().epoch;
      std::vector<std::shared_ptr<const Block>> meant;
      Head head;
      for (int i = 0; i < kCommits; ++i) {
        meant.push_back(block_after(id, head, epoch));
        head = head_of(*meant.back());
        journal.append({meant.back()});
      }
      ASSERT_EQ(journal.wait(kCommits), Appended::kUnknown);
      ASSERT_EQ(at == 0 || journal.wait(at) == Appended::kDurable, true);
      const std::uint64_t durable = fault == Fault::kWritten ? at + 1 : at;
      ASSERT_EQ(disk->head(id).block_no.value, durable);
      for (std::uint64_t i = at; i < kCommits; ++i) {
        ASSERT_EQ(disk->write({meant[i]}, epoch), Appended::kDurable);
      }
      EXPECT_EQ(disk->head(id), head);
      EXPECT_EQ(disk->blocks(id, {1}).size(), kCommits);
    }
  }
}

TEST(FaultJournalTest, FailsWhereItIsTold) {
  for (const auto& [fault, outcome] : {std::pair(Fault::kFenced, Appended::kFenced),
                                       std::pair(Fault::kSequence, Appended::kSequence)}) {
    const CoopId id = coop("KOP-A");
    const auto disk = std::make_shared<MemoryDisk>();
    FaultJournal journal(std::make_unique<MemoryJournal>(disk),
                         [f = fault](std::uint64_t n) { return n == 1 ? f : Fault::kNone; });
    const auto epoch = journal.take_over().epoch;
    const auto one = block_after(id, {}, epoch);
    const auto two = block_after(id, head_of(*one), epoch);
    EXPECT_EQ(put(journal, {one}), Appended::kDurable);
    EXPECT_EQ(put(journal, {two}), outcome);
    EXPECT_EQ(disk->head(id), head_of(*one));
  }
}

}  // namespace
}  // namespace lumbung::tests
