// Backlog: backpressure. Reading pauses while the JavaScript thread is behind, so that a large result stays
// on the server instead of in our memory.
// Thread: any, except where noted.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "loop/loop.hpp"

namespace hdb {

class Backlog : public std::enable_shared_from_this<Backlog> {
 public:
  /// A few milliseconds of work for the JavaScript thread.
  static constexpr std::size_t kMost = 8 << 20;

  explicit Backlog(Loop& loop) : loop_(&loop) {}

  /// Counts `bytes` until the last reference is released.
  template <class T>
  std::shared_ptr<T> charge(std::shared_ptr<T> held, std::size_t bytes) {
    T* const what = held.get();
    {
      const std::lock_guard lock(mutex_);
      bytes_ += bytes;
    }
    return {std::make_shared<Charge<T>>(shared_from_this(), std::move(held), bytes), what};
  }

  /// I/O thread: true if full; `on_room` then runs on the loop once half of it is free.
  bool is_full(Task on_room) {
    const std::lock_guard lock(mutex_);
    if (bytes_ < kMost) return false;
    on_room_ = std::move(on_room);
    return true;
  }

  /// I/O thread: the loop may end now.
  void close() {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }

 private:
  template <class T>
  struct Charge {
    Charge(std::shared_ptr<Backlog> to, std::shared_ptr<T> what, std::size_t size)
        : backlog(std::move(to)), held(std::move(what)), bytes(size) {}
    ~Charge() {
      held.reset();
      backlog->discharge(bytes);
    }
    Charge(const Charge&) = delete;
    Charge& operator=(const Charge&) = delete;

    std::shared_ptr<Backlog> backlog;
    std::shared_ptr<T> held;
    std::size_t bytes;
  };

  void discharge(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ -= bytes;
    if (on_room_ && bytes_ <= kMost / 2 && loop_ != nullptr) loop_->post(std::exchange(on_room_, {}));
  }

  std::mutex mutex_;
  Loop* loop_;
  std::size_t bytes_ = 0;
  Task on_room_;
};

}  // namespace hdb
