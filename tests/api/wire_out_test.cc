// Answers as JSON: the bytes are written out by hand from docs/api.md and openapi.yaml.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/wire.h"
#include "tests/api/node.h"

namespace lumbung::api {
namespace {

using engine::AccountHandle;
using engine::Amount;
using engine::Param;
using engine::ParamKind;
using engine::Refusal;
using engine::RefusalCode;
using engine::Side;

constexpr AccountHandle kCash{1};
constexpr AccountHandle kSavings{3};
constexpr AccountHandle kYenCash{4};

class WireOutTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { node_ = new Node; }
  static void TearDownTestSuite() {
    delete node_;
    node_ = nullptr;
  }

  template <class Render>
  static std::string written(const Render& render) {
    std::string text;
    json::Writer out(text);
    render(out);
    return text;
  }

  /// An event of that body: number 40, by teller-1, under "k".
  static engine::Event event_of(engine::EventBody body) {
    engine::Event event;
    event.no = {40};
    event.booking_date = *engine::parse_date("2026-01-05");
    event.at = *engine::parse_timestamp("2026-01-05T01:02:03.000004Z");
    event.principal = {3};
    event.key = *engine::Key::parse("k");
    event.body = std::move(body);
    return event;
  }
  /// The event's JSON after what all kinds have; what they have is looked at here.
  std::string particular(engine::EventBody body, std::string_view kind) {
    const std::string text = written(
        [&](json::Writer& out) { render_event_json(out, event_of(std::move(body)), directory_); });
    const std::string common = R"({"event":40,"kind":")" + std::string(kind) +
                               R"(","booking_date":"2026-01-05",)"
                               R"("recorded_at":"2026-01-05T01:02:03.000004Z",)"
                               R"("principal":"teller-1","key":"k",)";
    EXPECT_TRUE(text.starts_with(common)) << text;
    EXPECT_TRUE(names_are_single(text)) << text;
    return text.substr(common.size());
  }
  /// No name stands twice in the outermost object.
  bool names_are_single(const std::string& object) {
    static constexpr json::FieldSpec kFields[] = {{"it"}};
    return parser_
        .object("{\"it\":" + object + "}", kFields,
                [](std::size_t, json::Value& value) {
                  return value.map(64, [](std::string_view, json::Value& v) { return v.skip(); });
                })
        .empty();
  }

  static Node* node_;
  json::Parser parser_;
  Directory directory_{node_->ledger(), kDesa};
};

Node* WireOutTest::node_ = nullptr;

engine::Entry small_entry() {
  engine::Entry entry;
  entry.legs = {{kCash, Side::kDebit, Amount{5}}, {kSavings, Side::kCredit, Amount{5}}};
  return entry;
}

constexpr std::string_view kSmallLegs =
    R"("legs":[{"account":"1101","side":"debit","amount":"0.05"},)"
    R"({"account":"2101.M/17","side":"credit","amount":"0.05"}])";

TEST_F(WireOutTest, EveryKindOfEventHasItsWordAndItsFields) {
  using namespace engine;
  const Date day = *parse_date("2026-01-05");
  const std::string legs(kSmallLegs);
  EXPECT_EQ(particular(EntryPosted{small_entry()}, "entry"), legs + "}");
  EXPECT_EQ(particular(EntryReversed{{13}, 0b10000001, small_entry()}, "reversal"),
            R"("reverses":13,"reversed_legs":[0,7],)" + legs + "}");
  EXPECT_EQ(particular(HoldSettled{{20}, Amount{5}, true, small_entry()}, "hold_settled"),
            R"("hold":20,"release_rest":true,)" + legs + "}");
  EXPECT_EQ(particular(OpenCooperative{kDesa, kIDR, "Asia/Jakarta", day, true}, "book_opened"),
            R"("coop":"DESA","currency":"IDR","zone":"Asia/Jakarta","first_day":"2026-01-05",)"
            R"("sen_allowed":true})");
  EXPECT_EQ(particular(GrantRole{"ani", Role::kAuditor}, "role_granted"),
            R"("holder":"ani","role":"auditor"})");
  EXPECT_EQ(particular(RevokeRole{"ani", Role::kAdmin}, "role_revoked"),
            R"("holder":"ani","role":"admin"})");
  EXPECT_EQ(particular(OpenAccount{"7009",
                                   AccountType::kMemo,
                                   Side::kCredit,
                                   Currency{392},
                                   {2},
                                   false,
                                   Amount{-20},
                                   {}},
                       "account_opened"),
            R"("account":"7009","type":"memo","normal":"credit","currency":"JPY",)"
            R"("control":"2101","is_control":false,"floor":"-20","ceiling":null})");
  EXPECT_EQ(particular(SetLimits{kCash, {}, Amount{100}}, "limits_set"),
            R"("account":"1101","floor":null,"ceiling":"1.00"})");
  EXPECT_EQ(particular(FreezeAccount{kSavings}, "account_frozen"), R"("account":"2101.M/17"})");
  EXPECT_EQ(particular(UnfreezeAccount{kSavings}, "account_unfrozen"), R"("account":"2101.M/17"})");
  EXPECT_EQ(particular(CloseAccount{kSavings}, "account_closed"), R"("account":"2101.M/17"})");
  EXPECT_EQ(particular(PlaceHold{kYenCash, Amount{7}, day}, "hold_placed"),
            R"("account":"7001","amount":"7","last_day":"2026-01-05"})");
  EXPECT_EQ(particular(ReleaseHold{{20}}, "hold_released"), R"("hold":20})");
  EXPECT_EQ(particular(ExpireHold{{20}}, "hold_expired"), R"("hold":20})");
  EXPECT_EQ(particular(CloseDay{day, day + 3}, "day_closed"),
            R"("date":"2026-01-05","next":"2026-01-08"})");
  EXPECT_EQ(particular(CloseMonth{month_of(day)}, "month_closed"), R"("month":"2026-01"})");
  EXPECT_EQ(particular(Refused{Refusal(RefusalCode::day_closed, Param{ParamKind::kDate, 20457})},
                       "refused"),
            R"("refusal":{"code":"day_closed","detail":"this booking date is closed",)"
            R"("params":{"date":"2026-01-04"}}})");
}

TEST_F(WireOutTest, WhatAnEventNeedNotHaveIsLeftOut) {
  engine::Event event = event_of(engine::EntryPosted{small_entry()});
  event.key = {};
  event.batch_size = 3;
  event.digest = engine::Digest{0x00, 0x01, 0xab, 0xff};
  auto& entry = std::get<engine::EntryPosted>(event.body).entry;
  entry.value_date = *engine::parse_date("2026-01-02");
  entry.metadata = {{"count", std::int64_t{-1}},
                    {"due", *engine::parse_date("2026-02-01")},
                    {"slip", std::string("KM/1")}};
  const std::vector<engine::EventNo> by{{50}, {60}};
  EXPECT_EQ(
      written([&](json::Writer& out) { render_event_json(out, event, directory_, &by); }),
      R"({"event":40,"kind":"entry","booking_date":"2026-01-05",)"
      R"("recorded_at":"2026-01-05T01:02:03.000004Z","principal":"teller-1","batch_size":3,)"
      R"("digest":"0001abff000000000000000000000000",)" +
          std::string(kSmallLegs) +
          R"(,"value_date":"2026-01-02",)"
          R"("metadata":{"count":-1,"due":"2026-02-01","slip":"KM/1"},"reversed_by":[50,60]})");
}

TEST_F(WireOutTest, WhatIsAskedAndWhatHappensHaveOneWord) {
  using namespace engine;
  EXPECT_EQ(kind_of(CommandBody(PostEntry{})), kind_of(EventBody(EntryPosted{})));
  EXPECT_EQ(kind_of(CommandBody(ReverseEntry{})), kind_of(EventBody(EntryReversed{})));
  EXPECT_EQ(kind_of(CommandBody(SettleHold{})), kind_of(EventBody(HoldSettled{})));
  EXPECT_EQ(kind_of(CommandBody(CloseDay{})), kind_of(EventBody(CloseDay{})));
}

storage::Answer done(std::uint64_t no, std::string_view at) {
  storage::Answer answer;
  answer.outcome = storage::Answer::Outcome::kDone;
  answer.event = {no};
  answer.booking_date = *engine::parse_date("2026-01-05");
  answer.at = *engine::parse_timestamp(at);
  return answer;
}

TEST_F(WireOutTest, AReceiptSaysNothingOfWhetherItIsTheFirst) {
  storage::Answer answer = done(41, "2026-01-05T01:00:00Z");
  const auto receipt = [&] {
    return written([&](json::Writer& out) { render_receipt(out, answer, "entry"); });
  };
  const std::string first = receipt();
  answer.replayed = true;
  EXPECT_EQ(first, R"({"event":41,"kind":"entry","booking_date":"2026-01-05",)"
                   R"("recorded_at":"2026-01-05T01:00:00.000000Z"})");
  EXPECT_EQ(receipt(), first);
}

TEST_F(WireOutTest, ABatchIsAnsweredItemByItem) {
  storage::Answer refused;
  refused.outcome = storage::Answer::Outcome::kRefused;
  refused.refusal =
      Refusal(RefusalCode::insufficient_funds, Param{ParamKind::kAccount, 3},
              Param{ParamKind::kAmount, 8'000'000}, Param{ParamKind::kAvailable, -7'000'050});
  EXPECT_EQ(written([&](json::Writer& out) {
              render_batch(out,
                           {done(41, "2026-01-05T01:00:00Z"), refused,
                            done(43, "2026-01-05T02:00:00.5Z"), storage::Answer{}},
                           directory_);
            }),
            R"({"items":[{"outcome":"done","event":41,"booking_date":"2026-01-05",)"
            R"("recorded_at":"2026-01-05T01:00:00.000000Z"},)"
            R"({"outcome":"refused","code":"insufficient_funds",)"
            R"("detail":"the available balance would fall below the account's floor",)"
            R"("params":{"account":"2101.M/17","amount":"80000.00","available":"-70000.50"}},)"
            R"({"outcome":"done","event":43,"booking_date":"2026-01-05",)"
            R"("recorded_at":"2026-01-05T02:00:00.500000Z"},)"
            R"({"outcome":"unknown"}]})");
}

TEST_F(WireOutTest, MoneyInARefusalStandsBesideItsAccountOrNotAtAll) {
  const auto params = [&](const Refusal& refusal, Directory* directory) {
    const std::string text =
        written([&](json::Writer& out) { render_refusal(out, refusal, directory); });
    return text.substr(text.find(R"("params":)") + 9);
  };
  const Refusal all(RefusalCode::unbalanced, Param{ParamKind::kAccount, 4},
                    Param{ParamKind::kAmount, 12}, Param{ParamKind::kLimit, 5},
                    Param{ParamKind::kItem, 2});
  EXPECT_EQ(params(all, &directory_), R"({"account":"7001","amount":"12","limit":"5","item":2}})");
  EXPECT_EQ(params(all, nullptr), R"({"item":2}})");
  const Refusal nameless(RefusalCode::hold_exceeded, Param{ParamKind::kAvailable, 12},
                         Param{ParamKind::kEvent, 7}, Param{ParamKind::kLeg, 1});
  EXPECT_EQ(params(nameless, &directory_), R"({"event":7,"leg":1}})");
  const Refusal nobody(RefusalCode::account_unknown, Param{ParamKind::kAccount, 99},
                       Param{ParamKind::kLeg, 0});
  EXPECT_EQ(params(nobody, &directory_), R"({"leg":0}})");
}

storage::AccountView view_of(const char* code, Side normal, engine::Currency currency) {
  storage::AccountView view;
  view.handle = {9};
  view.info = {code, engine::AccountType::kLiability, {12}};
  view.line.currency = currency;
  view.line.normal = normal;
  view.line.debits = 30;
  view.line.credits = 1'000;
  view.line.held = 200;
  view.as_of = {44};
  return view;
}

TEST_F(WireOutTest, AnAccountHasNullWhereNothingBoundsIt) {
  storage::AccountView view = view_of("2101.M/9", Side::kCredit, engine::kIDR);
  EXPECT_EQ(written([&](json::Writer& out) { render_account(out, view); }),
            R"({"account":"2101.M/9","handle":9,"type":"liability","normal":"credit",)"
            R"("currency":"IDR","is_control":false,"frozen":false,"closed":false,"floor":null,)"
            R"("ceiling":null,"opened_by":12,"posted":"9.70","held":"2.00","available":null,)"
            R"("as_of_event":44})");
  view.control_code = "2101";
  view.line.floor = -50;
  view.line.ceiling = 5'000;
  view.line.flags = engine::Account::kFrozen;
  EXPECT_EQ(written([&](json::Writer& out) { render_account(out, view); }),
            R"({"account":"2101.M/9","handle":9,"type":"liability","normal":"credit",)"
            R"("currency":"IDR","control":"2101","is_control":false,"frozen":true,"closed":false,)"
            R"("floor":"-0.50","ceiling":"50.00","opened_by":12,"posted":"9.70","held":"2.00",)"
            R"("available":"8.20","as_of_event":44})");
}

TEST_F(WireOutTest, ABalanceNamesItsMoment) {
  const storage::AccountView view = view_of("7003", Side::kDebit, engine::Currency{392});
  const storage::Totals totals{30, 1'000, {44}};
  const auto balance = [&](const storage::Moment& moment) {
    return written([&](json::Writer& out) { render_balance(out, view, totals, moment); });
  };
  const std::string head = R"({"account":"7003","currency":"JPY","normal":"debit",)";
  const std::string sums = R"("debits":"30","credits":"1000","posted":"-970",)";
  EXPECT_EQ(balance(storage::Moment::now()),
            head + sums + R"("held":"200","available":null,"as_of_event":44})");
  EXPECT_EQ(balance(*parse_moment({}, "2026-01-05", "value")),
            head + R"("date":"2026-01-05","basis":"value",)" + sums + R"("as_of_event":44})");
  EXPECT_EQ(balance(*parse_moment("2026-01-05T01:00:00Z", {}, {})),
            head + R"("at":"2026-01-05T01:00:00.000000Z",)" + sums + R"("as_of_event":44})");
}

TEST_F(WireOutTest, AStatementAndAHoldAreInTheAccountsCurrency) {
  storage::Statement statement;
  const engine::Date day = *engine::parse_date("2026-01-05");
  statement.lines = {{{41}, 1, Side::kCredit, Amount{250}, 750, day + 1},
                     {{40}, 0, Side::kDebit, Amount{30}, -20, day}};
  statement.as_of = {44};
  const auto page = [&](std::string_view cursor) {
    return written([&](json::Writer& out) {
      render_statement(out, view_of("2101.M/9", Side::kCredit, engine::kIDR), statement, cursor);
    });
  };
  const std::string lines =
      R"({"account":"2101.M/9","currency":"IDR","normal":"credit","items":[)"
      R"({"event":41,"leg":1,"booking_date":"2026-01-06","side":"credit","amount":"2.50","posted_after":"7.50"},)"
      R"({"event":40,"leg":0,"booking_date":"2026-01-05","side":"debit","amount":"0.30","posted_after":"-0.20"}],)";
  EXPECT_EQ(page(""), lines + R"("as_of_event":44})");
  EXPECT_EQ(page("abc"), lines + R"("next_cursor":"abc","as_of_event":44})");

  const engine::Event placed =
      event_of(engine::PlaceHold{kYenCash, Amount{70}, *engine::parse_date("2026-01-31")});
  const engine::Hold open{kYenCash, Amount{20}, {}};
  const auto hold = [&](const engine::Hold* still) {
    return written([&](json::Writer& out) { render_hold(out, placed, still, directory_); });
  };
  const std::string tail = R"(,"last_day":"2026-01-31","booking_date":"2026-01-05",)"
                           R"("recorded_at":"2026-01-05T01:02:03.000004Z"})";
  EXPECT_EQ(hold(&open),
            R"({"hold":40,"account":"7001","amount":"70","remaining":"20","open":true)" + tail);
  EXPECT_EQ(hold(nullptr),
            R"({"hold":40,"account":"7001","amount":"70","remaining":"0","open":false)" + tail);
}

TEST_F(WireOutTest, ATrialBalanceSumsEachCurrencyWithoutControlAccounts) {
  storage::TrialBalance balance;
  const auto row = [](const char* code, engine::AccountType type, Side normal,
                      engine::Currency currency, bool is_control, unsigned debits,
                      unsigned credits) {
    return storage::TrialBalanceRow{
        {1}, code, type, normal, currency, is_control, {debits, credits, {44}}};
  };
  using engine::AccountType;
  const engine::Currency yen{392};
  balance.rows = {
      row("1101", AccountType::kAsset, Side::kDebit, engine::kIDR, false, 500, 100),
      row("7001", AccountType::kAsset, Side::kDebit, yen, false, 9, 9),
      row("2101", AccountType::kLiability, Side::kCredit, engine::kIDR, true, 100, 500),
      row("2101.1", AccountType::kLiability, Side::kCredit, engine::kIDR, false, 100, 500)};
  balance.as_of = {44};
  EXPECT_EQ(
      written([&](json::Writer& out) {
        render_trial_balance(out, balance, *parse_moment({}, "2026-01-05", {}));
      }),
      R"({"date":"2026-01-05","basis":"booking","rows":[)"
      R"({"account":"1101","type":"asset","normal":"debit","currency":"IDR","is_control":false,)"
      R"("debits":"5.00","credits":"1.00","posted":"4.00"},)"
      R"({"account":"7001","type":"asset","normal":"debit","currency":"JPY","is_control":false,)"
      R"("debits":"9","credits":"9","posted":"0"},)"
      R"({"account":"2101","type":"liability","normal":"credit","currency":"IDR",)"
      R"("is_control":true,"debits":"1.00","credits":"5.00","posted":"4.00"},)"
      R"({"account":"2101.1","type":"liability","normal":"credit","currency":"IDR",)"
      R"("is_control":false,"debits":"1.00","credits":"5.00","posted":"4.00"}],)"
      R"("sums":[{"currency":"IDR","debits":"6.00","credits":"6.00"},)"
      R"({"currency":"JPY","debits":"9","credits":"9"}],"as_of_event":44})");
}

}  // namespace
}  // namespace lumbung::api
