// Written by gen/ from api/result.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/result.gen.hpp"

#include <string>
#include <utility>

#include "generated/glue/calls.gen.hpp"
#include "node/class_wrap.hpp"
#include "node/convert.hpp"
#include "node/error_to_js.hpp"
#include "node/options_reader.hpp"
#include "node/promise.hpp"
#include "node/record_writer.hpp"

namespace hdb::node {

Int8Mode Converter<Int8Mode>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'bigint', 'number' or 'string'", value);
  const std::string text = string_from_js(env, value);
  if (text == "bigint") return Int8Mode::kBigint;
  if (text == "number") return Int8Mode::kNumber;
  if (text == "string") return Int8Mode::kString;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'bigint', 'number' or 'string' (got '" + text + "').");
}

napi_value Converter<Int8Mode>::to_js(Napi::Env env, Int8Mode value) {
  switch (value) {
    case Int8Mode::kBigint:
      return string_to_js(env, "bigint");
    case Int8Mode::kNumber:
      return string_to_js(env, "number");
    case Int8Mode::kString:
      return string_to_js(env, "string");
  }
  return env.Undefined();
}

TimestampMode Converter<TimestampMode>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'iso' or 'date'", value);
  const std::string text = string_from_js(env, value);
  if (text == "iso") return TimestampMode::kIso;
  if (text == "date") return TimestampMode::kDate;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'iso' or 'date' (got '" + text + "').");
}

napi_value Converter<TimestampMode>::to_js(Napi::Env env, TimestampMode value) {
  switch (value) {
    case TimestampMode::kIso:
      return string_to_js(env, "iso");
    case TimestampMode::kDate:
      return string_to_js(env, "date");
  }
  return env.Undefined();
}

RowMode Converter<RowMode>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'object' or 'array'", value);
  const std::string text = string_from_js(env, value);
  if (text == "object") return RowMode::kObject;
  if (text == "array") return RowMode::kArray;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'object' or 'array' (got '" + text + "').");
}

napi_value Converter<RowMode>::to_js(Napi::Env env, RowMode value) {
  switch (value) {
    case RowMode::kObject:
      return string_to_js(env, "object");
    case RowMode::kArray:
      return string_to_js(env, "array");
  }
  return env.Undefined();
}

napi_value Converter<Field>::to_js(Napi::Env env, const Field& value) {
  RecordWriter writer(env);
  writer.set("name", value.name);
  writer.set("typeOid", value.type_oid);
  writer.set("typeName", value.type_name);
  writer.set("typeModifier", value.type_modifier);
  writer.set("tableOid", value.table_oid);
  writer.set("columnNumber", value.column_number);
  return writer.frozen();
}

napi_value Converter<ParameterType>::to_js(Napi::Env env, const ParameterType& value) {
  RecordWriter writer(env);
  writer.set("typeOid", value.type_oid);
  writer.set("typeName", value.type_name);
  writer.set("baseTypeOid", value.base_type_oid);
  writer.set("baseTypeName", value.base_type_name);
  return writer.frozen();
}

napi_value Converter<StatementDescription>::to_js(Napi::Env env, const StatementDescription& value) {
  RecordWriter writer(env);
  writer.set("params", value.params);
  writer.set("fields", value.fields);
  return writer.frozen();
}

}  // namespace hdb::node
