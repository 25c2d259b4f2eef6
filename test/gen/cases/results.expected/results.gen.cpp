// Written by gen/ from api/results.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/results.gen.hpp"

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

napi_value giver_nothing(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    self.nothing();
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value giver_value(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    return Converter<std::string>::to_js(env, self.value());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value giver_maybe(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    return Converter<std::optional<Pair>>::to_js(env, self.maybe());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value giver_list(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    return Converter<std::vector<Pair>>::to_js(env, self.list());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value giver_fallible(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    auto result = self.fallible();
    if (!result.ok()) throw_error(env, std::move(result).error());
    return Converter<std::int64_t>::to_js(env, std::move(result).value());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value giver_fallible_nothing(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    auto result = self.fallible_nothing();
    if (!result.ok()) throw_error(env, std::move(result).error());
    return Converter<Unit>::to_js(env, std::move(result).value());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value giver_later(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    napi_value promise = nullptr;
    auto arg_done = make_promise<Unit>(env, &promise);
    self.later(std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value giver_later_value(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    napi_value promise = nullptr;
    auto arg_done = make_promise<std::map<std::string, Bytes>>(env, &promise);
    self.later_value(std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value giver_later_object(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    napi_value promise = nullptr;
    auto arg_done = make_promise<std::shared_ptr<Giver>>(env, &promise);
    self.later_object(std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value giver_later_duration(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    napi_value promise = nullptr;
    auto arg_done = make_promise<std::optional<std::chrono::milliseconds>>(env, &promise);
    self.later_duration(std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value giver_later_rows(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Giver& self = ClassWrap<Giver>::unwrap(info);
    napi_value promise = nullptr;
    auto arg_done = make_promise<ResultSet>(env, &promise);
    self.later_rows(std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

}  // namespace

napi_value Converter<Pair>::to_js(Napi::Env env, const Pair& value) {
  RecordWriter writer(env);
  writer.set("left", value.left);
  writer.set("right", value.right);
  return writer.frozen();
}

void define_giver(Napi::Env env, Napi::Object exports) {
  ClassWrap<Giver>::define(env, exports, "Giver", {
      {"nothing", nullptr, giver_nothing, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"value", nullptr, giver_value, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"maybe", nullptr, giver_maybe, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"list", nullptr, giver_list, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"fallible", nullptr, giver_fallible, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"fallibleNothing", nullptr, giver_fallible_nothing, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"later", nullptr, giver_later, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"laterValue", nullptr, giver_later_value, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"laterObject", nullptr, giver_later_object, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"laterDuration", nullptr, giver_later_duration, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"laterRows", nullptr, giver_later_rows, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

}  // namespace hdb::node
