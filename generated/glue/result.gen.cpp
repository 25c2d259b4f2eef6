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
