// array: PostgreSQL arrays, text and binary, → calls on a Sink; and the quoting of an element on the way out.
// Thread: any; pure. Depth and element counts are checked against the bytes that are there.
// Not here: how an element is read (decode.hpp) or made (encode.cpp). Lower bounds are dropped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "types/decode_status.hpp"
#include "types/wire.hpp"

namespace hdb::types {

inline constexpr std::size_t kMaxArrayDims = 6;  // PostgreSQL's MAXDIM

/// Reads the tokens of an array literal.
class ArrayReader {
 public:
  enum class Token : std::uint8_t { kOpen, kClose, kNull, kElement, kEnd, kMalformed };

  ArrayReader(std::string_view text, char delimiter)
      : p_(text.data()), end_(text.data() + text.size()), delimiter_(delimiter) {}

  /// Braces nest and balance; exactly one delimiter stands between two values.
  Token next();
  /// Of the last kElement, without quotes and escapes; valid until the next call.
  std::string_view element() const { return element_; }

 private:
  bool skip_bounds();
  Token value();

  const char* p_;
  const char* end_;
  char delimiter_;
  std::size_t depth_ = 0;
  bool started_ = false;
  bool after_value_ = false;  // a value just ended: a delimiter or a closing brace comes next
  bool may_close_ = false;    // an opening brace just came: it may be closed at once
  std::string_view element_;
  std::string scratch_;  // an element that had escapes
};

template <class Sink, class Element>
DecodeStatus walk_text_array(std::string_view text, char delimiter, Sink& sink, Element&& element) {
  ArrayReader reader(text, delimiter);
  for (;;) {
    switch (reader.next()) {
      case ArrayReader::Token::kOpen:
        sink.begin_array(0);
        break;
      case ArrayReader::Token::kClose:
        sink.end_array();
        break;
      case ArrayReader::Token::kNull:
        sink.null();
        break;
      case ArrayReader::Token::kElement:
        if (const DecodeStatus status = element(reader.element()); status != DecodeStatus::kOk) return status;
        break;
      case ArrayReader::Token::kEnd:
        return DecodeStatus::kOk;
      case ArrayReader::Token::kMalformed:
        return DecodeStatus::kMalformed;
    }
  }
}

/// The head of a binary array; the shape has been checked against the bytes that follow.
struct ArrayHead {
  std::size_t dims = 0;  // 0: empty
  std::array<std::size_t, kMaxArrayDims> sizes{};
};
bool read_array_head(Cursor& cursor, ArrayHead& out);

template <class Sink, class Element>
DecodeStatus walk_binary_array(std::string_view bytes, Sink& sink, Element&& element) {
  Cursor cursor(bytes);
  ArrayHead head;
  if (!read_array_head(cursor, head)) return DecodeStatus::kMalformed;
  if (head.dims == 0) {
    sink.begin_array(0);
    sink.end_array();
    return cursor.left() == 0 ? DecodeStatus::kOk : DecodeStatus::kMalformed;
  }
  std::array<std::size_t, kMaxArrayDims> left{};  // per open dimension: values still to come
  std::size_t level = 0;                          // the innermost open dimension
  const auto open = [&](std::size_t dimension) {
    left[dimension] = head.sizes[dimension];
    sink.begin_array(head.sizes[dimension]);
  };
  open(0);
  for (;;) {
    while (level + 1 < head.dims) {
      --left[level];
      open(++level);
    }
    for (; left[level] > 0; --left[level]) {
      std::int32_t size = 0;
      if (!cursor.take_i32(size)) return DecodeStatus::kMalformed;
      if (size < 0) {
        if (size != -1) return DecodeStatus::kMalformed;
        sink.null();
        continue;
      }
      std::string_view value;
      if (!cursor.take(static_cast<std::size_t>(size), value)) return DecodeStatus::kMalformed;
      if (const DecodeStatus status = element(value); status != DecodeStatus::kOk) return status;
    }
    while (left[level] == 0) {
      sink.end_array();
      if (level == 0) return cursor.left() == 0 ? DecodeStatus::kOk : DecodeStatus::kMalformed;
      --level;
    }
  }
}

/// One element of an array literal, quoted where the server's array_in would read it otherwise.
void append_array_element(std::string_view text, char delimiter, std::string& out);

}  // namespace hdb::types
