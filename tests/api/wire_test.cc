// Bodies to commands. What a command must be is written out by hand from docs/api.md; amounts by
// the exponents of ISO 4217 (IDR 2, JPY 0).
#include "api/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/api/node.h"

namespace lumbung::api {
namespace {

using engine::AccountHandle;
using engine::Amount;
using engine::Date;
using engine::Side;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr AccountHandle kCash{1};
constexpr AccountHandle kSavings{3};
constexpr AccountHandle kYenCash{4};
constexpr AccountHandle kYenCapital{5};
constexpr engine::PrincipalHandle kTeller{3};

class WireTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { node_ = new Node; }
  static void TearDownTestSuite() {
    delete node_;
    node_ = nullptr;
  }

  /// "code pointer" of each error, then "unknown pointer".
  template <class T>
  static std::vector<std::string> faults(const Decoded<T>& decoded) {
    std::vector<std::string> lines;
    for (const json::Error& error : decoded.errors) {
      EXPECT_FALSE(error.detail.empty());
      lines.push_back(std::string(json::name(error.code)) + " " + error.pointer);
    }
    for (const UnknownAccount& unknown : decoded.unknown) {
      lines.push_back("unknown " + unknown.pointer);
    }
    EXPECT_EQ(decoded.ok(), lines.empty());
    return lines;
  }

  std::vector<std::string> entry_faults(std::string_view body) {
    return faults(decode_entry(parser_, body, directory_));
  }
  /// Of an entry with one leg of that account and amount.
  std::vector<std::string> amount_faults(std::string_view account, std::string_view amount) {
    return entry_faults(std::string(R"({"legs":[{"account":")")
                            .append(account)
                            .append(R"(","side":"debit","amount":)")
                            .append(amount)
                            .append("}]}"));
  }

  static Node* node_;
  json::Parser parser_;
  Directory directory_{node_->ledger(), kDesa};
};

Node* WireTest::node_ = nullptr;

Date date(std::string_view text) {
  return *engine::parse_date(text);
}

TEST_F(WireTest, AnEntryIsReadWhateverTheOrderOfItsFields) {
  const auto decoded = decode_entry(parser_, R"({
      "metadata": {"slip": "KM-1/26", "count": -3, "due": "2026-02-01"},
      "value_date": "2026-01-03",
      "legs": [{"amount": "150000", "side": "debit", "account": "1101"},
               {"account": "2101.M\/17", "amount": "150000.00", "side": "credit"},
               {"side": "credit", "account": "7002", "amount": "12"}],
      "booking_date": "2026-01-05"})",
                                    directory_);
  ASSERT_THAT(faults(decoded), IsEmpty());
  engine::PostEntry wanted;
  wanted.entry.legs = {{kCash, Side::kDebit, Amount{15'000'000}},
                       {kSavings, Side::kCredit, Amount{15'000'000}},
                       {kYenCapital, Side::kCredit, Amount{12}}};
  wanted.entry.value_date = date("2026-01-03");
  wanted.entry.metadata = {
      {"count", std::int64_t{-3}}, {"due", date("2026-02-01")}, {"slip", std::string("KM-1/26")}};
  wanted.booking_date = date("2026-01-05");
  EXPECT_EQ(decoded.value, wanted);
}

TEST_F(WireTest, AnAmountHasTheDigitsOfItsCurrencyAndNothingElse) {
  for (const std::string_view good :
       {R"("1")", R"("0.01")", R"("1.00")", R"("007.50")", R"("999999999999999.99")", R"("0")"}) {
    EXPECT_THAT(amount_faults("1101", good), IsEmpty()) << good;
  }
  for (const std::string_view bad :
       {R"("1.0")", R"("1.000")", R"("1.")", R"(".50")", R"("-1.00")", R"("+1.00")", R"(" 1.00")",
        R"("1.00 ")", R"("1,000.00")", R"("1e3")", R"("")", R"("NaN")", R"("0x10")",
        R"("1000000000000000.00")", R"("١.٠٠")"}) {
    EXPECT_THAT(amount_faults("1101", bad), ElementsAre("bad_value /legs/0/amount")) << bad;
  }
  EXPECT_THAT(amount_faults("7001", R"("12")"), IsEmpty());
  EXPECT_THAT(amount_faults("7001", R"("12.00")"), ElementsAre("bad_value /legs/0/amount"));
  for (const std::string_view other : {"1", "1.00", "null", "true", "[]", "{}"}) {
    EXPECT_THAT(amount_faults("1101", other), ElementsAre("wrong_type /legs/0/amount")) << other;
  }
}

TEST_F(WireTest, WhatIsWrongWithAnEntryIsNamedByItsPlace) {
  const struct {
    std::string_view body;
    std::vector<std::string> faults;
  } kCases[] = {
      {"", {"malformed_json "}},
      {"[]", {"wrong_type "}},
      {"{}", {"missing_field /legs"}},
      {R"({"legs":[]} {})", {"malformed_json "}},
      {"\xEF\xBB\xBF{\"legs\":[]}", {"malformed_json "}},
      {"{\"legs\":[],\"metadata\":{\"a\":\"\xFF\"}}", {"malformed_json "}},
      {R"({"legs":[],"legs":[]})", {"duplicate_field /legs"}},
      {R"({"legs":[],"memo":"for Ani"})", {"unknown_field /memo"}},
      {R"({"legs":{}})", {"wrong_type /legs"}},
      {R"({"legs":[{}]})",
       {"missing_field /legs/0/account", "missing_field /legs/0/side",
        "missing_field /legs/0/amount"}},
      {R"({"legs":[{"account":"1101","side":"Debit","amount":"1"}]})", {"bad_value /legs/0/side"}},
      {R"({"legs":[{"account":"1101","side":"debit","amount":"1","currency":"IDR"}]})",
       {"unknown_field /legs/0/currency"}},
      {R"({"legs":[{"account":1101,"side":"debit","amount":"1"}]})",
       {"wrong_type /legs/0/account"}},
      {R"({"legs":[],"booking_date":"2026-02-30"})", {"bad_value /booking_date"}},
      {R"({"legs":[],"value_date":"05-01-2026"})", {"bad_value /value_date"}},
      {R"({"legs":[],"value_date":null})", {"wrong_type /value_date"}},
      {R"({"legs":[],"metadata":{"a":1.5}})", {"bad_value /metadata/a"}},
      {R"({"legs":[],"metadata":{"a":9223372036854775808}})", {"bad_value /metadata/a"}},
      {R"({"legs":[],"metadata":{"a":null}})", {"wrong_type /metadata/a"}},
      {R"({"legs":[],"metadata":{"a":1,"a":2}})", {"duplicate_field /metadata/a"}},
      {R"({"legs":[],"metadata":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}})",
       {"too_many /metadata"}},
      {R"({"legs":[],"metadata":[]})", {"wrong_type /metadata"}},
  };
  for (const auto& row : kCases) EXPECT_EQ(entry_faults(row.body), row.faults) << row.body;
}

TEST_F(WireTest, AnAccountThatIsNotThereIsNamedAndNothingElseIsSaidOfIt) {
  const auto decoded = decode_entry(parser_, entry("1101", "2999", "x"), directory_);
  EXPECT_THAT(faults(decoded), ElementsAre("bad_value /legs/0/amount", "unknown /legs/1/account"));
  const auto other = decode_entry(parser_, entry("", "2999", "1.00"), directory_);
  ASSERT_THAT(faults(other), ElementsAre("unknown /legs/0/account"));
  EXPECT_EQ(refusal_of(other.unknown[0]),
            engine::Refusal(engine::RefusalCode::account_unknown,
                            engine::Param{engine::ParamKind::kLeg, 0}));
}

TEST_F(WireTest, HowManyLegsAnEntryMayHaveIsTheCoresToSay) {
  std::string legs;
  for (int i = 0; i < 65; ++i) {
    legs += std::string(i == 0 ? "" : ",") + R"({"account":"1101","side":"debit","amount":"1.00"})";
  }
  const auto decoded = decode_entry(parser_, R"({"legs":[)" + legs + "]}", directory_);
  EXPECT_THAT(faults(decoded), IsEmpty());
  EXPECT_EQ(decoded.value.entry.legs.size(), 65u);
}

TEST_F(WireTest, AnItemHasItsKey) {
  const auto decoded = decode_item(
      parser_, R"({"key":"slip 7",)" + entry("7001", "7002", "5").substr(1), directory_, kTeller);
  ASSERT_THAT(faults(decoded), IsEmpty());
  EXPECT_EQ(decoded.value.principal, kTeller);
  // With a blank in it, the key is the SHA-256 of "slip 7" (coreutils' sha256sum).
  EXPECT_EQ(decoded.value.key.text(),
            "de520544a225097e5884c893cd1385b0b6cca1ea43dd6d4c6974d975b1708f5d");
  const auto& post = std::get<engine::PostEntry>(decoded.value.body);
  EXPECT_EQ(post.entry.legs[0], (engine::Posting{kYenCash, Side::kDebit, Amount{5}}));
  EXPECT_THAT(faults(decode_item(parser_, entry("7001", "7002", "5"), directory_, kTeller)),
              ElementsAre("missing_field /key"));
}

TEST_F(WireTest, ABatchHasItsKeysWhereItsModeWantsThem) {
  const std::string bare = entry("7001", "7002", "5");
  const std::string first = R"({"key":"a",)" + bare.substr(1);
  const std::string second = R"({"key":"b",)" + entry("1101", "none", "5").substr(1);
  const auto batch = [&](std::string_view mode, const std::string& entries) {
    return decode_batch(parser_,
                        R"({"entries":[)" + entries + R"(],"mode":")" + std::string(mode) + "\"}",
                        directory_, kTeller);
  };

  const auto items = batch("per_item", first + "," + second);
  EXPECT_THAT(faults(items), ElementsAre("unknown /entries/1/legs/1/account"));
  EXPECT_EQ(items.unknown[0].item, 1u);
  EXPECT_EQ(items.value.mode, storage::BatchMode::kPerItem);
  ASSERT_EQ(items.value.commands.size(), 2u);
  EXPECT_EQ(items.value.commands[0].key.text(), "a");
  EXPECT_EQ(items.value.commands[0].principal, kTeller);

  const auto atomic = batch("atomic", bare + "," + bare);
  EXPECT_THAT(faults(atomic), IsEmpty());
  EXPECT_EQ(atomic.value.mode, storage::BatchMode::kAtomic);
  EXPECT_TRUE(atomic.value.commands[1].key.empty());

  EXPECT_THAT(faults(batch("per_item", first + "," + bare)),
              ElementsAre("missing_field /entries/1/key"));
  EXPECT_THAT(faults(batch("atomic", bare + "," + first)),
              ElementsAre("unknown_field /entries/1/key"));
  EXPECT_THAT(faults(batch("both", first)), ElementsAre("bad_value /mode"));
  EXPECT_THAT(faults(batch("per_item", R"({"key":"","legs":[]})")),
              ElementsAre("bad_value /entries/0/key"));
  EXPECT_THAT(faults(batch("per_item", R"({"key":"a","legs":[{"account":"1101"}]})")),
              ElementsAre("missing_field /entries/0/legs/0/side",
                          "missing_field /entries/0/legs/0/amount"));
}

TEST_F(WireTest, ABatchKeepsNoMoreThanABlockHolds) {
  std::string entries = R"({"legs":[]})";
  for (std::size_t i = 1; i < kBatchEntriesMax; ++i) entries += R"(,{"legs":[]})";
  const auto read = [&] {
    return decode_batch(parser_, R"({"mode":"atomic","entries":[)" + entries + "]}", directory_,
                        kTeller);
  };
  const auto full = read();
  EXPECT_FALSE(full.value.too_large);
  EXPECT_EQ(full.value.commands.size(), 8190u);
  entries += R"(,{"legs":[]})";
  const auto over = read();
  EXPECT_TRUE(over.value.too_large);
  EXPECT_EQ(over.value.commands.size(), 8190u);
}

TEST_F(WireTest, AnAccountHasTheUsualSideAndTheBooksCurrency) {
  const auto usual = decode_account(parser_, R"({"code":"5101","type":"expense"})", directory_);
  ASSERT_THAT(faults(usual), IsEmpty());
  EXPECT_EQ(
      usual.value,
      (engine::OpenAccount{
          "5101", engine::AccountType::kExpense, Side::kDebit, engine::kIDR, {}, false, {}, {}}));
  const auto said = decode_account(
      parser_,
      R"({"ceiling":"500","code":"7003","control":"2101","currency":"JPY","floor":"-20",)"
      R"("is_control":true,"normal":"credit","type":"asset"})",
      directory_);
  ASSERT_THAT(faults(said), IsEmpty());
  EXPECT_EQ(said.value, (engine::OpenAccount{"7003",
                                             engine::AccountType::kAsset,
                                             Side::kCredit,
                                             engine::Currency{392},
                                             {2},
                                             true,
                                             Amount{-20},
                                             Amount{500}}));

  const auto account_faults = [&](std::string_view body) {
    return faults(decode_account(parser_, body, directory_));
  };
  EXPECT_THAT(account_faults(R"({"code":"x"})"), ElementsAre("missing_field /type"));
  EXPECT_THAT(account_faults(R"({"code":"x","type":"cash"})"), ElementsAre("bad_value /type"));
  EXPECT_THAT(account_faults(R"({"code":"x","type":"asset","currency":"idr"})"),
              ElementsAre("bad_value /currency"));
  EXPECT_THAT(account_faults(R"({"code":"x","type":"asset","floor":"1.5"})"),
              ElementsAre("bad_value /floor"));
  EXPECT_THAT(account_faults(R"({"code":"x","type":"asset","floor":"-0.00"})"),
              ElementsAre("bad_value /floor"));
  EXPECT_THAT(account_faults(R"({"code":"x","type":"asset","control":"none"})"),
              ElementsAre("unknown /control"));
}

TEST_F(WireTest, LimitsAreBothSaid) {
  const AccountRef cash = *directory_.find("1101");
  const auto read = [&](std::string_view body) { return decode_limits(parser_, body, cash); };
  EXPECT_EQ(read(R"({"floor":null,"ceiling":"1000000.00"})").value,
            (engine::SetLimits{kCash, {}, Amount{100'000'000}}));
  EXPECT_THAT(faults(read(R"({"floor":"0.00"})")), ElementsAre("missing_field /ceiling"));
  EXPECT_THAT(faults(read(R"({"floor":0,"ceiling":"x"})")),
              ElementsAre("wrong_type /floor", "bad_value /ceiling"));
}

TEST_F(WireTest, AReversalHasAnAmountALegInTheLegsOwnCurrency) {
  engine::Entry target;
  target.legs = {{kCash, Side::kDebit, Amount{100}}, {kYenCash, Side::kCredit, Amount{7}}};
  const auto read = [&](std::string_view body) {
    return decode_reversal(parser_, body, directory_, engine::EventNo{13}, target);
  };
  EXPECT_EQ(read("").value, (engine::ReverseEntry{engine::EventNo{13}, {}, {}, {}, {}}));
  const auto part =
      read(R"({"amounts":["0.50","7"],"booking_date":"2026-01-05","value_date":"2026-01-04",)"
           R"("metadata":{"reason":"typo"}})");
  ASSERT_THAT(faults(part), IsEmpty());
  EXPECT_EQ(part.value, (engine::ReverseEntry{engine::EventNo{13},
                                              {Amount{50}, Amount{7}},
                                              date("2026-01-05"),
                                              date("2026-01-04"),
                                              {{"reason", std::string("typo")}}}));
  EXPECT_THAT(faults(read(R"({"amounts":["0.50","7.00"]})")), ElementsAre("bad_value /amounts/1"));
  EXPECT_THAT(faults(read(R"({"amounts":[]})")), ElementsAre("bad_value /amounts"));
  EXPECT_EQ(read(R"({"amounts":["0.50","7","1.00"]})").value.amounts.size(), 3u);
}

TEST_F(WireTest, TheOtherBodies) {
  EXPECT_EQ(
      decode_hold(parser_, R"({"amount":"5","account":"7001","last_day":"2026-01-31"})", directory_)
          .value,
      (engine::PlaceHold{kYenCash, Amount{5}, date("2026-01-31")}));
  EXPECT_THAT(faults(decode_hold(parser_, R"({"amount":"5","account":"7"})", directory_)),
              ElementsAre("unknown /account"));
  EXPECT_THAT(faults(decode_hold(parser_, R"({"amount":"5.0","account":"1101"})", directory_)),
              ElementsAre("bad_value /amount"));

  const auto settle =
      decode_settlement(parser_, entry("7001", "7002", "5", R"(,"release_rest":true)"), directory_,
                        engine::EventNo{20});
  ASSERT_THAT(faults(settle), IsEmpty());
  EXPECT_EQ(settle.value.hold.value, 20u);
  EXPECT_TRUE(settle.value.release_rest);
  EXPECT_EQ(settle.value.entry.legs.size(), 2u);

  EXPECT_EQ(decode_day(parser_, R"({"date":"2026-01-31"})").value,
            (engine::CloseDay{date("2026-01-31"), date("2026-02-01")}));
  EXPECT_EQ(decode_day(parser_, R"({"next":"2026-02-03","date":"2026-01-31"})").value,
            (engine::CloseDay{date("2026-01-31"), date("2026-02-03")}));
  EXPECT_THAT(faults(decode_day(parser_, "{}")), ElementsAre("missing_field /date"));

  EXPECT_EQ(decode_month(parser_, R"({"month":"2026-01"})").value.month,
            *engine::parse_month("2026-01"));
  EXPECT_THAT(faults(decode_month(parser_, R"({"month":"2026-13"})")),
              ElementsAre("bad_value /month"));

  EXPECT_EQ(decode_role(parser_, R"({"role":"auditor","principal":"ani"})").value,
            (engine::GrantRole{"ani", engine::Role::kAuditor}));
  EXPECT_THAT(faults(decode_role(parser_, R"({"role":"boss","principal":"ani"})")),
              ElementsAre("bad_value /role"));

  EXPECT_THAT(faults(decode_nothing(parser_, "")), IsEmpty());
  EXPECT_THAT(faults(decode_nothing(parser_, "{}")), IsEmpty());
  EXPECT_THAT(faults(decode_nothing(parser_, R"({"reason":"x"})")),
              ElementsAre("unknown_field /reason"));
}

TEST_F(WireTest, AMomentIsNowATimeOrTheEndOfADate) {
  using storage::Basis;
  using storage::Moment;
  EXPECT_EQ(parse_moment({}, {}, {})->kind, Moment::Kind::kNow);
  const auto at = parse_moment("2026-01-05T08:00:00+07:00", {}, {});
  EXPECT_EQ(at->kind, Moment::Kind::kRecordTime);
  EXPECT_EQ(at->time, *engine::parse_timestamp("2026-01-05T01:00:00Z"));
  const auto booked = parse_moment({}, "2026-01-05", {});
  EXPECT_EQ(booked->kind, Moment::Kind::kDate);
  EXPECT_EQ(booked->date, date("2026-01-05"));
  EXPECT_EQ(booked->basis, Basis::kBooking);
  EXPECT_EQ(parse_moment({}, "2026-01-05", "value")->basis, Basis::kValue);
  EXPECT_EQ(parse_moment({}, "2026-01-05", "booking")->basis, Basis::kBooking);

  EXPECT_FALSE(parse_moment("2026-01-05", {}, {}));
  EXPECT_FALSE(parse_moment("2026-01-05T08:00:00Z", "2026-01-05", {}));
  EXPECT_FALSE(parse_moment("2026-01-05T08:00:00Z", {}, "value"));
  EXPECT_FALSE(parse_moment({}, {}, "value"));
  EXPECT_FALSE(parse_moment({}, "2026-1-5", {}));
  EXPECT_FALSE(parse_moment({}, "2026-01-05", "record"));
}

TEST_F(WireTest, ADirectoryRemembersAndDoesNotInvent) {
  EXPECT_EQ(directory_.currency(), engine::kIDR);
  EXPECT_FALSE(directory_.find("9999"));
  EXPECT_EQ(directory_.find(AccountHandle{99}), nullptr);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(directory_.find("2101.M/17")->handle, kSavings);
    EXPECT_EQ(directory_.find("7001")->exponent, 0);
    EXPECT_EQ(directory_.account(kCash).code, "1101");
    EXPECT_EQ(directory_.principal(kTeller), "teller-1");
  }
}

TEST_F(WireTest, ADirectoryAnswersManyCodesEachInItsPlace) {
  const std::vector<std::string_view> codes = {"2101.M/17", "9999", "1101", "1101",
                                               "",          "7001", "9999", "2101.M/17"};
  std::vector<std::optional<AccountRef>> refs(99);
  for (int round = 0; round < 2; ++round) {
    directory_.find_all(codes, refs);
    ASSERT_EQ(refs.size(), codes.size());
    EXPECT_EQ(refs[0]->handle, kSavings);
    EXPECT_EQ(refs[2]->handle, kCash);
    EXPECT_EQ(refs[3]->handle, kCash);
    EXPECT_EQ(refs[5]->exponent, 0);
    EXPECT_EQ(refs[7]->handle, kSavings);
    EXPECT_FALSE(refs[1] || refs[4] || refs[6]);
  }
  directory_.find_all({}, refs);
  EXPECT_TRUE(refs.empty());
}

/// Far more accounts than a new directory has room for, asked for in an order of their own.
TEST_F(WireTest, ADirectoryGrows) {
  constexpr unsigned kMany = 1500;
  Node node;
  const std::uint32_t before = node.ledger().coop(kDesa)->account_count;
  std::vector<engine::Command> commands;
  for (unsigned i = 0; i < kMany; ++i) {
    engine::OpenAccount open;
    open.code = "M/" + std::to_string(i);
    open.type = engine::AccountType::kLiability;
    open.normal = engine::Side::kCredit;
    open.currency = engine::kIDR;
    commands.push_back({*engine::Key::parse("open-" + std::to_string(i)), engine::kOperator, open});
  }
  for (const auto& answer :
       node.ledger().ask_batch(kDesa, std::move(commands), storage::BatchMode::kPerItem)) {
    ASSERT_EQ(answer.outcome, storage::Answer::Outcome::kDone);
  }
  Directory directory(node.ledger(), kDesa);
  std::vector<std::string> codes;
  for (unsigned i = 0; i < kMany; ++i) codes.push_back("M/" + std::to_string(i * 7 % kMany));
  std::vector<std::optional<AccountRef>> refs;
  for (int round = 0; round < 2; ++round) {
    directory.find_all(std::vector<std::string_view>(codes.begin(), codes.end()), refs);
    for (unsigned i = 0; i < kMany; ++i) {
      ASSERT_TRUE(refs[i]);
      EXPECT_EQ(refs[i]->handle.value, before + 1 + i * 7 % kMany);
    }
  }
}

}  // namespace
}  // namespace lumbung::api
