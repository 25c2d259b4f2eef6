// Written by gen/ from api/records.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/records.gen.hpp"

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

napi_value Converter<Point>::to_js(Napi::Env env, const Point& value) {
  RecordWriter writer(env);
  writer.set("x", value.x);
  return writer.frozen();
}

napi_value Converter<Everything>::to_js(Napi::Env env, const Everything& value) {
  RecordWriter writer(env);
  writer.set("isOpen", value.is_open);
  writer.set("ratio", value.ratio);
  writer.set("count", value.count);
  writer.set("big", value.big);
  writer.set("text", value.text);
  writer.set("ageMs", value.age);
  writer.set("name", value.name);
  writer.set("points", value.points);
  writer.set("gaps", value.gaps);
  writer.set("counts", value.counts);
  writer.set("bytes", value.bytes);
  writer.set("either", value.either);
  writer.set("origin", value.origin);
  return writer.frozen();
}

}  // namespace hdb::node
