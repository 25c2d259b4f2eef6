// Lifetime: lets a callback find out whether the object that it was made for is still there.
// Thread: of its owner; a watch may be destroyed on any.
#pragma once

#include <memory>
#include <utility>

namespace hdb {

/// A member of the owner. It ends with the owner, or earlier when the owner says so.
class Lifetime {
 public:
  /// Outlives the owner: false once that is gone.
  class Watch {
   public:
    explicit operator bool() const { return *alive_; }

   private:
    friend class Lifetime;
    explicit Watch(std::shared_ptr<const bool> alive) : alive_(std::move(alive)) {}
    std::shared_ptr<const bool> alive_;
  };

  Lifetime() = default;
  ~Lifetime() { end(); }
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  Watch watch() const { return Watch(alive_); }
  /// `call`, which does nothing when the owner is gone.
  template <class F>
  auto guard(F call) const {
    return [watch = watch(), call = std::move(call)]<class... Args>(Args&&... args) mutable {
      if (watch) call(std::forward<Args>(args)...);
    };
  }
  void end() { *alive_ = false; }

 private:
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace hdb
