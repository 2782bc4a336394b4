// The record of a person: what goes in comes out, nothing else goes in, and what is judged.
#include "api/people/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace lumbung::api::people {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const engine::Date kToday = *engine::parse_date("2026-04-30");

// Written by hand in the order of the header; the NIK is of a woman born on 1 February 2003 in
// Surabaya (35.78), the example that descriptions of the NIK explain with 40 added to the day.
constexpr std::string_view kSiti =
    R"({"name":"Siti Nurbaya","other_names":["Bu Siti","Nyai"],"nik":"3578084102030001",)"
    R"("born":"2003-02-01","sex":"female","phones":["+6281234567890","+85291234567"],)"
    R"("address":"Dusun Krajan RT 02/03","job":"petani","note":"tidak \"online\""})";

std::vector<std::string> errors_of(std::string_view json) {
  std::vector<std::string> all;
  for (const json::Error& error : decode_record(json).errors) {
    all.push_back(error.pointer + " " + std::string(json::name(error.code)));
  }
  return all;
}

PersonRecord record_of(std::string_view json) {
  auto decoded = decode_record(json);
  EXPECT_TRUE(decoded.errors.empty()) << json;
  return std::move(decoded.record);
}

std::vector<std::string> told(const std::vector<Finding>& findings) {
  std::vector<std::string> all;
  for (const Finding& finding : findings) {
    all.push_back(finding.pointer + " " + std::string(finding.wording->name));
  }
  return all;
}

TEST(PersonRecord, IsReadAndWrittenToTheByte) {
  const PersonRecord siti = record_of(kSiti);
  EXPECT_EQ(siti.name, "Siti Nurbaya");
  EXPECT_THAT(siti.other_names, ElementsAre("Bu Siti", "Nyai"));
  EXPECT_EQ(siti.nik, "3578084102030001");
  EXPECT_EQ(siti.born, engine::parse_date("2003-02-01"));
  EXPECT_EQ(siti.sex, Sex::kFemale);
  EXPECT_THAT(siti.phones, ElementsAre("+6281234567890", "+85291234567"));
  EXPECT_EQ(siti.address, "Dusun Krajan RT 02/03");
  EXPECT_EQ(siti.job, "petani");
  EXPECT_EQ(siti.note, "tidak \"online\"");
  EXPECT_EQ(encode_record(siti), kSiti);
  EXPECT_EQ(encode_record(record_of(R"({"name":"Suharto"})")), R"({"name":"Suharto"})");
}

TEST(PersonRecord, TakesFieldsInAnyOrder) {
  EXPECT_EQ(record_of(R"({"job":"petani","name":"Suharto"})"),
            record_of(R"({ "name" : "Suharto", "job" : "petani" })"));
}

TEST(PersonRecord, NothingElseIsOne) {
  EXPECT_THAT(errors_of("{}"), ElementsAre("/name missing_field"));
  EXPECT_THAT(errors_of("[]"), ElementsAre(" wrong_type"));
  EXPECT_THAT(errors_of(R"({"name":"A","member_number":"7"})"),
              ElementsAre("/member_number unknown_field"));
  EXPECT_THAT(errors_of(R"({"name":"A","name":"B"})"), ElementsAre("/name duplicate_field"));
  EXPECT_THAT(errors_of(R"({"name":"A","nik":null})"), ElementsAre("/nik wrong_type"));
  EXPECT_THAT(errors_of(R"({"name":"A","nik":3578080102030001})"), ElementsAre("/nik wrong_type"));
  EXPECT_THAT(errors_of(R"({"name":"A","born":"2003-02-30"})"), ElementsAre("/born bad_value"));
  EXPECT_THAT(errors_of(R"({"name":"A","born":"1-2-2003"})"), ElementsAre("/born bad_value"));
  EXPECT_THAT(errors_of(R"({"name":"A","sex":"P"})"), ElementsAre("/sex bad_value"));
  EXPECT_THAT(errors_of(R"({"name":"A","phones":[]})"), ElementsAre("/phones bad_value"));
  EXPECT_THAT(errors_of(R"({"name":"A","phones":["",7]})"),
              ElementsAre("/phones/0 bad_value", "/phones/1 wrong_type"));
  EXPECT_THAT(errors_of(R"({"name":"A\nB"})"), ElementsAre("/name bad_value"));
  EXPECT_THAT(errors_of(R"({"name":"A"} )"
                        "x"),
              ElementsAre(" malformed_json"));
}

TEST(PersonRecord, EveryFieldHasALimit) {
  const auto of = [](std::string_view field, std::size_t size) {
    const std::string text(size, 'x');
    return field == "name" ? R"({"name":")" + text + "\"}"
                           : R"({"name":"A",")" + std::string(field) + "\":\"" + text + "\"}";
  };
  const std::pair<std::string_view, std::size_t> kLimits[] = {{"name", kNameMax},
                                                              {"nik", kNumberMax},
                                                              {"address", kAddressMax},
                                                              {"job", kJobMax},
                                                              {"note", kNoteMax}};
  for (const auto& [field, max] : kLimits) {
    const std::string wrong = "/" + std::string(field) + " bad_value";
    EXPECT_THAT(errors_of(of(field, 0)), ElementsAre(wrong));
    EXPECT_THAT(errors_of(of(field, max)), IsEmpty());
    EXPECT_THAT(errors_of(of(field, max + 1)), ElementsAre(wrong));
  }
  const auto list = [](std::string_view field, std::size_t count, std::size_t size) {
    std::string json = R"({"name":"A",")" + std::string(field) + "\":[";
    for (std::size_t i = 0; i < count; ++i) {
      json += (i == 0 ? "\"" : ",\"") + std::string(size, 'x') + "\"";
    }
    return json + "]}";
  };
  EXPECT_THAT(errors_of(list("phones", kPhonesMax, kNumberMax)), IsEmpty());
  EXPECT_THAT(errors_of(list("phones", kPhonesMax + 1, 1)), ElementsAre("/phones too_many"));
  EXPECT_THAT(errors_of(list("phones", 1, kNumberMax + 1)), ElementsAre("/phones/0 bad_value"));
  EXPECT_THAT(errors_of(list("other_names", kOtherNamesMax, kNameMax)), IsEmpty());
  EXPECT_THAT(errors_of(list("other_names", kOtherNamesMax + 1, 1)),
              ElementsAre("/other_names too_many"));
}

TEST(PersonRecord, ErrorsRepeatNothingThatWasRead) {
  for (const json::Error& error :
       decode_record(
           R"({"name":"A","nik":"357808410203000135780841020300013578084102030001357808",)"
           R"("born":"Zaenab","sex":"Zaenab","phones":["Zaenab\u0007"]})")
           .errors) {
    EXPECT_EQ(error.detail.find("Zaenab"), error.detail.npos) << error.detail;
    EXPECT_EQ(error.detail.find("35780841"), error.detail.npos) << error.detail;
  }
}

// --- what is judged ---

TEST(PersonRecord, NumbersAreBroughtIntoOneForm) {
  PersonRecord record = record_of(
      R"({"name":"Siti","nik":"35.7808 410203-0001","phones":["0812-3456-7890","+62 812 3456 7890",)"
      R"("0085291234567"]})");
  const Judgement judgement = judge(record, kToday);
  EXPECT_THAT(told(judgement.refusals), IsEmpty());
  EXPECT_EQ(record.nik, "3578084102030001");
  EXPECT_THAT(record.phones, ElementsAre("+6281234567890", "+85291234567"));
  const PersonRecord once = record;
  judge(record, kToday);
  EXPECT_EQ(record, once);
}

TEST(PersonRecord, WhatIsWrongIsRefusedWithItsReason) {
  const auto refusals = [](std::string_view json) {
    PersonRecord record = record_of(json);
    const PersonRecord before = record;
    const auto judgement = judge(record, kToday);
    EXPECT_EQ(record.phones, before.phones);
    return told(judgement.refusals);
  };
  EXPECT_THAT(refusals(R"({"name":"A","nik":"357808"})"), ElementsAre("/nik nik_not_16_digits"));
  EXPECT_THAT(refusals(R"({"name":"A","nik":"3578083202030001"})"),
              ElementsAre("/nik nik_day_invalid"));
  EXPECT_THAT(refusals(R"({"name":"A","nik":"3578080102030000"})"),
              ElementsAre("/nik nik_serial_invalid"));
  EXPECT_THAT(refusals(R"({"name":"...","other_names":["Siti","-"]})"),
              ElementsAre("/name name_missing", "/other_names/1 name_missing"));
  EXPECT_THAT(refusals(R"({"name":"A","born":"2026-05-01"})"), ElementsAre("/born born_in_future"));
  EXPECT_THAT(refusals(R"({"name":"A","born":"2026-04-30"})"), IsEmpty());
  const auto phones = refusals(R"({"name":"A","phones":["0812-3456-7890","rumah","0812"]})");
  ASSERT_EQ(phones.size(), 2u);
  EXPECT_TRUE(phones[0].starts_with("/phones/1 phone_"));
  EXPECT_TRUE(phones[1].starts_with("/phones/2 phone_"));
}

TEST(PersonRecord, WhatIsOddIsAWarning) {
  const auto warnings = [](std::string_view json) {
    PersonRecord record = record_of(json);
    const auto judgement = judge(record, kToday);
    EXPECT_THAT(told(judgement.refusals), IsEmpty());
    return told(judgement.warnings);
  };
  EXPECT_THAT(warnings(kSiti), IsEmpty());
  EXPECT_THAT(warnings(R"({"name":"A","nik":"9999080102030001"})"),
              ElementsAre("/nik nik_region_unknown"));
  EXPECT_THAT(warnings(R"({"name":"A","nik":"3578080102030001","born":"2003-02-02"})"),
              ElementsAre("/nik nik_birth_date_differs"));
  EXPECT_THAT(warnings(R"({"name":"A","nik":"3578080102030001","sex":"female"})"),
              ElementsAre("/sex sex_differs"));
  EXPECT_THAT(warnings(R"({"name":"A","phones":["81234567890"]})"),
              ElementsAre("/phones/0 phone_country_assumed"));
}

}  // namespace
}  // namespace lumbung::api::people
