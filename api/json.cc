#include "api/json.h"

#include <algorithm>
#include <cstring>
#include <system_error>
#include <utility>

// Every result of the library is asked for its error; nothing of it may throw.
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include "api/json_text.h"

namespace lumbung::api::json {

namespace ondemand = simdjson::ondemand;

namespace {

constexpr std::size_t kNoIndex = std::numeric_limits<std::size_t>::max();
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Type type_of(char first) {
  switch (first) {
    case '{':
      return Type::kObject;
    case '[':
      return Type::kArray;
    case '"':
      return Type::kString;
    case 't':
    case 'f':
      return Type::kBoolean;
    case 'n':
      return Type::kNull;
    default:
      return Type::kNumber;  // or nothing at all, which the number grammar then says
  }
}

/// By Type.
constexpr std::string_view kNouns[] = {"an object", "an array",      "a string",
                                       "a number",  "true or false", "null"};
std::string_view noun(Type type) {
  return kNouns[static_cast<std::size_t>(type)];
}

/// The table's place of the name that `is` is true of; `hint` is tried first, since callers mostly
/// keep the table's order.
template <class Is>
std::size_t find_field(Fields fields, std::size_t hint, const Is& is) {
  if (hint < fields.size() && is(fields[hint].name)) return hint;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (is(fields[i].name)) return i;
  return kNoIndex;
}

}  // namespace

std::string_view name(Code code) {
  static constexpr std::string_view kNames[] = {
      "malformed_json",  "too_deep",      "wrong_type", "unknown_field",
      "duplicate_field", "missing_field", "too_many",   "bad_value"};
  return kNames[static_cast<std::size_t>(code)];
}

namespace detail {

/// The state of one walk, and the buffers that outlive it.
struct Walk {
  ondemand::parser parser;
  ondemand::document document;
  std::unique_ptr<char[]> text;  ///< the document and the padding that the library reads over
  std::size_t capacity = 0;
  std::vector<Error> errors;
  std::size_t depth = 0;
  bool stopped = false;  ///< malformed, too deep, too many elements, or kErrorsMax errors

  bool record(Code code, std::string pointer, std::string sentence) {
    if (stopped) return false;
    errors.push_back({code, std::move(pointer), std::move(sentence)});
    if (errors.size() == kErrorsMax) stopped = true;
    return false;
  }

  bool malformed(const Value& at, std::string_view why) {
    report(at, Code::kMalformed, "not well-formed JSON: " + std::string(why));
    stopped = true;
    return false;
  }
  bool malformed(const Value& at, simdjson::error_code error) {
    return malformed(at, simdjson::error_message(error));
  }

  bool report(const Value& value, Code code, std::string sentence) {
    return record(code, pointer(value), std::move(sentence));
  }

  static std::string pointer(const Value& value) {
    if (value.parent_ == nullptr) return {};
    std::string path = pointer(*value.parent_) + '/';
    if (value.index_ == kNoIndex) {
      append_pointer_name(path, value.key_);
    } else {
      path += std::to_string(value.index_);
    }
    return path;
  }

  static ondemand::value& node(const Value& value) {
    return *static_cast<ondemand::value*>(value.node_);
  }

  /// The text of a number, true, false or null, up to the next token of the document.
  static std::string_view token(const Value& value) {
    return trim_right(node(value).raw_json_token());
  }

  bool enter(const Value& at) {
    if (depth == kDepthMax) {
      report(at, Code::kTooDeep,
             "more than " + std::to_string(kDepthMax) + " levels of objects and arrays");
      stopped = true;
      return false;
    }
    ++depth;
    return true;
  }

  bool too_many(const Value& at, std::size_t max_count, std::string_view what) {
    report(at, Code::kTooMany, ("more than " + std::to_string(max_count) + ' ').append(what));
    stopped = true;
    return false;
  }

  /// Calls the callback for one value and sees that the value has been walked to its end.
  template <class Place, class On>
  bool visit(Value& value, Place place, const On& on) {
    const std::size_t errors_before = errors.size();
    if (on(place, value)) return value.read_ || value.skip();
    if (errors.size() == errors_before) value.fail("the value is not accepted");
    return false;
  }

  /// REQUIRES: `object` has just been opened at `at`.
  bool object(ondemand::object& object, const Value& at, Fields fields, const OnField& on_field) {
    if (!enter(at)) return false;
    bool good = true;
    std::uint64_t seen = 0;
    std::size_t hint = 0;
    for (auto item : object) {
      std::string_view key;
      if (item.error()) return malformed(at, item.error());
      ondemand::field&& member = std::move(item).value_unsafe();
      std::size_t place = find_field(fields, hint, [raw = member.key()](std::string_view name) {
        return raw.unsafe_is_equal(name);  // as it stands in the text: without escapes
      });
      if (place != kNoIndex) {
        key = fields[place].name;
      } else {
        if (const auto error = member.unescaped_key().get(key)) return malformed(at, error);
        place = find_field(fields, hint, [key](std::string_view name) { return name == key; });
      }
      ondemand::value& child = member.value();
      Value value(*this, &child, &at, key, kNoIndex);
      if (place == kNoIndex) {
        good = value.fail("there is no such field here", Code::kUnknownField);
      } else if ((seen >> place & 1) != 0) {
        good = value.fail("the field stands here twice", Code::kDuplicateField);
      } else {
        seen |= std::uint64_t{1} << place;
        hint = place + 1;
        good &= visit(value, place, on_field);
      }
      if (stopped) return false;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].required && (seen >> i & 1) == 0) {
        const Value missing(*this, nullptr, &at, fields[i].name, kNoIndex);
        good = report(missing, Code::kMissingField, "the field is required");
      }
    }
    --depth;
    return good;
  }

  /// REQUIRES: `object` has just been opened at `at`.
  bool map(ondemand::object& object, const Value& at, std::size_t max_count,
           const OnMember& on_member) {
    if (!enter(at)) return false;
    bool good = true;
    std::vector<std::string_view> names;
    for (auto item : object) {
      std::string_view key;
      if (item.error()) return malformed(at, item.error());
      ondemand::field&& member = std::move(item).value_unsafe();
      if (const auto error = member.unescaped_key().get(key)) return malformed(at, error);
      if (names.size() == max_count) return too_many(at, max_count, "members");
      ondemand::value& child = member.value();
      Value value(*this, &child, &at, key, kNoIndex);
      if (std::find(names.begin(), names.end(), key) != names.end()) {
        good = value.fail("the field stands here twice", Code::kDuplicateField);
      } else {
        names.push_back(key);
        good &= visit(value, key, on_member);
      }
      if (stopped) return false;
    }
    --depth;
    return good;
  }

  /// REQUIRES: `array` has just been opened at `at`.
  bool array(ondemand::array& array, const Value& at, std::size_t min_count, std::size_t max_count,
             const OnElement& on_element) {
    if (!enter(at)) return false;
    bool good = true;
    std::size_t count = 0;
    for (auto item : array) {
      if (item.error()) return malformed(at, item.error());
      ondemand::value&& child = std::move(item).value_unsafe();
      if (count == max_count) return too_many(at, max_count, "elements");
      Value value(*this, &child, &at, {}, count);
      good &= visit(value, count, on_element);
      if (stopped) return false;
      ++count;
    }
    if (count < min_count)
      good = report(
          at, Code::kBadValue,
          "fewer than " + std::to_string(min_count) + (min_count == 1 ? " element" : " elements"));
    --depth;
    return good;
  }

  /// Walks any value. An object's names may repeat here: RFC 8259 section 4 only advises against.
  bool any(ondemand::value& child, const Value& at) {
    const std::string_view raw = child.raw_json_token();
    switch (type_of(raw.front())) {
      case Type::kObject: {
        ondemand::object members;
        if (const auto error = child.get_object().get(members)) return malformed(at, error);
        return any_object(members, at);
      }
      case Type::kArray: {
        ondemand::array elements;
        if (const auto error = child.get_array().get(elements)) return malformed(at, error);
        return any_array(elements, at);
      }
      case Type::kString: {
        std::string_view ignored;
        if (const auto error = child.get_string().get(ignored)) return malformed(at, error);
        return true;
      }
      default:
        return is_bare_scalar(trim_right(raw)) || malformed(at, "a value is not one of JSON's");
    }
  }

  bool any_object(ondemand::object& object, const Value& at) {
    if (!enter(at)) return false;
    for (auto item : object) {
      std::string_view key;
      if (item.error()) return malformed(at, item.error());
      ondemand::field&& member = std::move(item).value_unsafe();
      if (const auto error = member.unescaped_key().get(key)) return malformed(at, error);
      ondemand::value& child = member.value();
      if (!any(child, Value(*this, &child, &at, key, kNoIndex))) return false;
    }
    --depth;
    return true;
  }

  bool any_array(ondemand::array& array, const Value& at) {
    if (!enter(at)) return false;
    std::size_t index = 0;
    for (auto item : array) {
      if (item.error()) return malformed(at, item.error());
      ondemand::value&& child = std::move(item).value_unsafe();
      if (!any(child, Value(*this, &child, &at, {}, index++))) return false;
    }
    --depth;
    return true;
  }

  Value root() { return {*this, nullptr, nullptr, {}, kNoIndex}; }

  /// Copies the text to where it can be overread, and indexes it: UTF-8 and the strings' ends are
  /// checked here, for the whole text.
  bool open(std::string_view json) {
    errors.clear();
    depth = 0;
    stopped = false;
    if (json.starts_with(kByteOrderMark)) return malformed(root(), "a byte order mark");
    if (capacity < json.size() + simdjson::SIMDJSON_PADDING) {
      capacity = json.size() + simdjson::SIMDJSON_PADDING;
      text = std::make_unique_for_overwrite<char[]>(capacity);
    }
    if (!json.empty()) std::memcpy(text.get(), json.data(), json.size());
    std::memset(text.get() + json.size(), 0, simdjson::SIMDJSON_PADDING);
    if (const auto error = parser.iterate(text.get(), json.size(), capacity).get(document))
      return malformed(root(), error);
    return true;
  }

  /// The outermost value has been walked: nothing may follow it.
  bool at_end() {
    const char* ignored;
    if (document.current_location().get(ignored) == simdjson::OUT_OF_BOUNDS) return true;
    return malformed(root(), "something follows the end");
  }

  template <class T>
  bool integer(Value& value, T& out, T min, T max) {
    if (!value.wants(Type::kNumber)) return false;
    const std::string_view digits = token(value);
    if (integer_length(digits) != digits.size() || digits == "-0")
      return value.fail("a whole number in plain digits is wanted");
    T number{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size() || number < min ||
        number > max)
      return value.fail("the number lies outside " + std::to_string(min) + " to " +
                        std::to_string(max));
    out = number;
    return true;
  }
};

}  // namespace detail

using detail::Walk;

Type Value::type() const {
  return type_of(Walk::node(*this).raw_json_token().front());
}

bool Value::wants(Type wanted) {
  read_ = true;
  const Type found = type();
  if (found != Type::kObject && found != Type::kArray && found != Type::kString &&
      !is_bare_scalar(Walk::token(*this)))
    return walk_.malformed(*this, "a value is not one of JSON's");
  if (found == wanted) return true;
  return fail(std::string(noun(wanted)).append(" is wanted, not ").append(noun(found)),
              Code::kWrongType);
}

bool Value::plain(std::string_view& out) {
  ondemand::value& node = Walk::node(*this);
  const char* const quote = node.raw_json_token().data();
  if (*quote != '"') return false;
  const std::size_t length = plain_length(quote + 1);  // ends at the closing quote or before
  if (quote[1 + length] != '"' || node.get_raw_json_string().error()) return false;
  read_ = true;
  out = {quote + 1, length};
  return true;
}

bool Value::unescaped(std::string_view& out) {
  if (!wants(Type::kString)) return false;
  if (const auto error = Walk::node(*this).get_string().get(out))
    return walk_.malformed(*this, error);
  return true;
}

bool Value::string(std::string_view& out) {
  static constexpr Charset kText = Charset::text();
  if (plain(out)) return true;
  std::string_view found;
  if (!unescaped(found)) return false;
  if (!kText.holds(found)) return fail("control characters are not accepted");
  out = found;
  return true;
}

bool Value::text(std::string_view& out, const TextRule& rule) {
  std::string_view found;
  if (!plain(found) && !unescaped(found)) return false;
  if (found.size() < rule.min_bytes || found.size() > rule.max_bytes)
    return fail("the text must have " + std::to_string(rule.min_bytes) + " to " +
                std::to_string(rule.max_bytes) + " bytes");
  if (!rule.characters.holds(found)) return fail("the text has a character that is not accepted");
  out = found;
  return true;
}

bool Value::integer(std::int64_t& out, std::int64_t min, std::int64_t max) {
  return walk_.integer(*this, out, min, max);
}

bool Value::integer(std::uint64_t& out, std::uint64_t min, std::uint64_t max) {
  return walk_.integer(*this, out, min, max);
}

bool Value::boolean(bool& out) {
  if (!wants(Type::kBoolean)) return false;
  out = Walk::token(*this) == "true";
  return true;
}

bool Value::null() {
  return wants(Type::kNull);
}

bool Value::object(Fields fields, OnField on_field) {
  if (!wants(Type::kObject)) return false;
  ondemand::object members;
  if (const auto error = Walk::node(*this).get_object().get(members))
    return walk_.malformed(*this, error);
  return walk_.object(members, *this, fields, on_field);
}

bool Value::map(std::size_t max_count, OnMember on_member) {
  if (!wants(Type::kObject)) return false;
  ondemand::object members;
  if (const auto error = Walk::node(*this).get_object().get(members))
    return walk_.malformed(*this, error);
  return walk_.map(members, *this, max_count, on_member);
}

bool Value::array(std::size_t min_count, std::size_t max_count, OnElement on_element) {
  if (!wants(Type::kArray)) return false;
  ondemand::array elements;
  if (const auto error = Walk::node(*this).get_array().get(elements))
    return walk_.malformed(*this, error);
  return walk_.array(elements, *this, min_count, max_count, on_element);
}

bool Value::skip() {
  read_ = true;
  return walk_.any(Walk::node(*this), *this);
}

bool Value::fail(std::string detail, Code code) {
  read_ = true;
  return walk_.report(*this, code, std::move(detail));
}

Parser::Parser() : walk_(std::make_unique<Walk>()) {}
Parser::~Parser() = default;

std::vector<Error> Parser::object(std::string_view json, Fields fields, OnField on_field) {
  Walk& walk = *walk_;
  if (!walk.open(json)) return std::move(walk.errors);
  const Value root = walk.root();
  ondemand::object members;
  const auto error = walk.document.get_object().get(members);
  if (error == simdjson::INCORRECT_TYPE) {
    walk.report(root, Code::kWrongType, "an object is wanted");
  } else if (error) {
    walk.malformed(root, error);
  } else if (walk.object(members, root, fields, on_field)) {
    walk.at_end();
  }
  return std::move(walk.errors);
}

std::vector<Error> Parser::array(std::string_view json, std::size_t min_count,
                                 std::size_t max_count, OnElement on_element) {
  Walk& walk = *walk_;
  if (!walk.open(json)) return std::move(walk.errors);
  const Value root = walk.root();
  ondemand::array elements;
  const auto error = walk.document.get_array().get(elements);
  if (error == simdjson::INCORRECT_TYPE) {
    walk.report(root, Code::kWrongType, "an array is wanted");
  } else if (error) {
    walk.malformed(root, error);
  } else if (walk.array(elements, root, min_count, max_count, on_element)) {
    walk.at_end();
  }
  return std::move(walk.errors);
}

bool Parser::validate(std::string_view json) {
  Walk& walk = *walk_;
  if (!walk.open(json)) return false;
  const Value root = walk.root();
  const std::string_view text = trim(json);
  switch (type_of(text.front())) {  // not empty: the library has found a token in it
    case Type::kObject: {
      ondemand::object members;
      return !walk.document.get_object().get(members) && walk.any_object(members, root) &&
             walk.at_end();
    }
    case Type::kArray: {
      ondemand::array elements;
      return !walk.document.get_array().get(elements) && walk.any_array(elements, root) &&
             walk.at_end();
    }
    case Type::kString: {
      std::string_view ignored;
      return !walk.document.get_string().get(ignored) && walk.at_end();
    }
    default:
      return is_bare_scalar(text);
  }
}

}  // namespace lumbung::api::json
