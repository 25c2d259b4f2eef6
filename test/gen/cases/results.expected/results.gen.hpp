// Written by gen/ from api/results.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/results.hpp"
#include "generated/glue/error.gen.hpp"
#include "generated/glue/result.gen.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<Pair> {
  static napi_value to_js(Napi::Env env, const Pair& value);
};
void define_giver(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
