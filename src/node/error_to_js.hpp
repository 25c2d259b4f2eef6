// error_to_js: Error → an instance of the JavaScript class that its kind names.
// Thread: JS.
// Not here: the classes and how a message is put together (lib/errors.js).
#pragma once

#include <napi.h>

#include <string>

#include "api/error.hpp"

namespace hdb::node {

napi_value error_to_js(Napi::Env env, const Error& error);

/// Takes the pending exception. Undefined if there is none, because the environment is being terminated.
napi_value take_exception(Napi::Env env);

[[noreturn]] void throw_error(Napi::Env env, Error error);

/// The error for an invalid argument or option. `code` is one of Node's: ERR_INVALID_ARG_TYPE, ….
[[noreturn]] void throw_configuration_error(Napi::Env env, const char* code, std::string message);

/// Throws the pending exception if a Node-API call failed.
inline void check(Napi::Env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

}  // namespace hdb::node
