// CancelToken: one-shot flag with one subscriber; the native end of an AbortSignal.
// Thread: `cancel` from any thread, once; `subscribe` from the thread that serves the request.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace hdb {

class CancelToken {
 public:
  CancelToken() = default;
  static CancelToken make() { return CancelToken(std::make_shared<State>()); }

  /// False for the token of a request that nobody can cancel.
  explicit operator bool() const { return state_ != nullptr; }

  bool is_cancelled() const { return state_ && state_->cancelled.load(std::memory_order_acquire); }

  void cancel() const {
    if (!state_) return;
    std::function<void()> wake;
    {
      const std::lock_guard lock(state_->mutex);
      if (state_->cancelled.exchange(true, std::memory_order_acq_rel)) return;
      wake = std::move(state_->wake);
      state_->wake = nullptr;
    }
    if (wake) wake();
  }

  /// `wake` is called once, on the cancelling thread, when the token is cancelled (at once if it
  /// already is). It must only post to the serving thread. An empty function unsubscribes.
  void subscribe(std::function<void()> wake) const {
    if (!state_) return;
    {
      const std::lock_guard lock(state_->mutex);
      if (!state_->cancelled.load(std::memory_order_acquire)) {
        state_->wake = std::move(wake);
        return;
      }
    }
    if (wake) wake();
  }

 private:
  struct State {
    std::atomic<bool> cancelled{false};
    std::mutex mutex;
    std::function<void()> wake;
  };
  explicit CancelToken(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace hdb
