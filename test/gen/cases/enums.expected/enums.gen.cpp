// Written by gen/ from api/enums.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/enums.gen.hpp"

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

napi_value chooser_choose(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Chooser& self = ClassWrap<Chooser>::unwrap(info);
    auto arg_mode =
        Converter<Mode>::from_js(env, info[0], Path::argument("mode"));
    auto arg_fallback =
        Converter<std::optional<Single>>::from_js(env, info[1], Path::argument("fallback"));
    return Converter<Mode>::to_js(env, self.choose(std::move(arg_mode), std::move(arg_fallback)));
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

}  // namespace

Mode Converter<Mode>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'read-write', 'any' or 'certificate'", value);
  const std::string text = string_from_js(env, value);
  if (text == "read-write") return Mode::kReadWrite;
  if (text == "any") return Mode::kAny;
  if (text == "certificate") return Mode::kX509;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'read-write', 'any' or 'certificate' (got '" + text + "').");
}

napi_value Converter<Mode>::to_js(Napi::Env env, Mode value) {
  switch (value) {
    case Mode::kReadWrite:
      return string_to_js(env, "read-write");
    case Mode::kAny:
      return string_to_js(env, "any");
    case Mode::kX509:
      return string_to_js(env, "certificate");
  }
  return env.Undefined();
}

Single Converter<Single>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'one'", value);
  const std::string text = string_from_js(env, value);
  if (text == "one") return Single::kOne;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'one' (got '" + text + "').");
}

napi_value Converter<Single>::to_js(Napi::Env env, Single value) {
  switch (value) {
    case Single::kOne:
      return string_to_js(env, "one");
  }
  return env.Undefined();
}

void define_chooser(Napi::Env env, Napi::Object exports) {
  ClassWrap<Chooser>::define(env, exports, "Chooser", {
      {"choose", nullptr, chooser_choose, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

}  // namespace hdb::node
