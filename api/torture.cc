#include "api/torture.h"

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/cli/cli.h"
#include "api/random.h"
#include "api/torture_commands.h"
#include "api/torture_journal.h"
#include "api/torture_reader.h"
#include "storage/audit.h"
#include "storage/digest.h"
#include "storage/ledger.h"

namespace lumbung::api {
namespace {

using storage::Answer;
using Outcome = storage::Answer::Outcome;

constexpr std::size_t kInFlight = 64;        // requests
constexpr std::size_t kBatchesInFlight = 6;  // more than the pipeline takes at a time
constexpr std::size_t kItemsABatch = 512;    // each is a line of its own
constexpr std::size_t kRemembered = 512;     // events to aim reversals and settlements at
// Short, so that the disk also fails while an index is written; saturated, every block is a run.
constexpr std::uint64_t kRunEvents = 4096;
constexpr std::uint64_t kSaturatedRunEvents = 256;

std::unique_ptr<storage::Ledger> open_ledger(const TortureOptions& options, bool trust_snapshots) {
  storage::Ledger::Options ledger;
  ledger.directory = options.data;
  ledger.create = true;
  ledger.trust_snapshots = trust_snapshots;
  ledger.run_events = options.saturate ? kSaturatedRunEvents : kRunEvents;
  if (std::getenv("LUMBUNG_TORTURE_NO_SYNC") != nullptr)
    ledger.wrap_journal = make_unsynced_journal;
  return storage::Ledger::open(std::move(ledger));
}

/// What a line says behind the key: "17", or "refused insufficient_funds 18".
std::string text_of(const Answer& answer) {
  const std::string event = std::to_string(answer.event.value);
  if (answer.outcome == Outcome::kDone) return event;
  return "refused " + std::string(name_of(answer.refusal.code)) + " " + event;
}

/// Whether the answer is one to be remembered for ever. Those of the edge leave no bytes.
bool is_remembered(const Answer& answer) {
  return answer.outcome != Outcome::kUnknown && answer.event.value != 0;
}

/// The last so many of something.
class Recent {
 public:
  void add(engine::EventNo event) {
    events_.push_back(event.value);
    if (events_.size() > kRemembered) events_.pop_front();
  }
  /// One of them, most often not to be picked again; 0 when there is none.
  std::uint64_t pick(Random& random) {
    if (events_.empty()) return 0;
    const auto at = events_.begin() + static_cast<std::ptrdiff_t>(random.below(events_.size()));
    const std::uint64_t event = *at;
    if (random.percent(80)) events_.erase(at);
    return event;
  }

 private:
  std::deque<std::uint64_t> events_;
};

/// What an answer may be aimed at by later commands.
enum class Target : std::uint8_t { kNone, kEntry, kHold };

Target target_of(const engine::CommandBody& body) {
  if (std::holds_alternative<engine::PostEntry>(body)) return Target::kEntry;
  if (std::holds_alternative<engine::PlaceHold>(body)) return Target::kHold;
  return Target::kNone;
}

class Writer {
 public:
  Writer(const TortureOptions& options, std::ostream& out)
      : options_(options),
        out_(out),
        ledger_(open_ledger(options, /*trust_snapshots=*/true)),
        aim_(options.seed ^ 0x1234) {}

  int run() {
    for (const std::string& key : setup_keys()) post(key);
    wait_for(1);
    if (options_.saturate) {
      const TortureReader reader(*ledger_, options_.seed);
      post_batches(reader);
      wait_for(1);
      if (const std::string wrong = reader.complaint(); !wrong.empty()) {
        out_ << "read wrong: " << wrong << std::endl;
        return cli::kFailed;
      }
    } else {
      post_singly();
    }
    return stopped_ ? read_after_failure() : cli::kOk;
  }

 private:
  /// One answer that is waited for.
  struct Asked {
    std::string key;
    Target target;
  };
  struct Answered {
    Asked asked;
    Answer answer;
  };

  bool goes_on(std::uint64_t number) const {
    return !stopped_ && (options_.count == 0 || number <= options_.count);
  }

  void post_singly() {
    for (std::uint64_t n = 1; goes_on(n); ++n) {
      const std::string key = key_of(n);
      post(key);
      if (aim_.percent(2)) post(key);  // the same again while it is in flight
      if (aim_.percent(1)) wait_for(1);
    }
    wait_for(1);
  }

  /// Never fewer than some batches in flight: atomic ones of up to what a block takes, and commands
  /// of every kind, each for itself.
  void post_batches(const TortureReader& reader) {
    for (std::uint64_t n = 1; goes_on(n) && reader.complaint().empty(); ++n) {
      wait_for(kBatchesInFlight);
      if (aim_.percent(70)) {
        const std::string key = torture_batch_key(options_.seed, n);
        send(*torture_request(key), {{key, Target::kEntry}});
        if (aim_.percent(5)) send(*torture_request(key), {{key, Target::kEntry}});
      } else {
        n = post_items(n);
      }
    }
  }

  /// The commands from that number on as one batch, each for itself. Returns the last number.
  std::uint64_t post_items(std::uint64_t number) {
    TortureRequest batch;
    std::vector<Asked> asked;
    const auto size = static_cast<std::size_t>(aim_.between(1, kItemsABatch));
    for (;; ++number) {
      const std::string key = key_of(number);
      auto request = *torture_request(key);
      if (!request.atomic) {
        asked.push_back({key, target_of(request.commands.front().body)});
        batch.commands.push_back(std::move(request.commands.front()));
      }
      if (batch.commands.size() >= size || !goes_on(number + 1)) break;
    }
    if (!batch.commands.empty()) send(std::move(batch), std::move(asked));
    return number;
  }

  std::string key_of(std::uint64_t number) {
    return torture_key(options_.seed, number, argument_of(wants_of(options_.seed, number)));
  }

  std::uint64_t argument_of(Wants wants) {
    switch (wants) {
      case Wants::kNothing:
        return 0;
      case Wants::kEntry:
        return entries_.pick(aim_);
      case Wants::kHold:
        return holds_.pick(aim_);
      case Wants::kDay:
        return static_cast<std::uint64_t>(ledger_->coop(torture_coop())->open_day.days);
      case Wants::kMonth:
        break;
    }
    return static_cast<std::uint64_t>(ledger_->coop(torture_coop())->open_month.index);
  }

  void post(const std::string& key) {
    if (stopped_) return;
    wait_for(kInFlight);
    auto request = *torture_request(key);
    const Target target = target_of(request.commands.front().body);
    send(std::move(request), {{key, target}});
  }

  /// An atomic batch has one answer, that of its first entry.
  void send(TortureRequest request, std::vector<Asked> asked) {
    {
      const std::lock_guard lock(mutex_);
      ++in_flight_;
    }
    if (!request.atomic && request.commands.size() == 1) {
      ledger_->submit(
          torture_coop(), std::move(request.commands.front()),
          [this, asked = std::move(asked)](const Answer& answer) { arrived(asked, {answer}); });
      return;
    }
    const auto mode = request.atomic ? storage::BatchMode::kAtomic : storage::BatchMode::kPerItem;
    ledger_->submit_batch(torture_coop(), std::move(request.commands), mode,
                          [this, asked = std::move(asked)](const std::vector<Answer>& answers) {
                            arrived(asked, answers);
                          });
  }

  /// On the publishing thread.
  void arrived(const std::vector<Asked>& asked, const std::vector<Answer>& answers) {
    const std::lock_guard lock(mutex_);
    --in_flight_;
    for (std::size_t i = 0; i < asked.size(); ++i) answers_.push_back({asked[i], answers[i]});
    changed_.notify_one();
  }

  /// Waits until fewer than so many are in flight, and tells what has arrived.
  void wait_for(std::size_t fewer_than) {
    std::unique_lock lock(mutex_);
    while (in_flight_ >= fewer_than || !answers_.empty()) {
      changed_.wait(lock, [&] { return !answers_.empty(); });
      std::deque<Answered> arrived;
      arrived.swap(answers_);
      lock.unlock();
      for (const Answered& answered : arrived) tell(answered);
      out_ << std::flush;
      lock.lock();
    }
  }

  void tell(const Answered& answered) {
    const Answer& answer = answered.answer;
    if (answer.outcome == Outcome::kUnknown ||
        answer.refusal.code == engine::RefusalCode::writer_stopped) {
      if (!stopped_) out_ << "writer stopped\n";
      stopped_ = true;
    }
    if (!is_remembered(answer)) return;
    out_ << "ack " << answered.asked.key << ' ' << text_of(answer) << '\n';
    last_ = answer.event;
    if (answer.outcome != Outcome::kDone) return;
    if (answered.asked.target == Target::kEntry) entries_.add(answer.event);
    if (answered.asked.target == Target::kHold) holds_.add(answer.event);
  }

  /// What was answered can still be read when nothing can be written any more.
  int read_after_failure() {
    bool well = true;
    if (last_.value != 0) {
      const auto balance = ledger_->trial_balance(torture_coop(), storage::Moment::now()).value();
      engine::Int128 sum = 0;
      for (const auto& row : balance.rows) {
        if (!row.is_control) sum += row.totals.balance(engine::Side::kDebit);
      }
      well =
          sum == 0 && balance.as_of >= last_ && ledger_->event(torture_coop(), last_).has_value();
    }
    out_ << (well ? "reads ok after failure" : "reads fail after failure") << std::endl;
    return cli::kIoError;
  }

  const TortureOptions options_;
  std::ostream& out_;
  const std::unique_ptr<storage::Ledger> ledger_;
  Random aim_;
  Recent entries_;
  Recent holds_;
  engine::EventNo last_{};
  bool stopped_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t in_flight_ = 0;     // under mutex_
  std::deque<Answered> answers_;  // under mutex_; arrived, not told yet
};

// --- the check ---

struct Ack {
  std::string key;
  std::string told;
};

std::vector<Ack> read_acks(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw cli::Failure(cli::kIoError, path.string() + ": cannot be read");
  std::vector<Ack> acks;
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view kAck = "ack ";
    const std::size_t blank = line.find(' ', kAck.size());
    if (!line.starts_with(kAck) || blank == std::string::npos) {
      throw cli::Failure(cli::kBadData, "'" + line + "' is no answer");
    }
    acks.push_back({line.substr(kAck.size(), blank - kAck.size()), line.substr(blank + 1)});
  }
  return acks;
}

/// Asks the same again. True when the same answer comes from the journal.
bool holds_true(storage::Ledger& ledger, const Ack& ack, std::ostream& out) {
  auto request = torture_request(ack.key);
  if (!request) throw cli::Failure(cli::kBadData, "'" + ack.key + "' is no key of torture");
  const Answer answer =
      request->atomic
          ? ledger.ask_batch(torture_coop(), request->commands, storage::BatchMode::kAtomic).front()
          : ledger.ask(torture_coop(), request->commands.front());
  if (!is_remembered(answer) || !answer.replayed) {
    out << "lost " << ack.key << ' ' << ack.told << '\n';
    return false;
  }
  if (text_of(answer) != ack.told) {
    out << "differs " << ack.key << ' ' << ack.told << ' ' << text_of(answer) << '\n';
    return false;
  }
  return true;
}

/// Adds every entry up anew: each balances, and the sums are the balances of the book.
bool adds_up(const storage::Ledger& ledger, std::ostream& out) {
  std::map<engine::AccountHandle, engine::Int128> net;  // debits minus credits
  bool well = true;
  ledger.events(torture_coop(), {1}, [&](const engine::Event& event) {
    engine::Int128 sum = 0;
    if (const engine::Entry* entry = engine::entry_of(event.body)) {
      for (const engine::Posting& leg : entry->legs) {
        const engine::Int128 signed_amount =
            leg.side == engine::Side::kDebit ? leg.amount.minor : -leg.amount.minor;
        sum += signed_amount;
        net[leg.account] += signed_amount;
      }
    }
    if (sum != 0) out << "unbalanced " << event.no.value << '\n';
    well = well && sum == 0;
    return true;
  });
  const auto balance = ledger.trial_balance(torture_coop(), storage::Moment::now());
  if (!balance) return well;
  for (const auto& row : balance->rows) {
    if (row.is_control || row.totals.balance(engine::Side::kDebit) == net[row.handle]) continue;
    out << "wrong balance of " << row.code << '\n';
    well = false;
  }
  return well;
}

bool audits_well(const TortureOptions& options, std::ostream& out) {
  const auto report = storage::audit_directory(options.data, {});
  for (const auto& finding : report.findings) out << "finding: " << finding.what << '\n';
  return report.sound();
}

}  // namespace

int torture(const TortureOptions& options, std::ostream& out) {
  return Writer(options, out).run();
}

int check_torture(const TortureOptions& options, const std::filesystem::path& acks,
                  std::ostream& out) {
  const auto answers = read_acks(acks);
  if (answers.empty() && !std::filesystem::exists(options.data)) return cli::kOk;
  bool well = true;
  {
    // A saturated book is opened by its snapshot and index, as they were left; the others by their
    // journal alone.
    const auto ledger = open_ledger(options, /*trust_snapshots=*/options.saturate);
    well = adds_up(*ledger, out);
    for (const Ack& ack : answers) well = holds_true(*ledger, ack, out) && well;
  }
  well = audits_well(options, out) && well;
  return well ? cli::kOk : cli::kFailed;
}

}  // namespace lumbung::api
