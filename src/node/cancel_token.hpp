// CancelToken in JavaScript: an opaque object that lib/abort.js makes for an AbortSignal and cancels once.
// Thread: JS.
#pragma once

#include <napi.h>

#include "base/cancel_token.hpp"
#include "node/class_wrap.hpp"

namespace hdb::node {

/// undefined and null: nobody can cancel.
template <>
struct Converter<CancelToken> {
  static CancelToken from_js(Napi::Env env, napi_value value, const Path&) {
    return is_nullish(env, value) ? CancelToken() : *ClassWrap<CancelToken>::held(env, value);
  }
};

/// exports.CancelToken, made by `CancelToken.make()`, with one method, `cancel()`.
inline void define_cancel_token(Napi::Env env, Napi::Object exports) {
  const auto make = [](napi_env e, napi_callback_info) -> napi_value {
    try {
      return ClassWrap<CancelToken>::wrap(e, std::make_shared<CancelToken>(CancelToken::make()));
    } catch (const Napi::Error&) {
      return nullptr;
    }
  };
  const auto cancel = [](napi_env e, napi_callback_info info) -> napi_value {
    try {
      ClassWrap<CancelToken>::unwrap(Napi::CallbackInfo(e, info)).cancel();
    } catch (const Napi::Error& error) {
      napi_throw(e, error.Value());
    }
    return nullptr;
  };
  ClassWrap<CancelToken>::define(
      env, exports, "CancelToken",
      {{"make", nullptr, make, nullptr, nullptr, nullptr, napi_static, nullptr},
       {"cancel", nullptr, cancel, nullptr, nullptr, nullptr, napi_default_method, nullptr}});
}

}  // namespace hdb::node
