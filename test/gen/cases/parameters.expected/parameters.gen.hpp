// Written by gen/ from api/parameters.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/parameters.hpp"
#include "generated/glue/error.gen.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<HowOptions> {
  static HowOptions from_js(Napi::Env env, napi_value value, const Path& path);
};
void define_taker(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
