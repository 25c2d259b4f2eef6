// Callback in JavaScript: a function of lib/ that native code calls from any thread; it runs in its
// environment.
// Thread: made on JS; called and destroyed anywhere.
#pragma once

#include <napi.h>

#include <array>
#include <memory>
#include <tuple>
#include <utility>

#include "base/callback.hpp"
#include "node/converter.hpp"
#include "node/env_data.hpp"
#include "node/kept_value.hpp"

namespace hdb::node {

class KeptFunction {
 public:
  KeptFunction(Napi::Env env, napi_value function) : function_(env, function) {}

  /// Calls the function with the arguments, through lib/.
  template <class... A>
  void call(Napi::Env env, const A&... arguments) const {
    const std::array<napi_value, sizeof...(A) + 1> argv = {function_.value(env),
                                                           Converter<A>::to_js(env, arguments)...};
    deliver(env, argv.size(), argv.data());
  }
  const std::shared_ptr<EnvMailbox>& mailbox() const { return function_.mailbox(); }

 private:
  static void deliver(Napi::Env env, std::size_t argc, const napi_value* argv);

  KeptValue function_;
};

template <class... A>
class DeliverJob final : public EnvMailbox::Job {
 public:
  DeliverJob(std::shared_ptr<const KeptFunction> function, A... arguments)
      : function_(std::move(function)), arguments_(std::move(arguments)...) {}
  bool run(Napi::Env env, TimePoint) override {
    try {
      std::apply([&](const A&... arguments) { function_->call(env, arguments...); }, arguments_);
    } catch (const Napi::Error&) {  // the environment is being terminated
    }
    return true;
  }

 private:
  std::shared_ptr<const KeptFunction> function_;
  std::tuple<A...> arguments_;
};

template <class... A>
struct Converter<Callback<A...>> {
  static Callback<A...> from_js(Napi::Env env, napi_value value, const Path& path) {
    napi_valuetype type = napi_undefined;
    check(env, napi_typeof(env, value, &type));
    if (type != napi_function) throw_type_error(env, path, "a function", value);
    auto function = std::make_shared<const KeptFunction>(env, value);
    return Callback<A...>([function](A... arguments) {
      function->mailbox()->post(std::make_unique<DeliverJob<A...>>(function, std::move(arguments)...));
    });
  }
};

}  // namespace hdb::node
