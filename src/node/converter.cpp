#include "node/converter.hpp"

#include <cmath>
#include <limits>

namespace hdb::node {

namespace {

constexpr double kMaxSafe = 9007199254740991.0;  // 2^53 - 1

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value == std::trunc(value) && std::abs(value) <= kMaxSafe)
    return std::to_string(static_cast<long long>(value));
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.15g", value);
  return buffer;
}

napi_valuetype type_of(Napi::Env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  check(env, napi_typeof(env, value, &type));
  return type;
}

double number_from_js(Napi::Env env, napi_value value, const Path& path, const char* expected) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) throw_type_error(env, path, expected, value);
  return number;
}

}  // namespace

std::string kind_of(Napi::Env env, napi_value value) {
  switch (type_of(env, value)) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return "a boolean";
    case napi_number:
      return "a number";
    case napi_string:
      return "a string";
    case napi_symbol:
      return "a symbol";
    case napi_function:
      return "a function";
    case napi_bigint:
      return "a bigint";
    case napi_object:
    case napi_external:
      break;
  }
  return Napi::Value(env, value).IsArray() ? "an array" : "an object";
}

void throw_type_error(Napi::Env env, const Path& path, const char* expected, napi_value got) {
  throw_configuration_error(
      env, "ERR_INVALID_ARG_TYPE",
      "`" + path.text() + "` must be " + expected + " (got " + kind_of(env, got) + ").");
}

void throw_range_error(Napi::Env env, const Path& path, const std::string& expected, double got) {
  throw_configuration_error(env, "ERR_OUT_OF_RANGE",
                            "`" + path.text() + "` must be " + expected + " (got " + number_text(got) + ").");
}

void throw_choice_error(Napi::Env env, const Path& path, const std::string& choice, const std::string& got) {
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be " + choice + " (got '" + got + "').");
}

bool is_nullish(Napi::Env env, napi_value value) {
  const napi_valuetype type = type_of(env, value);
  return type == napi_undefined || type == napi_null;
}

std::string string_from_js(Napi::Env env, napi_value value) {
  // One pass for what fits: V8 stops at a whole character, so less than 3 bytes left over means that more may
  // follow.
  char buffer[1024];
  std::size_t length = 0;
  check(env, napi_get_value_string_utf8(env, value, buffer, sizeof buffer, &length));
  if (length + 4 < sizeof buffer) return std::string(buffer, length);
  check(env, napi_get_value_string_utf8(env, value, nullptr, 0, &length));
  std::string text(length, '\0');
  check(env, napi_get_value_string_utf8(env, value, text.data(), length + 1, &length));
  return text;
}

napi_value string_to_js(Napi::Env env, std::string_view text) {
  napi_value result = nullptr;
  check(env, napi_create_string_utf8(env, text.data(), text.size(), &result));
  return result;
}

double integer_from_js(Napi::Env env, napi_value value, const Path& path, double min, double max) {
  const bool is_text = type_of(env, value) == napi_string;
  const double number =
      number_from_js(env, value, path, is_text ? "an integer, as Number() makes one" : "an integer");
  if (number != std::trunc(number)) throw_range_error(env, path, "an integer", number);
  if (!(number >= min && number <= max))
    throw_range_error(env, path, "between " + number_text(min) + " and " + number_text(max), number);
  return number;
}

bool Converter<bool>::from_js(Napi::Env env, napi_value value, const Path& path) {
  bool result = false;
  if (napi_get_value_bool(env, value, &result) != napi_ok) throw_type_error(env, path, "a boolean", value);
  return result;
}

napi_value Converter<bool>::to_js(Napi::Env env, bool value) {
  napi_value result = nullptr;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}

double Converter<double>::from_js(Napi::Env env, napi_value value, const Path& path) {
  return number_from_js(env, value, path, "a number");
}

napi_value Converter<double>::to_js(Napi::Env env, double value) {
  napi_value result = nullptr;
  check(env, napi_create_double(env, value, &result));
  return result;
}

std::string Converter<std::string>::from_js(Napi::Env env, napi_value value, const Path& path) {
  const napi_valuetype type = type_of(env, value);
  if (type == napi_object && path.text() == "sql")
    throw_type_error(env, path, "a string, as in query(sql, params, options)", value);
  if (type != napi_string) throw_type_error(env, path, "a string", value);
  std::string text = string_from_js(env, value);
  // Further down it would end a C string, and cut the text short.
  if (text.find('\0') != std::string::npos)
    throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                              "`" + path.text() + "` must not contain a NUL character.");
  return text;
}

std::int64_t Converter<std::int64_t>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (type_of(env, value) != napi_bigint)
    return static_cast<std::int64_t>(integer_from_js(env, value, path, -kMaxSafe, kMaxSafe));
  std::int64_t result = 0;
  bool lossless = false;
  check(env, napi_get_value_bigint_int64(env, value, &result, &lossless));
  if (!lossless)
    throw_configuration_error(env, "ERR_OUT_OF_RANGE", "`" + path.text() + "` must fit 64 bits.");
  return result;
}

napi_value Converter<std::int64_t>::to_js(Napi::Env env, std::int64_t value) {
  napi_value result = nullptr;
  check(env, napi_create_bigint_int64(env, value, &result));
  return result;
}

std::chrono::milliseconds Converter<std::chrono::milliseconds>::from_js(Napi::Env env, napi_value value,
                                                                        const Path& path) {
  const double number = number_from_js(env, value, path, "a number of milliseconds");
  if (!(number >= 0 && number <= kMaxSafe))
    throw_range_error(env, path, "a finite number of milliseconds, 0 or more", number);
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(number)));
}

napi_value Converter<std::chrono::milliseconds>::to_js(Napi::Env env, std::chrono::milliseconds value) {
  return Converter<double>::to_js(env, static_cast<double>(value.count()));
}

}  // namespace hdb::node
