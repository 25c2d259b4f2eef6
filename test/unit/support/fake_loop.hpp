// FakeLoop: a Loop whose time stands still until a test moves it. Every turn runs in the same order
// each time: what happens at one moment happens in the order in which it was asked for.
// Thread: one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "loop/loop.hpp"

namespace hdb::test {

class FakeLoop final : public Loop {
 public:
  /// How a name resolves. Names that were not told resolve to themselves.
  struct Name {
    Resolved answer;
    milliseconds delay{0};
    bool silent = false;  // the resolver never answers
  };

  FakeLoop() : Loop(1) {}
  /// What still waits is dropped without being run, as by a loop that ends.
  ~FakeLoop() override {
    while (!events_.empty() || !deferred_.empty()) {
      auto events = std::exchange(events_, {});
      auto deferred = std::exchange(deferred_, {});
    }
  }

  // Loop
  TimePoint now() override { return now_; }
  TimerQueue& timers() override { return timers_; }
  std::unique_ptr<SocketWatch> watch(int, std::function<void(bool, bool)>) override {
    check_failed("a fake loop has no sockets", __FILE__, __LINE__);
  }
  void defer(Task task) override { deferred_.push_back(std::move(task)); }
  void resolve(std::string name, std::function<void(Resolved)> done) override {
    resolved_.push_back(name);
    Name known{.answer = {.addresses = {name}, .error = {}}};
    if (const auto found = names.find(name); found != names.end()) known = found->second;
    if (known.silent) return;
    in(known.delay,
       [answer = std::move(known.answer), done = std::move(done)]() mutable { done(std::move(answer)); });
  }
  void offload(Task work, Task done) override {
    work();
    post(std::move(done));
  }
  void post(Task task) override { in(milliseconds(0), std::move(task)); }

  // What a test does.

  /// Runs `task` when `delay` has passed: how the world outside makes things happen.
  void in(Duration delay, Task task) { at(now_ + delay, std::move(task)); }
  void at(TimePoint when, Task task) {
    events_.push_back({std::max(when, now_), ++last_, std::move(task)});
    std::push_heap(events_.begin(), events_.end(), later);
  }

  /// Runs one thing that is due next, with all that it defers, and moves the time to it. False: nothing
  /// is due until `limit`; then the time is `limit`.
  bool step(TimePoint limit = kNever) {
    end_turn();
    const TimePoint event = events_.empty() ? kNever : events_.front().when;
    const TimePoint timer = timers_.next();
    const TimePoint next = std::min(event, timer);
    if (next > limit || next == kNever) {
      if (limit != kNever) now_ = std::max(now_, limit);
      return false;
    }
    now_ = std::max(now_, next);
    ++turns_;
    // What came in is read before timers are looked at, as a loop does that polls first.
    if (event <= timer) {
      std::pop_heap(events_.begin(), events_.end(), later);
      Task task = std::move(events_.back().task);
      events_.pop_back();
      task();
    } else {
      timers_.fire(now_);
    }
    end_turn();
    return true;
  }

  /// Runs everything that is due now; no time passes.
  void settle() {
    const std::uint64_t until = turns_ + kMostTurns;
    while (step(now_)) HDB_CHECK(turns_ < until);
  }
  /// Lets time pass.
  void advance(Duration by) {
    const TimePoint target = now_ + by;
    while (step(target)) {
    }
  }
  /// The process does not run until `until`: whatever is due meanwhile is late.
  void sleep(TimePoint until) { now_ = std::max(now_, until); }
  /// Lets time pass until `is_true`, at most `limit`; whether it came true.
  template <class F>
  bool run_until(F is_true, Duration limit) {
    const TimePoint target = now_ + limit;
    while (!is_true()) {
      if (!step(target)) return is_true();
    }
    return true;
  }

  std::int64_t elapsed_ms() const { return ms_between(TimePoint{} + kStart, now_); }
  std::uint64_t turns() const { return turns_; }
  /// What was resolved so far.
  const std::vector<std::string>& resolved() const { return resolved_; }

  std::map<std::string, Name> names;

 private:
  struct Event {
    TimePoint when;
    std::uint64_t number;
    Task task;
  };
  static bool later(const Event& a, const Event& b) {
    return a.when != b.when ? a.when > b.when : a.number > b.number;
  }

  void end_turn() {
    while (!deferred_.empty()) {
      auto due = std::exchange(deferred_, {});
      for (Task& task : due) task();
    }
  }

  static constexpr std::uint64_t kMostTurns = 1'000'000;      // of one moment: more is a loop without end
  static constexpr Duration kStart = std::chrono::hours(24);  // not 0: a time of 0 means never in some places

  TimePoint now_ = TimePoint{} + kStart;
  TimerQueue timers_;
  std::vector<Event> events_;  // a heap
  std::vector<Task> deferred_;
  std::vector<std::string> resolved_;
  std::uint64_t last_ = 0;
  std::uint64_t turns_ = 0;
};

}  // namespace hdb::test
