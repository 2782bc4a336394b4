// What is known of a person, as it lies sealed in the personal store and as it goes in and out: one
// JSON object. What belongs to the journal is not in it, a member number among that.
//
//     {"name":"Siti Nurbaya","other_names":["Bu Siti"],"nik":"3578084102030001",
//      "born":"2003-02-01","sex":"female","phones":["+6281234567890"],
//      "address":"Dusun Krajan RT 02/03","job":"petani","note":"…"}
//
// Only the name must be there; a field that is empty is left out. Another field, a field twice, a
// null, or a text beyond its limit is an error.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json.h"
#include "api/people/nik.h"
#include "api/people/wording.h"
#include "engine/date.h"

namespace lumbung::api::people {

/// Bytes of UTF-8; no field has control characters.
inline constexpr std::size_t kNameMax = 200;
inline constexpr std::size_t kOtherNamesMax = 8;
inline constexpr std::size_t kPhonesMax = 8;
inline constexpr std::size_t kNumberMax = 64;  // of NIK or phone as somebody typed it
inline constexpr std::size_t kAddressMax = 500;
inline constexpr std::size_t kJobMax = 100;
inline constexpr std::size_t kNoteMax = 2000;

/// A value; personal data in every field. Empty: not known.
struct PersonRecord {
  std::string name;
  std::vector<std::string> other_names;
  std::string nik;
  std::optional<engine::Date> born;
  std::optional<Sex> sex;
  std::vector<std::string> phones;
  std::string address;
  std::string job;
  std::string note;
  friend bool operator==(const PersonRecord&, const PersonRecord&) = default;
};

std::string_view name_of(Sex sex);  // "male", "female"

struct DecodedRecord {
  PersonRecord record;              // whole when there are no errors
  std::vector<json::Error> errors;  // name places and limits, and nothing of what was read
};

DecodedRecord decode_record(std::string_view json);
/// The same record gives the same bytes. REQUIRES: within the limits above, and valid UTF-8.
std::string encode_record(const PersonRecord& record);
/// The members of the object above, into one that has been begun.
void render_record(json::Writer& out, const PersonRecord& record);

/// Something to say about a field, for people: names the place, and nothing of what stands there.
struct Finding {
  std::string pointer;  // RFC 6901: "/phones/1"
  const Wording* wording = nullptr;
};

struct Judgement {
  std::vector<Finding> refusals;  // with any of these it is not to be kept
  std::vector<Finding> warnings;
};

/// Brings NIK and phones into the form to keep, each phone once, and says what is wrong with the
/// record and what is odd. A record that was judged is judged the same again.
/// REQUIRES: in_range(today).
Judgement judge(PersonRecord& record, engine::Date today);

/// The NIK is another person's already: for whoever can look.
const Wording& nik_taken();

}  // namespace lumbung::api::people
