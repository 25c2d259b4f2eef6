#include "node/error_to_js.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

#include "generated/names/error.hpp"
#include "node/env_data.hpp"

namespace hdb::node {

namespace {

napi_value text(napi_env env, std::string_view value) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, value.data(), value.size(), &result);
  return result;
}

class Fields {
 public:
  explicit Fields(napi_env env) : env_(env) { napi_create_object(env, &object_); }
  void set(const char* key, std::string_view value) {
    napi_set_named_property(env_, object_, key, text(env_, value));
  }
  void set(const char* key, const std::string& value) { set(key, std::string_view(value)); }
  void set(const char* key, const std::optional<std::string>& value) {
    if (value) set(key, *value);
  }
  void set(const char* key, bool value) {
    napi_value result = nullptr;
    napi_get_boolean(env_, value, &result);
    napi_set_named_property(env_, object_, key, result);
  }
  void set(const char* key, std::uint32_t value) {
    napi_value result = nullptr;
    napi_create_uint32(env_, value, &result);
    napi_set_named_property(env_, object_, key, result);
  }
  void set(const char* key, double value) {
    napi_value result = nullptr;
    napi_create_double(env_, value, &result);
    napi_set_named_property(env_, object_, key, result);
  }
  napi_value object() const { return object_; }

 private:
  napi_env env_;
  napi_value object_ = nullptr;
};

std::string_view code_of(const Error& error) {
  if (!error.code.empty()) return error.code;
  return error.server ? std::string_view(error.server->sqlstate) : class_of(error.kind).code;
}

napi_value fields_of(napi_env env, const Error& error) {
  Fields fields(env);
  fields.set("code", code_of(error));
  fields.set("outcome", text_of(error.outcome));
  fields.set("retryable", error.retryable);
  if (!error.host.empty()) fields.set("host", error.host);
  fields.set("attempts", error.attempts);
  if (error.wait_ms > 0) fields.set("waitMs", error.wait_ms);
  if (error.server)
    each_field(*error.server, [&](const char* key, const auto& value) { fields.set(key, value); });
  return fields.object();
}

napi_value causes_of(napi_env env, const Error& error) {
  napi_value causes = nullptr;
  napi_create_array_with_length(env, error.causes.size(), &causes);
  for (std::size_t i = 0; i < error.causes.size(); ++i)
    napi_set_element(env, causes, static_cast<std::uint32_t>(i), text(env, error.causes[i]));
  return causes;
}

}  // namespace

napi_value take_exception(Napi::Env env) {
  napi_value exception = nullptr;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending || napi_get_and_clear_last_exception(env, &exception) != napi_ok)
    napi_get_undefined(env, &exception);
  return exception;
}

napi_value error_to_js(Napi::Env env, const Error& error) {
  napi_value kind = nullptr, cause = nullptr;
  napi_create_uint32(env, static_cast<std::uint32_t>(error.kind), &kind);
  if (error.cause) {
    cause = error_to_js(env, *error.cause);
  } else {
    napi_get_undefined(env, &cause);
  }
  const napi_value argv[] = {kind, text(env, error.message), fields_of(env, error), causes_of(env, error),
                             cause};
  const EnvData& data = EnvData::of(env);
  if (data.has_hooks()) {
    const napi_value made = data.call(Hook::kMakeError, std::size(argv), argv);
    return made != nullptr ? made : take_exception(env);
  }
  napi_value plain = nullptr;  // the addon is used without lib/
  napi_create_error(env, text(env, code_of(error)), argv[1], &plain);
  return plain;
}

void throw_error(Napi::Env env, Error error) { throw Napi::Error(env, error_to_js(env, error)); }

void throw_configuration_error(Napi::Env env, const char* code, std::string message) {
  Error error = Error::make(ErrorKind::kConfiguration, std::move(message));
  error.code = code;
  throw_error(env, std::move(error));
}

}  // namespace hdb::node
