// Written by gen/ from api/events.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/events.gen.hpp"

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

napi_value house_listen(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    House& self = ClassWrap<House>::unwrap(info);
    auto arg_listener =
        Converter<Callback<std::variant<GuestCameEvent, GuestLeftEvent>>>::from_js(env, info[0], Path::argument("listener"));
    self.listen(std::move(arg_listener));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

}  // namespace

napi_value Converter<GuestCameEvent>::to_js(Napi::Env env, const GuestCameEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("guestCame"));
  writer.set("name", value.name);
  return writer.frozen();
}

napi_value Converter<GuestLeftEvent>::to_js(Napi::Env env, const GuestLeftEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("guestLeft"));
  writer.set("name", value.name);
  return writer.frozen();
}

void define_house(Napi::Env env, Napi::Object exports) {
  ClassWrap<House>::define(env, exports, "House", {
      {"listen", nullptr, house_listen, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

}  // namespace hdb::node
