// json: JSON text → calls on a Sink, natively, as JSON.parse would read it.
// Thread: any; pure. Not recursive, so that no text can exhaust the stack.
// Not here: writing JSON (json_text.hpp); the Sink (decode.hpp).
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "types/decode_status.hpp"

namespace hdb::types {

/// Maximum nesting. JSON.parse has no limit but the heap's, but whatever walks such a value later
/// (JSON.stringify, a deep comparison) overflows JavaScript's stack, so deeper texts are an error.
inline constexpr std::size_t kMaxJsonDepth = 1000;

/// Reads the tokens of a JSON text; every function stops at the end of the text.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : p_(text.data()), end_(text.data() + text.size()) {}

  /// The next character that is not white space; 0 at the end.
  char peek() {
    while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\t' || *p_ == '\r')) ++p_;
    return p_ == end_ ? '\0' : *p_;
  }
  void skip() { ++p_; }
  bool at_end() const { return p_ == end_; }

  bool word(std::string_view expected);
  bool number(double& out);
  /// The bytes between the quotes, from the opening one on; `escaped` if any backslash is among them.
  bool string(std::string_view& raw, bool& escaped);

 private:
  const char* p_;
  const char* end_;
};

/// How an escaped string came out.
enum class JsonText : std::uint8_t { kUtf8, kUtf16, kMalformed };

/// Resolves escapes. UTF-8 cannot represent a lone surrogate, so a string with one becomes UTF-16.
JsonText unescape_json(std::string_view raw, std::string& utf8, std::u16string& utf16);

namespace detail {

// A string value or a key. False if the escapes are malformed.
template <class Sink>
bool json_string(JsonReader& reader, Sink& sink, bool is_key) {
  std::string_view raw;
  bool escaped = false;
  if (!reader.string(raw, escaped)) return false;
  if (!escaped) {
    is_key ? sink.key(raw) : sink.text(raw);
    return true;
  }
  std::string utf8;
  std::u16string utf16;
  switch (unescape_json(raw, utf8, utf16)) {
    case JsonText::kUtf8:
      is_key ? sink.key(std::string_view(utf8)) : sink.text(std::string_view(utf8));
      return true;
    case JsonText::kUtf16:
      is_key ? sink.key16(std::u16string_view(utf16)) : sink.text16(std::u16string_view(utf16));
      return true;
    case JsonText::kMalformed:
      break;
  }
  return false;
}

// `"key" :`
template <class Sink>
bool json_key(JsonReader& reader, Sink& sink) {
  if (reader.peek() != '"' || !json_string(reader, sink, true)) return false;
  if (reader.peek() != ':') return false;
  reader.skip();
  return true;
}

// A value that is neither array nor object.
template <class Sink>
bool json_scalar(JsonReader& reader, char first, Sink& sink) {
  switch (first) {
    case '"':
      return json_string(reader, sink, false);
    case 't':
      if (!reader.word("true")) return false;
      sink.boolean(true);
      return true;
    case 'f':
      if (!reader.word("false")) return false;
      sink.boolean(false);
      return true;
    case 'n':
      if (!reader.word("null")) return false;
      sink.null();
      return true;
    default: {
      double value = 0;
      if (!reader.number(value)) return false;
      sink.number(value);
      return true;
    }
  }
}

}  // namespace detail

template <class Sink>
DecodeStatus parse_json(std::string_view text, Sink& sink) {
  JsonReader reader(text);
  std::bitset<kMaxJsonDepth> in_object;  // per level: object or array
  std::size_t depth = 0;
  for (;;) {
    const char first = reader.peek();
    bool complete = true;  // the value just read is; an opened container is not
    if (first == '{' || first == '[') {
      if (depth == kMaxJsonDepth) return DecodeStatus::kJsonTooDeep;
      const bool object = first == '{';
      reader.skip();
      object ? sink.begin_object() : sink.begin_array(0);
      in_object[depth++] = object;
      if (reader.peek() != (object ? '}' : ']')) {
        if (object && !detail::json_key(reader, sink)) return DecodeStatus::kMalformed;
        complete = false;
      }
    } else if (!detail::json_scalar(reader, first, sink)) {
      return DecodeStatus::kMalformed;
    }
    // Closes what ends here, then goes to the next value of the innermost container.
    while (complete) {
      const char next = reader.peek();
      if (depth == 0) return reader.at_end() ? DecodeStatus::kOk : DecodeStatus::kMalformed;
      const bool object = in_object[depth - 1];
      if (next == (object ? '}' : ']')) {
        reader.skip();
        object ? sink.end_object() : sink.end_array();
        --depth;
      } else if (next == ',') {
        reader.skip();
        if (object && !detail::json_key(reader, sink)) return DecodeStatus::kMalformed;
        complete = false;
      } else {
        return DecodeStatus::kMalformed;
      }
    }
  }
}

}  // namespace hdb::types
