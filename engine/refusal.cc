#include "engine/refusal.h"

namespace lumbung::engine {
namespace {

struct Row {
  RefusalCode code;
  std::string_view name;
  std::string_view sentence;
};

constexpr Row kRows[] = {
#define REFUSAL(number, code, sentence) {RefusalCode::code, #code, sentence},
#include "engine/refusal.def"
#undef REFUSAL
};

const Row* find_row(std::uint8_t number) {
  for (const Row& row : kRows) {
    if (static_cast<std::uint8_t>(row.code) == number) return &row;
  }
  return nullptr;
}

const Row& row_of(RefusalCode code) {
  const Row* row = find_row(static_cast<std::uint8_t>(code));
  CHECK(row != nullptr);
  return *row;
}

}  // namespace

std::optional<std::int64_t> Refusal::param(ParamKind kind) const {
  for (const Param& p : params) {
    if (p.kind == kind) return p.value;
  }
  return std::nullopt;
}

std::string_view name_of(RefusalCode code) {
  return row_of(code).name;
}

std::string_view sentence_of(RefusalCode code) {
  return row_of(code).sentence;
}

bool precedes(RefusalCode a, RefusalCode b) {
  return &row_of(a) < &row_of(b);
}

std::optional<RefusalCode> refusal_of_number(std::uint8_t number) {
  const Row* row = find_row(number);
  if (row == nullptr) return std::nullopt;
  return row->code;
}

}  // namespace lumbung::engine
