// Written by gen/ from api/option_fields.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/option_fields.hpp"
#include "generated/names/option_fields.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<InnerOptions> {
  static InnerOptions from_js(Napi::Env env, napi_value value, const Path& path);
};
template <>
struct Converter<OuterOptions> {
  static OuterOptions from_js(Napi::Env env, napi_value value, const Path& path);
};
void define_machine(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
