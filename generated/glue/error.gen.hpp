// Written by gen/ from api/error.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/error.hpp"
#include "generated/names/error.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<ServerReport> {
  static napi_value to_js(Napi::Env env, const ServerReport& value);
};

}  // namespace hdb::node
