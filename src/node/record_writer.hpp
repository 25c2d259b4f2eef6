// RecordWriter: a struct → a frozen plain object.
// Thread: JS.
#pragma once

#include <napi.h>

#include "node/converter.hpp"

namespace hdb::node {

class RecordWriter {
 public:
  explicit RecordWriter(Napi::Env env) : env_(env) { check(env, napi_create_object(env, &object_)); }

  template <class T>
  void set(const char* key, const T& value) {
    check(env_, napi_set_named_property(env_, object_, key, Converter<T>::to_js(env_, value)));
  }
  napi_value frozen() {
    check(env_, napi_object_freeze(env_, object_));
    return object_;
  }

 private:
  Napi::Env env_;
  napi_value object_ = nullptr;
};

}  // namespace hdb::node
