#include "api/wire_members.h"

namespace lumbung::api::wire {

using engine::Int128;
using json::Writer;

/// Writes an amount without a string of its own: an answer to a batch has thousands.
void amount(Writer& out, std::string_view name, Int128 minor, int exponent) {
  std::string text;  // 39 digits at most, most of them in place
  engine::append_amount(text, minor, exponent);
  out.member(name, std::string_view(text));
}

void optional_amount(Writer& out, std::string_view name, const std::optional<Int128>& minor,
                     int exponent) {
  if (minor) {
    amount(out, name, *minor, exponent);
  } else {
    out.key(name).null();
  }
}

void date(Writer& out, std::string_view name, engine::Date value) {
  out.member(name, std::string_view(engine::format_date(value)));
}

void time(Writer& out, std::string_view name, engine::Timestamp value) {
  out.member(name, std::string_view(engine::format_timestamp(value)));
}

void number(Writer& out, std::string_view name, engine::EventNo value) {
  out.member(name, value.value);
}

void refusal(Writer& out, const engine::Refusal& value, Directory* directory) {
  out.member("code", engine::name_of(value.code));
  out.member("detail", engine::sentence_of(value.code));
  refusal_params(out, value, directory);
}

void refusal_params(Writer& out, const engine::Refusal& value, Directory* directory) {
  // A money parameter is shown only beside the account whose currency it is in.
  const auto handle = value.param(engine::ParamKind::kAccount);
  const AccountName* named = nullptr;
  if (handle && directory != nullptr) {
    named = directory->find(engine::AccountHandle{static_cast<std::uint32_t>(*handle)});
  }
  out.key("params").begin_object();
  for (const engine::Param& param : value.params) {
    const auto money = [&](std::string_view name) {
      if (named != nullptr) amount(out, name, param.value, named->exponent);
    };
    switch (param.kind) {
      case engine::ParamKind::kNone:
        break;
      case engine::ParamKind::kAccount:
        if (named != nullptr) out.member("account", std::string_view(named->code));
        break;
      case engine::ParamKind::kLeg:
        out.member("leg", param.value);
        break;
      case engine::ParamKind::kAmount:
        money("amount");
        break;
      case engine::ParamKind::kAvailable:
        money("available");
        break;
      case engine::ParamKind::kDate:
        date(out, "date", engine::Date{static_cast<std::int32_t>(param.value)});
        break;
      case engine::ParamKind::kEvent:
        out.member("event", param.value);
        break;
      case engine::ParamKind::kItem:
        out.member("item", param.value);
        break;
      case engine::ParamKind::kLimit:
        money("limit");
        break;
    }
  }
  out.end_object();
}

}  // namespace lumbung::api::wire
