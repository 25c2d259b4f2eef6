// Written by gen/ from api/parameters.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/parameters.gen.hpp"

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

napi_value taker_scalars(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Taker& self = ClassWrap<Taker>::unwrap(info);
    auto arg_yes =
        Converter<bool>::from_js(env, info[0], Path::argument("yes"));
    auto arg_ratio =
        Converter<double>::from_js(env, info[1], Path::argument("ratio"));
    auto arg_text =
        Converter<std::string>::from_js(env, info[2], Path::argument("text"));
    auto arg_small =
        Converter<std::int16_t>::from_js(env, info[3], Path::argument("small"));
    auto arg_port =
        Converter<std::uint16_t>::from_js(env, info[4], Path::argument("port"));
    auto arg_count =
        Converter<std::int32_t>::from_js(env, info[5], Path::argument("count"));
    auto arg_oid =
        Converter<std::uint32_t>::from_js(env, info[6], Path::argument("oid"));
    auto arg_big =
        Converter<std::int64_t>::from_js(env, info[7], Path::argument("big"));
    auto arg_delay =
        Converter<std::chrono::milliseconds>::from_js(env, info[8], Path::argument("delayMs"));
    self.scalars(std::move(arg_yes), std::move(arg_ratio), std::move(arg_text), std::move(arg_small), std::move(arg_port), std::move(arg_count), std::move(arg_oid), std::move(arg_big), std::move(arg_delay));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value taker_absent(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Taker& self = ClassWrap<Taker>::unwrap(info);
    auto arg_first =
        Converter<std::optional<std::string>>::from_js(env, info[0], Path::argument("first"));
    auto arg_second =
        Converter<bool>::from_js(env, info[1], Path::argument("second"));
    auto arg_third =
        Converter<std::optional<std::chrono::milliseconds>>::from_js(env, info[2], Path::argument("thirdMs"));
    auto arg_times =
        info[3].IsUndefined() ? std::int32_t{3} : Converter<std::int32_t>::from_js(env, info[3], Path::argument("times"));
    auto arg_names =
        info[4].IsUndefined() ? std::vector<std::string>{} : Converter<std::vector<std::string>>::from_js(env, info[4], Path::argument("names"));
    auto arg_how =
        Converter<HowOptions>::from_js(env, info[5], Path::argument("how"));
    self.absent(std::move(arg_first), std::move(arg_second), std::move(arg_third), std::move(arg_times), std::move(arg_names), std::move(arg_how));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value taker_containers(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Taker& self = ClassWrap<Taker>::unwrap(info);
    auto arg_names =
        Converter<std::vector<std::string>>::from_js(env, info[0], Path::argument("names"));
    auto arg_settings =
        Converter<std::map<std::string, double>>::from_js(env, info[1], Path::argument("settings"));
    auto arg_nested =
        Converter<std::vector<std::vector<std::optional<std::int32_t>>>>::from_js(env, info[2], Path::argument("nested"));
    auto arg_values =
        info[3].IsUndefined() ? std::vector<Value>{} : Converter<std::vector<Value>>::from_js(env, info[3], Path::argument("values"));
    self.containers(std::move(arg_names), std::move(arg_settings), std::move(arg_nested), std::move(arg_values));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value taker_opaque(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Taker& self = ClassWrap<Taker>::unwrap(info);
    auto arg_value =
        Converter<Value>::from_js(env, info[0], Path::argument("value"));
    auto arg_bytes =
        Converter<Bytes>::from_js(env, info[1], Path::argument("bytes"));
    auto arg_signal =
        Converter<CancelToken>::from_js(env, info[2], Path::argument("signal"));
    auto arg_listener =
        Converter<Callback<std::string, bool>>::from_js(env, info[3], Path::argument("listener"));
    self.opaque(std::move(arg_value), std::move(arg_bytes), std::move(arg_signal), std::move(arg_listener));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

}  // namespace

HowOptions Converter<HowOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  HowOptions out;
  OptionsReader reader(env, value, path, "HowOptions",
                       {"hammer"});
  reader.read("hammer", out.hammer);
  return out;
}

void define_taker(Napi::Env env, Napi::Object exports) {
  ClassWrap<Taker>::define(env, exports, "Taker", {
      {"scalars", nullptr, taker_scalars, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"absent", nullptr, taker_absent, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"containers", nullptr, taker_containers, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"opaque", nullptr, taker_opaque, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

}  // namespace hdb::node
