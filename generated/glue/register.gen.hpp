// Written by gen/ from api/*.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

namespace hdb::node {

/// Puts every class and function of the glue into the exports of the addon.
void register_glue(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
