// Written by gen/ from api/events.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/events.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<GuestCameEvent> {
  static napi_value to_js(Napi::Env env, const GuestCameEvent& value);
};
template <>
struct Converter<GuestLeftEvent> {
  static napi_value to_js(Napi::Env env, const GuestLeftEvent& value);
};
void define_house(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
