// Task: a move-only function without arguments; what a mailbox carries.
// Thread: moves from the one that made it to the one that runs it.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace hdb {

class Task {
 public:
  Task() = default;
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Task>)
  Task(F&& f) : impl_(std::make_unique<Holder<std::remove_cvref_t<F>>>(std::forward<F>(f))) {}  // NOLINT: implicit by design

  explicit operator bool() const { return impl_ != nullptr; }
  void operator()() { impl_->run(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void run() = 0;
  };
  template <class F>
  struct Holder final : Base {
    explicit Holder(F f) : f_(std::move(f)) {}
    void run() override { f_(); }
    F f_;
  };
  std::unique_ptr<Base> impl_;
};

}  // namespace hdb
