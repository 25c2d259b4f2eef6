// decode: one cell of a result → calls on a Sink, the visitor that makes the JavaScript value.
// Thread: any; pure: no I/O, no JavaScript, and no allocation but for large or escaped values.
// Not here: the Sink (node/), how a family of types is read (number, numeric, timestamp, bytea, json, array).
//
// A Sink gets exactly one value per cell:  value = scalar | begin_array value* end_array
//                                                | begin_object (key value)* end_object
//   null()  boolean(bool)  number(double)  int64(std::int64_t)      int64 is shown as a bigint
//   text(std::string_view)        UTF-8, not checked: a hostile server may send any bytes
//   text16(std::u16string_view)   json strings with a lone surrogate, which UTF-8 can not hold
//   ascii(std::string_view)       certainly ASCII: made here (uuid, numeric, timestamps)
//   bytes(std::string_view)       a Buffer
//   date_ms(double)               a Date, milliseconds since 1970 UTC; always a valid time value
//   begin_array(std::size_t size_hint)  end_array()      the hint may be 0; it never exceeds the cell's bytes
//   begin_object()  key(std::string_view)  key16(std::u16string_view)  end_object()
// Views are valid during the call only, unless they lie in the cell. Of equal keys the last wins, and a key
// may be "__proto__": define the property, do not assign it. Arrays nest at most 6 deep, json at most
// kMaxJsonDepth. After any status but kOk the sink holds an incomplete value: drop it. A sink that can not
// make a value (a text above V8's limit) keeps that to itself until decode() returns.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "api/result.hpp"
#include "types/array.hpp"
#include "types/bytea.hpp"
#include "types/decode_status.hpp"
#include "types/json.hpp"
#include "types/number.hpp"
#include "types/numeric.hpp"
#include "types/oid.hpp"
#include "types/timestamp.hpp"
#include "types/wire.hpp"

namespace hdb::types {

template <class S>
concept DecodeSink = requires(S& s, std::string_view v, std::u16string_view w) {
  s.null();
  s.boolean(true);
  s.number(1.0);
  s.int64(std::int64_t{1});
  s.text(v);
  s.text16(w);
  s.ascii(v);
  s.bytes(v);
  s.date_ms(1.0);
  s.begin_array(std::size_t{1});
  s.end_array();
  s.begin_object();
  s.key(v);
  s.key16(w);
  s.end_object();
};

/// Whether the binary form of this type can be read. `element` is 0 unless the type is an array.
/// A statement may ask for binary results only if this is true for every column and none has a custom parser.
bool has_binary_decoder(Oid type, Oid element);

/// Decided once per column, so that a cell costs one switch.
struct ColumnDecoder {
  Shape shape = Shape::kServerText;  // of the cell, or of the elements if it is an array
  bool is_array = false;
  bool binary = false;
  char delimiter = ',';
  Int8Mode int8 = Int8Mode::kBigint;
  TimestampMode timestamps = TimestampMode::kIso;

  static ColumnDecoder of(const Column& column, const DecodeOptions& options);
};

namespace detail {

template <class Sink>
DecodeStatus int8_value(Int8Mode mode, std::int64_t value, Sink& sink) {
  switch (mode) {
    case Int8Mode::kBigint:
      sink.int64(value);
      return DecodeStatus::kOk;
    case Int8Mode::kNumber:
      if (value > kMaxSafeInteger || value < -kMaxSafeInteger) return DecodeStatus::kInt8Unsafe;
      sink.number(static_cast<double>(value));
      return DecodeStatus::kOk;
    case Int8Mode::kString:
      break;
  }
  char buffer[kInt64Text];
  sink.ascii({buffer, format_int64(value, buffer)});
  return DecodeStatus::kOk;
}

template <class Sink>
DecodeStatus date_value(std::int64_t micros, Sink& sink) {
  if (is_infinite(micros)) return DecodeStatus::kDateInfinity;
  double ms = 0;
  if (!to_date_ms(micros, ms)) return DecodeStatus::kDateRange;
  sink.date_ms(ms);
  return DecodeStatus::kOk;
}

template <class Sink>
DecodeStatus timestamp_value(TimestampMode mode, std::int64_t micros, bool utc, Sink& sink) {
  if (mode == TimestampMode::kDate) return date_value(micros, sink);
  char buffer[kTimestampText];
  sink.ascii({buffer, format_timestamp(micros, utc, buffer)});
  return DecodeStatus::kOk;
}

template <class Sink>
DecodeStatus day_value(TimestampMode mode, std::int32_t days, Sink& sink) {
  if (mode == TimestampMode::kDate) {
    if (is_infinite(days)) return DecodeStatus::kDateInfinity;
    double ms = 0;
    if (!days_to_date_ms(days, ms)) return DecodeStatus::kDateRange;
    sink.date_ms(ms);
    return DecodeStatus::kOk;
  }
  char buffer[kTimestampText];
  sink.ascii({buffer, format_date(days, buffer)});
  return DecodeStatus::kOk;
}

template <class Number, class Sink>
DecodeStatus number_value(Number value, Sink& sink) {
  sink.number(value);
  return DecodeStatus::kOk;
}

template <class Sink>
DecodeStatus char_value(char c, Sink& sink) {
  char buffer[4];
  sink.ascii({buffer, format_char(c, buffer)});
  return DecodeStatus::kOk;
}

template <class Sink>
DecodeStatus numeric_value(std::string_view v, Sink& sink) {
  NumericHead head;
  if (!read_numeric_head(v, head)) return DecodeStatus::kMalformed;
  if (head.text_size <= kSmallNumeric) {
    char buffer[kSmallNumeric];
    sink.ascii({buffer, format_numeric(head, buffer)});
  } else {
    std::string large(head.text_size, '\0');
    large.resize(format_numeric(head, large.data()));
    sink.ascii(large);
  }
  return DecodeStatus::kOk;
}

template <class Sink>
DecodeStatus uuid_value(const char* bytes, Sink& sink) {
  char buffer[36];
  format_uuid(bytes, buffer);
  sink.ascii({buffer, 36});
  return DecodeStatus::kOk;
}

template <class Sink>
DecodeStatus time_value(bool zoned, std::string_view v, Sink& sink) {
  if (v.size() != (zoned ? 12u : 8u)) return DecodeStatus::kMalformed;
  char buffer[kTimestampText];
  const std::size_t size = zoned ? format_timetz(read_i64(v.data()), read_i32(v.data() + 8), buffer)
                                 : format_time(read_i64(v.data()), buffer);
  if (size == 0) return DecodeStatus::kMalformed;
  sink.ascii({buffer, size});
  return DecodeStatus::kOk;
}

template <class Sink>
DecodeStatus decode_binary(const ColumnDecoder& d, std::string_view v, Sink& sink) {
  switch (d.shape) {
    case Shape::kText:
      sink.text(v);
      return DecodeStatus::kOk;
    case Shape::kInt4:
      if (v.size() != 4) break;
      return number_value(read_i32(v.data()), sink);
    case Shape::kInt8:
      if (v.size() != 8) break;
      return int8_value(d.int8, read_i64(v.data()), sink);
    case Shape::kInt2:
      if (v.size() != 2) break;
      return number_value(read_i16(v.data()), sink);
    case Shape::kOid:
      if (v.size() != 4) break;
      return number_value(read_u32(v.data()), sink);
    case Shape::kBool:
      if (v.size() != 1) break;
      sink.boolean(v[0] != 0);
      return DecodeStatus::kOk;
    case Shape::kFloat8:
      if (v.size() != 8) break;
      return number_value(std::bit_cast<double>(read_u64(v.data())), sink);
    case Shape::kFloat4:
      if (v.size() != 4) break;
      return number_value(widen_float4(std::bit_cast<float>(read_u32(v.data()))), sink);
    case Shape::kNumeric:
      return numeric_value(v, sink);
    case Shape::kUuid:
      return v.size() == 16 ? uuid_value(v.data(), sink) : DecodeStatus::kMalformed;
    case Shape::kBytea:
      sink.bytes(v);
      return DecodeStatus::kOk;
    case Shape::kJson:
      return parse_json(v, sink);
    case Shape::kJsonb:
      if (v.empty() || v[0] != 1) break;  // the version of the binary form: always 1 so far
      return parse_json(v.substr(1), sink);
    case Shape::kTimestamptz:
    case Shape::kTimestamp:
      if (v.size() != 8) break;
      return timestamp_value(d.timestamps, read_i64(v.data()), d.shape == Shape::kTimestamptz, sink);
    case Shape::kDate:
      if (v.size() != 4) break;
      return day_value(d.timestamps, read_i32(v.data()), sink);
    case Shape::kTime:
    case Shape::kTimetz:
      return time_value(d.shape == Shape::kTimetz, v, sink);
    case Shape::kChar:
      return v.size() == 1 ? char_value(v[0], sink) : DecodeStatus::kMalformed;
    case Shape::kVoid:
      sink.null();
      return DecodeStatus::kOk;
    case Shape::kServerText:
      return DecodeStatus::kNoBinaryDecoder;
  }
  return DecodeStatus::kMalformed;
}

template <class Sink>
DecodeStatus integer_text(Shape shape, std::string_view v, Sink& sink) {
  const auto& range = shape == Shape::kInt2 ? kInt2Range : shape == Shape::kInt4 ? kInt4Range : kOidRange;
  std::int64_t value = 0;
  if (!parse_int64(v, value) || !fits(range, value)) return DecodeStatus::kMalformed;
  return number_value(static_cast<double>(value), sink);
}

/// The server's DateStyle is not ISO, so its text is shown as it is.
template <class Sink>
DecodeStatus other_date_style(TimestampMode mode, std::string_view v, Sink& sink) {
  if (mode == TimestampMode::kDate) return DecodeStatus::kDateNotIso;
  sink.text(v);
  return DecodeStatus::kOk;
}

template <class Sink>
DecodeStatus decode_text(const ColumnDecoder& d, std::string_view v, Sink& sink) {
  switch (d.shape) {
    case Shape::kServerText:
    case Shape::kText:
    case Shape::kNumeric:
    case Shape::kUuid:
    case Shape::kTime:
    case Shape::kTimetz:
      sink.text(v);
      return DecodeStatus::kOk;
    case Shape::kBool:
      if (v.size() != 1 || (v[0] != 't' && v[0] != 'f')) break;
      sink.boolean(v[0] == 't');
      return DecodeStatus::kOk;
    case Shape::kInt2:
    case Shape::kInt4:
    case Shape::kOid:
      return integer_text(d.shape, v, sink);
    case Shape::kInt8: {
      std::int64_t value = 0;
      return parse_int64(v, value) ? int8_value(d.int8, value, sink) : DecodeStatus::kMalformed;
    }
    case Shape::kFloat4:
    case Shape::kFloat8: {
      double value = 0;
      return parse_float(v, value) ? number_value(value, sink) : DecodeStatus::kMalformed;
    }
    case Shape::kBytea: {
      std::string decoded;
      if (!parse_bytea(v, decoded)) break;
      sink.bytes(decoded);
      return DecodeStatus::kOk;
    }
    case Shape::kJson:
    case Shape::kJsonb:
      return parse_json(v, sink);
    case Shape::kTimestamptz:
    case Shape::kTimestamp: {
      const bool utc = d.shape == Shape::kTimestamptz;
      std::int64_t micros = 0;
      return parse_timestamp(v, utc, micros) ? timestamp_value(d.timestamps, micros, utc, sink)
                                             : other_date_style(d.timestamps, v, sink);
    }
    case Shape::kDate: {
      std::int32_t days = 0;
      return parse_date(v, days) ? day_value(d.timestamps, days, sink)
                                 : other_date_style(d.timestamps, v, sink);
    }
    case Shape::kChar:
      if (v.size() == 1) return char_value(v[0], sink);
      sink.text(v);  // empty for the zero byte; "\ooo" from PostgreSQL 16 on for a byte above 127
      return DecodeStatus::kOk;
    case Shape::kVoid:
      sink.null();
      return DecodeStatus::kOk;
  }
  return DecodeStatus::kMalformed;
}

}  // namespace detail

template <DecodeSink Sink>
DecodeStatus decode(const ColumnDecoder& d, Cell cell, Sink& sink) {
  if (cell.is_null()) {
    sink.null();
    return DecodeStatus::kOk;
  }
  const std::string_view bytes(cell.data, static_cast<std::size_t>(cell.length));
  if (!d.is_array)
    return d.binary ? detail::decode_binary(d, bytes, sink) : detail::decode_text(d, bytes, sink);
  if (d.binary) {
    if (d.shape == Shape::kServerText) return DecodeStatus::kNoBinaryDecoder;
    return walk_binary_array(bytes, sink,
                             [&](std::string_view v) { return detail::decode_binary(d, v, sink); });
  }
  // The catalogue calls the type an array, but it prints otherwise: its own text.
  if (bytes.empty() || (bytes[0] != '{' && bytes[0] != '[')) {
    sink.text(bytes);
    return DecodeStatus::kOk;
  }
  return walk_text_array(bytes, d.delimiter, sink,
                         [&](std::string_view v) { return detail::decode_text(d, v, sink); });
}

/// The same for a single cell, without a decoder kept per column.
template <DecodeSink Sink>
DecodeStatus decode(const Column& column, Cell cell, const DecodeOptions& options, Sink& sink) {
  return decode(ColumnDecoder::of(column, options), cell, sink);
}

}  // namespace hdb::types
