// Callback: a handle of a listener that may be called from any thread; the listener itself runs on
// the thread that owns it (a JavaScript environment's own).
// Thread: any.
#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace hdb {

template <class... Args>
class Callback {
 public:
  Callback() = default;
  explicit Callback(std::function<void(Args...)> deliver)
      : deliver_(std::make_shared<const std::function<void(Args...)>>(std::move(deliver))) {}

  explicit operator bool() const { return deliver_ != nullptr; }
  void operator()(Args... args) const {
    if (deliver_) (*deliver_)(std::move(args)...);
  }

 private:
  std::shared_ptr<const std::function<void(Args...)>> deliver_;
};

}  // namespace hdb
