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

void define_chooser(Napi::Env env, Napi::Object exports) {
  ClassWrap<Chooser>::define(env, exports, "Chooser", {
      {"choose", nullptr, chooser_choose, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

}  // namespace hdb::node
