// Written by gen/ from api/result.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/result.hpp"
#include "generated/names/result.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<Field> {
  static napi_value to_js(Napi::Env env, const Field& value);
};
template <>
struct Converter<ParameterType> {
  static napi_value to_js(Napi::Env env, const ParameterType& value);
};
template <>
struct Converter<StatementDescription> {
  static napi_value to_js(Napi::Env env, const StatementDescription& value);
};

}  // namespace hdb::node
