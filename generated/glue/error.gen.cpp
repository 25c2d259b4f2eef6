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

Outcome Converter<Outcome>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'not-sent', 'not-executed', 'rolled-back', 'committed-locally', 'committed' or 'unknown'", value);
  const std::string text = string_from_js(env, value);
  if (text == "not-sent") return Outcome::kNotSent;
  if (text == "not-executed") return Outcome::kNotExecuted;
  if (text == "rolled-back") return Outcome::kRolledBack;
  if (text == "committed-locally") return Outcome::kCommittedLocally;
  if (text == "committed") return Outcome::kCommitted;
  if (text == "unknown") return Outcome::kUnknown;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'not-sent', 'not-executed', 'rolled-back', 'committed-locally', 'committed' or 'unknown' (got '" + text + "').");
}

napi_value Converter<Outcome>::to_js(Napi::Env env, Outcome value) {
  switch (value) {
    case Outcome::kNotSent:
      return string_to_js(env, "not-sent");
    case Outcome::kNotExecuted:
      return string_to_js(env, "not-executed");
    case Outcome::kRolledBack:
      return string_to_js(env, "rolled-back");
    case Outcome::kCommittedLocally:
      return string_to_js(env, "committed-locally");
    case Outcome::kCommitted:
      return string_to_js(env, "committed");
    case Outcome::kUnknown:
      return string_to_js(env, "unknown");
  }
  return env.Undefined();
}

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
