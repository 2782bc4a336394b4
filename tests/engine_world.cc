#include <algorithm>
#include <map>
#include <utility>

#include "engine/decide.h"
#include "engine/rules.h"
#include "tests/recorded_world.h"

namespace lumbung::tests {
namespace {

using engine::Book;
using engine::Command;
using engine::CoopId;
using engine::Event;
using engine::EventNo;
using engine::Refusal;
using engine::RefusalCode;
using storage::Answer;
using storage::BatchMode;

struct Coop {
  Book book;
  Record record;
  std::map<std::pair<std::uint32_t, std::string>, Remembered> keys;
};

class RecordView : public engine::View {
 public:
  RecordView(const Book& book, const std::vector<Event>& events) : View(book), events_(&events) {}
  std::optional<Event> event(EventNo no) const override {
    if (no.value == 0 || no.value > events_->size()) return std::nullopt;
    return (*events_)[no.value - 1];
  }

 private:
  const std::vector<Event>* events_;
};

Answer refused_without_bytes(RefusalCode code) {
  Answer answer;
  answer.outcome = Answer::Outcome::kRefused;
  answer.refusal = Refusal(code);
  return answer;
}

class EngineWorld : public RecordedWorld {
 public:
  void set_clock(engine::Timestamp now) override { now_ = now; }

  Answer ask(const CoopId& id, const Command& command) override {
    const auto decide_one = [&](Coop& coop) {
      const RecordView view(coop.book, coop.record.events);
      auto decided = engine::decide(view, policy_, command);
      if (!decided) return std::vector{refuse(coop, command, decided.refusal())};
      return std::vector{happen(coop, command, std::move(*decided))};
    };
    return remembered(id, {command}, /*is_batch=*/false, decide_one).front();
  }

  std::vector<Answer> ask_batch(const CoopId& id, const std::vector<Command>& commands,
                                BatchMode mode) override {
    if (mode == BatchMode::kPerItem) {
      std::vector<Answer> answers;
      for (const Command& command : commands) answers.push_back(ask(id, command));
      return answers;
    }
    if (commands.size() > storage::kBlockEventsMax) {
      return std::vector(commands.size(), refused_without_bytes(RefusalCode::batch_too_large));
    }
    return remembered(id, commands, /*is_batch=*/true,
                      [&](Coop& coop) { return ask_atomic(coop, commands); });
  }

  void reopen() override {
    for (auto& [id, coop] : coops_) {
      Book replayed;
      for (const Event& event : coop.record.events) {
        CHECK(!engine::event_violation(RecordView(replayed, coop.record.events), event));
        replayed.apply(event);
      }
      CHECK(replayed == coop.book);
      coop.book = std::move(replayed);
    }
  }

  std::optional<storage::CoopStatus> coop(const CoopId& id) const override {
    const Coop* coop = find(id);
    if (coop == nullptr) return std::nullopt;
    const Book& book = coop->book;
    return storage::CoopStatus{.coop = book.coop(),
                               .currency = book.currency(),
                               .zone = book.zone(),
                               .sen_allowed = book.sen_allowed(),
                               .first_day = book.first_day(),
                               .open_day = book.open_day(),
                               .open_month = book.open_month(),
                               .head = {{}, {}, book.last_event()},
                               .last_time = book.last_time(),
                               .account_count = book.account_count()};
  }

  std::optional<storage::AccountView> account(const CoopId& id,
                                              engine::AccountHandle handle) const override {
    const Coop* coop = find(id);
    if (coop == nullptr || !coop->book.has_account(handle)) return std::nullopt;
    storage::AccountView view{handle, coop->book.info(handle), coop->book.account(handle), {}, {}};
    if (view.line.has(engine::Account::kControl)) {
      const Sums sums = coop->record.sums(handle, storage::Moment::now());
      view.line.debits = static_cast<engine::Uint128>(narrow(sums.debits));
      view.line.credits = static_cast<engine::Uint128>(narrow(sums.credits));
    }
    if (view.line.control.value != 0) {
      view.control_code = coop->book.info(view.line.control).code;
    }
    view.as_of = coop->book.last_event();
    return view;
  }

  std::optional<engine::Hold> hold(const CoopId& id, EventNo no) const override {
    const Coop* coop = find(id);
    const engine::Hold* hold = coop == nullptr ? nullptr : coop->book.find_hold(no);
    if (hold == nullptr) return std::nullopt;
    return *hold;
  }

  std::optional<engine::Reversals> reversals(const CoopId& id, EventNo entry) const override {
    const Coop* coop = find(id);
    const auto* reversals = coop == nullptr ? nullptr : coop->book.find_reversals(entry);
    if (reversals == nullptr) return std::nullopt;
    return *reversals;
  }

  std::vector<engine::Principal> principals(const CoopId& id) const override {
    std::vector<engine::Principal> all;
    const Coop* coop = find(id);
    if (coop == nullptr) return all;
    for (std::uint32_t p = 0; p < coop->book.principal_count(); ++p) {
      all.push_back(coop->book.principal({p}));
    }
    return all;
  }

 protected:
  const Record* record(const CoopId& id) const override {
    const Coop* coop = find(id);
    return coop == nullptr ? nullptr : &coop->record;
  }

 private:
  const Coop* find(const CoopId& id) const {
    const auto found = coops_.find(id);
    return found == coops_.end() ? nullptr : &found->second;
  }

  /// Answers from memory where the key is known, otherwise by `decide_all`.
  template <class DecideAll>
  std::vector<Answer> remembered(const CoopId& id, const std::vector<Command>& commands,
                                 bool is_batch, DecideAll decide_all) {
    const bool opens =
        !commands.empty() && std::holds_alternative<engine::OpenCooperative>(commands[0].body);
    if (find(id) == nullptr && !opens) {
      return std::vector(commands.size(), refused_without_bytes(RefusalCode::coop_unknown));
    }
    Coop fresh;
    Coop& coop = find(id) == nullptr ? fresh : coops_.at(id);
    const std::pair key(commands[0].principal.value, commands[0].key.text());
    std::vector<engine::CommandBody> request;
    for (const Command& command : commands) request.push_back(command.body);
    if (const auto known = coop.keys.find(key); known != coop.keys.end()) {
      if (!known->second.is_same(request, is_batch)) {
        return std::vector(commands.size(), refused_without_bytes(RefusalCode::key_reused));
      }
      return known->second.replayed();
    }
    std::vector<Answer> answers = decide_all(coop);
    if (answers[0].event.value != 0) {
      coop.keys[key] = {std::move(request), is_batch, answers};
      if (&coop == &fresh) coops_.emplace(id, std::move(fresh));
    }
    return answers;
  }

  std::vector<Answer> ask_atomic(Coop& coop, const std::vector<Command>& commands) {
    std::vector<engine::EventBody> bodies;
    Book tried = coop.book;
    for (const Command& command : commands) {
      const RecordView view(tried, coop.record.events);
      auto decided =
          engine::decide(view, policy_, {commands[0].key, commands[0].principal, command.body});
      if (!decided) {
        Refusal refusal = decided.refusal();
        const auto free = std::find(refusal.params.begin(), refusal.params.end(), engine::Param{});
        CHECK(free != refusal.params.end());
        *free = {engine::ParamKind::kItem, static_cast<std::int64_t>(bodies.size())};
        return std::vector(commands.size(), refuse(coop, commands[0], refusal));
      }
      Event event = stamped(coop, commands[0], *decided);
      event.no = {tried.last_event().value + 1};
      tried.apply(event);
      bodies.push_back(std::move(*decided));
    }
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      const auto size = i == 0 ? static_cast<std::uint32_t>(bodies.size()) : 0;
      Command command = commands[0];
      if (i > 0) command.key = {};
      answers.push_back(happen(coop, command, std::move(bodies[i]), size));
    }
    return answers;
  }

  Event stamped(const Coop& coop, const Command& command, engine::EventBody body) const {
    Event event;
    event.no = {coop.book.last_event().value + 1};
    const auto* opens = std::get_if<engine::OpenCooperative>(&body);
    event.booking_date = opens != nullptr ? opens->first_day : coop.book.open_day();
    event.at = std::max(now_, coop.book.last_time());
    event.principal = command.principal;
    event.key = command.key;
    event.body = std::move(body);
    return event;
  }

  Answer happen(Coop& coop, const Command& command, engine::EventBody body,
                std::uint32_t batch_size = 0) const {
    Event event = stamped(coop, command, std::move(body));
    event.batch_size = batch_size;
    Answer answer;
    answer.outcome = Answer::Outcome::kDone;
    answer.event = event.no;
    answer.booking_date = event.booking_date;
    answer.at = event.at;
    if (const auto* refused = std::get_if<engine::Refused>(&event.body)) {
      answer.outcome = Answer::Outcome::kRefused;
      answer.refusal = refused->refusal;
    }
    coop.book.apply(event);
    coop.record.add(std::move(event));
    return answer;
  }

  /// A refusal is remembered, except where there is no book or nobody to remember it for.
  Answer refuse(Coop& coop, const Command& command, const Refusal& refusal) const {
    if (!coop.book.opened() || refusal.code == RefusalCode::coop_exists ||
        refusal.code == RefusalCode::principal_unknown) {
      return refused_without_bytes(refusal.code);
    }
    return happen(coop, command, engine::Refused{refusal});
  }

  engine::Policy policy_;
  engine::Timestamp now_;
  std::map<CoopId, Coop> coops_;
};

}  // namespace

std::unique_ptr<World> make_engine_world() {
  return std::make_unique<EngineWorld>();
}

}  // namespace lumbung::tests
