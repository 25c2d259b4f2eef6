#include "node/value_from_js.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "node/env_data.hpp"
#include "types/encode.hpp"

namespace hdb::node {

namespace {

[[noreturn]] void refuse(Napi::Env env, std::size_t position, const std::string& reason) {
  Error error =
      Error::make(ErrorKind::kParameter, "Parameter $" + std::to_string(position) + " " + reason + ".");
  error.code = "ERR_INVALID_ARG_VALUE";
  throw_error(env, std::move(error));
}

constexpr int kFloat16Array = 11;                    // newer than the Node-API that we build for
constexpr std::uint32_t kMaxElements = 134'217'727;  // of a PostgreSQL array

// Whether the buffer of a view that seems to be empty has shrunk, so that the view is beyond its end.
// Node-API does not tell; all methods of such a view throw.
bool is_out_of_bounds(Napi::Env env, napi_value view, bool is_data_view) {
  napi_value found = nullptr;
  if (napi_get_named_property(env, view, is_data_view ? "byteLength" : "keys", &found) == napi_ok) {
    napi_valuetype type = napi_undefined;
    napi_value ignored = nullptr;
    napi_typeof(env, found, &type);
    if (type != napi_function || napi_call_function(env, view, found, 0, nullptr, &ignored) == napi_ok)
      return false;
  }
  take_exception(env);
  return true;
}

// An ArrayBuffer or a view of one; nothing for other objects. `lost`: its bytes are gone.
std::optional<std::string_view> bytes_of(Napi::Env env, napi_value object, bool& lost) {
  void* data = nullptr;
  std::size_t size = 0;
  napi_value buffer = nullptr;
  bool is = false, is_view = true, is_data_view = false;
  if (napi_is_typedarray(env, object, &is) == napi_ok && is) {
    napi_typedarray_type type = napi_uint8_array;
    check(env, napi_get_typedarray_info(env, object, &type, &size, &data, &buffer, nullptr));
    switch (type) {  // Node-API gives the number of elements
      case napi_int8_array:
      case napi_uint8_array:
      case napi_uint8_clamped_array:
        break;
      case napi_int16_array:
      case napi_uint16_array:
        size *= 2;
        break;
      case napi_int32_array:
      case napi_uint32_array:
      case napi_float32_array:
        size *= 4;
        break;
      case napi_float64_array:
      case napi_bigint64_array:
      case napi_biguint64_array:
        size *= 8;
        break;
      default:
        if (static_cast<int>(type) != kFloat16Array) return std::nullopt;
        size *= 2;
    }
  } else if (napi_is_dataview(env, object, &is) == napi_ok && is) {
    is_data_view = true;
    check(env, napi_get_dataview_info(env, object, &size, &data, &buffer, nullptr));
  } else if (napi_is_arraybuffer(env, object, &is) == napi_ok && is) {
    is_view = false;
    check(env, napi_get_arraybuffer_info(env, object, &data, &size));
    buffer = object;
  } else {
    return std::nullopt;
  }
  if (size == 0) {
    if (napi_is_detached_arraybuffer(env, buffer, &is) == napi_ok) lost = is;
    if (is_view && !lost) lost = is_out_of_bounds(env, object, is_data_view);
  }
  return std::string_view(static_cast<const char*>(data), size);
}

class Reader {
 public:
  Reader(Napi::Env env, std::size_t position) : env_(env), position_(position) {}

  Value read(napi_value value) {
    napi_valuetype type = napi_undefined;
    check(env_, napi_typeof(env_, value, &type));
    switch (type) {
      case napi_undefined:
      case napi_null:
        return Null{};
      case napi_boolean: {
        bool boolean = false;
        check(env_, napi_get_value_bool(env_, value, &boolean));
        return boolean;
      }
      case napi_number: {
        double number = 0;
        check(env_, napi_get_value_double(env_, value, &number));
        return number;
      }
      case napi_string:
        return string_from_js(env_, value);  // a lone surrogate becomes U+FFFD
      case napi_bigint: {
        napi_value digits = nullptr;  // of a primitive: no code of the application runs
        check(env_, napi_coerce_to_string(env_, value, &digits));
        return BigInt{string_from_js(env_, digits)};
      }
      case napi_symbol:
        return Unsupported{"symbol"};
      case napi_function:
        return Unsupported{"function"};
      case napi_external:
        return Unsupported{"external"};
      case napi_object:
        break;
    }
    return read_object(value);
  }

 private:
  Value read_object(napi_value object) {
    bool is = false;
    check(env_, napi_is_array(env_, object, &is));
    if (is) return read_array(object);
    bool lost = false;
    if (const auto bytes = bytes_of(env_, object, lost)) {
      if (lost)
        refuse(env_, position_,
               "is a buffer that has been detached, or a view beyond the end of one that shrank");
      return Bytes::copy(*bytes);
    }
    check(env_, napi_is_date(env_, object, &is));
    if (is) {
      Timestamp timestamp;
      check(env_, napi_get_date_value(env_, object, &timestamp.ms));
      return timestamp;
    }
    check(env_, napi_is_promise(env_, object, &is));
    if (is) return Unsupported{"promise"};  // a forgotten await would be stored as {}
    napi_value method = nullptr;
    napi_valuetype type = napi_undefined;
    check(env_, napi_get_named_property(env_, object, "toPostgres", &method));
    check(env_, napi_typeof(env_, method, &type));
    return type == napi_function ? read_own_form(object, method) : read_json(object);
  }

  Value read_array(napi_value array) {
    if (depth_ == kMaxArrayDepth)
      refuse(env_, position_,
             "is an array that contains itself, or is nested deeper than " + std::to_string(kMaxArrayDepth) +
                 " levels");
    std::uint32_t length = 0;
    check(env_, napi_get_array_length(env_, array, &length));
    if (length > kMaxElements)
      refuse(env_, position_, "is an array with more elements than PostgreSQL can hold");
    ++depth_;
    List list;
    for (std::uint32_t i = 0; i < length; ++i) {
      const Napi::HandleScope scope(env_);
      napi_value item = nullptr;
      check(env_, napi_get_element(env_, array, i, &item));
      list.push_back(read(item));
    }
    --depth_;
    return list;
  }

  Value read_own_form(napi_value object, napi_value method) {
    if (depth_ == kMaxArrayDepth) refuse(env_, position_, "has a toPostgres() that never comes to an end");
    napi_value form = nullptr;
    check(env_, napi_call_function(env_, object, method, 0, nullptr, &form));
    ++depth_;
    Value value = read(form);
    --depth_;
    return value;
  }

  Value read_json(napi_value object) {
    napi_value position = nullptr;
    check(env_, napi_create_uint32(env_, static_cast<std::uint32_t>(position_), &position));
    const napi_value argv[] = {object, position};
    const napi_value text = EnvData::of(env_).call(Hook::kStringify, 2, argv);
    if (text == nullptr) throw Napi::Error::New(env_);
    if (is_nullish(env_, text)) return Null{};
    return Json{string_from_js(env_, text)};
  }

  Napi::Env env_;
  std::size_t position_;
  std::size_t depth_ = 0;
};

}  // namespace

Value value_from_js(Napi::Env env, napi_value value, std::size_t position) {
  return Reader(env, position).read(value);
}

std::vector<Value> Converter<std::vector<Value>>::from_js(Napi::Env env, napi_value value, const Path& path) {
  std::vector<Value> values;
  std::uint32_t length = 0;
  if (napi_get_array_length(env, value, &length) != napi_ok) {
    napi_valuetype type = napi_undefined;
    check(env, napi_typeof(env, value, &type));
    if (type == napi_function)
      throw_type_error(env, path, "an array; there are no callbacks, the call gives a promise", value);
    if (!is_nullish(env, value)) throw_type_error(env, path, "an array", value);
    return values;
  }
  if (length > types::kMaxParameters) {
    Error error = Error::make(ErrorKind::kParameter, "A statement has at most 65535 parameters (got " +
                                                         std::to_string(length) + ").");
    error.code = "ERR_OUT_OF_RANGE";
    throw_error(env, std::move(error));
  }
  values.reserve(length);
  for (std::uint32_t i = 0; i < length; ++i) {
    napi_value item = nullptr;
    check(env, napi_get_element(env, value, i, &item));
    values.push_back(value_from_js(env, item, i + 1));
  }
  return values;
}

Bytes Converter<Bytes>::from_js(Napi::Env env, napi_value value, const Path& path) {
  bool lost = false;
  const auto bytes = bytes_of(env, value, lost);
  if (!bytes || lost) throw_type_error(env, path, "a Uint8Array", value);
  return Bytes::copy(*bytes);
}

napi_value Converter<Bytes>::to_js(Napi::Env env, const Bytes& value) {
  napi_value result = nullptr;
  check(env, napi_create_buffer_copy(env, value.size(), value.data(), nullptr, &result));
  return result;
}

}  // namespace hdb::node
