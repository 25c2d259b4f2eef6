// Written by gen/ from api/class.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/class.gen.hpp"

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

napi_value door_make_door(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    auto arg_name =
        Converter<std::string>::from_js(env, info[0], Path::argument("name"));
    auto result = Door::make_door(std::move(arg_name));
    if (!result.ok()) throw_error(env, std::move(result).error());
    return Converter<std::shared_ptr<Door>>::to_js(env, std::move(result).value());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value door_open(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Door& self = ClassWrap<Door>::unwrap(info);
    self.open();
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value door_width(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Door& self = ClassWrap<Door>::unwrap(info);
    return Converter<double>::to_js(env, self.width());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value door_beside(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Door& self = ClassWrap<Door>::unwrap(info);
    auto arg_other_door =
        Converter<std::shared_ptr<Door>>::from_js(env, info[0], Path::argument("otherDoor"));
    return Converter<std::shared_ptr<Door>>::to_js(env, self.beside(std::move(arg_other_door)));
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value door_ask(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Door& self = ClassWrap<Door>::unwrap(info);
    auto arg_question =
        Converter<std::string>::from_js(env, info[0], Path::argument("question"));
    auto arg_params =
        info[1].IsUndefined() ? std::vector<Value>{} : Converter<std::vector<Value>>::from_js(env, info[1], Path::argument("params"));
    napi_value promise = nullptr;
    auto arg_done = make_promise<ResultSet>(env, &promise);
    self.ask(std::move(arg_question), std::move(arg_params), std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value door_close(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Door& self = ClassWrap<Door>::unwrap(info);
    self.close();
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value door_on_knock(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Door& self = ClassWrap<Door>::unwrap(info);
    auto arg_listener =
        Converter<Callback<std::int32_t, std::string>>::from_js(env, info[0], Path::argument("listener"));
    self.on_knock(std::move(arg_listener));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

}  // namespace

void define_door(Napi::Env env, Napi::Object exports) {
  ClassWrap<Door>::define(env, exports, "Door", {
      {"makeDoor", nullptr, door_make_door, nullptr, nullptr, nullptr, napi_static, nullptr},
      {"open", nullptr, door_open, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"width", nullptr, door_width, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"beside", nullptr, door_beside, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"ask", nullptr, door_ask, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"shut", nullptr, door_close, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"onKnock", nullptr, door_on_knock, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

}  // namespace hdb::node
