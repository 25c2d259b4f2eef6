#include "node/callback.hpp"

namespace hdb::node {

namespace {

class ForgetJob final : public EnvMailbox::Job {
 public:
  explicit ForgetJob(std::uint32_t id) : id_(id) {}
  bool run(Napi::Env env, TimePoint) override {
    EnvData::of(env).forget_function(id_);
    return true;
  }

 private:
  std::uint32_t id_;
};

}  // namespace

KeptFunction::KeptFunction(Napi::Env env, napi_value function)
    : mailbox_(EnvData::of(env).mailbox()), id_(EnvData::of(env).keep_function(function)) {}

KeptFunction::~KeptFunction() { mailbox_->post(std::make_unique<ForgetJob>(id_)); }

napi_value KeptFunction::function(Napi::Env env) const { return EnvData::of(env).kept_function(id_); }

void KeptFunction::deliver(Napi::Env env, std::size_t argc, const napi_value* argv) {
  if (EnvData::of(env).call(Hook::kDeliver, argc, argv) == nullptr) take_exception(env);
}

}  // namespace hdb::node
