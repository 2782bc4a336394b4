// JSON in and out. In: a strict walk over the text by simdjson's on-demand front end, without a
// document tree: everything is walked, so nothing malformed can hide in what is not asked for.
// Out: an appender. Amounts are strings on the wire, so there is no floating point either way.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace lumbung::api::json {

/// Objects and arrays within each other; the outermost counts 1.
inline constexpr std::size_t kDepthMax = 16;
/// Errors reported for one document; the walk ends at the last of them.
inline constexpr std::size_t kErrorsMax = 16;

enum class Code : std::uint8_t {
  kMalformed,  ///< not JSON (RFC 8259), or a byte order mark, or anything after the end
  kTooDeep,    ///< more than kDepthMax levels
  kWrongType,  ///< a number where a string is wanted, and so on
  kUnknownField,
  kDuplicateField,
  kMissingField,
  kTooMany,   ///< more elements than the array may have
  kBadValue,  ///< right type, wrong length, range, characters or meaning
};

/// "wrong_type" and so on.
std::string_view name(Code code);

/// One thing wrong with a document. `pointer` is an RFC 6901 JSON pointer ("" is the whole
/// document, "/entries/3/legs/0/amount" a leg's amount); `detail` is one sentence.
struct Error {
  Code code;
  std::string pointer;
  std::string detail;

  friend bool operator==(const Error&, const Error&) = default;
};

enum class Type : std::uint8_t { kObject, kArray, kString, kNumber, kBoolean, kNull };

/// A field that an object may have; the table's order is free, its size at most 64.
struct FieldSpec {
  std::string_view name;
  bool required = false;
};
using Fields = std::span<const FieldSpec>;
inline constexpr bool kRequired = true;

/// A set of characters that a text may consist of: any ASCII ones, and all others or none.
class Charset {
 public:
  /// Every character but the control characters (U+0000 to U+001F, U+007F to U+009F).
  static constexpr Charset text() {
    Charset set = visible_ascii().with(" ");
    set.beyond_ascii_ = true;
    return set;
  }
  /// '!' to '~'.
  static constexpr Charset visible_ascii() {
    Charset set;
    for (unsigned c = '!'; c <= '~'; ++c) set.add(c);
    return set;
  }
  static constexpr Charset alphanumeric() {
    return Charset().with("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  }
  /// This set and the given ASCII characters.
  constexpr Charset with(std::string_view characters) const {
    Charset set = *this;
    for (const char c : characters) set.add(static_cast<unsigned char>(c));
    return set;
  }

  /// Whether every character of the UTF-8 text is in the set. REQUIRES: valid UTF-8.
  bool holds(std::string_view utf8) const;

 private:
  constexpr void add(unsigned c) { bits_[c / 64] |= std::uint64_t{1} << (c % 64); }

  std::array<std::uint64_t, 2> bits_{};  ///< bit c: ASCII character c
  bool beyond_ascii_ = false;            ///< U+00A0 and above
};

/// What a text field accepts; lengths in bytes of UTF-8.
struct TextRule {
  std::size_t min_bytes = 1;
  std::size_t max_bytes = 255;
  Charset characters = Charset::text();
};

/// A callable seen through a pointer: the callbacks below are called before the call that they are
/// given to returns, so nothing is copied or allocated.
template <class Signature>
class Callback;
template <class... Args>
class Callback<bool(Args...)> {
 public:
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Callback>)
      Callback(F&& f)  // NOLINT(google-explicit-constructor): a lambda is passed as it is
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, Args... args) -> bool {
          return (*static_cast<std::remove_reference_t<F>*>(object))(args...);
        }) {}

  bool operator()(Args... args) const { return call_(object_, args...); }

 private:
  void* object_;
  bool (*call_)(void*, Args...);
};

class Value;
/// Called for each known field with its index in the table.
using OnField = Callback<bool(std::size_t field, Value& value)>;
/// Called for each member of an object whose names are the caller's own.
using OnMember = Callback<bool(std::string_view name, Value& value)>;
/// Called for each element of an array.
using OnElement = Callback<bool(std::size_t index, Value& value)>;

namespace detail {
struct Walk;
}

/// One value of the document being walked. It exists during the callback it is given to. Each
/// getter reads the value once; true is success, false means that an error has been recorded (the
/// output is then untouched) and is what the callback returns, so that getters chain with &&. A
/// value that a callback leaves unread is walked for it. Views stay valid until the parser
/// begins another document. One thread.
class Value {
 public:
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;

  /// What it is, judged by its first character. Does not read it.
  Type type() const;
  bool is_null() const { return type() == Type::kNull; }

  /// A string of the rule's length and characters, escapes resolved.
  bool text(std::string_view& out, const TextRule& rule);
  /// A string of any length without control characters: for what the caller parses itself.
  bool string(std::string_view& out);
  /// A whole number in plain digits: no fraction, no exponent, no "-0", within [min, max].
  bool integer(std::int64_t& out, std::int64_t min = std::numeric_limits<std::int64_t>::min(),
               std::int64_t max = std::numeric_limits<std::int64_t>::max());
  bool integer(std::uint64_t& out, std::uint64_t min = 0,
               std::uint64_t max = std::numeric_limits<std::uint64_t>::max());
  bool boolean(bool& out);
  bool null();
  /// An object with the fields of the table and no others, none twice, the required ones present.
  bool object(Fields fields, OnField on_field);
  /// An object of at most max_count members with any names, none twice. For a few: names are
  /// compared one by one.
  bool map(std::size_t max_count, OnMember on_member);
  /// An array of min_count to max_count elements.
  bool array(std::size_t min_count, std::size_t max_count, OnElement on_element);
  /// Any well-formed value; its content is walked and ignored.
  bool skip();

  /// Records an error at this value; always false. For a value that has the right form and the
  /// wrong meaning: `return value.string(s) && (parse(s) || value.fail("...")).`
  bool fail(std::string detail, Code code = Code::kBadValue);

 private:
  friend struct detail::Walk;
  Value(detail::Walk& walk, void* node, const Value* parent, std::string_view key,
        std::size_t index)
      : walk_(walk), node_(node), parent_(parent), key_(key), index_(index) {}

  /// Marks the value as read; an error unless it is a well-formed value of that type.
  bool wants(Type wanted);
  /// Reads a string of printable ASCII without escapes, as most are, where it lies; false, and
  /// nothing read, when it is anything else.
  bool plain(std::string_view& out);
  /// A string of any characters.
  bool unescaped(std::string_view& out);

  detail::Walk& walk_;
  void* node_;            ///< the library's value, on the stack of the walk
  const Value* parent_;   ///< null for the document itself
  std::string_view key_;  ///< name in the parent, when that is an object
  std::size_t index_;     ///< place in the parent, when that is an array (else kNoIndex)
  bool read_ = false;
};

/// Walks documents. It keeps its buffers between documents: one a thread, not shared.
class Parser {
 public:
  Parser();
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// Walks a document that is one object; see Value::object. An empty result means that the whole
  /// text is well-formed and every callback returned true. The errors stand in document order.
  std::vector<Error> object(std::string_view json, Fields fields, OnField on_field);
  /// Walks a document that is one array; see Value::array.
  std::vector<Error> array(std::string_view json, std::size_t min_count, std::size_t max_count,
                           OnElement on_element);
  /// Whether the text is one well-formed JSON value of at most kDepthMax levels, all of it walked.
  bool validate(std::string_view json);

 private:
  std::unique_ptr<detail::Walk> walk_;
};

/// Appends JSON to a string; commas are put where they belong. What is written is the caller's
/// order: the same calls give the same bytes. REQUIRES: texts are valid UTF-8, begin and end match.
class Writer {
 public:
  /// `out` is appended to and must outlive the writer.
  explicit Writer(std::string& out) : out_(out) {}

  /// Makes room for so many bytes more.
  void reserve(std::size_t bytes) { out_.reserve(out_.size() + bytes); }

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }

  /// The name of the next value in an object.
  Writer& key(std::string_view name) {
    comma();
    quote(name);
    out_ += ':';
    comma_ = false;
    return *this;
  }

  Writer& value(std::string_view text) {
    comma();
    quote(text);
    comma_ = true;
    return *this;
  }
  template <std::integral T>
  Writer& value(T number) {
    if constexpr (std::same_as<T, bool>) {
      return raw(number ? "true" : "false");
    } else {
      char digits[24];
      const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
      return raw({digits, static_cast<std::size_t>(end - digits)});
    }
  }
  Writer& null() { return raw("null"); }
  /// A value that is JSON already.
  Writer& raw(std::string_view json) {
    comma();
    out_ += json;
    comma_ = true;
    return *this;
  }

  /// key(name).value(v).
  template <class T>
  Writer& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }

 private:
  Writer& open(char bracket) {
    comma();
    out_ += bracket;
    comma_ = false;
    return *this;
  }
  Writer& close(char bracket) {
    out_ += bracket;
    comma_ = true;
    return *this;
  }
  void comma() {
    if (comma_) out_ += ',';
  }
  void quote(std::string_view text);

  std::string& out_;
  bool comma_ = false;  ///< whether the next key or element needs one before it
};

}  // namespace lumbung::api::json
