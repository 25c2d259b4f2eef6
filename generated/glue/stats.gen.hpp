// Written by gen/ from api/stats.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/stats.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<Histogram> {
  static napi_value to_js(Napi::Env env, const Histogram& value);
};
template <>
struct Converter<StatementCounts> {
  static napi_value to_js(Napi::Env env, const StatementCounts& value);
};
template <>
struct Converter<TransactionCounts> {
  static napi_value to_js(Napi::Env env, const TransactionCounts& value);
};
template <>
struct Converter<RetryCounts> {
  static napi_value to_js(Napi::Env env, const RetryCounts& value);
};
template <>
struct Converter<EvictionCounts> {
  static napi_value to_js(Napi::Env env, const EvictionCounts& value);
};
template <>
struct Converter<HostStats> {
  static napi_value to_js(Napi::Env env, const HostStats& value);
};
template <>
struct Converter<AcquireFailureCounts> {
  static napi_value to_js(Napi::Env env, const AcquireFailureCounts& value);
};
template <>
struct Converter<PoolStats> {
  static napi_value to_js(Napi::Env env, const PoolStats& value);
};
template <>
struct Converter<PoolHealth> {
  static napi_value to_js(Napi::Env env, const PoolHealth& value);
};

}  // namespace hdb::node
