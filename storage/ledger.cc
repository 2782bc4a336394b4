#include "storage/ledger.h"

#include <future>

#include "engine/check.h"
#include "storage/pipeline.h"

namespace lumbung::storage {
namespace {

using namespace engine;

/// Totals of an account; of a control account, of its members. `read` gives those of one account.
template <class Read>
Totals with_members(const Book& book, AccountHandle account, const Read& read) {
  Totals sum = read(account);
  if (!book.account(account).has(Account::kControl)) return sum;
  for (std::uint32_t h = 1; h <= book.account_count(); ++h) {
    if (book.account({h}).control != account) continue;
    const Totals member = with_members(book, {h}, read);
    sum.debits += member.debits;
    sum.credits += member.credits;
  }
  return sum;
}

AccountView view_of_account(const Book& book, AccountHandle account) {
  AccountView view;
  view.handle = account;
  view.info = book.info(account);
  view.line = book.account(account);
  view.as_of = book.last_event();
  if (view.line.control.value != 0) view.control_code = book.info(view.line.control).code;
  const Totals totals = with_members(book, account, [&](AccountHandle h) {
    return Totals{book.account(h).debits, book.account(h).credits, book.last_event()};
  });
  view.line.debits = totals.debits;
  view.line.credits = totals.credits;
  return view;
}

/// Accounts do not move between controls and are never deleted, so a look under the lock is enough
/// to know the shape of the chart.
std::vector<AccountHandle> members_of(const Book& book, AccountHandle account) {
  std::vector<AccountHandle> members{account};
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!book.account(members[i]).has(Account::kControl)) continue;
    for (std::uint32_t h = 1; h <= book.account_count(); ++h) {
      if (book.account({h}).control == members[i]) members.push_back({h});
    }
  }
  return members;
}

/// An account with its members, and the event up to which all of them are asked.
struct AccountGroup {
  std::vector<AccountHandle> members;
  EventNo newest;
};

std::optional<AccountGroup> group_of(const PublishedBook& published, AccountHandle account) {
  return published.with_book([&](const Book& book, const Head&) -> std::optional<AccountGroup> {
    if (!book.has_account(account)) return std::nullopt;
    return AccountGroup{members_of(book, account), book.last_event()};
  });
}

Totals totals_of(const PublishedBook& published, const AccountGroup& group, const Moment& moment) {
  Totals sum;
  for (const AccountHandle member : group.members) {
    const auto totals = published.totals(member, moment, group.newest);
    CHECK(totals.has_value());
    sum.debits += totals->debits;
    sum.credits += totals->credits;
    sum.as_of = totals->as_of;
  }
  return sum;
}

}  // namespace

class Ledger::Impl : public Pipeline {
 public:
  using Pipeline::Pipeline;
};

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::~Ledger() = default;

std::unique_ptr<Ledger> Ledger::open(Options options) {
  return std::unique_ptr<Ledger>(new Ledger(std::make_unique<Impl>(std::move(options))));
}

// --- asking ---

void Ledger::submit(const CoopId& coop, Command command, Answered answered) {
  Submission submission;
  submission.coop = coop;
  submission.commands.push_back(std::move(command));
  submission.one = std::move(answered);
  impl_->submit(std::move(submission));
}

Answer Ledger::ask(const CoopId& coop, Command command) {
  // Shared, because who waits may be gone before set_value has returned.
  const auto promise = std::make_shared<std::promise<Answer>>();
  auto answer = promise->get_future();
  submit(coop, std::move(command), [promise](const Answer& a) { promise->set_value(a); });
  return answer.get();
}

void Ledger::submit_batch(const CoopId& coop, std::vector<Command> commands, BatchMode mode,
                          BatchAnswered answered) {
  if (commands.empty()) {
    answered({});
    return;
  }
  Submission submission;
  submission.coop = coop;
  submission.commands = std::move(commands);
  submission.mode = mode;
  submission.batch = std::move(answered);
  impl_->submit(std::move(submission));
}

std::vector<Answer> Ledger::ask_batch(const CoopId& coop, std::vector<Command> commands,
                                      BatchMode mode) {
  const auto promise = std::make_shared<std::promise<std::vector<Answer>>>();
  auto answers = promise->get_future();
  submit_batch(coop, std::move(commands), mode,
               [promise](const std::vector<Answer>& a) { promise->set_value(a); });
  return answers.get();
}

// --- reading ---

std::vector<CoopId> Ledger::coops() const {
  return impl_->coops();
}

std::optional<CoopStatus> Ledger::coop(const CoopId& coop) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  return published->with_book([](const Book& book, const Head& head) {
    CoopStatus status;
    status.coop = book.coop();
    status.currency = book.currency();
    status.zone = book.zone();
    status.sen_allowed = book.sen_allowed();
    status.first_day = book.first_day();
    status.open_day = book.open_day();
    status.open_month = book.open_month();
    status.head = head;
    status.last_time = book.last_time();
    status.account_count = book.account_count();
    return status;
  });
}

std::optional<AccountHandle> Ledger::find_account(const CoopId& coop, std::string_view code) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  const AccountHandle handle =
      published->with_book([&](const Book& book, const Head&) { return book.find_account(code); });
  if (handle.value == 0) return std::nullopt;
  return handle;
}

std::vector<AccountFound> Ledger::find_accounts(const CoopId& coop,
                                                std::span<const std::string_view> codes) const {
  std::vector<AccountFound> found(codes.size());
  const auto published = impl_->find(coop);
  if (!published) return found;
  published->with_book([&](const Book& book, const Head&) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const AccountHandle handle = book.find_account(codes[i]);
      if (handle.value != 0) found[i] = {handle, book.account(handle).currency};
    }
  });
  return found;
}

std::optional<AccountView> Ledger::account(const CoopId& coop, AccountHandle account) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  return published->with_book([&](const Book& book, const Head&) -> std::optional<AccountView> {
    if (!book.has_account(account)) return std::nullopt;
    return view_of_account(book, account);
  });
}

std::vector<AccountView> Ledger::accounts(const CoopId& coop, AccountHandle after,
                                          std::size_t limit) const {
  const auto published = impl_->find(coop);
  if (!published) return {};
  return published->with_book([&](const Book& book, const Head&) {
    std::vector<AccountView> views;
    for (std::uint32_t h = after.value + 1; h <= book.account_count() && views.size() < limit;
         ++h) {
      views.push_back(view_of_account(book, {h}));
    }
    return views;
  });
}

std::string Ledger::account_code(const CoopId& coop, AccountHandle account) const {
  const auto published = impl_->find(coop);
  if (!published) return {};
  return published->with_book([&](const Book& book, const Head&) {
    return book.has_account(account) ? book.info(account).code : std::string();
  });
}

std::optional<Totals> Ledger::totals(const CoopId& coop, AccountHandle account,
                                     const Moment& moment) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  const auto group = group_of(*published, account);
  if (!group) return std::nullopt;
  return totals_of(*published, *group, moment);
}

std::optional<Totals> Ledger::day_totals(const CoopId& coop, AccountHandle account, Date date,
                                         Basis basis) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  const auto group = group_of(*published, account);
  if (!group) return std::nullopt;
  const Totals end = totals_of(*published, *group, Moment::end_of(date, basis));
  const Totals before = totals_of(*published, *group, Moment::end_of(date - 1, basis));
  return Totals{end.debits - before.debits, end.credits - before.credits, end.as_of};
}

std::optional<Statement> Ledger::statement(const CoopId& coop, AccountHandle account,
                                           std::optional<StatementPlace> before,
                                           std::size_t limit) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  return published->statement(account, before, limit);
}

std::optional<TrialBalance> Ledger::trial_balance(const CoopId& coop, const Moment& moment) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  TrialBalance balance;
  published->with_book([&](const Book& book, const Head&) {
    balance.as_of = book.last_event();
    for (std::uint32_t h = 1; h <= book.account_count(); ++h) {
      const Account& line = book.account({h});
      const AccountInfo& info = book.info({h});
      balance.rows.push_back({{h},
                              info.code,
                              info.type,
                              line.normal,
                              line.currency,
                              line.has(Account::kControl),
                              {line.debits, line.credits, book.last_event()}});
    }
  });
  // Every row of one moment, whatever is posted meanwhile: nothing behind the book just copied
  // counts.
  if (moment.kind != Moment::Kind::kNow) {
    for (TrialBalanceRow& row : balance.rows) {
      row.totals = *published->totals(row.handle, moment, balance.as_of);
    }
  }
  published->with_book([&](const Book& book, const Head&) {
    for (TrialBalanceRow& row : balance.rows) {
      if (row.is_control) continue;
      for (AccountHandle control = book.account(row.handle).control; control.value != 0;
           control = book.account(control).control) {
        Totals& sum = balance.rows[control.value - 1].totals;
        sum.debits += row.totals.debits;
        sum.credits += row.totals.credits;
      }
    }
  });
  return balance;
}

std::optional<Event> Ledger::event(const CoopId& coop, EventNo no) const {
  const auto published = impl_->find(coop);
  if (!published || no.value == 0) return std::nullopt;
  return published->event(no);
}

void Ledger::events(const CoopId& coop, EventNo from,
                    const std::function<bool(const Event&)>& each) const {
  if (const auto published = impl_->find(coop)) published->events(from, each);
}

EventNo Ledger::last_event_of(const CoopId& coop, Date date) const {
  const auto published = impl_->find(coop);
  if (!published) return {};
  return published->with_book(
      [&](const Book& book, const Head&) { return book.last_event_of(date); });
}

std::optional<Hold> Ledger::hold(const CoopId& coop, EventNo no) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  return published->with_book([&](const Book& book, const Head&) -> std::optional<Hold> {
    const Hold* hold = book.find_hold(no);
    if (hold == nullptr) return std::nullopt;
    return *hold;
  });
}

std::optional<Reversals> Ledger::reversals(const CoopId& coop, EventNo no) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  return published->with_book([&](const Book& book, const Head&) -> std::optional<Reversals> {
    const Reversals* reversals = book.find_reversals(no);
    if (reversals == nullptr) return std::nullopt;
    return *reversals;
  });
}

std::optional<PrincipalHandle> Ledger::find_principal(const CoopId& coop,
                                                      std::string_view name) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  return published->with_book(
      [&](const Book& book, const Head&) { return book.find_principal(name); });
}

std::optional<Principal> Ledger::principal(const CoopId& coop, PrincipalHandle principal) const {
  const auto published = impl_->find(coop);
  if (!published) return std::nullopt;
  return published->with_book([&](const Book& book, const Head&) -> std::optional<Principal> {
    if (!book.has_principal(principal)) return std::nullopt;
    return book.principal(principal);
  });
}

std::vector<Principal> Ledger::principals(const CoopId& coop) const {
  const auto published = impl_->find(coop);
  if (!published) return {};
  return published->with_book([](const Book& book, const Head&) {
    std::vector<Principal> all;
    for (std::uint32_t p = 0; p < book.principal_count(); ++p) all.push_back(book.principal({p}));
    return all;
  });
}

void Ledger::blocks(const CoopId& coop, BlockNo from,
                    const std::function<bool(std::string_view)>& each) const {
  const auto published = impl_->find(coop);
  if (!published) return;
  // The store may be ahead of what is published by the commit that is being answered.
  BlockNo next = from;
  const BlockNo last =
      published->with_book([](const Book&, const Head& head) { return head.block_no; });
  if (from > last) return;
  impl_->journal().read(coop, from, [&](std::string_view bytes) {
    const bool more = each(bytes) && next < last;
    ++next.value;
    return more;
  });
}

void Ledger::copy_store(const std::filesystem::path& target) const {
  impl_->store().checkpoint(target);
}

QueueStatus Ledger::queue_status() const {
  return impl_->status();
}

// --- beside ---

std::optional<std::string> Ledger::beside(std::string_view key) const {
  return impl_->store().get(Family::kBeside, key);
}

void Ledger::set_beside(std::string_view key, std::optional<std::string_view> value) {
  Store::Batch batch;
  if (value) {
    batch.put(Family::kBeside, key, *value);
  } else {
    batch.remove(Family::kBeside, key);
  }
  impl_->store().write(std::move(batch), /*synced=*/true);
}

std::vector<std::pair<std::string, std::string>> Ledger::all_beside(std::string_view prefix) const {
  std::vector<std::pair<std::string, std::string>> rows;
  Store::Cursor cursor = impl_->store().cursor(Family::kBeside);
  for (cursor.seek(prefix); cursor.at_prefix(prefix); cursor.next()) {
    rows.emplace_back(cursor.key(), cursor.value());
  }
  return rows;
}

}  // namespace lumbung::storage
