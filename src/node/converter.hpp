// Converter: JavaScript values ↔ C++ values, for scalars, enums and what contains them. The glue adds options
// and records.
// Thread: JS. from_js takes exactly its type, without coercion, and throws a ConfigurationError that names
// the path.
#pragma once

#include <napi.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/names.hpp"
#include "base/result.hpp"
#include "node/error_to_js.hpp"
#include "node/path.hpp"

namespace hdb::node {

template <class T, class = void>
struct Converter;

/// Describes a value for messages: "a string", "null", "an array". Never the value itself, which may be a
/// password.
std::string kind_of(Napi::Env env, napi_value value);
/// "`options.port` must be an integer (got a string)."
[[noreturn]] void throw_type_error(Napi::Env env, const Path& path, const char* expected, napi_value got);
/// "`options.port` must be between 1 and 65535 (got 0)."
[[noreturn]] void throw_range_error(Napi::Env env, const Path& path, const std::string& expected, double got);
/// "`options.mode` must be 'read-write' or 'any' (got 'fast')."
[[noreturn]] void throw_choice_error(Napi::Env env, const Path& path, const std::string& choice,
                                     const std::string& got);

std::string string_from_js(Napi::Env env, napi_value value);  // of a value that is known to be a string
napi_value string_to_js(Napi::Env env, std::string_view text);
double integer_from_js(Napi::Env env, napi_value value, const Path& path, double min, double max);
bool is_nullish(Napi::Env env, napi_value value);

template <>
struct Converter<bool> {
  static bool from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, bool value);
};
template <>
struct Converter<double> {
  static double from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, double value);
};
template <>
struct Converter<std::string> {
  static std::string from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, const std::string& value) { return string_to_js(env, value); }
};
template <>
struct Converter<std::int64_t> {
  static std::int64_t from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, std::int64_t value);
};
template <>
struct Converter<std::chrono::milliseconds> {
  static std::chrono::milliseconds from_js(Napi::Env env, napi_value value, const Path& path);
  static napi_value to_js(Napi::Env env, std::chrono::milliseconds value);
};
template <>
struct Converter<Unit> {
  static napi_value to_js(Napi::Env env, Unit) { return env.Undefined(); }
};

template <class T>
concept SmallInteger = std::same_as<T, std::int16_t> || std::same_as<T, std::uint16_t> ||
    std::same_as<T, std::int32_t> || std::same_as<T, std::uint32_t>;
template <class T>
struct Converter<T, std::enable_if_t<SmallInteger<T>>> {
  static T from_js(Napi::Env env, napi_value value, const Path& path) {
    using Limits = std::numeric_limits<T>;
    return static_cast<T>(integer_from_js(env, value, path, Limits::min(), Limits::max()));
  }
  static napi_value to_js(Napi::Env env, T value) { return Converter<double>::to_js(env, value); }
};

template <class E>
struct Converter<E, std::enable_if_t<NamedEnum<E>>> {
  static E from_js(Napi::Env env, napi_value value, const Path& path) {
    if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, choice_of<E>().c_str(), value);
    const std::string text = string_from_js(env, value);
    const std::optional<E> found = value_of<E>(text);
    if (!found) throw_choice_error(env, path, choice_of<E>(), text);
    return *found;
  }
  static napi_value to_js(Napi::Env env, E value) { return string_to_js(env, text_of(value)); }
};

template <class T>
struct Converter<std::optional<T>> {
  static std::optional<T> from_js(Napi::Env env, napi_value value, const Path& path) {
    if (is_nullish(env, value)) return std::nullopt;
    return Converter<T>::from_js(env, value, path);
  }
  static napi_value to_js(Napi::Env env, const std::optional<T>& value) {
    return value ? Converter<T>::to_js(env, *value) : static_cast<napi_value>(env.Null());
  }
};

template <class T>
struct Converter<std::vector<T>> {
  static std::vector<T> from_js(Napi::Env env, napi_value value, const Path& path) {
    bool is_array = false;
    check(env, napi_is_array(env, value, &is_array));
    if (!is_array) throw_type_error(env, path, "an array", value);
    std::uint32_t length = 0;
    check(env, napi_get_array_length(env, value, &length));
    std::vector<T> result;
    result.reserve(length);
    for (std::uint32_t i = 0; i < length; ++i) {
      napi_value item = nullptr;
      check(env, napi_get_element(env, value, i, &item));
      result.push_back(Converter<T>::from_js(env, item, path.index(i)));
    }
    return result;
  }
  static napi_value to_js(Napi::Env env, const std::vector<T>& values) {
    napi_value result = nullptr;
    check(env, napi_create_array_with_length(env, values.size(), &result));
    for (std::size_t i = 0; i < values.size(); ++i)
      check(env, napi_set_element(env, result, static_cast<std::uint32_t>(i),
                                  Converter<T>::to_js(env, values[i])));
    return result;
  }
};

template <class T>
struct Converter<std::map<std::string, T>> {
  static std::map<std::string, T> from_js(Napi::Env env, napi_value value, const Path& path) {
    const Napi::Value object(env, value);
    if (!object.IsObject() || object.IsArray() || object.IsFunction())
      throw_type_error(env, path, "an object", value);
    std::map<std::string, T> result;
    const Napi::Array keys = object.As<Napi::Object>().GetPropertyNames();
    for (std::uint32_t i = 0; i < keys.Length(); ++i) {
      const std::string key = string_from_js(env, keys.Get(i).ToString());
      result.emplace(key,
                     Converter<T>::from_js(env, object.As<Napi::Object>().Get(key), path.key(key.c_str())));
    }
    return result;
  }
  static napi_value to_js(Napi::Env env, const std::map<std::string, T>& values) {
    napi_value result = nullptr;
    check(env, napi_create_object(env, &result));
    for (const auto& [key, value] : values) {  // defined, not assigned: a key may be "__proto__"
      const napi_property_descriptor property = {nullptr,
                                                 string_to_js(env, key),
                                                 nullptr,
                                                 nullptr,
                                                 nullptr,
                                                 Converter<T>::to_js(env, value),
                                                 napi_default_jsproperty,
                                                 nullptr};
      check(env, napi_define_properties(env, result, 1, &property));
    }
    return result;
  }
};

template <class... T>
struct Converter<std::variant<T...>> {
  static napi_value to_js(Napi::Env env, const std::variant<T...>& value) {
    return std::visit([env](const auto& x) { return Converter<std::decay_t<decltype(x)>>::to_js(env, x); },
                      value);
  }
};

}  // namespace hdb::node
