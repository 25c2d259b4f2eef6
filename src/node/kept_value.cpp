#include "node/kept_value.hpp"

namespace hdb::node {

namespace {

class ForgetJob final : public EnvMailbox::Job {
 public:
  explicit ForgetJob(std::uint32_t id) : id_(id) {}
  bool run(Napi::Env env, TimePoint) override {
    EnvData::of(env).forget(id_);
    return true;
  }

 private:
  std::uint32_t id_;
};

}  // namespace

KeptValue::KeptValue(Napi::Env env, napi_value value)
    : mailbox_(EnvData::of(env).mailbox()), id_(EnvData::of(env).keep(value)) {}

KeptValue::~KeptValue() { mailbox_->post(std::make_unique<ForgetJob>(id_)); }

napi_value KeptValue::value(Napi::Env env) const { return EnvData::of(env).kept(id_); }

}  // namespace hdb::node
