// What `verify` says of a changed journal: each byte, each forgery, each file of the store.
#include "storage/audit.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "storage/codec.h"
#include "storage/head_file.h"
#include "storage/ledger.h"

namespace lumbung::storage {
namespace {

using namespace engine;

const CoopId kCoop = *CoopId::parse("SUKAMAJU");
const CoopId kOther = *CoopId::parse("SUKAJADI");

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

Command command(std::string_view key, CommandBody body) {
  return {*Key::parse(key), kOperator, std::move(body)};
}

PostEntry entry(std::uint32_t debit, std::uint32_t credit, std::int64_t rupiah) {
  PostEntry post;
  post.entry.legs = {{{debit}, Side::kDebit, {rupiah * 100}},
                     {{credit}, Side::kCredit, {rupiah * 100}}};
  return post;
}

OpenAccount account(std::string code, AccountType type, Side normal) {
  OpenAccount open;
  open.code = std::move(code);
  open.type = type;
  open.normal = normal;
  open.currency = kIDR;
  open.floor = Amount{0};
  return open;
}

/// A closed data directory with two small books whose index has several runs, and its export.
class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    folder_ =
        std::filesystem::temp_directory_path() / ("lumbung-audit-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    Ledger::Options options;
    options.directory = data();
    options.create = true;
    options.run_events = 16;
    options.clock = [this] { return Timestamp{now_ += 1'000'000}; };
    const auto ledger = Ledger::open(options);
    std::string blocks;
    for (const CoopId& coop : {kCoop, kOther}) {
      fill(*ledger, coop);
      heads_[coop] = ledger->coop(coop)->head;
      ledger->blocks(coop, {1}, [&](std::string_view bytes) {
        blocks.append(bytes);
        return true;
      });
    }
    write_file(exported(), blocks);
  }
  ~AuditTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path data() const { return folder_ / "data"; }
  std::filesystem::path exported() const { return folder_ / "export.blocks"; }

  static void fill(Ledger& ledger, const CoopId& coop) {
    const Date first = date_of({2026, 1, 5});
    const auto done = [&](std::string_view key, CommandBody body) {
      const Answer answer = ledger.ask(coop, command(key, std::move(body)));
      ASSERT_EQ(answer.outcome, Answer::Outcome::kDone) << name_of(answer.refusal.code);
    };
    done("open", OpenCooperative{coop, kIDR, "Asia/Jakarta", first, false});
    done("a1", account("1101", AccountType::kAsset, Side::kDebit));
    done("a2", account("2101-M1", AccountType::kLiability, Side::kCredit));
    for (int i = 0; i < 40; ++i) done("d" + std::to_string(i), entry(1, 2, 1000 + i));
    done("h", PlaceHold{{2}, {500'00}, std::nullopt});
    done("day", CloseDay{first, first + 1});
    PostEntry late = entry(2, 1, 700);
    late.entry.value_date = first;
    done("w", late);
    done("r", ReverseEntry{EventNo{5}, {}, std::nullopt, std::nullopt, {}});
  }

  Heads heads_;
  std::int64_t now_ = 1'767'600'000'000'000;
  std::filesystem::path folder_;
};

TEST_F(AuditTest, WhatWasWrittenIsSound) {
  for (const AuditReport& report :
       {audit_file(exported(), heads_), audit_directory(data(), heads_)}) {
    for (const AuditFinding& finding : report.findings) ADD_FAILURE() << finding.what;
    ASSERT_EQ(report.books.size(), 2U);
    for (const AuditedBook& book : report.books) {
      EXPECT_EQ(book.head, heads_[book.coop]);
      // 40 deposits of 1,000 to 1,039, less a withdrawal of 700 and the reversed second deposit.
      const std::int64_t rupiah = 40 * 1000 + 39 * 40 / 2 - 700 - 1001;
      EXPECT_EQ(book.book.account({2}).posted(), Int128{rupiah * 100});
    }
  }
}

TEST_F(AuditTest, EachChangedByteOfAnExportIsNamedByBlockOffsetAndColumn) {
  const std::string sound = read_file(exported());
  std::size_t block_at = 0;
  std::uint64_t block_no = 0;
  CoopId coop{};
  for (std::size_t at = 0; at < sound.size(); ++at) {
    while (at >= block_at + *block_length(std::string_view(sound).substr(block_at))) {
      block_at += *block_length(std::string_view(sound).substr(block_at));
    }
    if (at == block_at) {
      const auto parsed = BlockView::parse(
          std::string_view(sound).substr(at, *block_length(std::string_view(sound).substr(at))),
          Trust::kNothing);
      block_no = std::get<BlockView>(parsed).header().block_no.value;
      coop = std::get<BlockView>(parsed).header().coop;
    }
    if (at % 7 != 0 && at > 2000) continue;  // every byte of the first blocks, then every seventh
    std::string changed = sound;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    write_file(exported(), changed);
    const AuditReport report = audit_file(exported(), heads_);
    ASSERT_FALSE(report.sound()) << "byte " << at;
    const AuditFinding& finding = report.findings.front();
    const std::string_view block = std::string_view(sound).substr(
        block_at, *block_length(std::string_view(sound).substr(block_at)));
    EXPECT_EQ(finding.coop, coop) << "byte " << at;
    EXPECT_EQ(finding.block_no, BlockNo{block_no}) << "byte " << at;
    EXPECT_EQ(finding.offset, at - block_at) << "byte " << at << ": " << finding.what;
    EXPECT_EQ(finding.column, place_name(block, at - block_at)) << "byte " << at;
  }
}

/// The first cooperative's events encoded anew after `change`, with every hash computed again.
std::string forge(std::string_view exported, const std::function<void(Event&)>& change) {
  std::string forged;
  Head head;
  for (std::size_t at = 0; at < exported.size();) {
    const std::size_t length = *block_length(exported.substr(at));
    const auto parsed = BlockView::parse(exported.substr(at, length), Trust::kNothing);
    const auto& view = std::get<BlockView>(parsed);
    at += length;
    if (view.header().coop != kCoop) continue;
    BlockBuilder builder;
    BlockView::Rows rows(view);
    Event event;
    while (rows.next(event)) {
      change(event);
      builder.append(event);
    }
    BlockHeader header = view.header();
    header.previous = head.hash;
    const Block block = builder.seal(header);
    head = {block.header.block_no, block.hash, block.header.last_event()};
    forged += block.bytes;
  }
  return forged;
}

TEST_F(AuditTest, AForgeryIsNamedByEventAndFieldWhereItBreaksARule) {
  struct Case {
    std::uint64_t event;
    std::function<void(Event&)> change;
    std::string_view field;
    std::string_view sentence;
  };
  const auto& legs_of = [](Event& e) -> Legs& { return std::get<EntryPosted>(e.body).entry.legs; };
  const Case cases[] = {
      {10, [&](Event& e) { legs_of(e)[0].amount.minor += 100; }, "amount", "differ in a currency"},
      {11, [&](Event& e) { legs_of(e)[1].account = {3}; }, "account", "no such account"},
      {12, [&](Event& e) { legs_of(e)[0].amount = legs_of(e)[1].amount = Amount{150}; }, "amount",
       "whole rupiah"},
      {13,
       [&](Event& e) {
         std::swap(legs_of(e)[0].account, legs_of(e)[1].account);
         legs_of(e)[0].amount = legs_of(e)[1].amount = Amount{9'000'000'00};
       },
       "amount", "floor"},
      {14, [&](Event& e) { e.key = *Key::parse("d0"); }, "key", "same key"},
      {44, [&](Event& e) { std::get<PlaceHold>(e.body).amount.minor = 9'000'000'00; }, "amount",
       "floor"},
      {44, [&](Event& e) { (*e.digest)[0] ^= 1; }, "digest", "what was asked"},
      {45,
       [&](Event& e) {
         std::get<CloseDay>(e.body).next = date_of({2026, 1, 4});
       },
       "payload", "comes after"},
      {47, [&](Event& e) { std::get<EntryReversed>(e.body).entry.legs[0].amount.minor += 100; },
       "leg_amount", "remains"},
  };
  const std::string sound = read_file(exported());
  for (const Case& c : cases) {
    write_file(exported(), forge(sound, [&](Event& event) {
                 if (event.no.value == c.event) c.change(event);
               }));
    const AuditReport report = audit_file(exported(), {});
    ASSERT_EQ(report.findings.size(), 1U) << "event " << c.event;
    EXPECT_EQ(report.findings[0].event, EventNo{c.event});
    EXPECT_EQ(report.findings[0].field, c.field) << "event " << c.event;
    EXPECT_NE(report.findings[0].what.find(c.sentence), std::string::npos)
        << report.findings[0].what;
  }
}

TEST_F(AuditTest, AForgeryThatBreaksNoRuleIsCaughtByAKnownHead) {
  write_file(exported(), forge(read_file(exported()), [](Event& event) {
               if (event.no.value != 20) return;
               for (Posting& leg : std::get<EntryPosted>(event.body).entry.legs) {
                 leg.amount.minor += 100;
               }
             }));
  EXPECT_TRUE(audit_file(exported(), {}).sound()) << "nothing in the file itself betrays it";
  const AuditReport report = audit_file(exported(), {{kCoop, heads_[kCoop]}});
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].block_no, heads_[kCoop].block_no);
  EXPECT_NE(report.findings[0].what.find("rewritten"), std::string::npos);
}

TEST_F(AuditTest, AShortenedExportDoesNotReachTheKnownHead) {
  const std::string sound = read_file(exported());
  write_file(exported(), std::string_view(sound).substr(0, *block_length(sound)));
  EXPECT_TRUE(audit_file(exported(), {}).sound());
  EXPECT_EQ(audit_file(exported(), heads_).findings.size(), 2U);
}

TEST_F(AuditTest, AnyByteOfAnyFileIsAFindingOrChangesNothing) {
  const std::vector<std::string> images = [&] {
    std::vector<std::string> all;
    for (const AuditedBook& book : audit_directory(data(), heads_).books) {
      all.push_back(book.book.image());
    }
    return all;
  }();
  std::vector<std::filesystem::path> files;
  for (const auto& item : std::filesystem::recursive_directory_iterator(data())) {
    if (item.is_regular_file()) files.push_back(item.path());
  }
  int findings = 0;
  for (const auto& path : files) {
    const std::string sound = read_file(path);
    const std::size_t step = std::max<std::size_t>(sound.size() / 40, 1);
    for (std::size_t at = 0; at < sound.size(); at += step) {
      std::string changed = sound;
      changed[at] = static_cast<char>(changed[at] ^ 0x08);
      write_file(path, changed);
      const AuditReport report = audit_directory(data(), heads_);
      if (!report.sound()) {
        ++findings;
        continue;
      }
      ASSERT_EQ(report.books.size(), images.size()) << path << " byte " << at;
      for (std::size_t i = 0; i < images.size(); ++i) {
        EXPECT_EQ(report.books[i].book.image(), images[i]) << path << " byte " << at;
      }
    }
    write_file(path, sound);
  }
  EXPECT_GT(findings, 100) << "most bytes of a store matter";
  EXPECT_TRUE(audit_directory(data(), heads_).sound()) << "put back as it was";
}

TEST_F(AuditTest, ADirectoryInUseIsNotAudited) {
  Ledger::Options options;
  options.directory = data();
  const auto ledger = Ledger::open(options);
  // The lock is of the process, and this is the same one; another's is what counts.
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      audit_directory(data(), {});
    } catch (const StoreBusy&) {
      ::_exit(69);
    }
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 69);
}

}  // namespace
}  // namespace lumbung::storage
