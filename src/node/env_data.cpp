#include "node/env_data.hpp"

#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace hdb::node {

namespace {

void ask_again(Napi::Env env) {
  if (EnvData::of(env).call(Hook::kDrainLater, 0, nullptr) != nullptr) return;
  napi_value ignored = nullptr;
  napi_get_and_clear_last_exception(env, &ignored);
}

}  // namespace

EnvData::EnvData(napi_env env) : env_(env) {}

EnvData::~EnvData() { HDB_DCHECK(first_ == nullptr); }

EnvData& EnvData::create(Napi::Env env) {
  auto* kept = new std::shared_ptr<EnvData>(new EnvData(env));
  EnvData& self = **kept;
  self.mailbox_ = EnvMailbox::create(env, &ask_again);
  const auto forget = [](napi_env, void* data, void*) {
    delete static_cast<std::shared_ptr<EnvData>*>(data);
  };
  napi_set_instance_data(env, kept, forget, nullptr);
  // After the mailbox's function, whose own hook must run later: hooks run last in, first out.
  napi_add_env_cleanup_hook(env, &EnvData::on_env_end, &self);
  return self;
}

EnvData& EnvData::of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  HDB_CHECK(data != nullptr);
  return **static_cast<std::shared_ptr<EnvData>*>(data);
}

void EnvData::on_env_end(void* data) { static_cast<EnvData*>(data)->close(); }

void EnvData::shut_down() {
  mailbox_->close();
  // The last owner of a pool may wait here for the I/O thread, which may be dropping completions of this
  // environment at the same time: the mailbox is closed, so it has nothing to wait for.
  while (first_ != nullptr) {
    Wrapped& wrapped = *first_;
    remove(wrapped);
    wrapped.drop();
  }
}

void EnvData::close() {
  shut_down();
  if (row_factories) row_factories->close(env_);
  row_factories.reset();
  for (auto& [type, constructor] : constructors_) napi_delete_reference(env_, constructor);
  constructors_.clear();
  for (auto& [id, value] : kept_) napi_delete_reference(env_, value);
  kept_.clear();
  if (hooks_ != nullptr) napi_delete_reference(env_, std::exchange(hooks_, nullptr));
}

void EnvData::set_hooks(Napi::Object hooks) {
  Napi::Array list = Napi::Array::New(env_, kHookNames.size());
  for (std::size_t i = 0; i < kHookNames.size(); ++i) {
    const Napi::Value hook = hooks.Get(kHookNames[i]);
    if (!hook.IsFunction())
      throw Napi::TypeError::New(env_, std::string("The hook `") + kHookNames[i] + "` is missing.");
    list.Set(static_cast<std::uint32_t>(i), hook);
  }
  if (hooks_ != nullptr) napi_delete_reference(env_, std::exchange(hooks_, nullptr));
  napi_create_reference(env_, list, 1, &hooks_);
  // Test runners load lib/ anew over the same addon: the latest copy wins.
  if (row_factories) row_factories->close(env_);
}

napi_value EnvData::call(Hook hook, std::size_t argc, const napi_value* argv) const {
  napi_value list = nullptr, function = nullptr, receiver = nullptr, result = nullptr;
  if (hooks_ == nullptr || napi_get_reference_value(env_, hooks_, &list) != napi_ok || list == nullptr)
    return nullptr;
  if (napi_get_element(env_, list, static_cast<std::uint32_t>(hook), &function) != napi_ok) return nullptr;
  napi_get_undefined(env_, &receiver);
  return napi_call_function(env_, receiver, function, argc, argv, &result) == napi_ok ? result : nullptr;
}

void EnvData::add(Wrapped& wrapped) {
  wrapped.next = first_;
  if (first_ != nullptr) first_->previous = &wrapped;
  first_ = &wrapped;
}

void EnvData::remove(Wrapped& wrapped) {
  if (wrapped.previous == nullptr && wrapped.next == nullptr && first_ != &wrapped) return;  // is in no list
  (wrapped.previous != nullptr ? wrapped.previous->next : first_) = wrapped.next;
  if (wrapped.next != nullptr) wrapped.next->previous = wrapped.previous;
  wrapped.previous = wrapped.next = nullptr;
}

void EnvData::set_constructor(const void* type, napi_value constructor) {
  napi_ref& ref = constructors_[type];
  if (ref != nullptr) napi_delete_reference(env_, std::exchange(ref, nullptr));
  napi_create_reference(env_, constructor, 1, &ref);
}

napi_value EnvData::constructor(const void* type) const {
  const auto found = constructors_.find(type);
  napi_value constructor = nullptr;
  if (found != constructors_.end()) napi_get_reference_value(env_, found->second, &constructor);
  return constructor;
}

std::uint32_t EnvData::keep(napi_value value) {
  napi_create_reference(env_, value, 1, &kept_[++last_kept_]);
  return last_kept_;
}

napi_value EnvData::kept(std::uint32_t id) const {
  const auto found = kept_.find(id);
  napi_value value = nullptr;
  if (found != kept_.end()) napi_get_reference_value(env_, found->second, &value);
  return value;
}

void EnvData::forget(std::uint32_t id) {
  const auto found = kept_.find(id);
  if (found == kept_.end()) return;
  napi_delete_reference(env_, found->second);
  kept_.erase(found);
}

}  // namespace hdb::node
