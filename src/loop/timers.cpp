#include "loop/timers.hpp"

#include "base/assert.hpp"

namespace hdb {

TimePoint TimerQueue::next() const { return heap_.empty() ? kNever : heap_.front()->due_; }

void TimerQueue::fire(TimePoint now) {
  while (!heap_.empty() && heap_.front()->due_ <= now) {
    Timer& timer = *heap_.front();
    remove(timer);
    timer.on_due_();  // may destroy the timer
  }
}

void TimerQueue::insert(Timer& timer) {
  heap_.push_back(&timer);
  timer.index_ = heap_.size() - 1;
  sift_up(timer.index_);
  if (heap_.front() == &timer) earlier_ = true;
}

void TimerQueue::remove(Timer& timer) {
  const std::size_t index = timer.index_;
  HDB_DCHECK(index < heap_.size() && heap_[index] == &timer);
  Timer* last = heap_.back();
  heap_.pop_back();
  timer.index_ = Timer::kNone;
  if (last == &timer) return;
  place(index, last);
  sift_down(index);
  sift_up(index);
}

void TimerQueue::place(std::size_t index, Timer* timer) {
  heap_[index] = timer;
  timer->index_ = index;
}

void TimerQueue::sift_up(std::size_t index) {
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent]->due_ <= heap_[index]->due_) return;
    Timer* above = heap_[parent];
    place(parent, heap_[index]);
    place(index, above);
    index = parent;
  }
}

void TimerQueue::sift_down(std::size_t index) {
  for (;;) {
    std::size_t least = index;
    for (std::size_t child = 2 * index + 1; child <= 2 * index + 2 && child < heap_.size(); ++child) {
      if (heap_[child]->due_ < heap_[least]->due_) least = child;
    }
    if (least == index) return;
    Timer* below = heap_[least];
    place(least, heap_[index]);
    place(index, below);
    index = least;
  }
}

void Timer::arm(TimePoint due) {
  disarm();
  due_ = due;
  if (due != kNever) queue_.insert(*this);
}

void Timer::disarm() {
  if (is_armed()) queue_.remove(*this);
}

struct OneShot::Armed {
  Armed(TimerQueue& queue, Task what)
      : task(std::move(what)), timer(queue, [this] {
          Task due = std::move(task);
          due();  // may destroy this
        }) {}
  Task task;
  Timer timer;
};

void OneShot::Destroy::operator()(Armed* armed) const { delete armed; }

OneShot::OneShot(TimerQueue& queue, TimePoint due, Task task) : armed_(new Armed(queue, std::move(task))) {
  armed_->timer.arm(due);
}

}  // namespace hdb
