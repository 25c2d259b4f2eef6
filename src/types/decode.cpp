#include "types/decode.hpp"

#include <utility>

namespace hdb::types {

namespace {

std::string display_name(const Column& column) {
  if (!column.field.type_name.empty()) return column.field.type_name;
  const std::string_view built_in = type_name(column.field.type_oid);
  return built_in.empty() ? std::to_string(column.field.type_oid) : std::string(built_in);
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

}  // namespace

Shape shape_of(Oid type) {
  switch (type) {
    case oids::kText:
    case oids::kVarchar:
    case oids::kBpchar:
    case oids::kName:
    case oids::kUnknown:
    case oids::kCstring:
      return Shape::kText;
    case oids::kChar:
      return Shape::kChar;
    case oids::kBool:
      return Shape::kBool;
    case oids::kInt2:
      return Shape::kInt2;
    case oids::kInt4:
      return Shape::kInt4;
    case oids::kOid:
      return Shape::kOid;
    case oids::kInt8:
      return Shape::kInt8;
    case oids::kFloat4:
      return Shape::kFloat4;
    case oids::kFloat8:
      return Shape::kFloat8;
    case oids::kNumeric:
      return Shape::kNumeric;
    case oids::kUuid:
      return Shape::kUuid;
    case oids::kBytea:
      return Shape::kBytea;
    case oids::kJson:
      return Shape::kJson;
    case oids::kJsonb:
      return Shape::kJsonb;
    case oids::kTimestamptz:
      return Shape::kTimestamptz;
    case oids::kTimestamp:
      return Shape::kTimestamp;
    case oids::kDate:
      return Shape::kDate;
    case oids::kTime:
      return Shape::kTime;
    case oids::kTimetz:
      return Shape::kTimetz;
    case oids::kVoid:
      return Shape::kVoid;
    default:  // xml too: its binary form differs from its text by the encoding declaration
      return Shape::kServerText;
  }
}

bool has_binary_decoder(Oid type, Oid element) {
  if (const TypeInfo* built_in = find_type(type)) element = built_in->element;
  return shape_of(element != 0 ? element : type) != Shape::kServerText;
}

ColumnDecoder ColumnDecoder::of(const Column& column, const DecodeOptions& options) {
  ColumnDecoder d;
  Oid element = column.element_oid;
  d.delimiter = column.element_delimiter;
  // Of a built-in type our table knows better: pg_type.typelem is also set for name, point and int2vector.
  if (const TypeInfo* built_in = find_type(column.field.type_oid)) {
    element = built_in->element;
    d.delimiter = built_in->delimiter;
  }
  d.is_array = element != 0;
  d.shape = shape_of(d.is_array ? element : column.field.type_oid);
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
