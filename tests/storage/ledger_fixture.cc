#include "tests/storage/ledger_fixture.h"

namespace lumbung::tests {
namespace {

using namespace engine;
using namespace storage;

class GatedJournal final : public Journal {
 public:
  GatedJournal(std::unique_ptr<Journal> inner, Gate& gate)
      : inner_(std::move(inner)), gate_(gate) {}

  TakeOver take_over() override { return inner_->take_over(); }
  Ticket append(Blocks commit) override {
    const Ticket ticket = inner_->append(std::move(commit));
    gate_.came();
    return ticket;
  }
  Appended wait(Ticket ticket) override {
    gate_.wait_until_open();
    return gate_.loses() ? Appended::kUnknown : inner_->wait(ticket);
  }
  void read(const CoopId& coop, BlockNo from,
            const std::function<bool(std::string_view)>& each) const override {
    inner_->read(coop, from, each);
  }
  Head head(const CoopId& coop) const override { return inner_->head(coop); }

 private:
  const std::unique_ptr<Journal> inner_;
  Gate& gate_;
};

OpenAccount account(std::string code, AccountType type, Side normal) {
  OpenAccount command;
  command.code = std::move(code);
  command.type = type;
  command.normal = normal;
  command.currency = kIDR;
  return command;
}

}  // namespace

void Gate::close() {
  const std::lock_guard lock(mutex_);
  is_open_ = false;
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  is_open_ = true;
  changed_.notify_all();
}

void Gate::came() {
  const std::lock_guard lock(mutex_);
  ++commits_;
  changed_.notify_all();
}

void Gate::wait_until_open() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_open_; });
}

void Gate::wait_for(std::uint64_t commits) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [=, this] { return commits_ >= commits; });
}

Ledger::Options LedgerTest::options(const std::filesystem::path& directory) {
  Ledger::Options options;
  options.directory = directory;
  options.create = true;
  options.run_events = 16;
  options.queue_max = queue_max_;
  options.trust_snapshots = trust_snapshots_;
  options.clock = [this] { return Timestamp{now_us_.load()}; };
  options.wrap_journal = [this](std::unique_ptr<Journal> inner) {
    return std::make_unique<GatedJournal>(std::move(inner), gate_);
  };
  return options;
}

void LedgerTest::open() {
  close();
  ledger_ = Ledger::open(options(data()));
}

void LedgerTest::open_book() {
  open();
  done(OpenCooperative{kCoop, kIDR, "Asia/Jakarta", kFirstDay, false});
  OpenAccount cash = account("1101", AccountType::kAsset, Side::kDebit);
  cash.floor = Amount{0};
  done(cash);
  OpenAccount members = account("2100", AccountType::kLiability, Side::kCredit);
  members.is_control = true;
  done(members);
  for (const std::string code : {"2100-M1", "2100-M2"}) {
    OpenAccount member = account(code, AccountType::kLiability, Side::kCredit);
    member.control = kMembers;
    member.floor = Amount{0};
    done(member);
  }
  done(account("4101", AccountType::kIncome, Side::kCredit));
}

void LedgerTest::crash() {
  gate_.lose(true);
  const Answer lost = ask("lost-" + std::to_string(next_key_++), transfer(kCash, kMember, 1));
  EXPECT_EQ(lost.outcome, Answer::Outcome::kUnknown);
  close();
  gate_.lose(false);
}

std::filesystem::path LedgerTest::copy(const std::filesystem::path& data) {
  const auto target = directory_.path() / ("copy-" + std::to_string(copies_++));
  std::filesystem::copy(data, target, std::filesystem::copy_options::recursive);
  return target;
}

Command LedgerTest::command(const std::string& key, CommandBody body,
                            PrincipalHandle principal) const {
  return {*Key::parse(key), principal, std::move(body)};
}

Answer LedgerTest::ask(const std::string& key, CommandBody body, PrincipalHandle principal) {
  return ledger_->ask(kCoop, command(key, std::move(body), principal));
}

EventNo LedgerTest::done(CommandBody body) {
  const Answer answer = ask("auto-" + std::to_string(next_key_++), std::move(body));
  EXPECT_EQ(answer.outcome, Answer::Outcome::kDone) << name_of(answer.refusal.code);
  return answer.event;
}

PostEntry LedgerTest::transfer(AccountHandle to, AccountHandle from, std::int64_t rupiah) {
  PostEntry post;
  post.entry.legs = {{to, Side::kDebit, {rupiah * 100}}, {from, Side::kCredit, {rupiah * 100}}};
  return post;
}

std::uint64_t LedgerTest::events() const {
  const auto status = ledger_->coop(kCoop);
  return status ? status->head.last_event.value : 0;
}

std::int64_t LedgerTest::posted(AccountHandle account) const {
  return static_cast<std::int64_t>(ledger_->account(kCoop, account)->line.posted() / 100);
}

Record LedgerTest::record() const {
  Record record;
  ledger_->events(kCoop, {1}, [&](const Event& event) {
    record.add(event);
    return true;
  });
  return record;
}

bool same_but_replayed(const Answer& a, const Answer& b) {
  return a.outcome == b.outcome && a.event == b.event && a.booking_date == b.booking_date &&
         a.at == b.at && a.refusal == b.refusal;
}

}  // namespace lumbung::tests
