// Written by gen/ from api/enums.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/enums.hpp"
#include "generated/names/enums.hpp"
#include "node/converter.hpp"

namespace hdb::node {

void define_chooser(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
