// The wire form of commands and answers: JSON bodies in, through the strict walk of json.h, and
// JSON out, with amounts as decimal strings of their currency's exponent. The one place that knows
// field names; the routes, the command line and the exports share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/directory.h"
#include "api/json.h"
#include "engine/command.h"
#include "engine/event.h"
#include "storage/ledger.h"

namespace lumbung::api {

// --- in: a body is read whole, and everything that is wrong with it is said at once ---

/// An account code that the cooperative does not have. The request leaves no bytes: it is answered
/// account_unknown (422) with the pointer.
struct UnknownAccount {
  std::size_t item = 0;            // index in a batch; 0 otherwise
  std::string pointer;             // RFC 6901, in the body
  std::optional<std::size_t> leg;  // of an entry
};
/// What the request, or the item of a batch, is told.
engine::Refusal refusal_of(const UnknownAccount& unknown);

/// A body's meaning, or why it has none. The value counts only when ok().
template <class T>
struct Decoded {
  T value{};
  std::vector<json::Error> errors;      // malformed: 400
  std::vector<UnknownAccount> unknown;  // well-formed, but about accounts that are not there
  bool ok() const { return errors.empty() && unknown.empty(); }
};

/// Most entries a batch may have: what one block can hold.
inline constexpr std::size_t kBatchEntriesMax = storage::kBlockEventsMax;

struct Batch {
  storage::BatchMode mode = storage::BatchMode::kPerItem;
  bool too_large = false;  // more than kBatchEntriesMax: only the first of them were kept
  /// PostEntry each. kPerItem: with its own key; of an item in Decoded::unknown the command is not
  /// to be submitted. kAtomic: without keys.
  std::vector<engine::Command> commands;
};

/// {"legs":[{"account","side","amount"}…],"booking_date"?,"value_date"?,"metadata"?}
Decoded<engine::PostEntry> decode_entry(json::Parser& parser, std::string_view body,
                                        Directory& directory);
/// The same with its own "key": an item of a per-item batch, a line of `lumbung post`.
Decoded<engine::Command> decode_item(json::Parser& parser, std::string_view body,
                                     Directory& directory, engine::PrincipalHandle principal);
/// {"mode":"per_item"|"atomic","entries":[…]}. Per item each entry has its "key", atomic none.
Decoded<Batch> decode_batch(json::Parser& parser, std::string_view body, Directory& directory,
                            engine::PrincipalHandle principal);
/// {"code","type","normal"?,"currency"?,"control"?,"is_control"?,"floor"?,"ceiling"?}. Left out:
/// the type's usual side, the book's currency, no control account, a plain account, no bounds.
Decoded<engine::OpenAccount> decode_account(json::Parser& parser, std::string_view body,
                                            Directory& directory);
/// {"floor","ceiling"}: both asked for, null for none.
Decoded<engine::SetLimits> decode_limits(json::Parser& parser, std::string_view body,
                                         const AccountRef& account);
/// {"amounts"?,"booking_date"?,"value_date"?,"metadata"?}; `target`: the legs to be reversed.
Decoded<engine::ReverseEntry> decode_reversal(json::Parser& parser, std::string_view body,
                                              Directory& directory, engine::EventNo number,
                                              const engine::Entry& target);
/// {"account","amount","last_day"?}
Decoded<engine::PlaceHold> decode_hold(json::Parser& parser, std::string_view body,
                                       Directory& directory);
/// An entry and "release_rest"?.
Decoded<engine::SettleHold> decode_settlement(json::Parser& parser, std::string_view body,
                                              Directory& directory, engine::EventNo hold);
/// {"date","next"?}; next left out: the day after.
Decoded<engine::CloseDay> decode_day(json::Parser& parser, std::string_view body);
/// {"month":"YYYY-MM"}
Decoded<engine::CloseMonth> decode_month(json::Parser& parser, std::string_view body);
/// {"principal","role"}, for GrantRole and RevokeRole.
Decoded<engine::GrantRole> decode_role(json::Parser& parser, std::string_view body);
/// Nothing, or {}.
Decoded<std::monostate> decode_nothing(json::Parser& parser, std::string_view body);

// --- out: each appends one JSON value; equal facts give equal bytes ---

/// "entry", "reversal", "account_opened": the word for what happens, in receipts and in the journal
/// as JSON.
std::string_view kind_of(const engine::CommandBody& command);
std::string_view kind_of(const engine::EventBody& event);

/// An event as JSON: the only form it has, in `GET entries/{no}`, the journal and `export --format
/// jsonl`. `reversed_by`: which entries reverse it, appended when given.
void render_event_json(json::Writer& out, const engine::Event& event, Directory& directory,
                       const std::vector<engine::EventNo>* reversed_by = nullptr);

/// {"event","kind","booking_date","recorded_at"}: from the event's own facts alone, so that a
/// replay is byte-equal. REQUIRES: answer.outcome is kDone.
void render_receipt(json::Writer& out, const storage::Answer& answer, std::string_view kind);

/// {"code","detail","params"?} of a refusal, parameters by their names.
/// `directory`: nullptr where no account can be meant.
void render_refusal(json::Writer& out, const engine::Refusal& refusal, Directory* directory);

/// {"items":[…]}, an answer each: a receipt with "outcome":"done"; {"outcome":"refused","code",…};
/// {"outcome":"unknown"}.
void render_batch(json::Writer& out, const std::vector<storage::Answer>& answers,
                  Directory& directory);

void render_account(json::Writer& out, const storage::AccountView& account);
/// The balance at a moment; now: with what is held and available, from `view`.
void render_balance(json::Writer& out, const storage::AccountView& view,
                    const storage::Totals& totals, const storage::Moment& moment);
/// `next_cursor`: empty when there are no older lines.
void render_statement(json::Writer& out, const storage::AccountView& account,
                      const storage::Statement& statement, std::string_view next_cursor);
void render_trial_balance(json::Writer& out, const storage::TrialBalance& balance,
                          const storage::Moment& moment);
/// `open`: nullptr when it was settled, released or expired.
void render_hold(json::Writer& out, const engine::Event& placed, const engine::Hold* open,
                 Directory& directory);
void render_status(json::Writer& out, const storage::CoopStatus& status);

/// The moment that "at", "date" and "basis" name; nullopt when they contradict each other or cannot
/// be read. All absent: now.
std::optional<storage::Moment> parse_moment(std::optional<std::string_view> at,
                                            std::optional<std::string_view> date,
                                            std::optional<std::string_view> basis);

}  // namespace lumbung::api
