// Written by gen/ from api/pool.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/pool.hpp"
#include "generated/glue/cluster.gen.hpp"
#include "generated/glue/error.gen.hpp"
#include "generated/glue/options.gen.hpp"
#include "generated/glue/result.gen.hpp"
#include "generated/glue/stats.gen.hpp"
#include "generated/glue/transaction.gen.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<PoolStatus> {
  static napi_value to_js(Napi::Env env, const PoolStatus& value);
};
void define_pool(Napi::Env env, Napi::Object exports);

}  // namespace hdb::node
