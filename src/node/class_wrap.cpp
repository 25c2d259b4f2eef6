#include "node/class_wrap.hpp"

#include <vector>

namespace hdb::node {

namespace {

// The finalizer's own hold on the environment: finalizers run in any order, also after the instance data's.
struct Binding {
  std::shared_ptr<EnvData> data;
  std::unique_ptr<Wrapped> wrapped;
  ~Binding() { data->remove(*wrapped); }
};

napi_value construct(napi_env env, napi_callback_info info) {
  EnvData& data = EnvData::of(env);
  napi_value self = nullptr;
  void* tag = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, &self, &tag);
  if (!data.under_construction) {
    napi_throw_type_error(env, "ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor");
    return nullptr;
  }
  std::unique_ptr<Binding> binding(new Binding{data.shared_from_this(), std::move(data.under_construction)});
  const auto finalize = [](napi_env, void* bound, void*) { delete static_cast<Binding*>(bound); };
  if (napi_type_tag_object(env, self, static_cast<const napi_type_tag*>(tag)) != napi_ok ||
      napi_wrap(env, self, binding.get(), finalize, nullptr, nullptr) != napi_ok) {
    return nullptr;
  }
  data.add(*binding.release()->wrapped);
  return self;
}

}  // namespace

napi_value make_instance(Napi::Env env, const napi_type_tag& tag, std::unique_ptr<Wrapped> wrapped) {
  EnvData& data = EnvData::of(env);
  napi_value instance = nullptr;
  data.under_construction = std::move(wrapped);
  const napi_status status = napi_new_instance(env, data.constructor(&tag), 0, nullptr, &instance);
  data.under_construction.reset();
  check(env, status);
  return instance;
}

void define_class(Napi::Env env, Napi::Object exports, const char* name, const napi_type_tag& tag,
                  std::initializer_list<napi_property_descriptor> properties) {
  napi_value constructor = nullptr;
  check(env, napi_define_class(env, name, NAPI_AUTO_LENGTH, construct, const_cast<napi_type_tag*>(&tag),
                               properties.size(), properties.begin(), &constructor));
  EnvData::of(env).set_constructor(&tag, constructor);
  exports.Set(name, Napi::Value(env, constructor));
}

Wrapped* unwrap_instance(Napi::Env env, napi_value object, const napi_type_tag& tag) {
  bool ours = false;
  void* bound = nullptr;
  if (napi_check_object_type_tag(env, object, &tag, &ours) != napi_ok || !ours) return nullptr;
  if (napi_unwrap(env, object, &bound) != napi_ok) return nullptr;
  return static_cast<Binding*>(bound)->wrapped.get();
}

void throw_illegal_receiver(Napi::Env env) {
  take_exception(env);
  throw Napi::TypeError::New(
      env, "Illegal invocation: the object is of another class, or its environment has ended.");
}

}  // namespace hdb::node
