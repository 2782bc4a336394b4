// Policy: today's limits. decide() asks it and nobody else does, so a change here never makes an old
// event wrong (rules.h holds what is true of every event ever).
#pragma once

namespace lumbung::engine {

struct Policy {
  int value_date_back_days = 366;   // a late item may reach back a book year
  int value_date_ahead_days = 31;   // and a standing order ahead by a month
  int next_day_gap_days = 31;       // the longest run of days without a meeting
};

}  // namespace lumbung::engine
