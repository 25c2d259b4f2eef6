// ClassWrap: a JavaScript object that holds a shared_ptr<C>. Made by native code only. The end of the
// environment drops the pointer, so that nothing native outlives the environment that it delivers to.
// Thread: JS.
#pragma once

#include <napi.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "node/converter.hpp"
#include "node/env_data.hpp"

namespace hdb::node {

/// Tells our objects from those of other addons, and a pool from a transaction.
constexpr napi_type_tag type_tag_of(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return {hash, 0x6864622D636C6E74u};
}

/// Makes an instance of a class that `define_class` made; it owns `wrapped`.
napi_value make_instance(Napi::Env env, const napi_type_tag& tag, std::unique_ptr<Wrapped> wrapped);
void define_class(Napi::Env env, Napi::Object exports, const char* name, const napi_type_tag& tag,
                  std::initializer_list<napi_property_descriptor> properties);
/// null if it is not an object of this class.
Wrapped* unwrap_instance(Napi::Env env, napi_value object, const napi_type_tag& tag);
[[noreturn]] void throw_illegal_receiver(Napi::Env env);

template <class C>
class ClassWrap {
 public:
  static napi_value wrap(Napi::Env env, std::shared_ptr<C> held) {
    return make_instance(env, kTag, std::make_unique<Holder>(std::move(held)));
  }
  /// The object that a method was called on. The reference is valid during the call.
  static C& unwrap(const Napi::CallbackInfo& info) { return *held(info.Env(), info.This()); }

  static const std::shared_ptr<C>& held(Napi::Env env, napi_value object) {
    auto* holder = static_cast<Holder*>(unwrap_instance(env, object, kTag));
    if (holder == nullptr || holder->held == nullptr) throw_illegal_receiver(env);
    return holder->held;
  }
  static void define(Napi::Env env, Napi::Object exports, const char* name,
                     std::initializer_list<napi_property_descriptor> properties) {
    define_class(env, exports, name, kTag, properties);
  }

 private:
  struct Holder final : Wrapped {
    explicit Holder(std::shared_ptr<C> h) : held(std::move(h)) {}
    void drop() override { held.reset(); }
    std::shared_ptr<C> held;
  };
  static constexpr std::string_view name_of() { return __PRETTY_FUNCTION__; }
  static constexpr napi_type_tag kTag = type_tag_of(name_of());
};

template <class C>
concept Wrappable = std::is_class_v<C> && !std::is_const_v<C>;

template <Wrappable C>
struct Converter<std::shared_ptr<C>> {
  static std::shared_ptr<C> from_js(Napi::Env env, napi_value value, const Path&) {
    return ClassWrap<C>::held(env, value);
  }
  static napi_value to_js(Napi::Env env, std::shared_ptr<C> value) {
    return value ? ClassWrap<C>::wrap(env, std::move(value)) : static_cast<napi_value>(env.Null());
  }
};

}  // namespace hdb::node
