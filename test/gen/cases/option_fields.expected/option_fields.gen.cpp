// Written by gen/ from api/option_fields.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/option_fields.gen.hpp"

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

namespace {

napi_value machine_start(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Machine& self = ClassWrap<Machine>::unwrap(info);
    auto arg_options =
        Converter<OuterOptions>::from_js(env, info[0], Path::argument("options"));
    self.start(std::move(arg_options));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

}  // namespace

InnerOptions Converter<InnerOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  InnerOptions out;
  OptionsReader reader(env, value, path, "InnerOptions",
                       {"depth"});
  reader.read("depth", out.depth, Range{-1, 1000});
  return out;
}

OuterOptions Converter<OuterOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  OuterOptions out;
  OptionsReader reader(env, value, path, "OuterOptions",
                       {"keepAlive", "poolSize", "port", "ratio", "limit", "connectTimeoutMs", "timeoutMs", "applicationName", "speed", "names", "settings", "inner", "signal", "class", "share", "tableId", "onTurn", "table"});
  reader.read("keepAlive", out.keep_alive);
  reader.read("poolSize", out.pool_size, Range{1, 10000});
  reader.read("port", out.port, Range{1, 65535});
  reader.read("ratio", out.ratio, Range{0, 0.5});
  reader.read("limit", out.limit);
  reader.read("connectTimeoutMs", out.connect_timeout);
  reader.read("timeoutMs", out.timeout);
  reader.read("applicationName", out.application_name);
  reader.read("speed", out.speed);
  reader.read("names", out.names);
  reader.read("settings", out.settings);
  reader.read("inner", out.inner);
  reader.read("signal", out.signal);
  reader.read("class", out.klass);
  reader.read("share", out.share);
  reader.read("tableId", out.table_id);
  reader.read("onTurn", out.on_turn);
  return out;
}

void define_machine(Napi::Env env, Napi::Object exports) {
  ClassWrap<Machine>::define(env, exports, "Machine", {
      {"start", nullptr, machine_start, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

}  // namespace hdb::node
