// The fields that several bodies share, for wire_in.cc alone: dates, sides, keys, metadata, and the
// entry. What a field means beyond its own text (an account, an amount in its currency) is found
// out once all parts are there, so that the order of fields does not matter; what is then wrong is
// named by a pointer made here.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/directory.h"
#include "api/json.h"
#include "api/wire.h"
#include "engine/command.h"

namespace lumbung::api::wire {

/// Legs, items and amounts are as many as the body's limit lets in: how many an entry or a batch
/// may have is the core's to say.
inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

bool read_text(json::Value& value, std::string& out);
bool read_date(json::Value& value, engine::Date& out);
bool read_date(json::Value& value, std::optional<engine::Date>& out);
bool read_side(json::Value& value, engine::Side& out);
bool read_key(json::Value& value, engine::Key& out);
/// A text that is a date is a date; any other is a reference, which the core looks at.
bool read_metadata(json::Value& value, engine::Metadata& out);

/// What is said of an amount that cannot be read.
std::string amount_form(int exponent);

/// What was found wrong after the value that it is about had been read.
class Faults {
 public:
  Faults(std::vector<json::Error>& errors, std::vector<UnknownAccount>& unknown)
      : errors_(errors), unknown_(unknown) {}

  void bad(std::string pointer, std::string detail, json::Code code = json::Code::kBadValue) {
    if (errors_.size() == json::kErrorsMax) return;
    errors_.push_back({code, std::move(pointer), std::move(detail)});
  }
  /// The first one of an item is enough.
  void unknown(std::size_t item, std::string pointer, std::optional<std::size_t> leg = {}) {
    if (!unknown_.empty() && unknown_.back().item == item) return;
    unknown_.push_back({item, std::move(pointer), leg});
  }

 private:
  std::vector<json::Error>& errors_;
  std::vector<UnknownAccount>& unknown_;
};

/// The parser's own errors come first; all together are no more than one document may report.
template <class T>
void finish(Decoded<T>& decoded, std::vector<json::Error> walked) {
  std::move(decoded.errors.begin(), decoded.errors.end(), std::back_inserter(walked));
  if (walked.size() > json::kErrorsMax)
    walked.erase(walked.begin() + json::kErrorsMax, walked.end());
  decoded.errors = std::move(walked);
}

/// The fields of an entry; each table of a body that is one starts with them.
enum EntryField : std::size_t { kLegs, kBookingDate, kValueDate, kMetadata, kFirstOther };

/// Reads entries, in two steps: the walk collects legs as they stand, and settle() finds out what
/// they mean, many at a time, since each account may be a miss of the processor's cache.
class EntryReader {
 public:
  EntryReader(Directory& directory, Faults faults) : directory_(directory), faults_(faults) {}

  /// The entry read next is this item of a batch.
  void start_item(std::size_t item) {
    item_ = item;
    in_batch_ = true;
  }

  /// One of the fields before kFirstOther.
  bool field(std::size_t which, json::Value& value, engine::Entry& entry,
             std::optional<engine::Date>& booking_date);

  /// Whether so many legs wait that more would gain nothing.
  bool is_full() const { return waiting_.size() >= kTogether; }
  /// Gives each leg that waits to its entry. `legs_of(item)`: the legs of that entry; 0 outside of
  /// a batch. REQUIRES: the parser has not begun another document.
  template <class LegsOf>
  void settle(const LegsOf& legs_of) {
    look_up();
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (const auto leg = posting_of(waiting_[i], refs_[i])) {
        legs_of(waiting_[i].item).push_back(*leg);
      }
    }
    waiting_.clear();
  }

 private:
  static constexpr std::size_t kTogether = 64;

  struct Leg {
    std::size_t item = 0;
    std::size_t index = 0;
    std::string_view account = {};
    engine::Side side = {};
    std::string_view amount = {};
  };

  bool read_leg(std::size_t index, json::Value& value);
  void look_up();
  std::optional<engine::Posting> posting_of(const Leg& leg, const std::optional<AccountRef>& ref);
  std::string pointer(const Leg& leg, std::string_view name) const;

  Directory& directory_;
  Faults faults_;
  std::size_t item_ = 0;
  bool in_batch_ = false;
  std::vector<Leg> waiting_;
  std::vector<std::string_view> codes_;          // of waiting_
  std::vector<std::optional<AccountRef>> refs_;  // of waiting_
};

}  // namespace lumbung::api::wire
