// Refusals: what a request is told when it is turned away, and Result<T>, which carries one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/check.h"

namespace lumbung::engine {

/// The enumerators stand in order of precedence; their values are the journal's frozen numbers.
enum class RefusalCode : std::uint8_t {
#define REFUSAL(number, code, sentence) code = number,
#include "engine/refusal.def"
#undef REFUSAL
};

/// What a refusal can be about. Frozen numbers: they stand in the journal.
enum class ParamKind : std::uint8_t {
  kNone = 0,
  kAccount = 1,    // handle
  kLeg = 2,        // index from 0
  kAmount = 3,     // minor units asked for
  kAvailable = 4,  // minor units there were
  kDate = 5,       // days since 1970-01-01
  kEvent = 6,      // event number
  kItem = 7,       // index from 0 in an atomic batch
  kLimit = 8,      // the bound that was passed
};

struct Param {
  ParamKind kind = ParamKind::kNone;
  std::int64_t value = 0;
  friend bool operator==(const Param&, const Param&) = default;
};

/// Immutable value: a code and at most four parameters, remembered in the journal as Refused.
struct Refusal {
  RefusalCode code{};
  std::array<Param, 4> params{};

  Refusal() = default;
  template <class... P>
  explicit Refusal(RefusalCode c, P... p) : code(c), params{p...} {
    static_assert(sizeof...(P) <= 4);
  }
  std::optional<std::int64_t> param(ParamKind kind) const;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// "insufficient_funds": stable, the name on the wire.
std::string_view name_of(RefusalCode code);
/// One English sentence for people; the client has its own words by code.
std::string_view sentence_of(RefusalCode code);
/// Whether a request that both apply to is told `a`: its row stands before that of `b`.
bool precedes(RefusalCode a, RefusalCode b);
/// nullopt for a number that no row has.
std::optional<RefusalCode> refusal_of_number(std::uint8_t number);

/// A value or the refusal that stands in its place.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Refusal refusal) : state_(std::in_place_index<1>, refusal) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() {
    CHECK(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  const T& operator*() const {
    CHECK(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  const Refusal& refusal() const {
    CHECK(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Refusal> state_;
};

}  // namespace lumbung::engine
