// Written by gen/ from api/error.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/error.gen.hpp"

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

napi_value Converter<ServerReport>::to_js(Napi::Env env, const ServerReport& value) {
  RecordWriter writer(env);
  writer.set("sqlstate", value.sqlstate);
  writer.set("severity", value.severity);
  writer.set("message", value.message);
  writer.set("detail", value.detail);
  writer.set("hint", value.hint);
  writer.set("position", value.position);
  writer.set("internalPosition", value.internal_position);
  writer.set("internalQuery", value.internal_query);
  writer.set("where", value.where);
  writer.set("schema", value.schema);
  writer.set("table", value.table);
  writer.set("column", value.column);
  writer.set("dataType", value.data_type);
  writer.set("constraint", value.constraint);
  writer.set("file", value.file);
  writer.set("line", value.line);
  writer.set("routine", value.routine);
  return writer.frozen();
}

}  // namespace hdb::node
