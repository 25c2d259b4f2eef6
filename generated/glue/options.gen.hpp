// Written by gen/ from api/options.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/options.hpp"
#include "generated/glue/error.gen.hpp"
#include "generated/glue/result.gen.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<Mode> {
  static Mode from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, Mode value);
};
template <>
struct Converter<IsolationLevel> {
  static IsolationLevel from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, IsolationLevel value);
};
template <>
struct Converter<OnUnreplicated> {
  static OnUnreplicated from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, OnUnreplicated value);
};
template <>
struct Converter<SslMode> {
  static SslMode from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, SslMode value);
};
template <>
struct Converter<SslNegotiation> {
  static SslNegotiation from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, SslNegotiation value);
};
template <>
struct Converter<SslCertMode> {
  static SslCertMode from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, SslCertMode value);
};
template <>
struct Converter<ChannelBinding> {
  static ChannelBinding from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, ChannelBinding value);
};
template <>
struct Converter<TlsVersion> {
  static TlsVersion from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, TlsVersion value);
};
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
