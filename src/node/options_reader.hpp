// OptionsReader: reads the options of one object into a struct. What is absent keeps its default; what is
// unknown is refused, with the name that was probably meant.
// Thread: JS.
#pragma once

#include <napi.h>

#include <chrono>
#include <initializer_list>
#include <optional>

#include "node/converter.hpp"

namespace hdb::node {

struct Range {
  double min;
  double max;
};

namespace detail {
void check_range(Napi::Env env, const Path& path, double value, Range range);

template <class T>
void check_range(Napi::Env env, const Path& path, const T& value,
                 Range range) requires std::is_arithmetic_v<T> {
  check_range(env, path, static_cast<double>(value), range);
}
inline void check_range(Napi::Env env, const Path& path, std::chrono::milliseconds value, Range range) {
  check_range(env, path, static_cast<double>(value.count()), range);
}
template <class T>
void check_range(Napi::Env env, const Path& path, const std::optional<T>& value, Range range) {
  if (value) check_range(env, path, *value, range);
}
}  // namespace detail

class OptionsReader {
 public:
  /// undefined and null have no options. `struct_name` is for messages.
  OptionsReader(Napi::Env env, napi_value object, const Path& path, const char* struct_name,
                std::initializer_list<const char*> known_keys);

  template <class T>
  void read(const char* key, T& out) {
    if (const napi_value value = get(key)) out = Converter<T>::from_js(env_, value, path_.key(key));
  }
  template <class T>
  void read(const char* key, T& out, Range range) {
    const napi_value value = get(key);
    if (value == nullptr) return;
    T converted = Converter<T>::from_js(env_, value, path_.key(key));
    detail::check_range(env_, path_.key(key), converted, range);
    out = std::move(converted);
  }

 private:
  napi_value get(const char* key);  // null: absent or undefined
  void refuse_unknown(const char* struct_name, std::initializer_list<const char*> known_keys);

  Napi::Env env_;
  napi_value object_ = nullptr;  // null: no options
  Path path_;
};

}  // namespace hdb::node
