// The lines of a story that ask for something, each made into a command.
#include <stdexcept>

#include "engine/currency.h"
#include "tests/story_runner.h"

namespace lumbung::tests {

using namespace engine;  // NOLINT: every name below is a term of the engine

namespace {

std::optional<Date> take_date(Phrase& phrase, const std::string& name) {
  const auto text = phrase.take(name);
  if (!text) return std::nullopt;
  const auto date = parse_date(*text);
  if (!date) throw std::invalid_argument("no date: " + *text);
  return date;
}

Date date_in(const std::string& text) {
  const auto date = parse_date(text);
  if (!date) throw std::invalid_argument("no date: " + text);
  return *date;
}

Amount narrow_amount(Int128 minor) {
  const auto value = static_cast<std::int64_t>(minor);
  if (value != minor) throw std::invalid_argument("an amount beyond 64 bits");
  return Amount{value};
}

Currency currency_in(const std::string& text) {
  const CurrencyInfo* info = find_currency(text);
  return info == nullptr ? Currency{0} : Currency{info->numeric};
}

Role role_in(const std::string& text) {
  const auto role = parse_role(text);
  if (!role) throw std::invalid_argument("no role: " + text);
  return *role;
}

Side side_in(const std::string& text) {
  const auto side = parse_side(text);
  if (!side) throw std::invalid_argument("no side: " + text);
  return *side;
}

/// Assets and expenses stand in debit, the others in credit.
Side usual_side(AccountType type) {
  return type == AccountType::kAsset || type == AccountType::kExpense ? Side::kDebit
                                                                      : Side::kCredit;
}

MetadataItem metadata_in(const std::string& name, const std::string& text) {
  if (const auto date = parse_date(text)) return {name, *date};
  if (text.find_first_not_of("-0123456789") == std::string::npos) {
    return {name, std::int64_t{std::stoll(text)}};
  }
  return {name, text};
}

}  // namespace

const std::map<std::string, StoryRunner::Build>& StoryRunner::commands() {
  static const std::map<std::string, Build> kCommands{
      {"coop", &StoryRunner::build_coop},
      {"grant", &StoryRunner::build_grant},
      {"revoke", &StoryRunner::build_revoke},
      {"account", &StoryRunner::build_account},
      {"limits", &StoryRunner::build_limits},
      {"freeze", &StoryRunner::build_freeze},
      {"unfreeze", &StoryRunner::build_unfreeze},
      {"close-account", &StoryRunner::build_close_account},
      {"deposit", &StoryRunner::build_deposit},
      {"withdraw", &StoryRunner::build_withdraw},
      {"transfer", &StoryRunner::build_transfer},
      {"entry", &StoryRunner::build_entry},
      {"reverse", &StoryRunner::build_reverse},
      {"hold", &StoryRunner::build_hold},
      {"settle", &StoryRunner::build_settle},
      {"release", &StoryRunner::build_release},
      {"expire", &StoryRunner::build_expire},
      {"close-day", &StoryRunner::build_close_day},
      {"close-month", &StoryRunner::build_close_month},
  };
  return kCommands;
}

StoryRunner::Item StoryRunner::finish(const ScriptLine& line, Phrase phrase, CommandBody body,
                                      std::string done) {
  const auto key = Key::parse(phrase.take_or("key", "line-" + std::to_string(line.number)));
  if (!key) throw std::invalid_argument("no key");
  PrincipalHandle by{};
  if (const auto name = phrase.take("by")) {
    const auto all = world_->principals(coop_);
    by.value = static_cast<std::uint32_t>(all.size());
    for (std::uint32_t p = 0; p < all.size(); ++p) {
      if (all[p].name == *name) by.value = p;
    }
  }
  return {{*key, by, std::move(body)}, std::move(phrase), std::move(done)};
}

StoryRunner::Item StoryRunner::build_coop(const ScriptLine& line) {
  Phrase phrase(line, 1);
  const auto id = CoopId::parse(phrase.operand(0));
  if (!id) throw std::invalid_argument("no id of a cooperative");
  coop_ = *id;
  OpenCooperative open;
  open.coop = *id;
  open.currency = currency_in(phrase.take_or("currency", "IDR"));
  open.zone = phrase.take_or("zone", "Asia/Jakarta");
  open.first_day = date_in(phrase.take_or("first", "2026-01-05"));
  open.sen_allowed = phrase.take_or("sen", "no") == "yes";
  return finish(line, std::move(phrase), std::move(open), "opened");
}

StoryRunner::Item StoryRunner::build_grant(const ScriptLine& line) {
  Phrase phrase(line, 2);
  return finish(line, phrase, GrantRole{phrase.operand(0), role_in(phrase.operand(1))}, "granted");
}

StoryRunner::Item StoryRunner::build_revoke(const ScriptLine& line) {
  Phrase phrase(line, 2);
  return finish(line, phrase, RevokeRole{phrase.operand(0), role_in(phrase.operand(1))}, "revoked");
}

std::optional<Amount> StoryRunner::limit(Phrase& phrase, const std::string& name,
                                         int exponent) const {
  const std::string text = phrase.take_or(name, "none");
  if (text == "none") return std::nullopt;
  return narrow_amount(parse_money(text, exponent));
}

StoryRunner::Item StoryRunner::build_account(const ScriptLine& line) {
  Phrase phrase(line, 1);
  OpenAccount open;
  open.code = phrase.operand(0);
  open.type = AccountType::kLiability;
  open.normal = Side::kCredit;
  open.currency = world_->coop(coop_) ? world_->coop(coop_)->currency : kIDR;
  if (const auto of = phrase.take("of")) {
    open.control = handle(*of);
    if (const auto control = find(*of)) {
      open.type = control->info.type;
      open.normal = control->line.normal;
      open.currency = control->line.currency;
    }
  }
  if (const auto text = phrase.take("type")) {
    const auto type = parse_account_type(*text);
    if (!type) throw std::invalid_argument("no type: " + *text);
    open.type = *type;
    open.normal = usual_side(*type);
  }
  if (const auto text = phrase.take("normal")) open.normal = side_in(*text);
  if (const auto text = phrase.take("currency")) open.currency = currency_in(*text);
  open.is_control = phrase.take_or("control", "no") == "yes";
  const CurrencyInfo* info = find_currency(open.currency);
  const int digits = info == nullptr ? 2 : info->exponent;
  open.floor = limit(phrase, "floor", digits);
  open.ceiling = limit(phrase, "ceiling", digits);
  return finish(line, std::move(phrase), std::move(open), "opened");
}

StoryRunner::Item StoryRunner::build_limits(const ScriptLine& line) {
  Phrase phrase(line, 1);
  const std::string code = phrase.operand(0);
  SetLimits set{handle(code), limit(phrase, "floor", exponent(code)),
                limit(phrase, "ceiling", exponent(code))};
  return finish(line, std::move(phrase), set, "limited");
}

StoryRunner::Item StoryRunner::build_freeze(const ScriptLine& line) {
  Phrase phrase(line, 1);
  return finish(line, phrase, FreezeAccount{handle(phrase.operand(0))}, "frozen");
}

StoryRunner::Item StoryRunner::build_unfreeze(const ScriptLine& line) {
  Phrase phrase(line, 1);
  return finish(line, phrase, UnfreezeAccount{handle(phrase.operand(0))}, "unfrozen");
}

StoryRunner::Item StoryRunner::build_close_account(const ScriptLine& line) {
  Phrase phrase(line, 1);
  return finish(line, phrase, CloseAccount{handle(phrase.operand(0))}, "closed");
}

Amount StoryRunner::amount(const std::string& text, const std::string& code) const {
  return narrow_amount(parse_money(text, exponent(code)));
}

void StoryRunner::read_below(const ScriptLine& line, Legs* legs, Metadata& metadata) {
  for (const ScriptLine& below : line.below) {
    if (below.words[0] == "meta") {
      const Phrase item(below, 2);
      metadata.push_back(metadata_in(item.operand(0), item.operand(1)));
      continue;
    }
    if (legs == nullptr) throw std::invalid_argument("no legs belong here");
    Phrase leg(below, 2);
    const Posting posting{handle(leg.operand(0)), side_in(below.words[0]),
                          amount(leg.operand(1), leg.operand(0))};
    const auto times = static_cast<std::size_t>(std::stoul(leg.take_or("times", "1")));
    legs->insert(legs->end(), times, posting);
    check_nothing_left(below, leg);
  }
}

PostEntry StoryRunner::post_of(const ScriptLine& line, Phrase& phrase, Legs legs) {
  PostEntry post;
  const bool given = !legs.empty();
  post.entry.legs = std::move(legs);
  read_below(line, given ? nullptr : &post.entry.legs, post.entry.metadata);
  post.entry.value_date = take_date(phrase, "value");
  post.booking_date = take_date(phrase, "booking");
  return post;
}

StoryRunner::Item StoryRunner::moved(const ScriptLine& line, Phrase phrase, bool into) {
  const std::string code = phrase.operand(0);
  const Amount sum = amount(phrase.operand(1), code);
  const std::string till = phrase.take_or("cash", cash_);
  const Legs legs{{handle(into ? till : code), Side::kDebit, sum},
                  {handle(into ? code : till), Side::kCredit, sum}};
  PostEntry post = post_of(line, phrase, legs);
  return finish(line, std::move(phrase), std::move(post), "posted");
}

StoryRunner::Item StoryRunner::build_deposit(const ScriptLine& line) {
  return moved(line, Phrase(line, 2), true);
}

StoryRunner::Item StoryRunner::build_withdraw(const ScriptLine& line) {
  return moved(line, Phrase(line, 2), false);
}

StoryRunner::Item StoryRunner::build_transfer(const ScriptLine& line) {
  Phrase phrase(line, 3);
  const std::string from = phrase.operand(0);
  const std::string to = phrase.operand(1);
  const Amount sum = amount(phrase.operand(2), from);
  const auto view = find(from);
  const bool from_debit = view && view->line.normal == Side::kDebit;
  const Legs legs{{handle(from_debit ? to : from), Side::kDebit, sum},
                  {handle(from_debit ? from : to), Side::kCredit, sum}};
  PostEntry post = post_of(line, phrase, legs);
  return finish(line, std::move(phrase), std::move(post), "posted");
}

StoryRunner::Item StoryRunner::build_entry(const ScriptLine& line) {
  Phrase phrase(line, 0);
  PostEntry post = post_of(line, phrase, {});
  return finish(line, std::move(phrase), std::move(post), "posted");
}

StoryRunner::Item StoryRunner::build_reverse(const ScriptLine& line) {
  Phrase phrase(line, 1);
  ReverseEntry reverse;
  reverse.target = event_no(phrase.operand(0));
  for (const std::string& text : split_at_commas(phrase.take_or("amounts", ""))) {
    reverse.amounts.push_back(narrow_amount(parse_money(text, book_exponent())));
  }
  reverse.value_date = take_date(phrase, "value");
  reverse.booking_date = take_date(phrase, "booking");
  read_below(line, nullptr, reverse.metadata);
  return finish(line, std::move(phrase), std::move(reverse), "reversed");
}

StoryRunner::Item StoryRunner::build_hold(const ScriptLine& line) {
  Phrase phrase(line, 2);
  const PlaceHold hold{handle(phrase.operand(0)), amount(phrase.operand(1), phrase.operand(0)),
                       take_date(phrase, "until")};
  return finish(line, std::move(phrase), hold, "held");
}

StoryRunner::Item StoryRunner::build_settle(const ScriptLine& line) {
  Phrase phrase(line, 1);
  SettleHold settle;
  settle.hold = event_no(phrase.operand(0));
  settle.release_rest = phrase.take_or("rest", "keep") == "release";
  Legs legs;
  if (const auto sum = phrase.take("amount")) {
    const std::string to = phrase.take_or("to", cash_);
    const auto hold = world_->hold(coop_, settle.hold);
    if (!hold) throw std::invalid_argument("only legs can settle what is not held");
    const Side lowers = opposite(world_->account(coop_, hold->account)->line.normal);
    const Amount money = amount(*sum, to);
    legs = {{hold->account, lowers, money}, {handle(to), opposite(lowers), money}};
  }
  PostEntry post = post_of(line, phrase, legs);
  settle.entry = std::move(post.entry);
  settle.booking_date = post.booking_date;
  return finish(line, std::move(phrase), std::move(settle), "settled");
}

StoryRunner::Item StoryRunner::build_release(const ScriptLine& line) {
  Phrase phrase(line, 1);
  return finish(line, phrase, ReleaseHold{event_no(phrase.operand(0))}, "released");
}

StoryRunner::Item StoryRunner::build_expire(const ScriptLine& line) {
  Phrase phrase(line, 1);
  return finish(line, phrase, ExpireHold{event_no(phrase.operand(0))}, "expired");
}

StoryRunner::Item StoryRunner::build_close_day(const ScriptLine& line) {
  Phrase phrase(line, 1);
  const Date date = date_in(phrase.operand(0));
  const Date next = take_date(phrase, "next").value_or(date + 1);
  return finish(line, std::move(phrase), CloseDay{date, next}, "closed");
}

StoryRunner::Item StoryRunner::build_close_month(const ScriptLine& line) {
  Phrase phrase(line, 1);
  const auto month = parse_month(phrase.operand(0));
  if (!month) throw std::invalid_argument("no month");
  return finish(line, phrase, CloseMonth{*month}, "closed");
}

}  // namespace lumbung::tests
