// Every posting there ever was, one row each, and what can be asked of them by adding them up anew.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <optional>
#include <vector>

#include "engine/event.h"
#include "storage/ledger.h"

namespace lumbung::tests {

using boost::multiprecision::cpp_int;

struct Line {
  engine::EventNo event;
  std::uint32_t leg = 0;
  engine::Posting posting;
  engine::Date booking_date;
  engine::Date value_date;
  engine::Timestamp at;
};

struct Sums {
  cpp_int debits = 0;
  cpp_int credits = 0;
  cpp_int balance(engine::Side normal) const {
    return normal == engine::Side::kDebit ? cpp_int(debits - credits) : cpp_int(credits - debits);
  }
};

/// REQUIRES: within 128 bits.
engine::Int128 narrow(const cpp_int& value);
storage::Totals totals_of(const Sums& sums, engine::EventNo as_of);

class Lines {
 public:
  /// The legs of the event, when it moves money.
  void add(const engine::Event& event);

  Sums sums(engine::AccountHandle account, const storage::Moment& moment) const;
  Sums day_sums(engine::AccountHandle account, engine::Date date, storage::Basis basis) const;
  storage::Statement statement(engine::AccountHandle account, engine::Side normal,
                               std::optional<storage::StatementPlace> before,
                               std::size_t limit) const;

 private:
  const std::vector<Line>& of(engine::AccountHandle account) const;

  std::vector<std::vector<Line>> by_account_;  // by handle, in the order of the journal
};

}  // namespace lumbung::tests
