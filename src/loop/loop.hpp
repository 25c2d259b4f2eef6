// Loop: what the I/O thread offers to the objects that live on it: time, timers, sockets, and a way to do
// something at the end of the turn. A reference to it is the token of the I/O thread.
// Thread: I/O only, but for `post`.
// Not here: PostgreSQL, JavaScript.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "loop/timers.hpp"
#include "loop/wait_strategy.hpp"

namespace hdb {

/// Readiness of one socket. Destroying it stops the watching and leaves the socket open.
class SocketWatch {
 public:
  virtual ~SocketWatch() = default;
  /// Arms the next notification. One-shot: call again after each callback.
  virtual void want_read() = 0;
  virtual void want_write() = 0;
};

/// What a name resolved to: numeric addresses, in the order of the resolver.
struct Resolved {
  std::vector<std::string> addresses;
  std::string error;  // why there are none
};

class Loop {
 public:
  explicit Loop(unsigned processors) : wait_strategy_(processors) {}
  virtual ~Loop() = default;

  virtual TimePoint now() = 0;
  virtual TimerQueue& timers() = 0;
  /// Has to see every statement.
  WaitStrategy& wait_strategy() { return wait_strategy_; }
  /// `on_ready(readable, writable)` runs on this loop.
  virtual std::unique_ptr<SocketWatch> watch(int socket, std::function<void(bool, bool)> on_ready) = 0;
  /// Runs `task` after the current turn: a handler may retire the object that called it.
  virtual void defer(Task task) = 0;
  /// Destroys it then: it may be running one of its own functions.
  template <class T>
  void dispose(T object) {
    defer([gone = std::move(object)] {});
  }
  /// Runs `task` once after `delay`; destroying the result cancels it.
  [[nodiscard]] OneShot after(milliseconds delay, Task task) {
    return {timers(), hdb::after(now(), delay), std::move(task)};
  }
  /// Resolves a name on a helper thread; `done` runs on this loop, unless the loop ends first.
  virtual void resolve(std::string name, std::function<void(Resolved)> done) = 0;
  /// Runs blocking work on a helper thread, then `done` on this loop, unless the loop ends first. Where the
  /// system has no thread left, only `done` runs.
  virtual void offload(Task work, Task done) = 0;

  /// Thread-safe: runs `task` on this loop. Tasks that are posted together cost one wake-up.
  virtual void post(Task task) = 0;

 private:
  WaitStrategy wait_strategy_;
};

}  // namespace hdb
