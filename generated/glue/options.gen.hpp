// Written by gen/ from api/options.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/options.hpp"
#include "generated/glue/error.gen.hpp"
#include "generated/glue/result.gen.hpp"
#include "generated/names/options.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<SslOptions> {
  static SslOptions from_js(Napi::Env env, napi_value value, const Path& path);
};
template <>
struct Converter<RetryOptions> {
  static RetryOptions from_js(Napi::Env env, napi_value value, const Path& path);
};
template <>
struct Converter<PasswordTarget> {
  static napi_value to_js(Napi::Env env, const PasswordTarget& value);
};
template <>
struct Converter<PoolOptions> {
  static PoolOptions from_js(Napi::Env env, napi_value value, const Path& path);
};
template <>
struct Converter<QueryOptions> {
  static QueryOptions from_js(Napi::Env env, napi_value value, const Path& path);
};
template <>
struct Converter<TransactionOptions> {
  static TransactionOptions from_js(Napi::Env env, napi_value value, const Path& path);
};
template <>
struct Converter<BatchOptions> {
  static BatchOptions from_js(Napi::Env env, napi_value value, const Path& path);
};
template <>
struct Converter<InsertOptions> {
  static InsertOptions from_js(Napi::Env env, napi_value value, const Path& path);
};
template <>
struct Converter<EndOptions> {
  static EndOptions from_js(Napi::Env env, napi_value value, const Path& path);
};

}  // namespace hdb::node
