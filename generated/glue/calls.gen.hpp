// Written by gen/ from api/*.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

namespace hdb::node {

/// How a call that failed ends: a synchronous one throws,
inline napi_value thrown(napi_env env, const Napi::Error& error) {
  napi_throw(env, error.Value());
  return nullptr;
}

/// an asynchronous one returns a promise that is rejected.
inline napi_value rejected(napi_env env, const Napi::Error& error) {
  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
  if (napi_create_promise(env, &deferred, &promise) == napi_ok) napi_reject_deferred(env, deferred, error.Value());
  return promise;
}

}  // namespace hdb::node
