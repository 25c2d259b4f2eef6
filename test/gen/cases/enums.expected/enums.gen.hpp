// Written by gen/ from api/enums.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/enums.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<Mode> {
  static Mode from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, Mode value);
};
template <>
struct Converter<Single> {
  static Single from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, Single value);
};
void define_chooser(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
