// Written by gen/ from api/transaction.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/transaction.hpp"
#include "generated/glue/error.gen.hpp"
#include "generated/glue/options.gen.hpp"
#include "generated/glue/result.gen.hpp"
#include "node/converter.hpp"

namespace hdb::node {

void define_transaction(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
