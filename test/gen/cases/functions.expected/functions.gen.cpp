// Written by gen/ from api/functions.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/functions.gen.hpp"

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

napi_value thing_number(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Thing& self = ClassWrap<Thing>::unwrap(info);
    return Converter<std::int32_t>::to_js(env, self.number());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value call_parse_number(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    auto arg_text =
        Converter<std::string>::from_js(env, info[0], Path::argument("text"));
    auto result = hdb::parse_number(std::move(arg_text));
    if (!result.ok()) throw_error(env, std::move(result).error());
    return Converter<std::int32_t>::to_js(env, std::move(result).value());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value call_wait_for_number(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    auto arg_hint =
        Converter<std::optional<std::string>>::from_js(env, info[0], Path::argument("hint"));
    napi_value promise = nullptr;
    auto arg_done = make_promise<std::int32_t>(env, &promise);
    hdb::wait_for_number(std::move(arg_hint), std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

}  // namespace

void define_thing(Napi::Env env, Napi::Object exports) {
  ClassWrap<Thing>::define(env, exports, "Thing", {
      {"number", nullptr, thing_number, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

void define_functions_of_functions(Napi::Env env, Napi::Object exports) {
  napi_value call_parse_number_value = nullptr;
  check(env, napi_create_function(env, "parseNumber", NAPI_AUTO_LENGTH, call_parse_number, nullptr,
                                  &call_parse_number_value));
  exports.Set("parseNumber", Napi::Value(env, call_parse_number_value));
  napi_value call_wait_for_number_value = nullptr;
  check(env, napi_create_function(env, "waitForNumber", NAPI_AUTO_LENGTH, call_wait_for_number, nullptr,
                                  &call_wait_for_number_value));
  exports.Set("waitForNumber", Napi::Value(env, call_wait_for_number_value));
}

}  // namespace hdb::node
