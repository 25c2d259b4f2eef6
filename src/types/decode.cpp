#include "types/decode.hpp"

#include <utility>

namespace hdb::types {

namespace {

std::string display_name(const Column& column) {
  if (!column.field.type_name.empty()) return column.field.type_name;
  std::string built_in = type_name(column.field.type_oid);
  return built_in.empty() ? std::to_string(column.field.type_oid) : built_in;
}

std::string_view reason(DecodeStatus status) {
  switch (status) {
    case DecodeStatus::kOk:
      break;
    case DecodeStatus::kMalformed:
      return "holds bytes that are no value of that type";
    case DecodeStatus::kInt8Unsafe:
      return "holds a value beyond 2^53 - 1, which a number cannot hold: ask for int8 as bigint or as string";
    case DecodeStatus::kDateInfinity:
      return "holds infinity, which a Date cannot hold: ask for timestamps as ISO strings";
    case DecodeStatus::kDateRange:
      return "holds a time that is beyond the range of a Date: ask for timestamps as ISO strings";
    case DecodeStatus::kDateNotIso:
      return "is not printed in ISO form, so it cannot be shown as a Date: set DateStyle to ISO";
    case DecodeStatus::kJsonTooDeep:
      return "holds JSON that is nested more than 1,000 levels deep: cast it to text";
    case DecodeStatus::kNoBinaryDecoder:
      return "came in binary form, which is not read for that type";
  }
  return "could not be decoded";
}
static_assert(kMaxJsonDepth == 1000, "the message above says so");

Shape shape_of(Oid type) {
  const BuiltInType* built_in = find_type(type);
  return built_in != nullptr ? built_in->shape() : Shape::kServerText;
}

}  // namespace

bool has_binary_decoder(Oid type, Oid element) {
  if (const BuiltInType* built_in = find_type(type)) return built_in->row->shape != Shape::kServerText;
  return element != 0 && shape_of(element) != Shape::kServerText;
}

ColumnDecoder ColumnDecoder::of(const Column& column, const DecodeOptions& options) {
  ColumnDecoder d;
  // Of a built-in type our table knows better: pg_type.typelem is also set for name, point and int2vector.
  if (const BuiltInType* built_in = find_type(column.field.type_oid)) {
    d.is_array = built_in->is_array;
    d.delimiter = built_in->row->delimiter;
    d.shape = built_in->row->shape;
  } else {
    d.is_array = column.element_oid != 0;
    d.delimiter = column.element_delimiter;
    if (d.is_array) d.shape = shape_of(column.element_oid);
  }
  d.binary = column.binary;
  d.int8 = options.int8;
  d.timestamps = options.timestamps;
  return d;
}

Error decode_error(const Column& column, DecodeStatus status) {
  std::string message = "Column \"" + column.field.name + "\" of type " + display_name(column) + " ";
  message += reason(status);
  message += '.';
  return Error::make(ErrorKind::kResult, std::move(message), Outcome::kCommitted);
}

}  // namespace hdb::types
