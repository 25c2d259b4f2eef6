// Written by gen/ from api/docs.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/docs.hpp"
#include "generated/glue/error.gen.hpp"
#include "node/converter.hpp"

namespace hdb::node {

void define_book(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
