#include "node/callback.hpp"

namespace hdb::node {

void KeptFunction::deliver(Napi::Env env, std::size_t argc, const napi_value* argv) {
  if (EnvData::of(env).call(Hook::kDeliver, argc, argv) == nullptr) take_exception(env);
}

}  // namespace hdb::node
