// Written by gen/ from api/functions.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/functions.hpp"
#include "generated/glue/error.gen.hpp"
#include "node/converter.hpp"

namespace hdb::node {

void define_thing(Napi::Env env, Napi::Object exports);
void define_functions_of_functions(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
