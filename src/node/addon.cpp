// The entry of the addon, once per environment. Everything else that it exports comes from the glue.
#include <napi.h>
#if defined(_WIN32)
#include <windows.h>
#elif defined(__APPLE__)
#include <dlfcn.h>
#endif

#include "node/cancel_token.hpp"
#include "node/env_data.hpp"

namespace hdb::node {

void register_glue(Napi::Env env, Napi::Object exports);  // the glue includes us, not the other way round

namespace {

// setHooks(hooks): lib/native.js passes its functions right after it has loaded the addon.
void set_hooks(const Napi::CallbackInfo& info) {
  const Napi::Value hooks = info[0];
  if (!hooks.IsObject()) throw Napi::TypeError::New(info.Env(), "The hooks must be an object.");
  EnvData::of(info.Env()).set_hooks(hooks.As<Napi::Object>());
}

// drain(): continues with what did not fit into a turn; called by the hook `drainLater`.
void drain(const Napi::CallbackInfo& info) { EnvData::of(info.Env()).mailbox()->drain(info.Env(), true); }

// shutDown(): at process.exit(), for which Node runs no cleanup hooks of the main thread, while exit handlers
// of C++ and of OpenSSL take away what the I/O thread may be using.
void shut_down(const Napi::CallbackInfo& info) { EnvData::of(info.Env()).shut_down(); }

/// Node unloads an addon with the last Worker that used it, under the feet of our threads. On Linux the
/// linker has marked it.
void stay_loaded() {
#if defined(_WIN32)
  HMODULE self = nullptr;
  ::GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                       reinterpret_cast<LPCWSTR>(&stay_loaded), &self);
#elif defined(__APPLE__)
  Dl_info self{};
  if (::dladdr(reinterpret_cast<const void*>(&stay_loaded), &self) != 0)
    ::dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
#endif
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  stay_loaded();
  EnvData::create(env);
  exports.Set("setHooks", Napi::Function::New(env, set_hooks, "setHooks"));
  exports.Set("drain", Napi::Function::New(env, drain, "drain"));
  exports.Set("shutDown", Napi::Function::New(env, shut_down, "shutDown"));
  define_cancel_token(env, exports);
  register_glue(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(hyperiondb, init)

}  // namespace hdb::node
