// TimerQueue and Timer: deadlines in a binary heap; arming allocates nothing. OneShot: a timer with one task.
// Thread: one owner (the loop's). Pure over the time that `fire` is told.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/task.hpp"

namespace hdb {

class Timer;

class TimerQueue {
 public:
  /// Earliest deadline, kNever if there is none.
  TimePoint next() const;
  /// Runs every timer whose deadline is not after `now`; a timer may arm itself or others again.
  void fire(TimePoint now);
  /// True when `next()` became earlier since the last call; then the loop re-arms its own alarm.
  bool take_earlier() { return std::exchange(earlier_, false); }

 private:
  friend class Timer;
  void insert(Timer& timer);
  void remove(Timer& timer);
  void place(std::size_t index, Timer* timer);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);

  std::vector<Timer*> heap_;
  bool earlier_ = false;
};

/// One deadline. Disarms itself when destroyed.
class Timer {
 public:
  Timer(TimerQueue& queue, std::function<void()> on_due) : queue_(queue), on_due_(std::move(on_due)) {}
  ~Timer() { disarm(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Replaces the earlier deadline; kNever disarms.
  void arm(TimePoint due);
  void disarm();
  bool is_armed() const { return index_ != kNone; }
  /// kNever while it is not armed.
  TimePoint due() const { return is_armed() ? due_ : kNever; }

 private:
  friend class TimerQueue;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  TimerQueue& queue_;
  std::function<void()> on_due_;
  TimePoint due_ = kNever;
  std::size_t index_ = kNone;
};

/// A task that runs once. Destroying this cancels it; the task itself may do that.
class OneShot {
 public:
  OneShot() = default;
  OneShot(TimerQueue& queue, TimePoint due, Task task);
  /// There is one.
  explicit operator bool() const { return armed_ != nullptr; }

 private:
  struct Armed;
  struct Destroy {
    void operator()(Armed* armed) const;
  };
  std::unique_ptr<Armed, Destroy> armed_;
};

}  // namespace hdb
