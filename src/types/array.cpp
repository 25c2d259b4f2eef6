#include "types/array.hpp"

namespace hdb::types {

namespace {

// array_in's idea of white space, which is not the locale's.
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_null_word(std::string_view text) {
  return text.size() == 4 && (text[0] | 0x20) == 'n' && (text[1] | 0x20) == 'u' && (text[2] | 0x20) == 'l' &&
         (text[3] | 0x20) == 'l';
}

}  // namespace

// "[0:1][-3:-2]=" before the braces: where the indexes begin, which JavaScript's do not.
bool ArrayReader::skip_bounds() {
  while (p_ != end_ && *p_ != '=') {
    const char c = *p_++;
    if (!(c >= '0' && c <= '9') && c != '[' && c != ']' && c != ':' && c != '-' && c != '+') return false;
  }
  if (p_ == end_) return false;
  ++p_;
  return true;
}

ArrayReader::Token ArrayReader::next() {
  if (!started_) {
    started_ = true;
    if (p_ != end_ && *p_ == '[' && !skip_bounds()) return Token::kMalformed;
    if (p_ == end_ || *p_ != '{') return Token::kMalformed;
    return value();
  }
  if (depth_ == 0) return p_ == end_ ? Token::kEnd : Token::kMalformed;
  if (p_ == end_) return Token::kMalformed;
  if (*p_ == '}') {
    if (!after_value_ && !may_close_) return Token::kMalformed;
    ++p_;
    --depth_;
    after_value_ = true;
    may_close_ = false;
    return Token::kClose;
  }
  if (after_value_) {
    if (*p_ != delimiter_) return Token::kMalformed;
    ++p_;
    after_value_ = false;
    if (p_ == end_) return Token::kMalformed;
  }
  return value();
}

ArrayReader::Token ArrayReader::value() {
  may_close_ = false;
  if (*p_ == '{') {
    if (depth_ == kMaxArrayDims) return Token::kMalformed;
    ++p_;
    ++depth_;
    may_close_ = true;
    return Token::kOpen;
  }
  const bool quoted = *p_ == '"';
  if (quoted) ++p_;
  const char* const start = p_;
  bool escaped = false;
  for (; p_ != end_; ++p_) {
    const char c = *p_;
    if (c == '\\') {
      escaped = true;
      if (++p_ == end_) return Token::kMalformed;
    } else if (quoted ? c == '"' : (c == delimiter_ || c == '}')) {
      break;
    } else if (!quoted && (c == '"' || c == '{')) {
      return Token::kMalformed;
    }
  }
  if (p_ == end_) return Token::kMalformed;
  element_ = {start, static_cast<std::size_t>(p_ - start)};
  if (quoted) ++p_;
  after_value_ = true;
  if (!quoted && element_.empty()) return Token::kMalformed;
  if (!quoted && is_null_word(element_)) return Token::kNull;
  if (escaped) {
    scratch_.clear();
    for (std::size_t i = 0; i < element_.size(); ++i) {
      if (element_[i] == '\\') ++i;  // never the last one: the loop above has looked
      scratch_ += element_[i];
    }
    element_ = scratch_;
  }
  return Token::kElement;
}

bool read_array_head(Cursor& cursor, ArrayHead& out) {
  std::int32_t dims = 0;
  std::int32_t has_nulls = 0;
  std::int32_t element = 0;  // the column says it too, and is believed
  if (!cursor.take_i32(dims) || !cursor.take_i32(has_nulls) || !cursor.take_i32(element)) return false;
  if (dims < 0 || static_cast<std::size_t>(dims) > kMaxArrayDims || has_nulls < 0 || has_nulls > 1)
    return false;
  out.dims = static_cast<std::size_t>(dims);
  std::size_t count = 1;
  for (std::size_t i = 0; i < out.dims; ++i) {
    std::int32_t size = 0;
    std::int32_t lower = 0;
    if (!cursor.take_i32(size) || !cursor.take_i32(lower) || size < 1) return false;
    out.sizes[i] = static_cast<std::size_t>(size);
    // Every element has at least its four bytes of length: more than that can not be there.
    if (out.sizes[i] > cursor.left() / 4 / count) return false;
    count *= out.sizes[i];
  }
  return true;
}

void append_array_element(std::string_view text, char delimiter, std::string& out) {
  bool quote = text.empty() || is_null_word(text);
  bool escape = false;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      escape = true;
    } else if (c == '{' || c == '}' || c == delimiter || is_space(c)) {
      quote = true;
    }
  }
  if (!quote && !escape) {
    out += text;
    return;
  }
  out += '"';
  if (!escape) {
    out += text;
  } else {
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

}  // namespace hdb::types
