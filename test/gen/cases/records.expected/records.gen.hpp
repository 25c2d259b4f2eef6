// Written by gen/ from api/records.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/records.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<Point> {
  static napi_value to_js(Napi::Env env, const Point& value);
};
template <>
struct Converter<Everything> {
  static napi_value to_js(Napi::Env env, const Everything& value);
};

}  // namespace hdb::node
