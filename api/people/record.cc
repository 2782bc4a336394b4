#include "api/people/record.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/people/name.h"
#include "api/people/phone.h"

namespace lumbung::api::people {
namespace {

enum Field : std::size_t {
  kName,
  kOtherNames,
  kNik,
  kBorn,
  kSex,
  kPhones,
  kAddress,
  kJob,
  kNote,
};

constexpr std::array kFields{
    json::FieldSpec{"name", json::kRequired},
    json::FieldSpec{"other_names"},
    json::FieldSpec{"nik"},
    json::FieldSpec{"born"},
    json::FieldSpec{"sex"},
    json::FieldSpec{"phones"},
    json::FieldSpec{"address"},
    json::FieldSpec{"job"},
    json::FieldSpec{"note"},
};

constexpr Wording kNameMissing{"name_missing", "a name needs a letter"};
constexpr Wording kBornInFuture{"born_in_future", "the date of birth is still to come"};
constexpr Wording kSexDiffers{"sex_differs", "the sex is not the one that the NIK says"};
constexpr Wording kNikTaken{"nik_taken", "another person has this NIK already"};

bool read_text(json::Value& value, std::string& out, std::size_t max_bytes) {
  std::string_view text;
  return value.text(text, {.max_bytes = max_bytes}) && (out = text, true);
}

bool read_texts(json::Value& value, std::vector<std::string>& out, std::size_t max_count,
                std::size_t max_bytes) {
  return value.array(1, max_count, [&](std::size_t, json::Value& element) {
    return read_text(element, out.emplace_back(), max_bytes);
  });
}

bool read_born(json::Value& value, std::optional<engine::Date>& out) {
  std::string_view text;
  if (!value.string(text)) return false;
  out = engine::parse_date(text);
  return out || value.fail("a date YYYY-MM-DD is wanted");
}

bool read_sex(json::Value& value, std::optional<Sex>& out) {
  std::string_view text;
  if (!value.string(text)) return false;
  for (const Sex sex : {Sex::kMale, Sex::kFemale}) {
    if (text == name_of(sex)) out = sex;
  }
  return out || value.fail("male or female is wanted");
}

bool read_field(std::size_t field, json::Value& value, PersonRecord& record) {
  switch (field) {
    case kName:
      return read_text(value, record.name, kNameMax);
    case kOtherNames:
      return read_texts(value, record.other_names, kOtherNamesMax, kNameMax);
    case kNik:
      return read_text(value, record.nik, kNumberMax);
    case kBorn:
      return read_born(value, record.born);
    case kSex:
      return read_sex(value, record.sex);
    case kPhones:
      return read_texts(value, record.phones, kPhonesMax, kNumberMax);
    case kAddress:
      return read_text(value, record.address, kAddressMax);
    case kJob:
      return read_text(value, record.job, kJobMax);
    default:
      return read_text(value, record.note, kNoteMax);
  }
}

void render_text(json::Writer& out, std::string_view name, const std::string& text) {
  if (!text.empty()) out.member(name, text);
}

void render_texts(json::Writer& out, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.key(name).begin_array();
  for (const std::string& text : texts) out.value(text);
  out.end_array();
}

bool is_nameless(const std::string& name) {
  return folded(name).empty();
}

void judge_names(const PersonRecord& record, Judgement& judgement) {
  if (is_nameless(record.name)) judgement.refusals.push_back({"/name", &kNameMissing});
  for (std::size_t i = 0; i < record.other_names.size(); ++i) {
    if (!is_nameless(record.other_names[i])) continue;
    judgement.refusals.push_back({"/other_names/" + std::to_string(i), &kNameMissing});
  }
}

void judge_nik(PersonRecord& record, engine::Date today, Judgement& judgement) {
  if (record.nik.empty()) return;
  auto reading = read_nik(record.nik, today, record.born);
  if (const auto* refusal = std::get_if<NikRefusal>(&reading)) {
    judgement.refusals.push_back({"/nik", &wording_of(*refusal)});
    return;
  }
  Nik& nik = std::get<Nik>(reading);
  for (const NikWarning warning : nik.warnings) {
    judgement.warnings.push_back({"/nik", &wording_of(warning)});
  }
  if (record.sex && *record.sex != nik.sex) judgement.warnings.push_back({"/sex", &kSexDiffers});
  record.nik = std::move(nik.digits);
}

void judge_phones(PersonRecord& record, Judgement& judgement) {
  std::vector<std::string> kept;
  bool is_good = true;
  for (std::size_t i = 0; i < record.phones.size(); ++i) {
    const std::string pointer = "/phones/" + std::to_string(i);
    auto reading = read_phone(record.phones[i]);
    if (const auto* refusal = std::get_if<PhoneRefusal>(&reading)) {
      judgement.refusals.push_back({pointer, &wording_of(*refusal)});
      is_good = false;
      continue;
    }
    Phone& phone = std::get<Phone>(reading);
    for (const PhoneWarning warning : phone.warnings) {
      judgement.warnings.push_back({pointer, &wording_of(warning)});
    }
    if (std::ranges::find(kept, phone.e164) == kept.end()) kept.push_back(std::move(phone.e164));
  }
  if (is_good) record.phones = std::move(kept);
}

}  // namespace

std::string_view name_of(Sex sex) {
  return sex == Sex::kMale ? "male" : "female";
}

const Wording& nik_taken() {
  return kNikTaken;
}

DecodedRecord decode_record(std::string_view json) {
  DecodedRecord decoded;
  json::Parser parser;
  decoded.errors = parser.object(json, kFields, [&](std::size_t field, json::Value& value) {
    return read_field(field, value, decoded.record);
  });
  return decoded;
}

void render_record(json::Writer& out, const PersonRecord& record) {
  out.member("name", record.name);
  render_texts(out, "other_names", record.other_names);
  render_text(out, "nik", record.nik);
  if (record.born) out.member("born", engine::format_date(*record.born));
  if (record.sex) out.member("sex", name_of(*record.sex));
  render_texts(out, "phones", record.phones);
  render_text(out, "address", record.address);
  render_text(out, "job", record.job);
  render_text(out, "note", record.note);
}

std::string encode_record(const PersonRecord& record) {
  std::string json;
  json::Writer out(json);
  out.begin_object();
  render_record(out, record);
  out.end_object();
  return json;
}

Judgement judge(PersonRecord& record, engine::Date today) {
  Judgement judgement;
  judge_names(record, judgement);
  if (record.born && *record.born > today) judgement.refusals.push_back({"/born", &kBornInFuture});
  judge_nik(record, today, judgement);
  judge_phones(record, judgement);
  return judgement;
}

}  // namespace lumbung::api::people
