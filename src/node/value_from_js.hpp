// value_from_js: a parameter of the application → Value. Which values fit which PostgreSQL type is not known
// here.
// Thread: JS. Runs code of the application: getters, toJSON and toPostgres; what they throw is thrown on,
// unchanged.
// Not here: how a value is written for the server (types/encode.hpp).
#pragma once

#include <napi.h>

#include <cstddef>
#include <vector>

#include "base/bytes.hpp"
#include "base/value.hpp"
#include "node/converter.hpp"

namespace hdb::node {

/// Maximum nesting of arrays: PostgreSQL's have 6 dimensions, json has no limit.
inline constexpr std::size_t kMaxArrayDepth = 64;

/// `position` counts from 1, for messages: "Parameter $2 …".
Value value_from_js(Napi::Env env, napi_value value, std::size_t position);

template <>
struct Converter<Value> {
  static Value from_js(Napi::Env env, napi_value value, const Path& path) {
    return value_from_js(env, value, path.position() + 1);
  }
};

/// The parameters of a statement; undefined and null: none.
template <>
struct Converter<std::vector<Value>> {
  static std::vector<Value> from_js(Napi::Env env, napi_value value, const Path& path);
};

template <>
struct Converter<Bytes> {
  static Bytes from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, const Bytes& value);
};

}  // namespace hdb::node
