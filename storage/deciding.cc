#include "storage/deciding.h"

#include <algorithm>
#include <iterator>

#include "engine/check.h"
#include "engine/decide.h"
#include "engine/rules.h"
#include "storage/payload.h"

namespace lumbung::storage {
namespace {

using namespace engine;

Answer edge_refusal(RefusalCode code) {
  Answer answer;
  answer.outcome = Answer::Outcome::kRefused;
  answer.refusal = Refusal(code);
  return answer;
}

}  // namespace

Answer answer_of(const Event& event, bool replayed) {
  Answer answer;
  const auto* refused = std::get_if<Refused>(&event.body);
  answer.outcome = refused != nullptr ? Answer::Outcome::kRefused : Answer::Outcome::kDone;
  if (refused != nullptr) answer.refusal = refused->refusal;
  answer.replayed = replayed;
  answer.event = event.no;
  answer.booking_date = event.booking_date;
  answer.at = event.at;
  return answer;
}

/// The rules read the past through the writer, which seals the open block if the event is in it.
class DecidingBook::PastView final : public View {
 public:
  explicit PastView(DecidingBook& writer) : View(writer.book_), writer_(writer) {}
  std::optional<Event> event(EventNo no) const override { return writer_.past_event(no); }

 private:
  DecidingBook& writer_;
};

DecidingBook::DecidingBook(CoopId coop, std::shared_ptr<PublishedBook> published,
                           const Policy& policy, std::uint64_t epoch, BlockBuilder& builder)
    : coop_(coop),
      published_(std::move(published)),
      policy_(policy),
      epoch_(epoch),
      builder_(builder) {}

void DecidingBook::recover(KeyTable keys) {
  published_->with_book([this](const Book& book, const Head& head) {
    book_ = book;
    head_ = head;
    durable_ = head.block_no;
  });
  keys_ = std::move(keys);
}

bool DecidingBook::begin(Timestamp now) {
  const Timestamp last = book_.last_time();
  now_ = std::max(now, last);
  durable_ = published_->durable_block();
  while (!recent_.empty() && recent_.front()->header.block_no <= durable_) recent_.pop_front();
  return now < last;
}

std::optional<Event> DecidingBook::past_event(EventNo no) {
  if (no.value == 0 || no > book_.last_event()) return std::nullopt;
  if (!builder_.empty() && no >= builder_.first_event()) seal();
  for (const auto& block : recent_) {
    if (no < block->header.first_event || no > block->header.last_event()) continue;
    const auto parsed = BlockView::parse(block->bytes, Trust::kBytes);
    return std::get<BlockView>(parsed).event(
        static_cast<std::uint32_t>(no.value - block->header.first_event.value));
  }
  return published_->event(no);
}

std::optional<Event> DecidingBook::find(PrincipalHandle principal, const Key& key,
                                        std::uint64_t print) {
  std::optional<Event> found;
  keys_.find(print, [&](EventNo no) {
    auto event = past_event(no);
    CHECK(event.has_value());
    if (event->principal != principal || !(event->key == key)) return false;
    found = std::move(event);
    return true;
  });
  return found;
}

Event DecidingBook::stamped(const Command& command, EventBody body) const {
  Event event;
  event.no = {book_.last_event().value + 1};
  event.at = now_;
  event.principal = command.principal;
  event.key = command.key;
  event.body = std::move(body);
  const auto* opening = std::get_if<OpenCooperative>(&event.body);
  event.booking_date = opening != nullptr ? opening->first_day : book_.open_day();
  return event;
}

void DecidingBook::append(const Event& event) {
  if (!builder_.fits(event)) seal();
  builder_.append(event);
  // The block's header says which day was open: after a day is closed that is another.
  if (std::holds_alternative<CloseDay>(event.body)) seal();
}

void DecidingBook::seal() {
  if (builder_.empty()) return;
  BlockHeader header;
  header.coop = coop_;
  header.block_no = {head_.block_no.value + 1};
  header.epoch = epoch_;
  header.previous = head_.hash;
  header.durable_block = durable_;
  auto block = std::make_shared<const Block>(builder_.seal(header));
  head_ = {block->header.block_no, block->hash, block->header.last_event()};
  sealed_.push_back(block);
  recent_.push_back(std::move(block));
}

Answer DecidingBook::refuse(const Command& command, const Digest& digest, const Refusal& refusal,
                            std::uint64_t print) {
  Event event = stamped(command, Refused{refusal});
  event.digest = digest;
  book_.apply(event);
  append(event);
  keys_.insert(print, event.no);
  return answer_of(event, /*replayed=*/false);
}

/// Whether the command is the commonest one and no rule speaks against it; all else goes through
/// decide(), which also says why not.
bool DecidingBook::posts_simply(const Command& command, SimpleEntry& entry) const {
  const auto* post = std::get_if<PostEntry>(&command.body);
  if (post == nullptr || (post->booking_date && *post->booking_date != book_.open_day())) {
    return false;
  }
  const auto simple = as_simple(post->entry);
  if (!simple || !book_.opened() || !book_.has_principal(command.principal)) return false;
  entry = *simple;
  return holds(book_, entry);
}

Answer DecidingBook::post(const Command& command, const SimpleEntry& entry) {
  if (!builder_.fits_simple(command.key)) seal();
  Answer answer;
  answer.outcome = Answer::Outcome::kDone;
  answer.event = {book_.last_event().value + 1};
  answer.booking_date = book_.open_day();
  answer.at = now_;
  book_.apply(answer.event, now_, entry);
  builder_.append(BlockBuilder::SimpleRow{answer.event, answer.booking_date, now_,
                                          command.principal, command.key, entry});
  return answer;
}

Answer DecidingBook::ask(const Command& command, std::uint64_t print) {
  if (const auto known = find(command.principal, command.key, print)) {
    return known->batch_size == 0 && same_request(command.body, *known)
               ? answer_of(*known, /*replayed=*/true)
               : edge_refusal(RefusalCode::key_reused);
  }
  SimpleEntry simple;
  if (posts_simply(command, simple)) {
    const Answer answer = post(command, simple);
    keys_.insert(print, answer.event);
    return answer;
  }
  auto decided = decide(PastView(*this), policy_, command);
  if (!decided) {
    // Without a book there is no journal to remember a refusal in, nor without a known principal;
    // and what was to open a book is no request to the one that stands there.
    if (!book_.opened() || !book_.has_principal(command.principal) ||
        std::holds_alternative<OpenCooperative>(command.body)) {
      Answer answer = edge_refusal(decided.refusal().code);
      answer.refusal = decided.refusal();
      return answer;
    }
    return refuse(command, digest_of(command.body), decided.refusal(), print);
  }
  Event event = stamped(command, std::move(*decided));
  if (has_digest(kind_of(event.body))) event.digest = digest_of(command.body);
  book_.apply(event);
  append(event);
  keys_.insert(print, event.no);
  return answer_of(event, /*replayed=*/false);
}

void DecidingBook::prefetch(const Command& command, std::uint64_t print) const {
  keys_.prefetch(print);
  if (const auto* post = std::get_if<PostEntry>(&command.body)) {
    for (const Posting& leg : post->entry.legs) book_.prefetch(leg.account);
  }
}

Answer DecidingBook::ask_atomic(const std::vector<Command>& commands) {
  if (!book_.opened()) return edge_refusal(RefusalCode::coop_unknown);
  if (commands.empty()) return edge_refusal(RefusalCode::batch_empty);
  if (commands.size() > kBlockEventsMax ||
      BlockBuilder::bound_of_batch(commands) > kBlockBytesMax) {
    return edge_refusal(RefusalCode::batch_too_large);
  }
  const Command& first = commands.front();
  if (!book_.has_principal(first.principal)) return edge_refusal(RefusalCode::principal_unknown);
  const std::uint64_t print = fingerprint(first.principal, first.key);
  const Digest digest = digest_of_batch(commands);
  if (const auto known = find(first.principal, first.key, print)) {
    const bool same = known->digest == digest && (known->batch_size == commands.size() ||
                                                  std::holds_alternative<Refused>(known->body));
    return same ? answer_of(*known, /*replayed=*/true) : edge_refusal(RefusalCode::key_reused);
  }
  std::vector<Event> events;
  events.reserve(commands.size());
  const PastView view(*this);
  for (const Command& command : commands) {
    CHECK(std::holds_alternative<PostEntry>(command.body));
    auto decided = decide(view, policy_, command);
    if (!decided) {
      for (auto event = events.rbegin(); event != events.rend(); ++event) book_.take_back(*event);
      Refusal refusal = decided.refusal();
      const auto free = std::ranges::find(refusal.params, ParamKind::kNone, &Param::kind);
      CHECK(free != refusal.params.end());
      *free = Param{ParamKind::kItem, static_cast<std::int64_t>(events.size())};
      return refuse(first, digest, refusal, print);
    }
    Event event = stamped(command, std::move(*decided));
    event.principal = first.principal;
    event.key = Key();
    if (events.empty()) {
      event.key = first.key;
      event.batch_size = static_cast<std::uint32_t>(commands.size());
      event.digest = digest;
    }
    book_.apply(event);
    events.push_back(std::move(event));
  }
  // One batch stands in one block: an open block that has no room for all of it is sealed before.
  if (!builder_.fits_batch(commands)) seal();
  for (const Event& event : events) builder_.append(event);
  keys_.insert(print, events.front().no);
  return answer_of(events.front(), /*replayed=*/false);
}

void DecidingBook::take_blocks(Blocks& blocks) {
  seal();
  std::ranges::move(sealed_, std::back_inserter(blocks));
  sealed_.clear();
}

}  // namespace lumbung::storage
