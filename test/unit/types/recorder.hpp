// Recorder: a Sink that writes down what it was told, so that tests compare texts.
// Thread: any; for tests.
// Not here: JavaScript. What a recorder writes: null true 1.5 5n "text" bytes:00ff date:123 [1,2] {"a":1}
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "types/decode.hpp"

namespace hdb::types {

class Recorder {
 public:
  std::string out;
  bool was_ascii = false;  // the last text came by ascii()

  void null() { put("null"); }
  void boolean(bool value) { put(value ? "true" : "false"); }
  void number(double value) {
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.17g", value);
    put(std::isnan(value) ? "nan" : buffer);  // no NaN's sign: JavaScript has none
  }
  void int64(std::int64_t value) { put(std::to_string(value) + "n"); }
  void text(std::string_view value) {
    was_ascii = false;
    put(quoted(value));
  }
  void text16(std::u16string_view value) { put("u16:" + units(value)); }
  void ascii(std::string_view value) {
    was_ascii = true;
    for (const char c : value) HDB_CHECK(static_cast<unsigned char>(c) < 0x80);
    put(quoted(value));
  }
  void bytes(std::string_view value) {
    std::string hex = "bytes:";
    append_bytea_hex(value, hex);
    put(hex.erase(6, 2));
  }
  void date_ms(double value) {
    HDB_CHECK(std::fabs(value) <= 8.64e15 && value == std::floor(value));
    put("date:" + std::to_string(static_cast<std::int64_t>(value)));
  }
  void begin_array(std::size_t) { open('['); }
  void end_array() { close('[', ']'); }
  void begin_object() { open('{'); }
  void key(std::string_view value) { put_key(quoted(value)); }
  void key16(std::u16string_view value) { put_key("u16:" + units(value)); }
  void end_object() { close('{', '}'); }

  bool is_complete() const { return depth_.empty() && values_ == 1; }

 private:
  static std::string quoted(std::string_view value) { return '"' + std::string(value) + '"'; }
  static std::string units(std::u16string_view value) {
    std::string hex;
    char buffer[8];
    for (const char16_t unit : value) {
      std::snprintf(buffer, sizeof buffer, "%04x", static_cast<unsigned>(unit));
      hex += buffer;
    }
    return hex;
  }
  // The grammar that decode.hpp promises is checked on the way.
  void begin_value() {
    if (depth_.empty()) {
      HDB_CHECK(values_++ == 0);
    } else if (depth_.back() == '[') {
      comma();
    } else {
      HDB_CHECK(has_key_);
      has_key_ = false;
    }
  }
  void comma() {
    if (!fresh_) out += ',';
    fresh_ = false;
  }
  void put(std::string_view text_of_value) {
    begin_value();
    out += text_of_value;
    fresh_ = false;
  }
  void put_key(const std::string& key_text) {
    HDB_CHECK(!depth_.empty() && depth_.back() == '{' && !has_key_);
    comma();
    out += key_text + ":";
    has_key_ = true;
  }
  void open(char bracket) {
    begin_value();
    depth_ += bracket;
    out += bracket;
    fresh_ = true;
  }
  void close(char open_bracket, char close_bracket) {
    HDB_CHECK(!depth_.empty() && depth_.back() == open_bracket && !has_key_);
    depth_.pop_back();
    out += close_bracket;
    fresh_ = false;
  }

  std::string depth_;
  int values_ = 0;
  bool has_key_ = false;
  bool fresh_ = false;  // a container was just opened
};

inline Column column_of(Oid type, bool binary) {
  Column column;
  column.field.name = "c";
  column.field.type_oid = type;
  column.binary = binary;
  return column;
}

inline Cell cell_of(std::string_view bytes) {
  return {bytes.data(), static_cast<std::int32_t>(bytes.size())};
}

/// What a cell decodes to, or "!" and the number of the status.
inline std::string decoded(Oid type, bool binary, std::string_view bytes, DecodeOptions options = {}) {
  Recorder recorder;
  const DecodeStatus status = decode(column_of(type, binary), cell_of(bytes), options, recorder);
  if (status != DecodeStatus::kOk) return "!" + std::to_string(static_cast<int>(status));
  HDB_CHECK(recorder.is_complete());
  return recorder.out;
}
inline std::string from_text(Oid type, std::string_view bytes, DecodeOptions options = {}) {
  return decoded(type, false, bytes, options);
}
inline std::string from_binary(Oid type, std::string_view bytes, DecodeOptions options = {}) {
  return decoded(type, true, bytes, options);
}
inline std::string status_text(DecodeStatus status) { return "!" + std::to_string(static_cast<int>(status)); }

/// Big-endian bytes.
inline std::string wire(std::uint64_t value, int size) {
  std::string bytes;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

}  // namespace hdb::types
